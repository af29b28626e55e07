package dev.larder.jcache;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.EntryOperations;
import dev.larder.ops.KeyspaceOperations.EntryCursor;
import dev.larder.store.Entry;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/**
 * The iterator of a cache: each live entry once, as it is when {@code next} returns it, which
 * counts as a read. Entries put or removed meanwhile may or may not be met. {@code remove} removes
 * the key that was returned last, also if it got another value since; if it is gone, nothing
 * happens.
 */
final class LiveEntries<K, V> implements Iterator<Cache.Entry<K, V>> {
  private final JCache<K, V> cache;
  private final EntryOperations<K, V> entries;
  private final EntryCursor<K, V> cursor;
  private @Nullable Entry<K, V> ahead;
  private @Nullable V aheadValue; // what is returned if it is gone when its turn comes
  private @Nullable K last;

  LiveEntries(JCache<K, V> cache, CacheOperations<K, V> operations) {
    this.cache = cache;
    this.entries = operations.entries();
    this.cursor = operations.keyspace().entries();
  }

  @Override
  public boolean hasNext() {
    entries.rules().requireOpen();
    while (ahead == null) {
      Entry<K, V> entry = cursor.next();
      if (entry == null) {
        return false;
      }
      V value = entry.value();
      if (value != null && entries.isLive(entry)) {
        ahead = entry;
        aheadValue = value;
      }
    }
    return true;
  }

  @Override
  public Cache.Entry<K, V> next() {
    Entry<K, V> entry = hasNext() ? ahead : null;
    if (entry == null) {
      throw new NoSuchElementException();
    }
    V current = entries.readScanned(entry);
    V value = current != null ? current : aheadValue;
    ahead = null;
    aheadValue = null;
    last = entry.key();
    return new JCacheEntry<>(cache.copyKey(entry.key()), cache.copy(Objects.requireNonNull(value)));
  }

  @Override
  public void remove() {
    entries.rules().requireOpen();
    if (last == null) {
      throw new IllegalStateException("next() was not called, or remove() twice after it");
    }
    K key = cache.copyKey(last); // the writer sees it
    last = null;
    entries.runIfPresent(
        key,
        turn -> {
          if (turn.isPresent()) {
            turn.remove();
          }
          return key;
        });
  }
}
