package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loaders, asked by readers. Those asked by {@code loadAll} are {@link LoadAllTest}'s.
 *
 * <p>Left open by JSR-107 and chosen here: values for keys that were not asked for are dropped; a
 * loader that gives a value which then has no lifetime has its value returned all the same; an
 * {@code Error} of a loader reaches a reader as it is, and a {@code CompletionListener} as the
 * cause.
 */
class LoaderTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private LarderConfiguration.Builder<String, String> loadingBy(
      CacheLoader<String, String> loader) {
    return caches
        .settings()
        .loader(() -> loader)
        .readThrough(true)
        .executor(() -> Runnable::run)
        .listener(journal.listener());
  }

  // ---------------------------------------------------------------------------- what it throws

  @Test
  void exceptionOfTheLoaderIsWrappedOnceForAReader() {
    IllegalStateException noDisk = new IllegalStateException("no disk");
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.failing(noDisk)));

    assertThatThrownBy(() -> cache.get("k"))
        .isInstanceOf(CacheLoaderException.class)
        .hasCause(noDisk);
    assertThatThrownBy(() -> cache.getAll(Set.of("k")))
        .isInstanceOf(CacheLoaderException.class)
        .hasCause(noDisk);
    assertThatThrownBy(() -> cache.invoke("k", (entry, arguments) -> entry.getValue()))
        .cause()
        .isInstanceOf(CacheLoaderException.class)
        .hasCause(noDisk);
  }

  @Test
  void loaderExceptionIsPassedAsItIs() {
    CacheLoaderException noDisk = new CacheLoaderException("no disk");
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.failing(noDisk)));

    assertThatThrownBy(() -> cache.get("k")).isSameAs(noDisk);
    assertThatThrownBy(() -> cache.getAll(Set.of("k"))).isSameAs(noDisk);
    assertThat(Completion.ofLoadAll(cache, Set.of("k"), false).failure).isSameAs(noDisk);
  }

  @Test
  void errorOfTheLoaderReachesTheReaderAndFreesTheKey() {
    AssertionError bug = new AssertionError("bug");
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.failing(bug)));

    assertThatThrownBy(() -> cache.get("k")).isSameAs(bug);

    cache.put("k", "1");
    assertThat(cache.get("k")).isEqualTo("1");
  }

  // --------------------------------------------------------------------------- what it returns

  @Test
  void nullFromTheLoaderIsAMissAndStoresNothing() {
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.of(keys -> new HashMap<>())));

    assertThat(cache.get("k")).isNull();
    assertThat(cache.getAll(Set.of("k"))).isEmpty();
    assertThat(cache.<String>invoke("k", (entry, arguments) -> entry.getValue())).isNull();

    assertThat(Caches.counts(cache)).isEqualTo("3m");
    assertThat(cache.containsKey("k")).isFalse();
    assertThat(journal.take()).isEmpty();
  }

  @Test
  void nullValuesInABatchAreSkipped() {
    Map<String, String> batch = new HashMap<>(Map.of("a", "1"));
    batch.put("b", null);
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.of(keys -> batch)));

    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    assertThat(Completion.ofLoadAll(cache, Set.of("a", "b"), true).calls)
        .containsExactly("completed");
    assertThat(cache.containsKey("b")).isFalse();
  }

  @Test
  void nullInPlaceOfABatchIsReportedAsAFailure() {
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.of(keys -> null)));

    assertThatThrownBy(() -> cache.getAll(Set.of("k")))
        .isInstanceOf(CacheLoaderException.class)
        .hasMessageContaining("returned null from loadAll");
    Completion completion = Completion.ofLoadAll(cache, Set.of("k"), false);
    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).isInstanceOf(CacheLoaderException.class);
  }

  @Test
  void immutableMapWillDoAndKeysNobodyAskedForAreDropped() {
    Map<String, String> batch = Map.of("a", "1", "more", "2");
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.of(keys -> batch)));

    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    assertThat(Completion.ofLoadAll(cache, Set.of("a", "b"), true).calls)
        .containsExactly("completed");

    assertThat(cache.containsKey("more")).isFalse();
    assertThat(cache.containsKey("b")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "getAll", "invoke getValue", "GET"})
  void loadedValueWithoutLifetimeIsReturnedAndNotKept(String operation) {
    Cache<String, String> cache =
        caches.create(
            loadingBy(journal.loader()).expiry(() -> journal.policy(Duration.ZERO, null, null)));

    assertThat(Operations.named(operation).on(cache)).contains("loaded k");

    assertThat(cache.containsKey("k")).isFalse();
    assertThat(journal.take()).noneMatch(line -> line.startsWith("CREATED"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "getAll", "invoke"})
  void loadedValueOfAnotherTypeIsRefused(String operation) {
    @SuppressWarnings("unchecked") // a loader that is not what it says
    CacheLoader<String, String> liar =
        (CacheLoader<String, String>)
            (CacheLoader<?, ?>)
                new CacheLoader<String, Integer>() {
                  @Override
                  public Integer load(String key) {
                    return 1;
                  }

                  @Override
                  public Map<String, Integer> loadAll(Iterable<? extends String> keys) {
                    return Map.of("k", 1);
                  }
                };
    Cache<String, String> cache = caches.create(loadingBy(liar));

    assertThatThrownBy(
            () -> {
              switch (operation) {
                case "get" -> cache.get("k");
                case "getAll" -> cache.getAll(Set.of("k"));
                default -> cache.<Object>invoke("k", (entry, arguments) -> entry.getValue());
              }
            })
        .hasStackTraceContaining("has values of java.lang.String, this is a java.lang.Integer");
    assertThat(cache.containsKey("k")).isFalse();
  }
}
