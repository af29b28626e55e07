package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loaders: read-through and {@code loadAll}.
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

  /** A loader of the batches that the function makes; single values are the batch's. */
  private static CacheLoader<String, String> loader(
      Function<Iterable<? extends String>, Map<String, String>> batch) {
    return new CacheLoader<>() {
      @Override
      public String load(String key) {
        return batch.apply(List.of(key)).get(key);
      }

      @Override
      public Map<String, String> loadAll(Iterable<? extends String> keys) {
        return batch.apply(keys);
      }
    };
  }

  private static CacheLoader<String, String> failing(Throwable failure) {
    return loader(
        keys -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        });
  }

  /** Notes each call: {@code completed}, or {@code failed} and the exception. */
  private static class Completion implements CompletionListener {
    final List<String> calls = new ArrayList<>();
    Exception failure;

    @Override
    public void onCompletion() {
      calls.add("completed");
    }

    @Override
    public void onException(Exception e) {
      calls.add("failed");
      failure = e;
    }
  }

  private static Completion loadAll(
      Cache<String, String> cache, Set<String> keys, boolean replace) {
    Completion completion = new Completion();
    cache.loadAll(keys, replace, completion);
    return completion;
  }

  // ---------------------------------------------------------------------------- what it throws

  @Test
  void exceptionOfTheLoaderIsWrappedOnceForAReader() {
    IllegalStateException noDisk = new IllegalStateException("no disk");
    Cache<String, String> cache = caches.create(loadingBy(failing(noDisk)));

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
    Cache<String, String> cache = caches.create(loadingBy(failing(noDisk)));

    assertThatThrownBy(() -> cache.get("k")).isSameAs(noDisk);
    assertThatThrownBy(() -> cache.getAll(Set.of("k"))).isSameAs(noDisk);
    assertThat(loadAll(cache, Set.of("k"), false).failure).isSameAs(noDisk);
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void loadAllReportsTheWrappedExceptionOnce(boolean readThrough, boolean replace) {
    IllegalStateException noDisk = new IllegalStateException("no disk");
    Cache<String, String> cache =
        caches.create(loadingBy(failing(noDisk)).readThrough(readThrough));

    Completion completion = loadAll(cache, Set.of("k"), replace);

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).isInstanceOf(CacheLoaderException.class).hasCause(noDisk);
  }

  @Test
  void errorOfTheLoaderReachesTheReaderAndFreesTheKey() {
    AssertionError bug = new AssertionError("bug");
    Cache<String, String> cache = caches.create(loadingBy(failing(bug)));

    assertThatThrownBy(() -> cache.get("k")).isSameAs(bug);

    cache.put("k", "1");
    assertThat(cache.get("k")).isEqualTo("1");
  }

  @Test
  void errorOfTheLoaderIsReportedByLoadAllRatherThanLeftWithoutAnAnswer() {
    AssertionError bug = new AssertionError("bug");
    Cache<String, String> cache = caches.create(loadingBy(failing(bug)));

    Completion completion = loadAll(cache, Set.of("k"), false);

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).hasCause(bug);
  }

  // --------------------------------------------------------------------------- what it returns

  @Test
  void nullFromTheLoaderIsAMissAndStoresNothing() {
    Cache<String, String> cache = caches.create(loadingBy(loader(keys -> new HashMap<>())));

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
    Cache<String, String> cache = caches.create(loadingBy(loader(keys -> batch)));

    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    assertThat(loadAll(cache, Set.of("a", "b"), true).calls).containsExactly("completed");
    assertThat(cache.containsKey("b")).isFalse();
  }

  @Test
  void nullInPlaceOfABatchIsReportedAsAFailure() {
    Cache<String, String> cache = caches.create(loadingBy(loader(keys -> null)));

    assertThatThrownBy(() -> cache.getAll(Set.of("k")))
        .isInstanceOf(CacheLoaderException.class)
        .hasMessageContaining("returned null from loadAll");
    Completion completion = loadAll(cache, Set.of("k"), false);
    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).isInstanceOf(CacheLoaderException.class);
  }

  @Test
  void immutableMapWillDoAndKeysNobodyAskedForAreDropped() {
    Map<String, String> batch = Map.of("a", "1", "more", "2");
    Cache<String, String> cache = caches.create(loadingBy(loader(keys -> batch)));

    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "1"));
    assertThat(loadAll(cache, Set.of("a", "b"), true).calls).containsExactly("completed");

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

  // ------------------------------------------------------------------------------------ loadAll

  @Test
  void loadAllRefusesNullsAtOnceEvenWithoutALoader() {
    Cache<String, String> cache = caches.create();
    Completion completion = new Completion();

    assertThatThrownBy(() -> cache.loadAll(null, false, completion))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.loadAll(Collections.singleton(null), false, completion))
        .isInstanceOf(NullPointerException.class);
    assertThat(completion.calls).isEmpty();
  }

  @Test
  void loadAllOfNothingOrWithoutALoaderCompletes() {
    Cache<String, String> loading = caches.create(loadingBy(journal.loader()));
    Cache<String, String> bare = caches.create(caches.settings().executor(() -> Runnable::run));

    assertThat(loadAll(loading, Set.of(), true).calls).containsExactly("completed");
    assertThat(loadAll(bare, Set.of("k"), true).calls).containsExactly("completed");
    assertThat(journal.take()).isEmpty();
  }

  @Test
  void loadAllNeedsNoCompletionListener() {
    Cache<String, String> cache = caches.create(loadingBy(journal.loader()));
    Cache<String, String> failing = caches.create(loadingBy(failing(new RuntimeException())));

    cache.loadAll(Set.of("k"), false, null);
    assertThatCode(() -> failing.loadAll(Set.of("k"), false, null)).doesNotThrowAnyException();

    assertThat(cache.containsKey("k")).isTrue();
  }

  @Test
  void completionListenerThatThrowsIsNotCalledAgainAndDoesNotFailLoadAll() {
    List<Throwable> thrown = new ArrayList<>();
    Completion throwing =
        new Completion() {
          @Override
          public void onCompletion() {
            super.onCompletion();
            throw new IllegalStateException("listener");
          }
        };
    Cache<String, String> cache =
        caches.create(
            loadingBy(journal.loader())
                .executor(
                    () ->
                        task -> {
                          try {
                            task.run();
                          } catch (RuntimeException e) {
                            thrown.add(e);
                          }
                        }));

    assertThatCode(() -> cache.loadAll(Set.of("k"), false, throwing)).doesNotThrowAnyException();

    assertThat(throwing.calls).containsExactly("completed");
    assertThat(thrown).hasSize(1);
  }

  @Test
  void loadAllReturnsBeforeItHasLoadedAndTakesTheKeysAsTheyWere() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Cache<String, String> cache =
        caches.create(loadingBy(journal.loader()).executor(() -> tasks::add));
    List<Thread> iterating = new ArrayList<>();
    Set<String> keys =
        new LinkedHashSet<>(List.of("a", "b")) {
          @Override
          public Iterator<String> iterator() {
            iterating.add(Thread.currentThread());
            return super.iterator();
          }
        };

    Completion completion = loadAll(cache, keys, false);
    keys.add("c");
    assertThat(completion.calls).isEmpty();
    CompletableFuture.runAsync(tasks.remove()).join();

    assertThat(completion.calls).containsExactly("completed");
    assertThat(iterating).containsOnly(Thread.currentThread());
    assertThat(journal.take()).first().isEqualTo("loadAll [a, b]");
  }

  @Test
  void loadAllLoadsAndCallsBackOnAThreadOfItsOwn() {
    CompletableFuture<Thread> calledBack = new CompletableFuture<>();
    CompletableFuture<Thread> loaded = new CompletableFuture<>();
    Cache<String, String> cache =
        caches.create(
            loadingBy(
                    loader(
                        keys -> {
                          loaded.complete(Thread.currentThread());
                          return Map.of("k", "1");
                        }))
                .executor(null));

    cache.loadAll(
        Set.of("k"),
        false,
        new CompletionListener() {
          @Override
          public void onCompletion() {
            calledBack.complete(Thread.currentThread());
          }

          @Override
          public void onException(Exception e) {
            calledBack.completeExceptionally(e);
          }
        });

    assertThat(calledBack.orTimeout(1, TimeUnit.MINUTES).join())
        .isNotSameAs(Thread.currentThread());
    assertThat(loaded.join()).isNotSameAs(Thread.currentThread());
    assertThat(cache.get("k")).isEqualTo("1");
  }

  @Test
  void entryThatIsThereIsNeitherLoadedNorAccessedUnlessItIsToBeReplaced() {
    Cache<String, String> cache =
        caches.create(
            loadingBy(journal.loader())
                .expiry(() -> journal.policy(Duration.ONE_DAY, null, Duration.ZERO)));
    cache.put("a", "1");
    journal.take();

    loadAll(cache, new LinkedHashSet<>(List.of("a", "b")), false);

    assertThat(journal.take()).containsExactly("loadAll [b]", "C", "CREATED b=loaded b");
    assertThat(Caches.peek(cache, "a")).isEqualTo("1");
  }

  @Test
  void valuePutDuringTheLoadIsKept() {
    Map<String, Cache<String, String>> self = new HashMap<>();
    Cache<String, String> cache =
        caches.create(
            loadingBy(
                loader(
                    keys -> {
                      self.get("cache").put("k", "put");
                      return Map.of("k", "loaded");
                    })));
    self.put("cache", cache);

    loadAll(cache, Set.of("k"), false);
    assertThat(cache.get("k")).isEqualTo("put");

    cache.remove("k");
    assertThat(cache.getAll(Set.of("k"))).isEqualTo(Map.of("k", "put"));

    loadAll(cache, Set.of("k"), true);
    assertThat(cache.get("k")).isEqualTo("loaded");
  }

  @Test
  void loadAllOfACacheClosedMeanwhileReportsAFailure() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Cache<String, String> cache =
        caches.create(loadingBy(journal.loader()).executor(() -> tasks::add));
    Completion completion = loadAll(cache, new HashSet<>(Set.of("k")), false);

    cache.close();
    tasks.remove().run();

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).hasRootCauseInstanceOf(IllegalStateException.class);
  }
}
