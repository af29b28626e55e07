package dev.larder.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes expired entries in the background: one daemon thread for all stores of the JVM, which runs
 * only while one of them has a deadline, and does not keep a forgotten store alive.
 */
final class Sweeper {
  private static final Logger LOG = System.getLogger("dev.larder.store");
  private static final long PAUSE_MILLIS = 50;
  private static final List<WeakReference<Store<?, ?>>> WATCHED = new ArrayList<>(); // its own lock
  private static boolean started; // guarded by WATCHED

  private Sweeper() {}

  /** Sweeps a store until it has no deadlines left or is closed. */
  static void watch(Store<?, ?> store) {
    synchronized (WATCHED) {
      WATCHED.add(new WeakReference<>(store));
      if (!started) {
        started = true;
        Thread thread = new Thread(null, Sweeper::run, "larder-sweeper", 256 << 10, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
      } else {
        WATCHED.notifyAll();
      }
    }
  }

  private static void run() {
    for (; ; ) {
      List<WeakReference<Store<?, ?>>> round;
      try {
        synchronized (WATCHED) {
          while (WATCHED.isEmpty()) {
            WATCHED.wait();
          }
          round = List.copyOf(WATCHED);
        }
        for (WeakReference<Store<?, ?>> watched : round) {
          if (!sweep(watched.get())) {
            synchronized (WATCHED) {
              WATCHED.remove(watched);
            }
          }
        }
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        // nobody has a reason to interrupt it; the stores still need it
      }
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
