package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.LarderConfiguration;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Caches that a server comes to show, or shows no more, while it runs. */
final class LaterCachesTest {
  private static final String NONE_YET = "-ERR number 0 has no cache yet\r\n";

  private final CachingProvider provider =
      Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
  private final CacheManager manager = provider.getCacheManager();

  @AfterEach
  void close() {
    provider.close();
  }

  private Cache<String, String> create(String name) {
    return manager.createCache(
        name,
        new MutableConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setStoreByValue(false));
  }

  private LarderServer.Builder builder() {
    return LarderServer.builder(manager).port(0);
  }

  private static String absent(int number, String name) {
    return "-ERR number "
        + number
        + " has no cache now: '"
        + name
        + "' is closed, or not made yet\r\n";
  }

  // -------------------------------------------------------------------------------- coming, going

  @Test
  void serverWithoutACacheTakesClientsAndShowsTheFirstOneAsNumberZero() throws IOException {
    try (LarderServer server = builder().start();
        Client client = new Client(server)) {
      assertThat(client.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(client.reply("SELECT", "0")).isEqualTo("+OK\r\n");
      assertThat(client.reply("SELECT", "1")).isEqualTo("-ERR DB index is out of range\r\n");
      assertThat(client.reply("HELLO", "2")).startsWith("*14\r\n");
      assertThat(client.reply("CLIENT", "SETNAME", "early")).isEqualTo("+OK\r\n");
      assertThat(client.reply("INFO")).contains("# Keyspace\r\n").doesNotContain("db0:");
      assertThat(client.reply("GET", "k")).isEqualTo(NONE_YET);
      Cache<String, String> users = create("users");
      assertThat(server.show(users)).isZero();
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(users.get("k")).isEqualTo("v");
      assertThat(client.reply("INFO", "keyspace")).contains("db0:keys=1");
    }
  }

  @Test
  void everyCommandOnKeysSaysThatThereIsNoCache() throws IOException {
    try (LogLines log = new LogLines();
        LarderServer server = builder().start();
        Client client = new Client(server)) {
      for (String line :
          """
          SET k v|GET k|INCR k|APPEND k v|STRLEN k|GETRANGE k 0 1|SETRANGE k 0 v|MSET k v l w
          MSETNX k v|MGET k l|GETSET k v|GETDEL k|GETEX k|SETEX k 1 v|INCRBYFLOAT k 1|LCS k l
          DEL k|DEL k l|UNLINK k|EXISTS k|EXISTS k l|TYPE k|TOUCH k|RENAME k l|RENAMENX k l|COPY k l
          DUMP k|EXPIRE k 1|TTL k|PERSIST k|PEXPIRETIME k|DBSIZE|RANDOMKEY|KEYS *|SCAN 0|FLUSHDB
          SORT k|OBJECT ENCODING k|MEMORY USAGE k|WATCH k|SETNX k v|SUBSTR k 0 1|DECR k
          """
              .lines()
              .flatMap(text -> List.of(text.split("\\|")).stream())
              .toList()) {
        assertThat(client.reply(line.split(" "))).as(line).isEqualTo(NONE_YET);
      }
      assertThat(client.reply("FLUSHALL")).isEqualTo("+OK\r\n");
      assertThat(client.reply("MEMORY", "STATS")).contains("keys.count\r\n:0\r\n");
      assertThat(log.lines()).noneMatch(line -> line.contains("failed"));
    }
  }

  @Test
  void numberOfAHiddenCacheStaysThatOfItsName() throws IOException {
    Cache<String, String> first = create("a");
    Cache<String, String> second = create("b");
    try (LarderServer server = builder().start();
        Client client = new Client(server)) {
      client.reply("SET", "k", "1");
      server.hide(first);
      server.hide(first); // does nothing
      assertThat(client.reply("GET", "k")).isEqualTo(absent(0, "a"));
      assertThat(client.reply("SELECT", "0")).isEqualTo("+OK\r\n");
      assertThat(server.show(create("c"))).isEqualTo(2);
      assertThat(client.reply("CONFIG", "GET", "databases")).endsWith("$1\r\n3\r\n");
      assertThat(client.reply("GET", "k")).isEqualTo(absent(0, "a"));
      assertThat(first.get("k")).isEqualTo("1");
      first.close();
      Cache<String, String> again = create("a");
      again.put("k", "2");
      assertThat(server.show(again)).isZero();
      assertThat(server.show(second)).isEqualTo(1);
      assertThat(client.reply("GET", "k")).isEqualTo("$1\r\n2\r\n");
    }
  }

  @Test
  void reservedNumbersAreThoseOfTheirNamesWheneverTheyCome() throws IOException {
    create("b");
    create("x");
    try (LarderServer server = builder().reserve(List.of("a", "b", "c")).start();
        Client client = new Client(server)) {
      assertThat(client.reply("GET", "k")).isEqualTo(absent(0, "a"));
      assertThat(client.reply("SELECT", "c")).isEqualTo("+OK\r\n");
      assertThat(client.reply("GET", "k")).isEqualTo(absent(2, "c"));
      assertThat(client.reply("SELECT", "b")).isEqualTo("+OK\r\n");
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.reply("SELECT", "3")).isEqualTo("+OK\r\n"); // x
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.reply("COPY", "k", "l", "DB", "2")).isEqualTo(absent(2, "c"));
      assertThat(client.reply("MOVE", "k", "a")).isEqualTo(absent(0, "a"));
      assertThat(server.show(create("c"))).isEqualTo(2);
      assertThat(server.show(create("d"))).isEqualTo(4);
      assertThat(client.reply("COPY", "k", "l", "DB", "2")).isEqualTo(":1\r\n");
      assertThat(client.reply("INFO", "keyspace"))
          .contains("db1:keys=1")
          .contains("db2:keys=1")
          .contains("db3:keys=1");
    }
    assertThatThrownBy(() -> builder().reserve(List.of("a", "a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected each name once to reserve numbers for, found [a, a]");
  }

  @Test
  void cacheThatWasClosedWithoutAWordIsReplacedByTheNextOfItsName() throws IOException {
    Cache<String, String> closed = create("a");
    try (LarderServer server = builder().start();
        Client client = new Client(server)) {
      client.reply("CONFIG", "SET", "notify-keyspace-events", "KEA");
      closed.close();
      assertThat(client.reply("GET", "k")).isEqualTo(absent(0, "a"));
      assertThat(client.reply("FLUSHALL")).isEqualTo("+OK\r\n");
      assertThat(server.show(create("a"))).isZero();
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void anotherCacheOfTheSameNameIsRefused() {
    create("a");
    try (CachingProvider other =
            Caching.getCachingProvider(
                "dev.larder.jcache.LarderCachingProvider", new ClassLoader() {});
        LarderServer server = builder().start()) {
      Cache<String, String> namesake =
          other.getCacheManager().createCache("a", new MutableConfiguration<>());
      assertThatThrownBy(() -> server.show(namesake))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("expected one cache 'a' to show, but another one is shown already");
      server.hide(namesake);
      assertThat(server.show(manager.getCache("a", String.class, String.class))).isZero();
    }
  }

  @Test
  void serverThatHasEndedShowsNothing() {
    LarderServer server = builder().start();
    server.close();
    assertThatThrownBy(() -> server.show(create("a")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the server has ended");
  }

  @Test
  void serverThatKeepsItsCachesOnDiskHasThoseThatItStartsWith(@TempDir Path directory) {
    Cache<String, String> second = create("b");
    Cache<String, String> first = create("a");
    LarderServer.Builder builder =
        builder().config("dir", directory.toString()).config("save", "3600 1");
    assertThatThrownBy(() -> builder.reserve(List.of("a", "late")).start())
        .isInstanceOf(ServerException.class)
        .hasMessage(
            "expected all the caches [a, late] when the server starts, because it keeps them on"
                + " disk, found only [a, b]");
    try (LarderServer server = builder.reserve(List.of("b", "a")).start()) {
      assertThatThrownBy(() -> server.show(create("late")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the caches of a server that keeps them on disk ('dir') are those that it starts"
                  + " with: 'late' comes too late");
      server.hide(first); // does nothing: what is put now is kept
      first.put("k", "v");
      second.put("k", "v");
      manager.destroyCache("late");
    }
    first.clear();
    second.clear();
    assertThatThrownBy(() -> builder.reserve(List.of("a", "b")).start())
        .isInstanceOf(ServerException.class)
        .hasMessage(
            "expected the caches [a, b] to have the first numbers, as reserved, but on disk the"
                + " numbers are those of [b, a]");
  }

  // ------------------------------------------------------------------------- what is under way

  @Test
  void transactionIsOfTheCachesThatAreThereWhenItRuns() throws IOException {
    Cache<String, String> first = create("a");
    Cache<String, String> second = create("b");
    try (LarderServer server = builder().start();
        Client client = new Client(server)) {
      client.reply("MULTI");
      client.reply("SET", "k", "v");
      client.reply("SELECT", "b");
      client.reply("SET", "k", "w");
      server.hide(first);
      assertThat(client.reply("EXEC")).isEqualTo("*3\r\n" + absent(0, "a") + "+OK\r\n+OK\r\n");
      assertThat(second.get("k")).isEqualTo("w");
      client.reply("MULTI");
      client.reply("FLUSHALL");
      client.reply("SWAPDB", "0", "1");
      client.reply("SET", "k", "x");
      assertThat(client.reply("EXEC")).isEqualTo("*3\r\n+OK\r\n+OK\r\n" + absent(1, "a"));
      client.reply("SELECT", "0");
      assertThat(client.reply("SET", "k", "y")).isEqualTo("+OK\r\n");
      assertThat(second.get("k")).isEqualTo("y");
      assertThat(server.show(first)).isEqualTo(1); // where its name has gone
    }
  }

  @Test
  void watchedKeysOfAHiddenCacheAreLost() throws IOException {
    Cache<String, String> cache = create("a");
    try (LarderServer server = builder().start();
        Client client = new Client(server)) {
      client.reply("WATCH", "k");
      server.hide(cache);
      server.show(cache);
      assertThat(client.reply("CLIENT", "INFO")).contains(" watch=0 ");
      client.reply("MULTI");
      client.reply("SET", "k", "v");
      assertThat(client.reply("EXEC")).isEqualTo("*-1\r\n");
      client.reply("MULTI");
      client.reply("SET", "k", "v");
      assertThat(client.reply("EXEC")).isEqualTo("*1\r\n+OK\r\n");
      client.reply("WATCH", "k");
      cache.close();
      client.reply("MULTI");
      client.reply("PING");
      assertThat(client.reply("EXEC")).isEqualTo("*-1\r\n");
    }
  }

  @Test
  void clientsThatTrackKeysAreToldAndTrackThoseOfLaterCaches() throws IOException {
    Cache<String, String> early = create("a");
    try (LarderServer server = builder().start();
        Talk talk = Talk.resp3(server)) {
      talk.call("CLIENT TRACKING ON");
      talk.call("GET k");
      server.hide(early);
      assertThat(talk.next()).isEqualTo(">[invalidate nil]");
      Cache<String, String> late = create("b");
      server.show(late);
      talk.call("SELECT b");
      talk.call("GET k");
      late.put("k", "v");
      assertThat(talk.next()).isEqualTo(">[invalidate [k]]");
    }
  }

  @Test
  void changesOfLaterCachesAreToldUnderTheirNumberAndThoseOfHiddenOnesNoMore() throws IOException {
    Cache<String, String> early = create("a");
    try (LarderServer server = builder().config("notify-keyspace-events", "KA").start();
        Talk talk = new Talk(server)) {
      talk.call("PSUBSCRIBE __keyspace@*");
      Cache<String, String> late = create("b");
      server.show(late);
      server.hide(early);
      early.put("k", "v");
      late.put("l", "v");
      assertThat(talk.next()).isEqualTo("[pmessage __keyspace@* __keyspace@1__:l set]");
      server.show(early);
      early.put("m", "v");
      assertThat(talk.next()).isEqualTo("[pmessage __keyspace@* __keyspace@0__:m set]");
    }
  }

  @Test
  void parkedCommandOnACacheThatIsHiddenAndClosedIsAnswered() throws Exception {
    CountDownLatch loads = new CountDownLatch(1);
    CyclicBarrier goesOn = new CyclicBarrier(2);
    CacheLoader<String, String> loader = new SlowLoader(loads, goesOn);
    Cache<String, String> cache =
        manager.createCache(
            "a",
            new MutableConfiguration<String, String>()
                .setTypes(String.class, String.class)
                .setReadThrough(true)
                .setCacheLoaderFactory(new FactoryBuilder.SingletonFactory<>(loader)));
    try (LogLines log = new LogLines();
        LarderServer server = builder().start();
        Client client = new Client(server);
        Client other = new Client(server)) {
      client.call("GET", "k");
      loads.await();
      server.hide(cache);
      assertThat(other.reply("GET", "k")).isEqualTo(absent(0, "a"));
      goesOn.await();
      assertThat(client.reply()).isEqualTo("$6\r\nloaded\r\n");
      cache.close();
      assertThat(client.reply("GET", "k")).isEqualTo(absent(0, "a"));
      assertThat(log.lines()).noneMatch(line -> line.contains("failed"));
    }
  }

  private record SlowLoader(CountDownLatch loads, CyclicBarrier goesOn)
      implements CacheLoader<String, String>, java.io.Serializable {
    @Override
    public String load(String key) {
      loads.countDown();
      try {
        goesOn.await();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      return "loaded";
    }

    @Override
    public java.util.Map<String, String> loadAll(Iterable<? extends String> keys) {
      return java.util.Map.of();
    }
  }

  // -------------------------------------------------------------------------------------- memory

  @Test
  void loaderMayMakeACacheWhileMaxmemoryWaitsForItsEntry() throws Exception {
    CountDownLatch loads = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    try (LarderServer server = builder().maxMemory(64 << 20, "noeviction").start();
        Client client = new Client(server)) {
      Cache<String, String> cache =
          manager.createCache(
              "a",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setReadThrough(true)
                  .setCacheLoaderFactory(
                      () -> new MakingLoader(loads, goesOn, () -> server.show(create("b")))));
      server.show(cache);
      CompletableFuture<String> loaded = new CompletableFuture<>();
      Thread reader = new Thread(() -> loaded.complete(cache.get("k")));
      reader.setDaemon(true);
      reader.start();
      loads.await();

      server.hide(cache); // what is to count it no more now waits for the loader
      goesOn.countDown();

      assertThat(loaded.get(1, TimeUnit.MINUTES)).isEqualTo("loaded");
      manager.getCache("b", String.class, String.class).put("k", "v".repeat(100_000));
      await().untilAsserted(() -> assertThat(dataset(client)).isGreaterThan(100_000L));
    }
  }

  private record MakingLoader(CountDownLatch loads, CountDownLatch goesOn, Runnable action)
      implements CacheLoader<String, String> {
    @Override
    public String load(String key) {
      loads.countDown();
      try {
        goesOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      action.run();
      return "loaded";
    }

    @Override
    public java.util.Map<String, String> loadAll(Iterable<? extends String> keys) {
      return java.util.Map.of();
    }
  }

  @Test
  void maxmemoryIsForLaterCachesTooAndLetsGoOfHiddenOnes() throws IOException {
    Cache<String, String> early = create("a");
    try (LarderServer server = builder().maxMemory(64 << 20, "noeviction").start();
        Client client = new Client(server)) {
      Cache<String, String> late = create("b");
      late.put("k", "v".repeat(100_000));
      server.show(late);
      Cache<String, String> bounded =
          manager.createCache(
              "c", LarderConfiguration.builder(String.class, String.class).maximumSize(10).build());
      bounded.put("k", "v".repeat(100_000));
      server.show(bounded);
      early.put("k", "v".repeat(100_000));
      assertThat(dataset(client)).isBetween(200_000L, 300_000L);
      server.hide(late);
      assertThat(dataset(client)).isBetween(100_000L, 200_000L);
      server.show(late);
      assertThat(client.reply("CONFIG", "SET", "maxmemory", "1")).isEqualTo("+OK\r\n");
      assertThatThrownBy(() -> late.put("l", "v")).hasMessageContaining("maxmemory");
      server.hide(late);
      late.put("l", "v");
      assertThatThrownBy(() -> early.put("l", "v")).hasMessageContaining("maxmemory");
    }
  }

  private static long dataset(Client client) throws IOException {
    String info = client.reply("INFO", "memory");
    return Long.parseLong(info.split("used_memory_dataset:", 2)[1].split("\r", 2)[0]);
  }

  @Test
  void evictionsOfAHiddenCacheStayCounted() throws IOException {
    Cache<String, String> cache =
        manager.createCache(
            "a", LarderConfiguration.builder(String.class, String.class).maximumSize(10).build());
    for (int i = 0; i < 100; i++) {
      cache.put("before" + i, "");
    }
    try (LarderServer server = builder().reserve(List.of("b")).start();
        Client client = new Client(server)) {
      server.hide(cache);
      server.show(cache);
      for (int i = 0; i < 100; i++) {
        cache.put("shown" + i, "");
      }
      String counted = "evicted_keys:" + (before(client));
      server.hide(cache);
      assertThat(client.reply("INFO", "stats")).contains(counted + "\r\n");
    }
  }

  private static String before(Client client) throws IOException {
    String info = client.reply("INFO", "stats");
    String evicted = info.split("evicted_keys:", 2)[1].split("\r", 2)[0];
    assertThat(Long.parseLong(evicted)).isPositive();
    return evicted;
  }

  @Test
  void hiddenAndClosedCacheIsHeldByNobody() throws IOException {
    try (LarderServer server =
            builder()
                .config("notify-keyspace-events", "KEA")
                .maxMemory(64 << 20, "allkeys-lfu")
                .start();
        Client client = new Client(server);
        Talk tracking = Talk.resp3(server)) {
      tracking.call("CLIENT TRACKING ON");
      WeakReference<Object> value = showUseAndHide(server, client);
      await()
          .until(
              () -> {
                System.gc();
                return value.get() == null;
              });
      assertThat(client.reply("PING")).isEqualTo("+PONG\r\n");
    }
  }

  /** Leaves a client that has selected the cache and watches a key of it. */
  private WeakReference<Object> showUseAndHide(LarderServer server, Client client)
      throws IOException {
    Cache<String, String> cache = create("gone");
    String value = "v".repeat(1_000);
    cache.put("k", value);
    server.show(cache);
    assertThat(client.reply("WATCH", "k")).isEqualTo("+OK\r\n");
    assertThat(client.reply("GET", "k")).startsWith("$1000\r\n");
    server.hide(cache);
    cache.close();
    return new WeakReference<>(value);
  }
}
