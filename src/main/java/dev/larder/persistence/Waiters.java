package dev.larder.persistence;

import dev.larder.PersistenceException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a log is kept, or why it cannot be, and who waits to be told.
 *
 * <p>Whoever changes either {@linkplain #tell tells} the waiters afterwards; whoever begins to wait
 * looks at both once more under the lock under which they are told. So none is missed.
 */
final class Waiters {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private record Waiter(long position, Consumer<@Nullable Throwable> then) {}

  private final List<Waiter> waiters = new ArrayList<>(); // its own lock
  private volatile long kept;
  private volatile @Nullable PersistenceException failure;

  /** The position up to which all is kept. */
  long kept() {
    return kept;
  }

  boolean isKept(long position) {
    return position <= kept;
  }

  void kept(long position) {
    kept = position;
  }

  /** Why nothing can be kept at present; null if it can. */
  @Nullable PersistenceException failure() {
    return failure;
  }

  void failure(@Nullable PersistenceException failure) {
    this.failure = failure;
  }

  boolean isEmpty() {
    synchronized (waiters) {
      return waiters.isEmpty();
    }
  }

  /**
   * Calls back when it is kept, or cannot be, with the reason.
   *
   * @return false if that was so already, and has been done
   */
  boolean whenKept(long position, Consumer<@Nullable Throwable> then) {
    PersistenceException why = null;
    if (!isKept(position)) {
      synchronized (waiters) {
        why = failure;
        if (why == null && !isKept(position)) {
          waiters.add(new Waiter(position, then));
          return true;
        }
      }
    }
    then.accept(isKept(position) ? null : why);
    return false;
  }

  /** A callback that wakes this thread, and lets it wait for that. */
  static final class Wait implements Consumer<@Nullable Throwable> {
    private final Thread thread = Thread.currentThread();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private @Nullable Throwable failure; // written before isOver

    @Override
    public void accept(@Nullable Throwable failure) {
      this.failure = failure;
      isOver.set(true);
      LockSupport.unpark(thread);
    }

    /**
     * Returns when it has been called back.
     *
     * @throws PersistenceException if that was with a reason
     */
    void await() {
      boolean interrupted = false;
      while (!isOver.get()) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
      if (interrupted) {
        thread.interrupt();
      }
      if (failure != null) {
        throw new PersistenceException(String.valueOf(failure.getMessage()), failure);
      }
    }
  }

  /** Calls back those whose position is kept by now, or all if nothing can be kept. */
  void tell() {
    List<Waiter> ready = new ArrayList<>();
    PersistenceException why;
    synchronized (waiters) {
      if (waiters.isEmpty()) {
        return;
      }
      why = failure;
      long upTo = kept;
      waiters.removeIf(waiter -> (why != null || waiter.position <= upTo) && ready.add(waiter));
    }
    for (Waiter waiter : ready) {
      try {
        waiter.then.accept(isKept(waiter.position) ? null : why);
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "what was to be done after a change had been logged failed", e);
      }
    }
  }
}
