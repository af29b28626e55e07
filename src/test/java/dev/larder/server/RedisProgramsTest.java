package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Redis' own programs as clients. Skipped where they are not installed, unless the system property
 * {@code larder.require.programs} is true.
 */
final class RedisProgramsTest {
  private final LarderServer server = new Caches().server().start();

  @AfterEach
  void close() {
    server.close();
  }

  /** Runs a program with the server's port, and returns what it printed. */
  private String run(String program, String... args) throws Exception {
    require(program);
    List<String> command = new ArrayList<>(List.of(program, "-p", String.valueOf(server.port())));
    command.addAll(List.of(args));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String printed =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).as(printed).isZero();
    return printed;
  }

  private static void require(String program) throws InterruptedException {
    boolean installed;
    try {
      Process process = new ProcessBuilder(program, "--version").redirectErrorStream(true).start();
      process.getInputStream().transferTo(java.io.OutputStream.nullOutputStream());
      installed = process.waitFor() == 0;
    } catch (IOException e) {
      installed = false;
    }
    if (Boolean.getBoolean("larder.require.programs")) {
      assertThat(installed).as(program + " is installed").isTrue();
    }
    Assumptions.assumeTrue(installed, program + " is not installed (apt-get install redis-tools)");
  }

  @Test
  void redisCliUnderstandsEveryReply() throws Exception {
    assertThat(run("redis-cli", "PING")).isEqualTo("PONG");
    assertThat(run("redis-cli", "SET", "name", "Ada L.", "EX", "100")).isEqualTo("OK");
    assertThat(run("redis-cli", "GET", "name")).isEqualTo("Ada L.");
    assertThat(run("redis-cli", "TTL", "name")).isEqualTo("100");
    assertThat(run("redis-cli", "INCR", "name"))
        .isEqualTo("ERR value is not an integer or out of range");
    assertThat(run("redis-cli", "INCR", "counter")).isEqualTo("1");
    assertThat(run("redis-cli", "DEL", "counter", "name")).isEqualTo("2");
    assertThat(run("redis-cli", "--no-raw", "GET", "name")).isEqualTo("(nil)");
    assertThat(run("redis-cli", "-n", "0", "DBSIZE")).isEqualTo("0");
    assertThat(run("redis-cli", "INFO", "replication")).contains("role:master");
  }

  @Test
  void redisBenchmarkRunsToItsEnd() throws Exception {
    assertThat(run("redis-benchmark", "-t", "set,get,incr,ping", "-n", "10000", "-q"))
        .contains("PING_INLINE: ", "PING_MBULK: ", "SET: ", "GET: ", "INCR: ")
        .doesNotContain("WARNING", "ERR");
  }

  @Test
  void redisBenchmarkWithPipelinesRunsToItsEnd() throws Exception {
    assertThat(
            run(
                "redis-benchmark",
                "-t",
                "set,get,incr",
                "-n",
                "100000",
                "-P",
                "16",
                "-r",
                "1000",
                "-q"))
        .contains("SET: ", "GET: ", "INCR: ");
  }
}
