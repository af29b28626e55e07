package dev.larder.server.clients;

import static dev.larder.server.clients.Samples.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.GetExArgs;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.SetArgs;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.CacheFrontend;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Lettuce: one connection for all, whose commands are not waited for one by one. */
@ParameterizedClass
@EnumSource
final class LettuceTest {
  private static ClientResources threads;

  private final Login login;
  private Target server;
  private RedisClient client;
  private StatefulRedisConnection<String, String> connection;
  private RedisCommands<String, String> redis;

  LettuceTest(Login login) {
    this.login = login;
  }

  @BeforeAll
  static void startThreads() {
    threads = ClientResources.create();
  }

  @AfterAll
  static void stopThreads() throws Exception {
    threads.shutdown(0, 0, TimeUnit.SECONDS).get();
  }

  @BeforeEach
  void start() {
    server = Target.start(login);
    client = client(login.password);
    connection = client.connect();
    redis = connection.sync();
  }

  @AfterEach
  void close() throws Exception {
    client.shutdown(Duration.ZERO, Duration.ZERO);
    server.close();
  }

  private RedisClient client(String password) {
    RedisURI.Builder uri =
        RedisURI.builder()
            .withHost(Target.HOST)
            .withPort(server.port())
            .withDatabase(login.database);
    if (login.user != null) {
      uri.withAuthentication(login.user, password);
    } else if (password != null) {
      uri.withPassword(password);
    }
    if (login.name != null) {
      uri.withClientName(login.name);
    }
    RedisClient made = RedisClient.create(threads, uri.build());
    if (login.protocol != 0) {
      made.setOptions(
          ClientOptions.builder()
              .protocolVersion(login.protocol == 2 ? ProtocolVersion.RESP2 : ProtocolVersion.RESP3)
              .build());
    }
    return made;
  }

  @Test
  void connectionIsWhatTheLoginSays() {
    assertThat(redis.clientInfo().strip().split(" "))
        .contains(login.shown())
        .contains("resp=" + (login.protocol == 2 ? 2 : 3));
    assertThat(redis.aclWhoami()).isEqualTo(login.userName());
  }

  @Test
  void wrongPasswordIsRefused() {
    if (login.password == null) {
      return; // nothing to guess
    }
    RedisClient stranger = client("guess");
    assertThatThrownBy(stranger::connect)
        .hasStackTraceContaining("WRONGPASS invalid username-password pair");
    stranger.shutdown(Duration.ZERO, Duration.ZERO);
  }

  @Test
  void stringsCountersAndDeadlines() {
    assertThat(redis.set("a", "1", SetArgs.Builder.nx().ex(100))).isEqualTo("OK");
    assertThat(redis.set("a", "2", SetArgs.Builder.nx())).isNull();
    assertThat(redis.setGet("a", "3", SetArgs.Builder.keepttl())).isEqualTo("1");
    assertThat(redis.ttl("a")).isEqualTo(100);
    assertThat(redis.mset(Map.of("b", "2", "c", "three"))).isEqualTo("OK");
    assertThat(redis.mget("a", "none", "c"))
        .containsExactly(
            KeyValue.just("a", "3"), KeyValue.empty("none"), KeyValue.just("c", "three"));
    assertThat(redis.incr("a")).isEqualTo(4);
    assertThat(redis.incrbyfloat("b", 0.5)).isEqualTo(2.5);
    assertThatThrownBy(() -> redis.incr("c")).hasMessageStartingWith("ERR value is not an integer");
    assertThat(redis.expire("b", 50)).isTrue();
    assertThat(redis.getex("b", GetExArgs.Builder.persist())).isEqualTo("2.5");
    assertThat(redis.ttl("b")).isEqualTo(-1);
    assertThat(redis.getdel("c")).isEqualTo("three");
    assertThat(redis.exists("a", "b", "c")).isEqualTo(2);
  }

