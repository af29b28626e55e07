package com.example.hibernate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.larder.LarderCache;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import javax.cache.Cache;
import javax.cache.Caching;
import javax.cache.spi.CachingProvider;
import org.hibernate.SessionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of regions from a file that {@code hibernate.javax.cache.uri} names. */
class ConfigurationFileTest {
  private static final String URI_SETTING = "hibernate.javax.cache.uri";
  private static final String STRATEGY = "hibernate.javax.cache.missing_cache_strategy";

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"regions.properties", "classpath://regions.properties"})
  void fileOnTheClassPathIsRead(String uri) {
    try (SessionFactory factory = Library.open("classpath", Map.of(URI_SETTING, uri))) {
      assertTrue(
          new Regions(factory).manager().getURI().toString().endsWith("/regions.properties"));
      assertEquals(30, minutesLeft(factory, "authors", 1L));
    }
  }

  @Test
  void fileAnywhereIsRead() throws IOException {
    try (SessionFactory factory = open("cache.authors.ttl = 20m")) {
      assertEquals(20, minutesLeft(factory, "authors", 1L));
    }
  }

  @Test
  void regionsNamedInTheFileAreThereWhenTheManagerOpens() throws URISyntaxException {
    CachingProvider provider =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
    URI uri = getClass().getResource("/regions.properties").toURI();
    try (var manager = provider.getCacheManager(uri, provider.getDefaultClassLoader())) {
      assertEquals(
          List.of("authors", "authors.books", "countries", "default-update-timestamps-region"),
          StreamSupport.stream(manager.getCacheNames().spliterator(), false).sorted().toList());
    }
  }

  @Test
  void regionsMadeOnTheFlyTakeTheDefaults() {
    try (SessionFactory factory =
        Library.open("defaults", Map.of(URI_SETTING, "regions.properties"))) {
      assertEquals(10, minutesLeft(factory, "books", 10L));
    }
  }

  @Test
  void maximumSizeBoundsTheRegionsMadeOnTheFly() {
    try (SessionFactory factory =
        Library.open("bounded", Map.of(URI_SETTING, "regions.properties"))) {
      factory.inTransaction(
          session -> {
            Author author = new Author(1L, "A. Hundred");
            session.persist(author);
            for (long id = 0; id < 1_000; id++) {
              session.persist(new Book(id, "isbn " + id, "title " + id, author));
            }
          });
      factory.inTransaction(
          session -> session.createQuery("from Book", Book.class).getResultList());
      assertTrue(factory.getStatistics().getSecondLevelCachePutCount() > 1_000);
      int size = new Regions(factory).size("books");
      assertTrue(size > 0 && size <= 100, () -> "size: " + size);
    }
  }

  @Test
  void strategyFailIsContentWithAFileThatNamesAllRegions() throws IOException {
    StringBuilder file = new StringBuilder();
    for (String region :
        List.of(
            "countries",
            "authors",
            "authors.books",
            "books",
            "books.isbn",
            "default-query-results-region",
            "default-update-timestamps-region")) {
      file.append("cache.").append(region).append(".ttl = eternal\n");
    }
    try (SessionFactory factory = open(file.toString(), STRATEGY, "fail")) {
      assertEquals(0, new Regions(factory).size("books"));
    }
    String incomplete = file.toString().replace("cache.books.isbn.ttl = eternal\n", "");
    assertTrue(
        messages(assertThrows(RuntimeException.class, () -> open(incomplete, STRATEGY, "fail")))
            .contains("books.isbn"));
  }

  @Test
  void mistakeInTheFileIsNamedWhenHibernateStarts() {
    String messages =
        messages(
            assertThrows(
                RuntimeException.class, () -> open("default.ttl = 10m\ncache.books.tll = 10m\n")));
    for (String part : List.of("caches.properties", "line 2", "'tll'", "'books'", "'ttl'")) {
      assertTrue(messages.contains(part), messages);
    }
  }

  @Test
  void closingTheFactoryLetsTheFileBeReadAgain() throws IOException {
    open("cache.authors.ttl = 20m").close();
    try (SessionFactory factory = open("cache.authors.ttl = 40m")) {
      assertEquals(40, minutesLeft(factory, "authors", 1L));
    }
  }

  private SessionFactory open(String file, String... setting) throws IOException {
    Path caches = Files.writeString(directory.resolve("caches.properties"), file);
    Map<String, String> settings = new HashMap<>(Map.of(URI_SETTING, caches.toUri().toString()));
    if (setting.length > 0) {
      settings.put(setting[0], setting[1]);
    }
    return Library.open("file", settings);
  }

  /** Of an entity that is read now, rounded up. */
  private static long minutesLeft(SessionFactory factory, String region, Object id) {
    Library.fill(factory);
    Class<?> type = region.equals("authors") ? Author.class : Book.class;
    factory.inTransaction(session -> session.find(type, id));
    Cache<Object, Object> cache = new Regions(factory).cache(region);
    Object key = cache.iterator().next().getKey();
    return (LarderCache.of(cache).pttl(key) + 59_999) / 60_000;
  }

  private static String messages(Throwable failure) {
    StringBuilder all = new StringBuilder();
    for (Throwable t = failure; t != null; t = t.getCause()) {
      all.append(t.getMessage()).append('\n');
    }
    return all.toString();
  }
}
