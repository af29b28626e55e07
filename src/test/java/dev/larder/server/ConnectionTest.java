package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.Codec;
import dev.larder.codec.KeyTexts;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Rules;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes over one connection, and how it ends. */
final class ConnectionTest {
  private final Caches caches = new Caches();
  private LarderServer server = caches.server().start();

  @AfterEach
  void close() {
    server.close();
  }

  // ------------------------------------------------------------------------------- many requests

  @Test
  void pipelineIsAnsweredInOrder() throws IOException {
    StringBuilder requests = new StringBuilder();
    StringBuilder replies = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      requests.append(Client.resp("SET", "k" + i, "v" + i)).append(Client.resp("GET", "k" + i));
      String value = "v" + i;
      replies.append("+OK\r\n$").append(value.length()).append("\r\n").append(value).append("\r\n");
    }
    try (Client client = new Client(server)) {
      assertThat(client.send(requests.toString()).end().rest()).isEqualTo(replies.toString());
    }
  }

  @Test
  void requestsCutAnywhereAreTheSameRequests() throws IOException {
    Random random = new Random(42);
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 300; i++) {
      requests.append(i % 3 == 0 ? "INCR line\r\n" : Client.resp("INCR", "array"));
    }
    try (Client client = new Client(server)) {
      for (int from = 0; from < requests.length(); ) {
        int to = Math.min(requests.length(), from + 1 + random.nextInt(20));
        client.send(requests.substring(from, to));
        from = to;
      }
      client.end().rest();
    }
    assertThat(caches.strings.strings().get("line")).isEqualTo("100");
    assertThat(caches.strings.strings().get("array")).isEqualTo("200");
  }

  @Test
  void quitEndsThePipeline() throws IOException {
    try (Client client = new Client(server)) {
      client.send(
          Client.resp("SET", "a", "1") + Client.resp("QUIT") + Client.resp("SET", "b", "2"));
      assertThat(client.rest()).isEqualTo("+OK\r\n+OK\r\n");
    }
    assertThat(caches.strings.keys().exists("a")).isTrue();
    assertThat(caches.strings.keys().exists("b")).isFalse();
  }

  @Test
  void replyToQuitArrivesThoughTheClientGoesOnSending() throws IOException {
    String more = Client.resp("SET", "b", "x".repeat(500_000));
    try (Client client = new Client(server)) {
      client.send(Client.resp("QUIT") + more);
      assertThat(client.rest()).isEqualTo("+OK\r\n");
    }
    assertThat(caches.strings.keys().exists("b")).isFalse();
  }

  // --------------------------------------------------------------------------------- all bytes

  @Test
  void everyByteSurvivesInKeysAndValues() throws IOException {
    List<String> texts = new ArrayList<>();
    StringBuilder all = new StringBuilder();
    for (char b = 0; b < 256; b++) {
      texts.add(String.valueOf(b));
      texts.add("k" + b + "\u00c3\u00a9"); // before valid UTF-8
      all.append(b);
    }
    texts.add(all.toString());
    texts.add(all.reverse().toString());
    texts.add("");
    texts.add("\u00f0\u009f\u0098\u0080"); // one code point beyond the basic plane
    texts.add("\u00ed\u00a0\u0080\u00ed\u00b2\u0080"); // surrogates, which UTF-8 does not have
    try (Client client = new Client(server)) {
      for (String text : texts) {
        assertThat(client.reply("SET", text, "<" + text + ">")).isEqualTo("+OK\r\n");
      }
      assertThat(client.reply("DBSIZE")).isEqualTo(":" + texts.size() + "\r\n");
      for (String text : texts) {
        String value = "<" + text + ">";
        assertThat(client.reply("GET", text))
            .isEqualTo("$" + value.length() + "\r\n" + value + "\r\n");
        assertThat(client.reply("DEL", text)).isEqualTo(":1\r\n");
      }
    }
  }

  @Test
  void largeValueComesBackWhole() throws IOException {
    byte[] bytes = new byte[5_000_000];
    new Random(1).nextBytes(bytes);
    String value = new String(bytes, StandardCharsets.ISO_8859_1);
    try (Client client = new Client(server)) {
      assertThat(client.reply("SET", "large", value)).isEqualTo("+OK\r\n");
      assertThat(client.reply("GET", "large").equals("$5000000\r\n" + value + "\r\n")).isTrue();
    }
  }

  @Test
  void keysOfOneHashCodeStayFast() throws IOException {
    // Of these blocks all have the same hashCode, and so have all texts that are made of 17 of
    // them.
    String[] blocks = {"Aa", "BB"};
    int keys = 100_000;
    try (Client client = new Client(server)) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < keys; i++) {
        requests.append(Client.resp("SET", collidingKey(i, blocks), "v" + i));
      }
      assertThat(collidingKey(5, blocks).hashCode())
          .isEqualTo(collidingKey(77_777, blocks).hashCode());
      pipeline(client, requests, () -> assertThat(client.line()).isEqualTo("+OK"), keys);
      assertThat(client.reply("DBSIZE")).isEqualTo(":" + keys + "\r\n");
      requests.setLength(0);
      for (int i = 0; i < keys; i++) {
        requests.append(Client.resp("GET", collidingKey(i, blocks)));
      }
      int[] next = {0};
      pipeline(
          client,
          requests,
          () -> assertThat(client.reply()).endsWith("\r\nv" + next[0]++ + "\r\n"),
          keys);
    }
  }

  private static String collidingKey(int number, String[] blocks) {
    StringBuilder key = new StringBuilder();
    for (int bit = 0; bit < 17; bit++) {
      key.append(blocks[number >> bit & 1]);
    }
    return key.toString();
  }

  private interface Check {
    void run() throws IOException;
  }

  /** Sends from another thread, so that neither side waits for the other. */
  private static void pipeline(Client client, CharSequence requests, Check reply, int replies)
      throws IOException {
    Thread sender =
        new Thread(
            () -> {
              try {
                client.send(requests.toString());
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    sender.start();
    for (int i = 0; i < replies; i++) {
      reply.run();
    }
  }

  // ---------------------------------------------------------------------- what is no request

  @Test
  void bytesThatAreNoRequestAreAnsweredAndEndTheConnection() throws IOException {
    String[][] errors = {
      {"*abc\r\n", "invalid multibulk length"},
      {"*1\r\nPING\r\n", "expected '$', got 'P'"},
      {"*1\r\n$-5\r\n", "invalid bulk length"},
      {"*1\r\n$99999999999\r\n", "invalid bulk length"},
      {"set \"k v\n", "unbalanced quotes in request"},
      {"x".repeat(70_000), "too big inline request"},
    };
    for (String[] error : errors) {
      try (Client client = new Client(server)) {
        client.send(Client.resp("PING") + error[0] + Client.resp("SET", "k", "v"));
        assertThat(client.rest())
            .as(error[1])
            .isEqualTo("+PONG\r\n-ERR Protocol error: " + error[1] + "\r\n");
      }
    }
    assertThat(caches.strings.keyspace().size()).isZero();
  }

  @Test
  void browsersAndTlsClientsAreLeftWithoutAWord() throws IOException {
    for (String first :
        List.of(
            "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n",
            "GET / HTTP/1.1\r\nHost: localhost:6379\r\n\r\n",
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")) {
      try (Client client = new Client(server)) {
        client.send(first);
        assertThat(restOrReset(client)).as(first).isEmpty();
      }
    }
    assertThat(caches.strings.keyspace().size()).isZero();
  }

  /** A connection that is closed with input unread may end as a reset. */
  private static String restOrReset(Client client) throws IOException {
    try {
      return client.rest();
    } catch (java.net.SocketException reset) {
      return "";
    }
  }

  // -------------------------------------------------------------------------------- failures

  @Test
  void failureInsideIsToldWithoutDetailsAndTheLoopLivesOn() throws IOException {
    List<LogRecord> logged = new ArrayList<>();
    Logger logger = Logger.getLogger("dev.larder.server");
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    caches.add(failing());
    server.close();
    server = caches.server().start();
    try (Client client = new Client(server)) {
      client.reply("SELECT", "failing");
      for (String key : List.of("exception", "error", "deep", "overflow")) {
        client.send(Client.resp("GET", key) + Client.resp("PING"));
        assertThat(client.line()).as(key).isEqualTo("-ERR internal error");
        assertThat(client.line()).isEqualTo("+PONG");
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertThat(logged.stream().filter(record -> record.getThrown() != null))
        .hasSize(4)
        .allMatch(record -> record.getMessage().equals("command 'get' failed"));
  }

  private CacheOperations<String, String> failing() {
    CacheOperations<String, String> good = caches.cache("failing", new Rules<>() {});
    Codec<String> failing =
        new Codec<>() {
          @Override
          public String copy(String value) {
            return value;
          }

          @Override
          public byte[] toBytes(String value) {
            return value.getBytes(StandardCharsets.UTF_8);
          }

          @Override
          public String fromBytes(byte[] bytes) {
            String key = new String(bytes, StandardCharsets.UTF_8);
            switch (key) {
              case "exception" -> throw new IllegalArgumentException("the secret");
              case "error" -> throw new AssertionError("the secret");
              case "deep" -> throw new IllegalStateException("the secret");
              default -> {
                return fromBytes(bytes) + key;
              }
            }
          }
        };
    return new CacheOperations<>(
        "failing", good.entries(), KeyTexts.of(String.class, failing), good.valueText());
  }

  @Test
  void cacheClosedMeanwhileIsSaidToBeClosed() throws IOException {
    boolean[] closed = {false};
    var closing =
        caches.cache(
            "closing",
            new Rules<>() {
              @Override
              public void requireOpen() {
                if (closed[0]) {
                  throw new IllegalStateException("closed");
                }
              }
            });
    caches.add(closing);
    server.close();
    server = caches.server().start();
    try (Client client = new Client(server)) {
      client.reply("SELECT", "closing");
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      closed[0] = true;
      closing.entries().store().discard();
      for (String[] command :
          new String[][] {
            {"GET", "k"}, {"INCR", "k"}, {"DBSIZE"}, {"FLUSHDB"}, {"DEL", "k", "l"}
          }) {
        assertThat(client.reply(command))
            .isEqualTo("-ERR number 1 has no cache now: 'closing' is closed, or not made yet\r\n");
      }
      assertThat(client.reply("INFO")).contains("# Keyspace").doesNotContain("db1:");
      assertThat(client.reply("SELECT", "0")).isEqualTo("+OK\r\n");
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
    }
  }

  // ---------------------------------------------------------------------------- clients that leave

  @Test
  void clientsThatComeAndGoLeaveNothingBehind() throws IOException {
    try (Client other = new Client(server)) {
      for (int i = 0; i < 1_000; i++) {
        Client client = new Client(server);
        switch (i % 5) {
          case 0 -> client.close();
          case 1 -> client.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nhalf").close();
          case 2 -> client.call("INCR", "k").reset();
          case 3 -> {
            assertThat(client.call("QUIT").rest()).isEqualTo("+OK\r\n");
            client.close();
          }
          default -> {
            assertThat(client.reply("PING")).isEqualTo("+PONG\r\n");
            client.close();
          }
        }
      }
      await().until(() -> other.reply("INFO", "clients").contains("connected_clients:1\r\n"));
      assertThat(other.reply("INFO", "stats")).contains("total_connections_received:1001\r\n");
    }
  }

  @Test
  void clientKilledInTheMiddleOfACommandChangesNothing() throws IOException {
    try (Client other = new Client(server)) {
      Client client = new Client(server).send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nval");
      await().until(() -> other.reply("INFO", "clients").contains("connected_clients:2\r\n"));
      client.reset();
      await().until(() -> other.reply("INFO", "clients").contains("connected_clients:1\r\n"));
      assertThat(other.reply("EXISTS", "k")).isEqualTo(":0\r\n");
    }
  }

  @Test
  void clientThatDoesNotReadIsNotExecutedFurtherAndGetsAllInTheEnd() throws Exception {
    int gets = 20_000;
    String value = "x".repeat(20_000);
    String expected = "$20000\r\n" + value + "\r\n";
    caches.set("k", value);
    try (Client slow = new Client(server);
        Client other = new Client(server)) {
      Thread sender =
          new Thread(
              () -> {
                try {
                  slow.send(Client.resp("GET", "k").repeat(gets));
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      sender.start();
      // All replies are 400 MB; what the sockets take, and the server owes, is less than 20.
      await().until(() -> commands(other) > 50);
      for (int i = 0; i < 1_000; i++) {
        assertThat(commands(other) - i).isLessThan(2_000);
      }
      for (int i = 0; i < gets; i++) {
        assertThat(slow.read(expected.length()).equals(expected)).isTrue();
      }
      sender.join();
    }
  }

  private static long commands(Client client) throws IOException {
    return client
        .reply("INFO", "stats")
        .lines()
        .filter(line -> line.startsWith("total_commands_processed:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
        .findAny()
        .orElseThrow();
  }
}
