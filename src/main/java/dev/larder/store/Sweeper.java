package dev.larder.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
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
  private static final List<WeakReference<Store<?, ?>>> WATCHED = new ArrayList<>(); // its own lock
  private static boolean started; // guarded by WATCHED

  private Sweeper() {}

  /** Sweeps a store until it has no deadlines left or is closed. */
  static void watch(Store<?, ?> store) {
    synchronized (WATCHED) {
      WATCHED.add(new WeakReference<>(store));
      if (!started) {
        Thread thread = new Thread(null, Sweeper::run, "larder-sweeper", 256 << 10, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
        started = true;
      } else {
        WATCHED.notifyAll();
      }
    }
  }

  private static void run() {
    for (List<WeakReference<Store<?, ?>>> round = next(); !round.isEmpty(); round = next()) {
      for (WeakReference<Store<?, ?>> watched : round) {
        if (!sweep(watched.get())) {
          synchronized (WATCHED) {
            WATCHED.remove(watched);
          }
        }
      }
      pause();
    }
  }

  /** The stores of the next round; none after a while without any: then the thread ends. */
  private static List<WeakReference<Store<?, ?>>> next() {
    synchronized (WATCHED) {
      if (WATCHED.isEmpty()) {
        try {
          WATCHED.wait(LINGER_MILLIS);
        } catch (InterruptedException e) {
          // nobody has a reason to; look again
        }
      }
      started = !WATCHED.isEmpty();
      return List.copyOf(WATCHED);
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
