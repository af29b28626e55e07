package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that are not as they were written: what is started from them nevertheless, and what not.
 */
final class DamageTest {
  private static final String[] SNAPSHOTS = {"--appendonly", "no", "--save", ""};
  private static final String[] LOG = {
    "--appendonly", "yes", "--appendfsync", "always", "--save", ""
  };
  private static final int WRITES = 100;

  @TempDir private Path home;
  private Path directory;
  private Path log;

  @BeforeEach
  void make() throws Exception {
    directory = Files.createDirectories(home.resolve("data"));
    log = directory.resolve("appendonlydir").resolve("appendonly.aof.1.incr.aof");
  }

  @Test
  void logWithoutItsLastBytesIsLoadedUpToThere() throws Exception {
    writeLog();
    change(log, bytes -> bytes.substring(0, bytes.length() - 3));
    try (Server server = Server.start(directory, LOG)) {
      assertThat(server.said()).contains(log.getFileName().toString());
      assertThat(server.ask("DBSIZE")).isEqualTo(":" + (WRITES - 1));
      assertThat(server.ask("SET", "k:again", "v")).isEqualTo("+OK");
      server.kill();
    }
    try (Server server = Server.start(directory, LOG)) {
      assertThat(server.ask("DBSIZE")).isEqualTo(":" + WRITES);
      assertThat(server.ask("GET", "k:" + (WRITES - 2))).isEqualTo("v" + (WRITES - 2));
      assertThat(server.ask("GET", "k:again")).isEqualTo("v");
    }
  }

  @Test
  void transactionWithoutItsEndIsNotLoadedAtAll() throws Exception {
    writeLog();
    try (Server server = Server.start(directory, LOG);
        Wire wire = server.connect()) {
      wire.send(Wire.call("MULTI"));
      wire.send(Wire.call("SET", "k:0", "changed"));
      wire.send(Wire.call("SET", "new", "v"));
      wire.send(Wire.call("EXEC"));
      assertThat(wire.replies(4)).endsWith("[+OK, +OK]");
      server.shutDown();
    }
    change(log, bytes -> bytes.substring(0, bytes.lastIndexOf("*1\r\n$4\r\nEXEC")));
    try (Server server = Server.start(directory, LOG)) {
      assertThat(server.ask("GET", "k:0")).isEqualTo("v0");
      assertThat(server.ask("EXISTS", "new")).isEqualTo(":0");
      assertThat(server.ask("DBSIZE")).isEqualTo(":" + WRITES);
    }
  }

  @Test
  void logWithoutItsLastBytesIsRefusedIfToldSo() throws Exception {
    writeLog();
    change(log, bytes -> bytes.substring(0, bytes.length() - 3));
    final byte[] damaged = Files.readAllBytes(log);
    assertThat(refusal("--appendonly", "yes", "--save", "", "--aof-load-truncated", "no"))
        .contains(log.getFileName().toString());
    assertThat(log).hasBinaryContent(damaged);
  }

  /** None of these is RESP: not an array, no length, not a bulk string. */
  @ParameterizedTest
  @ValueSource(strings = {"X3\r\n$3\r\n", "*3\r\n$x\r\n", "*3\r\n!3\r\n"})
  void logThatIsDamagedInItsMidstIsRefused(String damage) throws Exception {
    writeLog();
    int[] at = new int[1];
    change(
        log,
        bytes -> {
          at[0] = bytes.indexOf("*3\r\n", bytes.length() / 2);
          return bytes.substring(0, at[0]) + damage + bytes.substring(at[0] + damage.length());
        });
    final byte[] damaged = Files.readAllBytes(log);
    String said = refusal(LOG);
    assertThat(said).contains(log.getFileName().toString());
    assertThat(log).hasBinaryContent(damaged);
    larderOnly();
    assertThat(said)
        .containsPattern("\\b(" + at[0] + "|" + (at[0] + 4) + "|" + (at[0] + 5) + ")\\b");

    try (Server server =
        Server.start(
            directory,
            "--appendonly",
            "yes",
            "--appendfsync",
            "always",
            "--save",
            "",
            "--aof-load-corrupt",
            "yes")) {
      assertThat(server.said()).contains(log.getFileName().toString());
      int loaded = Integer.parseInt(server.ask("DBSIZE").substring(1));
      assertThat(loaded).isBetween(WRITES / 2 - 5, WRITES / 2 + 5);
      assertThat(server.ask("GET", "k:" + (loaded - 1))).isEqualTo("v" + (loaded - 1));
      assertThat(server.ask("SET", "again", "v")).isEqualTo("+OK");
      server.kill();
      try (Server next = Server.start(directory, LOG)) {
        assertThat(next.ask("DBSIZE")).isEqualTo(":" + (loaded + 1));
      }
    }
  }

  @Test
  void logOfWhichAFileIsMissingIsRefused() throws Exception {
    writeLog();
    Files.delete(log);
    String said = refusal(LOG);
    assertThat(said).contains(log.getFileName().toString());
    assertThat(log).doesNotExist();
  }

