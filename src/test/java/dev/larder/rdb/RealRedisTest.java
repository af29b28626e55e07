package dev.larder.rdb;

import static dev.larder.rdb.Bytes.latin;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.clients.Programs;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real redis-server and redis-check-rdb read what we write, and we what they do. Skipped where
 * there are none, unless the system property {@code larder.require.programs} is true.
 */
final class RealRedisTest {
  private static final long FAR = 4_102_444_800_123L; // in 2100

  @TempDir private Path directory;
  private Process server;

  @BeforeEach
  void needPrograms() throws InterruptedException {
    Programs.need("Redis server", "redis-server", "--version");
    Programs.need("redis-cli ", "redis-cli", "--version");
    Programs.need("redis-check-rdb ", "redis-check-rdb", "--version");
  }

  @AfterEach
  void stop() throws InterruptedException {
    if (server != null) {
      server.destroyForcibly().waitFor();
    }
  }

  private void start(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                "redis-server",
                "--port",
                "0",
                "--unixsocket",
                socket(),
                "--dir",
                directory.toString(),
                "--save",
                ""));
    command.addAll(List.of(options));
    server = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader out = server.inputReader();
    StringBuilder said = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      said.append(line).append('\n');
      if (line.contains("eady to accept connections at")) {
        return;
      }
    }
    throw new AssertionError(said.toString());
  }

  private String socket() {
    return directory.resolve("s").toString();
  }

  /** What the server answers to this command. */
  private String ask(String... words) throws Exception {
    return new String(askBytes(new byte[0], words), StandardCharsets.ISO_8859_1).strip();
  }

  private byte[] askBytes(byte[] in, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-s", socket()));
    command.addAll(List.of(words));
    Process cli = new ProcessBuilder(command).redirectErrorStream(true).start();
    cli.getOutputStream().write(in);
    cli.getOutputStream().close();
    byte[] said = cli.getInputStream().readAllBytes();
    assertThat(cli.waitFor()).isZero();
    return said;
  }

  @Test
  void theyReadWhatWeWrite() throws Exception {
    Random random = new Random(3);
    String noise =
        random
            .ints(5_000, 'a', 'z')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    String[] values = {
      "",
      "0",
      "-128",
      "128",
      "-32769",
      "2147483647",
      "2147483648",
      "007",
      "+1",
      "-0",
      "hello",
      "x".repeat(21),
      "ab".repeat(50_000),
      noise,
      noise + noise,
      "y".repeat(64),
      "z".repeat(16384),
    };
    for (boolean compress : new boolean[] {true, false}) {
      byte[] snapshot =
          Bytes.snapshot(
              compress,
              writer -> {
                writer.aux("redis-ver", "7.2.0");
                writer.aux("larder-caches", "one two");
                writer.database(0);
                writer.sizes(values.length, 2);
                for (int i = 0; i < values.length; i++) {
                  writer.entry(
                      latin("key" + i),
                      latin(values[i]),
                      i % 8 == 1 ? FAR + i : RdbVisitor.ETERNAL);
                }
                writer.database(9);
                writer.sizes(2, 1);
                writer.entry(latin("42"), latin("number"), RdbVisitor.ETERNAL);
                writer.entry(latin("gone"), latin("v"), 1000);
              });
      Path file = directory.resolve("dump.rdb");
      Files.write(file, snapshot);
      Process check =
          new ProcessBuilder("redis-check-rdb", file.toString()).redirectErrorStream(true).start();
      String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(check.waitFor()).as(said).isZero();
      assertThat(said).contains("RDB looks OK!", "[info] " + (values.length + 2) + " keys read");

      start();
      assertThat(ask("DBSIZE")).isEqualTo(String.valueOf(values.length));
      for (int i = 0; i < values.length; i++) {
        assertThat(ask("GET", "key" + i)).isEqualTo(values[i]);
        assertThat(ask("PEXPIRETIME", "key" + i))
            .isEqualTo(i % 8 == 1 ? String.valueOf(FAR + i) : "-1");
      }
      assertThat(ask("-n", "9", "GET", "42")).isEqualTo("number");
      assertThat(ask("-n", "9", "EXISTS", "gone")).isEqualTo("0");
      stop();
    }
  }

  @Test
  void weReadWhatTheyWrite() throws Exception {
    start(
        "--hash-max-listpack-entries",
        "4",
        "--zset-max-listpack-entries",
        "4",
        "--set-max-intset-entries",
        "4",
        "--list-max-listpack-size",
        "2");
    String many = "1 a 2 b 3 c 4 d 5 e 6 f";
    String commands =
        """
        SET text hello
        SET number 12345
        SET negative -7
        SET long "XX"
        SET deadline v PXAT 4102444800123
        RPUSH list a b
        RPUSH list2 MANY
        SADD set 1 2
        SADD set2 MANY
        ZADD zset 1 a
        ZADD zset2 MANY
        HSET hash a 1
        HSET hash2 MANY
        XADD stream 1-1 a b
        XADD stream 2-1 a b
        XGROUP CREATE stream group 0
        XGROUP CREATE stream empty $
        XREADGROUP GROUP group alice COUNT 1 STREAMS stream >
        XREADGROUP GROUP group bob STREAMS stream >
        FUNCTION LOAD "#!lua name=f\\nredis.register_function('f', function() return 1 end)"
        SELECT 5
        SET text other
        """
            .replace("MANY", many)
            .replace("XX", "long ".repeat(100).strip());
    assertThat(new String(askBytes(latin(commands)), StandardCharsets.UTF_8)).doesNotContain("ERR");
    ask("RPUSH", "list3", "x".repeat(9000), "y");
    ask("SAVE");
    List<String> lines = Bytes.read(Files.readAllBytes(directory.resolve("dump.rdb")));
    assertThat(lines)
        .filteredOn(line -> !line.contains(": "))
        .containsExactlyInAnyOrder(
            "function",
            "database 0",
            "sizes 15 1",
            "text=hello",
            "number=12345",
            "negative=-7",
            "long=" + "long ".repeat(100).strip(),
            "deadline=v@4102444800123",
            "list list",
            "list list2",
            "list list3",
            "set set",
            "set set2",
            "zset zset",
            "zset zset2",
            "hash hash",
            "hash hash2",
            "stream stream",
            "database 5",
            "sizes 1 0",
            "text=other");
    assertThat(lines).contains("redis-bits: 64");
  }

  @Test
  void theyRestoreWhatWeDump() throws Exception {
    start();
    for (String value : List.of("", "10", "007", "hello", "x".repeat(500))) {
      String said =
          new String(
              askBytes(RdbValue.dump(latin(value)), "-x", "RESTORE", "k" + value.length(), "0"),
              StandardCharsets.UTF_8);
      // redis-cli -x gives its input as the last word.
      assertThat(said.strip()).isEqualTo("OK");
      assertThat(ask("GET", "k" + value.length())).isEqualTo(value);
    }
  }

  @Test
  void weRestoreWhatTheyDump() throws Exception {
    start();
    for (String value : List.of("10", "007", "hello", "x".repeat(500))) {
      ask("SET", "k", value);
      byte[] said = askBytes(new byte[0], "DUMP", "k");
      byte[] payload = new ByteArrayInputStream(said).readNBytes(said.length - 1); // a newline
      assertThat(RdbValue.restore(payload)).isEqualTo(latin(value));
    }
  }
}
