package com.example.hibernate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.larder.server.LarderServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.cache.configuration.Configuration;
import org.hibernate.Hibernate;
import org.hibernate.KeyType;
import org.hibernate.SessionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Hibernate's own statistics say what came from the cache, and how many statements were sent. */
class SecondLevelCacheTest {
  private SessionFactory factory;
  private Regions regions;

  @BeforeEach
  void open() {
    factory = Library.open("library", Map.of());
    regions = new Regions(factory);
    Library.fill(factory);
  }

  @AfterEach
  void close() {
    factory.close();
  }

  @Test
  void readOnlyEntityIsReadFromTheDatabaseOnce() {
    for (int i = 0; i < 3; i++) {
      assertEquals("Portugal", country("PT"));
    }
    assertEquals("2 hits, 1 misses, 1 puts", regions.counts("countries"));
    assertEquals(1, regions.statements());
  }

  @Test
  void nonstrictEntityLeavesTheCacheWhenItChanges() {
    assertEquals("Max Frisch", author());
    factory.inTransaction(session -> session.find(Author.class, 1L).rename("M. Frisch"));
    assertEquals(0, regions.size("authors"));
    assertEquals("M. Frisch", author());
    assertEquals("M. Frisch", author());
    assertEquals("2 hits, 2 misses, 2 puts", regions.counts("authors"));
  }

  @Test
  void readWriteEntityIsNewInTheCacheAfterTheCommit() {
    assertEquals("Stiller", title());
    factory.inTransaction(session -> session.find(Book.class, 11L).retitle("I'm Not Stiller"));
    factory.getStatistics().clear();
    assertEquals("I'm Not Stiller", title());
    assertEquals("1 hits, 0 misses, 0 puts", regions.counts("books"));
    assertEquals(0, regions.statements());
  }

  /** Hibernate leaves a lock in the region, which is an object of its own. */
  @Test
  void readWriteEntityIsNotReadFromTheCacheWhileItIsBeingChanged() {
    assertEquals("Stiller", title());
    factory.inTransaction(
        session -> {
          session.find(Book.class, 11L).retitle("I'm Not Stiller");
          session.flush();
          factory.getStatistics().clear();
          assertEquals("Stiller", title()); // as the database has it for others
          assertEquals("0 hits, 1 misses, 0 puts", regions.counts("books"));
        });
    assertEquals("I'm Not Stiller", title());
  }

  @Test
  void rolledBackChangeIsNotInTheCache() {
    assertEquals("Stiller", title());
    factory.inSession(
        session -> {
          session.beginTransaction();
          session.find(Book.class, 11L).retitle("?");
          session.flush();
          session.getTransaction().rollback();
        });
    assertEquals("Stiller", title());
  }

  @Test
  void queryIsAnsweredFromTheCacheUntilItsTableChanges() {
    assertEquals(List.of("Homo faber", "Stiller"), titles());
    assertEquals(List.of("Homo faber", "Stiller"), titles());
    assertEquals(1, regions.statements());
    assertEquals(1, factory.getStatistics().getQueryCacheHitCount());

    factory.inTransaction(
        session ->
            session.persist(
                new Book(12L, "978-3-518-36788-9", "Montauk", session.find(Author.class, 1L))));
    assertEquals(List.of("Homo faber", "Montauk", "Stiller"), titles());
    assertEquals(1, factory.getStatistics().getQueryCacheHitCount());
  }

  @Test
  void naturalIdIsResolvedWithoutAStatement() {
    assertEquals("Homo faber", byIsbn());
    long before = regions.statements();
    assertEquals("Homo faber", byIsbn());
    assertEquals(before, regions.statements());
    assertEquals(1, factory.getStatistics().getNaturalIdCacheHitCount());
  }

  @Test
  void collectionIsReadFromTheDatabaseOnce() {
    assertEquals(2, books());
    factory.getStatistics().clear();
    assertEquals(2, books());
    assertEquals("1 hits, 0 misses, 0 puts", regions.counts("authors.books"));
    assertEquals(0, regions.statements());
  }

  @Test
  void evictionThroughHibernateEmptiesTheRegion() {
    country("CH");
    country("PT");
    assertEquals(2, regions.size("countries"));
    factory.getCache().evictEntityData(Country.class, "CH");
    assertEquals(1, regions.size("countries"));
    factory.getCache().evictAllRegions();
    assertEquals(0, regions.size("countries"));
  }

  /** Hibernate asks for nothing else, and JCache says so: what it changes later is not in there. */
  @Test
  void regionsKeepCopies() {
    Configuration<?, ?> configuration =
        regions.cache("books").getConfiguration(configurationType());
    assertTrue(configuration.isStoreByValue());
  }

  @Test
  void aClientOfTheServerSeesAnEntityAndMakesHibernateReadItAgain() throws IOException {
    country("PT");
    try (LarderServer server = LarderServer.builder(regions.cache("countries")).port(0).start()) {
      String key = "com.example.hibernate.Country#PT";
      assertEquals(List.of(key, ":1"), ask(server, "KEYS *\r\nDEL " + key + "\r\n"));
      country("PT");
      assertEquals("0 hits, 2 misses, 2 puts", regions.counts("countries"));
      assertEquals(List.of(":1"), ask(server, "EXISTS " + key + "\r\n"));
    }
  }

  private String country(String code) {
    return factory.fromTransaction(session -> session.find(Country.class, code).name());
  }

  private String author() {
    return factory.fromTransaction(session -> session.find(Author.class, 1L).name());
  }

  private String title() {
    return factory.fromTransaction(session -> session.find(Book.class, 11L).title());
  }

  private String byIsbn() {
    return factory.fromTransaction(
        session -> session.find(Book.class, "978-3-518-36854-1", KeyType.NATURAL).title());
  }

  private int books() {
    return factory.fromTransaction(
        session -> {
          List<Book> books = session.find(Author.class, 1L).books();
          Hibernate.initialize(books);
          return books.size();
        });
  }

  private List<String> titles() {
    return factory.fromTransaction(
        session ->
            session
                .createQuery("select b.title from Book b order by b.title", String.class)
                .setCacheable(true)
                .getResultList());
  }

  @SuppressWarnings("unchecked")
  private static Class<Configuration<Object, Object>> configurationType() {
    return (Class<Configuration<Object, Object>>) (Class<?>) Configuration.class;
  }

  private static List<String> ask(LarderServer server, String lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write((lines + "QUIT\r\n").getBytes(StandardCharsets.UTF_8));
      List<String> replies =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .toList();
      return replies.subList(0, replies.size() - 1);
    }
  }
}
