package dev.larder.jcache;

import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.Weigher;
import dev.larder.codec.HeapSizes;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.ops.Rules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/**
 * What a JCache configuration prescribes around every operation. Exceptions of loaders, writers and
 * weighers become {@code CacheLoaderException}, {@code CacheWriterException} and {@code
 * CacheException} here, once.
 */
final class CacheRules<K, V> implements Rules<K, V> {
  private final String cacheName;
  private final Class<K> keyType;
  private final Class<V> valueType;
  private final boolean byValue;
  private final KeyTexts<K> keyTexts;
  private final boolean mixed; // a key or value may be of any class
  private volatile boolean holdsObjects;
  private final Codec<K> keyCodec;
  private final Codec<V> valueCodec;
  private final Lifetimes lifetimes;
  private final boolean readThrough;
  private final @Nullable CacheLoader<K, V> loader;
  private final @Nullable CacheWriter<K, V> writer;
  private final @Nullable Object configuredWriter; // the writer, also if it is not used
  private final @Nullable Weigher<? super K, ? super V> weigher;
  private volatile boolean closed;

  CacheRules(
      String cacheName,
      LarderConfiguration<K, V> configuration,
      Codec<K> keyCodec,
      Codec<V> valueCodec,
      Lifetimes lifetimes,
      @Nullable CacheLoader<K, V> loader,
      @Nullable CacheWriter<? super K, ? super V> writer,
      @Nullable Weigher<? super K, ? super V> weigher) {
    this.cacheName = cacheName;
    this.keyType = configuration.getKeyType();
    this.valueType = configuration.getValueType();
    this.byValue = configuration.isStoreByValue();
    this.keyCodec = keyCodec;
    this.keyTexts = KeyTexts.of(keyType, keyCodec);
    this.mixed = !keyTexts.isExact() || TextCodecs.isMixed(valueCodec);
    this.valueCodec = valueCodec;
    this.lifetimes = lifetimes;
    this.readThrough = configuration.isReadThrough();
    this.loader = loader;
    @SuppressWarnings("unchecked") // a writer of supertypes takes these entries as they are
    CacheWriter<K, V> narrowed = (CacheWriter<K, V>) writer;
    this.writer = configuration.isWriteThrough() ? narrowed : null;
    this.configuredWriter = writer;
    this.weigher = weigher;
  }

  void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void requireOpen() {
    if (closed) {
      throw new IllegalStateException("cache '" + cacheName + "' is closed");
    }
  }

  @Override
  public void requireTypes(K key, V value) {
    if (!keyType.isInstance(key)) {
      throw mismatch("keys", keyType, key);
    }
    if (!valueType.isInstance(value)) {
      throw mismatch("values", valueType, value);
    }
    requireNoArray(cacheName, key.getClass());
  }

  /** An array equals only itself: what is stored under one could not be found again. */
  static void requireNoArray(String cacheName, Class<?> keyType) {
    if (keyType.isArray()) {
      throw new IllegalArgumentException(
          "cache '"
              + cacheName
              + "' cannot have keys of "
              + keyType.getTypeName()
              + ": arrays do not compare by content; a String, List or record does");
    }
  }

  private RuntimeException mismatch(String what, Class<?> expected, @Nullable Object found) {
    if (found == null) {
      return new NullPointerException("null among the " + what + " for cache '" + cacheName + "'");
    }
    return new ClassCastException(
        "cache '"
            + cacheName
            + "' has "
            + what
            + " of "
            + expected.getName()
            + ", this is a "
            + found.getClass().getName());
  }

  @Override
  public K copyKey(K key) {
    return byValue ? keyCodec.copy(key) : key;
  }

  @Override
  public V copyValue(V value) {
    return byValue ? valueCodec.copy(value) : value;
  }

  KeyTexts<K> keyTexts() {
    return keyTexts;
  }

  @Override
  public void kept(K key, V value) {
    if (mixed && !holdsObjects) {
      holdsObjects = !keyTexts.isReadBack(key) || TextCodecs.showsAsJson(valueCodec, value);
    }
  }

  @Override
  public boolean holdsObjects() {
    return holdsObjects;
  }

