package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program, mostly as a process of its own. */
final class MainTest {
  private static final Pattern READY =
      Pattern.compile("Larder \\S+ listens on 127\\.0\\.0\\.1:(\\d+); stop with Ctrl-C");

  @TempDir Path directory;
  private Process process;

  @AfterEach
  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  /** Starts the program behind some shell commands, and returns where it listens. */
  private InetSocketAddress start(String before, String options) throws IOException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    ProcessBuilder builder =
        new ProcessBuilder(
            "sh",
            "-c",
            before
                + " exec '%s' -Xmx64m -cp '%s' %s --port 0 --dir '' %s"
                    .formatted(
                        java,
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        options));
    process = builder.redirectError(errors().toFile()).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    assertThat(line).as(() -> "first line; errors: " + read(errors())).matches(READY);
    Matcher ready = READY.matcher(line);
    assertThat(ready.matches()).isTrue();
    return new InetSocketAddress(
        InetAddress.getLoopbackAddress(), Integer.parseInt(ready.group(1)));
  }

  private Path errors() {
    return directory.resolve("errors");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void programServesNumberedCachesUntilItIsAskedToEnd() throws Exception {
    assumeShell();
    InetSocketAddress address = start("", "--databases 3");
    try (Client client = new Client(address)) {
      assertThat(client.send("SET k v\n").line()).isEqualTo("OK");
      assertThat(client.reply("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.reply("SELECT", "2")).isEqualTo("+OK\r\n");
      assertThat(client.reply("GET", "k")).isEqualTo("$-1\r\n");
      assertThat(client.reply("SELECT", "3")).isEqualTo("-ERR DB index is out of range\r\n");
      process.destroy();
      assertThat(client.rest()).isEmpty();
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(128 + 15);
    assertThat(errors()).isEmptyFile();
  }

  @Test
  void programWithoutFilesForMoreConnectionsServesThoseItHasAndLaterAgainOthers() throws Exception {
    assumeShell();
    InetSocketAddress address = start("ulimit -n 140;", "");
    List<Client> clients = new ArrayList<>();
    try (Client early = new Client(address)) {
      assertThat(early.reply("INCR", "k")).isEqualTo(":1\r\n");
      for (int i = 0; i < 150; i++) {
        clients.add(new Client(address));
      }
      await().until(() -> Files.readString(errors()).contains("cannot accept connections: "));
      for (int i = 0; i < 100; i++) {
        assertThat(early.reply("INCR", "k")).isEqualTo(":" + (i + 2) + "\r\n");
      }
      for (Client client : clients) {
        client.close();
      }
      try (Client late = new Client(address)) {
        assertThat(late.reply("GET", "k")).isEqualTo("$3\r\n101\r\n");
      }
    }
  }

  private static void assumeShell() {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "there is no /bin/sh");
  }

  @Test
  void wrongCallIsSaidInOneLineAndEndsWithOne() throws IOException {
    assertThat(run("--prot", "7000"))
        .containsExactly(
            "1", "", "larder: unknown option '--prot', did you mean --port? (--help tells more)\n");
    assertThat(run("--bind", "0.0.0.0").get(2))
        .startsWith("larder: expected a password (requirepass) to listen on 0.0.0.0")
        .hasLineCount(1);
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      int port = taken.getLocalPort();
      assertThat(run("--port=" + port))
          .containsExactly(
              "1", "", "larder: cannot listen on 127.0.0.1:" + port + ": Address already in use\n");
    }
  }

  @Test
  void helpNamesEveryOptionAndVersionIsThatOfTheBuild() throws IOException {
    List<String> help = run("--help");
    assertThat(help.get(0)).isEqualTo("0");
    assertThat(help.get(1)).contains("--port n ", "--inline-replies line|resp ", "(127.0.0.1)");
    String version = run("--version").get(1).strip();
    assertThat(Files.readString(Path.of("pom.xml")))
        .containsPattern("<version>" + version.replace("Larder ", "") + "(-SNAPSHOT)?</version>");
  }

  /** Exit status, output and errors. */
  private static List<String> run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            args,
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8));
    return List.of(
        String.valueOf(status),
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8));
  }
}
