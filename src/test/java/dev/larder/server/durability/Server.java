package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.server.LarderServer;
import dev.larder.server.clients.Programs;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;

/**
 * A server in a process of its own, on a directory that outlives it.
 *
 * <p>The program under test is Larder. With {@code -Dlarder.target=redis-server} it is a real Redis
 * with the same options, which shows that a test asks for nothing that Redis does not do.
 */
final class Server implements AutoCloseable {
  /** What can be started. */
  enum Program {
    LARDER,
    REDIS;

    static final Program TESTED =
        "redis-server".equals(System.getProperty("larder.target")) ? REDIS : LARDER;
  }

  /** Far more than any start or end takes. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  static final int KILLED = 128 + 9;

  private static final int HEAP_MEGABYTES = 1024;
  private static final Pattern READY = Pattern.compile("Larder .* listens on .*?:(\\d+);.*");

  /** A file that may not grow is an error then, and no signal that ends the process. */
  private static final String IGNORE_FILE_LIMIT = "trap '' XFSZ; exec \"$@\"";

  private final Program program;
  private final Process process;
  private final Path output;
  private final long before;
  private int port;

  private Server(Program program, Process process, Path output, long before, int port) {
    this.program = program;
    this.process = process;
    this.output = output;
    this.before = before;
    this.port = port;
  }

  /** Starts the program under test on this directory, and returns when all is loaded. */
  static Server start(Path directory, String... options) throws Exception {
    return start(Program.TESTED, directory, options);
  }

  static Server start(Program program, Path directory, String... options) throws Exception {
    Server server = launch(program, directory, options);
    try {
      server.awaitReady();
      return server;
    } catch (Throwable e) {
      server.close();
      throw e;
    }
  }

  /** The same, without waiting for anything. */
  static Server launch(Program program, Path directory, String... options) throws Exception {
    int port = program == Program.REDIS ? freePort() : 0;
    List<String> command = new ArrayList<>(List.of("bash", "-c", IGNORE_FILE_LIMIT, "bash"));
    if (program == Program.REDIS) {
      Programs.need("Redis server", "redis-server", "--version");
      command.addAll(List.of("redis-server", "--enable-debug-command", "yes"));
    } else {
      command.addAll(java());
    }
    command.addAll(List.of("--port", String.valueOf(port), "--dir", directory.toString()));
    command.addAll(List.of(options));
    Path beside = directory.getParent();
    while (!Files.isDirectory(beside)) {
      beside = beside.getParent();
    }
    Path output = beside.resolve(directory.getFileName() + ".out");
    long before = Files.exists(output) ? Files.size(output) : 0;
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
            .start();
    return new Server(program, process, output, before, port);
  }

  /** Starts a program that must refuse to run, and returns what it said. */
  static String refusal(Program program, Path directory, String... options) throws Exception {
    try (Server server = launch(program, directory, options)) {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> !server.process.isAlive() || server.answers());
      assertThat(server.process.isAlive()).as("started: " + server.said()).isFalse();
      assertThat(server.process.exitValue()).as(server.said()).isNotZero();
      return server.said();
    }
  }

  /**
   * A JVM that starts quickly and takes little from the others: most of these live for a second.
   */
  private static List<String> java() throws Exception {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx" + HEAP_MEGABYTES + "m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-cp",
        home(LarderServer.class) + File.pathSeparator + home(Cache.class),
        "dev.larder.server.Main");
  }

  private static Path home(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady() {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> answers() || !process.isAlive());
    if (!process.isAlive()) {
      throw new AssertionError("expected it to start, but it said: " + said());
    }
  }

  /** Whether it is there and has loaded what there was. */
  private boolean answers() {
    if (port == 0) {
      said().lines().map(READY::matcher).filter(Matcher::matches).findFirst().ifPresent(this::at);
    }
    if (port == 0) {
      return false;
    }
    try (Wire wire = connect()) {
      return wire.ask("PING").equals("+PONG");
    } catch (IOException e) {
      return false;
    }
  }

  private void at(Matcher ready) {
    port = Integer.parseInt(ready.group(1));
  }

  Wire connect() throws IOException {
    return new Wire(port);
  }

  /** One command on a connection of its own. */
  String ask(String... words) throws IOException {
    try (Wire wire = connect()) {
      return wire.ask(words);
    }
  }

  /** One line of {@code INFO}. */
  String info(String field) throws IOException {
    return ask("INFO")
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .map(line -> line.substring(field.length() + 1))
        .findFirst()
        .orElse("no " + field);
  }

  /** Writes a snapshot in the background, and returns when that is over, well or not. */
  void saveInBackground() throws IOException {
    assertThat(ask("BGSAVE")).isEqualTo("+Background saving started");
    awaitInfo("rdb_bgsave_in_progress", "0");
  }

  /** Writes the log anew, and returns when that is over, well or not. */
  void rewriteLog() throws IOException {
    assertThat(ask("BGREWRITEAOF")).startsWith("+Background append only file rewriting");
    awaitInfo("aof_rewrite_scheduled", "0");
    awaitInfo("aof_rewrite_in_progress", "0");
  }

  void awaitInfo(String field, String value) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ofMillis(10))
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(() -> assertThat(info(field)).as(field).isEqualTo(value));
  }

  /** What it has printed. */
  String said() {
    try {
      byte[] all = Files.readAllBytes(output);
      return new String(all, (int) before, all.length - (int) before, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** About how long a start takes, in milliseconds. */
  int usualStartMillis() {
    return program == Program.REDIS ? 50 : 800;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    assertThat(process.isAlive()).as("ran until it was killed: " + said()).isTrue();
    process.destroyForcibly();
    assertThat(process.waitFor()).isEqualTo(KILLED);
  }

  /** {@code SHUTDOWN} with these words. */
  void shutDown(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of("SHUTDOWN"));
    command.addAll(List.of(words));
    try (Wire wire = connect()) {
      wire.send(Wire.call(command.toArray(String[]::new)));
      assertThat(wire.rest()).as("reply to " + command).isEmpty();
    }
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ends").isTrue();
    assertThat(process.exitValue()).as(said()).isZero();
  }

  /** SIGTERM. */
  void terminate() throws Exception {
    process.destroy();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ends").isTrue();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** A log without the checksums that Larder's has, by which it would notice what a test does. */
  static String unsealed(String bytes) {
    return bytes.replaceAll("#CRC32C:[-0-9a-f]+\r\n", "");
  }
}
