package dev.larder.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.Rules;
import dev.larder.ops.StringOperations.When;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code DUMP} and {@code RESTORE}, also of what Redis has dumped. */
final class DumpTest {
  /** What redis-server 7.0.15 gives for {@code hello world}. */
  private static final String HELLO = payload("000b68656c6c6f20776f726c640a000bfc49b9a6c7a034");

  /**
   * Words; {@code P} is the payload, {@code Q} one with another checksum, {@code R} another text.
   */
  private static final String SCRIPT =
      """
      DUMP none                              -> $-1
      DUMP                                   -> -ERR wrong number of arguments for 'dump' command
      DUMP a b                               -> -ERR wrong number of arguments for 'dump' command
      RESTORE a 0                            -> -ERR wrong number of arguments for 'restore' command
      RESTORE a 0 P                          -> +OK
      GET a                                  -> $11 hello world
      TTL a                                  -> :-1
      RESTORE a 0 P                          -> -BUSYKEY Target key name already exists.
      RESTORE a 0 P REPLACE                  -> +OK
      RESTORE a 100000 P REPLACE             -> +OK
      TTL a                                  -> :100
      RESTORE b -1 P                         -> -ERR Invalid TTL value, must be >= 0
      RESTORE b x P                          -> -ERR value is not an integer or out of range
      RESTORE b -1 P BOGUS                   -> -ERR syntax error
      RESTORE b 0 bad                        -> -ERR DUMP payload version or checksum are wrong
      RESTORE b 0 Q                          -> -ERR DUMP payload version or checksum are wrong
      RESTORE b 0 R                          -> -ERR DUMP payload version or checksum are wrong
      RESTORE a 0 bad                        -> -BUSYKEY Target key name already exists.
      RESTORE a -1 P                         -> -BUSYKEY Target key name already exists.
      RESTORE a x P                          -> -BUSYKEY Target key name already exists.
      RESTORE a -1 P REPLACE                 -> -ERR Invalid TTL value, must be >= 0
      RESTORE b -1 bad                       -> -ERR Invalid TTL value, must be >= 0
      RESTORE b 1 bad ABSTTL                 -> -ERR DUMP payload version or checksum are wrong
      RESTORE b 1 P ABSTTL                   -> +OK
      EXISTS b                               -> :0
      RESTORE a 1 Q ABSTTL REPLACE           -> -ERR DUMP payload version or checksum are wrong
      EXISTS a                               -> :1
      RESTORE a 1 P ABSTTL REPLACE           -> +OK
      EXISTS a                               -> :0
      RESTORE a 1 P absttl replace           -> +OK
      RESTORE c 9999999999999 P ABSTTL       -> +OK
      PEXPIRETIME c                          -> :9999999999999
      RESTORE d 0 P IDLETIME                 -> -ERR syntax error
      RESTORE d 0 P IDLETIME -1              -> -ERR Invalid IDLETIME value, must be >= 0
      RESTORE d 0 P IDLETIME x               -> -ERR value is not an integer or out of range
      RESTORE d 0 P IDLETIME -1 BOGUS        -> -ERR Invalid IDLETIME value, must be >= 0
      RESTORE d 0 P FREQ 256                 -> -ERR Invalid FREQ value, must be >= 0 and <= 255
      RESTORE d 0 P FREQ -1                  -> -ERR Invalid FREQ value, must be >= 0 and <= 255
      RESTORE d 0 P FREQ x                   -> -ERR value is not an integer or out of range
      RESTORE d 0 P FREQ                     -> -ERR syntax error
      RESTORE d 0 P FREQ 1 IDLETIME 1        -> -ERR syntax error
      RESTORE d 0 P IDLETIME 1 FREQ 1        -> -ERR syntax error
      RESTORE d 0 P IDLETIME 1 IDLETIME 2    -> +OK
      RESTORE e 0 P FREQ 1 FREQ 255          -> +OK
      RESTORE f 5 P IDLETIME 9 REPLACE ABSTTL -> +OK
      EXISTS c d e f                         -> :3
      RESTORE g 9223372036854775807 P        -> +OK
      SET n 12                               -> +OK
      TYPE n                                 -> +string
      """;

  private static final When ALWAYS = When.ALWAYS;
  private static final Deadline POLICY = Deadline.BY_POLICY;

  private final Caches caches = new Caches();
  private LarderServer server;
  private Client client;

