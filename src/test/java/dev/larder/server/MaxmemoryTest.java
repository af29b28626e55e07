package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.OperationException;
import dev.larder.ops.Rules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code maxmemory}: as a setting, as a refusal, and who leaves. */
final class MaxmemoryTest {
  private static final String OOM = "-OOM command not allowed when used memory > 'maxmemory'.";

  /** What Redis answers, too. An underscore is a blank. */
  private static final String SETTINGS =
      """
      config get maxmemory                          -> *2\\n$9\\nmaxmemory\\n$1\\n0
      config get maxmemory-policy                   -> *2\\n$16\\nmaxmemory-policy\\n$10\\nnoeviction
      config get maxmemory-samples                  -> *2\\n$17\\nmaxmemory-samples\\n$1\\n5
      config get maxmemory-eviction-tenacity        -> *2\\n$27\\nmaxmemory-eviction-tenacity\\n$2\\n10
      config get lfu-log-factor                     -> *2\\n$14\\nlfu-log-factor\\n$2\\n10
      config get lfu-decay-time                     -> *2\\n$14\\nlfu-decay-time\\n$1\\n1
      config set maxmemory-samples 5                -> +OK
      config set maxmemory 100mb                    -> +OK
      config get maxmemory                          -> *2\\n$9\\nmaxmemory\\n$9\\n104857600
      config set maxmemory 1gb maxmemory-policy ALLKEYS-lru -> +OK
      config get maxmemory                          -> *2\\n$9\\nmaxmemory\\n$10\\n1073741824
      config get maxmemory-policy                   -> *2\\n$16\\nmaxmemory-policy\\n$11\\nallkeys-lru
      config set maxmemory 10%                      -> -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
      config set maxmemory -1                       -> -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
      config set maxmemory 5mb maxmemory-policy lru -> -ERR CONFIG SET failed (possibly related to argument 'maxmemory-policy') - argument(s) must be one of the following: volatile-lru, volatile-lfu, volatile-random, volatile-ttl, allkeys-lru, allkeys-lfu, allkeys-random, noeviction
      config get maxmemory                          -> *2\\n$9\\nmaxmemory\\n$10\\n1073741824
      config set maxmemory-policy noeviction        -> +OK
      config set maxmemory 0                        -> +OK
      """;

  /** Likewise; {@code OOM} stands for its message. */
  private static final String REFUSALS =
      """
      mset k v n 1 timed 2           -> +OK
      expire timed 1000              -> :1
      config set maxmemory 1         -> +OK
      set k w                        -> OOM
      set k                          -> -ERR wrong number of arguments for 'set' command
      nosuch                         -> -ERR unknown command 'nosuch', with args beginning with:_
      setnx k w                      -> OOM
      setex k 10 w                   -> OOM
      psetex k 10 w                  -> OOM
      getset k w                     -> OOM
      mset a b                       -> OOM
      msetnx a b                     -> OOM
      append k w                     -> OOM
      setrange k 0 w                 -> OOM
      incr n                         -> OOM
      decr n                         -> OOM
      incrby n 1                     -> OOM
      decrby n 1                     -> OOM
      incrbyfloat n 1                -> OOM
      copy k l                       -> OOM
      restore r 0 x                  -> OOM
      sort none                      -> OOM
      get k                          -> $'v'
      getex k ex 1000                -> $'v'
      expire k 500                   -> :1
      rename k l                     -> +OK
      persist l                      -> :1
      getdel l                       -> $'v'
      del timed                      -> :1
      watch n                        -> +OK
      multi                          -> +OK
      multi                          -> OOM
      watch n                        -> OOM
      get n                          -> OOM
      exec                           -> -EXECABORT Transaction discarded because of previous errors.
      multi                          -> +OK
      ping                           -> OOM
      discard                        -> +OK
      multi                          -> +OK
      reset                          -> +RESET
      multi                          -> +OK
      exec                           -> *0
      config set maxmemory 0         -> +OK
      multi                          -> +OK
      set k w                        -> +QUEUED
      > config set maxmemory 1       -> +OK
      exec                           -> -EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.
      exec                           -> -ERR EXEC without MULTI
      exists k                       -> :0
      > config set maxmemory 0       -> +OK
      multi                          -> +OK
      get n                          -> +QUEUED
      del n                          -> +QUEUED
      > config set maxmemory 1       -> +OK
      exec                           -> *2\\n$1\\n1\\n:1
      > config set maxmemory 0       -> +OK
      set k v                        -> +OK
      multi                          -> +OK
      set k w                        -> +QUEUED
      config set maxmemory 1         -> +QUEUED
      exec                           -> *2\\n+OK\\n+OK
      set k x                        -> OOM
      config set maxmemory 0         -> +OK
      set k x                        -> +OK
      """
          .replace("-> OOM", "-> " + OOM);

