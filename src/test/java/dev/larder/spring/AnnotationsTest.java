package dev.larder.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.jcache.LarderCachingProvider;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.CacheManager;
import javax.cache.annotation.CacheRemove;
import javax.cache.annotation.CacheResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.CachePut;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Plain Spring, without Boot. */
class AnnotationsTest {
  private final AnnotationConfigApplicationContext context =
      new AnnotationConfigApplicationContext(Caches.class);
  private final Numbers numbers = context.getBean(Numbers.class);

  @Configuration(proxyBeanMethods = false)
  @EnableCaching
  static class Caches {
    @Bean
    CacheManager jcaches() {
      return new LarderCachingProvider()
          .getCacheManager(
              URI.create("larder:annotations-test"), AnnotationsTest.class.getClassLoader());
    }

    @Bean
    LarderSpringCacheManager cacheManager(CacheManager manager) {
      return new LarderSpringCacheManager(manager);
    }

    @Bean
    Numbers numbers() {
      return new Numbers();
    }
  }

  /** Each method tells how often one was called. */
  static class Numbers {
    final AtomicInteger calls = new AtomicInteger();

    /** The field itself is not that of the proxy. */
    public int calls() {
      return calls.get();
    }

    @Cacheable("plain")
    public int plain(String key) {
      return calls.incrementAndGet();
    }

    @CachePut("plain")
    public int put(String key) {
      return calls.incrementAndGet();
    }

    @CacheEvict("plain")
    public void evict(String key) {}

    @Cacheable(cacheNames = "sync", sync = true)
    public Integer synced(String first, int second) {
      return calls.incrementAndGet() < 0 ? 0 : null;
    }

    @Cacheable("future")
    public CompletableFuture<Integer> future(String key) {
      return CompletableFuture.supplyAsync(calls::incrementAndGet);
    }

    @Cacheable(cacheNames = "future", sync = true)
    public CompletableFuture<Integer> syncedFuture(String key) {
      return CompletableFuture.supplyAsync(calls::incrementAndGet);
    }

    @Cacheable(cacheNames = "failing", sync = true)
    public CompletableFuture<Integer> failing(String key) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("failure " + calls.incrementAndGet()));
    }

    @CacheEvict(cacheNames = "future", allEntries = true)
    public CompletableFuture<Void> evictAll() {
      return CompletableFuture.completedFuture(null);
    }

    @Cacheable("mono")
    public Mono<Integer> mono(String key) {
      return Mono.fromSupplier(calls::incrementAndGet);
    }

    @Cacheable(cacheNames = "mono", sync = true)
    public Mono<Integer> syncedMono(String key) {
      return Mono.fromSupplier(calls::incrementAndGet);
    }

    @Cacheable("flux")
    public Flux<Integer> flux(String key) {
      return Flux.defer(() -> Flux.just(calls.incrementAndGet(), 0));
    }

    @CacheResult(cacheName = "standard")
    public int standard(String key) {
      return calls.incrementAndGet();
    }

    @CacheRemove(cacheName = "standard")
    public void standardRemove(String key) {}
  }

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void plainMethodsAreCached() {
    assertThat(numbers.plain("a")).isEqualTo(numbers.plain("a")).isEqualTo(1);
    assertThat(numbers.put("a")).isEqualTo(numbers.plain("a")).isEqualTo(2);
    numbers.evict("a");
    assertThat(numbers.plain("a")).isEqualTo(3);
  }

  @Test
  void nothingIsCachedOnceForTwoArguments() {
    assertThat(numbers.synced("a", 1)).isNull();
    assertThat(numbers.synced("a", 1)).isNull();
    assertThat(numbers.calls()).isEqualTo(1);
  }

  @Test
  void futuresAreCached() {
    assertThat(numbers.future("a").join()).isEqualTo(numbers.future("a").join()).isEqualTo(1);
    assertThat(numbers.syncedFuture("a").join()).isEqualTo(1);
    numbers.evictAll().join();
    assertThat(numbers.syncedFuture("a").join()).isEqualTo(2);
    assertThat(numbers.syncedFuture("a").join()).isEqualTo(2);
  }

  @Test
  void failedFuturesAreNotCached() {
    for (int i = 1; i <= 2; i++) {
      assertThatThrownBy(() -> numbers.failing("a").join())
          .isInstanceOf(CompletionException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("failure " + i);
    }
  }

  @Test
  void reactiveAnswersAreCached() {
    assertThat(numbers.mono("a").block()).isEqualTo(numbers.mono("a").block()).isEqualTo(1);
    assertThat(numbers.syncedMono("b").block()).isEqualTo(2);
    assertThat(numbers.syncedMono("b").block()).isEqualTo(2);
    assertThat(numbers.flux("c").collectList().block()).isEqualTo(List.of(3, 0));
    assertThat(numbers.flux("c").collectList().block()).isEqualTo(List.of(3, 0));
  }

  @Test
  void annotationsOfTheStandardWork() {
    assertThat(numbers.standard("a")).isEqualTo(numbers.standard("a")).isEqualTo(1);
    numbers.standardRemove("a");
    assertThat(numbers.standard("a")).isEqualTo(2);
  }
}
