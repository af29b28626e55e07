package com.example.books;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * The packaged jar, in which the application's classes have another class loader than the JVM's.
 */
class PackagedIT {

  @Test
  void packagedApplicationCaches() throws Exception {
    try (Running application =
        new Running("-jar", System.getProperty("jar"), "--larder.server.port=0")) {
      // Half of what it asks: the other half are copies of its own classes' objects.
      String line = application.line("Asked 16 times, computed 8 times.");
      int port = Integer.parseInt(line.replaceFirst(".*-p (\\d+).*", "$1"));
      try (Resp redis = new Resp(port)) {
        assertThat(redis.askIn("authors", "GET", "Frank Herbert"))
            .isEqualTo("{\"name\":\"Frank Herbert\"}");
        assertThat(redis.askIn("prices", "GET", "978-0441013593")).isEqualTo("1014");
      }
      application.end();
      application.line("larder-server-" + port + " (127.0.0.1:" + port + ") ends with books");
    }
  }
}
