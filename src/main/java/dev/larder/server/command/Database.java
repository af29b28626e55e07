package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import org.jspecify.annotations.Nullable;

/**
 * A number that clients select, and the cache that has it, as the server's threads use it. Where
 * there is no cache at present, the operations are those of one that is closed.
 *
 * @param name whose number it is, also while there is no cache of that name; null: nobody's yet
 * @param cache its operations as the application has them
 * @param onLoop its operations for event loops, which never wait
 * @param waiting its operations for workers
 */
public record Database(
    @Nullable String name,
    CacheOperations<Object, Object> cache,
    CacheOperations<Object, Object> onLoop,
    CacheOperations<Object, Object> waiting) {

  private static final CacheOperations<Object, Object> NONE = ofObjects(CacheOperations.ofNone());

  /** A number that no cache has had yet. */
  static final Database FREE = new Database(null, NONE, NONE, NONE);

  /**
   * A cache of whatever types. Commands use it as one of objects: the keys and values that they put
   * in come from its own codecs, and are of its types.
   */
  public static Database of(CacheOperations<?, ?> cache) {
    CacheOperations<Object, Object> any = ofObjects(cache);
    return new Database(any.name(), any, any.forLoop(), any.forSocket());
  }

  /** The number that a cache of this name is to have, of which there is none at present. */
  public static Database reserved(String name) {
    return new Database(name, NONE, NONE, NONE);
  }

  /** The same for a thread that is no server's: it waits and counts as the cache's own do. */
  static Database asItIs(CacheOperations<?, ?> cache) {
    CacheOperations<Object, Object> any = ofObjects(cache);
    return new Database(any.name(), any, any, any);
  }

  @SuppressWarnings("unchecked")
  private static CacheOperations<Object, Object> ofObjects(CacheOperations<?, ?> cache) {
    return (CacheOperations<Object, Object>) cache;
  }

  /** Whether there is a cache, which may be closed by now. */
  boolean isShown() {
    return cache != NONE;
  }

  /** Whether there is a cache that can be used. */
  boolean isOpen() {
    return isOpen(cache);
  }

  /** Whether these are the operations of a cache that can be used. */
  static boolean isOpen(CacheOperations<?, ?> cache) {
    try {
      cache.entries().rules().requireOpen();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Why a command on keys finds no cache under this number. */
  String absence(int number) {
    return name == null
        ? "number " + number + " has no cache yet"
        : "number " + number + " has no cache now: '" + name + "' is closed, or not made yet";
  }
}
