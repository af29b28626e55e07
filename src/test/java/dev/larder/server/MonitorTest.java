package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.Rules;
import dev.larder.server.clients.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code MONITOR}: a client is shown what the others do. */
final class MonitorTest {
  /** What is not in the same words everywhere. */
  private static final String TIME = "^\\+\\d{10}\\.\\d{6} ";

  private final Caches caches = new Caches();
  private LarderServer server = caches.server().start();

  @AfterEach
  void close() {
    server.close();
  }

  private static Client monitor(InetSocketAddress address) throws IOException {
    Client monitor = new Client(address);
    assertThat(monitor.reply("MONITOR")).isEqualTo("+OK\r\n");
    return monitor;
  }

  private static String shown(Client monitor) throws IOException {
    return monitor.line().replaceFirst(TIME, "").replaceFirst(":\\d+] ", ":port] ");
  }

  @Test
  void everyCommandIsALineWithTimeCacheAndAddress() throws IOException {
    try (Client monitor = monitor(server.address());
        Client client = new Client(server)) {
      client.reply("set", "k", "a \"b\" \\ \r\n\t\u0007\b\0\u00ff");
      client.reply("FLUSHDB"); // by a worker
      assertThat(monitor.line())
          .matches(
              TIME
                  + "\\[0 127\\.0\\.0\\.1:"
                  + client.socket.getLocalPort()
                  + "] \"set\" \"k\" \\Q\"a \\\"b\\\" \\\\ \\r\\n\\t\\a\\b\\x00\\xff\"\\E");
      assertThat(shown(monitor)).isEqualTo("[0 127.0.0.1:port] \"FLUSHDB\"");
    }
  }

  @Test
  void peopleOnTelnetAreShownTheSameLines() throws IOException {
    try (Client monitor = new Client(server);
        Client client = new Client(server)) {
      monitor.send("MONITOR\n");
      assertThat(monitor.line()).isEqualTo("+OK");
      client.reply("SET", "k", "v");
      assertThat(shown(monitor)).isEqualTo("[0 127.0.0.1:port] \"SET\" \"k\" \"v\"");
      monitor.send("RESET\n");
      assertThat(monitor.line()).isEqualTo("+RESET");
      monitor.send("GET k\n");
      assertThat(monitor.line()).isEqualTo("v");
    }
  }

  @Test
  void passwordsAreNeverShown() throws IOException {
    server.close();
    server = caches.server().password("s3cret").start();
    try (Client monitor = new Client(server);
        Client client = new Client(server)) {
      monitor.reply("AUTH", "s3cret");
      monitor.reply("MONITOR");
      client.reply("HELLO", "9", "AUTH", "default", "s3cret");
      client.reply("AUTH", "default", "s3cret", "s3cret");
      client.reply("HELLO", "2", "SETNAME", "x", "AUTH", "default", "s3cret");
      client.reply("CONFIG", "SET", "requirepass", "s3cret2");
      client.reply("ACL", "SETUSER", "bob", ">s3cret");
      client.reply("PING");
      List<String> lines = new ArrayList<>();
      do {
        lines.add(shown(monitor));
      } while (!lines.get(lines.size() - 1).endsWith("\"PING\""));
      assertThat(lines).hasSize(4).noneMatch(line -> line.contains("s3cret"));
      assertThat(lines.get(2))
          .endsWith("\"HELLO\" \"2\" \"SETNAME\" \"x\" \"AUTH\" \"(redacted)\" \"(redacted)\"");
    }
  }

  @Test
  void clientOfAUnixSocketIsShownByItsPath(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("s");
    server.close();
    server = caches.server().unixSocket(path).start();
    try (Client monitor = monitor(server.address());
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      client.connect(UnixDomainSocketAddress.of(path));
      client.write(ByteBuffer.wrap("PING\n".getBytes(StandardCharsets.US_ASCII)));
      assertThat(shown(monitor)).isEqualTo("[0 unix:" + path + "] \"PING\"");
    }
  }

  @Test
  void monitorThatLeavesOrIsResetIsForgotten() throws IOException {
    try (Client client = new Client(server);
        Client reset = monitor(server.address());
        Client quits = monitor(server.address());
        Client leaves = monitor(server.address())) {
      assertThat(client.reply("CLIENT", "LIST")).containsPattern("flags=O .*\n.*flags=O ");
      leaves.reset();
      assertThat(quits.reply("QUIT")).isEqualTo("+OK\r\n");
      assertThat(quits.rest()).isEmpty();
      assertThat(shown(reset)).endsWith("\"QUIT\"");
      assertThat(reset.reply("RESET")).isEqualTo("+RESET\r\n");
      await().until(() -> !client.reply("CLIENT", "LIST").contains("flags=O"));
      assertThat(reset.reply("GET", "k")).isEqualTo("$-1\r\n");
    }
  }

  @Test
  void monitorIsToldNothingWhileItWantsNoReplies() throws IOException {
    try (Client monitor = new Client(server)) {
      monitor.call("CLIENT", "REPLY", "OFF").call("MONITOR").call("PING");
      assertThat(monitor.reply("CLIENT", "REPLY", "ON")).isEqualTo("+OK\r\n");
      assertThat(shown(monitor)).endsWith("\"CLIENT\" \"REPLY\" \"ON\"");
      monitor.call("MONITOR"); // a second time: no answer, as in Redis
      assertThat(monitor.reply("PING")).isEqualTo("+PONG\r\n");
    }
  }