  @Test
  void keysAreFoundRenamedCopiedAndDeleted() {
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 100; i++) {
      redis.set("user:" + i, "x");
      expected.add("user:" + i);
    }
    redis.set("other", "y");
    Set<String> found = new TreeSet<>();
    ScanCursor cursor = ScanCursor.INITIAL;
    while (!cursor.isFinished()) {
      KeyScanCursor<String> page = redis.scan(cursor, ScanArgs.Builder.matches("user:*").limit(7));
      found.addAll(page.getKeys());
      cursor = page;
    }
    assertThat(found).isEqualTo(expected);
    assertThat(redis.keys("user:1?")).hasSize(10);
    assertThat(redis.rename("other", "another")).isEqualTo("OK");
    assertThat(redis.copy("another", "user:1")).isFalse();
    assertThat(redis.type("another")).isEqualTo("string");
    assertThat(redis.del("user:1", "user:2", "none")).isEqualTo(2);
    assertThat(redis.dbsize()).isEqualTo(99);
  }

  @Test
  void commandsInFlightAreAnsweredInOrder() {
    RedisAsyncCommands<String, String> async = connection.async();
    List<RedisFuture<Long>> counts = new ArrayList<>();
    connection.setAutoFlushCommands(false);
    for (int i = 0; i < 1_000; i++) {
      counts.add(async.incr("k"));
    }
    connection.flushCommands();
    connection.setAutoFlushCommands(true);
    assertThat(
            LettuceFutures.awaitAll(
                Duration.ofSeconds(Samples.PATIENCE_SECONDS), counts.toArray(RedisFuture[]::new)))
        .isTrue();
    for (int i = 0; i < counts.size(); i++) {
      assertThat(counts.get(i).toCompletableFuture()).isCompletedWithValue(i + 1L);
    }
  }

  @Test
  void transactionHappensAsAWholeOrNotAtAll() {
    redis.watch("balance");
    redis.multi();
    redis.set("balance", "10");
    redis.incrby("balance", 5);
    assertThat(redis.exec()).containsExactly("OK", 15L);

    redis.watch("balance");
    try (StatefulRedisConnection<String, String> other = client.connect()) {
      other.sync().set("balance", "0");
    }
    redis.multi();
    redis.incrby("balance", 5);
    TransactionResult result = redis.exec();
    assertThat(result.wasDiscarded()).isTrue();
    assertThat(redis.get("balance")).isEqualTo("0");
  }

  @Test
  void subscriberHearsChannelsPatternsAndChangesOfKeys() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    redis.configSet("notify-keyspace-events", "KEA");
    String events = "__keyevent@" + login.database + "__:";
    try (StatefulRedisPubSubConnection<String, String> listening = client.connectPubSub()) {
      listening.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(String channel, String message) {
              heard.add(channel + " " + message);
            }

            @Override
            public void message(String pattern, String channel, String message) {
              heard.add(pattern + " " + channel + " " + message);
            }
          });
      listening.sync().subscribe("plain");
      listening.sync().psubscribe("news.*", events + "*");

      assertThat(redis.publish("plain", "é")).isEqualTo(1);
      assertThat(next(heard)).isEqualTo("plain é");
      assertThat(redis.publish("news.swiss", "snow")).isEqualTo(1);
      assertThat(next(heard)).isEqualTo("news.* news.swiss snow");
      redis.set("k", "v", SetArgs.Builder.ex(100));
      assertThat(next(heard)).isEqualTo(events + "* " + events + "set k");
      assertThat(next(heard)).isEqualTo(events + "* " + events + "expire k");
      assertThat(redis.pubsubChannels()).containsExactly("plain");
      assertThat(redis.pubsubNumsub("plain")).containsEntry("plain", 1L);
      assertThat(redis.pubsubNumpat()).isEqualTo(2);
      listening.sync().unsubscribe("plain");
      assertThat(redis.publish("plain", "nobody")).isZero();
    }
  }

  @Test
  void cachedValueIsForgottenWhenAnotherChangesIt() {
    if (login.protocol == 2) {
      return; // which has no messages among replies
    }
    Map<String, String> cached = new ConcurrentHashMap<>();
    redis.set("k", "old");
    StatefulRedisConnection<String, String> tracking = client.connect(); // the frontend closes it
    try (CacheFrontend<String, String> frontend =
        ClientSideCaching.enable(
            CacheAccessor.forMap(cached), tracking, TrackingArgs.Builder.enabled().noloop())) {
      assertThat(frontend.get("k")).isEqualTo("old");
      assertThat(cached).containsEntry("k", "old");
      redis.set("k", "new");
      await().untilAsserted(() -> assertThat(cached).isEmpty());
      assertThat(frontend.get("k")).isEqualTo("new");
      redis.del("k");
      await().untilAsserted(() -> assertThat(frontend.get("k")).isNull());
    }
  }

  @Test
  void bytesComeBackAsTheyWere() {
    byte[] every = Samples.everyByte();
    byte[] megabyte = Samples.megabyte();
    try (StatefulRedisConnection<byte[], byte[]> binary = client.connect(ByteArrayCodec.INSTANCE)) {
      RedisCommands<byte[], byte[]> bytes = binary.sync();
      bytes.set(every, megabyte);
      assertThat(Arrays.equals(bytes.get(every), megabyte)).isTrue(); // no message of a megabyte
      assertThat(bytes.getrange(every, 1000, 1999))
          .isEqualTo(Arrays.copyOfRange(megabyte, 1000, 2000));
      assertThat(bytes.strlen(every)).isEqualTo(1 << 20);
      assertThat(bytes.scan().getKeys()).containsExactly(every);
    }
  }
}
