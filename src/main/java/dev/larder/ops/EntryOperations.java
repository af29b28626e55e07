package dev.larder.ops;

import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Keeper;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.Collection;
import java.util.Map;
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
 * JointOperation}; {@link #forLoop} and {@link #forCaller} never wait; those within a {@link
 * Transaction} work on what it holds.
 *
 * <h2>How a socket looks without a lock</h2>
 *
 * What changes within a transaction may change there several times, and nobody else is to see but
 * the last of it. So a socket waits while an entry is marked or its store belongs to one thread
 * alone, looks, and looks again if it is marked by now, or if the store's {@linkplain Store#stamp
 * stamp} is another one: that counts the transactions that have ended, and one that has begun
 * meanwhile and not ended has left its mark. Where nothing was found, the whole search is done
 * again.
 */
public final class EntryOperations<K, V> {
  private static final long MILLIS_PER_SECOND = 1_000;

  private final Store<K, V> store;
  private final Rules<K, V> rules;
  private final Statistics statistics;
  private final boolean mayWait;
  private final boolean forSocket; // counts always, and sees joint operations whole
  private final boolean movesOnAccess;
  private final Watches<K, V> watches;
  private final @Nullable Held<K, V> held; // within a transaction
  private final boolean seesWhole; // whether it waits for the end of transactions: for a socket
  private final StoreClock clock;

  public EntryOperations(Store<K, V> store, Rules<K, V> rules, Statistics statistics) {
    this(store, rules, statistics, store.clock());
  }

  /** The same by another clock than the store's. */
  public EntryOperations(
      Store<K, V> store, Rules<K, V> rules, Statistics statistics, StoreClock clock) {
    this(store, rules, statistics, new Watches<>(store.feed()), true, false, null, clock);
  }

  private EntryOperations(
      Store<K, V> store,
      Rules<K, V> rules,
      Statistics statistics,
      Watches<K, V> watches,
      boolean mayWait,
      boolean forSocket,
      @Nullable Held<K, V> held,
      StoreClock clock) {
    this.store = store;
    this.rules = rules;
    this.statistics = statistics;
    this.mayWait = mayWait;
    this.forSocket = forSocket;
    this.movesOnAccess = rules.movesOnAccess();
    this.watches = watches;
    this.held = held;
    this.seesWhole = forSocket && held == null;
    this.clock = clock;
  }

  /** The same, for a thread of the application that must not wait: as {@link #forLoop}. */
  public EntryOperations<K, V> forCaller() {
    return with(false, false, held);
  }

  /** The same, for an executor thread that works for a socket: waits, and always counts. */
  public EntryOperations<K, V> forSocket() {
    return with(true, true, held);
  }

  /** The same, for an event loop: throws {@link dev.larder.BusyException} where it would wait. */
  public EntryOperations<K, V> forLoop() {
    return with(false, true, held);
  }

  /** The same, for what a transaction does with the entries that it holds. */
  EntryOperations<K, V> within(Held<K, V> held) {
    return with(mayWait, forSocket, held);
  }

