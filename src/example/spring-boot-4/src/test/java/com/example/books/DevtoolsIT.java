package com.example.books;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What devtools restart: the same JVM, with new classes of the application. */
class DevtoolsIT {

  @Test
  void restartedApplicationCachesAnew(@TempDir Path classes) throws Exception {
    Path trigger = Files.writeString(classes.resolve("restart"), "0");
    int port = freePort();
    String path =
        classes
            + File.pathSeparator
            + Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(part -> !part.endsWith("test-classes"))
                .collect(joining(File.pathSeparator));
    try (Running application =
        new Running(
            "-cp",
            path,
            "com.example.books.BooksApplication",
            "--larder.server.port=" + port,
            "--spring.devtools.livereload.enabled=false",
            "--spring.devtools.restart.trigger-file=restart",
            "--spring.devtools.restart.poll-interval=200ms",
            "--spring.devtools.restart.quiet-period=100ms")) {
      application.line("Asked 16 times, computed 8 times.");
      try (Resp redis = new Resp(port)) {
        assertThat(redis.askIn("authors", "SET", "of the old one", "x")).isEqualTo("OK");
      }
      Files.writeString(classes.resolve("changed.txt"), "so that there is a reason");
      Files.writeString(trigger, "10");
      // All is computed again: no entry is left, and objects are of the new class.
      application.line("Asked 16 times, computed 8 times.");
      try (Resp redis = new Resp(port)) {
        assertThat(redis.askIn("authors", "EXISTS", "of the old one")).isEqualTo("0");
        assertThat(redis.ask("GET", "Frank Herbert")).isEqualTo("{\"name\":\"Frank Herbert\"}");
      }
    }
  }

  private static int freePort() throws Exception {
    try (ServerSocket any = new ServerSocket(0)) {
      return any.getLocalPort();
    }
  }
}
