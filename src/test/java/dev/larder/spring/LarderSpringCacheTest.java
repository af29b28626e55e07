package dev.larder.spring;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderCache;
import dev.larder.jcache.LarderCachingProvider;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.cache.Cache;
import org.springframework.cache.Cache.ValueRetrievalException;
import org.springframework.cache.Cache.ValueWrapper;
import org.springframework.cache.interceptor.SimpleKey;

/** Spring's cache without an application: what its annotations stand on. */
class LarderSpringCacheTest {
  private static final URI NAME = URI.create("larder:spring-cache-test");

  private final CacheManager jcaches =
      new LarderCachingProvider().getCacheManager(NAME, getClass().getClassLoader());
  private final LarderSpringCacheManager caches = new LarderSpringCacheManager(jcaches);
  private final AtomicInteger loads = new AtomicInteger();
  private Cache cache;

  @BeforeEach
  void open() {
    jcaches.createCache("books", new MutableConfiguration<Object, Object>());
    caches.afterPropertiesSet();
    cache = Objects.requireNonNull(caches.getCache("books"));
  }

  @AfterEach
  void close() {
    jcaches.close();
  }

  @Test
  void keysOfTwoArgumentsAndNullsAreKeptOnDisk(@TempDir Path directory) {
    for (boolean again : new boolean[] {false, true}) {
      Properties properties = new Properties();
      properties.setProperty("larder.cache.kept.dir", directory.toString());
      properties.setProperty("larder.cache.kept.appendonly", "yes");
      try (CacheManager manager =
          new LarderCachingProvider()
              .getCacheManager(NAME, getClass().getClassLoader(), properties)) {
        LarderSpringCacheManager kept = new LarderSpringCacheManager(manager);
        kept.afterPropertiesSet();
        Cache books = Objects.requireNonNull(kept.getCache("kept"));
        if (again) {
          assertThat(books.get(new SimpleKey("Dune", 2))).isNotNull();
          assertThat(books.get(new SimpleKey("Dune", 2)).get()).isNull();
          assertThat(books.get(new SimpleKey("Dune", 3))).isNull();
        } else {
          books.put(new SimpleKey("Dune", 2), null);
        }
      }
    }
  }

  // ------------------------------------------------------------------------------------- manager

  @Test
  void knowsTheCachesOfTheManager() {
    jcaches.createCache("later", new MutableConfiguration<Object, Object>());
    assertThat(caches.getCacheNames()).containsExactly("books");
    assertThat(caches.getCache("later")).isInstanceOf(LarderSpringCache.class);
    assertThat(cache.getNativeCache()).isSameAs(jcaches.getCache("books"));
  }

  @Test
  void makesMissingCaches() {
    caches.setCacheConfiguration(
        () -> new MutableConfiguration<Object, Object>().setStatisticsEnabled(true));
    assertThat(caches.getCache("new")).isSameAs(caches.getCache("new"));
    assertThat(LarderCache.of(jcaches.getCache("new")).info().countsJava()).isTrue();
  }

  @Test
  void makesNoneIfToldNotTo() {
    caches.setCreateMissingCaches(false);
    assertThat(caches.getCache("new")).isNull();
    assertThat(jcaches.getCacheNames()).containsExactly("books");
  }

  // ------------------------------------------------------------------------------ values, waiting

  @Test
  void nullIsAValue() {
    cache.put("k", null);
    assertThat(valueOf(cache.get("k"))).isNull();
    assertThat(valueOf(cache.putIfAbsent("k", 1))).isNull();
    assertThat(cache.get("k", () -> "not called")).isNull();
  }

  private static Object valueOf(ValueWrapper wrapper) {
    assertThat(wrapper).isNotNull();
    return wrapper.get();
  }

