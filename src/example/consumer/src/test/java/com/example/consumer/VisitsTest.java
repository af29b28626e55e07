package com.example.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.larder.LarderCache;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import javax.cache.Caching;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class VisitsTest {
  private final Visits visits = new Visits();

  @AfterEach
  void close() {
    visits.close();
  }

  @Test
  void javaxCacheSeesWhatAnOperationCounted() {
    assertEquals(1, visits.count("/"));
    assertEquals(2, visits.count("/"));
    assertEquals(2L, visits.pages().get("/"));
    assertTrue(LarderCache.of(visits.pages()).ttl("/") > 3_500);
  }

  @Test
  void theSocketSeesAndChangesTheSameEntries() throws IOException {
    visits.pages().put("/", 41L);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), visits.port())) {
      socket
          .getOutputStream()
          .write("INCR /\r\nGET /\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
      String replies =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(List.of(":42", "42", "+OK"), replies.lines().toList());
    }
    assertEquals(42L, visits.pages().get("/"));
  }

  @Test
  void mainPrintsWhatItCounted() {
    visits.close();
    PrintStream console = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      Visits.main(new String[0]);
    } finally {
      System.setOut(console);
    }
    assertEquals("/index.html: 2", printed.toString(StandardCharsets.UTF_8).strip());
  }

  /** What the jar must have beside its classes, read from the jar that Maven gave this project. */
  @Test
  void theJarHasItsLicenceItsServiceAndItsHeaders() throws Exception {
    try (JarFile jar = new JarFile(jarOf(LarderCache.class))) {
      for (String name :
          List.of(
              "META-INF/LICENSE",
              "META-INF/maven/dev.larder/larder/pom.xml",
              "META-INF/services/javax.cache.spi.CachingProvider",
              "META-INF/native-image/dev.larder/larder/reachability-metadata.json")) {
        assertTrue(jar.getEntry(name) != null, name);
      }
      Attributes manifest = jar.getManifest().getMainAttributes();
      assertEquals("dev.larder", manifest.getValue("Automatic-Module-Name"));
      assertEquals("dev.larder", manifest.getValue("Bundle-SymbolicName"));
      assertTrue(manifest.getValue("Bundle-License").startsWith("Apache-2.0"));
    }
  }

  /** What a user inherits: a library that slips into the pom is found here. */
  @Test
  void nothingButTheJcacheInterfacesComesWithTheJar() {
    List<String> libraries =
        Pattern.compile(Pattern.quote(System.getProperty("path.separator")))
            .splitAsStream(System.getProperty("java.class.path"))
            .filter(path -> path.endsWith(".jar"))
            .map(path -> path.replace('\\', '/'))
            .filter(path -> !path.matches(".*/(org/(junit|opentest4j|apiguardian)|surefire)[/-].*"))
            .filter(path -> !path.contains("/org/apache/maven/surefire/"))
            .map(path -> path.substring(path.lastIndexOf('/') + 1))
            .sorted()
            .toList();
    assertEquals(
        List.of("cache-api-1.1.1.jar", "larder-" + System.getProperty("larder.version") + ".jar"),
        libraries);
  }

  @Test
  void theProviderIsFoundWithoutBeingNamed() {
    String name = Caching.getCachingProvider().getClass().getName();
    assertEquals("dev.larder.jcache.LarderCachingProvider", name);
    assertFalse(visits.pages().isClosed());
  }

  private static String jarOf(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
  }
}