  @Test
  void manifestThatIsNoneIsRefused() throws Exception {
    writeLog();
    Path manifest = log.resolveSibling("appendonly.aof.manifest");
    change(manifest, text -> text.replace("type i", "type z"));
    assertThat(refusal(LOG)).containsPattern("type z|'z'");
    assertThat(manifest).content().contains("type z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"no end", "half", "nothing", "other byte", "newer", "no snapshot"})
  void snapshotThatIsNotWholeIsRefused(String damage) throws Exception {
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      for (int i = 0; i < WRITES; i++) {
        assertThat(server.ask("SET", "k:" + i, "v" + i)).isEqualTo("+OK");
      }
      server.shutDown("SAVE");
    }
    Path snapshot = directory.resolve("dump.rdb");
    change(
        snapshot,
        bytes ->
            switch (damage) {
              case "no end" -> bytes.substring(0, bytes.length() - 1);
              case "half" -> bytes.substring(0, bytes.length() / 2);
              case "nothing" -> "";
              case "other byte" -> bytes.replace("v77", "v78"); // only the checksum knows
              case "newer" -> "REDIS0099" + bytes.substring(9);
              default -> "Not a " + bytes;
            });
    final byte[] damaged = Files.readAllBytes(snapshot);
    String said = refusal(SNAPSHOTS);
    assertThat(snapshot).hasBinaryContent(damaged);
    larderOnly();
    assertThat(said).contains(snapshot.getFileName().toString());
    assertThat(said.lines().filter(line -> line.startsWith("\tat "))).as(said).isEmpty();
  }

  @Test
  void typesThatThereAreNotYetAreRefusedByNumber() throws Exception {
    larderOnly();
    Path snapshot = writeAllTypes();
    final byte[] written = Files.readAllBytes(snapshot);
    assertThat(refusal(SNAPSHOTS))
        .contains(snapshot.getFileName().toString())
        .containsIgnoringCase("list")
        .containsIgnoringCase("hash")
        .containsIgnoringCase("stream")
        .containsPattern("\\b3\\b")
        .containsPattern("\\b4\\b")
        .containsPattern("\\b5\\b")
        .contains("--load-unsupported skip");
    assertThat(snapshot).hasBinaryContent(written);
  }

  @Test
  void typesThatThereAreNotYetAreLeftOutIfToldSoAndNotWrittenOver() throws Exception {
    larderOnly();
    Path snapshot = writeAllTypes();
    final byte[] written = Files.readAllBytes(snapshot);
    try (Server server =
        Server.start(
            directory,
            "--appendonly",
            "no",
            "--save",
            "3600 1000000",
            "--load-unsupported",
            "skip")) {
      assertThat(server.ask("DBSIZE")).isEqualTo(":2");
      assertThat(server.ask("GET", "string:1")).isEqualTo("v");
      assertThat(server.said()).containsIgnoringCase("list").containsPattern("\\b3\\b");
      assertThat(server.ask("SET", "more", "v")).isEqualTo("+OK");
      assertThat(server.ask("SAVE"))
          .startsWith("-ERR ")
          .contains(snapshot.getFileName().toString());
      assertThat(server.ask("BGSAVE")).startsWith("-ERR ");
      assertThat(server.ask("GET", "more")).isEqualTo("v");
      server.shutDown("NOSAVE");
    }
    assertThat(snapshot).hasBinaryContent(written);
  }

  @Test
  void commandThatThereIsNotYetIsRefusedInALog() throws Exception {
    larderOnly();
    try (Server server = Server.start(Server.Program.REDIS, directory, LOG)) {
      assertThat(server.ask("SET", "k", "v")).isEqualTo("+OK");
      assertThat(server.ask("RPUSH", "list", "a")).isEqualTo(":1");
      server.shutDown();
    }
    assertThat(refusal(LOG)).contains(log.getFileName().toString()).containsIgnoringCase("rpush");
  }

  private Path writeAllTypes() throws Exception {
    try (Server server = Server.start(Server.Program.REDIS, directory, SNAPSHOTS);
        Wire wire = server.connect()) {
      write(wire, 2, "string", "SET", "v");
      write(wire, 3, "list", "RPUSH", "a", "b");
      write(wire, 4, "set", "SADD", "a", "b");
      write(wire, 5, "hash", "HSET", "f", "v");
      write(wire, 6, "zset", "ZADD", "1", "a");
      write(wire, 1, "stream", "XADD", "1-1", "f", "v");
      server.shutDown("SAVE");
    }
    return directory.resolve("dump.rdb");
  }

  private static void write(Wire wire, int count, String key, String command, String... words)
      throws IOException {
    for (int i = 0; i < count; i++) {
      String[] call = new String[2 + words.length];
      call[0] = command;
      call[1] = key + ":" + i;
      System.arraycopy(words, 0, call, 2, words.length);
      assertThat(wire.ask(call)).as(List.of(call).toString()).doesNotStartWith("-");
    }
  }

  /** Keys k:0, k:1, … in that order. */
  private void writeLog() throws Exception {
    try (Server server = Server.start(directory, LOG)) {
      for (int i = 0; i < WRITES; i++) {
        assertThat(server.ask("SET", "k:" + i, "v" + i)).isEqualTo("+OK");
      }
      server.shutDown();
    }
    assertThat(log).isNotEmptyFile();
  }

  private String refusal(String... options) throws Exception {
    return Server.refusal(Server.Program.TESTED, directory, options);
  }

  private static void change(Path file, UnaryOperator<String> change) throws IOException {
    String bytes = Server.unsealed(Files.readString(file, StandardCharsets.ISO_8859_1));
    Files.writeString(file, change.apply(bytes), StandardCharsets.ISO_8859_1);
  }

  private static void larderOnly() {
    Assumptions.assumeTrue(
        Server.Program.TESTED == Server.Program.LARDER, "the rest is not Redis' way");
  }
}
