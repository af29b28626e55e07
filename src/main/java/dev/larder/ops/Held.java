package dev.larder.ops;

import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Transaction} holds of one cache: some of its entries, or all of it. In place of the
 * store's locks, operations within the transaction turn to this.
 *
 * <p>Some entries stay held to the end, whatever is done with them: one whose value was removed is
 * a reservation, and can get another one. If it is all, no other thread can hold an entry, and each
 * operation takes and gives back its own as ever.
 */
final class Held<K, V> {
  private final Store<K, V> store;
  private final String cache;
  private final Transaction transaction;
  private final StoreClock clock;
  private final Map<K, Entry<K, V>> entries = new HashMap<>();
  private boolean whole;

  Held(CacheOperations<K, V> cache, Transaction transaction, StoreClock clock, boolean whole) {
    this.store = cache.entries().store();
    this.cache = cache.name();
    this.transaction = transaction;
    this.clock = clock;
    this.whole = whole;
  }

  void add(K key, Entry<K, V> entry) {
    entries.put(key, entry);
  }

  /** From now on, nothing is held. */
  void end() {
    entries.clear();
    whole = false;
  }

  /** The time at which all had been taken. */
  StoreClock clock() {
    return clock;
  }

  /** The key's entry in whatever state, or null. */
  @Nullable Entry<K, V> find(K key) {
    return whole ? store.find(key) : declared(key);
  }

  /** The key's entry, held; null if the key is absent. */
  @Nullable Entry<K, V> take(K key) {
    if (whole) {
      return store.hold(key, true);
    }
    Entry<K, V> entry = declared(key);
    return entry.value() == null ? null : entry;
  }

  /** The key's entry or a reservation, held. */
  Entry<K, V> takeOrReserve(K key, Rules<K, V> rules) {
    return whole ? store.holdOrReserve(rules.copyKey(key), true) : declared(key);
  }

  /** Holds an entry that was found; false if it died. */
  boolean take(Entry<K, V> entry) {
    return whole ? store.hold(entry, true) : declared(entry.key()) == entry;
  }

  void giveBack(Entry<K, V> entry) {
    if (whole) {
      store.release(entry);
    }
  }

  void deliver(Feed.Ticket<K, V> ticket) {
    transaction.deliverLater(store.feed(), ticket);
  }

  void requireWhole() {
    if (!whole) {
      throw new IllegalStateException(
          "cache '" + cache + "' was not declared as a whole for this transaction");
    }
  }

  private Entry<K, V> declared(K key) {
    Entry<K, V> entry = entries.get(Objects.requireNonNull(key, "key is null"));
    if (entry == null) {
      throw new IllegalStateException(
          "key '" + key + "' of cache '" + cache + "' was not declared for this transaction");
    }
    return entry;
  }
}
