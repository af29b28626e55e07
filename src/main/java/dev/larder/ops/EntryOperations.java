package dev.larder.ops;

import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Store;
import org.jspecify.annotations.Nullable;

/**
 * The executor of operations on one entry: everything that any door does to an entry goes through
 * here, and so meets the same rules, counts and events in the same order.
 *
 * <p>{@link #run} locks the entry of a key, or reserves an absent one; lets a value whose deadline
 * has passed expire; gives the {@linkplain Operation operation} its {@linkplain Turn turn}; applies
 * what it decided; gives the entry back, and then tells the subscribers. {@link #get} and {@link
 * #contains} find live entries without a lock, and only run as operations where there is more to
 * do.
 *
 * <p>There is one for each manner of use: {@code javax.cache} waits for busy entries and counts
 * when statistics are on; a socket always counts, and never sees a part of a {@link
 * JointOperation}; {@link #forLoop} and {@link #forCaller} never wait.
 */
public final class EntryOperations<K, V> {
  private final Store<K, V> store;
  private final Rules<K, V> rules;
  private final Statistics statistics;
  private final boolean mayWait;
  private final boolean forSocket; // counts always, and sees joint operations whole
  private final boolean movesOnAccess;

  public EntryOperations(Store<K, V> store, Rules<K, V> rules, Statistics statistics) {
    this(store, rules, statistics, true, false);
  }

  private EntryOperations(
      Store<K, V> store,
      Rules<K, V> rules,
      Statistics statistics,
      boolean mayWait,
      boolean forSocket) {
    this.store = store;
    this.rules = rules;
    this.statistics = statistics;
    this.mayWait = mayWait;
    this.forSocket = forSocket;
    this.movesOnAccess = rules.movesOnAccess();
  }

  /** The same, for a thread of the application that must not wait: as {@link #forLoop}. */
  public EntryOperations<K, V> forCaller() {
    return new EntryOperations<>(store, rules, statistics, false, false);
  }

  /** The same, for an executor thread that works for a socket: waits, and always counts. */
  public EntryOperations<K, V> forSocket() {
    return new EntryOperations<>(store, rules, statistics, true, true);
  }

  /** The same, for an event loop: throws {@link dev.larder.BusyException} where it would wait. */
  public EntryOperations<K, V> forLoop() {
    return new EntryOperations<>(store, rules, statistics, false, true);
  }

  public Store<K, V> store() {
    return store;
  }

  public Rules<K, V> rules() {
    return rules;
  }

  public Statistics statistics() {
    return statistics;
  }

  boolean mayWait() {
    return mayWait;
  }

  boolean counts() {
    return forSocket || statistics.isEnabled();
  }

  /** Whether an operation may run code of the user: for that, a loop must not even try. */
  public boolean runsUserCode() {
    return rules.readsThrough()
        || rules.writesThrough()
        || rules.customExpiry()
        || store.feed().runsUserCode();
  }

  /**
   * Runs an operation on the entry of a key, which must exist for the operation to have an effect.
   *
   * @throws IllegalStateException if the cache is closed
   * @throws dev.larder.BusyException if the entry is held by somebody else and this does not wait
   * @throws dev.larder.DeadlockException if the wait would never end
   */
  public <R extends @Nullable Object> R runIfPresent(K key, Operation<K, V, R> operation) {
    admit(key);
    return run(key, store.hold(key, mayWait), operation);
  }

  /** One of the two others: {@code alsoAbsent} if the operation is to run without a value, too. */
  <R extends @Nullable Object> R run(K key, boolean alsoAbsent, Operation<K, V, R> operation) {
    return alsoAbsent ? run(key, operation) : runIfPresent(key, operation);
  }

  /** Runs an operation on the entry of a key, which it may create. See {@link #runIfPresent}. */
  public <R extends @Nullable Object> R run(K key, Operation<K, V, R> operation) {
    admit(key);
    return run(key, store.holdOrReserve(rules.copyKey(key), mayWait), operation);
  }

  private <R extends @Nullable Object> R run(
      K key, @Nullable Entry<K, V> entry, Operation<K, V, R> operation) {
    Turn<K, V> turn = turn(key, entry);
    long begun = counts() ? statistics.begin() : 0;
    R result;
    try {
      turn.begin();
      result = operation.at(turn);
      turn.write();
      turn.prepare();
      turn.apply();
    } catch (Throwable failure) {
      turn.end();
      try {
        turn.deliver(); // the expiry of the value it found happened all the same
      } catch (RuntimeException | Error e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
      }
      throw failure;
    }
    turn.end();
    if (begun != 0) {
      time(turn, begun);
    }
    turn.deliver();
    return result;
  }

  /** A turn; without memory or stack for one, at least no entry is held for ever. */
  Turn<K, V> turn(K key, @Nullable Entry<K, V> entry) {
    try {
      return new Turn<>(this, key, entry);
    } catch (Throwable t) {
      if (entry != null) {
        store.release(entry);
      }
      throw t;
    }
  }

  private void time(Turn<K, V> turn, long begun) {
    if (turn.removed()) {
      statistics.timedRemoval(begun);
    } else if (turn.put()) {
      statistics.timedPut(begun);
    }
    if (turn.lookedUp() && !turn.asked()) {
      statistics.timedGet(begun);
    }
  }

  /** The live value of a key, loaded where the cache reads through, or null. An access. */
  public @Nullable V get(K key) {
    return get(key, true);
  }

  /** As {@link #get}, but never loads. */
  public @Nullable V getPresent(K key) {
    return get(key, false);
  }

