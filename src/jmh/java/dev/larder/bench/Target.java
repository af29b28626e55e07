package dev.larder.bench;

import java.util.concurrent.ConcurrentHashMap;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;

/**
 * The thing under test with its inner loops. The loops stand in the implementations, not around
 * them, so that the only call between an operation and the cache is the one a user would make. A
 * JVM loads one implementation, so the JIT sees one type everywhere.
 */
interface Target {

  enum Operation {
    GET,
    PUT,
    /** Three gets, then one put. */
    MIX,
    INCREMENT,
    /** What a cache is for: a get, and a put of what was not there. */
    GET_OR_PUT
  }

  Object get(String key);

  void put(String key, Object value);

  /** Ends this cache, so that a round after it starts with an empty heap. */
  void close();

  /**
   * Performs one operation on {@code keys[order[i]]} for every i from {@code from} (inclusive) to
   * {@code to} (exclusive).
   *
   * @param fresh the values to put, in turn; a power of two
   * @return how many lookups found nothing, which must be none unless the cache is bounded
   */
  int run(Operation operation, String[] keys, Object[] fresh, int[] order, int from, int to);

  /**
   * Takes a result so that its computation cannot be optimized away. The child JVMs declare this
   * method a compiler blackhole (see {@link Table}): the JIT then keeps the argument alive at no
   * cost, where a field store would add a GC barrier to every operation.
   */
  static void consume(Object result) {}

  /** Any JSR-107 cache. */
  final class JCache implements Target {
    /** One for all calls, as an application would keep it. */
    private static final EntryProcessor<Object, Object, Object> PLUS_ONE =
        (entry, arguments) -> {
          Long next = (Long) entry.getValue() + 1;
          entry.setValue(next);
          return next;
        };

    private final Cache<Object, Object> cache;

    JCache(Cache<Object, Object> cache) {
      this.cache = cache;
    }

    @Override
    public Object get(String key) {
      return cache.get(key);
    }

    @Override
    public void put(String key, Object value) {
      cache.put(key, value);
    }

    @Override
    public void close() {
      cache.getCacheManager().destroyCache(cache.getName());
    }

    @Override
    public int run(Operation op, String[] keys, Object[] fresh, int[] order, int from, int to) {
      return switch (op) {
        case GET -> gets(keys, order, from, to);
        case PUT -> puts(keys, fresh, order, from, to);
        case MIX -> mix(keys, fresh, order, from, to);
        case INCREMENT -> increments(keys, order, from, to);
        case GET_OR_PUT -> getsOrPuts(keys, fresh, order, from, to);
      };
    }

    private int gets(String[] keys, int[] order, int from, int to) {
      int missing = 0;
      for (int i = from; i < to; i++) {
        Object value = cache.get(keys[order[i]]);
        consume(value);
        missing += value == null ? 1 : 0;
      }
      return missing;
    }

    private int puts(String[] keys, Object[] fresh, int[] order, int from, int to) {
      for (int i = from; i < to; i++) {
        cache.put(keys[order[i]], fresh[i & fresh.length - 1]);
      }
      return 0;
    }

    private int mix(String[] keys, Object[] fresh, int[] order, int from, int to) {
      int missing = 0;
      for (int i = from; i < to; i++) {
        if ((i & 3) == 3) {
          cache.put(keys[order[i]], fresh[i & fresh.length - 1]);
        } else {
          Object value = cache.get(keys[order[i]]);
          consume(value);
          missing += value == null ? 1 : 0;
        }
      }
      return missing;
    }

    private int getsOrPuts(String[] keys, Object[] fresh, int[] order, int from, int to) {
      int missing = 0;
      for (int i = from; i < to; i++) {
        String key = keys[order[i]];
        Object value = cache.get(key);
        consume(value);
        if (value == null) {
          cache.put(key, fresh[i & fresh.length - 1]);
          missing++;
        }
      }
      return missing;
    }

    private int increments(String[] keys, int[] order, int from, int to) {
      for (int i = from; i < to; i++) {
        consume(cache.invoke(keys[order[i]], PLUS_ONE));
      }
      return 0;
    }
  }

  /** The floor: what the JDK's map costs for the same work without any cache around it. */
  final class Map implements Target {
    private final ConcurrentHashMap<Object, Object> map = new ConcurrentHashMap<>();

    @Override
    public Object get(String key) {
      return map.get(key);
    }

    @Override
    public void put(String key, Object value) {
      map.put(key, value);
    }

    @Override
    public void close() {
      map.clear();
    }

    @Override
    public int run(Operation op, String[] keys, Object[] fresh, int[] order, int from, int to) {
      return switch (op) {
        case GET -> gets(keys, order, from, to);
        case PUT -> puts(keys, fresh, order, from, to);
        case MIX -> mix(keys, fresh, order, from, to);
        case INCREMENT -> increments(keys, order, from, to);
        case GET_OR_PUT -> throw new IllegalArgumentException("a map has no bound");
      };
    }

    private int gets(String[] keys, int[] order, int from, int to) {
      int missing = 0;
      for (int i = from; i < to; i++) {
        Object value = map.get(keys[order[i]]);
        consume(value);
        missing += value == null ? 1 : 0;
      }
      return missing;
    }

    private int puts(String[] keys, Object[] fresh, int[] order, int from, int to) {
      for (int i = from; i < to; i++) {
        map.put(keys[order[i]], fresh[i & fresh.length - 1]);
      }
      return 0;
    }

    private int mix(String[] keys, Object[] fresh, int[] order, int from, int to) {
      int missing = 0;
      for (int i = from; i < to; i++) {
        if ((i & 3) == 3) {
          map.put(keys[order[i]], fresh[i & fresh.length - 1]);
        } else {
          Object value = map.get(keys[order[i]]);
          consume(value);
          missing += value == null ? 1 : 0;
        }
      }
      return missing;
    }

    private int increments(String[] keys, int[] order, int from, int to) {
      for (int i = from; i < to; i++) {
        consume(map.merge(keys[order[i]], 1L, (value, one) -> (Long) value + (Long) one));
      }
      return 0;
    }
  }
}