  /** Likewise. */
  private static final String OBJECTS =
      """
      set k v                                -> +OK
      config set maxmemory-policy allkeys-lru -> +OK
      object freq k                          -> -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
      config set maxmemory-policy volatile-lfu -> +OK
      object idletime k                      -> -ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
      object idletime none                   -> $-1
      object freq none                       -> $-1
      """;

  private final Caches caches = new Caches();
  private LarderServer server;
  private Talk talk;

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("other", new Rules<>() {}));
    server = caches.server().start();
    talk = new Talk(server);
  }

  @AfterEach
  void close() throws IOException {
    talk.close();
    server.close();
  }

  private static void run(InetSocketAddress address, String script) throws IOException {
    try (Client client = new Client(address);
        Client other = new Client(address)) {
      Script.run(script, client, other);
    }
  }

  // ------------------------------------------------------------------------------- as Redis does

  @ParameterizedTest
  @ValueSource(strings = {SETTINGS, OBJECTS})
  void settingsAreReadRefusedAndFollowedInRedisWords(String script) throws IOException {
    run(server.address(), script);
  }

  @Test
  void whatMayTakeMemoryIsRefusedWhileThereIsTooMuch() throws IOException {
    run(server.address(), REFUSALS);
    assertThat(talk.call("INFO errorstats")).containsPattern("errorstat_OOM:count=\\d\\d");
  }

  @Test
  void redisServerAnswersTheSame(@TempDir Path directory) throws Exception {
    try (RedisServer redis = new RedisServer(directory)) {
      run(redis.address(), SETTINGS);
      run(redis.address(), REFUSALS);
      run(redis.address(), OBJECTS);
    }
  }

  @Test
  void whatLarderDoesNotTrackItDoesNotTell() throws IOException {
    talk.call("SET k v");
    talk.call("CONFIG SET maxmemory-policy allkeys-lfu");
    assertThat(talk.call("OBJECT FREQ k"))
        .startsWith("-ERR access frequency is not tracked as a number");
    assertThat(talk.call("CONFIG SET maxmemory-samples 10"))
        .isEqualTo(
            "-ERR CONFIG SET failed (possibly related to argument 'maxmemory-samples') - this"
                + " server has only '5'");
  }

  // ------------------------------------------------------------------------------------ who leaves

  private static String key(String prefix, int i) {
    return prefix + (1_000 + i); // all of one length
  }

  private long weight(String key) throws IOException {
    return Long.parseLong(talk.call("MEMORY USAGE " + key).substring(1));
  }

  /** Lets there be room for so many entries as large as this one, and perhaps another one. */
  private void limit(int entries, String like, String policy) throws IOException {
    long bytes = weight(like) * (2L * entries + 1) / 2;
    assertThat(talk.call("CONFIG SET maxmemory " + bytes + " maxmemory-policy " + policy))
        .isEqualTo("OK");
  }

  private List<String> keys(String pattern) throws IOException {
    String keys = talk.call("KEYS " + pattern).replaceAll("[\\[\\]]", "");
    return keys.isEmpty() ? List.of() : List.of(keys.split(" "));
  }

  private long info(String field) throws IOException {
    String info = talk.call("INFO");
    int begin = info.indexOf("\r\n" + field + ":");
    assertThat(begin).as(field).isNotNegative();
    int end = info.indexOf('\r', begin + 2);
    return Long.parseLong(info.substring(begin + field.length() + 3, end));
  }

  @ParameterizedTest
  @ValueSource(strings = {"allkeys-lru", "allkeys-lfu", "allkeys-random"})
  void allKeysMakeRoomForNewOnesWhicheverDoorTheyComeThrough(String policy) throws IOException {
    talk.call("SET " + key("k", 0) + " v");
    limit(50, key("k", 0), policy);
    for (int i = 0; i < 200; i++) {
      assertThat(talk.call("SET " + key("k", i) + " v")).isEqualTo("OK");
    }
    for (int i = 0; i < 200; i++) {
      caches.set(key("j", i), "v");
    }
    assertThat(keys("*")).hasSizeBetween(40, 50);
    assertThat(info("used_memory_dataset")).isEqualTo(keys("*").size() * weight(keys("*").get(0)));
    assertThat(info("evicted_keys")).isEqualTo(400 - keys("*").size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"allkeys-lru", "allkeys-lfu", "volatile-lru", "volatile-lfu"})
  void whatIsReadConstantlyStays(String policy) throws IOException {
    talk.call("SET h v EX 1000");
    talk.call("GET h");
    limit(50, "h", policy);
    for (int i = 0; i < 1_000; i++) {
      assertThat(talk.call("SET " + key("k", i) + " v EX 1000")).isEqualTo("OK");
      assertThat(talk.call("GET h")).as("after " + i).isEqualTo("v");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"})
  void keysWithoutADeadlineStay(String policy) throws IOException {
    for (int i = 0; i < 20; i++) {
      talk.call("SET " + key("p", i) + " v");
    }
    limit(40, key("p", 0), policy);
    for (int i = 0; i < 200; i++) {
      assertThat(talk.call("SET " + key("t", i) + " v EX 1000")).isEqualTo("OK");
    }
    assertThat(keys("p*")).hasSize(20);
    assertThat(keys("t*")).hasSizeBetween(10, 20);

    int stored = 20; // from here on those, until none has a deadline
    while (talk.call("SET " + key("p", stored) + " v").equals("OK")) {
      assertThat(stored++).isLessThan(100);
    }
    assertThat(talk.call("SET " + key("p", stored) + " v")).isEqualTo(OOM);
    assertThat(keys("t*")).isEmpty();
    assertThat(keys("p*")).hasSize(stored).hasSizeBetween(38, 41);
    assertThat(talk.call("DEL " + key("p", 0) + " " + key("p", 1))).isEqualTo(":2");
    assertThat(talk.call("SET " + key("t", 0) + " v")).isEqualTo("OK");
  }

  @Test
  void theEarliestOfSomeDeadlinesIsTheFirstToGo() throws IOException {
    for (int i = 0; i < 100; i++) {
      talk.call("SET " + key("a", i) + " v EX 10");
      talk.call("SET " + key("z", i) + " v EX 1000");
    }
    limit(120, key("a", 0), "volatile-ttl");
    assertThat(keys("*")).hasSizeBetween(110, 120);
    assertThat(keys("z*")).hasSizeGreaterThan(keys("a*").size() + 40);
  }

  @Test
  void withoutEvictionAllIsKeptAndWritesAreRefusedThroughEveryDoor() throws IOException {
    talk.call("SET " + key("k", 0) + " v");
    limit(10, key("k", 0), "noeviction");
    int stored = 1;
    while (talk.call("SET " + key("k", stored) + " v").equals("OK")) {
      assertThat(stored++).isLessThan(20);
    }
    assertThat(keys("*")).hasSize(stored).hasSizeBetween(10, 11);
    assertThatThrownBy(() -> caches.set("java", "1"))
        .isInstanceOfSatisfying(
            OperationException.class, e -> assertThat(e.code()).isEqualTo("OOM"));
    assertThat(info("evicted_keys")).isZero();
    assertThat(talk.call("MEMORY DOCTOR")).contains("maxmemory", "noeviction");
  }

  @Test
  void withoutEvictionJavaMayRenameButNotCopy() throws IOException {
    caches.set("k", "v");
    limit(1, "k", "noeviction");
    caches.set("l", "v");

    assertThat(caches.strings.keys().rename("k", "m", true)).isTrue();
    assertThatThrownBy(() -> caches.strings.keys().copy("m", "n", true))
        .isInstanceOfSatisfying(
            OperationException.class, e -> assertThat(e.code()).isEqualTo("OOM"));
    assertThat(keys("*")).containsExactlyInAnyOrder("l", "m");
  }

  @Test
  void allCachesTogetherTakeNoMore() throws IOException {
    talk.call("SET " + key("k", 0) + " v");
    limit(60, key("k", 0), "allkeys-random");
    for (int i = 0; i < 100; i++) {
      talk.call("SET " + key("k", i) + " v");
    }
    talk.call("SELECT 1");
    for (int i = 0; i < 100; i++) {
      talk.call("SET " + key("k", i) + " v");
    }
    int there = keys("*").size();
    talk.call("SELECT 0");
    assertThat(there + keys("*").size()).isBetween(50, 60);
  }

  // ------------------------------------------------------------------------------ who is told of
  // it

  /** Evicts all but one of ten keys. */
  private List<String> evict() throws IOException {
    for (int i = 0; i < 10; i++) {
      talk.call("SET " + key("k", i) + " v");
    }
    limit(1, key("k", 0), "allkeys-lru");
    List<String> left = keys("*");
    assertThat(left).hasSize(1);
    List<String> gone = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      gone.add(key("k", i));
    }
    gone.removeAll(left);
    return gone;
  }

  @Test
  void evictionIsPublished() throws IOException {
    talk.call("CONFIG SET notify-keyspace-events Ee");
    try (Talk listener = new Talk(server)) {
      listener.call("PSUBSCRIBE *");
      List<String> gone = evict();
      assertThat(listener.next(gone.size()))
          .allMatch(event -> event.startsWith("[pmessage * __keyevent@0__:evicted "))
          .extracting(event -> event.replaceAll(".* |]", ""))
          .containsExactlyInAnyOrderElementsOf(gone);
    }
  }

  @Test
  void whoeverHasReadAnEvictedKeyIsTold() throws IOException {
    try (Talk reader = Talk.resp3(server)) {
      reader.call("CLIENT TRACKING ON BCAST PREFIX k");
      reader.call("PING");
      List<String> gone = evict();
      StringBuilder told = new StringBuilder();
      for (int i = 0; i < 10 + gone.size(); i++) { // ten were set before
        String next = reader.next();
        told.append(i < 10 ? "" : next);
      }
      assertThat(told).contains(gone);
    }
  }

  @Test
  void anEvictedKeyThatWasWatchedEndsTheTransaction() throws IOException {
    try (Talk watcher = new Talk(server)) {
      for (int i = 0; i < 10; i++) {
        watcher.call("WATCH " + key("k", i));
      }
      watcher.call("UNWATCH");
      evict();
      talk.call("CONFIG SET maxmemory 0");
      talk.call("SET w v");
      watcher.call("WATCH w");
      talk.call("CONFIG SET maxmemory 1");
      talk.call("CONFIG SET maxmemory 0");
      watcher.call("MULTI");
      watcher.call("PING");
      assertThat(watcher.call("EXEC")).isEqualTo("nil");
      assertThat(talk.call("EXISTS w")).isEqualTo(":0");
    }
  }

  @Test
  void infoTellsOfTheLimitAndCountsAnewWhenItIsAsked() throws IOException {
    assertThat(talk.call("INFO memory"))
        .contains("maxmemory:0\r\n", "maxmemory_human:0B\r\n", "mem_not_counted_for_evict:0\r\n")
        .doesNotContain("used_memory_dataset");
    evict();
    assertThat(talk.call("INFO memory")).contains("maxmemory_policy:allkeys-lru\r\n");
    assertThat(info("used_memory_dataset")).isEqualTo(weight(keys("*").get(0)));
    assertThat(info("evicted_keys")).isEqualTo(9);
    assertThat(talk.call("MEMORY STATS")).contains("dataset.bytes :" + weight(keys("*").get(0)));
    talk.call("CONFIG RESETSTAT");
    assertThat(info("evicted_keys")).isZero();
    talk.call("SET another v");
    assertThat(info("evicted_keys")).isPositive();
  }

  // ------------------------------------------------------------------------------ start and end

  @Test
  void theLimitHoldsFromTheStartOnceAllIsLoadedAndToTheEnd() throws IOException {
    server.close();
    caches.set(key("k", 0), "v");
    long bytes = caches.strings.weight(key("k", 0)).orElseThrow() * 21 / 2;
    FakePersistence kept = new FakePersistence();
    kept.numbers = List.of("strings", "other");
    LarderServer.Builder limited =
        caches
            .server()
            .config("dir", "data")
            .opener(
                (name, options, shown) -> {
                  fill("l", 100); // as if from disk
                  return kept.open(name, options, shown);
                })
            .maxMemory(bytes, "allkeys-lru");
    try (LarderServer again = limited.start();
        Talk client = new Talk(again)) {
      assertThat(caches.strings.keyspace().size()).isBetween(8L, 10L);
      assertThat(client.call("CONFIG GET maxmemory")).isEqualTo("[maxmemory " + bytes + "]");
      fill("m", 100);
      assertThat(caches.strings.keyspace().size()).isBetween(8L, 10L);
    }
    fill("n", 100);
    assertThat(caches.strings.keyspace().size()).isBetween(108L, 110L);
  }

  private void fill(String prefix, int entries) {
    for (int i = 0; i < entries; i++) {
      caches.set(key(prefix, i), "v");
    }
  }

  @Test
  void aBusyEntryKeepsNobodyFromBeingServedNorTheServerFromEnding() throws Exception {
    fill("k", 10);
    try (KeyHolder holder = new KeyHolder(caches.strings)) {
      holder.hold(key("k", 0));
      try (Client waiting = new Client(server)) {
        waiting.call("CONFIG", "SET", "maxmemory", "1000000");
        assertThat(talk.call("PING")).isEqualTo("PONG");
        holder.release();
        assertThat(waiting.reply()).isEqualTo("+OK\r\n");
      }
    }
    limit(10, key("k", 0), "noeviction");
    try (KeyHolder holder = new KeyHolder(caches.strings)) {
      holder.hold(key("k", 0));
      server.close();
    }
    await()
        .ignoreExceptionsInstanceOf(OperationException.class)
        .untilAsserted(() -> fill("l", 10)); // lifted when the entry is free
  }

  @Test
  void aLimitThatTheHeapCannotHoldIsWarnedOf() throws IOException {
    long heap = Runtime.getRuntime().maxMemory();
    try (LogLines log = new LogLines()) {
      talk.call("CONFIG SET maxmemory " + heap / 2);
      assertThat(log.lines()).isEmpty();
      talk.call("CONFIG SET maxmemory " + heap);
      assertThat(log.lines()).hasSize(1);
      assertThat(log.lines().get(0)).contains("maxmemory", "-Xmx", "75 %");
    }
  }
}