  /** A closed store has nothing, so that only a miss need ask whether the cache is open. */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  private @Nullable V get(K key, boolean loads) {
    boolean counts = counts();
    long begun = counts ? statistics.begin() : 0;
    Entry<K, V> entry = key == null ? null : find(key);
    V value = entry == null ? null : read(entry, counts);
    if (value == null) {
      admit(key);
      return loads && rules.readsThrough() ? run(key, Turn::readThrough) : missing(entry, counts);
    }
    if (begun != 0) {
      statistics.timedGet(begun);
    }
    return value;
  }

  /** As {@link #getPresent} if there is a value; if not, nothing is counted. */
  @Nullable V getIfPresent(K key) {
    Entry<K, V> entry = find(key);
    return entry == null ? null : read(entry, counts());
  }

  /**
   * The key's entry. If it is just changing together with others, a socket comes back when they all
   * have changed: whatever it reads from then on is of the time after.
   */
  private @Nullable Entry<K, V> find(K key) {
    Entry<K, V> entry = store.find(key);
    return entry != null && awaitJoint(entry) ? store.find(key) : entry;
  }

  /**
   * Waits for the end of the change that an entry is part of, if it is and a socket asks; returns
   * whether it did. One that begins after that is no matter: it marks its entries before it changes
   * the first.
   */
  boolean awaitJoint(Entry<K, V> entry) {
    boolean waits = forSocket && entry.changesWithOthers();
    if (waits && store.hold(entry, mayWait)) {
      store.release(entry);
    }
    return waits;
  }

  private @Nullable V missing(@Nullable Entry<K, V> entry, boolean counts) {
    if (counts) {
      statistics.miss();
    }
    if (entry != null) {
      expireIfPassed(entry);
    }
    return null;
  }

  /**
   * The live value of an entry, as an access to the expiry policy, without the lock. Counted after
   * the last chance to be found busy, and before a listener may hear that this was the last read.
   */
  private @Nullable V read(Entry<K, V> entry, boolean counts) {
    long deadline = entry.deadline();
    V value = entry.value();
    if (value == null || store.clock().passed(deadline)) {
      return null;
    }
    boolean last = movesOnAccess && !Entry.isExplicit(deadline) && touch(entry, deadline, value);
    if (counts) {
      statistics.hit();
    }
    if (last) {
      expireIfPassed(entry);
    }
    return value;
  }

  /** The live value of an entry found by a scan, as {@code next()} of an iterator reads it. */
  public @Nullable V readScanned(Entry<K, V> entry) {
    return read(entry, counts());
  }

  /**
   * Moves the deadline of an entry that was read. Usually by a compare-and-set of the deadline that
   * was seen before the value. Under the lock if this was the value's last read, and if the
   * deadline was or becomes eternal: that word alone does not tell whether it still belongs to the
   * same value. In the latter case a busy entry is not waited for, its holder decides.
   *
   * @return whether this was the last read
   */
  private boolean touch(Entry<K, V> entry, long seen, V value) {
    long lifetime = rules.accessLifetime();
    if (lifetime == Rules.KEEP) {
      return false;
    }
    long deadline = lifetime == 0 ? 0 : deadlineIn(lifetime);
    if (deadline == seen) {
      return false;
    }
    if (lifetime != 0 && seen != Entry.ETERNAL && deadline != Entry.ETERNAL) {
      store.touch(entry, seen, deadline);
    } else if (lifetime == 0 ? store.hold(entry, mayWait) : store.tryHold(entry)) {
      try {
        if (entry.value() == value && entry.deadline() == seen) {
          store.setDeadline(entry, deadline);
        }
      } finally {
        store.release(entry);
      }
    }
    return lifetime == 0;
  }

  /** An access to a key's value, and nothing else; false if there is none. */
  public boolean touch(K key) {
    admit(key);
    Entry<K, V> entry = find(key);
    if (entry == null) {
      return false;
    }
    if (read(entry, false) == null) {
      expireIfPassed(entry);
      return false;
    }
    return true;
  }

  /** Entries with a value; a socket sees no part of a joint operation, and may have to wait. */
  public long size() {
    rules.requireOpen();
    return forSocket ? store.wholeSize(mayWait) : store.size();
  }

  /** Whether a key has a live value: no access, no look-up, no load. */
  public boolean contains(K key) {
    admit(key);
    return peek(key) != null;
  }

  /** The live entry of a key, without counting or access, or null. */
  public @Nullable Entry<K, V> peek(K key) {
    Entry<K, V> entry = find(key);
    return entry != null && isLive(entry) ? entry : null;
  }

  /** Whether an entry found by other means is live; one that has expired is removed. */
  public boolean isLive(Entry<K, V> entry) {
    long deadline = entry.deadline();
    if (entry.value() == null) {
      return false;
    }
    if (store.clock().passed(deadline)) {
      expireIfPassed(entry);
      return false;
    }
    return true;
  }

  /** Removes an entry found expired and tells of it, unless somebody holds it. */
  private void expireIfPassed(Entry<K, V> entry) {
    Feed.Ticket<K, V> ticket = store.expire(entry);
    if (ticket != null) {
      store.feed().deliver(ticket);
    }
  }

  /** The deadline word of a lifetime that begins now; one too long for the calendar is eternal. */
  public long deadlineIn(long lifetime) {
    if (lifetime == Rules.ETERNAL) {
      return Entry.ETERNAL;
    }
    long deadline = store.clock().nowFor(lifetime) + lifetime;
    return deadline < 0 ? Entry.ETERNAL : deadline;
  }

  void admit(K key) {
    rules.requireOpen();
    if (key == null) {
      throw new NullPointerException("key is null");
    }
  }
}