  private EntryOperations<K, V> with(
      boolean mayWait, boolean forSocket, @Nullable Held<K, V> held) {
    StoreClock clock = held == null ? this.clock : held.clock();
    return new EntryOperations<>(
        store, rules, statistics, watches, mayWait, forSocket, held, clock);
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

  Watches<K, V> watches() {
    return watches;
  }

  /** The time; it stands still within a transaction. */
  StoreClock clock() {
    return clock;
  }

  boolean isSameStoreAs(EntryOperations<?, ?> other) {
    return (Object) store == other.store;
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
        || rules.customWeigher()
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
    admitWriter();
    Entry<K, V> entry = held == null ? store.hold(key, mayWait) : held.take(key);
    return run(key, entry, operation);
  }

  /** One of the two others: {@code alsoAbsent} if the operation is to run without a value, too. */
  <R extends @Nullable Object> R run(K key, boolean alsoAbsent, Operation<K, V, R> operation) {
    return alsoAbsent ? run(key, operation) : runIfPresent(key, operation);
  }

  /** Runs an operation on the entry of a key, which it may create. See {@link #runIfPresent}. */
  public <R extends @Nullable Object> R run(K key, Operation<K, V, R> operation) {
    admit(key);
    admitWriter();
    return run(key, takeOrReserve(key, mayWait, 0), operation);
  }

  /**
   * Holds the entry of a key, or a reservation.
   *
   * @param millis so long it is waited for; 0 leaves it to {@code waits}
   */
  Entry<K, V> takeOrReserve(K key, boolean waits, long millis) {
    if (held != null) {
      return held.takeOrReserve(key, rules);
    }
    K kept = rules.copyKey(key); // becomes the entry's, if it is absent
    return millis == 0 ? store.holdOrReserve(kept, waits) : store.holdOrReserve(kept, millis);
  }

  /** Holds an entry that was found; false if it died. */
  boolean take(Entry<K, V> entry) {
    return held == null ? store.hold(entry, mayWait) : held.take(entry);
  }

  /** Ends any of those. */
  void giveBack(Entry<K, V> entry) {
    if (held == null) {
      store.release(entry);
    } else {
      held.giveBack(entry);
    }
  }

  /** Tells of a change after the entry was given back. */
  void deliver(Feed.Ticket<K, V> ticket) {
    if (held == null) {
      store.feed().deliver(ticket);
    } else {
      held.deliver(ticket);
    }
  }

  private <R extends @Nullable Object> R run(
      K key, @Nullable Entry<K, V> entry, Operation<K, V, R> operation) {
    Turn<K, V> turn = turn(key, entry);
    long begun = counts() ? statistics.begin() : 0;
    R result;
    try {
      turn.begin();
      result = operation.at(turn);
      turn.requirePossible();
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
    awaitKept();
    return result;
  }

  /** Waits until what this thread has changed is on disk, where that is wanted. */
  void awaitKept() {
    if (mayWait && held == null) {
      Unkept.await();
    }
  }

  /** A turn; without memory or stack for one, at least no entry is held for ever. */
  Turn<K, V> turn(K key, @Nullable Entry<K, V> entry) {
    try {
      return new Turn<>(this, key, entry);
    } catch (Throwable t) {
      if (entry != null) {
        giveBack(entry);
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
    Entry<K, V> entry;
    V value;
    long stamp;
    do {
      stamp = stamp();
      entry = key == null ? null : find(key);
      value = entry == null ? null : read(entry, counts);
    } while (value == null && hasMoved(stamp));
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
    long stamp;
    do {
      stamp = stamp();
      Entry<K, V> entry = find(key);
      V value = entry == null ? null : read(entry, counts());
      if (value != null) {
        return value;
      }
    } while (hasMoved(stamp));
    return null;
  }

  /** What the cache's loader has for some keys; that is not kept yet. */
  public Map<K, V> loadAll(Collection<? extends K> keys) {
    return statistics.load(() -> rules.loadAll(keys));
  }

  private @Nullable Entry<K, V> find(K key) {
    return held == null ? store.find(key) : held.find(key);
  }

  // --------------------------------------------------- looking without a lock, see the class
  // comment

  /** Where a search begins; a socket waits while one thread has the store to itself. */
  long stamp() {
    return seesWhole ? store.stampOfAll(mayWait) : 0;
  }

  /** Whether a search that has found nothing is to be done again. */
  boolean hasMoved(long stamp) {
    return seesWhole && store.stamp() != stamp;
  }

  /** Whether a walk that began there may have met what others are not to see. */
  boolean wasExcluded(long stamp) {
    return seesWhole && Store.excludes(stamp, store.stamp());
  }

  /** Where a look at an entry begins: a socket waits for the end of what the entry is part of. */
  private long stamp(Entry<K, V> entry) {
    long stamp = stamp();
    while (seesWhole && entry.changesWithOthers()) {
      if (store.hold(entry, mayWait)) {
        store.release(entry);
      }
      stamp = stamp();
    }
    return stamp;
  }

  private boolean hasMoved(Entry<K, V> entry, long stamp) {
    return seesWhole && (store.stamp() != stamp || entry.changesWithOthers());
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
    long deadline;
    V value;
    long stamp;
    do {
      stamp = stamp(entry);
      deadline = entry.deadline();
      value = entry.value();
    } while (hasMoved(entry, stamp));
    if (value == null || clock.passed(deadline)) {
      return null;
    }
    if (store.isBounded()) {
      entry.used();
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
    boolean isPlain = lifetime != 0 && seen != Entry.ETERNAL && deadline != Entry.ETERNAL;
    boolean isKept = store.keeper() != null && isWorthKeeping(seen, deadline);
    if (isPlain && !isKept) {
      store.touch(entry, seen, deadline);
    } else if (lifetime == 0 || held != null ? take(entry) : store.tryHold(entry)) {
      try {
        if (entry.value() == value && entry.deadline() == seen) {
          store.setDeadline(entry, deadline);
          keepTouch(entry, seen, deadline);
        }
      } finally {
        giveBack(entry);
      }
    } else if (isPlain) {
      store.touch(entry, seen, deadline); // the access counts, though this one is not on disk
    }
    return lifetime == 0;
  }

  /** Keeps a deadline that an access has moved, at most once a second. The entry is held. */
  void keepTouch(Entry<K, V> held, long before, long deadline) {
    Keeper<K, V> keeper = store.keeper();
    if (keeper != null && isWorthKeeping(before, deadline)) {
      keeper.touched(held.key(), deadline); // whoever only reads need not wait for the disk
    }
  }

  private static boolean isWorthKeeping(long before, long deadline) {
    return before / MILLIS_PER_SECOND != deadline / MILLIS_PER_SECOND;
  }

  /** An access to a key's value, and nothing else; false if there is none. */
  public boolean touch(K key) {
    admit(key);
    Entry<K, V> entry;
    long stamp;
    do {
      stamp = stamp();
      entry = find(key);
      if (entry != null && read(entry, false) != null) {
        return true;
      }
    } while (hasMoved(stamp));
    if (entry != null) {
      expireIfPassed(entry);
    }
    return false;
  }

  /** Entries with a value; a socket sees no part of a joint operation, and may have to wait. */
  public long size() {
    rules.requireOpen();
    requireWhole();
    return seesWhole ? store.wholeSize(mayWait) : store.size();
  }

  /** Refuses what concerns all keys within a transaction that has only some. */
  void requireWhole() {
    if (held != null) {
      held.requireWhole();
    }
  }

  /** Whether these work on what a transaction holds. */
  boolean isWithin() {
    return held != null;
  }

  /** Whether a key has a live value: no access, no look-up, no load. */
  public boolean contains(K key) {
    return glance(key, false, (value, deadline) -> true);
  }

  /** What is to be said of a live value and its deadline word. */
  interface Glance<V, R> {
    R at(V value, long deadline);
  }

  /** What there is to say of a key's live value: no access, no look-up, no load. */
  <R> R glance(K key, R absent, Glance<? super V, ? extends R> glance) {
    admit(key);
    long begun;
    do {
      begun = stamp();
      Entry<K, V> entry = find(key);
      while (entry != null) {
        long stamp = stamp(entry);
        long deadline = entry.deadline();
        V value = entry.value();
        if (!hasMoved(entry, stamp)) {
          if (value != null && !clock.passed(deadline)) {
            return glance.at(value, deadline);
          }
          if (value != null) {
            expireIfPassed(entry);
          }
          break;
        }
      }
    } while (hasMoved(begun));
    return absent;
  }

  /** The live entry of a key, without counting or access, or null. */
  public @Nullable Entry<K, V> peek(K key) {
    Entry<K, V> entry = find(key);
    return entry != null && isLive(entry) ? entry : null;
  }

  /** Whether an entry found by other means is live; one that has expired is removed. */
  public boolean isLive(Entry<K, V> entry) {
    for (; ; ) {
      long stamp = stamp(entry);
      long deadline = entry.deadline();
      V value = entry.value();
      if (!hasMoved(entry, stamp)) {
        boolean passed = value != null && clock.passed(deadline);
        if (passed) {
          expireIfPassed(entry);
        }
        return value != null && !passed;
      }
    }
  }

  /** Removes an entry found expired and tells of it, unless somebody holds it. */
  private void expireIfPassed(Entry<K, V> entry) {
    if (held != null) {
      runIfPresent(entry.key(), Turn::isPresent);
      return;
    }
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
    long deadline = clock.nowFor(lifetime) + lifetime;
    return deadline < 0 ? Entry.ETERNAL : deadline;
  }

  /** Waits while those are far behind who write changes down; nothing is held yet. */
  void admitWriter() {
    if (held == null) {
      store.admitWriter(mayWait);
    }
  }

  void admit(K key) {
    rules.requireOpen();
    if (key == null) {
      throw new NullPointerException("key is null");
    }
  }
}
