package dev.larder.server.clients;

import static dev.larder.server.clients.Samples.next;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.protocol.ProtocolVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.cache.Cache;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.cache.RedisCacheConfiguration;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisClientConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.PatternTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

/** Spring Data Redis, on either of the two clients that it knows. */
@ParameterizedClass
@MethodSource("clientsAndLogins")
final class SpringDataTest {
  /** Which client Spring drives. */
  enum Driver {
    LETTUCE,
    JEDIS
  }

  private final Driver driver;
  private final Login login;
  private final List<RedisConnectionFactory> opened = new ArrayList<>();
  private Target server;
  private RedisConnectionFactory connections;
  private StringRedisTemplate redis;

  SpringDataTest(Driver driver, Login login) {
    this.driver = driver;
    this.login = login;
  }

  static Stream<Arguments> clientsAndLogins() {
    return Arrays.stream(Login.values())
        .flatMap(
            login -> Arrays.stream(Driver.values()).map(driver -> Arguments.of(driver, login)));
  }

  @BeforeEach
  void start() {
    server = Target.start(login);
    connections = connect(login.password);
    redis = new StringRedisTemplate(connections);
  }

  @AfterEach
  void close() throws Exception {
    for (RedisConnectionFactory factory : opened) {
      if (factory instanceof LettuceConnectionFactory lettuce) {
        lettuce.destroy();
      } else if (factory instanceof JedisConnectionFactory jedis) {
        jedis.destroy();
      }
    }
    server.close();
  }

  private RedisConnectionFactory connect(String password) {
    RedisStandaloneConfiguration where =
        new RedisStandaloneConfiguration(Target.HOST, server.port());
    where.setDatabase(login.database);
    where.setUsername(login.user);
    if (password != null) {
      where.setPassword(password);
    }
    RedisConnectionFactory factory = driver == Driver.LETTUCE ? lettuce(where) : jedis(where);
    opened.add(factory);
    return factory;
  }

  private RedisConnectionFactory lettuce(RedisStandaloneConfiguration where) {
    LettuceClientConfiguration.LettuceClientConfigurationBuilder how =
        LettuceClientConfiguration.builder()
            .shutdownTimeout(Duration.ZERO)
            .shutdownQuietPeriod(Duration.ZERO);
    if (login.name != null) {
      how.clientName(login.name);
    }
    if (login.protocol != 0) {
      how.clientOptions(
          ClientOptions.builder()
              .protocolVersion(login.protocol == 2 ? ProtocolVersion.RESP2 : ProtocolVersion.RESP3)
              .build());
    }
    LettuceConnectionFactory factory = new LettuceConnectionFactory(where, how.build());
    factory.afterPropertiesSet();
    factory.start();
    return factory;
  }

  private RedisConnectionFactory jedis(RedisStandaloneConfiguration where) {
    JedisClientConfiguration.JedisClientConfigurationBuilder how =
        JedisClientConfiguration.builder();
    if (login.name != null) {
      how.clientName(login.name);
    }
    if (login.protocol == 2) {
      how.customizeClientConfig(config -> config.resp2());
    } else if (login.protocol == 3) {
      how.customizeClientConfig(config -> config.resp3());
    }
    JedisConnectionFactory factory = new JedisConnectionFactory(where, how.build());
    factory.afterPropertiesSet();
    factory.start();
    return factory;
  }

  @Test
  void connectionIsWhatTheLoginSays() throws Exception {
    redis.opsForValue().get("k");
    assertThat(server.clientList(login).lines())
        .anySatisfy(line -> assertThat(line.split(" ")).contains(login.shown()));
  }

  @Test
  void wrongPasswordIsRefused() {
    if (login.password == null) {
      return; // nothing to guess
    }
    StringRedisTemplate stranger = new StringRedisTemplate(connect("guess"));
    assertThatThrownBy(() -> stranger.opsForValue().get("k"))
        .hasStackTraceContaining("WRONGPASS invalid username-password pair");
  }

  @Test
  void templateHasStringsCountersDeadlinesAndKeys() {
    assertThat(redis.opsForValue().setIfAbsent("a", "1", Duration.ofSeconds(100))).isTrue();
    assertThat(redis.opsForValue().setIfAbsent("a", "2")).isFalse();
    assertThat(redis.getExpire("a")).isEqualTo(100);
    redis.opsForValue().multiSet(Map.of("b", "2", "c", "three"));
    assertThat(redis.opsForValue().multiGet(List.of("a", "none", "c")))
        .containsExactly("1", null, "three");
    assertThat(redis.opsForValue().increment("a")).isEqualTo(2);
    assertThat(redis.opsForValue().increment("b", 0.5)).isEqualTo(2.5);
    assertThat(redis.opsForValue().append("c", "!")).isEqualTo(6);
    assertThat(redis.opsForValue().getAndPersist("a")).isEqualTo("2");
    assertThat(redis.getExpire("a")).isEqualTo(-1);
    assertThat(redis.opsForValue().getAndDelete("c")).isEqualTo("three!");
    assertThat(redis.expire("b", Duration.ofSeconds(50))).isTrue();
    redis.rename("a", "d");
    assertThat(redis.copy("d", "e", false)).isTrue();
    assertThat(redis.keys("[de]")).containsExactlyInAnyOrder("d", "e");
    Set<String> found = new TreeSet<>();
    try (Cursor<String> cursor =
        redis.scan(ScanOptions.scanOptions().match("*").count(2).build())) {
      cursor.forEachRemaining(found::add);
    }
    assertThat(found).containsExactly("b", "d", "e");
    assertThat(redis.delete(List.of("b", "d", "none"))).isEqualTo(2);
    assertThat(redis.unlink("e")).isTrue();
  }

