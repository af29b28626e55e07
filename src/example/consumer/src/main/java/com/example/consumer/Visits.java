package com.example.consumer;

import dev.larder.LarderCache;
import dev.larder.server.LarderServer;
import java.time.Duration;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;

/**
 * Counts visits of pages through all three doors: {@code javax.cache}, Redis' operations, a socket.
 */
public final class Visits implements AutoCloseable {
  private final CacheManager manager;
  private final Cache<String, Long> pages;
  private final LarderServer server;

  public Visits() {
    manager = Caching.getCachingProvider().getCacheManager();
    pages =
        manager.createCache(
            "pages", new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
    server = LarderServer.builder(pages).port(0).start();
  }

  /** One more visit of a page, which is forgotten an hour after its last one. */
  public long count(String page) {
    LarderCache<String, Long> counters = LarderCache.of(pages);
    long visits = counters.incr(page);
    counters.expire(page, Duration.ofHours(1));
    return visits;
  }

  public Cache<String, Long> pages() {
    return pages;
  }

  /** Where redis-cli and telnet find the same numbers. */
  public int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.close();
    manager.close();
  }

  public static void main(String[] args) {
    try (Visits visits = new Visits()) {
      visits.count("/index.html");
      System.out.println("/index.html: " + visits.count("/index.html"));
    }
  }
}
