package dev.larder.store;

import dev.larder.DeadlockException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a store, told to its subscribers.
 *
 * <p>Under the entry's lock a change is only {@linkplain #record recorded}: it gets a ticket in the
 * line of its key. After the lock is given back, the thread that made the change {@linkplain
 * #deliver delivers} it: it serves the line up to its own ticket, or waits while another thread
 * serves it. So subscribers see the changes of one key in order and one at a time, no lock of the
 * store is held meanwhile, and a caller's own change has been told when its operation returns.
 *
 * <p>A line exists only while it has tickets or is being served.
 */
public final class Feed<K, V> {
  private static final Subscriber<?, ?>[] NOBODY = {};

  @SuppressWarnings("unchecked")
  private volatile Subscriber<K, V>[] subscribers = (Subscriber<K, V>[]) NOBODY;

  private volatile boolean muted;

  private final ConcurrentHashMap<K, Line<K, V>> lines = new ConcurrentHashMap<>();

  /** One change on its way to the subscribers. */
  public static final class Ticket<K, V> {
    final Line<K, V> line;
    final Change<K, V> change;
    volatile boolean told; // written under line
    private boolean left; // nobody waits for it: who serves the line tells it, too; guarded by line
    private @Nullable Throwable failure; // guarded by line

    Ticket(Line<K, V> line, Change<K, V> change) {
      this.line = line;
      this.change = change;
    }
  }

  /** The tickets of one key; its own monitor guards it. */
  static final class Line<K, V> {
    final K key;
    final ArrayDeque<Ticket<K, V>> tickets = new ArrayDeque<>(2);
    @Nullable Thread server;

    Line(K key) {
      this.key = key;
    }
  }

  Feed() {}

  /** Adds a subscriber; changes recorded from now on are told to it. */
  public synchronized void subscribe(Subscriber<K, V> subscriber) {
    Subscriber<K, V>[] more = Arrays.copyOf(subscribers, subscribers.length + 1);
    more[more.length - 1] = subscriber;
    subscribers = more;
  }

  /** Takes a subscriber away; a change on its way may still reach it. */
  public synchronized void unsubscribe(Subscriber<K, V> subscriber) {
    Subscriber<K, V>[] all = subscribers;
    for (int i = 0; i < all.length; i++) {
      if (all[i] == subscriber) {
        Subscriber<K, V>[] fewer = Arrays.copyOf(all, all.length - 1);
        System.arraycopy(all, i + 1, fewer, i, fewer.length - i);
        subscribers = fewer;
        return;
      }
    }
  }

  /** Whether anybody listens: if not, changes need not be made up at all. */
  public boolean isActive() {
    return subscribers.length != 0 && !muted;
  }

  /** Whether nobody is told of anything, while entries are loaded. */
  public void mute(boolean muted) {
    this.muted = muted;
  }

  /** Tells that all entries have been replaced by others, see {@link Subscriber#replaced}. */
  public void replaced() {
    for (Subscriber<K, V> subscriber : subscribers) {
      subscriber.replaced();
    }
  }

  /** Whether a writer may have to wait for user code of a subscriber. */
  public boolean runsUserCode() {
    for (Subscriber<K, V> subscriber : subscribers) {
      if (subscriber.runsUserCode()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Refuses a write by a subscriber to the key that it is just being told of; to be called under
   * the entry's lock before anything happens.
   *
   * @throws DeadlockException in that case
   */
  public void refuseReentry(K key) {
    Line<K, V> line = lines.get(key);
    if (line != null && Waits.holds(line)) {
      Waits.enter(line);
    }
  }

  /** Puts a change into the line of its key. The caller holds the entry's lock. */
  public Ticket<K, V> record(Change<K, V> change) {
    for (Subscriber<K, V> subscriber : subscribers) {
      subscriber.recorded(change);
    }
    List<Ticket<K, V>> made = new ArrayList<>(1); // to get it out of the lambda
    lines.compute(
        change.key(),
        (key, existing) -> {
          Line<K, V> line = existing == null ? new Line<>(key) : existing;
          synchronized (line) {
            Ticket<K, V> ticket = new Ticket<>(line, change);
            line.tickets.add(ticket);
            made.add(ticket);
          }
          return line;
        });
    return made.get(0);
  }

  /**
   * Returns when the ticket's change was told to all subscribers; the caller holds no lock.
   *
   * @throws RuntimeException what a subscriber threw for this change, if one did
   * @throws DeadlockException if the wait for another thread's listener would never end; the change
   *     is done and that thread will tell it
   */
  public void deliver(Ticket<K, V> ticket) {
    Line<K, V> line = ticket.line;
    if (!takeTurn(ticket)) {
      rethrow(ticket.failure);
      return;
    }
    try {
      Waits.hold(line);
      for (Ticket<K, V> next; (next = next(line, ticket)) != null; ) {
        tell(next);
      }
    } finally {
      Waits.letGo(line);
      synchronized (line) {
        if (line.server == Thread.currentThread()) { // telling failed
          endTurn(line);
        }
      }
      lines.computeIfPresent(line.key, (key, current) -> isIdle(current) ? null : current);
    }
    rethrow(ticket.failure);
  }

  /**
   * The next ticket for who serves the line: up to its own, then those left behind; null ends its
   * turn.
   */
  private static <K, V> @Nullable Ticket<K, V> next(Line<K, V> line, Ticket<K, V> own) {
    synchronized (line) {
      Ticket<K, V> first = line.tickets.peek();
      if (first != null && (!own.told || first.left)) {
        return line.tickets.remove();
      }
      endTurn(line);
      return null;
    }
  }

  /** Lets another thread serve the line. The caller holds its monitor. */
  private static void endTurn(Line<?, ?> line) {
    line.server = null;
    line.notifyAll();
  }

  /** Leaves a ticket that cannot be waited for to the thread that serves the line, if one does. */
  private static boolean leave(Ticket<?, ?> ticket) {
    synchronized (ticket.line) {
      ticket.left = ticket.line.server != null && !ticket.told;
      return ticket.left;
    }
  }

  /**
   * Waits until the line is free to be served (true) or the ticket is another's to tell (false).
   */
  private static <K, V> boolean takeTurn(Ticket<K, V> ticket) {
    Line<K, V> line = ticket.line;
    boolean interrupted = false;
    boolean wished = false;
    try {
      for (; ; ) {
        synchronized (line) {
          if (ticket.told) {
            return false;
          }
          if (line.server == null) {
            line.server = Thread.currentThread();
            return true;
          }
          if (line.server == Thread.currentThread()) { // a listener's read found its key expired
            ticket.left = true;
            return false;
          }
          if (wished) {
            try {
              line.wait();
            } catch (InterruptedException e) {
              interrupted = true;
            }
            continue;
          }
        }
        // Once, and outside of the monitor: the wish is looked at under a lock of its own. It may
        // be
        // entered a little before the wait; the loop looks again at what it waits for.
        try {
          Waits.enter(ticket);
          wished = true;
        } catch (DeadlockException e) {
          if (leave(ticket)) {
            throw new DeadlockException("the change was done, but " + e.getMessage());
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

  private void tell(Ticket<K, V> ticket) {
    Throwable failure = null;
    for (Subscriber<K, V> subscriber : subscribers) {
      try {
        subscriber.delivered(ticket.change);
      } catch (Throwable t) { // a listener's failure must not keep the change from the others
        if (failure == null) {
          failure = t;
        } else if (failure != t) {
          failure.addSuppressed(t);
        }
      }
    }
    synchronized (ticket.line) {
      ticket.told = true;
      ticket.failure = failure;
      ticket.line.notifyAll();
    }
  }

  private static boolean isIdle(Line<?, ?> line) {
    synchronized (line) {
      return line.server == null && line.tickets.isEmpty();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
