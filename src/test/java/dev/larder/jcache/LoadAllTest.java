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
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListener;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Loading in the background.
 *
 * <p>Left open by JSR-107 and chosen here: an {@code Error} of a loader is reported as the cause of
 * a {@code CacheLoaderException}; what a completion listener throws is its thread's to deal with.
 */
class LoadAllTest {
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

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void loadAllReportsTheWrappedExceptionOnce(boolean readThrough, boolean replace) {
    IllegalStateException noDisk = new IllegalStateException("no disk");
    Cache<String, String> cache =
        caches.create(loadingBy(BatchLoader.failing(noDisk)).readThrough(readThrough));

    Completion completion = Completion.ofLoadAll(cache, Set.of("k"), replace);

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).isInstanceOf(CacheLoaderException.class).hasCause(noDisk);
  }

  @Test
  void errorOfTheLoaderIsReportedByLoadAllRatherThanLeftWithoutAnAnswer() {
    AssertionError bug = new AssertionError("bug");
    Cache<String, String> cache = caches.create(loadingBy(BatchLoader.failing(bug)));

    Completion completion = Completion.ofLoadAll(cache, Set.of("k"), false);

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).hasCause(bug);
  }

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

    assertThat(Completion.ofLoadAll(loading, Set.of(), true).calls).containsExactly("completed");
    assertThat(Completion.ofLoadAll(bare, Set.of("k"), true).calls).containsExactly("completed");
    assertThat(journal.take()).isEmpty();
  }

  @Test
  void loadAllNeedsNoCompletionListener() {
    Cache<String, String> cache = caches.create(loadingBy(journal.loader()));
    Cache<String, String> failing =
        caches.create(loadingBy(BatchLoader.failing(new RuntimeException())));

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

    Completion completion = Completion.ofLoadAll(cache, keys, false);
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
                    BatchLoader.of(
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

    Completion.ofLoadAll(cache, new LinkedHashSet<>(List.of("a", "b")), false);

    assertThat(journal.take()).containsExactly("loadAll [b]", "C", "CREATED b=loaded b");
    assertThat(Caches.peek(cache, "a")).isEqualTo("1");
  }

  @Test
  void valuePutDuringTheLoadIsKept() {
    Map<String, Cache<String, String>> self = new HashMap<>();
    Cache<String, String> cache =
        caches.create(
            loadingBy(
                BatchLoader.of(
                    keys -> {
                      self.get("cache").put("k", "put");
                      return Map.of("k", "loaded");
                    })));
    self.put("cache", cache);

    Completion.ofLoadAll(cache, Set.of("k"), false);
    assertThat(cache.get("k")).isEqualTo("put");

    cache.remove("k");
    assertThat(cache.getAll(Set.of("k"))).isEqualTo(Map.of("k", "put"));

    Completion.ofLoadAll(cache, Set.of("k"), true);
    assertThat(cache.get("k")).isEqualTo("loaded");
  }

  @Test
  void loadAllOfACacheClosedMeanwhileReportsAFailure() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    Cache<String, String> cache =
        caches.create(loadingBy(journal.loader()).executor(() -> tasks::add));
    Completion completion = Completion.ofLoadAll(cache, new HashSet<>(Set.of("k")), false);

    cache.close();
    tasks.remove().run();

    assertThat(completion.calls).containsExactly("failed");
    assertThat(completion.failure).hasRootCauseInstanceOf(IllegalStateException.class);
  }
}
