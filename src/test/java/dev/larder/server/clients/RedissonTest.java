package dev.larder.server.clients;

import static dev.larder.server.clients.Samples.next;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.redisson.Redisson;
import org.redisson.api.BatchOptions;
import org.redisson.api.RAtomicLong;
import org.redisson.api.RBatch;
import org.redisson.api.RBucket;
import org.redisson.api.RFuture;
import org.redisson.api.RKeys;
import org.redisson.api.RPatternTopic;
import org.redisson.api.RTopic;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.KeysScanOptions;
import org.redisson.client.codec.ByteArrayCodec;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.redisson.config.Protocol;

/**
 * Redisson, as far as it sends commands rather than scripts: buckets, counters, keys, topics and
 * batches, with its own codec unless a test names one.
 */
@ParameterizedClass
@EnumSource
final class RedissonTest {
  private final Login login;
  private Target server;
  private RedissonClient redisson;

  RedissonTest(Login login) {
    this.login = login;
  }

  @BeforeEach
  void start() {
    server = Target.start(login);
    redisson = Redisson.create(config(login.password));
  }

  @AfterEach
  void close() throws Exception {
    redisson.shutdown(0, Samples.PATIENCE_SECONDS, TimeUnit.SECONDS);
    server.close();
  }

  private Config config(String password) {
    Config config = new Config();
    if (login.protocol != 0) {
      config.setProtocol(login.protocol == 2 ? Protocol.RESP2 : Protocol.RESP3);
    }
    if (login.user != null) {
      config.setUsername(login.user);
    }
    if (password != null) {
      config.setPassword(password);
    }
    config
        .useSingleServer()
        .setAddress("redis://" + Target.HOST + ":" + server.port())
        .setDatabase(login.database)
        .setClientName(login.name);
    return config;
  }

  @Test
  void connectionsAreWhatTheLoginSays() throws Exception {
    redisson.getKeys().count();
    assertThat(server.clientList(login).lines())
        .anySatisfy(line -> assertThat(line.split(" ")).contains(login.shown()));
  }

  @Test
  void wrongPasswordIsRefused() {
    if (login.password == null) {
      return; // nothing to guess
    }
    Config guessing = config("guess");
    guessing.useSingleServer().setRetryAttempts(0); // its default takes seconds
    assertThatThrownBy(() -> Redisson.create(guessing))
        .hasStackTraceContaining("WRONGPASS invalid username-password pair");
  }

  @Test
  @SuppressWarnings("deprecation") // the newer way to expire a key runs a script
  void bucketHoldsObjectsForATime() {
    RBucket<List<BigDecimal>> bucket = redisson.getBucket("prices");
    List<BigDecimal> prices = new ArrayList<>(List.of(new BigDecimal("9.90"), BigDecimal.TEN));
    assertThat(bucket.get()).isNull();
    assertThat(bucket.setIfAbsent(prices)).isTrue();
    assertThat(bucket.setIfAbsent(prices)).isFalse();
    assertThat(bucket.remainTimeToLive()).isEqualTo(-1);
    bucket.set(prices, Duration.ofSeconds(100));
    assertThat(bucket.get()).isEqualTo(prices);
    assertThat(bucket.remainTimeToLive()).isBetween(1L, 100_000L);
    assertThat(redisson.getKeys().expire("prices", 1, TimeUnit.HOURS)).isTrue();
    assertThat(bucket.remainTimeToLive()).isBetween(100_001L, 3_600_000L);
    assertThat(bucket.clearExpire()).isTrue();
    assertThat(bucket.isExists()).isTrue();
    assertThat(bucket.delete()).isTrue();
    assertThat(bucket.delete()).isFalse();
  }

  @Test
  void atomicLongCounts() {
    RAtomicLong counter = redisson.getAtomicLong("counter");
    assertThat(counter.incrementAndGet()).isEqualTo(1);
    assertThat(counter.addAndGet(41)).isEqualTo(42);
    assertThat(counter.decrementAndGet()).isEqualTo(41);
    assertThat(counter.get()).isEqualTo(41);
    assertThat(counter.getAndAdd(9)).isEqualTo(41);
    counter.set(5);
    assertThat(counter.get()).isEqualTo(5);
  }

  @Test
  void keysAreFoundCountedRenamedAndDeleted() {
    Set<String> expected = new TreeSet<>();
    for (int i = 0; i < 100; i++) {
      redisson.getBucket("user:" + i).set(i);
      expected.add("user:" + i);
    }
    RKeys keys = redisson.getKeys();
    redisson.getBucket("other").set("y");
    Set<String> found = new TreeSet<>();
    keys.getKeys(KeysScanOptions.defaults().pattern("user:*")).forEach(found::add);
    assertThat(found).isEqualTo(expected);
    assertThat(keys.count()).isEqualTo(101);
    assertThat(keys.countExists("user:1", "user:2", "none")).isEqualTo(2);
    redisson.getBucket("other").rename("another");
    assertThat(keys.delete("another", "user:1", "none")).isEqualTo(2);
    assertThat(keys.deleteByPattern("user:*")).isEqualTo(99);
    redisson.getBucket("k").set("v");
    keys.flushdb();
    assertThat(keys.count()).isZero();
  }

  @Test
  void topicsReachTheirListeners() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    RTopic plain = redisson.getTopic("plain");
    int listener =
        plain.addListener(String.class, (channel, text) -> heard.add(channel + " " + text));
    RPatternTopic news = redisson.getPatternTopic("news.*", StringCodec.INSTANCE);
    news.addListener(
        String.class, (pattern, channel, text) -> heard.add(pattern + " " + channel + " " + text));
    assertThat(plain.publish("é")).isEqualTo(1);
    assertThat(next(heard)).isEqualTo("plain é");
    assertThat(redisson.getTopic("news.swiss", StringCodec.INSTANCE).publish("snow")).isEqualTo(1);
    assertThat(next(heard)).isEqualTo("news.* news.swiss snow");
    plain.removeListener(listener);
    assertThat(plain.publish("nobody")).isZero();
  }

  @Test
  void batchIsAPipelineOrATransaction() {
    for (BatchOptions.ExecutionMode mode :
        List.of(
            BatchOptions.ExecutionMode.IN_MEMORY,
            BatchOptions.ExecutionMode.IN_MEMORY_ATOMIC,
            BatchOptions.ExecutionMode.REDIS_WRITE_ATOMIC)) {
      RBatch batch = redisson.createBatch(BatchOptions.defaults().executionMode(mode));
      RFuture<Void> set = batch.getBucket("k").setAsync(mode.name());
      RFuture<Long> count = batch.getAtomicLong("count of " + mode).incrementAndGetAsync();
      RFuture<Object> got = batch.getBucket("k").getAsync();
      assertThat(batch.execute().getResponses()).as(mode.name()).hasSize(3);
      assertThat(set.toCompletableFuture()).isCompleted();
      assertThat(count.toCompletableFuture()).isCompletedWithValue(1L);
      assertThat(got.toCompletableFuture()).isCompletedWithValue(mode.name());
    }
  }

  @Test
  void bytesComeBackAsTheyWere() {
    byte[] megabyte = Samples.megabyte();
    RBucket<byte[]> bucket = redisson.getBucket("k", ByteArrayCodec.INSTANCE);
    bucket.set(megabyte);
    assertThat(Arrays.equals(bucket.get(), megabyte)).isTrue(); // no message of a megabyte
    assertThat(bucket.size()).isEqualTo(1 << 20);
  }
}
