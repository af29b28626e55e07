package dev.larder.jcache;

import dev.larder.Clock;
import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.PersistenceOptions;
import dev.larder.codec.Copier;
import dev.larder.codec.DiskForm;
import dev.larder.codec.DiskForms;
import dev.larder.codec.TextCodecs;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.EntryOperations;
import dev.larder.ops.Statistics;
import dev.larder.persistence.DiskPersistence;
import dev.larder.store.Bound;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import javax.cache.configuration.Factory;
import org.jspecify.annotations.Nullable;

/** Where a cache is put together: store, rules, operations, what it is on disk, JCache's door. */
final class CacheAssembly {
  private CacheAssembly() {}

  /** Runs factories of the user, which is to happen under no lock. */
  static <K, V> JCache<K, V> of(
      LarderCacheManager manager, String name, LarderConfiguration<K, V> configuration) {
    CacheRules.requireNoArray(name, configuration.getKeyType());
    Copier copier =
        new Copier(manager.getClassLoader()); // not the manager: it holds on to the loader
    Codec<K> keyCodec = codec(configuration.keyCodec(), configuration.getKeyType(), copier);
    Codec<V> valueCodec = codec(configuration.valueCodec(), configuration.getValueType(), copier);
    Factory<? extends Executor> executors = configuration.executor();
    Executor executor =
        Workers.inLoader(
            executors == null ? Workers.shared() : executors.create(), manager::getClassLoader);
    Factory<? extends Clock> clocks = configuration.clock();
    StoreClock clock = clocks == null ? StoreClock.system() : StoreClock.of(clocks.create());
    CacheRules<K, V> rules =
        new CacheRules<>(
            name,
            configuration,
            keyCodec,
            valueCodec,
            new Lifetimes(
                configuration.getExpiryPolicyFactory().create(), configuration.ttlJitter()),
            create(configuration.getCacheLoaderFactory()),
            create(configuration.getCacheWriterFactory()),
            create(configuration.weigher()));
    Store<K, V> store = new Store<>(clock, executor);
    bound(store, configuration, rules);
    EntryOperations<K, V> entries =
        new EntryOperations<>(store, rules, new Statistics(store::evictions));
    CacheOperations<K, V> operations =
        new CacheOperations<>(
            name,
            entries,
            rules.keyTexts(),
            valueCodec,
            new DiskForms<>(
                DiskForm.of(
                    configuration.getKeyType(),
                    keyCodec,
                    configuration.keyCodec() != null,
                    copier,
                    configuration.allowed()),
                DiskForm.of(
                    configuration.getValueType(),
                    valueCodec,
                    configuration.valueCodec() != null,
                    copier,
                    configuration.allowed())));
    PersistenceOptions options = configuration.persistence();
    DiskPersistence persistence =
        options == null
            ? null
            : CacheFiles.open(name, CacheFiles.inOwnDirectory(name, options), List.of(operations));
    try {
      return new ExtendedCache<>(manager, configuration, rules, operations, executor, persistence);
    } catch (Throwable e) {
      if (persistence != null) {
        persistence.close();
      }
      throw e;
    }
  }

  private static <K, V> void bound(
      Store<K, V> store, LarderConfiguration<K, V> configuration, CacheRules<K, V> rules) {
    OptionalLong size = configuration.maximumSize();
    OptionalLong weight = configuration.maximumWeight();
    if (size.isPresent()) {
      store.bound(new Bound(Bound.Unit.ENTRIES, size.getAsLong()), null);
    } else if (weight.isPresent()) {
      store.bound(new Bound(Bound.Unit.BYTES, weight.getAsLong()), rules::weigh);
    }
  }

  private static <T> Codec<T> codec(
      @Nullable Factory<? extends Codec<T>> factory, Class<T> type, Copier copier) {
    return factory == null ? TextCodecs.of(type, copier) : factory.create();
  }

  private static <T> @Nullable T create(@Nullable Factory<? extends T> factory) {
    return factory == null ? null : factory.create();
  }
}