  private static String payload(String hex) {
    return new String(HexFormat.of().parseHex(hex), ISO_8859_1);
  }

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("objects", Object.class, Object.class, new Rules<>() {}));
    caches.add(caches.cache("numbers", Long.class, Long.class, new Rules<>() {}));
    server = caches.server().start();
    client = new Client(server);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
  }

  @SuppressWarnings("unchecked")
  private CacheOperations<Object, Object> any() {
    return (CacheOperations<Object, Object>) caches.all.get(1);
  }

  private static void run(Client client) throws IOException {
    for (String line : SCRIPT.lines().toList()) {
      String[] parts = line.split(" +-> ", 2);
      List<String> words = new ArrayList<>();
      for (String word : parts[0].split(" ")) {
        words.add(
            switch (word) {
              case "P" -> HELLO;
              case "Q" -> HELLO.substring(0, HELLO.length() - 1) + "5";
              case "R" -> HELLO.replace("hello", "hullo");
              default -> word;
            });
      }
      String reply = client.reply(words.toArray(String[]::new));
      assertThat(reply.strip().replace("\r\n", " ")).as(line).isEqualTo(parts[1]);
    }
  }

  @Test
  void repliesAreThoseOfRedis() throws IOException {
    run(client);
  }

  @Test
  void redisServerSaysTheSameAndEachTakesWhatTheOtherDumped(@TempDir Path directory)
      throws Exception {
    try (RedisServer server = new RedisServer(directory);
        Client redis = new Client(server.address())) {
      run(redis);
      for (String value : List.of("", "x", "-7", "caf\u00e9", "\u0000\u00ff", "y".repeat(700))) {
        redis.reply("SET", "k", value);
        assertThat(client.reply("RESTORE", "there", "0", dumped(redis, "k"), "REPLACE"))
            .isEqualTo("+OK\r\n");
        assertThat(client.reply("GET", "there")).isEqualTo(redis.reply("GET", "k"));
        assertThat(redis.reply("RESTORE", "back", "0", dumped(client, "there"), "REPLACE"))
            .isEqualTo("+OK\r\n");
        assertThat(redis.reply("GET", "back")).isEqualTo(redis.reply("GET", "k"));
      }
      redis.reply("RPUSH", "l", "a");
      assertThat(client.reply("RESTORE", "l", "0", dumped(redis, "l")))
          .startsWith("-ERR ")
          .contains("list");
      assertThat(client.reply("EXISTS", "l")).isEqualTo(":0\r\n");
    }
  }

  private static String dumped(Client client, String key) throws IOException {
    String reply = client.reply("DUMP", key);
    return reply.substring(reply.indexOf('\n') + 1, reply.length() - 2);
  }

  @Test
  void valuesOfAnyTypeComeBackAsWhatTheyWere() throws IOException {
    CacheOperations<Object, Object> any = any();
    client.reply("SELECT", "1");
    for (Object value : List.<Object>of("42", 42L, 42, 1.5f, Instant.EPOCH)) {
      any.strings().set("k", value, ALWAYS, POLICY, null);
      String dumped = dumped(client, "k");
      assertThat(client.reply("RESTORE", "copy", "0", dumped, "REPLACE")).isEqualTo("+OK\r\n");
      assertThat(any.strings().get("copy")).isEqualTo(value);
    }
    client.reply("SELECT", "2");
    client.reply("SET", "1", "7");
    assertThat(client.reply("RESTORE", "2", "0", dumped(client, "1"))).isEqualTo("+OK\r\n");
    assertThat(client.reply("GET", "2")).isEqualTo("$1\r\n7\r\n");
    assertThat(client.reply("RESTORE", "3", "0", HELLO))
        .isEqualTo("-ERR expected a 64-bit integer, found \"hello world\"\r\n");
  }

  @Test
  void whatIsNotAllowedIsNotDumped() throws IOException {
    CacheOperations<Object, Object> any = any();
    any.strings().set("k", new ArrayList<>(List.of(1)), ALWAYS, POLICY, null);
    client.reply("SELECT", "1");

    assertThat(client.reply("DUMP", "k"))
        .isEqualTo(
            "-ERR a java.util.ArrayList cannot be saved: class java.util.ArrayList is not allowed;"
                + " LarderConfiguration.Builder.allow(\"java.util.ArrayList\") would allow it\r\n");
  }

  @Test
  void aTransactionDumpsAndRestores() throws IOException {
    client.reply("MULTI");
    client.reply("RESTORE", "a", "5000", HELLO);
    client.reply("PTTL", "a");
    client.reply("RESTORE", "a", "0", HELLO);
    client.reply("DUMP", "a");
    assertThat(client.reply("EXEC"))
        .startsWith("*4\r\n+OK\r\n:5000\r\n-BUSYKEY Target key name already exists.\r\n$");
  }
}
