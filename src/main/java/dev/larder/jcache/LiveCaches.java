package dev.larder.jcache;

import javax.cache.Cache;

/**
 * The caches of a manager, for those who follow them as they come and go: {@code
 * manager.unwrap(LiveCaches.class)}. Public because packages of ours beyond this one follow them.
 */
public interface LiveCaches {
  /** Tells of the caches that there are, and from now on of what happens to them. */
  void follow(Follower follower);

  void unfollow(Follower follower);

  /**
   * Is told by the thread that does it, which holds no lock: of a cache that one thread makes and
   * another closes at once, perhaps in the wrong order, and perhaps twice. {@code isClosed} tells
   * what is true. Must not throw.
   */
  interface Follower {
    void opened(Cache<?, ?> cache);

    void closed(Cache<?, ?> cache);

    /** The manager has closed, after its caches. */
    void ended();
  }
}
