package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.store.Entry;
import dev.larder.store.Keeper;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Puts the entries of a snapshot in the place of those that caches in use have.
 *
 * <p>The file is read to its end first, and what is in it kept as objects; so nothing can go wrong
 * when the entries are replaced, except that memory must do for both. Then this thread is alone in
 * the caches. No loader, writer, policy or listener hears of it, no statistics; but clients that
 * watch or cache keys are told that everything has changed, and the log has it as one piece.
 */
final class Replacement {
  private final Disk disk;
  private final List<KeptCache<?, ?>> caches;
  private final StoreClock clock;
  private final boolean skipUnsupported;
  private final boolean anyName;
  private final Map<KeptCache<?, ?>, Entries<?, ?>> read = new HashMap<>();
  private final List<Runnable> waits = new ArrayList<>();
  private long loaded;
  private long expired;

  /** What is to be put into one cache. */
  private static final class Entries<K, V> {
    private final KeptCache<K, V> cache;
    private final List<K> keys = new ArrayList<>();
    private final List<V> values = new ArrayList<>();
    private long[] times = new long[16];

    Entries(KeptCache<K, V> cache) {
      this.cache = cache;
    }

    void add(K key, V value, long time) {
      if (keys.size() == times.length) {
        times = Arrays.copyOf(times, 2 * times.length);
      }
      times[keys.size()] = time;
      keys.add(key);
      values.add(value);
    }

    void replace() {
      Store<K, V> store = cache.store();
      Keeper<K, V> keeper = store.keeper();
      store.decide(List.of()); // no snapshot is being taken
      cache.filling().clear();
      if (keeper != null) {
        keeper.cleared();
      }
      for (int i = 0; i < keys.size(); i++) {
        cache.put(keys.get(i), values.get(i), times[i]);
        if (keeper != null) {
          keeper.stored(
              keeper.prepare(keys.get(i), values.get(i)),
              times[i] == Entry.ETERNAL ? times[i] : Entry.explicit(times[i]));
        }
      }
      store.feed().replaced();
    }
  }

  /**
   * For these caches.
   *
   * @param caches the index is the number, where the file does not say otherwise
   * @param anyName whether the only cache may take what the file has of one of another name
   */
  Replacement(
      Disk disk,
      List<KeptCache<?, ?>> caches,
      StoreClock clock,
      boolean skipUnsupported,
      boolean anyName) {
    this.disk = disk;
    this.caches = List.copyOf(caches);
    this.clock = clock;
    this.skipUnsupported = skipUnsupported;
    this.anyName = anyName;
  }

  long loaded() {
    return loaded;
  }

  /** Entries left out because their time had passed. */
  long expired() {
    return expired;
  }

  /**
   * Reads a file to its end.
   *
   * @throws PersistenceException if it cannot be read, is not good or does not fit
   */
  void read(Path file) {
    for (KeptCache<?, ?> cache : caches) {
      read.put(cache, new Entries<>(cache));
    }
    Contents contents =
        new Contents(file.toString(), caches, clock, skipUnsupported, anyName, this::add);
    contents.read(disk, file);
    loaded = contents.loaded();
    expired = contents.expired();
  }

  /**
   * Replaces what the caches have; this thread is alone in them, and no snapshot is being taken.
   */
  void replace() {
    List<Store<?, ?>> begun = new ArrayList<>();
    for (KeptCache<?, ?> cache : caches) {
      Keeper<?, ?> keeper = cache.store().keeper();
      if (keeper != null) {
        keeper.requireAble();
      }
    }
    try {
      for (KeptCache<?, ?> cache : caches) {
        cache.store().beginJoint();
        begun.add(cache.store());
      }
      read.values().forEach(Entries::replace);
    } finally {
      begun.forEach(store -> waits.add(end(store)));
    }
  }

  private static <K, V> Runnable end(Store<K, V> store) {
    Keeper<K, V> keeper = store.keeper();
    long position = store.endJoint();
    return () -> {
      if (keeper != null && position != 0) {
        keeper.await(position);
      }
    };
  }

  /** Waits until the log has what was replaced, where that is wanted; nothing is held any more. */
  void awaitKept() {
    waits.forEach(Runnable::run);
  }

  @SuppressWarnings("unchecked") // made for this cache
  private <K, V> void add(KeptCache<K, V> cache, K key, V value, long time) {
    ((Entries<K, V>) Objects.requireNonNull(read.get(cache))).add(key, value, time);
  }
}
