package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.Statistics;
import dev.larder.ops.StringOperations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is counted and what is not, beyond the table of {@link OperationTableTest}. */
class StatisticsTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private LarderConfiguration.Builder<String, String> loading() {
    return caches
        .settings()
        .loader(journal::loader)
        .readThrough(true)
        .writer(journal::writer)
        .writeThrough(true)
        .executor(() -> Runnable::run)
        .listener(journal.listener());
  }

  @Test
  void loadOfAMissingValueIsAMissAndNoPut() {
    Cache<String, String> cache = caches.create(loading());

    assertThat(cache.get("a")).isEqualTo("loaded a");
    assertThat(Caches.counts(cache)).isEqualTo("m");
    assertThat(cache.getAll(Set.of("a", "b"))).containsEntry("b", "loaded b");
    assertThat(Caches.counts(cache)).isEqualTo("h 2m");

    assertThat(journal.take())
        .containsExactly("load a", "CREATED a=loaded a", "loadAll [b]", "CREATED b=loaded b");
  }

  @Test
  void loadAllCountsNothingAndDoesNotCallTheWriter() {
    Cache<String, String> cache = caches.create(loading());

    cache.loadAll(Set.of("a"), false, null);
    cache.loadAll(Set.of("a"), true, null);

    assertThat(Caches.counts(cache)).isEqualTo("-");
    assertThat(journal.take())
        .containsExactly(
            "loadAll [a]", "CREATED a=loaded a", "loadAll [a]", "UPDATED a=loaded a>loaded a");
  }

  @Test
  void batchCountsEachOfItsEntries() {
    Cache<String, String> cache = caches.create();

    cache.putAll(Map.of("a", "1", "b", "1", "c", "1"));
    assertThat(Caches.counts(cache)).isEqualTo("3p");
    cache.getAll(Set.of("a", "b", "x"));
    assertThat(Caches.counts(cache)).isEqualTo("2h m 3p");
    cache.removeAll(Set.of("a", "x"));
    assertThat(Caches.counts(cache)).isEqualTo("2h m 3p r");
    cache.removeAll();
    assertThat(Caches.counts(cache)).isEqualTo("2h m 3p 3r");
  }

  @Test
  void batchWithANullAmongItsKeysHasNoEffectAtAll() {
    Cache<String, String> cache = caches.create(loading());
    cache.put("a", "1");
    Caches.operations(cache).statistics().clear();
    journal.take();
    Set<String> keys = new LinkedHashSet<>(Arrays.asList("a", "b", null));
    Map<String, String> entries = new LinkedHashMap<>();
    keys.forEach(key -> entries.put(key, "2"));

    assertThatThrownBy(() -> cache.getAll(keys)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.removeAll(keys)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.putAll(entries)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.loadAll(keys, true, null))
        .isInstanceOf(NullPointerException.class);

    assertThat(Caches.counts(cache)).isEqualTo("-");
    assertThat(journal.take()).isEmpty();
    assertThat(cache.get("a")).isEqualTo("1");
  }

  @Test
  void iterationCountsAHitForEachEntryReturned() {
    Cache<String, String> cache = caches.create();
    cache.putAll(Map.of("a", "1", "b", "1", "c", "1"));

    cache.iterator().hasNext();
    assertThat(Caches.counts(cache)).isEqualTo("3p");
    cache.forEach(entry -> {});
    assertThat(Caches.counts(cache)).isEqualTo("3h 3p");
  }

  @Test
  void eightReadersOfOneMissingKeyAreOneMissOneLoadAndSevenHits() throws Exception {
    int readers = 8;
    CountDownLatch begun = new CountDownLatch(readers);
    Journal.Loader loader =
        new Journal.Loader(journal) {
          @Override
          public String load(String key) {
            awaitOn(begun);
            return super.load(key);
          }
        };
    Cache<String, String> cache = caches.create(loading().loader(() -> loader));
    ExecutorService threads = Executors.newFixedThreadPool(readers);
    try {
      List<Future<String>> values = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        values.add(
            threads.submit(
                () -> {
                  begun.countDown();
                  return cache.get("k");
                }));
      }
      for (Future<String> value : values) {
        assertThat(value.get(1, TimeUnit.MINUTES)).isEqualTo("loaded k");
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Caches.counts(cache)).isEqualTo("7h m");
    assertThat(journal.take()).containsExactly("load k", "CREATED k=loaded k");
  }

  private static void awaitOn(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void expiryIsNoEvictionAndNoRemoval() {
    Cache<String, String> cache =
        caches.create(caches.settings().expiry(CreatedExpiryPolicy.factoryOf(Duration.ONE_MINUTE)));
    cache.put("k", "1");
    caches.clock.advanceSeconds(60);

    assertThat(cache.containsKey("k")).isFalse();

    assertThat(Caches.counts(cache)).isEqualTo("p");
    assertThat(Caches.operations(cache).statistics().evictions()).isZero();
    assertThat(Caches.operations(cache).expirations()).isEqualTo(1);
  }

  @Test
  void clearingTheCacheLeavesTheStatistics() {
    Cache<String, String> cache = caches.create();
    cache.put("k", "1");
    cache.get("k");

    cache.clear();

    assertThat(Caches.counts(cache)).isEqualTo("h p");
  }

  // ---------------------------------------------------------------------------- off and on

  static Stream<String> ofJCache() {
    return Operations.names().stream().filter(Operations::isJCache);
  }

  @ParameterizedTest
  @MethodSource("ofJCache")
  void withStatisticsOffNothingIsCounted(String operation) {
    Cache<String, String> cache = caches.create(loading().statistics(false));

    Operations.named(operation).on(cache);
    cache.put("k", "1");
    Operations.named(operation).on(cache);

    assertThat(Caches.counts(cache)).isEqualTo("-");
  }

  @Test
  void theSocketsOperationsAreCountedEvenWithStatisticsOff() {
    Cache<String, String> cache = caches.create(caches.settings().statistics(false));
    CacheOperations<String, String> socket = Caches.operations(cache).forSocket();

    socket.strings().get("k");
    socket.strings().set("k", "1", StringOperations.When.ALWAYS, Deadline.BY_POLICY, null);
    socket.strings().get("k");
    socket.counters().add("k", 1);
    socket.keys().delete("k");

    assertThat(Caches.counts(cache)).isEqualTo("h m 2p r");
  }

  @Test
  void switchingOffStopsCountingAndTheConfigurationSaysSo() {
    Cache<String, String> cache = caches.create();
    cache.get("k");

    caches.manager().enableStatistics(cache.getName(), false);
    cache.get("k");
    cache.put("k", "1");

    assertThat(Caches.counts(cache)).isEqualTo("m");
    assertThat(isStatisticsEnabled(cache)).isFalse();

    caches.manager().enableStatistics(cache.getName(), true);
    cache.get("k");

    assertThat(Caches.counts(cache)).isEqualTo("h m");
    assertThat(isStatisticsEnabled(cache)).isTrue();
  }

  @SuppressWarnings("unchecked")
  private static boolean isStatisticsEnabled(Cache<String, String> cache) {
    return cache.getConfiguration(CompleteConfiguration.class).isStatisticsEnabled();
  }

  // ------------------------------------------------------------------------------- listeners

  // spotless:off
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(delimiter = '|', textBlock = """
      put       | absent    | p
      put       | present   | p
      replace   | present   | h p
      remove    | present   | r
      invoke setValue | absent | m p
      get       | expired   | m
      getAll    | expired   | m
      GET       | expired   | m
      get       | last read | h
      iterate   | last read | h
      """)
  // spotless:on
  void operationIsCountedThoughAListenerFails(String operation, String state, String counts) {
    boolean last = state.equals("last read");
    Duration minute = Duration.ONE_MINUTE;
    FailingListener listener = new FailingListener();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .expiry(() -> journal.policy(minute, null, last ? Duration.ZERO : null))
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> listener, null, false, true)));
    if (!state.equals("absent")) {
      cache.put("k", "1");
    }
    if (state.equals("expired")) {
      caches.clock.advanceSeconds(60);
    }
    Caches.operations(cache).statistics().clear();
    listener.failing = true;

    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(CacheEntryListenerException.class);

    assertThat(Caches.counts(cache)).isEqualTo(counts);
  }

  private final class FailingListener extends Journal.Listener<String, String> {
    boolean failing;

    FailingListener() {
      super(journal);
    }

    @Override
    void on(CacheEntryEvent<? extends String, ? extends String> event) {
      if (failing) {
        throw new IllegalStateException("listener");
      }
    }
  }

  // ----------------------------------------------------------------------------------- times

  @Test
  void averagesAreOfTheirOwnKindAndZeroWithoutAny() {
    Cache<String, String> cache = caches.create();
    Statistics statistics = Caches.operations(cache).statistics();

    cache.put("k", "1");

    assertThat(statistics.averagePutMicros()).isPositive();
    assertThat(statistics.averageGetMicros()).isZero();
    assertThat(statistics.averageRemoveMicros()).isZero();
  }

  /** One in sixty-four operations is timed; all of these loads are slow, and some are timed. */
  @Test
  void timeOfLoadingIsNoTimeOfGetting() {
    long slow = TimeUnit.MILLISECONDS.toNanos(5);
    Journal.Loader loader =
        new Journal.Loader(journal) {
          @Override
          public String load(String key) {
            for (long begun = System.nanoTime(); System.nanoTime() - begun < slow; ) {
              Thread.onSpinWait();
            }
            return super.load(key);
          }
        };
    Cache<String, String> cache = caches.create(loading().loader(() -> loader));
    cache.put("present", "1");
    for (int key = 0; key < 66; key++) {
      cache.get("key" + key);
    }

    assertThat(Caches.operations(cache).statistics().averageGetMicros()).isLessThan(2_500);
  }
}
