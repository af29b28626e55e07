package com.example.books;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.spring.LarderServerStartedEvent;
import dev.larder.spring.LarderSpringCacheManager;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.cache.CacheManager;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;

/** One context, with its server on any free port. */
@SpringBootTest(properties = "larder.server.port=0")
class BooksTest {
  private static final String ISBN = "978-0441013593";

  @Autowired Books books;
  @Autowired StandardBooks standard;
  @Autowired CacheManager manager;
  @Autowired MeterRegistry meters;
  @Autowired ApplicationContext context;
  @Autowired Started started;

  @Value("${local.larder.port}")
  int port;

  Resp redis;

  @TestConfiguration
  static class More {
    @Bean
    StandardBooks standardBooks() {
      return new StandardBooks();
    }

    @Bean
    Started started() {
      return new Started();
    }
  }

  static class Started {
    final List<Integer> ports = new ArrayList<>();

    @EventListener
    void started(LarderServerStartedEvent event) {
      ports.add(event.getServer().address().getPort());
    }
  }

  @BeforeEach
  void emptyCaches() throws IOException {
    manager.getCacheNames().forEach(name -> manager.getCache(name).clear());
    redis = new Resp(port);
  }

  @AfterEach
  void leave() throws IOException {
    redis.close();
  }

  private int callsOf(Runnable work) {
    int before = books.calls();
    work.run();
    return books.calls() - before;
  }

  private int callsOfTwice(Runnable work) {
    return callsOf(
        () -> {
          work.run();
          work.run();
        });
  }

  // ------------------------------------------------------------------------------- annotations

  @Test
  void answersAreCached() {
    assertThat(callsOfTwice(() -> books.byIsbn(ISBN))).isEqualTo(1);
    assertThat(callsOfTwice(() -> books.edition("Dune", 2))).isEqualTo(1);
    assertThat(callsOfTwice(() -> books.inStock(ISBN))).isEqualTo(1);
    assertThat(books.inStock(ISBN)).isEqualTo(14);
  }

  @Test
  void thatThereIsNothingIsCached() throws IOException {
    assertThat(callsOfTwice(() -> assertThat(books.review(ISBN)).isNull())).isEqualTo(1);
    assertThat(redis.askIn("reviews", "GET", ISBN)).isEqualTo("null");
  }

  @Test
  void whoeverChangesAnAnswerChangesHisCopy() {
    books.author("Frank").setName("Brian");
    assertThat(books.author("Frank").getName()).isEqualTo("Frank");
  }

  @Test
  void putReplacesAndEvictRemoves() {
    books.byIsbn(ISBN);
    books.publish(new Book(ISBN, "Dune", LocalDate.of(1965, 8, 1)));
    assertThat(callsOf(() -> assertThat(books.byIsbn(ISBN).title()).isEqualTo("Dune"))).isZero();
    books.forget(ISBN);
    assertThat(callsOf(() -> books.byIsbn(ISBN))).isEqualTo(1);
    assertThatThrownBy(books::forgetAll).hasMessageContaining("fire");
    assertThat(callsOf(() -> books.byIsbn(ISBN))).isEqualTo(1);
  }

  @Test
  void annotationsOfTheStandardWork() {
    assertThat(standard.title(ISBN)).isEqualTo(standard.title(ISBN));
    standard.rename(ISBN, "Dune");
    assertThat(standard.title(ISBN)).isEqualTo("Dune");
    standard.remove(ISBN);
    assertThat(standard.title(ISBN)).startsWith("title");
    standard.rename(ISBN, "Dune");
    standard.removeAll();
    assertThat(standard.title(ISBN)).startsWith("title");
    assertThat(messageOf(() -> standard.failing("none")))
        .startsWith("failure")
        .isEqualTo(messageOf(() -> standard.failing("none")));
  }