  @Test
  void nullIsRefusedIfNotAllowed() {
    caches.setAllowNullValues(false);
    Cache strict = Objects.requireNonNull(caches.getCache("strict"));
    assertThatThrownBy(() -> strict.put("k", null)).isInstanceOf(IllegalArgumentException.class);
    assertThat(failureOf(strict.retrieve("k", () -> CompletableFuture.completedFuture(null))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(strict.get("k")).isNull();
  }

  @Test
  void putEvictAndClearAreThoseOfTheCache() {
    cache.put("a", 1);
    cache.put("b", 2);
    assertThat(cache.get("a", Integer.class)).isEqualTo(1);
    assertThat(cache.evictIfPresent("a")).isTrue();
    assertThat(cache.evictIfPresent("a")).isFalse();
    cache.evict("b");
    assertThat(cache.invalidate()).isFalse();
    cache.put("c", 3);
    cache.clear();
    assertThat(cache.get("c")).isNull();
  }

  @Test
  void failureOfALoadIsToldAndNotCached() {
    Exception cause = new java.io.IOException("no");
    assertThatThrownBy(
            () ->
                cache.get(
                    "k",
                    () -> {
                      throw cause;
                    }))
        .isInstanceOf(ValueRetrievalException.class)
        .hasRootCause(cause);
    assertThat(cache.get("k", () -> 1)).isEqualTo(1);
  }

  // ------------------------------------------------------------------------------ without waiting

  @Test
  void missingValueIsKnownAtOnce() {
    assertThat(cache.retrieve("k")).isNull();
  }

  @Test
  void presentValueIsKnownAtOnceAndWrapped() {
    cache.put("k", 1);
    cache.put("none", null);
    assertThat(cache.retrieve("k")).isCompletedWithValueMatching(one -> valueOf(one).equals(1));
    assertThat(cache.retrieve("none")).isCompletedWithValueMatching(one -> valueOf(one) == null);
  }

  @SuppressWarnings("unchecked")
  private static Object valueOf(Object wrapper) {
    return valueOf((ValueWrapper) wrapper);
  }

  @Test
  void loadedValueIsCached() {
    assertThat(load("k", 1)).isCompletedWithValue(1);
    assertThat(load("k", 2)).isCompletedWithValue(1);
    assertThat(cache.get("k", Integer.class)).isEqualTo(1);
  }

  @Test
  void loadedNullIsCached() {
    assertThat(load("k", (Integer) null)).isCompletedWithValue(null);
    assertThat(load("k", 2)).isCompletedWithValue(null);
    assertThat(loads).hasValue(1);
  }

  private CompletableFuture<Integer> load(String key, Integer value) {
    return load(key, CompletableFuture.completedFuture(value));
  }

  private CompletableFuture<Integer> load(String key, CompletableFuture<Integer> value) {
    Supplier<CompletableFuture<Integer>> loader =
        () -> {
          loads.incrementAndGet();
          return value;
        };
    return cache.retrieve(key, loader);
  }

  @Test
  void whoAskForTheSameKeyShareALoad() {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<Integer> one = load("k", value);
    CompletableFuture<Integer> two = load("k", 2);
    assertThat(load("another", 3)).isCompletedWithValue(3);
    assertThat(one).isNotDone();
    assertThat(two).isNotDone();
    value.complete(1);
    assertThat(one).isCompletedWithValue(1);
    assertThat(two).isCompletedWithValue(1);
    assertThat(loads).hasValue(2);
  }

  @Test
  void whoCancelsTakesNothingFromTheOthers() {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<Integer> one = load("k", value);
    CompletableFuture<Integer> two = load("k", 2);
    assertThat(one.cancel(true)).isTrue();
    value.complete(1);
    assertThat(two).isCompletedWithValue(1);
    assertThat(cache.get("k", Integer.class)).isEqualTo(1);
  }

  @Test
  void failureGoesToAllWhoWaitAndIsNotCached() {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<Integer> one = load("k", value.thenApply(x -> x)); // wraps it
    CompletableFuture<Integer> two = load("k", 2);
    Exception cause = new IllegalStateException("no");
    value.completeExceptionally(cause);
    assertThat(failureOf(one)).isSameAs(cause);
    assertThat(failureOf(two)).isSameAs(cause);
    assertThat(load("k", 3)).isCompletedWithValue(3);
  }

  @Test
  void methodThatThrowsIsAFailedLoad() {
    RuntimeException cause = new IllegalStateException("no");
    CompletableFuture<Integer> failed =
        cache.retrieve(
            "k",
            () -> {
              throw cause;
            });
    assertThat(failureOf(failed)).isSameAs(cause);
    assertThat(load("k", 3)).isCompletedWithValue(3);
  }

  private static Throwable failureOf(CompletableFuture<?> future) {
    assertThat(future).isCompletedExceptionally();
    try {
      future.get();
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it has not failed");
  }

  @Test
  void whatChangesDuringALoadIsNewerThanIt() {
    List<Runnable> changes =
        List.of(
            () -> cache.evict("k"),
            () -> cache.evictIfPresent("k"),
            () -> cache.clear(),
            () -> cache.invalidate());
    for (Runnable change : changes) {
      CompletableFuture<Integer> value = new CompletableFuture<>();
      CompletableFuture<Integer> before = load("k", value);
      change.run();
      CompletableFuture<Integer> after = load("k", 2);
      value.complete(1);
      assertThat(before).isCompletedWithValue(1);
      assertThat(after).isCompletedWithValue(2);
      assertThat(cache.get("k", Integer.class)).isEqualTo(2);
      cache.clear();
    }
  }

  @Test
  void evictedWhileLoadingStaysAway() {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<Integer> waits = load("k", value);
    cache.evict("k");
    value.complete(1);
    assertThat(waits).isCompletedWithValue(1);
    assertThat(cache.get("k")).isNull();
  }

  @Test
  void putWhileLoadingStays() {
    CompletableFuture<Integer> value = new CompletableFuture<>();
    CompletableFuture<Integer> waits = load("k", value);
    cache.put("k", 2);
    value.complete(1);
    assertThat(waits).isCompletedWithValue(1);
    assertThat(cache.get("k", Integer.class)).isEqualTo(2);
  }

  @Test
  void nobodyWaitsForABusyEntry() throws Exception {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    Thread other =
        new Thread(
            () ->
                cache.get(
                    "k",
                    () -> {
                      busy.countDown();
                      assertThat(free.await(30, SECONDS)).isTrue();
                      return 1;
                    }));
    other.start();
    assertThat(busy.await(30, SECONDS)).isTrue();
    CompletableFuture<?> found = load("k", 2); // would never return if it waited
    free.countDown();
    other.join();
    assertThat(found.get(30, SECONDS)).isIn(1, 2);
    assertThat(cache.get("k", Integer.class)).isEqualTo(1);
  }

  @Test
  void manyWhoAskAtOnceGetOneValue() throws Exception {
    for (int round = 0; round < 200; round++) {
      String key = "k" + round;
      AtomicInteger value = new AtomicInteger();
      CountDownLatch start = new CountDownLatch(1);
      List<CompletableFuture<Integer>> answers = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        CompletableFuture<Integer> answer = new CompletableFuture<>();
        answers.add(answer);
        Thread thread =
            new Thread(
                () -> {
                  try {
                    start.await();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  Supplier<CompletableFuture<Integer>> loader =
                      () -> CompletableFuture.supplyAsync(value::incrementAndGet);
                  cache.retrieve(key, loader).thenAccept(answer::complete);
                });
        thread.start();
        threads.add(thread);
      }
      start.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      for (CompletableFuture<Integer> answer : answers) {
        assertThat(answer.get(30, SECONDS)).isEqualTo(1);
      }
    }
  }
}
