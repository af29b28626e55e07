package dev.larder.jcache;

import dev.larder.LarderConfiguration;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Statistics;
import java.util.ArrayList;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The caches of one test, on a clock moved by hand; closed after the test. */
final class Caches implements AfterEachCallback {
  final LarderCachingProvider provider = new LarderCachingProvider();
  final HandClock clock = new HandClock();
  private int made;

  CacheManager manager() {
    return provider.getCacheManager();
  }

  /** Settings of a cache of strings on the test's clock, with statistics. */
  LarderConfiguration.Builder<String, String> settings() {
    return settings(String.class, String.class);
  }

  <K, V> LarderConfiguration.Builder<K, V> settings(Class<K> keyType, Class<V> valueType) {
    return LarderConfiguration.builder(keyType, valueType).clock(() -> clock).statistics(true);
  }

  /** A cache of strings with these settings and no others. */
  Cache<String, String> create() {
    return create(settings());
  }

  <K, V> Cache<K, V> create(LarderConfiguration.Builder<K, V> settings) {
    return manager().createCache("cache" + ++made, settings.build());
  }

  @SuppressWarnings("unchecked")
  static <K, V> CacheOperations<K, V> operations(Cache<K, V> cache) {
    return cache.unwrap(CacheOperations.class);
  }

  /** The value of a key that a look from outside finds, without access, count or load. */
  static <K, V> V peek(Cache<K, V> cache, K key) {
    var entry = operations(cache).entries().peek(key);
    return entry == null ? null : entry.value();
  }

  /**
   * What was counted, a letter each for hits, misses, puts and removals: {@code "h 2p"} is one hit
   * and two puts. Nothing is {@code "-"}.
   */
  static String counts(Cache<?, ?> cache) {
    Statistics counts = operations(cache).statistics();
    List<String> text = new ArrayList<>();
    count(text, counts.hits(), "h");
    count(text, counts.misses(), "m");
    count(text, counts.puts(), "p");
    count(text, counts.removals(), "r");
    return text.isEmpty() ? "-" : String.join(" ", text);
  }

  private static void count(List<String> text, long n, String letter) {
    if (n != 0) {
      text.add(n == 1 ? letter : n + letter);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    provider.close();
  }
}
