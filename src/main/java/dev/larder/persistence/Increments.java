package dev.larder.persistence;

import dev.larder.PersistenceException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What has been appended to a log and is not written yet, in the increments that it is for.
 *
 * <p>Many threads append to the newest increment, and one thread writes the oldest; there are two
 * or more only from a rotation until the older ones are complete on disk. All of it is done under
 * one short lock, and nobody waits for a file there.
 */
final class Increments {
  private final Object lock = new Object(); // guards what is below, as far as it is not volatile
  private final Deque<Increment> increments = new ArrayDeque<>();
  private Increment newest;
  private boolean asleep; // whether the next append has to wake the writing thread
  private @Nullable Increment lossIn;

  /** Written under the lock; without a fence, as who needs the last value takes the lock. */
  private final AtomicLong appended = new AtomicLong();

  private volatile @Nullable PersistenceException loss;
  private volatile @Nullable Thread writer;

  Increments(Increment first) {
    newest = first;
    increments.add(first);
  }

  /** From now on this thread writes. */
  void writer(Thread writer) {
    this.writer = writer;
  }

  /** The thread that writes; null: it is done by hand. */
  @Nullable Thread writer() {
    return writer;
  }

  void wakeWriter() {
    LockSupport.unpark(writer);
  }

  // ---- For those who append

  /**
   * Appends a record.
   *
   * @return the position at which it is complete
   */
  long append(Consumer<Records> record) {
    long position;
    boolean wakes;
    synchronized (lock) {
      Records to = newest.filling;
      long before = to.size();
      add(to, record);
      position = appended.getPlain() + to.size() - before;
      appended.lazySet(position);
      wakes = asleep;
      asleep = false;
    }
    if (wakes) {
      wakeWriter();
    }
    return position;
  }

  /** Adds a record to these, as a whole or not at all: memory or stack may not suffice for it. */
  void add(Records to, Consumer<Records> record) {
    to.mark();
    try {
      record.accept(to);
    } catch (Throwable t) {
      to.takeBack();
      lose(t);
      throw t;
    }
  }

  /** A record is not there that should be: until a base has the change, the log is not whole. */
  void lose(Throwable t) {
    synchronized (lock) {
      lossIn = newest;
    }
    loss =
        new PersistenceException("a change is not in the log, which has to be rewritten: " + t, t);
  }

  /** That a record is missing; null: none is. */
  @Nullable PersistenceException loss() {
    return loss;
  }

  /** The position of the last record. */
  long appended() {
    return appended.get();
  }

  // ---- For who makes files

  Increment newest() {
    synchronized (lock) {
      return newest;
    }
  }

  /** What is appended from now on goes to this one. */
  void follow(Increment next) {
    synchronized (lock) {
      next.begins = appended.getPlain();
      increments.add(next);
      newest = next;
      asleep = false;
    }
    wakeWriter();
  }

  /**
   * All earlier ones are not needed any more, nor a record that they lack.
   *
   * @return those that were not complete
   */
  List<Increment> dropBefore(Increment current) {
    synchronized (lock) {
      List<Increment> dropped = new ArrayList<>(increments);
      dropped.remove(current);
      increments.removeAll(dropped);
      asleep = false;
      if (lossIn != current) {
        lossIn = null;
        loss = null;
      }
      return dropped;
    }
  }

  // ---- For who writes

  Increment oldest() {
    synchronized (lock) {
      return increments.element();
    }
  }

  /** Takes all that is to be written to an increment, of which nothing is taken at present. */
  void take(Increment increment, long kept) {
    synchronized (lock) {
      Records full = increment.filling;
      increment.filling = increment.taken;
      increment.filling.follow(full);
      increment.taken = full;
      increment.takenUpTo = kept + full.size();
    }
  }

  /** Whether nothing can be appended to it any more, and all of it was taken. */
  boolean isFollowed(Increment increment) {
    synchronized (lock) {
      return newest != increment && increment.filling.isEmpty();
    }
  }

  /** It is complete on disk. */
  void remove(Increment increment) {
    synchronized (lock) {
      increments.remove(increment);
    }
  }

  /** Whether there is nothing to write; if so, the next append wakes the writing thread. */
  boolean sleep(Increment last) {
    synchronized (lock) {
      asleep = newest == last && newest.filling.isEmpty();
      return asleep;
    }
  }

  boolean isEmpty() {
    synchronized (lock) {
      return increments.size() == 1 && newest.filling.isEmpty();
    }
  }

  void closeAll() {
    synchronized (lock) {
      increments.forEach(Increment::closeQuietly);
    }
  }
}
