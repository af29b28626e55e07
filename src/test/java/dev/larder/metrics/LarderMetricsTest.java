package dev.larder.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.jcache.LarderCachingProvider;
import dev.larder.server.LarderServer;
import dev.larder.server.ServerInfo;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.JCacheMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.integration.CacheLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a meter registry shows of caches and servers, and for how long. */
class LarderMetricsTest {
  private final AtomicLong clock = new AtomicLong(1_000_000);
  private final LarderCachingProvider provider = new LarderCachingProvider();
  private final CacheManager manager = provider.getCacheManager(URI.create("t:metrics"), null);
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @AfterEach
  void close() {
    provider.close();
    registry.close();
  }

  private LarderConfiguration.Builder<String, String> settings() {
    return LarderConfiguration.builder(String.class, String.class)
        .clock(() -> clock::get)
        .statistics(true);
  }

  private LarderCache<String, String> create(
      String name, LarderConfiguration.Builder<String, String> settings) {
    return LarderCache.of(manager.createCache(name, settings.build()));
  }

  private void bind() {
    new LarderMetrics(manager).bindTo(registry);
  }

  /** The only value of the cache's meter of this name; its count, if there are several. */
  private double value(String name, String... tags) {
    Meter meter = registry.get(name).tags(tags).meter();
    return meter.measure().iterator().next().getValue();
  }

