package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.LarderConfiguration;
import dev.larder.ops.Deadline;
import dev.larder.ops.StringOperations.When;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The TTL of entries that were given none, and the jitter that spreads their deadlines. */
class DefaultTtlTest {
  private static final int ENTRIES = 1_000;
  private static final long TTL = 60_000;

  @RegisterExtension final Caches caches = new Caches();

  private static javax.cache.expiry.Duration millis(long amount) {
    return new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, amount);
  }

  private LarderConfiguration.Builder<String, String> withTtl() {
    return caches.settings().defaultTtl(Duration.ofMillis(TTL));
  }

  private static long pttl(Cache<String, String> cache, String key) {
    return Caches.operations(cache).expiry().pttl(key);
  }

  private static String key(int i) {
    return "k" + i;
  }

  private static void putAll(Cache<String, String> cache) {
    Map<String, String> all = new HashMap<>();
    IntStream.range(0, ENTRIES).forEach(i -> all.put(key(i), "v"));
    cache.putAll(all);
  }

  private static long[] pttls(Cache<String, String> cache) {
    return IntStream.range(0, ENTRIES).mapToLong(i -> pttl(cache, key(i))).toArray();
  }

  /** They are all over the range that the jitter allows, and none is outside. */
  private static void assertSpread(long[] lifetimes, double jitter, long longest) {
    double width = jitter * longest;
    assertThat(Arrays.stream(lifetimes).boxed()).allMatch(l -> l > longest - width && l <= longest);
    assertThat(Arrays.stream(lifetimes).distinct().count()).isGreaterThan(100);
    for (int third = 0; third < 3; third++) {
      double from = longest - width + third * width / 3;
      assertThat(Arrays.stream(lifetimes).boxed()).anyMatch(l -> l > from && l <= from + width / 3);
    }
  }

  private static void assertAll(long[] lifetimes, long expected) {
    assertThat(lifetimes).containsOnly(expected);
  }

  @Test
  void entryLivesForTheTtlAfterItsValueWasLastSet() {
    Cache<String, String> cache = caches.create(withTtl());
    cache.put("k", "1");
    assertThat(pttl(cache, "k")).isEqualTo(TTL);

    caches.clock.advanceMillis(TTL - 1);
    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(pttl(cache, "k")).isEqualTo(1); // the read has not moved it

    cache.put("k", "2");
    assertThat(pttl(cache, "k")).isEqualTo(TTL);
    caches.clock.advanceMillis(TTL - 1);
    assertThat(cache.get("k")).isEqualTo("2");
    caches.clock.advanceMillis(1);
    assertThat(cache.get("k")).isNull();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.01, 0.2, 0.999})
  void jitterShortensLifetimesOfNewEntriesByUpToThatPart(double jitter) {
    Cache<String, String> cache = caches.create(withTtl().ttlJitter(jitter));

    putAll(cache);

    assertSpread(pttls(cache), jitter, TTL);
  }

  @Test
  void updateJittersAnew() {
    Cache<String, String> cache = caches.create(withTtl().ttlJitter(0.5));
    putAll(cache);
    long[] created = pttls(cache);
    caches.clock.advanceMillis(1_000);

    putAll(cache);

    long[] updated = pttls(cache);
    assertSpread(updated, 0.5, TTL);
    assertThat(IntStream.range(0, ENTRIES).filter(i -> updated[i] == created[i]).count())
        .isLessThan(ENTRIES / 10);
  }

  @Test
  void readDoesNotMoveAJitteredDeadline() {
    Cache<String, String> cache = caches.create(withTtl().ttlJitter(0.5));
    putAll(cache);
    long[] created = pttls(cache);

    IntStream.range(0, ENTRIES).forEach(i -> assertThat(cache.get(key(i))).isNotNull());

    assertThat(pttls(cache)).isEqualTo(created);
  }

  @Test
  void loadedEntriesJitter() {
    Cache<String, String> cache =
        caches.create(
            withTtl()
                .ttlJitter(0.5)
                .loader(() -> BatchLoader.of(keys -> Map.of(keys.iterator().next(), "v")))
                .readThrough(true));

    IntStream.range(0, ENTRIES).forEach(i -> assertThat(cache.get(key(i))).isEqualTo("v"));

    assertSpread(pttls(cache), 0.5, TTL);
  }

  @Test
  void policyOfTheUsersJittersOnCreationAndUpdateAndNotOnAccess() {
    ExpiryPolicy policy = new Answers(millis(TTL), millis(2 * TTL), millis(3 * TTL));
    Cache<String, String> cache =
        caches.create(caches.settings().expiry(() -> policy).ttlJitter(0.25));

    putAll(cache);
    assertSpread(pttls(cache), 0.25, TTL);
    putAll(cache);
    assertSpread(pttls(cache), 0.25, 2 * TTL);
    IntStream.range(0, ENTRIES).forEach(i -> assertThat(cache.get(key(i))).isNotNull());
    assertAll(pttls(cache), 3 * TTL);
  }

  @Test
  void policyThatSetsTheDeadlineOnAccessSetsItInFull() {
    for (var policy :
        new ExpiryPolicy[] {
          new TouchedExpiryPolicy(millis(TTL)), new AccessedExpiryPolicy(millis(TTL))
        }) {
      Cache<String, String> cache =
          caches.create(caches.settings().expiry(() -> policy).ttlJitter(0.5));
      putAll(cache);
      assertSpread(pttls(cache), 0.5, TTL);

      IntStream.range(0, ENTRIES).forEach(i -> assertThat(cache.get(key(i))).isNotNull());

      assertAll(pttls(cache), TTL);
    }
  }

  @Test
  void updateThatKeepsTheDeadlineStillKeepsIt() {
    for (var policy :
        new ExpiryPolicy[] {
          new CreatedExpiryPolicy(millis(TTL)), new Answers(millis(TTL), null, null)
        }) {
      Cache<String, String> cache =
          caches.create(caches.settings().expiry(() -> policy).ttlJitter(0.5));
      putAll(cache);
      long[] created = pttls(cache);

      putAll(cache);

      assertThat(pttls(cache)).isEqualTo(created);
    }
  }

  @Test
  void explicitTtlIsExact() {
    Cache<String, String> cache = caches.create(withTtl().ttlJitter(0.5));
    var operations = Caches.operations(cache);

    for (int i = 0; i < ENTRIES; i++) {
      operations
          .strings()
          .set(key(i), "v", When.ALWAYS, Deadline.at(HandClock.START + 5_000), null);
    }

    assertAll(pttls(cache), 5_000);
  }

  @Test
  void eternalStaysEternal() {
    Answers policy = new Answers(millis(Long.MAX_VALUE), null, null);
    for (var eternal : new ExpiryPolicy[] {new EternalExpiryPolicy(), policy}) {
      Cache<String, String> cache =
          caches.create(caches.settings().expiry(() -> eternal).ttlJitter(0.9));
      putAll(cache);
      putAll(cache);

      assertAll(pttls(cache), -1);
    }
  }

  @Test
  void zeroStaysZero() {
    for (var zero :
        new ExpiryPolicy[] {
          new ModifiedExpiryPolicy(javax.cache.expiry.Duration.ZERO),
          new Answers(javax.cache.expiry.Duration.ZERO, null, null),
          new Answers(millis(TTL), javax.cache.expiry.Duration.ZERO, null)
        }) {
      Cache<String, String> cache =
          caches.create(caches.settings().expiry(() -> zero).ttlJitter(0.9));
      cache.put("k", "1");
      cache.put("k", "2");

      assertThat(cache.containsKey("k")).isFalse();
    }
  }

  @Test
  void shortestLifetimeIsAMillisecond() {
    Cache<String, String> cache =
        caches.create(
            caches.settings().defaultTtl(Duration.ofNanos(1)).ttlJitter(Math.nextDown(1.0)));
    putAll(cache);
    putAll(cache);

    assertAll(pttls(cache), 1);
  }

  /** A policy that is none of JCache's, and so asked each time. */
  private record Answers(
      javax.cache.expiry.Duration creation,
      javax.cache.expiry.Duration update,
      javax.cache.expiry.Duration access)
      implements ExpiryPolicy {
    @Override
    public javax.cache.expiry.Duration getExpiryForCreation() {
      return creation;
    }

    @Override
    public javax.cache.expiry.Duration getExpiryForUpdate() {
      return update;
    }

    @Override
    public javax.cache.expiry.Duration getExpiryForAccess() {
      return access;
    }
  }
}
