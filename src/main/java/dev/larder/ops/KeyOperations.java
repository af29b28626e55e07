package dev.larder.ops;

import dev.larder.store.Change;
import dev.larder.store.Change.Cause;
import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Operations on keys, whatever their values are, and on all keys. */
public final class KeyOperations<K, V> {
  /** Answer of {@link #ttl} and {@link #pttl} for a key without deadline. */
  public static final long NO_DEADLINE = -1;

  /** Answer of {@link #ttl} and {@link #pttl} for an absent key. */
  public static final long NO_KEY = -2;

  /** When a new deadline is to be set: the options of {@code EXPIRE}. */
  public enum When {
    ALWAYS,
    /** Only if there is none. */
    NX,
    /** Only if there is one. */
    XX,
    /** Only if it is later; none is later than any. */
    GT,
    /** Only if it is earlier. */
    LT
  }

  private final EntryOperations<K, V> entries;
  private final Store<K, V> store;

  KeyOperations(EntryOperations<K, V> entries) {
    this.entries = entries;
    this.store = entries.store();
  }

  /** Whether the key is there ({@code EXISTS}, {@code containsKey}); no access, not counted. */
  public boolean exists(K key) {
    return entries.contains(key);
  }

  /** Removes a key ({@code DEL}, {@code Cache.remove}); false if it was absent. */
  public boolean delete(K key) {
    return entries.rules().writesThrough()
        ? entries.run(key, KeyOperations::remove)
        : entries.runIfPresent(key, KeyOperations::remove);
  }

  private static <K, V> boolean remove(Turn<K, V> turn) {
    boolean present = turn.isPresent();
    turn.remove();
    return present;
  }

  /** Milliseconds to live, {@link #NO_DEADLINE} or {@link #NO_KEY} ({@code PTTL}). */
  public long pttl(K key) {
    entries.rules().requireOpen();
    Entry<K, V> entry = entries.peek(key);
    if (entry == null) {
      return NO_KEY;
    }
    long time = Entry.time(entry.deadline());
    return time == Entry.ETERNAL ? NO_DEADLINE : Math.max(0, time - store.clock().now());
  }

  /** Seconds to live, rounded to the nearest ({@code TTL}). */
  public long ttl(K key) {
    long millis = pttl(key);
    return millis < 0 ? millis : (millis + 500) / 1_000;
  }

  /**
   * Sets an explicit deadline in epoch milliseconds ({@code PEXPIREAT}); one that has passed
   * removes the key.
   *
   * @return whether the key is there and {@code when} held
   */
  public boolean expireAt(K key, long time, When when) {
    return entries.runIfPresent(
        key,
        turn -> {
          if (!turn.isPresent() || !applies(when, Entry.time(turn.deadline()), time)) {
            return false;
          }
          turn.expireAt(time, "expire");
          return true;
        });
  }

  private static boolean applies(When when, long old, long time) {
    return switch (when) {
      case ALWAYS -> true;
      case NX -> old == Entry.ETERNAL;
      case XX -> old != Entry.ETERNAL;
      case GT -> time > old;
      case LT -> time < old;
    };
  }

  /** Takes the deadline away ({@code PERSIST}); false if there is none or no key. */
  public boolean persist(K key) {
    return entries.runIfPresent(
        key,
        turn -> {
          if (!turn.isPresent() || Entry.time(turn.deadline()) == Entry.ETERNAL) {
            return false;
          }
          turn.expireAt(Entry.ETERNAL, "persist");
          return true;
        });
  }

  /** How many keys there are ({@code DBSIZE}), with those whose expiry was not noticed yet. */
  public long size() {
    entries.rules().requireOpen();
    return store.size();
  }

  /** How many of them have a deadline. */
  public long sizeWithDeadline() {
    entries.rules().requireOpen();
    return store.timed();
  }

  /**
   * Removes everything, key by key ({@code FLUSHDB}, {@code Cache.clear}): listeners and writers
   * are not told, statistics do not count it. Keys written meanwhile may or may not stay.
   */
  public void clear() {
    entries.rules().requireOpen();
    List<Entry<K, V>> bucket = new ArrayList<>();
    long cursor = 0;
    do {
      cursor = store.scan(cursor, bucket::add);
      for (Entry<K, V> entry : bucket) {
        if (entry.value() != null && store.hold(entry, true)) {
          clear(entry);
        }
      }
      bucket.clear();
    } while (cursor != 0);
  }

  private void clear(Entry<K, V> held) {
    Feed<K, V> feed = store.feed();
    Feed.Ticket<K, V> ticket = null;
    try {
      V value = held.value();
      if (value != null) {
        long deadline = held.deadline();
        if (feed.isActive()) {
          feed.refuseReentry(held.key());
        }
        store.clear(held);
        if (feed.isActive()) {
          ticket =
              feed.record(
                  new Change<>(
                      held.key(), value, deadline, null, Entry.ETERNAL, Cause.CLEARED, "del"));
        }
      }
    } finally {
      store.release(held);
    }
    if (ticket != null) {
      feed.deliver(ticket);
    }
  }

  /** Calls for every live key; no look-up and no access. */
  public void forEach(Consumer<? super K> action) {
    EntryCursor<K, V> all = entries();
    for (Entry<K, V> entry = all.next(); entry != null; entry = all.next()) {
      if (entries.isLive(entry)) {
        action.accept(entry.key());
      }
    }
  }

  /**
   * The live entries, bucket by bucket: every one that is there throughout, once; others perhaps.
   * Reading on is left to the caller, see {@link EntryOperations#readScanned}.
   */
  public EntryCursor<K, V> entries() {
    return new EntryCursor<>(store);
  }

  /** Walks through the entries of a store. */
  public static final class EntryCursor<K, V> {
    private final Store<K, V> store;
    private final List<Entry<K, V>> bucket = new ArrayList<>();
    private int next;
    private long cursor;
    private boolean ended;

    private EntryCursor(Store<K, V> store) {
      this.store = store;
    }

    /** The next entry, whatever its state by now; null at the end. */
    public @Nullable Entry<K, V> next() {
      while (next == bucket.size()) {
        if (ended) {
          return null;
        }
        bucket.clear();
        next = 0;
        cursor = store.scan(cursor, bucket::add);
        ended = cursor == 0;
      }
      return bucket.get(next++);
    }
  }
}
