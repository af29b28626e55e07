package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CacheInfo;
import dev.larder.CodecException;
import dev.larder.DeadlockException;
import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.LarderEntry;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.ValueType;
import dev.larder.store.Together;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.expiry.AccessedExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Redis' operations from Java: what the recorded replies and the table of operations leave open.
 */
class LarderCacheTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @RegisterExtension final Caches caches = new Caches();

  private LarderCache<String, String> strings() {
    return LarderCache.of(caches.create());
  }

  private <V> LarderCache<String, V> cacheOf(Class<V> type) {
    return LarderCache.of(caches.create(caches.settings(String.class, type)));
  }

  // -------------------------------------------------------------------------------- bad arguments

  static Stream<Consumer<LarderCache<String, String>>> callsWithNull() {
    List<String> nulls = new ArrayList<>();
    nulls.add(null);
    Map<String, String> nullValue = new HashMap<>();
    nullValue.put("k", null);
    return Stream.of(
        c -> c.set(null, "v"),
        c -> c.set("k", null),
        c -> c.set("k", "v", (Duration) null),
        c -> c.set("k", "v", (SetOptions) null),
        c -> c.setIfAbsent(null, "v"),
        c -> c.setIfAbsent("k", "v", null),
        c -> c.getAndExpire(null, MINUTE),
        c -> c.getAndExpire("k", null),
        c -> c.getAndExpireAt("k", null),
        c -> c.getAndPersist(null),
        c -> c.getAndDelete(null),
        c -> c.mget(null),
        c -> c.mget(nulls),
        c -> c.mset(null),
        c -> c.mset(nullValue),
        c -> c.msetIfAbsent(nullValue),
        c -> c.append(null, "v"),
        c -> c.append("k", null),
        c -> c.strlen(null),
        c -> c.getRange(null, 0, 1),
        c -> c.setRange("k", 0, null),
        c -> c.setRange(null, 0, "v"),
        c -> c.delete((String) null),
        c -> c.deleteAll(nulls),
        c -> c.delete("k", null),
        c -> c.exists((String) null),
        c -> c.countExisting(nulls),
        c -> c.touch((String) null),
        c -> c.touchAll(nulls),
        c -> c.rename(null, "k"),
        c -> c.rename("k", null),
        c -> c.renameIfAbsent("k", null),
        c -> c.copy(null, "k"),
        c -> c.copy("k", null, true),
        c -> c.type(null),
        c -> c.dump(null),
        c -> c.restore(null, new byte[20], MINUTE),
        c -> c.restore("other", null, MINUTE),
        c -> c.restore("other", new byte[20], null),
        c -> c.scan(0, null),
        c -> c.keys(null),
        c -> c.ttl(null),
        c -> c.pttl(null),
        c -> c.expireTime(null),
        c -> c.pexpireTime(null),
        c -> c.expire(null, MINUTE),
        c -> c.expire("k", null),
        c -> c.expireAt("k", null),
        c -> c.persist(null),
        c -> c.incr(null),
        c -> c.decr(null),
        c -> c.incrBy(null, 1),
        c -> c.decrBy(null, 1),
        c -> c.incrByFloat(null, BigDecimal.ONE),
        c -> c.incrByFloat("k", null),
        c -> c.compareAndSet(null, "v", "w"),
        c -> c.compareAndSet("k", "v", null),
        c -> c.compareAndSet("k", "v", "w", null),
        c -> c.compareAndDelete(null, "v"),
        c -> c.compareAndDelete("k", null),
        c -> c.computeIfAbsent(null, key -> "v"),
        c -> c.computeIfAbsent("k", null),
        c -> c.computeIfAbsent("k", null, key -> "v"));
  }

  @ParameterizedTest
  @MethodSource("callsWithNull")
  void nullIsRefusedAndChangesNothing(Consumer<LarderCache<String, String>> call) {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1", MINUTE);

    assertThatNullPointerException().isThrownBy(() -> call.accept(cache));

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(cache.size()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void aClosedCacheRefusesEverything(String operation) {
    Cache<String, String> cache = strings();
    cache.put("k", "1");
    cache.close();

    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  static Set<String> operations() {
    return Operations.names();
  }

  @Test
  void aValueOfAnotherTypeIsRefused() {
    @SuppressWarnings("unchecked")
    LarderCache<Object, Object> numbers =
        (LarderCache<Object, Object>) (LarderCache<?, ?>) cacheOf(Long.class);

    for (Consumer<LarderCache<Object, Object>> call :
        List.<Consumer<LarderCache<Object, Object>>>of(
            c -> c.set("k", "text"),
            c -> c.set(1, 1L),
            c -> c.mset(Map.of("a", 1L, "k", "text")),
            c -> c.compareAndSet("k", null, "text"),
            c -> c.computeIfAbsent("k", key -> "text"),
            c -> c.incr(1))) {
      assertThatExceptionOfType(ClassCastException.class).isThrownBy(() -> call.accept(numbers));
    }
    assertThat(numbers.size()).isZero();
  }

  @Test
  void timesToLiveThatAreNoneAreRefusedByTheNameOfTheCommand() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1");

    refuses(() -> cache.set("k", "2", Duration.ZERO), "invalid expire time in 'set' command");
    refuses(() -> cache.set("k", "2", Duration.ofMillis(-1)), "invalid expire time in 'set'");
    refuses(() -> cache.set("k", "2", Duration.ofSeconds(Long.MAX_VALUE)), "in 'set' command");
    refuses(() -> cache.set("k", "2", SetOptions.none().exAt(Instant.EPOCH)), "in 'set' command");
    refuses(() -> cache.set("k", "2", SetOptions.none().exAt(Instant.MAX)), "in 'set' command");
    refuses(() -> cache.setIfAbsent("x", "2", Duration.ZERO), "in 'set' command");
    refuses(() -> cache.getAndExpire("k", Duration.ZERO), "in 'getex' command");
    refuses(() -> cache.getAndExpireAt("k", Instant.MAX), "in 'getex' command");
    refuses(() -> cache.expire("k", Duration.ofSeconds(Long.MAX_VALUE)), "in 'expire' command");
    refuses(() -> cache.expireAt("k", Instant.MAX), "in 'expireat' command");
    refuses(() -> cache.compareAndSet("k", "1", "2", Duration.ZERO), "in 'set' command");
    refuses(() -> cache.computeIfAbsent("x", Duration.ZERO, key -> "2"), "invalid expire time");

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(cache.ttl("k")).isEqualTo(LarderCache.NO_DEADLINE);
    assertThat(cache.size()).isEqualTo(1);
  }

  private static void refuses(Runnable call, String message) {
    assertThatExceptionOfType(OperationException.class)
        .isThrownBy(call::run)
        .withMessageContaining(message)
        .satisfies(e -> assertThat(e.code()).isEqualTo("ERR"));
  }

  @Test
  void optionsThatExcludeEachOtherCannotBePutTogether() {
    assertThatThrownBy(() -> SetOptions.none().nx().xx()).hasMessageContaining("nx or xx");
    assertThatThrownBy(() -> SetOptions.none().ex(MINUTE).keepTtl())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SetOptions.none().ex(MINUTE).exAt(Instant.now()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ScanOptions.all().count(0)).hasMessageContaining("found 0");
    assertThat(SetOptions.none().nx().nx().get().ex(MINUTE))
        .isEqualTo(SetOptions.none().ex(MINUTE).get().nx())
        .hasSameHashCodeAs(SetOptions.none().nx().get().ex(MINUTE))
        .hasToString("SetOptions[ NX GET EX PT1M ]");
    assertThat(ScanOptions.all().match("a*").count(5).type(ValueType.STRING))
        .isEqualTo(ScanOptions.all().type(ValueType.STRING).count(5).match("a*"))
        .hasToString("ScanOptions[match a*, count 5, type string]");
  }

  @Test
  void conditionsThatExcludeEachOtherAreRefused() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1");

    refuses(
        () -> cache.expire("k", MINUTE, ExpireCondition.NX, ExpireCondition.XX),
        "NX and XX, GT or LT options at the same time are not compatible");
    refuses(
        () -> cache.expire("k", MINUTE, ExpireCondition.GT, ExpireCondition.LT),
        "GT and LT options at the same time are not compatible");
    assertThat(cache.expire("k", MINUTE, ExpireCondition.XX, ExpireCondition.LT)).isFalse();
    assertThat(cache.expire("k", MINUTE, ExpireCondition.LT)).isTrue();
    assertThat(cache.expire("k", MINUTE.minusSeconds(1), ExpireCondition.XX, ExpireCondition.LT))
        .isTrue();
  }

  @Test
  void timesToLiveAreRoundedUpToMilliseconds() {
    LarderCache<String, String> cache = strings();

    cache.set("k", "1", Duration.ofNanos(1));
    assertThat(cache.pttl("k")).isEqualTo(1);
    cache.expire("k", Duration.ofNanos(1_000_001));
    assertThat(cache.pttl("k")).isEqualTo(2);
  }

  @Test
  void closedComesBeforeAnythingElseThatIsWrong() {
    LarderCache<String, String> cache = strings();
    cache.close();

    for (Runnable call :
        List.<Runnable>of(
            () -> cache.set("k", "v", Duration.ZERO),
            () -> cache.set("k", "v", (Duration) null),
            () -> cache.set("k", "v", (SetOptions) null),
            () -> cache.getAndExpire("k", null),
            () -> cache.getAndExpireAt("k", null),
            () -> cache.mget(null),
            () -> cache.mget(List.of()),
            () -> cache.mset(Map.of()),
            () -> cache.deleteAll(List.of()),
            () -> cache.countExisting(List.of()),
            () -> cache.touchAll(List.of()),
            () -> cache.append(null, "v"),
            () -> cache.setRange("k", -1, "v"),
            () -> cache.scan(0, null),
            () -> cache.keys(null),
            () -> cache.expire("k", MINUTE, ExpireCondition.NX, ExpireCondition.XX),
            () -> cache.expire("k", null),
            () -> cache.expireAt("k", null),
            () -> cache.decrBy("k", Long.MIN_VALUE),
            () -> cache.incrByFloat("k", null),
            () -> cache.computeIfAbsent("k", null, key -> "v"))) {
      assertThatThrownBy(call::run).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anArrayIsNoKey() {
    LarderCache<Object, String> cache =
        LarderCache.of(caches.create(caches.settings(Object.class, String.class)));
    byte[] key = {1};

    assertThatThrownBy(() -> cache.set(key, "v"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot have keys of byte[]");
    assertThatThrownBy(() -> cache.put(key, "v")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> cache.mset(Map.of(key, "v")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(cache.size()).isZero();
    assertThatThrownBy(() -> caches.create(caches.settings(byte[].class, String.class)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---------------------------------------------------------------------- when a time to live
  // begins

  @Test
  void aTimeToLiveBeginsWhenTheWriterHasWritten() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .writeThrough(true)
                    .writer(
                        () ->
                            new Journal.Writer(new Journal()) {
                              @Override
                              public void write(
                                  Cache.Entry<? extends String, ? extends String> entry) {
                                caches.clock.advanceMillis(300);
                              }
                            })));

    cache.set("k", "v", Duration.ofMillis(200));
    assertThat(cache.pttl("k")).isEqualTo(200);
    assertThat(cache.setIfAbsent("j", "v", Duration.ofMillis(200))).isTrue();
    assertThat(cache.pttl("j")).isEqualTo(200);
  }

  @Test
  void aTimeToLiveBeginsWhenTheValueIsLoaded() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .readThrough(true)
                    .loader(
                        () ->
                            new Journal.Loader(new Journal()) {
                              @Override
                              public String load(String key) {
                                caches.clock.advanceMillis(300);
                                return "loaded";
                              }
                            })));

    assertThat(cache.getAndExpire("k", Duration.ofMillis(100))).isEqualTo("loaded");
    assertThat(cache.pttl("k")).isEqualTo(100);
    cache.computeIfAbsent(
        "j",
        Duration.ofMillis(100),
        key -> {
          caches.clock.advanceMillis(300);
          return "made";
        });
    assertThat(cache.pttl("j")).isEqualTo(100);
  }

  /** Or else several of those who wait for a lock would get it. */
  @Test
  void aTimeToLiveBeginsWhenTheWaitingIsOver() throws Exception {
    LarderCache<String, String> cache = strings();
    cache.set("other", "v", Duration.ofSeconds(100));
    CountDownLatch held = new CountDownLatch(2);
    CountDownLatch enough = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (String key : List.of("lock", "other")) {
      threads.add(start(() -> cache.invoke(key, (entry, more) -> await(held, enough))));
    }
    held.await();
    AtomicInteger taken = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      String token = "t" + i;
      threads.add(
          startAndPark(
              () -> {
                if (cache.compareAndSet("lock", null, token, Duration.ofMillis(500))) {
                  taken.incrementAndGet();
                }
              }));
    }
    threads.add(startAndPark(() -> cache.expire("other", Duration.ofMillis(500))));

    caches.clock.advanceMillis(600);
    enough.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(taken).hasValue(1);
    assertThat(cache.pttl("lock")).isEqualTo(500);
    assertThat(cache.pttl("other")).isEqualTo(500);
  }

  private static Object await(CountDownLatch held, CountDownLatch enough) {
    held.countDown();
    try {
      assertThat(enough.await(50, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return "";
  }

  private static Thread start(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static Thread startAndPark(Runnable task) {
    Thread thread = start(task);
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.isAlive()).isTrue();
      Thread.onSpinWait();
    }
    return thread;
  }

  // ------------------------------------------------------------------------------------- counters

  static Stream<Object> ones() {
    return Stream.of(1L, 1, (short) 1, (byte) 1, "1", BigInteger.ONE, BigDecimal.ONE, 1.0, 1.0f);
  }

  @ParameterizedTest
  @MethodSource("ones")
  void aCounterKeepsItsTypeInAnUntypedCache(Object one) {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    cache.put("k", one);

    assertThat(cache.incrBy("k", 41)).isEqualTo(42);

    assertThat(cache.get("k"))
        .hasSameClassAs(one)
        .hasToString(String.valueOf(one).replaceFirst("1", "42"));
    assertThat(cache.incrByFloat("k", new BigDecimal("-2.00"))).isEqualByComparingTo("40");
    assertThat(cache.get("k")).hasSameClassAs(one);
  }

  @Test
  void aCounterThatIsBytesStaysBytes() {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    cache.put("k", "9".getBytes());

    assertThat(cache.incr("k")).isEqualTo(10);
    assertThat((byte[]) cache.get("k")).asString().isEqualTo("10");
  }

  @Test
  void anAbsentCounterBecomesWhatTheCachesValuesAre() {
    LarderCache<String, Integer> integers = cacheOf(Integer.class);
    LarderCache<String, Object> objects = cacheOf(Object.class);
    LarderCache<String, Double> doubles = cacheOf(Double.class);

    assertThat(integers.incr("k")).isEqualTo(1);
    assertThat(integers.get("k")).isEqualTo(1);
    objects.decr("k");
    assertThat(objects.get("k")).isEqualTo("-1");
    assertThat(doubles.incrByFloat("k", new BigDecimal("0.5"))).isEqualTo("0.5");
    assertThat(doubles.get("k")).isEqualTo(0.5);
  }

  @Test
  void aSumThatDoesNotFitItsTypeChangesNothing() {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    cache.put("int", Integer.MAX_VALUE);
    cache.put("byte", Byte.MAX_VALUE);
    cache.put("long", Long.MIN_VALUE);
    cache.put("text", "" + Long.MAX_VALUE);
    cache.put("double", Double.MAX_VALUE);

    refuses(() -> cache.incr("int"), "increment or decrement would overflow");
    refuses(() -> cache.incr("byte"), "increment or decrement would overflow");
    refuses(() -> cache.decr("long"), "increment or decrement would overflow");
    refuses(() -> cache.incr("text"), "increment or decrement would overflow");
    refuses(() -> cache.decrBy("long", Long.MIN_VALUE), "decrement would overflow");
    refuses(() -> cache.incrByFloat("int", new BigDecimal("0.5")), "does not fit");
    refuses(() -> cache.incrByFloat("double", new BigDecimal(Double.MAX_VALUE)), "NaN or Infinity");

    assertThat(cache.get("int")).isEqualTo(Integer.MAX_VALUE);
    assertThat(cache.get("byte")).isEqualTo(Byte.MAX_VALUE);
    assertThat(cache.get("long")).isEqualTo(Long.MIN_VALUE);
    assertThat(cache.get("text")).isEqualTo("" + Long.MAX_VALUE);
    assertThat(cache.get("double")).isEqualTo(Double.MAX_VALUE);
  }

  @Test
  void anIntegerThatItsTypeWouldRoundIsAnOverflow() {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    cache.put("double", (double) (1L << 53));
    cache.put("float", (float) (1 << 24));

    refuses(() -> cache.incr("double"), "increment or decrement would overflow");
    refuses(() -> cache.incr("float"), "increment or decrement would overflow");
    assertThat(cache.incrBy("double", 2)).isEqualTo((1L << 53) + 2);
    assertThat(cache.get("double")).isEqualTo((double) ((1L << 53) + 2));
  }

  @Test
  void numbersAsLargeAsRedisHasThemAreAdded() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1e4932");

    BigDecimal sum = cache.incrByFloat("k", new BigDecimal("1e4931"));
    assertThat(sum).isEqualByComparingTo("1.1e4932");
    refuses(() -> cache.incrByFloat("k", new BigDecimal("1e4933")), "NaN or Infinity");
    refuses(() -> cache.incrByFloat("k", new BigDecimal("1e4931")), "NaN or Infinity");
    assertThat(cache.incrByFloat("zero", new BigDecimal("0E+5000"))).isEqualTo("0");
  }

  @Test
  void incrementsWithoutMeasureAreRefusedAtOnceAndTinyOnesVanish() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1");

    refuses(() -> cache.incrByFloat("k", new BigDecimal("1e999999999")), "NaN or Infinity");
    assertThat(cache.incrByFloat("k", new BigDecimal("1e-999999999"))).isEqualTo("1");
    assertThat(cache.incrByFloat("k", new BigDecimal("1e-17"))).isEqualTo("1.00000000000000001");
    assertThat(cache.get("k")).isEqualTo("1.00000000000000001");
  }

  // ----------------------------------------------------------------------------------------- text

  /** Something that no socket can show. */
  record Point(int x, int y) {}

  @Test
  void aValueWithoutTextIsOfTheWrongKind() {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    Point point = new Point(1, 2);
    cache.put("k", point);

    for (Runnable call :
        List.<Runnable>of(
            () -> cache.append("k", "x"),
            () -> cache.strlen("k"),
            () -> cache.getRange("k", 0, 1),
            () -> cache.setRange("k", 0, "x"),
            () -> cache.incr("k"),
            () -> cache.incrByFloat("k", BigDecimal.ONE))) {
      assertThatExceptionOfType(OperationException.class)
          .isThrownBy(call::run)
          .withMessage("Operation against a key holding the wrong kind of value")
          .satisfies(e -> assertThat(e.code()).isEqualTo("WRONGTYPE"));
    }
    assertThat(cache.get("k")).isEqualTo(point);
    assertThat(cache.type("k")).isEqualTo(ValueType.STRING).hasToString("string");
    assertThat(cache.type("none")).isEqualTo(ValueType.NONE).hasToString("none");
  }

  @Test
  void textOfANumberIsDecimalAndStaysANumberIfItCan() {
    LarderCache<String, Long> cache = cacheOf(Long.class);
    cache.set("k", 123L);

    assertThat(cache.strlen("k")).isEqualTo(3);
    assertThat(cache.getRange("k", 1, -1)).isEqualTo(23L);
    assertThat(cache.append("k", 45L)).isEqualTo(5);
    assertThat(cache.setRange("k", 0, 9L)).isEqualTo(5);
    assertThat(cache.get("k")).isEqualTo(92345L);
    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> cache.append("k", -1L))
        .withMessageContaining("expected a 64-bit integer, found \"92345-1\"");
    assertThatExceptionOfType(CodecException.class).isThrownBy(() -> cache.getRange("none", 0, 1));
    assertThat(cache.get("k")).isEqualTo(92345L);
  }

  @Test
  void bytesStayBytesAndAreNotSharedWithTheCaller() {
    LarderCache<String, Object> cache = cacheOf(Object.class);
    byte[] suffix = {1, 2};

    cache.append("k", suffix);
    suffix[0] = 9;
    cache.append("k", new byte[] {3});

    assertThat((byte[]) cache.get("k")).containsExactly(1, 2, 3);
    byte[] range = (byte[]) cache.getRange("k", 0, -1);
    range[0] = 9;
    assertThat((byte[]) cache.get("k")).containsExactly(1, 2, 3);
    assertThat(cache.compareAndSet("k", new byte[] {1, 2, 3}, "text")).isTrue();
  }

  @Test
  void anAbsentKeyGetsTheVeryValueThatIsAppended() {
    LarderCache<String, Object> cache = cacheOf(Object.class);

    cache.append("k", 5L);
    assertThat(cache.get("k")).isEqualTo(5L);
  }

  @Test
  void aMissingKeyThatIsNamedTwiceIsLoadedOnce() {
    Journal journal = new Journal();
    LarderCache<String, String> cache =
        LarderCache.of(caches.create(caches.settings().readThrough(true).loader(journal::loader)));

    assertThat(cache.mget(List.of("a", "a", "b")))
        .containsExactly("loaded a", "loaded a", "loaded b");
    assertThat(journal.lines()).containsExactly("loadAll [a, b]");
  }

  @Test
  void partsOfACharacterComeTogetherAgain() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "é€");

    assertThat(cache.strlen("k")).isEqualTo(5);
    String first = cache.getRange("k", 0, 0);
    String rest = cache.getRange("k", 1, -1);
    cache.set("copy", first);
    cache.append("copy", rest);

    assertThat(cache.get("copy")).isEqualTo("é€");
  }

  @Test
  void aTextIsNotMadeLongerThanTheHeapCanBear() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "v");

    refuses(() -> cache.setRange("k", Long.MAX_VALUE, "x"), "string exceeds maximum allowed size");
    refuses(() -> cache.setRange("k", 512L << 20, "x"), "string exceeds maximum allowed size");
    refuses(() -> cache.setRange("k", -1, "x"), "offset is out of range");
    refuses(() -> cache.setRange("k", -1, ""), "offset is out of range");
    assertThat(cache.get("k")).isEqualTo("v");
  }

  // -------------------------------------------------------------------------------------- by value

  @Test
  void whatGoesInAndOutIsCopied() {
    LarderCache<ArrayList<String>, ArrayList<String>> cache = lists();
    ArrayList<String> key = new ArrayList<>(List.of("k"));
    ArrayList<String> value = new ArrayList<>(List.of("v"));
    ArrayList<String> made = new ArrayList<>(List.of("v"));

    cache.set(key, value);
    key.add("changed");
    value.add("changed");
    cache.randomKey().add("changed");
    cache.keys("*").forEach(k -> k.add("changed"));
    cache.scan(0, ScanOptions.all().count(100)).keys().forEach(k -> k.add("changed"));
    key.remove(1);
    cache.mget(List.of(key)).get(0).add("changed");
    cache.getAndExpire(key, MINUTE).add("changed");
    cache.getAndPersist(key).add("changed");
    cache.set(key, new ArrayList<>(List.of("w")), SetOptions.none().nx().get()).previous().add("x");
    assertThat(cache.get(key)).containsExactly("v");

    ArrayList<String> other = new ArrayList<>(List.of("other"));
    cache.computeIfAbsent(other, k -> made).add("changed");
    made.add("changed");
    assertThat(cache.get(other)).containsExactly("v");
    cache.mset(Map.of(key, made));
    made.add("again");
    assertThat(cache.get(key)).containsExactly("v", "changed");
  }

  @SuppressWarnings("unchecked")
  private LarderCache<ArrayList<String>, ArrayList<String>> lists() {
    Class<ArrayList<String>> type = (Class<ArrayList<String>>) (Class<?>) ArrayList.class;
    return LarderCache.of(caches.create(caches.settings(type, type)));
  }

  @Test
  void aCacheByReferenceGivesItsVeryObjects() {
    Object value = new Object();
    LarderCache<String, Object> cache =
        LarderCache.of(
            caches.create(caches.settings(String.class, Object.class).storeByValue(false)));

    cache.set("k", value);
    cache.copy("k", "j");

    assertThat(cache.mget(List.of("k", "j"))).allMatch(same -> same == value);
  }

  // ------------------------------------------------------------------------------ compare and set

  @Test
  void aTokenIsALock() {
    LarderCache<String, String> cache = strings();

    assertThat(cache.compareAndSet("lock", null, "mine", MINUTE)).isTrue();
    assertThat(cache.compareAndSet("lock", null, "yours", MINUTE)).isFalse();
    caches.clock.advanceSeconds(59);
    assertThat(cache.compareAndSet("lock", "mine", "mine", MINUTE)).isTrue();
    caches.clock.advanceSeconds(59);
    assertThat(cache.compareAndDelete("lock", "yours")).isFalse();
    assertThat(cache.get("lock")).isEqualTo("mine");
    caches.clock.advanceSeconds(1);
    assertThat(cache.compareAndSet("lock", null, "yours", MINUTE)).isTrue();
    assertThat(cache.compareAndDelete("lock", "mine")).isFalse();
    assertThat(cache.compareAndDelete("lock", "yours")).isTrue();
    assertThat(cache.exists("lock")).isFalse();
  }

  @Test
  void aPlainCompareAndSetEndsAnExplicitDeadline() {
    LarderCache<String, String> cache = strings();
    cache.set("k", "1", MINUTE);

    assertThat(cache.replace("k", "1", "2")).isTrue();
    assertThat(cache.ttl("k")).isEqualTo(60);
    assertThat(cache.compareAndSet("k", "2", "3")).isTrue();
    assertThat(cache.ttl("k")).isEqualTo(-1);
  }

  @Test
  void aMissingValueIsMadeOnceHoweverManyAsk() {
    LarderCache<Integer, String> cache =
        LarderCache.of(caches.create(caches.settings(Integer.class, String.class)));
    AtomicInteger made = new AtomicInteger();
    Together.Task asker =
        () -> {
          for (int key = 0; key < 300; key++) {
            String value =
                cache.computeIfAbsent(
                    key,
                    MINUTE,
                    k -> {
                      made.incrementAndGet();
                      Thread.yield();
                      return "made " + k;
                    });
            assertThat(value).isEqualTo("made " + key);
          }
        };
    Together.Task[] askers = new Together.Task[8];
    Arrays.fill(askers, asker);

    Together.run(askers);

    assertThat(made).hasValue(300);
    assertThat(cache.ttl(7)).isEqualTo(60);
  }

  @Test
  void whatTheLoaderThrowsComesUnchangedAndNothingIsKept() {
    LarderCache<String, String> cache = strings();
    IllegalStateException failure = new IllegalStateException("no database");

    assertThatThrownBy(
            () ->
                cache.computeIfAbsent(
                    "k",
                    key -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(cache.computeIfAbsent("k", key -> null)).isNull();
    assertThat(cache.exists("k")).isFalse();
    assertThatExceptionOfType(DeadlockException.class)
        .isThrownBy(() -> cache.computeIfAbsent("k", key -> cache.computeIfAbsent(key, k -> "x")));
    assertThat(cache.computeIfAbsent("k", key -> "v of " + key)).isEqualTo("v of k");
    assertThat(cache.ttl("k")).isEqualTo(-1);
  }

  // ----------------------------------------------------------------------------------- whole cache

  @Test
  void aScanMeetsEveryKeyThatIsThereThroughoutWhileTheCacheGrowsAndShrinks() {
    LarderCache<Integer, String> cache =
        LarderCache.of(caches.create(caches.settings(Integer.class, String.class)));
    for (int i = 0; i < 500; i++) {
      cache.set(i, "stays");
    }
    Set<Integer> met = new HashSet<>();
    long cursor = 0;
    int steps = 0;
    do {
      ScanPage<Integer> page = cache.scan(cursor, ScanOptions.all().count(20));
      met.addAll(page.keys());
      cursor = page.cursor();
      steps++;
      for (int i = 0; i < 300; i++) {
        cache.set(1_000 + steps * 1_000 + i, "comes");
        cache.delete(steps * 1_000 + i);
      }
      assertThat(page.isLast()).isEqualTo(cursor == 0);
    } while (cursor != 0);

    assertThat(steps).isGreaterThan(20);
    for (int i = 0; i < 500; i++) {
      assertThat(met).contains(i);
    }
  }

  @Test
  void keysAreFoundByTheirText() {
    LarderCache<Object, String> cache =
        LarderCache.of(caches.create(caches.settings(Object.class, String.class)));
    for (Object key : List.of("user:1", "user:22", 17L, new Point(1, 2), "ü")) {
      cache.set(key, "v");
    }

    assertThat(cache.keys("user:*")).containsExactlyInAnyOrder("user:1", "user:22");
    assertThat(cache.keys("1?")).containsExactly(17L);
    assertThat(cache.keys("??")).as("bytes").containsExactlyInAnyOrder("ü", 17L);
    assertThat(cache.keys("*")).hasSize(5);
    assertThat(cache.scan(0, ScanOptions.all().count(1_000).match("*2")).keys())
        .containsExactly("user:22");
    assertThat(cache.scan(0, ScanOptions.all().count(1_000).type(ValueType.NONE)).keys()).isEmpty();
    assertThat(cache.keys("*").limit(2)).hasSize(2);
  }

  @Test
  void randomKeysAreAllKeysInTheLongRun() {
    LarderCache<String, String> cache = strings();
    assertThat(cache.randomKey()).isNull();
    for (int i = 0; i < 20; i++) {
      cache.set("k" + i, "v", i % 2 == 0 ? MINUTE : MINUTE.multipliedBy(2));
    }
    Map<String, Integer> drawn = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      drawn.merge(cache.randomKey(), 1, Integer::sum);
    }
    assertThat(drawn).hasSize(20);
    assertThat(drawn.values()).allMatch(times -> times > 100, "a tenth of its share at least");

    caches.clock.advanceSeconds(60);
    for (int i = 0; i < 100; i++) {
      assertThat(Integer.parseInt(cache.randomKey().substring(1)) % 2).isOne();
    }
    caches.clock.advanceSeconds(60);
    assertThat(cache.randomKey()).isNull();
  }

  @Test
  void infoSaysWhatIsThereAndWhatHappened() {
    LarderCache<String, String> cache = strings();
    cache.set("a", "1");
    cache.set("b", "1", MINUTE);
    cache.set("c", "1", Duration.ofSeconds(1));
    cache.get("a");
    cache.get("none");
    cache.delete("a");
    caches.clock.advanceSeconds(2);
    cache.get("c");

    CacheInfo info = cache.info();
    assertThat(info.entries()).isEqualTo(1);
    assertThat(info.entriesWithDeadline()).isEqualTo(1);
    assertThat(info.hits()).isEqualTo(1);
    assertThat(info.misses()).isEqualTo(2);
    assertThat(info.puts()).isEqualTo(3);
    assertThat(info.removals()).isEqualTo(1);
    assertThat(info.evictions()).isZero();
    assertThat(info.expirations()).isEqualTo(1);
    assertThat(info.weight()).isEmpty();
    assertThat(info.uptime()).isEqualTo(Duration.ofSeconds(2));
    assertThat(info.countsJava()).isTrue();
  }

  @Test
  void withStatisticsOffOnlyTheSocketCounts() {
    LarderCache<String, String> cache =
        LarderCache.of(caches.create(caches.settings().statistics(false)));
    cache.set("k", "1");
    cache.get("k");
    cache.mget(List.of("k"));
    Caches.operations(cache).forSocket().strings().get("k");

    CacheInfo info = cache.info();
    assertThat(info.countsJava()).isFalse();
    assertThat(info.hits()).isEqualTo(1);
    assertThat(info.puts()).isZero();
    assertThat(info.entries()).isEqualTo(1);
  }

  @Test
  void itIsTheCacheItself() {
    Cache<String, String> cache = caches.create();
    LarderCache<String, String> larder = LarderCache.of(cache);
    assertThat(larder).isSameAs(cache);
    assertThat(larder.async()).isSameAs(larder.async());
  }

  // ---------------------------------------------------------------------------- entry processors

  private long processed(
      LarderCache<String, String> cache, Consumer<LarderEntry<String, String>> work) {
    cache.invoke(
        "k",
        (entry, arguments) -> {
          work.accept(LarderEntry.of(entry));
          return null;
        });
    return cache.pttl("k");
  }

  @Test
  void theLastDeadlineInAProcessorHoldsWhereverTheValueIsSet() {
    LarderCache<String, String> cache = strings();

    assertThat(processed(cache, e -> e.expire(MINUTE))).as("no entry").isEqualTo(-2);
    assertThat(
            processed(
                cache,
                e -> {
                  e.setValue("1");
                  e.expire(MINUTE);
                }))
        .isEqualTo(60_000);
    assertThat(
            processed(
                cache,
                e -> {
                  e.expire(Duration.ofMillis(1_500));
                  assertThat(e.ttl()).isEqualTo(2);
                  assertThat(e.pttl()).isEqualTo(1_500);
                  e.setValue("2");
                }))
        .isEqualTo(1_500);
    assertThat(processed(cache, e -> e.setValue("3"))).as("as a put").isEqualTo(1_500);
    assertThat(
            processed(
                cache,
                e -> {
                  assertThat(e.persist()).isTrue();
                  assertThat(e.persist()).isFalse();
                  assertThat(e.ttl()).isEqualTo(-1);
                }))
        .isEqualTo(-1);
    assertThat(cache.get("k")).isEqualTo("3");
    assertThat(
            processed(
                cache,
                e -> {
                  e.expire(MINUTE);
                  e.remove();
                  assertThat(e.ttl()).isEqualTo(-2);
                  assertThat(e.expire(MINUTE)).isFalse();
                  assertThat(e.persist()).isFalse();
                  e.setValue("4");
                }))
        .as("removing forgets the deadline")
        .isEqualTo(-1);
    assertThat(processed(cache, e -> e.expire(Duration.ofMillis(-1)))).isEqualTo(-2);
  }

  @Test
  void persistInAProcessorHoldsAgainstAPolicy() {
    LarderCache<String, String> cache =
        LarderCache.of(caches.create(caches.settings().defaultTtl(MINUTE)));
    Consumer<LarderEntry<String, String>> setAndPersist =
        e -> {
          e.setValue("v");
          assertThat(e.persist()).isTrue();
          assertThat(e.persist()).isFalse();
        };
    Consumer<LarderEntry<String, String>> persistAndSet =
        e -> {
          e.persist();
          e.setValue("v");
        };

    assertThat(processed(cache, setAndPersist)).isEqualTo(-1);
    assertThat(processed(cache, setAndPersist)).isEqualTo(-1);
    assertThat(processed(cache, persistAndSet)).isEqualTo(-1);
    assertThat(processed(cache, e -> e.setValue("v"))).isEqualTo(60_000);
    assertThat(processed(cache, persistAndSet)).isEqualTo(-1);
    assertThat(processed(cache, e -> e.expire(Duration.ofSeconds(Long.MIN_VALUE)))).isEqualTo(-2);
  }

  @Test
  void anExplicitDeadlineFromAProcessorIsNotMovedByAccess() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .expiry(
                        AccessedExpiryPolicy.factoryOf(
                            new javax.cache.expiry.Duration(TimeUnit.SECONDS, 10)))));
    cache.put("k", "1");

    processed(
        cache,
        e -> {
          e.getValue();
          e.expire(MINUTE);
        });
    cache.get("k");

    assertThat(cache.ttl("k")).isEqualTo(60);
  }
}
