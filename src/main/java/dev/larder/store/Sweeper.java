package dev.larder.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes expired entries in the background: one daemon thread for all stores of the JVM, which
 * runs only while one of them has a deadline, or had one some seconds ago, and does not keep a
 * forgotten store alive.
 */
final class Sweeper {
  private static final Logger LOG = System.getLogger("dev.larder.store");
  private static final long PAUSE_MILLIS = 50;
  private static final long LINGER_MILLIS = 10_000;
  private static final Object LOCK = new Object();

  /**
   * The stores, in an array that is replaced when they change: a round allocates nothing, for a
   * thread that allocates takes megabytes of the heap for itself.
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static WeakReference<Store<?, ?>>[] watched = new WeakReference[0]; // guarded by LOCK

  private static boolean started; // guarded by LOCK

  private Sweeper() {}

  /** Sweeps a store until it has no deadlines left or is closed. */
  static void watch(Store<?, ?> store) {
    synchronized (LOCK) {
      watched = Arrays.copyOf(watched, watched.length + 1);
      watched[watched.length - 1] = new WeakReference<>(store);
      if (!started) {
        Thread thread = new Thread(null, Sweeper::run, "larder-sweeper", 256 << 10, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        started = true;
      } else {
        LOCK.notifyAll();
      }
    }
  }

  private static void run() {
    for (WeakReference<Store<?, ?>>[] round = next(); round.length > 0; round = next()) {
      for (WeakReference<Store<?, ?>> store : round) {
        if (!sweep(store.get())) {
          leave(store);
        }
      }
      pause();
    }
  }

  private static void leave(WeakReference<Store<?, ?>> store) {
    synchronized (LOCK) {
      List<WeakReference<Store<?, ?>>> others = new ArrayList<>(Arrays.asList(watched));
      others.remove(store);
      watched = others.toArray(Arrays.copyOf(watched, others.size()));
    }
  }

  /** The stores of the next round; none after a while without any: then the thread ends. */
  @SuppressWarnings(
      "WaitNotInLoop") // woken for nothing, it ends early; the next store starts another
  private static WeakReference<Store<?, ?>>[] next() {
    synchronized (LOCK) {
      if (watched.length == 0) {
        try {
          LOCK.wait(LINGER_MILLIS);
        } catch (InterruptedException e) {
          // nobody has a reason to; look again
        }
      }
      started = watched.length > 0;
      return watched;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      // nobody has a reason to; the next round comes earlier
    }
  }

  private static boolean sweep(@Nullable Store<?, ?> store) {
    try {
      return store != null && store.sweepAtLeisure();
    } catch (Throwable t) { // a user's clock or executor: must not end the expiry of everybody
      LOG.log(Level.WARNING, "expiring entries in the background failed, will try again", t);
      return true;
    }
  }
}
