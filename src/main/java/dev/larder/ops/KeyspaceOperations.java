package dev.larder.ops;

import dev.larder.ScanPage;
import dev.larder.ValueType;
import dev.larder.codec.KeyTexts;
import dev.larder.store.Change;
import dev.larder.store.Change.Cause;
import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Keeper;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Operations on all keys of a cache: {@code DBSIZE}, {@code SCAN}, {@code FLUSHDB}. */
public final class KeyspaceOperations<K, V> {
  /** A step of a scan looks at this many buckets for each key that is asked for. */
  private static final int MOST_BUCKETS_A_KEY = 10;

  /** As often a random key that has just expired is put back for another one. */
  private static final int RANDOM_DRAWS = 100;

  /** A clear among writers who never pause must come to an end. */
  private static final int MOST_PASSES = 100;

  private final EntryOperations<K, V> entries;
  private final Store<K, V> store;
  private final KeyTexts<K> text;

  KeyspaceOperations(EntryOperations<K, V> entries, KeyTexts<K> text) {
    this.entries = entries;
    this.store = entries.store();
    this.text = text;
  }

  /** A key that is there, any one, or null ({@code RANDOMKEY}). */
  public @Nullable K random() {
    requireAll();
    K key;
    long stamp;
    do {
      stamp = entries.stamp();
      key = draw();
    } while (key == null && entries.hasMoved(stamp));
    return key;
  }

  private @Nullable K draw() {
    for (int draws = 0; draws < RANDOM_DRAWS; draws++) {
      Entry<K, V> entry = store.random(ThreadLocalRandom.current());
      if (entry == null || isWanted(entry, null)) {
        return entry == null ? null : entry.key();
      }
    }
    return null;
  }

  private void requireAll() {
    entries.rules().requireOpen();
    entries.requireWhole();
  }

  /**
   * A step of a walk through all keys ({@code SCAN}).
   *
   * @param cursor 0 to begin; any is accepted
   * @param count about how many keys to look at
   * @param match which keys are wanted, or null for all
   * @param type values of which kind, or null for all
   */
  public ScanPage<K> scan(long cursor, long count, @Nullable Glob match, @Nullable ValueType type) {
    requireAll();
    ScanPage<K> page;
    long stamp;
    do {
      stamp = entries.stamp();
      page = step(cursor, count, match, type);
    } while (entries.wasExcluded(stamp));
    return page;
  }

  private ScanPage<K> step(long from, long count, @Nullable Glob match, @Nullable ValueType type) {
    List<Entry<K, V>> met = new ArrayList<>();
    List<K> keys = new ArrayList<>();
    long cursor = from;
    long buckets = 0;
    long most = count > Long.MAX_VALUE / MOST_BUCKETS_A_KEY ? count : count * MOST_BUCKETS_A_KEY;
    do {
      cursor = store.scan(cursor, met::add);
    } while (cursor != 0 && met.size() < count && ++buckets < most);
    for (Entry<K, V> entry : met) {
      if (isWanted(entry, match) && (type == null || type == Values.type(entry.value()))) {
        keys.add(entry.key());
      }
    }
    return new ScanPage<>(cursor, keys);
  }

  private boolean isWanted(Entry<K, V> entry, @Nullable Glob match) {
    if (match != null && !matches(match, entry.key())) {
      return false;
    }
    return entries.isLive(entry);
  }

  /** Calls for every live key that matches a pattern ({@code KEYS}); no look-up and no access. */
  public void forEach(Glob match, Consumer<? super K> action) {
    requireAll();
    List<K> keys = new ArrayList<>();
    long stamp;
    do {
      keys.clear();
      stamp = entries.stamp();
      EntryCursor<K, V> all = entries();
      for (Entry<K, V> entry = all.next(); entry != null; entry = all.next()) {
        if (isWanted(entry, match)) {
          keys.add(entry.key());
        }
      }
    } while (entries.wasExcluded(stamp));
    keys.forEach(action);
  }

  /** The live keys that match a pattern, found while the stream is read. */
  public Stream<K> keys(Glob match) {
    requireAll();
    EntryCursor<K, V> all = entries();
    return Stream.generate(all::next)
        .takeWhile(Objects::nonNull)
        .filter(entry -> isWanted(entry, match))
        .map(Entry::key);
  }

  /** Keys that have no text match nothing but {@code *}. */
  private boolean matches(Glob match, K key) {
    if (match.matchesAll()) {
      return true;
    }
    byte[] bytes = text.text(key);
    return bytes != null && match.matches(bytes);
  }

  /** A live key that has this text and cannot be made of it, or null. Looks at every key. */
  @Nullable K find(byte[] wanted) {
    EntryCursor<K, V> all = entries();
    for (Entry<K, V> entry = all.next(); entry != null; entry = all.next()) {
      if (text.matches(entry.key(), wanted) && isWanted(entry, null)) {
        return entry.key();
      }
    }
    return null;
  }

  /** How many keys there are ({@code DBSIZE}), with those whose expiry was not noticed yet. */
  public long size() {
    return entries.size();
  }

  /** How many of them have a deadline. */
  public long sizeWithDeadline() {
    entries.rules().requireOpen();
    return store.timed();
  }

  /**
   * Removes everything, key by key ({@code FLUSHDB}, {@code Cache.clear}): listeners and writers
   * are not told, statistics do not count it. Keys written meanwhile may or may not stay, those
   * that were written as one all or none.
   */
  public void clear() {
    requireAll();
    Keeper<K, V> keeper = store.keeper();
    if (keeper != null) {
      keeper.requireAble();
    }
    if (entries.isWithin()) { // and nobody else
      clearOnce();
      return;
    }
    long before;
    int passes = 0;
    do { // again, if a change of several keys may have been cut in two
      before = store.jointChanges();
      clearOnce();
    } while (++passes < MOST_PASSES && (before < 0 || before != store.jointChanges()));
    entries.awaitKept();
  }

  private void clearOnce() {
    List<Entry<K, V>> bucket = new ArrayList<>();
    long cursor = 0;
    do {
      cursor = store.scan(cursor, bucket::add);
      for (Entry<K, V> entry : bucket) {
        if (entry.value() == null) {
          continue;
        }
        if (entries.mayWait() || !entries.isWithin()) {
          store.admitWriter(entries.mayWait());
        }
        if (entries.take(entry)) {
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
        Keeper<K, V> keeper = store.keeper();
        if (keeper != null) {
          Unkept.note(keeper, keeper.removed(held.key()));
        }
        if (feed.isActive()) {
          ticket =
              feed.record(
                  new Change<>(
                      held.key(), value, deadline, null, Entry.ETERNAL, Cause.CLEARED, "del"));
        }
      }
    } finally {
      entries.giveBack(held);
    }
    if (ticket != null) {
      entries.deliver(ticket);
    }
  }

  /** Calls for every live key; no look-up and no access. */
  public void forEach(Consumer<? super K> action) {
    forEach(Glob.ALL, action);
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
