package dev.larder;

/**
 * Says how much an entry counts for in a cache that is bounded by weight. See {@link
 * LarderConfiguration.Builder#maximumWeight(long, javax.cache.configuration.Factory)}.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
@FunctionalInterface
public interface Weigher<K, V> {

  /**
   * The weight of an entry: asked for once each time a value is stored, before the cache changes,
   * with the key and value as they are kept. What it throws fails the operation, which then has no
   * effect; a writer is not told, unless of several keys at once.
   *
   * <p>Runs while the entry is held, and on several threads at once. It must not change the cache
   * it works for, nor wait for others.
   *
   * @param key never null, nor is the value
   * @return bytes, or whatever the bound counts; at least 0. An entry of weight 0 takes no room,
   *     but may have to leave all the same when there is none
   */
  int weigh(K key, V value);
}
