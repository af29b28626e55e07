package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients, and bad ones, against a server in a JVM of {@value Child#HEAP_MEGABYTES} MB. Each
 * test ends with that server unharmed and rid of all of them.
 */
final class CrowdTest {
  private static final int IDLE = 10_000;
  private static final int SLOW = 1_000;

  /** Files that this JVM and the server's need for other things. */
  private static final int OTHER_FILES = 500;

  @TempDir private Path directory;

  /**
   * How many of a number of connections there can be here. Both ends are held to the same limit,
   * each in its own process. Java has raised its soft limit to the hard one.
   */
  private static int allowed(int wanted) {
    long files =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount() - OTHER_FILES
            : 0;
    int needed = IDLE + SLOW;
    Programs.need(
        files >= needed || (files > 0 && !Programs.REQUIRED),
        needed + " files for connections (ulimit -n), of which are " + files);
    return (int) (wanted * Math.min(files, needed) / needed);
  }

  @Test
  void idleConnectionsAndSlowReadersDisturbNobody() throws Exception {
    int idle = allowed(IDLE);
    int slow = allowed(SLOW);
    String maximum = String.valueOf(idle + slow + 10);
    List<RawClient> crowd = new ArrayList<>();
    try (Child server = Child.start(directory, "--maxclients", maximum)) {
      try (RawClient client = server.connect()) {
        for (int i = 0; i < idle; i++) {
          RawClient one = server.connect();
          crowd.add(one);
          assertThat(one.ask("PING")).isEqualTo("+PONG");
        }
        int length = 10_000;
        int times = 1_000;
        assertThat(client.ask("SET", "large", "x".repeat(length))).isEqualTo("+OK");
        String asked = RawClient.call("GET", "large").repeat(times); // 10 MB for each
        for (int i = 0; i < slow; i++) {
          RawClient one = new RawClient(server.port(), 4_096);
          crowd.add(one);
          one.send(asked);
          assertThat(one.line()).isEqualTo("$" + length);
        }
        for (int i = 1; i <= 1_000; i++) {
          assertThat(client.ask("INCR", "n")).isEqualTo(":" + i);
        }
        assertThat(crowd.get(0).ask("GET", "n")).isEqualTo("1000");
        RawClient patient = crowd.get(idle);
        patient.read(length + 2);
        for (int i = 1; i < times; i++) {
          assertThat(patient.reply()).hasSize(length);
        }
        assertThat(patient.ask("PING")).isEqualTo("+PONG");
      } finally {
        for (RawClient one : crowd) {
          one.close();
        }
      }
      server.isUnharmed();
    }
  }

  @Test
  void announcedLengthsTakeNoMemory() throws Exception {
    List<RawClient> crowd = new ArrayList<>();
    try (Child server = Child.start(directory)) {
      try (RawClient client = server.connect()) {
        assertThat(client.send(RawClient.call("CONFIG", "GET", "proto-max-bulk-len")).line())
            .isEqualTo("*2");
        assertThat(client.reply()).isEqualTo("proto-max-bulk-len");
        long most = Long.parseLong(client.reply());
        assertThat(most).isBetween(1L << 20, (long) Child.HEAP_MEGABYTES << 20);
        for (int i = 0; i < 50; i++) {
          RawClient tooMuch = server.connect();
          crowd.add(tooMuch);
          tooMuch.send(head(i % 2 == 0 ? 512 << 20 : most + 1));
          assertThat(tooMuch.rest()).isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
          RawClient asMuchAsMayBe = server.connect();
          crowd.add(asMuchAsMayBe);
          asMuchAsMayBe.send(head(most - i)).send("a bit".repeat(1_000));
        }
        assertThat(client.ask("SET", "other", "x".repeat(1 << 20))).isEqualTo("+OK");
        assertThat(client.ask("STRLEN", "other")).isEqualTo(":" + (1 << 20));
        assertThat(client.ask("EXISTS", "k")).isEqualTo(":0");
      } finally {
        for (RawClient one : crowd) {
          one.close();
        }
      }
      server.isUnharmed();
    }
  }

  private static String head(long length) {
    return "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + length + "\r\n";
  }

  @Test
  void killedClientsHalfCommandIsForgotten() throws Exception {
    Programs.need("GNU bash", "bash", "--version");
    try (Child server = Child.start(directory)) {
      String script =
          "exec 3<>/dev/tcp/127.0.0.1/"
              + server.port()
              + "; printf '*3\\r\\n$3\\r\\nSET\\r\\n$4\\r\\nfull\\r\\n$1\\r\\nv\\r\\n' >&3"
              + "; printf '*3\\r\\n$3\\r\\nSET\\r\\n$1\\r\\nk\\r\\n$10\\r\\nhalf' >&3"
              + "; echo sent; read";
      Process killed = new ProcessBuilder("bash", "-c", script).start();
      try (BufferedReader out = killed.inputReader(StandardCharsets.UTF_8)) {
        assertThat(out.readLine()).isEqualTo("sent");
      } finally {
        killed.destroyForcibly(); // SIGKILL
      }
      assertThat(killed.waitFor()).isEqualTo(128 + 9);
      server.isUnharmed();
      try (RawClient client = server.connect()) {
        assertThat(client.ask("GET", "full")).isEqualTo("v");
        assertThat(client.ask("GET", "k")).isEqualTo("$-1");
      }
    }
  }

  @Test
  void whoeverHasSaidAllGetsAllReplies() throws Exception {
    Programs.need("OpenBSD netcat", "nc", "-h"); // the other one cannot half-close
    try (Child server = Child.start(directory)) {
      String nc = "| nc -N 127.0.0.1 " + server.port();
      assertThat(shell("printf 'SET a 1\\nGET a\\n'" + nc)).containsExactly("OK", "1");
      assertThat(shell("printf 'SET a 2\\nGET a\\n'" + nc.replace("-N", "-q 2")))
          .containsExactly("OK", "2");
      // The last words have no end, and so are no command.
      assertThat(shell("printf 'INCR a\\nINCR a'" + nc)).containsExactly(":3");
      assertThat(shell("for i in $(seq 10000); do echo INCR n; done " + nc))
          .hasSize(10_000)
          .endsWith(":9999", ":10000");
      server.isUnharmed();
    }
  }

  private static List<String> shell(String script) throws IOException, InterruptedException {
    return Programs.run("sh", "-c", script).lines().toList();
  }
}
