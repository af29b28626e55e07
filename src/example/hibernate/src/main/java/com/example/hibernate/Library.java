package com.example.hibernate;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/** Countries, authors and books in a database in memory, and Hibernate over it. */
public final class Library {
  private Library() {}

  /**
   * Opens Hibernate with Larder as its second-level cache.
   *
   * @param database each name is a database of its own, gone when its last connection closes
   * @param more settings beside those that every one has
   */
  public static SessionFactory open(String database, Map<String, String> more) {
    // spotless:off
    Map<String, String> settings = new HashMap<>(Map.of(
        "hibernate.connection.url",                     "jdbc:h2:mem:" + database,
        "hibernate.hbm2ddl.auto",                       "create",
        "hibernate.generate_statistics",                "true",
        "hibernate.cache.use_second_level_cache",       "true",
        "hibernate.cache.use_query_cache",              "true",
        "hibernate.cache.region.factory_class",         "jcache",
        "hibernate.javax.cache.provider",               "dev.larder.jcache.LarderCachingProvider",
        "hibernate.javax.cache.missing_cache_strategy", "create"));
    // spotless:on
    settings.putAll(more);
    Configuration configuration = new Configuration();
    settings.forEach(configuration::setProperty);
    List.of(Country.class, Author.class, Book.class).forEach(configuration::addAnnotatedClass);
    return configuration.buildSessionFactory();
  }

  /** Two countries, and an author of two books. */
  public static void fill(SessionFactory factory) {
    factory.inTransaction(
        session -> {
          session.persist(new Country("CH", "Switzerland"));
          session.persist(new Country("PT", "Portugal"));
          Author author = new Author(1L, "Max Frisch");
          session.persist(author);
          session.persist(new Book(10L, "978-3-518-36854-1", "Homo faber", author));
          session.persist(new Book(11L, "978-3-518-36605-9", "Stiller", author));
        });
    factory.getCache().evictAllRegions();
    factory.getStatistics().clear();
  }
}
