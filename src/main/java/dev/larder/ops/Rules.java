package dev.larder.ops;

import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds every operation on a cache: whether it is open, the types and copies of keys and
 * values, the expiry policy, read-through and write-through. One object per cache, made from its
 * configuration; the defaults do nothing.
 *
 * <p>Lifetimes are in milliseconds, and are asked for at most once an operation and key.
 */
public interface Rules<K, V> {
  /** The lifetime that leaves the deadline as it is; not an answer for creation. */
  long KEEP = -1;

  /** The lifetime without end. */
  long ETERNAL = Long.MAX_VALUE;

  /**
   * Refuses a closed cache.
   *
   * @throws IllegalStateException if it is closed
   */
  default void requireOpen() {}

  /**
   * Refuses a key or value that is not of the configured type.
   *
   * @throws ClassCastException in that case
   */
  default void requireTypes(K key, V value) {}

  /** The key to keep: itself, or with store-by-value a copy if it could change. */
  default K copyKey(K key) {
    return key;
  }

  /** The value to keep for one that came from outside; and the other way round. */
  default V copyValue(V value) {
    return value;
  }

  /** Notes that an entry is kept with this key and value, under its lock. */
  default void kept(K key, V value) {}

  /**
   * Whether a key or value has been kept whose text is made by code of the user's, such as {@code
   * toString}: it is found by looking at all keys, or shown by walking through its fields.
   */
  default boolean holdsObjects() {
    return false;
  }

  /** Whether a change is refused when there is no room for it; else it is done all the same. */
  default boolean needsRoom() {
    return true;
  }

  /** Lifetime of an entry just created; 0: it is not added at all. */
  default long creationLifetime() {
    return ETERNAL;
  }

  /** Lifetime of an entry just updated; 0: it expires at once. */
  default long updateLifetime() {
    return KEEP;
  }

  /** Lifetime of an entry just read; 0: this is the last read. */
  default long accessLifetime() {
    return KEEP;
  }

  /** Whether {@link #accessLifetime} may be anything but {@link #KEEP}. */
  default boolean movesOnAccess() {
    return false;
  }

  /** Whether asking for a lifetime runs user code. */
  default boolean customExpiry() {
    return false;
  }

  /** Whether weighing an entry runs user code. */
  default boolean customWeigher() {
    return false;
  }

  /** Whether a missing value is asked for with {@link #load}. */
  default boolean readsThrough() {
    return false;
  }

  /** The value of a key from outside the cache, or null; runs user code. */
  default @Nullable V load(K key) {
    return null;
  }

  /** The values of several keys, without those that there are none for; runs user code. */
  default Map<K, V> loadAll(Collection<? extends K> keys) {
    return Map.of();
  }

  /** Whether {@link #write} and {@link #delete} are to be called, before the cache changes. */
  default boolean writesThrough() {
    return false;
  }

  /** Runs user code; what it throws prevents the change. */
  default void write(K key, V value) {}

  /** Runs user code; what it throws prevents the change. */
  default void delete(Object key) {}

  /** As {@link #write} for several entries. */
  default void writeAll(Map<K, V> values) {}

  /** As {@link #delete} for several keys. */
  default void deleteAll(Collection<K> keys) {}
}
