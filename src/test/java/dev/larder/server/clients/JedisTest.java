package dev.larder.server.clients;

import static dev.larder.server.clients.Samples.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.BuilderFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.csc.DefaultCache;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.GetExParams;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** Jedis, blocking and with a pool. */
@ParameterizedClass
@EnumSource
final class JedisTest {
  private final Login login;
  private Target server;
  private RedisClient client;

  JedisTest(Login login) {
    this.login = login;
  }

  @BeforeEach
  void start() {
    server = Target.start(login);
    client =
        RedisClient.builder()
            .hostAndPort(Target.HOST, server.port())
            .clientConfig(config(login.password))
            .build();
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    server.close();
  }

  private DefaultJedisClientConfig config(String password) {
    DefaultJedisClientConfig.Builder config =
        DefaultJedisClientConfig.builder()
            .user(login.user)
            .password(password)
            .database(login.database)
            .clientName(login.name);
    if (login.protocol == 2) {
      config.resp2();
    } else if (login.protocol == 3) {
      config.resp3();
    }
    return config.build();
  }

  @Test
  void connectionIsWhatTheLoginSays() {
    assertThat(ask(Protocol.Command.CLIENT, "INFO").split(" "))
        .contains(login.shown())
        .contains("resp=" + (login.protocol == 2 ? 2 : 3));
    assertThat(ask(Protocol.Command.ACL, "WHOAMI")).isEqualTo(login.userName());
  }

  @Test
  void wrongPasswordIsRefused() {
    if (login.password == null) {
      return; // nothing to guess
    }
    try (RedisClient stranger =
        RedisClient.builder()
            .hostAndPort(Target.HOST, server.port())
            .clientConfig(config("guess"))
            .build()) {
      assertThatThrownBy(() -> stranger.get("k"))
          .isInstanceOf(JedisException.class)
          .hasStackTraceContaining("WRONGPASS invalid username-password pair");
    }
  }

  private String ask(Protocol.Command command, String word) {
    return client
        .executeCommand(
            new CommandObject<>(new CommandArguments(command).add(word), BuilderFactory.STRING))
        .strip();
  }

  @Test
  void stringsCountersAndDeadlines() {
    assertThat(client.set("a", "1", SetParams.setParams().nx().ex(100))).isEqualTo("OK");
    assertThat(client.set("a", "2", SetParams.setParams().nx())).isNull();
    assertThat(client.ttl("a")).isEqualTo(100);
    assertThat(client.mset("b", "2", "c", "three")).isEqualTo("OK");
    assertThat(client.mget("a", "none", "c")).containsExactly("1", null, "three");
    assertThat(client.incr("a")).isEqualTo(2);
    assertThat(client.incrByFloat("b", 0.5)).isEqualTo(2.5);
    assertThatThrownBy(() -> client.incr("c")).hasMessageContaining("ERR value is not an integer");
    assertThat(client.expire("b", 50)).isEqualTo(1);
    assertThat(client.getEx("b", GetExParams.getExParams().persist())).isEqualTo("2.5");
    assertThat(client.ttl("b")).isEqualTo(-1);
    assertThat(client.getDel("c")).isEqualTo("three");
    assertThat(client.exists("a", "b", "c")).isEqualTo(2);
  }