  private static String messageOf(Runnable failing) {
    try {
      failing.run();
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
    return "no failure";
  }

  // -------------------------------------------------------------------------- futures and reactive

  @Test
  void futuresAndReactiveAnswersAreCached() {
    assertThat(manager).isInstanceOf(LarderSpringCacheManager.class);
    assertThat(callsOfTwice(() -> assertThat(books.price(ISBN).join()).isEqualTo(1014)))
        .isEqualTo(1);
    assertThat(callsOfTwice(() -> assertThat(books.rating(ISBN).block()).isEqualTo(4.5)))
        .isEqualTo(1);
    assertThat(
            callsOfTwice(
                () ->
                    assertThat(books.tags(ISBN).collectList().block())
                        .containsExactly("fiction", "sand")))
        .isEqualTo(1);
  }

  @Test
  void whoAskAtTheSameTimeShareOneLoad() throws Exception {
    assertThat(callsOf(() -> atTheSameTime(() -> books.inStock(ISBN)))).isEqualTo(1);
    assertThat(callsOf(() -> atTheSameTime(() -> books.price(ISBN).join()))).isEqualTo(1);
  }

  private static void atTheSameTime(Supplier<Long> question) {
    CountDownLatch all = new CountDownLatch(4);
    List<CompletableFuture<Long>> answers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread asker =
          new Thread(
              () -> {
                all.countDown();
                try {
                  all.await(10, SECONDS);
                  answer.complete(question.get());
                } catch (Exception e) {
                  answer.completeExceptionally(e);
                }
              });
      asker.setDaemon(true);
      asker.start();
    }
    assertThat(answers.stream().map(one -> one.orTimeout(30, SECONDS).join()).distinct())
        .hasSize(1);
  }

  // ----------------------------------------------------------------------------------- redis-cli

  @Test
  void entriesAreJsonWithATimeToLive() throws IOException {
    books.byIsbn(ISBN);
    books.author("Frank");
    assertThat(redis.askIn("books", "KEYS", "*")).isEqualTo(List.of(ISBN));
    assertThat(redis.ask("GET", ISBN))
        .isEqualTo(
            "{\"isbn\":\"978-0441013593\",\"published\":\"2026-01-31\",\"title\":\"Book"
                + " 978-0441013593\"}");
    assertThat(Long.parseLong((String) redis.ask("TTL", ISBN))).isBetween(590L, 600L);
    assertThat(redis.askIn("authors", "GET", "Frank")).isEqualTo("{\"name\":\"Frank\"}");
  }

  @Test
  void whatIsDeletedThereIsComputedAgain() throws IOException {
    books.edition("Dune", 2);
    assertThat(redis.askIn("editions", "KEYS", "*")).isEqualTo(List.of("SimpleKey [Dune, 2]"));
    assertThat(Long.parseLong((String) redis.ask("TTL", "SimpleKey [Dune, 2]")))
        .isBetween(3590L, 3600L);
    assertThat(redis.ask("DEL", "SimpleKey [Dune, 2]")).isEqualTo("1");
    assertThat(callsOf(() -> books.edition("Dune", 2))).isEqualTo(1);
  }

  // ------------------------------------------------------------------------------------- actuator

  @Test
  void addressIsPublished() {
    assertThat(port).isPositive();
    assertThat(started.ports).containsExactly(port);
  }

  @Test
  void healthTellsCachesAndServer() {
    books.byIsbn(ISBN);
    Map<String, Object> health = Boot.health(context);
    assertThat(health).containsEntry("status", "UP");
    assertThat(health.get("server").toString()).contains("127.0.0.1:" + port);
    assertThat(((Map<?, ?>) health.get("caches")).get("books")).isEqualTo(1L);
  }

  @Test
  void metersCount() {
    double hits = hits("cache.gets");
    books.byIsbn(ISBN);
    books.byIsbn(ISBN);
    assertThat(hits("cache.gets") - hits).isEqualTo(1);
    assertThat(meters.getMeters().stream().map(meter -> meter.getId().getName()))
        .anyMatch(name -> name.startsWith("larder."));
  }

  private double hits(String meter) {
    return meters.get(meter).tag("cache", "books").tag("result", "hit").functionCounter().count();
  }
}
