package dev.larder.jcache;

import javax.cache.Cache;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * A change as a JCache listener sees it. An old value is available if the listener asked for it and
 * there was one; for a removed or expired entry it is the value, too (JSR-107 1.1.1).
 */
final class JCacheEvent<K, V> extends CacheEntryEvent<K, V> {
  private static final long serialVersionUID = 1L;

  private final transient K key;
  private final transient @Nullable V value;
  private final transient @Nullable V oldValue;

  JCacheEvent(Cache<K, V> source, EventType type, K key, @Nullable V value, @Nullable V oldValue) {
    super(source, type);
    this.key = key;
    this.value = value;
    this.oldValue = oldValue;
  }

  @Override
  public K getKey() {
    return key;
  }

  @Override
  @SuppressWarnings("NullAway") // JCache's own contract: null where it is not available
  public V getValue() {
    return value;
  }

  @Override
  @SuppressWarnings("NullAway") // JCache's own contract: null where it is not available
  public V getOldValue() {
    return oldValue;
  }

  @Override
  public boolean isOldValueAvailable() {
    return oldValue != null;
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return Unwrap.unwrap(type, this);
  }

  @Override
  public String toString() {
    return getEventType() + " " + key + "=" + value + (oldValue == null ? "" : ", was " + oldValue);
  }
}
