package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that one program writes and the other reads, in both directions. */
final class InteropTest {
  private static final String[] SNAPSHOTS = {"--appendonly", "no", "--save", ""};
  private static final String[] LOG = {
    "--appendonly", "yes", "--save", "", "--auto-aof-rewrite-percentage", "0"
  };
  private static final int LONG = 64 << 20;

  private enum Direction {
    FROM_REDIS(Server.Program.REDIS, Server.Program.TESTED),
    TO_REDIS(Server.Program.TESTED, Server.Program.REDIS);

    final Server.Program writer;
    final Server.Program reader;

    Direction(Server.Program writer, Server.Program reader) {
      this.writer = writer;
      this.reader = reader;
    }
  }

  @TempDir private Path home;
  private Path directory;

  @BeforeEach
  void make() throws Exception {
    directory = Files.createDirectories(home.resolve("data"));
  }

  @ParameterizedTest
  @CsvSource({"FROM_REDIS, yes", "FROM_REDIS, no", "TO_REDIS, yes", "TO_REDIS, no"})
  void snapshotOfOneIsReadByTheOther(Direction direction, String compress) throws Exception {
    Map<Integer, Map<String, Keyspace.Entry>> written;
    try (Server server =
        Server.start(
            direction.writer,
            directory,
            "--appendonly",
            "no",
            "--save",
            "",
            "--rdbcompression",
            compress)) {
      fill(server);
      written = Keyspace.readAll(server);
      assertThat(server.ask("SAVE")).isEqualTo("+OK");
      server.shutDown("NOSAVE");
    }
    check("redis-check-rdb", directory.resolve("dump.rdb"));
    try (Server server = Server.start(direction.reader, directory, SNAPSHOTS)) {
      same(written, Keyspace.readAll(server));
      // And back again, so that the same file has been through both.
      assertThat(server.ask("SAVE")).isEqualTo("+OK");
      server.shutDown("NOSAVE");
    }
    check("redis-check-rdb", directory.resolve("dump.rdb"));
    try (Server server = Server.start(direction.writer, directory, SNAPSHOTS)) {
      same(written, Keyspace.readAll(server));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"FROM_REDIS", "TO_REDIS"})
  void logOfOneIsReadByTheOther(Direction direction) throws Exception {
    Map<Integer, Map<String, Keyspace.Entry>> written;
    try (Server server = Server.start(direction.writer, directory, LOG)) {
      written = writeLog(server);
    }
    check("redis-check-aof", manifest());
    try (Server server = Server.start(direction.reader, directory, LOG)) {
      same(written, Keyspace.readAll(server));
      changeAfterwards(server);
      server.rewriteLog();
      changeAfterwards(server);
      written = Keyspace.readAll(server);
      server.shutDown();
    }
    check("redis-check-aof", manifest());
    try (Server server = Server.start(direction.writer, directory, LOG)) {
      same(written, Keyspace.readAll(server));
    }
  }

  /** In a log, in a log's base and in a snapshot; compressed there, as it can be. */
  @ParameterizedTest
  @ValueSource(strings = {"FROM_REDIS", "TO_REDIS"})
  void valueOf64MegabytesIsReadByTheOther(Direction direction) throws Exception {
    Map<Integer, Map<String, Keyspace.Entry>> written;
    try (Server server = Server.start(direction.writer, directory, LOG)) {
      try (Wire wire = server.connect()) {
        String some = "64 MB that repeat: " + everyByte();
        ok(wire, "SET", "long", some.repeat(LONG / some.length() + 1).substring(0, LONG));
      }
      written = Keyspace.readAll(server);
      server.shutDown();
    }
    try (Server server = Server.start(direction.reader, directory, LOG)) {
      same(written, Keyspace.readAll(server));
      server.rewriteLog();
      server.shutDown();
    }
    try (Server server = Server.start(direction.writer, directory, LOG)) {
      same(written, Keyspace.readAll(server));
      assertThat(server.ask("SAVE")).isEqualTo("+OK");
      server.shutDown();
    }
    check("redis-check-rdb", directory.resolve("dump.rdb"));
    try (Server server = Server.start(direction.reader, directory, SNAPSHOTS)) {
      same(written, Keyspace.readAll(server));
    }
  }

