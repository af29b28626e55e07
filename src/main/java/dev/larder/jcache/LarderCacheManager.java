package dev.larder.jcache;

import dev.larder.Clock;
import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.Persistence;
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
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * The caches of one URI and class loader, and the place where a cache is put together: store,
 * rules, operations and JCache's door.
 */
final class LarderCacheManager implements CacheManager {
  private final LarderCachingProvider provider;
  private final URI uri;
  private final WeakReference<ClassLoader> classLoader;
  private final Properties properties;
  private final Map<String, JCache<?, ?>> caches = new LinkedHashMap<>(); // guarded by itself
  private volatile boolean closed;

  LarderCacheManager(
      LarderCachingProvider provider, URI uri, ClassLoader classLoader, Properties properties) {
    this.provider = provider;
    this.uri = uri;
    this.classLoader = new WeakReference<>(classLoader);
    this.properties = properties;
  }

  @Override
  public CachingProvider getCachingProvider() {
    return provider;
  }

  @Override
  public URI getURI() {
    return uri;
  }

  @Override
  @SuppressWarnings("NullAway") // null only after the loader itself is gone
  public ClassLoader getClassLoader() {
    return classLoader.get();
  }

  /** The properties this manager was made with; a copy. */
  @Override
  public Properties getProperties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  @Override
  public <K, V, C extends Configuration<K, V>> Cache<K, V> createCache(
      String cacheName, C configuration) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    Objects.requireNonNull(configuration, "configuration is null");
    synchronized (caches) {
      requireOpen();
      if (caches.containsKey(cacheName)) {
        throw new CacheException("there is a cache '" + cacheName + "' already");
      }
      JCache<K, V> cache = inLoader(() -> build(cacheName, LarderConfiguration.of(configuration)));
      caches.put(cacheName, cache);
      return cache;
    }
  }

  private <K, V> JCache<K, V> build(String name, LarderConfiguration<K, V> configuration) {
    CacheRules.requireNoArray(name, configuration.getKeyType());
    Copier copier = new Copier(classLoader.get()); // not the manager's: it holds on to the loader
    Codec<K> keyCodec = codec(configuration.keyCodec(), configuration.getKeyType(), copier);
    Codec<V> valueCodec = codec(configuration.valueCodec(), configuration.getValueType(), copier);
    Factory<? extends Executor> executors = configuration.executor();
    Executor executor =
        Workers.inLoader(
            executors == null ? Workers.shared() : executors.create(), classLoader::get);
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
      return new ExtendedCache<>(this, configuration, rules, operations, executor, persistence);
    } catch (RuntimeException | Error e) {
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

  /** Runs code of the user with this manager's class loader as the thread's. */
  <T extends @Nullable Object> T inLoader(Supplier<T> code) {
    return Workers.inLoader(classLoader.get(), code);
  }

  @Override
  public <K, V> @Nullable Cache<K, V> getCache(
      String cacheName, Class<K> keyType, Class<V> valueType) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    Objects.requireNonNull(keyType, "keyType is null");
    Objects.requireNonNull(valueType, "valueType is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache == null) {
      return null;
    }
    Configuration<?, ?> configuration = configurationOf(cache);
    requireType(cacheName, "keys", configuration.getKeyType(), keyType);
    requireType(cacheName, "values", configuration.getValueType(), valueType);
    @SuppressWarnings("unchecked") // as just checked
    Cache<K, V> typed = (Cache<K, V>) cache;
    return typed;
  }

  @SuppressWarnings("unchecked")
  private static <K, V> Configuration<K, V> configurationOf(JCache<K, V> cache) {
    return cache.getConfiguration(Configuration.class);
  }

  private static void requireType(String cache, String what, Class<?> configured, Class<?> asked) {
    if (!configured.equals(asked)) {
      throw new ClassCastException(
          "cache '"
              + cache
              + "' has "
              + what
              + " of "
              + configured.getName()
              + ", asked for was "
              + asked.getName());
    }
  }

  @Override
  public <K, V> @Nullable Cache<K, V> getCache(String cacheName) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    @SuppressWarnings("unchecked") // JCache leaves it to the caller
    Cache<K, V> cache = (Cache<K, V>) cache(cacheName);
    return cache;
  }

  private @Nullable JCache<?, ?> cache(String name) {
    synchronized (caches) {
      return caches.get(name);
    }
  }

  /** The names of the caches, in the order in which they were made; does not change any more. */
  @Override
  public Iterable<String> getCacheNames() {
    requireOpen();
    synchronized (caches) {
      return List.copyOf(caches.keySet());
    }
  }

  @Override
  public void destroyCache(String cacheName) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null && !cache.isClosed()) {
      try {
        cache.clear();
        cache.forgetFiles();
      } finally {
        cache.close();
      }
    }
  }

  @Override
  public void enableManagement(String cacheName, boolean enabled) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null) {
      cache.enableManagement(enabled);
    }
  }

  @Override
  public void enableStatistics(String cacheName, boolean enabled) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null) {
      cache.enableStatistics(enabled);
    }
  }

  void forget(JCache<?, ?> cache) {
    synchronized (caches) {
      caches.remove(cache.getName(), cache);
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("cache manager '" + uri + "' is closed");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  /** Closes all its caches; closing again does nothing. */
  @Override
  public void close() {
    List<JCache<?, ?>> all;
    synchronized (caches) {
      if (closed) {
        return;
      }
      closed = true;
      all = new ArrayList<>(caches.values());
    }
    provider.forget(this, classLoader.get());
    CacheException failure = null;
    for (JCache<?, ?> cache : all) {
      try {
        cache.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = new CacheException("cache manager '" + uri + "' did not close cleanly");
        }
        failure.addSuppressed(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return Unwrap.unwrap(type, this, (Persistence.Opener) CacheFiles::openAll);
  }

  @Override
  public String toString() {
    return "cache manager '" + uri + "' (Larder" + (closed ? ", closed)" : ")");
  }
}
