package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The caches that are kept in one directory, each with its keeper and the number it has there. */
final class KeptCaches {
  private final List<CacheKeeper<?, ?>> keepers; // in the order in which they were given
  private final LongAdder changes = new LongAdder();

  /**
   * These, not kept yet.
   *
   * @param end what is to be done before one of them closes
   */
  KeptCaches(List<KeptCache<?, ?>> caches, Runnable end) {
    List<CacheKeeper<?, ?>> keepers = new ArrayList<>();
    for (KeptCache<?, ?> cache : caches) {
      keepers.add(new CacheKeeper<>(cache, keepers.size(), changes, end));
    }
    this.keepers = List.copyOf(keepers);
  }

  /**
   * Refuses caches that are kept elsewhere.
   *
   * @throws PersistenceException if one is
   */
  void requireUnkept() {
    keepers.forEach(KeptCaches::requireUnkept);
  }

  private static void requireUnkept(CacheKeeper<?, ?> keeper) {
    if (keeper.cache().store().keeper() != null) {
      throw new PersistenceException(keeper.cache() + " is kept on disk already");
    }
  }

  /** From now on their changes are counted, and logged if there is a log. */
  void attach(List<KeptCache<?, ?>> byNumber) {
    for (CacheKeeper<?, ?> keeper : keepers) {
      keeper.number(byNumber.indexOf(keeper.cache()));
      attach(keeper);
    }
  }

  private static <K, V> void attach(CacheKeeper<K, V> keeper) {
    requireUnkept(keeper);
    Store<K, V> store = keeper.cache().store();
    Store.alone(List.of(store), () -> store.keeper(keeper));
  }

  /** Ends that for those for which it had begun. */
  void detach() {
    keepers.forEach(KeptCaches::detach);
  }

  private static <K, V> void detach(CacheKeeper<K, V> keeper) {
    Store<K, V> store = keeper.cache().store();
    if (store.keeper() == keeper) {
      Store.alone(List.of(store), () -> store.keeper(null));
    }
  }

  /** In the order in which they were given. */
  List<KeptCache<?, ?>> all() {
    List<KeptCache<?, ?>> caches = new ArrayList<>();
    keepers.forEach(keeper -> caches.add(keeper.cache()));
    return caches;
  }

  /** In the same order. */
  List<Store<?, ?>> stores() {
    List<Store<?, ?>> stores = new ArrayList<>();
    keepers.forEach(keeper -> stores.add(keeper.cache().store()));
    return stores;
  }

  /** Runs something while nobody else changes any of them. */
  void alone(Runnable action) {
    Store.alone(stores(), action);
  }

  /** How many entries they have. */
  long size() {
    return stores().stream().mapToLong(Store::size).sum();
  }

  /** How often they were changed so far. */
  long changes() {
    return changes.sum();
  }

  /** From now on changes go to this log; null: to none. */
  void log(@Nullable AppendLog log, Fsync fsync) {
    alone(() -> keepers.forEach(keeper -> keeper.log(log, fsync)));
  }

  /** The caches; the index is the number. */
  synchronized List<KeptCache<?, ?>> byNumber() {
    List<KeptCache<?, ?>> caches = new ArrayList<>();
    ordered().forEach(keeper -> caches.add(keeper.cache()));
    return caches;
  }

  private List<CacheKeeper<?, ?>> ordered() {
    List<CacheKeeper<?, ?>> ordered = new ArrayList<>(keepers);
    ordered.sort(Comparator.comparingInt(CacheKeeper::number));
    return ordered;
  }

  /**
   * The numbers, in the order in which the caches were given.
   *
   * @param meanwhile done while no two of them are swapped
   */
  synchronized int[] numbers(Runnable meanwhile) {
    meanwhile.run();
    return keepers.stream().mapToInt(CacheKeeper::number).toArray();
  }

  /**
   * Swaps two numbers. Takes turns with the moment at which a snapshot looks at the {@linkplain
   * #numbers numbers} and the log goes on in another file: unlike other records this one must not
   * count twice.
   */
  synchronized void swap(int one, int other, @Nullable AppendLog log) {
    List<CacheKeeper<?, ?>> ordered = ordered();
    if (log != null) {
      log.swap(one, other);
    }
    ordered.get(one).number(other);
    ordered.get(other).number(one);
    changes.increment();
  }
}
