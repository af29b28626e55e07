package dev.larder.store;

import dev.larder.DeadlockException;
import org.jspecify.annotations.Nullable;

/**
 * Taking and giving back the lock of an entry: one byte in it, and monitors shared by many entries
 * for those who must wait.
 *
 * <p>A waiter changes the byte to AWAITED and waits, both while it holds the monitor; who releases
 * an AWAITED lock takes that monitor before it wakes the waiters. So no wake-up is missed. A waiter
 * that gets the lock leaves it AWAITED: there may be others, and waking nobody costs little.
 */
final class EntryLocks {
  /** Tries before parking; a plain overwrite holds the lock for some tens of nanoseconds. */
  private static final int SPINS = 64;

  /** Where waiters park. A power of two; two entries that share a monitor only wake each other. */
  private static final Object[] PARKING = new Object[256];

  static {
    for (int i = 0; i < PARKING.length; i++) {
      PARKING[i] = new Object();
    }
  }

  private EntryLocks() {}

  /**
   * Waits for the entry's lock, without regard to interruption (which stays set).
   *
   * @return whether it is held now; false: the entry died
   * @throws DeadlockException if the wait would never end
   */
  static boolean hold(Entry<?, ?> entry) {
    if (entry.tryHold()) {
      return true;
    }
    Boolean soon = spin(entry);
    return soon != null ? soon : park(entry);
  }

  /** As {@link #hold}, but gives up rather than park: null if the lock is busy. */
  static @Nullable Boolean tryHold(Entry<?, ?> entry) {
    return entry.tryHold() ? Boolean.TRUE : spin(entry);
  }

  private static @Nullable Boolean spin(Entry<?, ?> entry) {
    for (int i = 0; i < SPINS; i++) {
      if (entry.lockState() == Entry.DEAD) {
        return false;
      }
      if (entry.lockState() == Entry.FREE && entry.tryHold()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return null;
  }

  private static boolean park(Entry<?, ?> entry) {
    boolean wished = Waits.enter(entry);
    boolean interrupted = false;
    Object monitor = parking(entry);
    try {
      synchronized (monitor) {
        for (; ; ) {
          byte before = entry.askForWaking();
          if (before == Entry.FREE) {
            return true;
          }
          if (before == Entry.DEAD) {
            return false;
          }
          try {
            monitor.wait();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
    } finally {
      if (wished) {
        Waits.withdraw();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Waits until the lock is free or the entry dead.
   *
   * @param end by {@code System.nanoTime}
   * @return false if that did not happen by then
   */
  static boolean awaitFree(Entry<?, ?> entry, long end) {
    boolean interrupted = false;
    boolean held;
    Object monitor = parking(entry);
    synchronized (monitor) {
      long left;
      while ((held = entry.isHeld()) && (left = end - System.nanoTime()) > 0) {
        entry.askHolderForWaking();
        try {
          monitor.wait(left / 1_000_000 + 1);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !held;
  }

  /** Gives the lock back, as FREE or as DEAD. */
  static void release(Entry<?, ?> entry, byte state) {
    if (entry.exchangeLock(state)) {
      Object monitor = parking(entry);
      synchronized (monitor) {
        monitor.notifyAll();
      }
    }
  }

  private static Object parking(Entry<?, ?> entry) {
    return PARKING[System.identityHashCode(entry) & (PARKING.length - 1)];
  }
}
