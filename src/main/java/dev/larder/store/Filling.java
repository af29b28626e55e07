package dev.larder.store;

/**
 * Entries that come from disk: put into a store, or taken out of it again, without a word to
 * anybody. Whoever fills a store is alone in it, or the store is not yet in use.
 */
public final class Filling<K, V> {
  private final Store<K, V> store;

  public Filling(Store<K, V> store) {
    this.store = store;
  }

  /**
   * Puts an entry, which may have passed its time.
   *
   * @param deadline deadline word
   * @return false if it has taken the place of another one
   */
  public boolean put(K key, V value, long deadline) {
    Entry<K, V> entry = store.holdOrReserve(key, true);
    boolean fresh = entry.value() == null;
    try {
      store.set(entry, value, deadline);
    } finally {
      store.release(entry);
    }
    return fresh;
  }

  /** Takes an entry away, if it is there. */
  public void remove(K key) {
    Entry<K, V> entry = store.hold(key, true);
    if (entry != null) {
      end(entry);
    }
  }

  /** Gives an entry another deadline word, if it is there. */
  public void time(K key, long deadline) {
    Entry<K, V> entry = store.hold(key, true);
    if (entry != null) {
      if (entry.value() != null) {
        store.setDeadline(entry, deadline);
      }
      store.release(entry);
    }
  }

  /** Takes all away. */
  public void clear() {
    store.forEach(
        entry -> {
          if (store.hold(entry, true)) {
            end(entry);
          }
        });
  }

  private void end(Entry<K, V> held) {
    try {
      if (held.value() != null) {
        store.clear(held);
      }
    } finally {
      store.release(held);
    }
  }
}
