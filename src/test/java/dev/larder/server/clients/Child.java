package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.server.LarderServer;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;

/** The program in a JVM of its own with little heap, which ends at once if that is not enough. */
final class Child implements AutoCloseable {
  static final int HEAP_MEGABYTES = 256;

  private static final Pattern READY = Pattern.compile("Larder .* listens on .*?:(\\d+);.*");

  private final Process process;
  private final Path errors;
  private final int port;

  private Child(Process process, Path errors, int port) {
    this.process = process;
    this.errors = errors;
    this.port = port;
  }

  /** Starts it on a free port, with these options beside. */
  static Child start(Path directory, String... options) throws Exception {
    Path errors = directory.resolve("errors");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + HEAP_MEGABYTES + "m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                home(LarderServer.class) + File.pathSeparator + home(Cache.class),
                "dev.larder.server.Main",
                "--port",
                "0"));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = String.valueOf(out.readLine());
    Matcher ready = READY.matcher(line);
    if (!ready.matches()) {
      process.destroyForcibly().waitFor();
      throw new AssertionError(
          "expected '" + READY + "' but was '" + line + "', " + Files.readString(errors));
    }
    return new Child(process, errors, Integer.parseInt(ready.group(1)));
  }

  /** The jar or directory that a class comes from. */
  private static Path home(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  int port() {
    return port;
  }

  RawClient connect() throws IOException {
    return new RawClient(port);
  }

  /** Runs, has nothing to complain of, and has forgotten all connections but the one that asks. */
  void isUnharmed() throws IOException {
    try (RawClient client = connect()) {
      await()
          .untilAsserted(
              () ->
                  assertThat(client.ask("INFO", "clients").lines())
                      .contains("connected_clients:1"));
    }
    assertThat(process.isAlive()).isTrue();
    assertThat(errors).isEmptyFile();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
