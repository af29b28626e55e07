package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.larder.DeadlockException;
import dev.larder.LarderConfiguration;
import java.util.ArrayList;
import java.util.Collection;
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
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * User code that uses the cache it is called by: an entry processor, loader, writer, synchronous
 * listener or policy may do anything with other keys and may read its own; writing its own key, or
 * waiting in a circle, is refused with a {@code DeadlockException}, and nothing ever hangs.
 *
 * <p>Left open by JSR-107 and chosen here: batch writers and asynchronous listeners are called
 * without any lock, and may write the very keys they are told of.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES) // only a net
class ReentryTest {
  @RegisterExtension final Caches caches = new Caches();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Journal journal = new Journal();

  /** What is called, with the key, where user code is; the outermost call of a thread only. */
  private volatile Consumer<String> inside = key -> {};

  private final ThreadLocal<Boolean> within = ThreadLocal.withInitial(() -> false);

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
  }

  private void enter(String key) {
    if (!within.get()) {
      within.set(true);
      try {
        inside.accept(key);
      } finally {
        within.set(false);
      }
    }
  }

  /** Where user code is called. */
  enum Role {
    PROCESSOR,
    LOADER,
    WRITER,
    LISTENER,
    POLICY
  }

  /** A cache whose user code of that role enters {@link #inside}. */
  private Cache<String, String> cache(Role role) {
    LarderConfiguration.Builder<String, String> settings =
        caches.settings().executor(() -> Runnable::run);
    switch (role) {
      case PROCESSOR -> {}
      case LOADER -> settings.loader(EnteringLoader::new).readThrough(true);
      case WRITER -> settings.writer(EnteringWriter::new).writeThrough(true);
      case LISTENER -> settings.listener(new EnteringListener().configuration());
      case POLICY -> settings.expiry(EnteringPolicy::new);
    }
    return caches.create(settings);
  }

  /** An operation on the key that calls user code of that role. */
  private void provoke(Cache<String, String> cache, Role role, String key) {
    switch (role) {
      case PROCESSOR ->
          cache.invoke(
              key,
              (entry, arguments) -> {
                enter(key);
                entry.setValue("1");
                return null;
              });
      case LOADER -> cache.get(key);
      case WRITER, LISTENER, POLICY -> cache.put(key, "1");
    }
  }

  private final class EnteringLoader extends Journal.Loader {
    EnteringLoader() {
      super(journal);
    }

    @Override
    public String load(String key) {
      enter(key);
      return "1";
    }
  }

  private final class EnteringWriter extends Journal.Writer {
    EnteringWriter() {
      super(journal);
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      enter(entry.getKey());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      entries.forEach(entry -> enter(entry.getKey()));
    }
  }

  private final class EnteringListener extends Journal.Listener<String, String> {
    EnteringListener() {
      super(journal);
    }

    CacheEntryListenerConfiguration<String, String> configuration() {
      return new MutableCacheEntryListenerConfiguration<>(() -> this, null, true, true);
    }

    @Override
    void on(CacheEntryEvent<? extends String, ? extends String> event) {
      super.on(event);
      if (event.getEventType() == EventType.CREATED) {
        enter(event.getKey());
      }
    }
  }

  private final class EnteringPolicy extends Journal.Policy {
    EnteringPolicy() {
      super(journal, Duration.ETERNAL, null, null);
    }

    @Override
    public Duration getExpiryForCreation() {
      enter("k");
      return super.getExpiryForCreation();
    }
  }

  // ----------------------------------------------------------------------------- the same key

  // spotless:off
  @ParameterizedTest(name = "{1} in a {0}")
  @CsvSource({
      "PROCESSOR, put",  "PROCESSOR, putAll", "PROCESSOR, putIfAbsent", "PROCESSOR, getAndPut",
      "PROCESSOR, remove", "PROCESSOR, replace", "PROCESSOR, replace if 9", "PROCESSOR, clear",
      "PROCESSOR, removeAll", "PROCESSOR, invoke nothing", "PROCESSOR, iterator.remove",
      "PROCESSOR, SET", "PROCESSOR, EXPIRE", "PROCESSOR, PERSIST", "PROCESSOR, DEL", "PROCESSOR, INCR",
      "LOADER, get",     "LOADER, put",   "LOADER, remove",   "LOADER, replace",   "LOADER, INCR",
      "WRITER, put",     "WRITER, remove", "WRITER, invoke nothing", "WRITER, EXPIRE",
      "LISTENER, put",   "LISTENER, remove", "LISTENER, clear", "LISTENER, invoke nothing", "LISTENER, INCR",
      "POLICY, put",     "POLICY, remove", "POLICY, SET"})
  // spotless:on
  void writingTheKeyThatOneIsCalledForIsRefused(Role role, String operation) {
    Cache<String, String> cache = cache(role);
    if (role == Role.PROCESSOR) {
      cache.put("k", "0");
    }
    List<Throwable> refused = new ArrayList<>();
    inside = key -> refused.add(catchThrowable(() -> Operations.named(operation).on(cache)));

    provoke(cache, role, "k");

    assertThat(refused).hasSize(1);
    assertThat(refused.get(0))
        .isInstanceOf(CacheException.class)
        .hasStackTraceContaining(DeadlockException.class.getName())
        .hasStackTraceContaining("key 'k' is being worked on by this very thread");
    inside = key -> {};
    assertThat(cache.get("k")).isEqualTo("1"); // user code that caught it could go on
    cache.put("k", "2");
    assertThat(cache.get("k")).isEqualTo("2");
  }

  @ParameterizedTest
  @EnumSource
  void refusalIsTheCauseOfWhatTheOuterOperationThrows(Role role) {
    Cache<String, String> cache = cache(role);
    inside = key -> cache.put(key, "inner");

    Throwable failure = catchThrowable(() -> provoke(cache, role, "k"));

    inside = key -> {};
    if (role == Role.POLICY) { // whose exceptions mean "the default"
      assertThat(failure).isNull();
    } else {
      assertThat(failure)
          .isInstanceOf(CacheException.class)
          .hasRootCauseInstanceOf(DeadlockException.class);
    }
    boolean done = role == Role.LISTENER || role == Role.POLICY;
    assertThat(Caches.peek(cache, "k")).isEqualTo(done ? "1" : null);
    cache.put("k", "2"); // nobody holds it any more
  }

  @ParameterizedTest
  @EnumSource(names = {"PROCESSOR", "WRITER", "LISTENER", "POLICY"})
  void readingTheKeyThatOneIsCalledForWorks(Role role) {
    Cache<String, String> cache = cache(role);
    List<Object> read = new ArrayList<>();
    inside =
        key -> {
          for (String operation : List.of("get", "getAll", "containsKey", "iterate", "TTL")) {
            read.add(Operations.named(operation).on(cache));
          }
        };

    provoke(cache, role, "k");

    assertThat(read)
        .isEqualTo(
            role == Role.LISTENER // is called afterwards, the others before
                ? List.of("1", "{k=1}", "true", "[k=1]", "-1")
                : List.of("-", "{}", "false", "[]", "-2"));
  }

  @ParameterizedTest
  @EnumSource
  void readingAndWritingOtherKeysWorks(Role role) {
    Cache<String, String> cache = cache(role);
    inside =
        key -> {
          cache.put("other", "x");
          cache.put("gone", "x");
          cache.remove("gone");
          cache.invoke("other", (entry, arguments) -> cache.get("third"));
        };

    provoke(cache, role, "k");

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(cache.get("other")).isEqualTo("x");
    assertThat(cache.containsKey("gone")).isFalse();
  }

  @Test
  void batchWriterAndAsynchronousListenerMayWriteTheirKeys() {
    Cache<String, String> written = cache(Role.WRITER);
    inside = key -> written.put(key, "by the writer");
    written.putAll(Map.of("k", "1"));
    assertThat(written.get("k")).isEqualTo("1"); // which came after it

    EnteringListener listener = new EnteringListener();
    Cache<String, String> told =
        caches.create(
            caches
                .settings()
                .executor(() -> threads)
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> listener, null, true, false)));
    inside = key -> told.put(key, "by the listener");
    told.put("k", "1");
    await().untilAsserted(() -> assertThat(told.get("k")).isEqualTo("by the listener"));
  }

  @Test
  void listenerThatFindsItsKeyExpiredIsNotRefusedAndTheExpiryIsToldAfterwards() {
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .expiry(CreatedExpiryPolicy.factoryOf(Duration.ONE_MINUTE))
                .listener(new EnteringListener().configuration()));
    List<String> read = new ArrayList<>();
    inside =
        key -> {
          caches.clock.advanceSeconds(60);
          read.add(cache.get(key));
        };

    cache.put("k", "1");

    assertThat(read.get(0)).isNull();
    assertThat(journal.take()).containsExactly("CREATED k=1", "EXPIRED k=1");
  }

  // ------------------------------------------------------------------- other keys, other threads

  /** Keys that all look the same to a hash table. */
  private record Colliding(int n) {
    @Override
    public int hashCode() {
      return 42;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void keyInAProcessorKeepsNobodyFromOtherKeysEvenOfTheSameHash(boolean colliding)
      throws Exception {
    Cache<Object, Integer> cache = caches.create(caches.settings(Object.class, Integer.class));
    Object busy = colliding ? new Colliding(0) : 0;
    cache.put(busy, 0);

    cache.invoke(
        busy,
        (entry, arguments) -> {
          Future<?> others =
              threads.submit(
                  () -> {
                    for (int n = 1; n <= 200; n++) { // the table grows, a bucket is flooded
                      Object key = colliding ? new Colliding(n) : n;
                      cache.put(key, n);
                      cache.invoke(key, (e, a) -> e.getValue());
                      if (n % 2 == 0) {
                        cache.remove(key);
                      }
                    }
                    assertThat(cache.get(busy)).isZero();
                    assertThat(cache).hasSize(101);
                  });
          assertThat(result(others)).isNull();
          entry.setValue(-1);
          return null;
        });

    assertThat(cache.get(busy)).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource
  void keyInUserCodeKeepsNobodyFromOtherKeys(Role role) {
    Cache<String, String> cache = cache(role);
    inside =
        key -> {
          Future<?> other =
              threads.submit(
                  () -> {
                    within.set(true);
                    provoke(cache, role, "other");
                    cache.put("third", "1");
                    cache.remove("third");
                  });
          assertThat(result(other)).isNull();
        };

    provoke(cache, role, "k");

    assertThat(cache.getAll(Set.of("k", "other"))).hasSize(2);
  }

  // -------------------------------------------------------------------------------------- circles

  /** What a task threw, or null. */
  private static Throwable result(Future<?> task) {
    return catchThrowable(() -> task.get(1, TimeUnit.MINUTES));
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
      Throwable failure = result(task);
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
  void oneOfTwoThatCrossIsRefused(Role role) {
    Cache<String, String> cache = cache(role);
    CyclicBarrier both = new CyclicBarrier(2);
    inside =
        key -> {
          meet(both);
          provoke(cache, role, key.equals("a") ? "b" : "a");
        };

    assertOneIsRefused(() -> provoke(cache, role, "a"), () -> provoke(cache, role, "b"));

    inside = key -> {};
    cache.put("a", "2");
    cache.put("b", "2");
    assertThat(cache.getAll(Set.of("a", "b"))).hasSize(2);
  }

  @Test
  void everyChangeIsToldThoughItsListenersCrossed() {
    Cache<String, String> cache = cache(Role.LISTENER);
    CyclicBarrier both = new CyclicBarrier(2);
    inside =
        key -> {
          meet(both);
          cache.put(key.equals("a") ? "b" : "a", "2");
        };

    assertOneIsRefused(() -> cache.put("a", "1"), () -> cache.put("b", "1"));

    assertThat(journal.take())
        .containsExactlyInAnyOrder("CREATED a=1", "CREATED b=1", "UPDATED a=1>2", "UPDATED b=1>2");
  }

  @Test
  void oneOfThreeInARingIsRefused() {
    Cache<String, String> cache = cache(Role.PROCESSOR);
    CyclicBarrier all = new CyclicBarrier(3);
    inside =
        key -> {
          meet(all);
          cache.put(Map.of("a", "b", "b", "c", "c", "a").get(key), "2");
        };

    assertOneIsRefused(
        () -> provoke(cache, Role.PROCESSOR, "a"),
        () -> provoke(cache, Role.PROCESSOR, "b"),
        () -> provoke(cache, Role.PROCESSOR, "c"));
  }

  @Test
  void processorAndListenerThatCrossAreACircle() {
    Cache<String, String> cache = cache(Role.LISTENER);
    CyclicBarrier both = new CyclicBarrier(2);
    inside =
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
    Cache<String, String> one = cache(Role.PROCESSOR);
    Cache<String, String> other = cache(Role.PROCESSOR);
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
    Cache<String, String> cache = cache(Role.PROCESSOR);
    cache.put("a", "1");
    cache.put("b", "1");
    List<Future<?>> waiting = new ArrayList<>();

    cache.invoke(
        "a",
        (entry, arguments) -> {
          Thread[] waiter = new Thread[1];
          waiting.add(
              threads.submit(
                  () -> {
                    waiter[0] = Thread.currentThread();
                    return cache.invoke(
                        "b",
                        (e, x) -> {
                          cache.put("a", "2");
                          return null;
                        });
                  }));
          await().until(() -> waiter[0] != null && waiter[0].getState() == Thread.State.WAITING);
          entry.setValue("3");
          return null;
        });

    assertThat(result(waiting.get(0))).isNull();
    assertThat(cache.get("a")).isEqualTo("2");
  }

  @Test
  void messageNamesBothKeys() {
    Cache<String, String> cache = cache(Role.PROCESSOR);
    CyclicBarrier both = new CyclicBarrier(2);
    inside =
        key -> {
          meet(both);
          cache.put(key.equals("a") ? "b" : "a", "2");
        };
    Future<?> a = threads.submit(() -> provoke(cache, Role.PROCESSOR, "a"));
    Future<?> b = threads.submit(() -> provoke(cache, Role.PROCESSOR, "b"));

    Throwable failure = Stream.of(result(a), result(b)).filter(f -> f != null).findAny().get();

    assertThat(failure).rootCause().hasMessageContainingAll("key 'a'", "key 'b'");
  }
}