  @Test
  void keysAreFoundRenamedCopiedAndDeleted() {
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 100; i++) {
      client.set("user:" + i, "x");
      expected.add("user:" + i);
    }
    client.set("other", "y");
    Set<String> found = new TreeSet<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = client.scan(cursor, new ScanParams().match("user:*").count(7));
      found.addAll(page.getResult());
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    assertThat(found).isEqualTo(expected);
    assertThat(client.keys("user:1?")).hasSize(10);
    assertThat(client.rename("other", "another")).isEqualTo("OK");
    assertThat(client.copy("another", "user:1", false)).isFalse();
    assertThat(client.copy("another", "user:1", true)).isTrue();
    assertThat(client.get("user:1")).isEqualTo("y");
    assertThat(client.type("another")).isEqualTo("string");
    assertThat(client.del("user:1", "user:2", "none")).isEqualTo(2);
    assertThat(client.dbSize()).isEqualTo(99);
  }

  @Test
  void pipelineKeepsTheOrderAndItsErrorsApart() {
    try (Pipeline pipeline = client.pipelined()) {
      Response<String> set = pipeline.set("k", "v");
      Response<Long> wrong = pipeline.incr("k");
      Response<String> got = pipeline.get("k");
      pipeline.sync();
      assertThat(set.get()).isEqualTo("OK");
      assertThatThrownBy(wrong::get).hasMessageContaining("not an integer");
      assertThat(got.get()).isEqualTo("v");
    }
  }

  @Test
  void transactionHappensAsAWholeOrNotAtAll() {
    try (AbstractTransaction transaction = client.transaction(false)) {
      transaction.watch("balance");
      transaction.multi();
      transaction.set("balance", "10");
      transaction.incrBy("balance", 5);
      assertThat(transaction.exec()).containsExactly("OK", 15L);
    }
    try (AbstractTransaction transaction = client.transaction(false)) {
      transaction.watch("balance");
      client.set("balance", "0");
      transaction.multi();
      transaction.incrBy("balance", 5);
      assertThat(transaction.exec()).isNull();
    }
    assertThat(client.get("balance")).isEqualTo("0");
  }

  @Test
  void subscriberHearsChannelsPatternsAndChangesOfKeys() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    JedisPubSub subscriber =
        new JedisPubSub() {
          @Override
          public void onSubscribe(String channel, int count) {
            heard.add("subscribed " + channel + " " + count);
          }

          @Override
          public void onPSubscribe(String pattern, int count) {
            heard.add("subscribed " + pattern + " " + count);
          }

          @Override
          public void onMessage(String channel, String message) {
            heard.add(channel + " " + message);
          }

          @Override
          public void onPMessage(String pattern, String channel, String message) {
            heard.add(pattern + " " + channel + " " + message);
          }
        };
    client.configSet("notify-keyspace-events", "KEA");
    String events = "__keyevent@" + login.database + "__:";
    Thread listening =
        new Thread(() -> client.psubscribe(subscriber, "news.*", events + "*"), "subscriber");
    listening.setDaemon(true);
    listening.start();
    assertThat(next(heard)).isEqualTo("subscribed news.* 1");
    assertThat(next(heard)).isEqualTo("subscribed " + events + "* 2");
    subscriber.subscribe("plain");
    assertThat(next(heard)).isEqualTo("subscribed plain 3");

    assertThat(client.publish("plain", "é")).isEqualTo(1);
    assertThat(next(heard)).isEqualTo("plain é");
    assertThat(client.publish("news.swiss", "snow")).isEqualTo(1);
    assertThat(next(heard)).isEqualTo("news.* news.swiss snow");
    client.set("k", "v", SetParams.setParams().ex(100));
    assertThat(next(heard)).isEqualTo(events + "* " + events + "set k");
    assertThat(next(heard)).isEqualTo(events + "* " + events + "expire k");
    client.del("k");
    assertThat(next(heard)).isEqualTo(events + "* " + events + "del k");

    subscriber.unsubscribe();
    subscriber.punsubscribe();
    listening.join(1_000L * Samples.PATIENCE_SECONDS);
    assertThat(listening.isAlive()).isFalse();
    assertThat(client.publish("plain", "nobody")).isZero();
  }

  @Test
  void cachedValueIsForgottenWhenAnotherChangesIt() {
    if (login.protocol == 2) {
      return; // which has no messages among replies
    }
    try (RedisClient caching =
        RedisClient.builder()
            .hostAndPort(Target.HOST, server.port())
            .clientConfig(
                DefaultJedisClientConfig.builder().from(config(login.password)).resp3().build())
            .cache(new AnyServersCache())
            .build()) {
      client.set("k", "old");
      assertThat(caching.get("k")).isEqualTo("old");
      assertThat(caching.get("k")).isEqualTo("old");
      assertThat(caching.getCache().getStats().getHitCount()).isEqualTo(1);
      client.set("k", "new");
      await().untilAsserted(() -> assertThat(caching.get("k")).isEqualTo("new"));
      client.flushDB();
      await().untilAsserted(() -> assertThat(caching.get("k")).isNull());
      assertThat(caching.getCache().getStats().getInvalidationCount()).isPositive();
    }
  }

  @Test
  void bytesComeBackAsTheyWere() {
    byte[] every = Samples.everyByte();
    byte[] megabyte = Samples.megabyte();
    client.set(every, megabyte);
    assertThat(Arrays.equals(client.get(every), megabyte)).isTrue(); // no message of a megabyte
    assertThat(client.mget(every, every)).allMatch(value -> Arrays.equals(value, megabyte));
    assertThat(client.getrange(every, 1000, 1999))
        .isEqualTo(Arrays.copyOfRange(megabyte, 1000, 2000));
    assertThat(client.strlen(every)).isEqualTo(1 << 20);
    assertThat(client.scan(ScanParams.SCAN_POINTER_START_BINARY).getResult())
        .containsExactly(every);
  }

  /** Jedis trusts only Redis 7.4 and newer to say what has changed, unless a cache knows better. */
  private static final class AnyServersCache extends DefaultCache {
    AnyServersCache() {
      super(100);
    }

    @Override
    public boolean compatibilityMode() {
      return true;
    }
  }
}
