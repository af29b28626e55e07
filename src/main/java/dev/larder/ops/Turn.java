package dev.larder.ops;

import dev.larder.store.Bound;
import dev.larder.store.Change;
import dev.larder.store.Change.Cause;
import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Keeper;
import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation's turn at one entry, which it holds: what it finds, and what it decides.
 *
 * <p>An operation decides at most one change ({@code put}, {@code set}, {@code modify}, {@code
 * remove}, …; the last call counts). After it has returned, the change is applied in this order:
 * the writer is called, the expiry policy is asked, the entry changes, it is counted, and the
 * change is recorded. If the writer throws, nothing else happens. The names differ in where the new
 * deadline comes from:
 *
 * <table>
 * <caption>The deadline after a change</caption>
 * <tr><th></th><th>entry was absent</th><th>entry was there</th></tr>
 * <tr><td>{@link #put}: {@code javax.cache}</td><td>policy, creation</td><td>policy, update; if that
 *     says nothing, it stays</td></tr>
 * <tr><td>{@link #set}: {@code SET}, {@code GETSET}</td><td>policy, creation</td><td>policy, update;
 *     if that says nothing, policy, creation</td></tr>
 * <tr><td>{@link #modify}: {@code INCR}, {@code APPEND}</td><td>policy, creation</td><td>if explicit,
 *     it stays; else as for put</td></tr>
 * <tr><td>{@link #setKeepingDeadline}: {@code KEEPTTL}</td><td>policy, creation</td><td>it stays</td></tr>
 * <tr><td>any of them, then {@link #until}: {@code EX}, {@code PXAT} …</td><td colspan=2>as given,
 *     explicit</td></tr>
 * <tr><td>{@link #copyFrom}: {@code RENAME}, {@code COPY}</td><td colspan=2>the other entry's</td></tr>
 * </table>
 *
 * <p>An explicit deadline is one that was set for this entry. The access policy never moves it.
 *
 * <p>An operation on several entries has a turn at each of them, see {@link JointOperation}. Within
 * a {@link Transaction}, an entry has a turn for each operation.
 */
public final class Turn<K, V> {
  private enum Outcome {
    NOTHING,
    PUT,
    SET,
    MODIFY,
    SET_KEEPING,
    LOADED,
    REMOVE,
    DEADLINE
  }

  private final EntryOperations<K, V> operations;
  private final K key;
  private final @Nullable Entry<K, V> entry;
  private @Nullable V found;

  private Outcome outcome = Outcome.NOTHING;
  private @Nullable V value;
  private @Nullable Deadline newDeadline; // if it is decided here rather than by the policy
  private long before; // the deadline word as it was
  private long after; // as it is to be
  private String event = "set";
  private @Nullable Object prepared; // what the keeper has made of what is to be stored
  private @Nullable Object suspended; // what the keeper had begun, while user code runs
  private int weight; // of what is to be stored, for a bound
  private boolean stored;
  private boolean accessed;
  private boolean writing;
  private boolean moves; // what is stored leaves another entry

  private boolean counting;
  private boolean lookedUp;
  private boolean asked;
  private @Nullable List<Feed.Ticket<K, V>> tickets; // what is to be told, in this order

  Turn(EntryOperations<K, V> operations, K key, @Nullable Entry<K, V> entry) {
    this.operations = operations;
    this.key = key;
    this.entry = entry;
    this.counting = operations.counts();
    this.writing = operations.rules().writesThrough();
  }

  // ------------------------------------------------------------------------------ what it finds

  public K key() {
    return key;
  }

  public boolean isPresent() {
    return found != null;
  }

  /** The value, in the form in which it is kept, or null; not a look-up in the statistics. */
  public @Nullable V value() {
    return found;
  }

  /** The deadline word of the value; {@link Entry#ETERNAL} if there is none. */
  public long deadline() {
    return entry == null || found == null ? Entry.ETERNAL : entry.deadline();
  }

  /** As {@link #value}, and counts a hit or a miss. */
  public @Nullable V lookUp() {
    lookedUp = true;
    if (counting) {
      if (found != null) {
        operations.statistics().hit();
      } else {
        operations.statistics().miss();
      }
    }
    return found;
  }

  /** As {@link #lookUp}, and an access to the expiry policy if nothing is changed. */
  public @Nullable V read() {
    accessed = true;
    return lookUp();
  }

  /** An access to the expiry policy if nothing is changed, apart from any look-up. */
  public void markAccessed() {
    accessed = true;
  }

  /** As {@link #read}, but a missing value is asked for where the cache reads through. */
  public @Nullable V readThrough() {
    V value = read();
    return value != null || !rules().readsThrough() ? value : load();
  }

  /** The value from outside the cache, which is then kept; not counted. */
  public @Nullable V load() {
    return load(() -> rules().load(key));
  }

  /** As {@link #load()}, from somewhere else. */
  public @Nullable V load(Supplier<? extends @Nullable V> loader) {
    asked = true;
    V loaded = inUserCode(() -> operations.statistics().load(loader));
    if (loaded == null) {
      return null;
    }
    rules().requireTypes(key, loaded);
    putLoaded(rules().copyValue(loaded));
    return this.value;
  }

  /**
   * Whether the value equals the one expected (arrays: by content; null expects that there is
   * none). Counted as {@link #read}.
   */
  public boolean reads(@Nullable Object expected) {
    return Objects.deepEquals(expected, read());
  }

  // ------------------------------------------------------------------------------ what it decides

  public void put(V value) {
    decide(Outcome.PUT, value, "set");
  }

  public void set(V value) {
    decide(Outcome.SET, value, "set");
  }

  /** Changes a value in place; the event is Redis' name of how. */
  public void modify(V value, String event) {
    decide(Outcome.MODIFY, value, event);
  }

  public void setKeepingDeadline(V value) {
    decide(Outcome.SET_KEEPING, value, "set");
  }

  /** One of those above, as the deadline says. */
  public void set(V value, Deadline deadline) {
    if (deadline == Deadline.AS_PUT) {
      put(value);
    } else if (deadline == Deadline.KEEP) {
      setKeepingDeadline(value);
    } else {
      set(value);
      if (deadline.isTime()) {
        until(deadline);
      }
    }
  }

  /** Gives what was decided to be stored an explicit deadline; it may have passed. */
  public void until(Deadline deadline) {
    newDeadline = deadline;
  }

  /** Stores a value that is that of another entry, and its deadline. */
  public void copyFrom(Turn<?, ?> other, V value, String event) {
    decide(Outcome.SET, value, event);
    until(Deadline.sameAs(other.deadline()));
  }

  /** What is stored here leaves another entry, so that it needs no room that it has not. */
  public void moves() {
    moves = true;
  }

  /** Keeps a value that was loaded: an event, but neither a put in the statistics nor written. */
  public void putLoaded(V value) {
    decide(Outcome.LOADED, value, "set");
  }

  /** Removes the entry; where the cache writes through, the writer is told even if it is absent. */
  public void remove() {
    remove("del");
  }

  /** As {@link #remove()}; the event is Redis' name of how. */
  public void remove(String event) {
    this.value = null;
    outcome = Outcome.REMOVE;
    this.event = event;
  }

  /**
   * Sets an explicit deadline. One that has passed removes the entry: it has expired, but the event
   * is named {@code del} as in Redis.
   */
  public void expire(Deadline deadline, String event) {
    until(deadline);
    this.event = event;
    outcome = Outcome.DEADLINE;
  }

  /** Changes the mind: nothing. */
  public void keep() {
    value = null;
    outcome = Outcome.NOTHING;
  }

  /** Leaves the writer out: it was, or must not be, told of this. */
  public void withoutWriter() {
    writing = false;
  }

  private void decide(Outcome outcome, V value, String event) {
    if (entry == null) {
      throw new IllegalStateException("a put needs a reservation");
    }
    this.outcome = outcome;
    this.value = value;
    this.event = event;
    newDeadline = null;
  }

  /** Runs code of the user while the entry is held. */
  public <R extends @Nullable Object> R inUserCode(Supplier<R> code) {
    beginUserCode();
    try {
      return code.get();
    } finally {
      endUserCode();
    }
  }

  private void inUserCode(Runnable code) {
    inUserCode(
        () -> {
          code.run();
          return key;
        });
  }

  /** The same in two steps, with {@link #endUserCode} in a finally, for where an object counts. */
  public void beginUserCode() {
    if (entry != null) {
      store().noteHeld(entry);
      Keeper<K, V> keeper = store().keeper();
      suspended = keeper == null ? null : keeper.suspend();
    }
  }

  public void endUserCode() {
    if (entry != null) {
      store().dropNote(entry);
      Keeper<K, V> keeper = store().keeper();
      if (suspended != null && keeper != null) {
        keeper.resume(suspended);
      }
      suspended = null;
    }
  }

  private Store<K, V> store() {
    return operations.store();
  }

  private Rules<K, V> rules() {
    return operations.rules();
  }

  // ----------------------------------------------------------------- around it: EntryOperations

  /** Looks at the entry, whose value may just have expired. */
  void begin() {
    begin(true);
  }

  /** The same; one that changes nothing is open to a listener that is being told of the key. */
  void begin(boolean changes) {
    if (entry == null) {
      return;
    }
    if (changes && store().feed().isActive()) {
      store().feed().refuseReentry(key);
    }
    long deadline = entry.deadline();
    found = entry.value();
    if (found != null && store().clearIfPassed(entry, operations.clock())) {
      record(entry, found, deadline, null, Entry.ETERNAL, Cause.EXPIRED, "expired");
      found = null;
    }
  }

  /** Refuses what was decided if it cannot be kept or has no room, before anything happens. */
  void requirePossible() {
    if (entry == null || outcome == Outcome.NOTHING) {
      return;
    }
    Keeper<K, V> keeper = store().keeper();
    if (keeper != null) {
      keeper.requireAble();
    }
    if (value != null && hasRoom()) {
      weight = weigh(entry.key(), value);
      prepared = keeper == null ? null : keeper.prepare(entry.key(), value);
    }
  }

  private int weigh(K key, V value) {
    return rules().customWeigher()
        ? inUserCode(() -> store().weigh(key, value))
        : store().weigh(key, value);
  }

  /** Whether there is room. If there is not, what was loaded is given back and not kept. */
  private boolean hasRoom() {
    Bound bound = store().bound();
    if (bound == null || moves || operations.isWithin() || !rules().needsRoom()) {
      return true; // a transaction was refused as a whole, or not at all
    }
    if (!bound.refuses()) {
      return true;
    }
    if (outcome != Outcome.LOADED) {
      throw MemoryLimit.refusal();
    }
    keep();
    return false;
  }

  /** Tells the writer of what was decided; what it throws prevents all of it. */
  void write() {
    if (!writing || entry == null) {
      return;
    }
    switch (outcome) {
      case NOTHING, DEADLINE, LOADED -> {}
      case REMOVE -> inUserCode(() -> rules().delete(key));
      default -> inUserCode(() -> rules().write(key, Objects.requireNonNull(value)));
    }
  }

  /** Asks the policy for the deadline of what was decided: the last of what runs user code. */
  void prepare() {
    if (entry == null || outcome == Outcome.REMOVE) {
      return;
    }
    before = entry.deadline();
    if (outcome == Outcome.NOTHING) {
      after = deadlineAfterAccess();
    } else if (outcome == Outcome.DEADLINE) {
      after = Objects.requireNonNull(newDeadline).word(now());
    } else {
      after = deadlineOfValue(before, found == null);
    }
  }

  /** Does what was decided. Without an entry, there is nothing that could have been. */
  void apply() {
    if (entry == null) {
      return;
    }
    V old = found;
    if (old != null && (lookedUp || accessed || value != null) && store().isBounded()) {
      entry.used();
    }
    switch (outcome) {
      case NOTHING -> {
        if (old != null && after != before) {
          store().setDeadline(entry, after);
          operations.keepTouch(entry, before, after);
          endIfPassed(entry, old, after, "expired");
        }
      }
      case REMOVE -> remove(entry, old);
      case DEADLINE -> {
        if (old != null) {
          changeDeadline(entry, old);
        }
      }
      default -> store(entry, old, Objects.requireNonNull(value));
    }
  }

  private long deadlineAfterAccess() {
    if (!accessed || found == null || !rules().movesOnAccess() || Entry.isExplicit(before)) {
      return before;
    }
    long lifetime = lifetime(rules()::accessLifetime);
    return lifetime == Rules.KEEP ? before : operations.deadlineIn(lifetime);
  }

  private void remove(Entry<K, V> entry, @Nullable V old) {
    if (old != null) {
      long deadline = entry.deadline();
      store().clear(entry);
      if (counting) {
        operations.statistics().removal();
      }
      record(entry, old, deadline, null, Entry.ETERNAL, Cause.REMOVED, event);
    }
  }

  private void changeDeadline(Entry<K, V> entry, V old) {
    store().setDeadline(entry, after);
    endIfPassed(entry, old, after, "del");
    if (entry.value() != null) {
      record(entry, old, before, old, after, Cause.DEADLINE, event);
    }
  }

  private void store(Entry<K, V> entry, @Nullable V old, V value) {
    boolean loaded = outcome == Outcome.LOADED;
    if (old == null && operations.clock().passed(after)) {
      return; // never added
    }
    rules().kept(entry.key(), value);
    if (old != null && after == before) {
      store().setValue(entry, value, weight);
    } else {
      store().set(entry, value, after, weight);
    }
    stored = true;
    if (counting && !loaded) {
      operations.statistics().put();
    }
    if (old == null) {
      record(entry, null, Entry.ETERNAL, value, after, Cause.CREATED, event);
    } else {
      record(entry, old, before, value, after, Cause.UPDATED, event);
    }
    if (old != null) {
      endIfPassed(entry, value, after, "expired");
    }
  }

  /** A value whose new deadline lies in the past is gone at once. */
  private void endIfPassed(Entry<K, V> entry, V value, long deadline, String event) {
    if (store().clearIfPassed(entry, operations.clock())) {
      record(entry, value, deadline, null, Entry.ETERNAL, Cause.EXPIRED, event);
    }
  }

  private long deadlineOfValue(long before, boolean created) {
    if (newDeadline != null) {
      return newDeadline.word(now());
    }
    if (created) {
      return creationDeadline();
    }
    if (outcome == Outcome.SET_KEEPING || outcome == Outcome.MODIFY && Entry.isExplicit(before)) {
      return before;
    }
    long lifetime = lifetime(rules()::updateLifetime);
    if (lifetime != Rules.KEEP) {
      return operations.deadlineIn(lifetime);
    }
    return outcome == Outcome.SET ? creationDeadline() : before;
  }

  private long now() {
    return operations.clock().now();
  }

  private long creationDeadline() {
    return operations.deadlineIn(lifetime(rules()::creationLifetime));
  }

  private long lifetime(Lifetime lifetime) {
    return rules().customExpiry() ? inUserCode(lifetime::millis) : lifetime.millis();
  }

  private interface Lifetime {
    long millis();
  }

  private void record(
      Entry<K, V> entry,
      @Nullable V oldValue,
      long oldDeadline,
      @Nullable V newValue,
      long newDeadline,
      Cause cause,
      String event) {
    keep(entry.key(), newDeadline, cause);
    Feed<K, V> feed = store().feed();
    if (feed.isActive()) {
      if (tickets == null) {
        tickets = new ArrayList<>(2);
      }
      Deadline given = this.newDeadline;
      boolean timed = newValue != null && event.equals("set") && given != null && given.isTime();
      tickets.add(
          feed.record(
              new Change<>(
                  entry.key(), oldValue, oldDeadline, newValue, newDeadline, cause, event, timed)));
    }
  }

  private void keep(K key, long deadline, Cause cause) {
    Keeper<K, V> keeper = store().keeper();
    if (keeper == null) {
      return;
    }
    long position =
        switch (cause) {
          case CREATED, UPDATED -> keeper.stored(Objects.requireNonNull(prepared), deadline);
          case DEADLINE -> keeper.timed(key, deadline);
          case REMOVED, EXPIRED, EVICTED, CLEARED -> keeper.removed(key);
        };
    Unkept.note(keeper, position);
  }

  /** Whether something was decided. */
  boolean changes() {
    return outcome != Outcome.NOTHING;
  }

  /** Marks the entry as one of several that are about to change as one. */
  void markJoint() {
    if (entry != null) {
      store().markJoint(entry);
    }
  }

  /** Hands the entry to the snapshots that such a change comes after. */
  void preserve(List<Snapshot> after) {
    if (entry != null) {
      store().preserve(entry, after);
    }
  }

  /** Gives the entry back. */
  void end() {
    if (entry != null) {
      operations.giveBack(entry);
    }
  }

  /** Tells of what was recorded, after the entry was given back; all of it, whatever fails. */
  void deliver() {
    if (tickets == null) {
      return;
    }
    Throwable failure = null;
    for (Feed.Ticket<K, V> ticket : tickets) {
      try {
        operations.deliver(ticket);
      } catch (RuntimeException | Error e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (RuntimeException) failure; // a subscriber throws nothing else
    }
  }

  boolean lookedUp() {
    return lookedUp;
  }

  /** Whether the loader was asked, whose time is no time of a get. */
  boolean asked() {
    return asked;
  }

  /** What it counts as, for the average times. */
  boolean removed() {
    return outcome == Outcome.REMOVE;
  }

  boolean put() {
    return stored && outcome != Outcome.LOADED;
  }

  /**
   * After the operation: whether it stored a value. One that would expire at once is not stored.
   */
  public boolean hasStored() {
    return stored;
  }
}
