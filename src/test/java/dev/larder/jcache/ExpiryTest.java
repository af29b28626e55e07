package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lifetimes that a policy gives, and the edges of what it may say.
 *
 * <p>Left open by JSR-107 and chosen here: a null for a new entry is eternal; {@code putIfAbsent}
 * of an entry without a lifetime is a miss, false and no put; such an entry has no event, not even
 * EXPIRED; an {@code Error} of a policy is not taken for an answer and reaches the caller.
 */
class ExpiryTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private static Duration seconds(long amount) {
    return new Duration(TimeUnit.SECONDS, amount);
  }

  private LarderConfiguration.Builder<String, String> settings(ExpiryPolicy policy) {
    return caches
        .settings()
        .expiry(() -> policy)
        .writer(journal::writer)
        .writeThrough(true)
        .loader(journal::loader)
        .executor(() -> Runnable::run)
        .listener(journal.listener());
  }

  private Cache<String, String> cache(Duration creation, Duration update, Duration access) {
    return caches.create(settings(journal.policy(creation, update, access)));
  }

  private Cache<String, String> withEntry(Cache<String, String> cache) {
    cache.put("k", "1");
    Caches.operations(cache).statistics().clear();
    journal.take();
    return cache;
  }

  // spotless:off
  @ParameterizedTest(name = "{0}")
  @CsvSource(delimiter = '|', textBlock = """
      put                | -     | -  | write k=2, C
      putAll             | -     | -  | writeAll [k=2], C
      putIfAbsent        | false | m  | write k=2, C
      getAndPut          | -     | m  | write k=2, C
      invoke setValue    | -     | m  | write k=2, C
      loadAll            | -     | -  | loadAll [k], C
      SET                | true  | -  | write k=2, C
      SET KEEPTTL        | true  | -  | write k=2, C
      INCR               | 1     | -  | write k=1, C
      """)
  // spotless:on
  void entryWithoutLifetimeIsWrittenButNeverAdded(
      String operation, String returns, String counts, String calls) {
    Cache<String, String> cache = cache(Duration.ZERO, Duration.ETERNAL, Duration.ETERNAL);

    assertThat(Operations.named(operation).on(cache)).isEqualTo(returns);

    assertThat(journal.take()).containsExactly(calls.split(", "));
    assertThat(Caches.counts(cache)).isEqualTo(counts);
    assertThat(cache.containsKey("k")).isFalse();
    assertThat(cache.iterator()).isExhausted();
  }

  // spotless:off
  @ParameterizedTest(name = "{0}")
  @CsvSource(delimiter = '|', textBlock = """
      put                | p      | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      putAll             | p      | writeAll [k=2], U, UPDATED k=1>2, EXPIRED k=2
      getAndPut          | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      replace            | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      replace if 1       | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      getAndReplace      | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      invoke setValue    | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      invoke remove, set | h p    | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      loadAll replacing  | -      | loadAll [k], U, UPDATED k=1>loaded k, EXPIRED k=loaded k
      SET                | p      | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      INCR               | p      | write k=2, U, UPDATED k=1>2, EXPIRED k=2
      """)
  // spotless:on
  void updateToNoLifetimeIsAnUpdateAndThenAnExpiryAndNeverARemoval(
      String operation, String counts, String calls) {
    Cache<String, String> cache =
        withEntry(cache(Duration.ETERNAL, Duration.ZERO, Duration.ETERNAL));

    Operations.named(operation).on(cache);

    assertThat(journal.take()).containsExactly(calls.split(", "));
    assertThat(Caches.counts(cache)).isEqualTo(counts);
    assertThat(cache.containsKey("k")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "getAll", "iterate", "invoke getValue", "GET"})
  void lastReadReturnsTheValueWhichThenExpires(String operation) {
    Cache<String, String> cache =
        withEntry(cache(Duration.ETERNAL, Duration.ETERNAL, Duration.ZERO));

    assertThat(Operations.named(operation).on(cache)).contains("1");

    assertThat(Caches.counts(cache)).isEqualTo("h");
    assertThat(journal.take()).containsExactly("A", "EXPIRED k=1");
    assertThat(cache.get("k")).isNull();
    assertThat(journal.take()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"replace if 9", "remove if 9"})
  void comparisonThatFailsIsAReadAndMayBeTheLast(String operation) {
    Cache<String, String> cache =
        withEntry(cache(Duration.ETERNAL, Duration.ETERNAL, Duration.ZERO));

    assertThat(Operations.named(operation).on(cache)).isEqualTo("false");

    assertThat(journal.take()).containsExactly("A", "EXPIRED k=1");
    assertThat(cache.containsKey("k")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"put", "replace", "loadAll replacing", "get", "getAll", "iterate"})
  void nullForUpdateOrAccessLeavesTheDeadline(String operation) {
    Cache<String, String> cache = withEntry(cache(seconds(10), null, null));
    caches.clock.advanceSeconds(9);

    Operations.named(operation).on(cache);

    assertThat(cache.containsKey("k")).isTrue();
    caches.clock.advanceSeconds(1);
    assertThat(cache.containsKey("k")).isFalse();
  }

  @Test
  void nullForCreationIsEternal() {
    Cache<String, String> cache = withEntry(cache(null, null, null));

    assertThat(Caches.operations(cache).expiry().pttl("k")).isEqualTo(-1);
  }

  @Test
  void policyThatThrowsLeavesNewEntriesEternalAndOldOnesAsTheyAre() {
    Thrower policy = new Thrower(seconds(10), () -> new IllegalStateException("policy"));
    Cache<String, String> cache = caches.create(settings(policy));
    cache.put("old", "1");
    policy.throwing = true;

    cache.put("new", "1");
    assertThat(Caches.operations(cache).expiry().pttl("new")).isEqualTo(-1);

    caches.clock.advanceSeconds(4);
    cache.put("old", "2");
    assertThat(cache.get("old")).isEqualTo("2");
    assertThat(Caches.operations(cache).expiry().pttl("old")).isEqualTo(6_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"put", "get", "invoke getValue", "SET"})
  void errorOfAPolicyReachesTheCallerAndNothingChanges(String operation) {
    Thrower policy = new Thrower(seconds(10), () -> new AssertionError("policy"));
    Cache<String, String> cache = withEntry(caches.create(settings(policy)));
    policy.throwing = true;

    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(AssertionError.class)
        .hasMessage("policy");

    assertThat(journal.take()).noneMatch(line -> line.startsWith("UPDATED"));
    policy.throwing = false;
    assertThat(cache.get("k")).isEqualTo("1");
    cache.put("k", "3"); // nobody holds the key any more
  }

  private final class Thrower extends Journal.Policy {
    private final Supplier<Throwable> failure;
    boolean throwing;

    Thrower(Duration creation, Supplier<Throwable> failure) {
      super(journal, creation, null, null);
      this.failure = failure;
    }

    private Duration answer(Duration duration) {
      if (throwing) {
        Throwable thrown = failure.get();
        if (thrown instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) thrown;
      }
      return duration;
    }

    @Override
    public Duration getExpiryForCreation() {
      return answer(super.getExpiryForCreation());
    }

    @Override
    public Duration getExpiryForUpdate() {
      return answer(super.getExpiryForUpdate());
    }

    @Override
    public Duration getExpiryForAccess() {
      return answer(super.getExpiryForAccess());
    }
  }

  // spotless:off
  @ParameterizedTest
  @CsvSource({"DAYS,         9223372036854775807",
              "MILLISECONDS, 9223372036854775807",
              "MILLISECONDS, 9223372036854775806"})
  // spotless:on
  void lifetimeBeyondTheEndOfTimeIsEternal(TimeUnit unit, long amount) {
    Duration centuries = new Duration(unit, amount);
    Cache<String, String> cache = withEntry(cache(centuries, centuries, centuries));

    for (String operation : List.of("get", "put", "get", "SET")) {
      Operations.named(operation).on(cache);
      caches.clock.advanceSeconds(1);
      assertThat(Caches.operations(cache).expiry().pttl("k")).isEqualTo(-1);
    }
  }

  @Test
  void durationIsWhatItsMillisecondsAre() {
    Cache<String, String> minute = withEntry(cache(new Duration(TimeUnit.MINUTES, 1), null, null));
    Cache<String, String> noUnit = withEntry(cache(new Duration(null, 0), null, null));
    var policy = CreatedExpiryPolicy.factoryOf(seconds(60));
    var samePolicy = CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MINUTES, 1));

    assertThat(Caches.operations(minute).expiry().pttl("k")).isEqualTo(60_000);
    assertThat(Caches.operations(noUnit).expiry().pttl("k")).isEqualTo(-1);
    assertThat(caches.settings().clock(null).expiry(policy).build())
        .isEqualTo(caches.settings().clock(null).expiry(samePolicy).build())
        .hasSameHashCodeAs(caches.settings().clock(null).expiry(samePolicy).build());
  }

  @Test
  void policyIsAskedOnceForEachKeyOfABatch() {
    Cache<String, String> cache = cache(seconds(10), seconds(10), seconds(10));

    cache.putAll(Map.of("a", "1", "b", "1", "c", "1"));
    assertThat(journal.take()).filteredOn("C"::equals).hasSize(3);
    cache.putAll(Map.of("a", "2", "b", "2", "c", "2"));
    assertThat(journal.take()).filteredOn("U"::equals).hasSize(3);
    cache.getAll(Set.of("a", "b", "c"));
    assertThat(journal.take()).containsExactly("A", "A", "A");
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "containsKey", "iterate", "getAll", "invoke nothing", "replace"})
  void expiryIsToldByWhomeverMeetsItFirstAndOnlyOnce(String operation) {
    Cache<String, String> cache = withEntry(cache(seconds(10), null, null));
    caches.clock.advanceSeconds(10);

    Operations.named(operation).on(cache);
    Operations.named(operation).on(cache);

    assertThat(journal.take()).containsExactly("EXPIRED k=1");
    assertThat(Caches.operations(cache).expirations()).isEqualTo(1);
  }

  @Test
  void expiryIsToldOnceThoughTheWriterFailsAfterwards() {
    Journal.Writer failing =
        new Journal.Writer(journal) {
          @Override
          public void write(Cache.Entry<? extends String, ? extends String> entry) {
            super.write(entry);
            if (entry.getValue().equals("2")) {
              throw new IllegalStateException("no disk");
            }
          }
        };
    Cache<String, String> cache =
        withEntry(
            caches.create(settings(journal.policy(seconds(10), null, null)).writer(() -> failing)));
    caches.clock.advanceSeconds(10);

    assertThatThrownBy(() -> cache.put("k", "2")).isInstanceOf(CacheWriterException.class);
    assertThat(journal.take()).containsExactly("write k=2", "EXPIRED k=1");

    cache.put("k", "3");
    assertThat(journal.take()).containsExactly("write k=3", "C", "CREATED k=3");
  }

  @Test
  void expiryIsToldOnceThoughTheProcessorFailsAfterwards() {
    Cache<String, String> cache = withEntry(cache(seconds(10), null, null));
    caches.clock.advanceSeconds(10);

    assertThatThrownBy(
            () ->
                cache.invoke(
                    "k",
                    (entry, arguments) -> {
                      throw new IllegalStateException("found " + entry.getValue());
                    }))
        .isInstanceOf(EntryProcessorException.class)
        .hasStackTraceContaining("found null");

    assertThat(journal.take()).containsExactly("EXPIRED k=1");
    assertThat(cache.containsKey("k")).isFalse();
    assertThat(journal.take()).isEmpty();
  }

  @Test
  void sweepInTheBackgroundTellsOfExpiryAndDeletesNothingAtTheWriter() {
    Cache<String, String> cache = withEntry(cache(seconds(10), null, null));
    caches.clock.advanceSeconds(10);

    Caches.operations(cache).entries().store().sweep();

    assertThat(journal.take()).containsExactly("EXPIRED k=1");
    assertThat(Caches.counts(cache)).isEqualTo("-");
    assertThat(Caches.operations(cache).keyspace().size()).isZero();
  }
}
