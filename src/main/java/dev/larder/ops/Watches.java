package dev.larder.ops;

import dev.larder.store.Change;
import dev.larder.store.Feed;
import dev.larder.store.Subscriber;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who wants to know that a key of a cache changes. One subscriber for all of them, and that only
 * while there are any; a change costs one look-up.
 */
final class Watches<K, V> implements Subscriber<K, V> {
  private final Feed<K, V> feed;
  private final ConcurrentHashMap<K, Set<Watch>> watches = new ConcurrentHashMap<>();
  private int watched; // guarded by this

  Watches(Feed<K, V> feed) {
    this.feed = feed;
  }

  /**
   * Adds one. The caller holds the key's entry: who changes the key has looked whether anybody
   * listens either before that and is done, or will afterwards.
   */
  Watch add(K key, Runnable onChange) {
    Watch watch = new Watch(onChange, added -> remove(key, added));
    synchronized (this) {
      watches.compute(
          key,
          (same, all) -> {
            Set<Watch> more = all == null ? ConcurrentHashMap.newKeySet(1) : all;
            more.add(watch);
            return more;
          });
      if (watched++ == 0) {
        feed.subscribe(this);
      }
    }
    return watch;
  }

  private synchronized void remove(K key, Watch watch) {
    watches.computeIfPresent(
        key,
        (same, all) -> {
          all.remove(watch);
          return all.isEmpty() ? null : all;
        });
    if (--watched == 0) {
      feed.unsubscribe(this);
    }
  }

  @Override
  public void replaced() {
    watches.values().forEach(all -> all.forEach(Watch::tell));
  }

  @Override
  public void recorded(Change<K, V> change) {
    Set<Watch> all = watches.get(change.key());
    if (all != null) {
      for (Watch watch : all) {
        watch.tell();
      }
    }
  }
}
