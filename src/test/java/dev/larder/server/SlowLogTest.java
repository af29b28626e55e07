package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code SLOWLOG} and {@code LATENCY} remember of commands that took long. */
final class SlowLogTest {
  private final LarderServer server = new Caches().server().start();
  private Client client;

  @BeforeEach
  void rememberEverything() throws IOException {
    client = new Client(server);
    client.reply("CLIENT", "SETNAME", "me");
    client.reply("CONFIG", "SET", "slowlog-log-slower-than", "0");
    client.reply("SLOWLOG", "RESET");
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
  }

  /** A raw reply in one line: bulks without their length, elements parted by blanks. */
  private String reply(String... words) throws IOException {
    return client.reply(words).replaceAll("\\$\\d+\r\n", "").strip().replace("\r\n", " ");
  }

  private static String entry(String words) {
    return " \\*6 :\\d+ :\\d+ :\\d+ " + words + " 127\\.0\\.0\\.1:\\d+ me";
  }

  @Test
  void latestCommandsComeFirstWithTheirClient() throws IOException {
    reply("SET", "k", "v");
    reply("PING");
    assertThat(reply("SLOWLOG", "GET"))
        .matches("\\*3" + entry("\\*1 PING") + entry("\\*3 SET k v") + entry("\\*2 SLOWLOG RESET"));
    assertThat(reply("SLOWLOG", "GET", "1")).matches("\\*1" + entry("\\*2 SLOWLOG GET"));
    assertThat(reply("SLOWLOG", "GET", "0")).isEqualTo("*0");
    assertThat(reply("SLOWLOG", "GET", "-1")).startsWith("*6 ");
  }

  @Test
  void numbersGoOnAfterAReset() throws IOException {
    reply("PING");
    String first = reply("SLOWLOG", "GET", "1").split(" ")[2];
    assertThat(reply("SLOWLOG", "RESET")).isEqualTo("+OK");
    assertThat(reply("SLOWLOG", "LEN")).isEqualTo(":1"); // the reset itself
    String second = reply("SLOWLOG", "GET", "1").split(" ")[2];
    assertThat(Long.parseLong(second.substring(1)))
        .isGreaterThan(Long.parseLong(first.substring(1)));
  }

  @Test
  void noMoreAreKeptThanConfigured() throws IOException {
    reply("CONFIG", "SET", "slowlog-max-len", "2");
    for (int i = 0; i < 5; i++) {
      reply("PING");
    }
    assertThat(reply("SLOWLOG", "LEN")).isEqualTo(":2");
    reply("CONFIG", "SET", "slowlog-max-len", "0");
    assertThat(reply("SLOWLOG", "LEN")).isEqualTo(":0");
  }

  @Test
  void nothingIsKeptWithoutAThresholdOrBelowIt() throws IOException {
    for (String threshold : List.of("-1", "3600000000")) {
      reply("CONFIG", "SET", "slowlog-log-slower-than", threshold);
      reply("SLOWLOG", "RESET");
      reply("PING");
      assertThat(reply("SLOWLOG", "LEN")).isEqualTo(":0");
    }
  }

  @Test
  void longWordsAndLongCommandsAreCutOff() throws IOException {
    reply("SET", "k", "x".repeat(129));
    assertThat(reply("SLOWLOG", "GET", "1"))
        .contains("*3 SET k " + "x".repeat(128) + "... (1 more bytes) ");
    reply("SET", "k", "x".repeat(128));
    assertThat(reply("SLOWLOG", "GET", "1")).contains("*3 SET k " + "x".repeat(128) + " 127");

    List<String> words = new ArrayList<>(List.of("EXISTS"));
    for (int i = 1; i < 32; i++) {
      words.add("k");
    }
    reply(words.toArray(String[]::new));
    assertThat(reply("SLOWLOG", "GET", "1")).contains("*32 EXISTS k ", " k k 127");
    words.add("k");
    reply(words.toArray(String[]::new));
    assertThat(reply("SLOWLOG", "GET", "1"))
        .contains("*32 EXISTS k ", " k ... (2 more arguments) ");
  }

  @Test
  void passwordsAreNotShown() throws IOException {
    reply("CONFIG", "SET", "maxclients", "100", "requirepass", "secret");
    reply("HELLO", "2", "AUTH", "default", "secret", "SETNAME", "me");
    assertThat(reply("SLOWLOG", "GET", "2"))
        .contains("*7 HELLO 2 AUTH (redacted) (redacted) SETNAME me")
        .contains("*6 CONFIG SET maxclients 100 requirepass (redacted)")
        .doesNotContain("secret");
  }

  @Test
  void commandsOfATransactionAreShownAndNotExec() throws IOException {
    reply("MULTI");
    reply("INCR", "n");
    reply("EXEC");
    assertThat(reply("SLOWLOG", "GET", "2"))
        .matches("\\*2" + entry("\\*2 INCR n") + entry("\\*1 MULTI"));
  }

  @Test
  void wrongCountsAreRefused() throws IOException {
    String error = "-ERR count should be greater than or equal to -1";
    assertThat(reply("SLOWLOG", "GET", "-2")).isEqualTo(error);
    assertThat(reply("SLOWLOG", "GET", "x")).isEqualTo(error);
    assertThat(reply("SLOWLOG", "GET", "1", "2"))
        .isEqualTo(
            "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
  }

  @Test
  void histogramCountsTheCallsBelowEachPowerOfTwo() throws IOException {
    for (int i = 0; i < 3; i++) {
      reply("GET", "k");
    }
    assertThat(reply("LATENCY", "HISTOGRAM", "get", "nothing"))
        .matches("\\*2 get \\*4 calls :3 histogram_usec \\*\\d+ (:\\d+ :\\d+ )*:\\d+ :3");
    assertThat(reply("LATENCY", "HISTOGRAM", "config")).startsWith("*2 config|set *4 calls :1 ");
    assertThat(reply("LATENCY", "HISTOGRAM", "ttl")).isEqualTo("*0");
  }

  @Test
  void nothingIsMonitoredUnlessToldTo() throws IOException {
    assertThat(reply("LATENCY", "LATEST")).isEqualTo("*0");
    assertThat(reply("LATENCY", "HISTORY", "command")).isEqualTo("*0");
    assertThat(reply("LATENCY", "RESET")).isEqualTo(":0");
    assertThat(reply("LATENCY", "DOCTOR")).contains("CONFIG SET latency-monitor-threshold");
  }

  @Test
  void commandsThatTakeAMillisecondAreMonitored() throws IOException {
    reply("CONFIG", "SET", "latency-monitor-threshold", "1");
    reply("SET", "a", "x".repeat(5_000));
    reply("SET", "b", "y".repeat(5_000));
    reply("LCS", "a", "b", "LEN"); // 25 million steps
    assertThat(reply("LATENCY", "LATEST")).containsPattern("\\*4 command :\\d+ :\\d+ :\\d+");
    assertThat(reply("LATENCY", "HISTORY", "command")).matches("\\*\\d+( \\*2 :\\d+ :\\d+)+");
    assertThat(reply("LATENCY", "DOCTOR")).contains("command: ");
    assertThat(reply("LATENCY", "RESET", "command", "nothing")).isEqualTo(":1");
    assertThat(reply("LATENCY", "HISTORY", "command")).isEqualTo("*0");
  }
}
