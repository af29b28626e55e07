package dev.larder.persistence;

import static dev.larder.persistence.LogText.bytes;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.PersistenceOptions.Fsync;
import dev.larder.server.clients.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same files with the programs of Redis. */
class LogInteropTest {
  private static final String NAME = "appendonly.aof";
  private static final String EMPTY_SNAPSHOT = "REDIS0009\u00ff\0\0\0\0\0\0\0\0";

  @TempDir Path directory;

  @Test
  void redisChecksAndLoadsWhatWeWrote() throws Exception {
    Programs.need("redis-check-aof", "redis-check-aof");
    Programs.need("Redis server ", "redis-server", "--version");
    Path files = directory.resolve("appendonlydir");
    AppendLog log = AppendLog.begin(Disk.REAL, files, NAME, Manifest.EMPTY, Fsync.EVERYSEC);
    AppendLogTest.rebase(log, Disk.REAL, files, EMPTY_SNAPSHOT);
    log.set(0, bytes("k"), bytes("v"), Long.MAX_VALUE);
    log.set(0, bytes("ttl"), bytes("v"), 4_000_000_000_000L);
    log.set(0, bytes("gone"), bytes("v"), Long.MAX_VALUE);
    log.begin();
    log.delete(0, bytes("gone"));
    log.set(3, bytes("three"), bytes("3"), Long.MAX_VALUE);
    log.end();
    log.rotate();
    log.swap(3, 4);
    log.expireAt(0, bytes("k"), 4_000_000_000_001L);
    log.persist(0, bytes("ttl"));
    log.close();
    Process check =
        new ProcessBuilder("redis-check-aof", files.resolve(NAME + ".manifest").toString())
            .redirectErrorStream(true)
            .start();
    String printed = new String(check.getInputStream().readAllBytes(), UTF_8);
    assertThat(check.waitFor()).as(printed).isZero();
    assertThat(printed).contains("All AOF files and manifest are valid");
    List<String> replies =
        redis(
            "GET k",
            "PEXPIRETIME k",
            "PEXPIRETIME ttl",
            "EXISTS gone",
            "SELECT 4",
            "GET three",
            "DBSIZE");
    assertThat(replies)
        .containsExactly("$1", "v", ":4000000000001", ":-1", ":0", "+OK", "$1", "3", ":1");
  }

  @Test
  void whatRedisWroteIsRead() throws Exception {
    Programs.need("Redis server ", "redis-server", "--version");
    redis(
        "SET a 1",
        "BGREWRITEAOF",
        "MULTI",
        "SET b 2",
        "SELECT 5",
        "SET c 3",
        "EXEC",
        "SET d 4 PXAT 4000000000000");
    Manifest manifest = Manifest.read(Disk.REAL, directory.resolve("appendonlydir"), NAME);
    assertThat(manifest.base()).isNotNull();
    List<String> commands = new ArrayList<>();
    for (Manifest.Part part : manifest.increments()) {
      commands.addAll(LogText.commands(directory.resolve("appendonlydir").resolve(part.name())));
    }
    assertThat(commands)
        .containsSubsequence("MULTI", "SET b 2", "SELECT 5", "SET c 3", "EXEC")
        .endsWith("SET d 4 PXAT 4000000000000");
    assertThat(
            new LogReader(
                    Disk.REAL, directory.resolve("appendonlydir").resolve(manifest.base().name()))
                .beginsWithSnapshot())
        .isTrue();
  }

  /** Starts a server in the directory, and returns the lines that it replies to these commands. */
  private List<String> redis(String... commands) throws IOException, InterruptedException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path output = directory.resolve("redis.log");
    Process server =
        new ProcessBuilder(
                "redis-server",
                "--bind",
                "127.0.0.1",
                "--port",
                "" + port,
                "--save",
                "",
                "--appendonly",
                "yes",
                "--dir",
                directory.toString())
            .redirectErrorStream(true)
            .start();
    try {
      BufferedReader printed =
          new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8));
      List<String> said = new ArrayList<>();
      for (String line = printed.readLine(); ; line = printed.readLine()) {
        assertThat(line).as(said.toString()).isNotNull();
        said.add(line);
        if (line.contains("Ready to accept connections")) {
          break;
        }
      }
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.getOutputStream().write(bytes(String.join("\r\n", commands) + "\r\nPING end\r\n"));
        BufferedReader replies =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
        List<String> lines = new ArrayList<>();
        for (String line = replies.readLine();
            line != null && !line.equals("end");
            line = replies.readLine()) {
          lines.add(line);
        }
        lines.remove(lines.size() - 1); // the length of "end"
        socket.getOutputStream().write(bytes("SHUTDOWN\r\n")); // by itself: it takes replies along
        printed.lines().forEach(said::add);
        assertThat(server.waitFor()).as(said.toString()).isZero();
        Files.write(output, said);
        return lines;
      }
    } finally {
      server.destroyForcibly();
    }
  }
}
