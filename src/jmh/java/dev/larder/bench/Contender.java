package dev.larder.bench;

import com.github.benmanes.caffeine.cache.Caffeine;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.data.AdaptiveOrder;
import dev.larder.data.Candidate;
import dev.larder.jcache.LarderCachingProvider;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.cache2k.Cache2kBuilder;

/**
 * A column of {@link HitRatios}: a cache, or a simulation of one, that is asked for one key after
 * the other by a single thread. The libraries are the real ones, set so that what they have to do
 * is done before a call returns; keys and values are boxed once.
 */
enum Contender {
  /** The optimum. */
  BELADY(Belady::new),
  LRU((trace, capacity) -> new Lru(trace.distinct(), capacity)),
  S3_FIFO((trace, capacity) -> new S3Fifo(trace.distinct(), capacity)),
  CAFFEINE(Contender::caffeine),
  CACHE2K(Contender::cache2k),
  /** As users have it, through JCache. */
  LARDER(Contender::larder),
  /** Larder's policy without the cache around it: what differs is the cache's doing. */
  ORDER(Contender::order);

  /** What a trace is replayed on. */
  interface Replayed extends AutoCloseable {
    /** Asks for a key, and puts it if it is not there. Whether it was. */
    boolean request(int key);

    /** How many keys it holds. */
    long size();

    @Override
    default void close() {}
  }

  private final BiFunction<Trace, Integer, Replayed> opening;

  Contender(BiFunction<Trace, Integer, Replayed> opening) {
    this.opening = opening;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Contender labelled(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  static List<String> labels() {
    return Arrays.stream(values()).map(Contender::label).toList();
  }

  /** Empty, for a trace that is replayed from its beginning. */
  Replayed open(Trace trace, int capacity) {
    return opening.apply(trace, capacity);
  }

  private static Integer[] boxes(Trace trace) {
    Integer[] boxes = new Integer[trace.distinct()];
    Arrays.setAll(boxes, i -> i);
    return boxes;
  }

  /** Maintenance on the caller's thread; still, it admits a few entries by tossing a coin. */
  private static Replayed caffeine(Trace trace, int capacity) {
    Integer[] boxes = boxes(trace);
    com.github.benmanes.caffeine.cache.Cache<Integer, Integer> cache =
        Caffeine.newBuilder().maximumSize(capacity).executor(Runnable::run).build();
    return new Replayed() {
      @Override
      public boolean request(int key) {
        if (cache.getIfPresent(boxes[key]) != null) {
          return true;
        }
        cache.put(boxes[key], boxes[key]);
        return false;
      }

      @Override
      public long size() {
        return cache.estimatedSize();
      }
    };
  }

  /**
   * As the simulator of Caffeine and cache2k's own benchmarks for hit ratios open it: with strict
   * eviction it has one segment, where it would have one per core otherwise.
   */
  private static Replayed cache2k(Trace trace, int capacity) {
    Integer[] boxes = boxes(trace);
    org.cache2k.Cache<Integer, Integer> cache =
        Cache2kBuilder.of(Integer.class, Integer.class)
            .entryCapacity(capacity)
            .eternal(true)
            .strictEviction(true)
            .executor(Runnable::run)
            .build();
    return new Replayed() {
      @Override
      public boolean request(int key) {
        if (cache.peek(boxes[key]) != null) {
          return true;
        }
        cache.put(boxes[key], boxes[key]);
        return false;
      }

      @Override
      public long size() {
        return cache.asMap().size();
      }

      @Override
      public void close() {
        cache.close();
      }
    };
  }

  private static Replayed larder(Trace trace, int capacity) {
    Integer[] boxes = boxes(trace);
    CacheManager manager = new LarderCachingProvider().getCacheManager();
    Cache<Integer, Integer> cache =
        manager.createCache(
            "replayed",
            LarderConfiguration.builder(Integer.class, Integer.class)
                .storeByValue(false)
                .maximumSize(capacity)
                .build());
    LarderCache<?, ?> counting = cache.unwrap(LarderCache.class);
    return new Replayed() {
      @Override
      public boolean request(int key) {
        if (cache.get(boxes[key]) != null) {
          return true;
        }
        cache.put(boxes[key], boxes[key]);
        return false;
      }

      @Override
      public long size() {
        return counting.size();
      }

      @Override
      public void close() {
        manager.close();
      }
    };
  }

  private static Replayed order(Trace trace, int capacity) {
    final class Item extends Candidate {
      final int key;

      Item(int key) {
        super(0);
        this.key = key;
      }

      @Override
      protected int keyHash() {
        return key;
      }
    }
    AdaptiveOrder<Item> order = new AdaptiveOrder<>();
    Item[] items = new Item[trace.distinct()];
    return new Replayed() {
      @Override
      public boolean request(int key) {
        Item item = items[key];
        if (item != null) {
          item.used();
          return true;
        }
        // A new object each time, as an entry is.
        items[key] = new Item(key);
        order.add(items[key], 1, order.size() >= capacity);
        while (order.weight() > capacity) {
          items[order.next().key] = null;
        }
        return false;
      }

      @Override
      public long size() {
        return order.size();
      }
    };
  }
}
