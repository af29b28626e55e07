package dev.larder.jcache;

import javax.cache.Cache;

/** A key and value as they were when they were read. */
final class JCacheEntry<K, V> implements Cache.Entry<K, V> {
  private final K key;
  private final V value;

  JCacheEntry(K key, V value) {
    this.key = key;
    this.value = value;
  }

  @Override
  public K getKey() {
    return key;
  }

  @Override
  public V getValue() {
    return value;
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return Unwrap.unwrap(type, this);
  }

  @Override
  public String toString() {
    return key + "=" + value;
  }
}