  /** The names of the caches that have meters. */
  private static Set<String> shown(MeterRegistry registry) {
    return registry.getMeters().stream()
        .map(meter -> meter.getId().getTag("cache"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  // ------------------------------------------------------------------------------------- values

  @Test
  void showsWhatACacheHasAndDoes() {
    LarderCache<String, String> cache = create("a", settings().maximumSize(3));
    bind();

    for (String key : List.of("1", "2", "3", "4", "5")) {
      cache.put(key, "v");
    }
    cache.clear();
    cache.set("k", "v");
    cache.set("k", "v");
    cache.set("short", "v", Duration.ofSeconds(1));
    cache.get("k");
    cache.get("k");
    cache.get("none");
    clock.addAndGet(2_000);
    cache.get("short");
    cache.set("gone", "v");
    cache.delete("gone");

    assertThat(value("larder.cache.size", "cache", "a", "manager", "t:metrics")).isEqualTo(1);
    assertThat(value("larder.cache.gets", "result", "hit")).isEqualTo(2);
    assertThat(value("larder.cache.gets", "result", "miss")).isEqualTo(2);
    assertThat(value("larder.cache.puts")).isEqualTo(9);
    assertThat(value("larder.cache.removals")).isEqualTo(1);
    assertThat(value("larder.cache.evictions")).isEqualTo(2);
    assertThat(value("larder.cache.expirations")).isEqualTo(1);
    assertThat(value("larder.cache.loads")).isZero();
    assertThat(registry.getMeters())
        .allSatisfy(meter -> assertThat(meter.getId().getDescription()).isNotEmpty());
  }

  @Test
  void weightIsShownWhereThereIsOne() {
    LarderCache<String, String> cache =
        create("weighed", settings().maximumWeight(100, () -> (key, value) -> 7));
    create("counted", settings().maximumSize(100));
    bind();

    cache.put("a", "1");
    cache.put("b", "1");

    assertThat(value("larder.cache.weight", "cache", "weighed")).isEqualTo(14);
    assertThat(registry.find("larder.cache.weight").tag("cache", "counted").meter()).isNull();
  }

  @Test
  void loadsAreCountedAndTimedAlsoWithoutStatisticsAndIfTheyFail() {
    AtomicLong slept = new AtomicLong();
    LarderCache<String, String> cache =
        create(
            "a",
            settings()
                .statistics(false)
                .executor(() -> Runnable::run)
                .readThrough(true)
                .loader(() -> new SlowLoader(slept)));
    bind();

    cache.get("a"); // 1
    cache.get("a");
    cache.getAll(Set.of("a", "b", "c")); // 2
    cache.loadAll(Set.of("a", "b"), true, null); // 3
    cache.invoke("d", (entry, arguments) -> entry.getValue()); // 4
    assertThat(cache.computeIfAbsent("e", key -> "made")).isEqualTo("made"); // 5
    assertThatThrownBy(() -> cache.get("failing")).hasMessageContaining("failing"); // 6
    assertThat(cache.get("null")).isNull(); // 7

    FunctionTimer loads = registry.get("larder.cache.loads").functionTimer();
    assertThat(loads.count()).isEqualTo(7);
    assertThat(loads.totalTime(TimeUnit.NANOSECONDS)).isGreaterThanOrEqualTo(slept.get());
    assertThat(cache.info().loads()).isEqualTo(7);
    assertThat(cache.info().loadTime()).isGreaterThanOrEqualTo(Duration.ofNanos(slept.get()));
    assertThat(value("larder.cache.gets", "result", "miss")).isZero();
  }

  /** Takes a little time, which it knows. */
  private record SlowLoader(AtomicLong nanos) implements CacheLoader<String, String> {
    @Override
    public String load(String key) {
      long begun = System.nanoTime();
      while (System.nanoTime() - begun < 100_000) {
        Thread.onSpinWait();
      }
      nanos.addAndGet(System.nanoTime() - begun);
      if (key.equals("failing")) {
        throw new IllegalStateException(key);
      }
      return key.equals("null") ? null : "loaded";
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> loaded = new TreeMap<>();
      keys.forEach(key -> loaded.put(key, load(key)));
      return loaded;
    }
  }

  /** A reader of meters that waited for the entry would never come to the end of this. */
  @Test
  @Timeout(60)
  void readingAMeterWaitsForNobodyWhoHoldsAnEntry() throws Exception {
    LarderCache<String, String> cache = create("a", settings().maximumWeight(1_000_000));
    bind();
    cache.put("k", "v");
    CountDownLatch holding = new CountDownLatch(1);
    CountDownLatch read = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () ->
                cache.invoke(
                    "k",
                    (entry, arguments) -> {
                      holding.countDown();
                      try {
                        read.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                      return null;
                    }));
    holder.start();
    holding.await();

    for (Meter meter : registry.getMeters()) {
      for (Measurement measurement : meter.measure()) {
        assertThat(measurement.getValue()).isNotNaN();
      }
    }

    read.countDown();
    holder.join();
  }

  // --------------------------------------------------------------------------------------- life

  @Test
  void cachesMadeLaterHaveMetersUntilTheyAreClosed() {
    create("before", settings());
    bind();
    LarderCache<String, String> later = create("later", settings());
    later.put("k", "v");
    assertThat(shown(registry)).containsExactly("before", "later");
    assertThat(value("larder.cache.puts", "cache", "later")).isEqualTo(1);

    later.close();
    assertThat(shown(registry)).containsExactly("before");
    manager.destroyCache("before");
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void cacheMadeAgainHasMetersOfItsOwn() {
    LarderCache<String, String> old = create("a", settings());
    bind();
    old.put("k", "v");
    manager.destroyCache("a");

    create("a", settings()).put("k", "v");
    old.close();

    assertThat(value("larder.cache.puts")).isEqualTo(1);
  }

  /** As when one thread has closed a cache and not told of it, while another one makes it again. */
  @Test
  void newsInTheWrongOrderDoNoHarm() {
    Binding binding = new Binding(registry, Tags.empty());
    Cache<String, String> old = create("a", settings());
    binding.opened(old);
    old.put("k", "v");
    old.close();

    Cache<String, String> fresh = create("a", settings());
    binding.opened(fresh);
    binding.opened(fresh);
    binding.closed(old);
    binding.opened(old);
    assertThat(value("larder.cache.puts")).isZero();

    fresh.close();
    binding.closed(fresh);
    binding.opened(fresh);
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void meterOfAClosedCacheThatSomebodyKeptSaysZero() {
    LarderCache<String, String> cache = create("a", settings());
    bind();
    cache.put("k", "v");
    Meter puts = registry.get("larder.cache.puts").meter();

    cache.close();

    assertThat(puts.measure().iterator().next().getValue()).isZero();
  }

  @Test
  void closedManagerLeavesNothingInTheRegistryAndIsNotHeldByIt() throws Exception {
    WeakReference<CacheManager> closed = boundAndClosed();

    assertThat(registry.getMeters()).isEmpty();
    for (int i = 0; i < 100 && closed.get() != null; i++) {
      System.gc();
      Thread.onSpinWait();
    }
    assertThat(closed.get()).isNull();
  }

  private WeakReference<CacheManager> boundAndClosed() {
    CacheManager other = provider.getCacheManager(URI.create("t:short"), null);
    new LarderMetrics(other).bindTo(registry);
    other.createCache("a", settings().build()).put("k", "v");
    assertThat(registry.getMeters()).isNotEmpty();
    other.close();
    return new WeakReference<>(other);
  }

  @Test
  void closedMetricsLeaveEveryRegistryAndHearOfNoCacheAnyMore() {
    MeterRegistry second = new SimpleMeterRegistry();
    create("a", settings());
    LarderMetrics metrics = new LarderMetrics(manager, Tags.of("region", "north"));
    metrics.bindTo(registry);
    metrics.bindTo(registry);
    metrics.bindTo(second);
    create("b", settings());
    for (MeterRegistry each : List.of(registry, second)) {
      assertThat(shown(each)).containsExactly("a", "b");
      assertThat(each.getMeters())
          .allSatisfy(meter -> assertThat(meter.getId().getTag("region")).isEqualTo("north"));
    }

    metrics.close();
    metrics.close();
    create("c", settings());

    assertThat(registry.getMeters()).isEmpty();
    assertThat(second.getMeters()).isEmpty();
  }

  @Test
  void closedManagerIsRefused() {
    LarderMetrics metrics = new LarderMetrics(manager);
    manager.close();

    assertThatThrownBy(() -> metrics.bindTo(registry))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("t:metrics");
  }

  /** Two threads make and close a cache of one name; what is there in the end has its meters. */
  @Test
  void metersAreThoseOfTheCacheThatIsThereInTheEnd() throws Exception {
    bind();
    List<Thread> threads = List.of(new Thread(this::makeAndClose), new Thread(this::makeAndClose));
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(registry.getMeters()).isEmpty();

    create("a", settings()).put("k", "v");
    assertThat(value("larder.cache.puts")).isEqualTo(1);
  }

  private void makeAndClose() {
    for (int i = 0; i < 1_000; i++) {
      try {
        create("a", settings()).close();
      } catch (javax.cache.CacheException theOtherOneHasIt) {
        Thread.onSpinWait();
      }
    }
  }

  // -------------------------------------------------------------------------------------- names

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a,b", "a:b=c", "*?", "\"a\"", "a\nb", "a\\b", "größe"})
  void anyNameOfACacheIsATag(String name) {
    create(name, settings()).put("k", "v");
    bind();

    assertThat(value("larder.cache.puts", "cache", name)).isEqualTo(1);
  }

  /** Prometheus refuses a meter whose name is known with other keys of tags. */
  @Test
  void metersOfOneNameHaveTheSameKeysOfTagsAlsoBesideMicrometersOwn() {
    LarderCache<String, String> cache = create("a", settings());
    bind();
    Tags boots = Tags.of("cache.manager", "cacheManager", "name", "a");
    new JCacheMetrics<>(cache, boots).bindTo(registry);
    CacheManager other = provider.getCacheManager(URI.create("t:other"), null);
    other.createCache("b", settings().build());
    new LarderMetrics(other).bindTo(registry);
    try (LarderServer server = LarderServer.builder(cache).port(0).start();
        LarderMetrics ofServer = new LarderMetrics(server, Tags.empty())) {
      ofServer.bindTo(registry);

      Map<String, Set<Set<String>>> keys = new TreeMap<>();
      for (Meter meter : registry.getMeters()) {
        Set<String> of =
            meter.getId().getTags().stream().map(Tag::getKey).collect(Collectors.toSet());
        keys.computeIfAbsent(meter.getId().getName(), name -> new java.util.HashSet<>()).add(of);
      }
      assertThat(keys).containsKeys("cache.gets", "larder.cache.gets", "larder.server.sent");
      assertThat(keys.values()).allSatisfy(each -> assertThat(each).hasSize(1));
    }
  }

  // ----------------------------------------------------------------------------------- a server

  private void assertAsTold(ServerInfo info) {
    assertThat(value("larder.server.connections.accepted")).isEqualTo(info.connectionsAccepted());
    assertThat(value("larder.server.connections.refused")).isEqualTo(info.connectionsRefused());
    assertThat(value("larder.server.commands.failed")).isEqualTo(info.failedCommands());
    assertThat(value("larder.server.received")).isEqualTo(info.bytesIn());
    assertThat(value("larder.server.sent")).isEqualTo(info.bytesOut());
    FunctionTimer commands = registry.get("larder.server.commands").functionTimer();
    assertThat(commands.count()).isEqualTo(info.commands());
    assertThat(commands.totalTime(TimeUnit.NANOSECONDS)) // counted in another unit, and converted
        .isCloseTo(info.commandTime().toNanos(), within(1.0));
  }

  @Test
  void showsWhatAServerDoesUntilTheMetricsAreClosed() throws Exception {
    LarderCache<String, String> cache = create("a", settings().statistics(false));
    bind();
    try (LarderServer server = LarderServer.builder(cache).port(0).start();
        LarderMetrics metrics = new LarderMetrics(server, Tags.of("region", "north"));
        Socket client = new Socket(server.address().getAddress(), server.port())) {
      metrics.bindTo(registry);
      say(client, "SET k v\r\n", "OK\n");
      say(client, "GET k\r\n", "v\n");

      assertThat(value("larder.server.connections", "server", server.name(), "region", "north"))
          .isEqualTo(1);
      assertThat(value("larder.cache.puts")).as("by the socket").isEqualTo(1);
      assertThat(value("larder.cache.gets", "result", "hit")).isEqualTo(1);
      // what is counted when a reply has been sent may be counted after it was read
      await().untilAsserted(() -> assertAsTold(server.info()));
    }
    assertThat(shown(registry)).containsExactly("a");
    assertThat(registry.find("larder.server.commands").meter()).isNull();
  }

  private static void say(Socket client, String request, String reply) throws Exception {
    client.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    InputStream in = client.getInputStream();
    StringBuilder said = new StringBuilder();
    while (!said.toString().replace("\r", "").endsWith(reply)) {
      int next = in.read();
      assertThat(next).as("after " + said).isNotNegative();
      said.append((char) next);
    }
  }
}