  @Override
  public long creationLifetime() {
    return lifetimes.creation();
  }

  @Override
  public long updateLifetime() {
    return lifetimes.update();
  }

  @Override
  public long accessLifetime() {
    return lifetimes.access();
  }

  @Override
  public boolean movesOnAccess() {
    return lifetimes.movesOnAccess();
  }

  @Override
  public boolean customExpiry() {
    return lifetimes.isCustom();
  }

  // ------------------------------------------------------------------------------------- loading

  @Override
  public boolean readsThrough() {
    return readThrough;
  }

  @Override
  public @Nullable V load(K key) {
    CacheLoader<K, V> loader = this.loader;
    return loader == null ? null : loading(() -> loader.load(key));
  }

  boolean canLoad() {
    return loader != null;
  }

  /** What the loader has for the keys, without those it has nothing for. */
  @Override
  public Map<K, V> loadAll(Collection<? extends K> keys) {
    CacheLoader<K, V> loader = this.loader;
    if (loader == null) {
      return Map.of();
    }
    List<K> copy = new ArrayList<>(keys);
    Map<K, V> loaded = loading(() -> loader.loadAll(copy));
    if (loaded == null) {
      throw new CacheLoaderException(
          "the loader of cache '" + cacheName + "' returned null from loadAll");
    }
    Map<K, V> values = new LinkedHashMap<>();
    for (K key : keys) {
      V value = loading(() -> loaded.get(key));
      if (value != null) {
        values.put(key, value);
      }
    }
    return values;
  }

  private static <T extends @Nullable Object> T loading(Supplier<T> load) {
    try {
      return load.get();
    } catch (CacheLoaderException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CacheLoaderException(e);
    }
  }

  // ------------------------------------------------------------------------------------- writing

  @Override
  public boolean writesThrough() {
    return writer != null;
  }

  @Override
  public void write(K key, V value) {
    if (writer != null) {
      Cache.Entry<K, V> entry = new JCacheEntry<>(key, copyValue(value));
      writing(() -> writer.write(entry));
    }
  }

  @Override
  public void delete(Object key) {
    if (writer != null) {
      writing(() -> writer.delete(key));
    }
  }

  /** Writes all entries; if it throws, those left in the collection were not written. */
  void writeAll(Collection<Cache.Entry<? extends K, ? extends V>> entries) {
    if (writer != null) {
      writing(() -> writer.writeAll(entries));
    }
  }

  @Override
  public void writeAll(Map<K, V> values) {
    List<Cache.Entry<? extends K, ? extends V>> batch = new ArrayList<>(values.size());
    values.forEach((key, value) -> batch.add(new JCacheEntry<>(key, copyValue(value))));
    writeAll(batch);
  }

  /** Deletes all keys; if it throws, those left in the collection were not deleted. */
  @Override
  public void deleteAll(Collection<K> keys) {
    if (writer != null) {
      writing(() -> writer.deleteAll(keys));
    }
  }

  private static void writing(Runnable write) {
    try {
      write.run();
    } catch (CacheWriterException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CacheWriterException(e);
    }
  }

  // ------------------------------------------------------------------------------------ weighing

  @Override
  public boolean customWeigher() {
    return weigher != null;
  }

  /** What an entry weighs. */
  int weigh(K key, V value) {
    int weight = weigher == null ? HeapSizes.of(key, value) : weighed(weigher, key, value);
    if (weight < 0) {
      throw new IllegalArgumentException(
          "expected a weight of at least 0, found "
              + weight
              + " for key '"
              + key
              + "' of cache '"
              + cacheName
              + "'");
    }
    return weight;
  }

  private int weighed(Weigher<? super K, ? super V> weigher, K key, V value) {
    try {
      return weigher.weigh(key, value);
    } catch (CacheException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CacheException(
          "the weigher of cache '" + cacheName + "' failed for key '" + key + "'", e);
    }
  }

  /** What is to be closed with the cache, if it can be. */
  List<@Nullable Object> customizations() {
    List<@Nullable Object> all = new ArrayList<>();
    all.add(loader);
    all.add(configuredWriter);
    all.add(weigher);
    all.add(lifetimes.policy());
    return all;
  }
}