  @Test
  void pipelineAnswersInOrder() {
    assertThat(
            redis.executePipelined(
                new SessionCallback<>() {
                  @Override
                  public <K, V> Object execute(RedisOperations<K, V> operations) {
                    redis.opsForValue().set("k", "v");
                    redis.opsForValue().get("k");
                    redis.opsForValue().increment("n");
                    return null;
                  }
                }))
        .containsExactly(true, "v", 1L);
  }

  @Test
  void sessionIsATransactionThatSeesWhatItWatches() {
    assertThat(add("5", () -> {})).containsExactly(true, 15L);
    assertThat(add("6", () -> new StringRedisTemplate(connections).opsForValue().set("k", "0")))
        .isEmpty();
    assertThat(redis.opsForValue().get("k")).isEqualTo("0");
  }

  /** Sets and adds in a transaction, with something done before it between WATCH and MULTI. */
  private List<Object> add(String amount, Runnable meanwhile) {
    return redis.execute(
        new SessionCallback<>() {
          @Override
          @SuppressWarnings("unchecked")
          public <K, V> List<Object> execute(RedisOperations<K, V> operations)
              throws DataAccessException {
            RedisOperations<String, String> session = (RedisOperations<String, String>) operations;
            session.watch("k");
            Thread other = new Thread(meanwhile); // not on this session's connection
            other.start();
            try {
              other.join();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            session.multi();
            session.opsForValue().set("k", "10");
            session.opsForValue().increment("k", Long.parseLong(amount));
            return session.exec();
          }
        });
  }

  @Test
  void cacheManagerKeepsObjects() {
    RedisCacheManager manager =
        RedisCacheManager.builder(connections)
            .cacheDefaults(
                RedisCacheConfiguration.defaultCacheConfig().entryTtl(Duration.ofMinutes(10)))
            .build();
    manager.afterPropertiesSet();
    Cache cache = manager.getCache("books");
    Cache other = manager.getCache("films");
    List<String> austen = new ArrayList<>(List.of("Emma", "Persuasion"));
    // On Lettuce the manager waits for no write.
    other.put(1, "Ran");
    await().untilAsserted(() -> assertThat(other.get(1, String.class)).isEqualTo("Ran"));
    assertThat(cache.get(1)).isNull();
    assertThat(cache.get(1, () -> austen)).isEqualTo(austen);
    await().untilAsserted(() -> assertThat(cache.get(1, Object.class)).isEqualTo(austen));
    assertThat(redis.getExpire("books::1")).isBetween(1L, 600L);
    assertThat(cache.putIfAbsent(1, "x").get()).isEqualTo(austen);
    cache.put(2, null);
    await().untilAsserted(() -> assertThat(cache.get(2)).isNotNull());
    assertThat(cache.get(2).get()).isNull();
    cache.evict(1);
    await().untilAsserted(() -> assertThat(cache.get(1)).isNull());
    cache.clear();
    await().untilAsserted(() -> assertThat(cache.get(2)).isNull());
    assertThat(other.get(1, String.class)).isEqualTo("Ran");
  }

  @Test
  void listenersHearChannelsPatternsAndExpiry() throws Exception {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    RedisMessageListenerContainer container = new RedisMessageListenerContainer();
    container.setConnectionFactory(connections);
    container.addMessageListener(
        (message, pattern) -> heard.add(message.toString()), new ChannelTopic("plain"));
    container.addMessageListener(
        (message, pattern) -> heard.add(new String(pattern, UTF_8) + " " + message),
        new PatternTopic("news.*"));
    container.addMessageListener(
        (message, pattern) -> heard.add("expired " + message),
        new ChannelTopic("__keyevent@" + login.database + "__:expired"));
    container.afterPropertiesSet();
    redis.execute(
        (RedisCallback<Object>)
            connection -> {
              connection.serverCommands().setConfig("notify-keyspace-events", "Ex");
              return null;
            });
    container.start();
    try {
      assertThat(redis.convertAndSend("plain", "é")).isEqualTo(1);
      assertThat(next(heard)).isEqualTo("é");
      assertThat(redis.convertAndSend("news.swiss", "snow")).isEqualTo(1);
      assertThat(next(heard)).isEqualTo("news.* snow");
      redis.opsForValue().set("brief", "x", Duration.ofMillis(20));
      assertThat(next(heard)).isEqualTo("expired brief");
    } finally {
      container.destroy();
    }
    assertThat(redis.convertAndSend("plain", "nobody")).isZero();
  }
}
