package dev.larder.spring;

import dev.larder.LarderCache;
import dev.larder.Persistence;
import dev.larder.PersistenceStatus;
import dev.larder.server.LarderServer;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.jspecify.annotations.Nullable;

/**
 * How a manager's caches are, for a health indicator.
 *
 * <pre>
 *   status   UP, or DOWN with a reason: the manager is closed, its server has ended, or entries
 *            cannot be written to disk
 *   caches   the number of entries of each
 *   server   larder-server-6379 (127.0.0.1:6379)
 * </pre>
 */
record Checkup(String status, Map<String, Object> details) {

  static Checkup of(CacheManager manager) {
    Map<String, Object> details = new LinkedHashMap<>();
    String reason;
    try {
      reason = look(manager, details);
    } catch (IllegalStateException e) { // it is closing
      reason = String.valueOf(e.getMessage());
    }
    if (reason != null) {
      details.put("reason", reason);
    }
    return new Checkup(reason == null ? "UP" : "DOWN", details);
  }

  private static @Nullable String look(CacheManager manager, Map<String, Object> details) {
    if (manager.isClosed()) {
      return "the cache manager is closed";
    }
    String reason = null;
    Map<String, Object> sizes = new LinkedHashMap<>();
    details.put("caches", sizes);
    for (String name : manager.getCacheNames()) {
      Cache<?, ?> cache = manager.getCache(name);
      if (cache != null) {
        sizes.put(name, LarderCache.of(cache).info().entries());
        String failure = failureOnDisk(cache);
        reason = failure == null ? reason : "cache '" + name + "': " + failure;
      }
    }
    LarderServer server = ServerAnnouncement.serverOf(manager);
    if (server != null) {
      details.put("server", server.toString());
      if (server.isClosed()) {
        reason = "the server has ended";
      }
    }
    return reason;
  }

  private static @Nullable String failureOnDisk(Cache<?, ?> cache) {
    Persistence persistence;
    try {
      persistence = cache.unwrap(Persistence.class);
    } catch (IllegalArgumentException e) {
      return null; // it is not on disk
    }
    if (!persistence.isFailing()) {
      return null;
    }
    PersistenceStatus status = persistence.status();
    PersistenceStatus.Log log = status.log();
    String failure = log == null ? null : log.failure();
    return failure == null ? "snapshot: " + status.save().failure() : "log: " + failure;
  }
}
