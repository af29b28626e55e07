package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.larder.DeadlockException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
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
 * listener or policy may do anything with other keys and may read its own; writing its own key is
 * refused with a {@code DeadlockException}. Those who wait in a circle are {@link DeadlockTest}'s.
 *
 * <p>Left open by JSR-107 and chosen here: batch writers and asynchronous listeners are called
 * without any lock, and may write the very keys they are told of.
 */
@Timeout(value = 2, unit = TimeUnit.MINUTES) // only a net
class ReentryTest {
  @RegisterExtension final Caches caches = new Caches();
  private final UserCode userCode = new UserCode(caches);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() {
    threads.shutdownNow();
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
  void writingTheKeyThatOneIsCalledForIsRefused(UserCode.Role role, String operation) {
    Cache<String, String> cache = userCode.cache(role);
    if (role == UserCode.Role.PROCESSOR) {
      cache.put("k", "0");
    }
    List<Throwable> refused = new ArrayList<>();
    userCode.inside =
        key -> refused.add(catchThrowable(() -> Operations.named(operation).on(cache)));

    userCode.provoke(cache, role, "k");

    assertThat(refused).hasSize(1);
    assertThat(refused.get(0))
        .isInstanceOf(CacheException.class)
        .hasStackTraceContaining(DeadlockException.class.getName())
        .hasStackTraceContaining("key 'k' is being worked on by this very thread");
    userCode.inside = key -> {};
    assertThat(cache.get("k")).isEqualTo("1"); // user code that caught it could go on
    cache.put("k", "2");
    assertThat(cache.get("k")).isEqualTo("2");
  }

  @ParameterizedTest
  @EnumSource
  void refusalIsTheCauseOfWhatTheOuterOperationThrows(UserCode.Role role) {
    Cache<String, String> cache = userCode.cache(role);
    userCode.inside = key -> cache.put(key, "inner");

    Throwable failure = catchThrowable(() -> userCode.provoke(cache, role, "k"));

    userCode.inside = key -> {};
    if (role == UserCode.Role.POLICY) { // whose exceptions mean "the default"
      assertThat(failure).isNull();
    } else {
      assertThat(failure)
          .isInstanceOf(CacheException.class)
          .hasRootCauseInstanceOf(DeadlockException.class);
    }
    boolean done = role == UserCode.Role.LISTENER || role == UserCode.Role.POLICY;
    assertThat(Caches.peek(cache, "k")).isEqualTo(done ? "1" : null);
    cache.put("k", "2"); // nobody holds it any more
  }

  @ParameterizedTest
  @EnumSource(names = {"PROCESSOR", "WRITER", "LISTENER", "POLICY"})
  void readingTheKeyThatOneIsCalledForWorks(UserCode.Role role) {
    Cache<String, String> cache = userCode.cache(role);
    List<Object> read = new ArrayList<>();
    userCode.inside =
        key -> {
          for (String operation : List.of("get", "getAll", "containsKey", "iterate", "TTL")) {
            read.add(Operations.named(operation).on(cache));
          }
        };

    userCode.provoke(cache, role, "k");

    assertThat(read)
        .isEqualTo(
            role == UserCode.Role.LISTENER // is called afterwards, the others before
                ? List.of("1", "{k=1}", "true", "[k=1]", "-1")
                : List.of("-", "{}", "false", "[]", "-2"));
  }

  @ParameterizedTest
  @EnumSource
  void readingAndWritingOtherKeysWorks(UserCode.Role role) {
    Cache<String, String> cache = userCode.cache(role);
    userCode.inside =
        key -> {
          cache.put("other", "x");
          cache.put("gone", "x");
          cache.remove("gone");
          cache.invoke("other", (entry, arguments) -> cache.get("third"));
        };

    userCode.provoke(cache, role, "k");

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(cache.get("other")).isEqualTo("x");
    assertThat(cache.containsKey("gone")).isFalse();
  }

  @Test
  void batchWriterAndAsynchronousListenerMayWriteTheirKeys() {
    Cache<String, String> written = userCode.cache(UserCode.Role.WRITER);
    userCode.inside = key -> written.put(key, "by the writer");
    written.putAll(Map.of("k", "1"));
    assertThat(written.get("k")).isEqualTo("1"); // which came after it

    UserCode.EnteringListener listener = userCode.new EnteringListener();
    Cache<String, String> told =
        caches.create(
            caches
                .settings()
                .executor(() -> threads)
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> listener, null, true, false)));
    userCode.inside = key -> told.put(key, "by the listener");
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
                .listener(userCode.new EnteringListener().configuration()));
    List<String> read = new ArrayList<>();
    userCode.inside =
        key -> {
          caches.clock.advanceSeconds(60);
          read.add(cache.get(key));
        };

    cache.put("k", "1");

    assertThat(read.get(0)).isNull();
    assertThat(userCode.journal.take()).containsExactly("CREATED k=1", "EXPIRED k=1");
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
          assertThat(UserCode.result(others)).isNull();
          entry.setValue(-1);
          return null;
        });

    assertThat(cache.get(busy)).isEqualTo(-1);
  }

  @ParameterizedTest
  @EnumSource
  void keyInUserCodeKeepsNobodyFromOtherKeys(UserCode.Role role) {
    Cache<String, String> cache = userCode.cache(role);
    userCode.inside =
        key -> {
          Future<?> other =
              threads.submit(
                  () -> {
                    userCode.within.set(true);
                    userCode.provoke(cache, role, "other");
                    cache.put("third", "1");
                    cache.remove("third");
                  });
          assertThat(UserCode.result(other)).isNull();
        };

    userCode.provoke(cache, role, "k");

    assertThat(cache.getAll(Set.of("k", "other"))).hasSize(2);
  }
}
