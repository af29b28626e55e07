package dev.larder.bench;

import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.bench.Data.Values;
import dev.larder.bench.Subject.Expiry;
import dev.larder.bench.Subject.Setup;
import java.util.Locale;
import java.util.OptionalLong;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;

/**
 * One subject in one line of {@link Overhead}, in a JVM of its own: fills a cache between two looks
 * at the heap. Prints bytes per entry, separated by tabs:
 *
 * <pre>
 * bytes       44.21
 * weight      152.00       (what the cache itself takes an entry for, if it weighs)
 * </pre>
 */
final class Weighing {

  /**
   * A bound has room for a few more than there are: cache2k divides it among segments, of which one
   * gets more keys than another. Nothing is bounded so closely that it would be evicting meanwhile.
   */
  private static final double ROOM = 1.01;

  private Weighing() {}

  /**
   * Weighs.
   *
   * @param arguments line of {@link Overhead}, subject, number of entries
   */
  public static void main(String[] arguments) throws Exception {
    Overhead.Line line = Overhead.Line.valueOf(arguments[0]);
    Subject subject = Subject.valueOf(arguments[1]);
    int entries = Integer.parseInt(arguments[2]);
    if (line.values == null) {
      beyondKeysAndValues(line, subject, entries);
    } else {
      all(line.values, entries);
    }
    // A provider's pools may be non-daemon.
    System.exit(0);
  }

  private static Cache<Object, Object> open(Overhead.Line line, Subject subject, int entries) {
    long bound = (long) (entries * ROOM);
    return switch (line) {
      case ETERNAL -> subject.cache("weighed", Setup.PLAIN);
      case BOUNDED -> subject.cache("weighed", Setup.bounded(Expiry.CREATED, bound));
      default -> bytes(bound * 1000);
    };
  }

  /** Larder bounded by weight with its default weigher, and with deadlines as well. */
  private static Cache<Object, Object> bytes(long bound) {
    CacheManager manager =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider").getCacheManager();
    return manager.createCache(
        "weighed",
        LarderConfiguration.builder(Object.class, Object.class)
            .storeByValue(false)
            .expiry(Expiry.CREATED.factory)
            .maximumWeight(bound)
            .build());
  }

  private static void beyondKeysAndValues(Overhead.Line line, Subject subject, int entries)
      throws InterruptedException {
    String[] keys = new String[entries];
    Object[] values = new Object[entries];
    for (int i = 0; i < entries; i++) {
      keys[i] = key(i);
      values[i] = Values.LONG.value(i);
    }
    Cache<Object, Object> cache = open(line, subject, entries);
    long before = Trial.usedHeap();
    for (int i = 0; i < entries; i++) {
      cache.put(keys[i], values[i]);
    }
    print("bytes", Trial.usedHeap() - before, entries);
    for (int i = 0; i < entries; i++) {
      // Also keeps keys and values alive until here.
      if (cache.get(keys[i]) != values[i]) {
        throw new IllegalStateException("entry " + i + " of " + entries + " is missing");
      }
    }
  }

  /** With keys and values, which only the cache refers to. */
  private static void all(Values values, int entries) throws InterruptedException {
    Cache<Object, Object> cache = open(Overhead.Line.WEIGHT_LONG, Subject.LARDER, entries);
    long before = Trial.usedHeap();
    for (int i = 0; i < entries; i++) {
      cache.put(key(i), values.value(i));
    }
    print("bytes", Trial.usedHeap() - before, entries);
    var info = cache.unwrap(LarderCache.class).info();
    if (info.entries() != entries) {
      throw new IllegalStateException(info.entries() + " entries of " + entries + " are there");
    }
    OptionalLong weight = info.weight();
    print("weight", weight.orElseThrow(), entries);
  }

  private static String key(int i) {
    return "key:" + i;
  }

  private static void print(String what, long bytes, int entries) {
    System.out.printf(Locale.ROOT, "%s\t%.2f%n", what, (double) bytes / entries);
  }
}
