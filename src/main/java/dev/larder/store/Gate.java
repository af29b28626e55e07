package dev.larder.store;

import dev.larder.BusyException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where those wait who want an entry of a store that one thread has to itself.
 *
 * <p>Whoever takes an entry has its lock first and then looks whether the gate is open; whoever
 * closes it does so first and then looks which entries are held, and waits for them. So at least
 * one of two sees the other: a taker who finds the gate closed gives the entry back and waits here.
 *
 * <p>The {@linkplain #stamp stamp} is for those who look without a lock at what may change several
 * times within one change: they compare it before and after. Its lower half counts how often the
 * gate was closed or opened, and is odd while it is closed; its upper half counts transactions.
 */
final class Gate {
  private static final long TURNED = 1;
  private static final long SETTLED = 1L << 32;
  private static final VarHandle STAMP;

  static {
    try {
      STAMP = MethodHandles.lookup().findVarHandle(Gate.class, "stamp", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long stamp;
  private volatile @Nullable Thread owner; // written under this object's monitor

  long stamp() {
    return stamp;
  }

  static boolean isOpen(long stamp) {
    return (stamp & TURNED) == 0;
  }

  boolean isOpen() {
    return isOpen(stamp);
  }

  /** Whether it was this thread that closed it. */
  boolean isMine() {
    return owner == Thread.currentThread();
  }

  /** A transaction has done its last change, and still holds what it changed. */
  void settle() {
    STAMP.getAndAdd(this, SETTLED);
  }

  /**
   * Closes it for all but this thread.
   *
   * @throws BusyException if {@code mayWait} is false and another one has closed it
   * @throws dev.larder.DeadlockException if the wait would never end
   */
  void close(boolean mayWait) {
    while (!tryClose()) {
      await(mayWait);
    }
    VarHandle.fullFence(); // what is read of the entries' locks is read after this
  }

  private synchronized boolean tryClose() {
    if (owner != null) {
      return false;
    }
    Waits.hold(this); // the last that may fail
    owner = Thread.currentThread();
    STAMP.getAndAdd(this, TURNED);
    return true;
  }

  void open() {
    synchronized (this) {
      owner = null;
      STAMP.getAndAdd(this, TURNED);
      notifyAll();
    }
    Waits.letGo(this);
  }

  /** Waits until the gate is open, or was meanwhile. */
  void await(boolean mayWait) {
    if (!mayWait) {
      throw BusyException.INSTANCE;
    }
    boolean wished = Waits.enter(this);
    try {
      awaitTurn(0);
    } finally {
      if (wished) {
        Waits.withdraw();
      }
    }
  }

  /**
   * The same, but not for ever.
   *
   * @param end by {@code System.nanoTime}
   * @return false if it was closed all the time
   */
  boolean await(long end) {
    return awaitTurn(Math.max(1, (end - System.nanoTime()) / 1_000_000));
  }

  /** For so many milliseconds; 0 is for ever. */
  private synchronized boolean awaitTurn(long millis) {
    boolean interrupted = false;
    long seen = stamp;
    long end = System.nanoTime() + millis * 1_000_000;
    long left = millis;
    while (owner != null && (int) seen == (int) stamp && left >= 0) {
      try {
        wait(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (millis != 0) {
        left = (end - System.nanoTime()) / 1_000_000 - 1;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return owner == null || (int) seen != (int) stamp;
  }
}
