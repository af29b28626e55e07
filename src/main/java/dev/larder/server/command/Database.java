package dev.larder.server.command;

import dev.larder.ops.CacheOperations;

/**
 * A cache that the server shows, as its threads use it.
 *
 * @param onLoop its operations for event loops, which never wait
 * @param waiting its operations for workers
 */
public record Database(
    String name, CacheOperations<Object, Object> onLoop, CacheOperations<Object, Object> waiting) {

  /**
   * A cache of whatever types. Commands use it as one of objects: the keys and values that they put
   * in come from its own codecs, and are of its types.
   */
  public static Database of(CacheOperations<?, ?> cache) {
    CacheOperations<Object, Object> any = ofObjects(cache);
    return new Database(any.name(), any.forLoop(), any.forSocket());
  }

  /** The same for a thread that is no server's: it waits and counts as the cache's own do. */
  static Database asItIs(CacheOperations<?, ?> cache) {
    CacheOperations<Object, Object> any = ofObjects(cache);
    return new Database(any.name(), any, any);
  }

  @SuppressWarnings("unchecked")
  private static CacheOperations<Object, Object> ofObjects(CacheOperations<?, ?> cache) {
    return (CacheOperations<Object, Object>) cache;
  }
}