  /** As versions before 7 wrote it: one file, which begins with a snapshot if that is wanted. */
  @ParameterizedTest
  @ValueSource(strings = {"yes", "no"})
  void logInOneFileIsReadAndThenKeptInSeveral(String preamble) throws Exception {
    Map<Integer, Map<String, Keyspace.Entry>> written;
    try (Server server =
        Server.start(
            Server.Program.REDIS,
            directory,
            "--appendonly",
            "yes",
            "--save",
            "",
            "--aof-use-rdb-preamble",
            preamble)) {
      written = writeLog(server);
    }
    Path log = directory.resolve("appendonlydir");
    Path old = Files.createDirectories(home.resolve("old"));
    try (OutputStream out = Files.newOutputStream(old.resolve("appendonly.aof"))) {
      Files.copy(only(log, preamble.equals("yes") ? ".base.rdb" : ".base.aof"), out);
      Files.copy(only(log, ".incr.aof"), out);
    }
    directory = old;
    for (int i = 0; i < 2; i++) {
      try (Server server = Server.start(directory, LOG)) {
        same(written, Keyspace.readAll(server));
        assertThat(server.ask("INCR", "started")).isEqualTo(":" + (i + 1));
        written = Keyspace.readAll(server);
        server.kill();
      }
      assertThat(manifest()).isNotEmptyFile();
    }
    check("redis-check-aof", manifest());
  }

  @Test
  void snapshotIsReadIfThereIsNoLogYet() throws Exception {
    Map<Integer, Map<String, Keyspace.Entry>> written;
    try (Server server = Server.start(Server.Program.REDIS, directory, SNAPSHOTS)) {
      fill(server);
      written = Keyspace.readAll(server);
      server.shutDown("SAVE");
    }
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      same(written, Keyspace.readAll(server));
      assertThat(server.ask("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK");
      server.awaitInfo("aof_rewrite_in_progress", "0");
      assertThat(server.ask("INCR", "logged")).isEqualTo(":1");
      written = Keyspace.readAll(server);
      server.kill();
    }
    try (Server server = Server.start(directory, LOG)) {
      same(written, Keyspace.readAll(server));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SAVE", "NOSAVE", "by rule", "SIGTERM"})
  void snapshotIsWrittenAtTheEndIfItIsWanted(String how) throws Exception {
    String rule = how.equals("SAVE") ? "" : "3600 1000000";
    try (Server server = Server.start(directory, "--appendonly", "no", "--save", rule)) {
      assertThat(server.ask("SET", "k", "v")).isEqualTo("+OK");
      switch (how) {
        case "by rule" -> server.shutDown();
        case "SIGTERM" -> server.terminate();
        default -> server.shutDown(how);
      }
    }
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      assertThat(server.ask("EXISTS", "k")).isEqualTo(how.equals("NOSAVE") ? ":0" : ":1");
    }
  }

  @Test
  void reloadingBringsBackWhatWasThere() throws Exception {
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      fill(server);
      Map<Integer, Map<String, Keyspace.Entry>> written = Keyspace.readAll(server);
      assertThat(server.ask("DEBUG", "RELOAD")).isEqualTo("+OK");
      same(written, Keyspace.readAll(server));
    }
  }

  /** Leaves a base and changes after it. */
  private Map<Integer, Map<String, Keyspace.Entry>> writeLog(Server server) throws Exception {
    fill(server);
    server.rewriteLog();
    changeAfterwards(server);
    Map<Integer, Map<String, Keyspace.Entry>> written = Keyspace.readAll(server);
    server.shutDown();
    return written;
  }

  /** Every kind of value, in every database, with and without a deadline. */
  private static void fill(Server server) throws IOException {
    Random random = new Random(1);
    String everyByte = everyByte();
    long later = Keyspace.now() + 100_000_000;
    try (Wire wire = server.connect()) {
      for (int number = 0; number < Keyspace.DATABASES; number++) {
        ok(wire, "SELECT", "" + number);
        ok(wire, "SET", "of", "database " + number, "PXAT", "" + (later + number));
      }
      ok(wire, "SELECT", "0");
      ok(wire, "SET", everyByte, everyByte);
      ok(wire, "SET", "", "the key is empty");
      ok(wire, "SET", "empty", "");
      ok(wire, "SET", "both:\u00c3\u00a4", "\u00e2\u0082\u00ac UTF-8");
      ok(wire, "SET", "far", "year 9999", "PXAT", "253402300799999");
      for (String whole :
          List.of(
              "0",
              "1",
              "-1",
              "12",
              "13",
              "-0",
              "007",
              "+5",
              " 5",
              "5 ",
              "1.5",
              "127",
              "128",
              "-128",
              "-129",
              "32767",
              "32768",
              "-32768",
              "-32769",
              "2147483647",
              "2147483648",
              "-2147483648",
              "-2147483649",
              "9223372036854775807",
              "-9223372036854775808",
              "9223372036854775808")) {
        ok(wire, "SET", "whole:" + whole, whole);
        ok(wire, "SET", whole, "key", "PX", "1000000");
      }
      for (int length : List.of(1, 19, 20, 21, 63, 64, 65, 264, 16383, 16384, 16385, 100_000)) {
        String letters = "ab".repeat(length).substring(0, length);
        ok(wire, "SET", "same:" + length, letters);
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        String mixed = new String(bytes, StandardCharsets.ISO_8859_1);
        ok(wire, "SET", "random:" + length, mixed, "PXAT", "" + (later + length));
        ok(wire, "SET", letters, "key of " + length);
      }
    }
  }

