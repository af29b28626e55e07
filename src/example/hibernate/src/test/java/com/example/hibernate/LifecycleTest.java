package com.example.hibernate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.hibernate.SessionFactory;
import org.junit.jupiter.api.Test;

/** What opening and closing a session factory does to the caches behind it. */
class LifecycleTest {
  private static final String STRATEGY = "hibernate.javax.cache.missing_cache_strategy";

  @Test
  void closingTheFactoryClosesTheCacheManagerAndItsCaches() {
    SessionFactory factory = Library.open("closing", Map.of());
    CacheManager manager = new Regions(factory).manager();
    Cache<?, ?> books = new Regions(factory).cache("books");
    factory.close();
    assertTrue(manager.isClosed());
    assertTrue(books.isClosed());
  }

  @Test
  void anotherFactoryStartsWithEmptyCaches() {
    CacheManager first;
    try (SessionFactory factory = Library.open("reopening", Map.of())) {
      Library.fill(factory);
      factory.inTransaction(session -> session.find(Book.class, 10L));
      first = new Regions(factory).manager();
    }
    try (SessionFactory factory = Library.open("reopening", Map.of())) {
      Library.fill(factory);
      Regions regions = new Regions(factory);
      assertNotSame(first, regions.manager());
      assertEquals(0, regions.size("books"));
      assertEquals(
          "Homo faber", factory.fromTransaction(session -> session.find(Book.class, 10L).title()));
      assertEquals("0 hits, 1 misses, 1 puts", regions.counts("books"));
    }
  }

  @Test
  void twentyFactoriesLeaveNoThreadsBehind() {
    openAndClose("threads");
    long before = threads();
    for (int i = 0; i < 20; i++) {
      openAndClose("threads" + i);
    }
    // The pool that all caches share may have grown by one or two, and shrinks by itself.
    assertTrue(threads() <= before + 4, () -> "before: " + before + ", after: " + threads());
  }

  @Test
  void closedFactoryIsNotHeldOnTo() {
    WeakReference<SessionFactory> closed = openAndClose("garbage");
    for (int i = 0; i < 100 && closed.get() != null; i++) {
      System.gc();
      byte[] pressure = new byte[1 << 20];
      assertEquals(0, pressure[0]);
    }
    assertNull(closed.get());
  }

  @Test
  void strategyFailNamesTheCacheThatIsMissing() {
    Exception failure =
        assertThrows(Exception.class, () -> Library.open("fail", Map.of(STRATEGY, "fail")).close());
    assertTrue(
        messages(failure).contains("On-the-fly creation of JCache Cache objects"),
        () -> messages(failure));
    assertNoCacheIsLeft();
  }

  /** Caches that the application made before in the same manager are what Hibernate takes. */
  @Test
  void strategyFailTakesCachesThatAreThere() {
    CachingProvider provider =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
    CacheManager manager =
        provider.getCacheManager(provider.getDefaultURI(), provider.getDefaultClassLoader());
    for (String region :
        List.of(
            "countries",
            "authors",
            "authors.books",
            "books",
            "books.isbn",
            "default-query-results-region",
            "default-update-timestamps-region")) {
      manager.createCache(region, new MutableConfiguration<>());
    }
    Cache<Object, Object> books = manager.getCache("books");
    try (SessionFactory factory = Library.open("there", Map.of(STRATEGY, "fail"))) {
      Library.fill(factory);
      factory.inTransaction(session -> session.find(Book.class, 10L));
      assertTrue(books.iterator().hasNext());
    }
    assertTrue(manager.isClosed());
  }

  @Test
  void strategyCreateWarnMakesThemAndSaysSo() {
    StringBuilder said = new StringBuilder();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            said.append(entry.getMessage()).append('\n');
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    try (SessionFactory factory = Library.open("warn", Map.of(STRATEGY, "create-warn"))) {
      assertEquals(0, new Regions(factory).size("books"));
    } finally {
      root.removeHandler(handler);
    }
    assertTrue(said.toString().contains("books.isbn"), said::toString);
  }

  private static WeakReference<SessionFactory> openAndClose(String database) {
    try (SessionFactory factory = Library.open(database, Map.of())) {
      Library.fill(factory);
      factory.inTransaction(session -> session.find(Book.class, 10L));
      return new WeakReference<>(factory);
    }
  }

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().toLowerCase(Locale.ROOT).contains("larder"))
        .count();
  }

  private static void assertNoCacheIsLeft() {
    CachingProvider provider =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
    CacheManager manager = provider.getCacheManager();
    assertFalse(manager.getCacheNames().iterator().hasNext());
    manager.close();
  }

  private static String messages(Throwable failure) {
    StringBuilder all = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      all.append(t.getMessage()).append('\n');
    }
    return all.toString();
  }
}
