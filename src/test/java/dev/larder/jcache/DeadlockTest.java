package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.DeadlockException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import javax.cache.Cache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * User code that waits in a circle, each for a key that the next one holds: one of them is refused
 * with a {@code DeadlockException}, the others get what they wait for.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES) // only a net
class DeadlockTest {
  @RegisterExtension final Caches caches = new Caches();
  private final UserCode userCode = new UserCode(caches);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await(1, TimeUnit.MINUTES);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Of these tasks, run at once, all must end, and all but one without a failure. */
  private void assertOneIsRefused(Runnable... tasks) {
    List<Future<?>> running = Stream.of(tasks).<Future<?>>map(threads::submit).toList();
    List<Throwable> failures = new ArrayList<>();
    for (Future<?> task : running) {
      Throwable failure = UserCode.result(task);
      if (failure != null) {
        failures.add(failure);
      }
    }
    assertThat(failures).hasSize(1);
    assertThat(failures.get(0)).hasRootCauseInstanceOf(DeadlockException.class);
    assertThat(failures.get(0)).rootCause().hasMessageContaining("would never end");
  }

  @ParameterizedTest
  @EnumSource(names = {"PROCESSOR", "LOADER", "WRITER", "LISTENER"})
  void oneOfTwoThatCrossIsRefused(UserCode.Role role) {
    Cache<String, String> cache = userCode.cache(role);
    CyclicBarrier both = new CyclicBarrier(2);
    userCode.inside =
        key -> {
          meet(both);
          userCode.provoke(cache, role, key.equals("a") ? "b" : "a");
        };

    assertOneIsRefused(
        () -> userCode.provoke(cache, role, "a"), () -> userCode.provoke(cache, role, "b"));

    userCode.inside = key -> {};
    cache.put("a", "2");
    cache.put("b", "2");
    assertThat(cache.getAll(Set.of("a", "b"))).hasSize(2);
  }

  @Test
  void everyChangeIsToldThoughItsListenersCrossed() {
    Cache<String, String> cache = userCode.cache(UserCode.Role.LISTENER);
    CyclicBarrier both = new CyclicBarrier(2);
    userCode.inside =
        key -> {
          meet(both);
          cache.put(key.equals("a") ? "b" : "a", "2");
        };

    assertOneIsRefused(() -> cache.put("a", "1"), () -> cache.put("b", "1"));

    assertThat(userCode.journal.take())
        .containsExactlyInAnyOrder("CREATED a=1", "CREATED b=1", "UPDATED a=1>2", "UPDATED b=1>2");
  }

  @Test
  void oneOfThreeInARingIsRefused() {
    Cache<String, String> cache = userCode.cache(UserCode.Role.PROCESSOR);
    CyclicBarrier all = new CyclicBarrier(3);
    userCode.inside =
        key -> {
          meet(all);
          cache.put(Map.of("a", "b", "b", "c", "c", "a").get(key), "2");
        };

    assertOneIsRefused(
        () -> userCode.provoke(cache, UserCode.Role.PROCESSOR, "a"),
        () -> userCode.provoke(cache, UserCode.Role.PROCESSOR, "b"),
        () -> userCode.provoke(cache, UserCode.Role.PROCESSOR, "c"));
  }

  @Test
  void processorAndListenerThatCrossAreACircle() {
    Cache<String, String> cache = userCode.cache(UserCode.Role.LISTENER);
    CyclicBarrier both = new CyclicBarrier(2);
    userCode.inside =
        key -> {
          if (key.equals("b")) {
            meet(both);
            cache.put("a", "2");
          }
        };

    assertOneIsRefused(
        () ->
            cache.invoke(
                "a",
                (entry, arguments) -> {
                  meet(both);
                  cache.put("b", "2");
                  return null;
                }),
        () -> cache.put("b", "1"));
  }

  @Test
  void circleThroughTwoCachesIsRefused() {
    Cache<String, String> one = userCode.cache(UserCode.Role.PROCESSOR);
    Cache<String, String> other = userCode.cache(UserCode.Role.PROCESSOR);
    CyclicBarrier both = new CyclicBarrier(2);

    assertOneIsRefused(
        () ->
            one.invoke(
                "k",
                (entry, arguments) -> {
                  meet(both);
                  other.put("k", "2");
                  return null;
                }),
        () ->
            other.invoke(
                "k",
                (entry, arguments) -> {
                  meet(both);
                  one.put("k", "2");
                  return null;
                }));
  }

  @Test
  void waitThatEndsIsNoCircle() {
    Cache<String, String> cache = userCode.cache(UserCode.Role.PROCESSOR);
    cache.put("a", "1");
    cache.put("b", "1");
    List<Future<?>> waiting = new ArrayList<>();

    cache.invoke(
        "a",
        (entry, arguments) -> {
          AtomicReference<Thread> waiter = new AtomicReference<>();
          waiting.add(
              threads.submit(
                  () -> {
                    waiter.set(Thread.currentThread());
                    return cache.invoke(
                        "b",
                        (e, x) -> {
                          cache.put("a", "2");
                          return null;
                        });
                  }));
          await()
              .until(() -> waiter.get() != null && waiter.get().getState() == Thread.State.WAITING);
          entry.setValue("3");
          return null;
        });

    assertThat(UserCode.result(waiting.get(0))).isNull();
    assertThat(cache.get("a")).isEqualTo("2");
  }

  @Test
  void messageNamesBothKeys() {
    Cache<String, String> cache = userCode.cache(UserCode.Role.PROCESSOR);
    CyclicBarrier both = new CyclicBarrier(2);
    userCode.inside =
        key -> {
          meet(both);
          cache.put(key.equals("a") ? "b" : "a", "2");
        };
    Future<?> a = threads.submit(() -> userCode.provoke(cache, UserCode.Role.PROCESSOR, "a"));
    Future<?> b = threads.submit(() -> userCode.provoke(cache, UserCode.Role.PROCESSOR, "b"));

    Throwable failure =
        Stream.of(UserCode.result(a), UserCode.result(b)).filter(f -> f != null).findAny().get();

    assertThat(failure).rootCause().hasMessageContainingAll("key 'a'", "key 'b'");
  }
}
