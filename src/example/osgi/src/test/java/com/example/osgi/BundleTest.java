package com.example.osgi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.larder.LarderCache;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.UnaryOperator;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.cache.Cache;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.framework.wiring.BundleCapability;
import org.osgi.framework.wiring.BundleWiring;

/**
 * Three bundles in a framework that knows nothing of this project's class path: cache-api, Larder
 * and {@link Greeter}. No Spring, Micrometer, Jackson or jspecify is there.
 */
class BundleTest {
  @TempDir Path storage;

  private Framework framework;
  private Bundle larder;
  private Bundle greeter;

  @BeforeEach
  void start() throws Exception {
    framework =
        ServiceLoader.load(FrameworkFactory.class)
            .findFirst()
            .orElseThrow()
            .newFramework(Map.of(Constants.FRAMEWORK_STORAGE, storage.toString()));
    framework.start();
    BundleContext context = framework.getBundleContext();
    context.installBundle(jarOf(Cache.class));
    larder = context.installBundle(jarOf(LarderCache.class));
    larder.start();
    greeter = context.installBundle("greeter", new ByteArrayInputStream(greeterJar()));
    greeter.start();
  }

  @AfterEach
  void stop() throws Exception {
    framework.stop();
    framework.waitForStop(10_000);
  }

  @Test
  void anotherBundleCountsInACacheThatItsClientsSee() throws IOException {
    ServiceReference<?> reference = greeterService();
    @SuppressWarnings("unchecked")
    UnaryOperator<String> service =
        (UnaryOperator<String>) greeter.getBundleContext().getService(reference);
    assertEquals("hello Ada, number 1", service.apply("Ada"));
    assertEquals("hello Ada, number 2", service.apply("Ada"));

    int port = (Integer) reference.getProperty("port");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("GET Ada\r\nQUIT\r\n".getBytes(StandardCharsets.US_ASCII));
      String replies =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertEquals(List.of("2", "+OK"), replies.lines().toList());
    }
  }

  @Test
  void stoppedBundleStartsAgain() throws Exception {
    greeter.stop();
    assertNull(greeterService());
    greeter.start();
    assertEquals(Bundle.ACTIVE, greeter.getState());
  }

  @Test
  void theBundleSaysThatItHasACachingProvider() {
    List<BundleCapability> services =
        larder.adapt(BundleWiring.class).getCapabilities("osgi.serviceloader");
    assertEquals(
        List.of("javax.cache.spi.CachingProvider"),
        services.stream().map(c -> c.getAttributes().get("osgi.serviceloader")).toList());
    assertEquals(
        "dev.larder.jcache.LarderCachingProvider", services.get(0).getDirectives().get("register"));
  }

  @Test
  void whatIsNotForUsersIsNotExported() {
    List<String> exported =
        larder.adapt(BundleWiring.class).getCapabilities("osgi.wiring.package").stream()
            .map(c -> (String) c.getAttributes().get("osgi.wiring.package"))
            .sorted()
            .toList();
    assertTrue(exported.contains("dev.larder"), exported::toString);
    assertTrue(exported.contains("dev.larder.server"), exported::toString);
    assertTrue(
        exported.stream().noneMatch(p -> p.matches(".*(store|ops|codec|data)")),
        exported::toString);
  }

  private ServiceReference<?> greeterService() {
    return framework.getBundleContext().getServiceReference(UnaryOperator.class);
  }

  /** This project's own classes, as a tool would pack them. */
  private static byte[] greeterJar() throws IOException {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    // spotless:off
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue("Bundle-ManifestVersion",    "2");
    headers.putValue("Bundle-SymbolicName",       "com.example.osgi");
    headers.putValue("Bundle-Activator",          Greeter.class.getName());
    headers.putValue("Import-Package",            "org.osgi.framework, javax.cache, javax.cache.configuration, javax.cache.spi, "
                                                  + "dev.larder, dev.larder.jcache, dev.larder.server");
    // spotless:on
    String name = Greeter.class.getName().replace('.', '/') + ".class";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes, manifest);
        var in = Greeter.class.getClassLoader().getResourceAsStream(name)) {
      jar.putNextEntry(new JarEntry(name));
      in.transferTo(jar);
      jar.closeEntry();
    }
    return bytes.toByteArray();
  }

  private static String jarOf(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation().toString();
  }
}