  /** Each way of changing, which a log has to keep; twice, so that there is something to change. */
  private static void changeAfterwards(Server server) throws IOException {
    long later = Keyspace.now() + 200_000_000;
    try (Wire wire = server.connect()) {
      for (int number : List.of(0, 9, 3)) {
        ok(wire, "SELECT", "" + number);
        assertThat(wire.ask("INCR", "n")).startsWith(":");
        assertThat(wire.ask("INCRBYFLOAT", "float", "0.5")).doesNotStartWith("-");
        assertThat(wire.ask("APPEND", "text", everyByte())).startsWith(":");
        assertThat(wire.ask("SETRANGE", "text", "3", "range")).startsWith(":");
        ok(wire, "SET", "renamed:from", "v", "EX", "5000");
        ok(wire, "RENAME", "renamed:from", "renamed:to");
        ok(wire, "MULTI");
        wire.ask("SET", "exec:a", "1");
        wire.ask("INCRBY", "exec:b", "10");
        wire.ask("DEL", "of");
        assertThat(wire.ask("EXEC")).startsWith("[+OK, :");
        ok(wire, "MSET", "mset:a", "1", "mset:b", "2");
        assertThat(wire.ask("PEXPIREAT", "mset:a", "" + later)).isEqualTo(":1");
        assertThat(wire.ask("EXPIRE", "exec:a", "5000")).isEqualTo(":1");
        assertThat(wire.ask("PERSIST", "exec:a")).isEqualTo(":1");
        assertThat(wire.ask("GETEX", "mset:b", "EX", "7000")).isEqualTo("2");
        assertThat(wire.ask("EXPIRE", "exec:b", "-1")).isEqualTo(":1");
        assertThat(wire.ask("COPY", "text", "copied", "REPLACE")).isEqualTo(":1");
        ok(wire, "SET", "moved", "" + number);
        wire.ask("MOVE", "moved", "14");
        ok(wire, "SETEX", "setex", "8000", "v");
        assertThat(wire.ask("GETDEL", "setex")).isEqualTo("v");
        ok(wire, "SET", "short", "v", "PX", "1");
      }
      ok(wire, "SELECT", "5");
      ok(wire, "FLUSHDB");
      ok(wire, "SET", "after the flush", "v");
      ok(wire, "SWAPDB", "6", "7");
    }
  }

  private static String everyByte() {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    return new String(every, StandardCharsets.ISO_8859_1);
  }

  private static void ok(Wire wire, String... words) throws IOException {
    assertThat(wire.ask(words)).isEqualTo("+OK");
  }

  /** Says which entries differ: all of them at once would fill the screen. */
  private static void same(
      Map<Integer, Map<String, Keyspace.Entry>> expected,
      Map<Integer, Map<String, Keyspace.Entry>> found) {
    List<String> differences = new ArrayList<>();
    expected.forEach(
        (number, entries) -> {
          Map<String, Keyspace.Entry> others = found.get(number);
          Stream.concat(entries.keySet().stream(), others.keySet().stream())
              .distinct()
              .filter(key -> !"short".equals(key))
              .filter(key -> !Objects.equals(entries.get(key), others.get(key)))
              .map(
                  key ->
                      number + " " + key + ": " + entries.get(key) + " became " + others.get(key))
              .forEach(differences::add);
        });
    assertThat(differences).isEmpty();
  }

  private Path manifest() {
    return directory.resolve("appendonlydir").resolve("appendonly.aof.manifest");
  }

  private static Path only(Path directory, String end) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(end)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  /** Redis' own judgement of a file. */
  private static void check(String program, Path file) throws Exception {
    Process process =
        new ProcessBuilder(program, file.toString()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).containsAnyOf("RDB looks OK!", "All AOF files and manifest are valid");
  }
}
