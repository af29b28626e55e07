package dev.larder.ops;

import dev.larder.store.Change;
import dev.larder.store.Change.Cause;
import dev.larder.store.Entry;
import dev.larder.store.Feed;
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
 * <tr><td>{@link #setUntil}: {@code EX}, {@code PXAT} …</td><td colspan=2>as given, explicit</td></tr>
 * </table>
 *
 * <p>An explicit deadline is one that was set for this entry. The access policy never moves it.
 */
public final class Turn<K, V> {
  private enum Outcome {
    NOTHING,
    PUT,
    SET,
    MODIFY,
    SET_KEEPING,
    SET_UNTIL,
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
  private long until;
  private String event = "set";
  private boolean stored;
  private boolean accessed;
  private boolean writing;

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
    asked = true;
    V loaded = inUserCode(() -> rules().load(key));
    if (loaded == null) {
      return null;
    }
    rules().requireTypes(key, loaded);
    putLoaded(rules().copyValue(loaded));
    return this.value;
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

  /** Sets value and explicit deadline in epoch milliseconds, which may have passed. */
  public void setUntil(V value, long time) {
    this.until = Math.max(0, time);
    decide(Outcome.SET_UNTIL, value, "set");
  }

  /** Keeps a value that was loaded: an event, but neither a put in the statistics nor written. */
  public void putLoaded(V value) {
    decide(Outcome.LOADED, value, "set");
  }

  /** Removes the entry; where the cache writes through, the writer is told even if it is absent. */
  public void remove() {
    this.value = null;
    outcome = Outcome.REMOVE;
    event = "del";
  }

  /**
   * Sets an explicit deadline, in epoch milliseconds, {@link Entry#ETERNAL} for none. One that has
   * passed removes the entry: it has expired, but the event is named {@code del} as in Redis.
   */
  public void expireAt(long time, String event) {
    this.until = Math.max(0, time);
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

  /** The same in two steps, with {@link #endUserCode} in a finally, for where an object counts. */
  public void beginUserCode() {
    if (entry != null) {
      store().beginUserCode(entry);
    }
  }

  public void endUserCode() {
    if (entry != null) {
      store().endUserCode(entry);
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
    if (entry == null) {
      return;
    }
    if (store().feed().isActive()) {
      store().feed().refuseReentry(key);
    }
    long deadline = entry.deadline();
    found = entry.value();
    if (found != null && store().clearIfPassed(entry)) {
      record(entry, found, deadline, null, Entry.ETERNAL, Cause.EXPIRED, "expired");
      found = null;
    }
  }

  /** Does what was decided. Without an entry, there is nothing that could have been. */
  void apply() {
    if (entry == null) {
      return;
    }
    V old = found;
    switch (outcome) {
      case NOTHING -> {
        if (accessed && old != null && rules().movesOnAccess()) {
          access(entry, old);
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

  private void access(Entry<K, V> entry, V old) {
    if (!Entry.isExplicit(entry.deadline())) {
      long lifetime = lifetime(rules()::accessLifetime);
      if (lifetime != Rules.KEEP) {
        long deadline = operations.deadlineIn(lifetime);
        store().setDeadline(entry, deadline);
        endIfPassed(entry, old, deadline, "expired");
      }
    }
  }

  private void remove(Entry<K, V> entry, @Nullable V old) {
    if (writing) {
      inUserCode(
          () -> {
            rules().delete(key);
            return key;
          });
    }
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
    long before = entry.deadline();
    long deadline = Entry.explicit(until);
    store().setDeadline(entry, deadline);
    endIfPassed(entry, old, deadline, "del");
    if (entry.value() != null) {
      record(entry, old, before, old, deadline, Cause.DEADLINE, event);
    }
  }

  private void store(Entry<K, V> entry, @Nullable V old, V value) {
    boolean loaded = outcome == Outcome.LOADED;
    if (writing && !loaded) {
      inUserCode(
          () -> {
            rules().write(key, value);
            return key;
          });
    }
    long before = entry.deadline();
    long after = deadlineOfValue(before, old == null);
    if (old == null && store().clock().passed(after)) {
      return; // never added
    }
    if (old != null && after == before) {
      store().setValue(entry, value);
    } else {
      store().set(entry, value, after);
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
    if (store().clearIfPassed(entry)) {
      record(entry, value, deadline, null, Entry.ETERNAL, Cause.EXPIRED, event);
    }
  }

  private long deadlineOfValue(long before, boolean created) {
    if (outcome == Outcome.SET_UNTIL) {
      return Entry.explicit(until);
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
    Feed<K, V> feed = store().feed();
    if (feed.isActive()) {
      if (tickets == null) {
        tickets = new ArrayList<>(2);
      }
      tickets.add(
          feed.record(
              new Change<>(
                  entry.key(), oldValue, oldDeadline, newValue, newDeadline, cause, event)));
    }
  }

  /** Gives the entry back. */
  void end() {
    if (entry != null) {
      store().release(entry);
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
        store().feed().deliver(ticket);
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
