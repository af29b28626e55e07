package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CacheInfo;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.PersistenceOptions;
import dev.larder.Weigher;
import dev.larder.codec.HeapSizes;
import dev.larder.ops.ChangeListener;
import dev.larder.ops.KeyChange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Caches that are bounded, by entries or by weight, through {@code javax.cache}. */
class BoundedCacheTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  /** Everything that is told or asked of a change. */
  private LarderConfiguration.Builder<String, String> watched() {
    return caches
        .settings()
        .writer(journal::writer)
        .writeThrough(true)
        .loader(journal::loader)
        .listener(journal.listener());
  }

  /** Weighs the text of the value, and notes that it was asked. */
  private int length(String key, String value) {
    journal.add("weigh " + key + "=" + value);
    return value.length();
  }

  private LarderConfiguration.Builder<String, String> byLength(long bound) {
    return caches.settings().maximumWeight(bound, () -> this::length);
  }

  private static void fill(Cache<String, String> cache, int from, int to) {
    IntStream.range(from, to).forEach(i -> cache.put("key " + i, "value " + i));
  }

  private static <K, V> Map<K, V> contents(Cache<K, V> cache) {
    Map<K, V> contents = new LinkedHashMap<>();
    cache.forEach(entry -> contents.put(entry.getKey(), entry.getValue()));
    return contents;
  }

  private static CacheInfo info(Cache<?, ?> cache) {
    return cache.unwrap(LarderCache.class).info();
  }

  private static long weight(Cache<String, String> cache) {
    return contents(cache).values().stream().mapToInt(String::length).sum();
  }

  // ------------------------------------------------------------------------------- by entries

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 100})
  void sizeStaysWithinTheBound(int bound) {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(bound));

    for (int i = 0; i < 3 * bound; i++) {
      fill(cache, i, i + 1);
      assertThat(info(cache).entries()).isEqualTo(Math.min(i + 1, bound));
    }
    assertThat(contents(cache)).hasSize(bound);
    assertThat(info(cache).evictions()).isEqualTo(2L * bound);
  }

  @Test
  void whatIsThereIsFoundByEveryLook() {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(10));
    fill(cache, 0, 50);
    Map<String, String> contents = contents(cache);

    assertThat(contents).hasSize(10);
    for (int i = 0; i < 50; i++) {
      String key = "key " + i;
      assertThat(cache.containsKey(key)).isEqualTo(contents.containsKey(key));
      assertThat(cache.get(key)).isEqualTo(contents.get(key));
    }
    assertThat(contents).allSatisfy((k, v) -> assertThat(v).isEqualTo(k.replace("key", "value")));
  }

  @Test
  void overwritingAndRemovingNeverEvict() {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(10));
    for (int i = 0; i < 100; i++) {
      fill(cache, 0, 10);
      cache.remove("key " + i % 10);
    }

    assertThat(info(cache).evictions()).isZero();
    assertThat(contents(cache)).hasSize(9);
  }

  @Test
  void clearingMakesRoom() {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(10));
    fill(cache, 0, 10);
    cache.clear();
    fill(cache, 10, 20);

    assertThat(contents(cache)).hasSize(10);
    assertThat(info(cache).evictions()).isZero();
  }

  @Test
  void evictionIsToldToNobodyButWhoSubscribesToIt() {
    Cache<String, String> cache = caches.create(watched().maximumSize(1));
    List<String> changes = new ArrayList<>();
    Caches.operations(cache).onChange(noting(changes));
    cache.put("a", "1");
    cache.put("b", "2");

    assertThat(journal.take())
        .containsExactly("write a=1", "CREATED a=1", "write b=2", "CREATED b=2");
    String gone = contents(cache).containsKey("a") ? "b" : "a";
    assertThat(changes)
        .containsExactlyInAnyOrder("CREATED set a", "CREATED set b", "EVICTED evicted " + gone);
    assertThat(Caches.counts(cache)).isEqualTo("h 2p"); // one read by the iterator
  }

  private static ChangeListener<Object> noting(List<String> changes) {
    return change -> changes.add(change.kind() + " " + change.event() + " " + change.key());
  }

  @Test
  void expiryIsNoEviction() {
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .maximumSize(10)
                .expiry(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.SECONDS, 1))));
    fill(cache, 0, 10);
    caches.clock.advanceMillis(1_000);
    Caches.operations(cache).entries().store().sweep();

    assertThat(info(cache).evictions()).isZero();
    assertThat(info(cache).expirations()).isEqualTo(10);
    fill(cache, 10, 20);
    assertThat(info(cache).evictions()).isZero();
    assertThat(contents(cache)).hasSize(10);
  }

  @Test
  void evictionsAreCountedAlwaysAndClearedWithTheOtherCounts() {
    Cache<String, String> cache =
        caches.create(caches.settings().maximumSize(10).statistics(false));
    fill(cache, 0, 15);
    assertThat(info(cache).evictions()).isEqualTo(5);
    assertThat(info(cache).puts()).isZero();

    Caches.operations(cache).statistics().clear();
    assertThat(info(cache).evictions()).isZero();
    fill(cache, 15, 18);
    assertThat(info(cache).evictions()).isEqualTo(3);
  }

  @Test
  void severalKeysAtOnceMayBeMoreThanTheBound() {
    Cache<String, String> cache = caches.create(watched().maximumSize(10));
    Set<String> keys =
        IntStream.range(0, 100).mapToObj(i -> "key " + i).collect(Collectors.toSet());
    cache.putAll(keys.stream().collect(Collectors.toMap(key -> key, key -> key)));
    assertThat(contents(cache)).hasSize(10).allSatisfy((k, v) -> assertThat(v).isEqualTo(k));

    CompletionListenerFuture done = new CompletionListenerFuture();
    cache.loadAll(keys, true, done);
    assertThat(done).succeedsWithin(java.time.Duration.ofMinutes(1));
    assertThat(contents(cache)).hasSize(10);

    LarderCache.of(cache).mset(keys.stream().collect(Collectors.toMap(key -> key, key -> "m")));
    assertThat(contents(cache)).hasSize(10);
  }

  @Test
  void readThroughLoadsAgainWhatWasEvicted() {
    Cache<String, String> cache = caches.create(watched().readThrough(true).maximumSize(3));
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 10; i++) {
        assertThat(cache.get("k" + i)).isEqualTo("loaded k" + i);
        assertThat(info(cache).entries()).isLessThanOrEqualTo(3);
      }
    }
    assertThat(journal.take().stream().filter(line -> line.startsWith("load k")))
        .hasSizeGreaterThan(10);
  }

  @Test
  void anEntryThatIsWorkedOnStays() {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(1));
    cache.put("held", "1");
    String result =
        cache.invoke(
            "held",
            (entry, more) -> {
              cache.put("other", "2");
              return entry.getValue();
            });

    assertThat(result).isEqualTo("1");
    assertThat(info(cache).entries()).isEqualTo(1);
    assertThat(contents(cache).values()).containsAnyOf("1", "2");
  }

  @Test
  void twoBoundsDoNotDisturbEachOther() {
    Cache<String, String> small = caches.create(caches.settings().maximumSize(5));
    Cache<String, String> large = caches.create(caches.settings().maximumSize(50));
    fill(large, 0, 50);
    fill(small, 0, 50);

    assertThat(contents(small)).hasSize(5);
    assertThat(contents(large)).hasSize(50);
    assertThat(info(large).evictions()).isZero();
    assertThat(info(small).weight()).isEmpty();
  }

  // -------------------------------------------------------------------------------- by weight

  @Test
  void weightStaysWithinTheBound() {
    Cache<String, String> cache = caches.create(byLength(100));
    for (int i = 0; i < 200; i++) {
      cache.put("key " + i, "x".repeat(i % 40));
      assertThat(weight(cache)).isLessThanOrEqualTo(100);
      assertThat(info(cache).weight()).hasValue(weight(cache));
    }
    assertThat(info(cache).evictions()).isEqualTo(200 - contents(cache).size());
  }

  @Test
  void eachValueThatIsStoredIsWeighedOnce() {
    LarderCache<String, String> cache = LarderCache.of(caches.create(byLength(100)));
    cache.put("a", "1");
    cache.get("a");
    cache.put("a", "22");
    cache.putIfAbsent("a", "333");
    cache.putIfAbsent("b", "4444");
    cache.replace("b", "55555");
    cache.replace("c", "666666");
    cache.invoke("c", (entry, more) -> entry.exists());
    cache.getAndPut("c", "7");
    cache.append("c", "8");
    cache.mset(Map.of("d", "9"));
    cache.expire("d", java.time.Duration.ofSeconds(5));
    cache.remove("d");

    assertThat(journal.take())
        .containsExactly(
            "weigh a=1",
            "weigh a=22",
            "weigh b=4444",
            "weigh b=55555",
            "weigh c=7",
            "weigh c=78",
            "weigh d=9");
  }

  @Test
  void weightsThatChangeInPlaceAreFollowed() {
    LarderCache<String, String> cache = LarderCache.of(caches.create(byLength(1_000)));
    cache.put("a", "12345");
    assertThat(info(cache).weight()).hasValue(5);
    cache.replace("a", "1234567");
    assertThat(info(cache).weight()).hasValue(7);
    cache.append("a", "890");
    assertThat(info(cache).weight()).hasValue(10);
    cache.<Void>invoke(
        "a",
        (entry, more) -> {
          entry.setValue("1");
          return null;
        });
    assertThat(info(cache).weight()).hasValue(1);
    cache.rename("a", "b");
    assertThat(info(cache).weight()).hasValue(1);
    cache.copy("b", "c", false);
    assertThat(info(cache).weight()).hasValue(2);
    cache.remove("b");
    assertThat(info(cache).weight()).hasValue(1);
    cache.clear();
    assertThat(info(cache).weight()).hasValue(0);
  }

  @Test
  void growthInPlaceEvicts() {
    LarderCache<String, String> cache = LarderCache.of(caches.create(byLength(100)));
    IntStream.range(0, 10).forEach(i -> cache.put("key " + i, "0123456789"));
    assertThat(info(cache).evictions()).isZero();
    for (int i = 0; i < 50; i++) {
      cache.append("key 5", "x");
      assertThat(weight(cache)).isLessThanOrEqualTo(100);
    }
    assertThat(info(cache).evictions()).isPositive();
  }

  @Test
  void anEntryHeavierThanTheBoundLeavesAtOnceAndNobodyElseDoes() {
    Cache<String, String> cache = caches.create(byLength(100));
    IntStream.range(0, 10).forEach(i -> cache.put("key " + i, "0123456789"));
    Map<String, String> before = contents(cache);
    List<String> changes = new ArrayList<>();
    Caches.operations(cache).onChange(noting(changes));
    cache.put("heavy", "x".repeat(101));

    assertThat(contents(cache)).isEqualTo(before);
    assertThat(changes).containsExactly("CREATED set heavy", "EVICTED evicted heavy");
    cache.put("key 0", "x".repeat(101));
    assertThat(contents(cache).keySet()).isEqualTo(without(before.keySet(), "key 0"));
    assertThat(info(cache).evictions()).isEqualTo(2);
    assertThat(info(cache).weight()).hasValue(90);
  }

  private static Set<String> without(Set<String> keys, String key) {
    Set<String> rest = new HashSet<>(keys);
    rest.remove(key);
    return rest;
  }

  @Test
  void whatAWeigherThrowsPreventsTheOperation() {
    IllegalStateException failure = new IllegalStateException("no scales");
    Weigher<String, String> broken =
        (key, value) -> {
          if (value.startsWith("bad")) {
            throw failure;
          }
          return value.startsWith("less") ? -5 : 1;
        };
    Cache<String, String> cache = caches.create(watched().maximumWeight(10, () -> broken));
    cache.put("a", "1");
    journal.take();

    assertThatThrownBy(() -> cache.put("a", "bad"))
        .isExactlyInstanceOf(CacheException.class)
        .hasMessage("the weigher of cache '" + cache.getName() + "' failed for key 'a'")
        .hasCause(failure);
    assertThatThrownBy(() -> cache.put("b", "less"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "expected a weight of at least 0, found -5 for key 'b' of cache '"
                + cache.getName()
                + "'");
    assertThatThrownBy(
            () ->
                cache.<Void>invoke(
                    "a",
                    (entry, more) -> {
                      entry.setValue("bad");
                      return null;
                    }))
        .isInstanceOf(EntryProcessorException.class)
        .hasRootCause(failure);
    assertThat(journal.take()).as("writer and listeners").isEmpty();

    // of several keys at once, the writer is told first
    assertThatThrownBy(
            () -> LarderCache.of(cache).mset(new TreeMap<>(Map.of("a", "2", "b", "bad"))))
        .isInstanceOf(CacheException.class);
    assertThat(journal.take()).containsExactly("writeAll [a=2, b=bad]");
    assertThat(contents(cache)).isEqualTo(Map.of("a", "1"));
    assertThat(info(cache).weight()).hasValue(1);
  }

  @Test
  void aWeigherIsCodeOfTheUser() {
    assertThat(Caches.operations(caches.create(byLength(10))).runsUserCode()).isTrue();
    assertThat(Caches.operations(caches.create(caches.settings().maximumWeight(10))).runsUserCode())
        .isFalse();
    assertThat(Caches.operations(caches.create(caches.settings().maximumSize(10))).runsUserCode())
        .isFalse();
  }

  /** A weigher with something to close. */
  private static final class Scales implements Weigher<Object, Object>, AutoCloseable {
    int closed;

    @Override
    public int weigh(Object key, Object value) {
      return 1;
    }

    @Override
    public void close() {
      closed++;
    }
  }

  @Test
  void aWeigherIsClosedWithItsCache() {
    Scales scales = new Scales();
    Cache<String, String> cache = caches.create(caches.settings().maximumWeight(10, () -> scales));
    cache.put("a", "1");
    cache.close();

    assertThat(scales.closed).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void withoutAWeigherEntriesWeighWhatTheyTakeOnTheHeap(boolean byValue) {
    Cache<String, int[]> cache =
        caches.create(
            caches
                .settings(String.class, int[].class)
                .storeByValue(byValue)
                .maximumWeight(100_000));
    for (int i = 0; i < 100; i++) {
      cache.put("key " + i, new int[1_000]);
    }
    long each = HeapSizes.of("key 10", new int[1_000]);

    long entries = info(cache).entries();
    assertThat(entries).isEqualTo(100_000 / each);
    assertThat(info(cache).weight()).isEqualTo(OptionalLong.of(entries * each));
  }

  // ---------------------------------------------------------------------------------- on disk

  private Cache<String, String> kept(PersistenceOptions options, int bound) {
    return caches
        .manager()
        .createCache("kept", caches.settings().persistence(options).maximumSize(bound).build());
  }

  private static PersistenceOptions options(Path directory, boolean log) {
    PersistenceOptions options = PersistenceOptions.in(directory);
    return log
        ? options.appendOnly(PersistenceOptions.Fsync.NO)
        : options.save(1, java.time.Duration.ofMinutes(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatIsTooMuchWhenItIsLoadedLeavesTheDisk(boolean log, @TempDir Path directory) {
    PersistenceOptions options = options(directory, log);
    Cache<String, String> cache = kept(options, 1_000);
    fill(cache, 0, 100);
    cache.close();
    cache = kept(options, 10);
    Map<String, String> left = contents(cache);
    cache.close();

    assertThat(left).hasSize(10);
    assertThat(contents(kept(options, 1_000))).isEqualTo(left);
  }

  @Test
  void aLogOfEvictionsIsLoadedWithoutOthers(@TempDir Path directory) {
    PersistenceOptions options = options(directory, true);
    Cache<String, String> cache = kept(options, 100);
    for (int i = 0; i < 3_000; i++) {
      fill(cache, i * 31 % 170, i * 31 % 170 + 1);
      cache.get("key " + i % 13);
    }
    Map<String, String> left = contents(cache);
    cache.close();
    cache = kept(options, 100);

    assertThat(contents(cache)).isEqualTo(left);
    assertThat(info(cache).evictions()).isZero();
  }

  @Test
  void changesOfAnEvictedKeyBeginAnew() {
    Cache<String, String> cache = caches.create(caches.settings().maximumSize(1));
    List<KeyChange.Kind> kinds = new ArrayList<>();
    Caches.operations(cache)
        .onChange(
            (ChangeListener<Object>)
                change -> {
                  if (change.key().equals("a")) {
                    kinds.add(change.kind());
                  }
                });
    cache.put("a", "1");
    fill(cache, 0, 20);
    assertThat(cache.containsKey("a")).isFalse();
    cache.put("a", "2");

    assertThat(kinds)
        .startsWith(KeyChange.Kind.CREATED, KeyChange.Kind.EVICTED, KeyChange.Kind.CREATED);
  }
}