  @Test
  void slowMonitorIsClosedAndTheOthersGoOn() throws IOException {
    server.close();
    server = caches.server().config("client-output-buffer-limit", "normal 100kb 0 0").start();
    try (LogLines log = new LogLines();
        Client slow = monitor(server.address());
        Client quick = monitor(server.address());
        Client client = new Client(server)) {
      String word = "x".repeat(50_000);
      for (int i = 0; i < 2_000 && log.lines().isEmpty(); i++) {
        assertThat(client.reply("ECHO", word)).startsWith("$50000");
        assertThat(shown(quick)).endsWith("x\"");
      }
      assertThat(log.lines()).hasSize(1).allMatch(line -> line.contains("is closed"));
      await().until(() -> client.reply("CLIENT", "LIST").split("flags=O", -1).length == 2);
      assertThat(slow.line()).contains("\"ECHO\"");
    }
  }

  // --------------------------------------------------------------------------------- beside Redis

  // spotless:off
  /** What one client says; where it is {@code monitor:}, the one that watches. */
  private static final List<String> SESSION = List.of(
      "monitor:MONITOR",   "monitor:PING",      "monitor:GET a",     "monitor:SET a 1",
      "monitor:PUBLISH a b", "monitor:MULTI",   "monitor:SET a 1",   "monitor:PING",
      "monitor:EXEC",      "set a b\"\\\u0007\b\u00ff'", "SELECT 3", "GET a",
      "GET",               "nosuch a",          "AUTH x",            "AUTH u x",
      "HELLO 2",           "CONFIG GET save",   "MULTI",             "SET b 1",
      "SELECT 2",          "INCR b",            "MONITOR",           "CONFIG GET save",
      "GET",               "EXEC",              "DISCARD",           "MULTI",
      "SET b 1",           "SELECT 2",          "INCR b",            "MONITOR",
      "CONFIG GET save",   "EXEC",              "CLIENT SETNAME x",  "CLIENT LIST",
      "CLIENT KILL ID 999", "SUBSCRIBE c",      "UNSUBSCRIBE c",     "WAIT 0 1",
      "SLOWLOG LEN",       "SET k v",           "WATCH a",           "MULTI",
      "EXEC",              "SETEX k 10 v",      "GETEX k EX 100",    "GETDEL k",
      "EXPIRE a 10",       "INCRBYFLOAT f 1.5", "INCR k1 k2",        "LASTSAVE",
      "SAVE x",            "ACL WHOAMI",        "ACL LIST",          "LATENCY LATEST",
      "SWAPDB 0 1",        "FLUSHALL",          "monitor:RESET",     "monitor:GET a",
      "RESET",             "QUIT");
  // spotless:on

  /** Of their replies only the kind is compared. */
  private static final List<String> UNLIKE =
      List.of("HELLO", "CLIENT", "LASTSAVE", "ACL", "CONFIG", "SLOWLOG", "LATENCY");

  /** The replies to both, and then the lines that the one that watches was shown. */
  private static List<String> said(InetSocketAddress address) throws IOException {
    List<String> said = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    try (Client monitor = new Client(address);
        Client client = new Client(address)) {
      for (String line : SESSION) {
        boolean watches = line.startsWith("monitor:");
        String[] words = line.substring(watches ? 8 : 0).split(" ");
        String reply = (watches ? monitor : client).reply(words);
        while (watches && reply.matches("(?s)" + TIME + ".*")) { // of the other, or before it
          lines.add(normal(reply));
          reply = monitor.reply();
        }
        boolean told = !UNLIKE.contains(words[0]);
        said.add(line + " -> " + (told ? reply : reply.substring(0, 1)));
      }
    }
    said.addAll(lines);
    return said;
  }

  private static String normal(String line) {
    return line.replaceFirst(TIME, "").replaceFirst(":\\d+] ", ":port] ");
  }

  @Test
  void repliesAndLinesAreThoseOfRedis(@TempDir Path directory) throws Exception {
    Programs.need("Redis server ", "redis-server", "--version");
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    for (String name : List.of("1", "2", "3")) {
      caches.add(caches.cache(name, new Rules<>() {}));
    }
    server.close();
    server = caches.server().start();
    Process redis =
        new ProcessBuilder(
                "redis-server", "--bind", "127.0.0.1", "--port", String.valueOf(port), "--save", "")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    try {
      InetSocketAddress theirs = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      await().ignoreExceptions().until(() -> pings(theirs));
      List<String> expected = said(theirs);
      assertThat(said(server.address())).isEqualTo(expected);
      assertThat(expected).hasSizeGreaterThan(SESSION.size() + 30);
    } finally {
      redis.destroy();
      redis.waitFor();
    }
  }

  private static boolean pings(InetSocketAddress address) throws IOException {
    try (Client client = new Client(address)) {
      return client.reply("PING").equals("+PONG\r\n");
    }
  }
}
