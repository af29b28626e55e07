package dev.larder;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.jcache.LarderCachingProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the jar says of itself to OSGi and to the module system, and what it needs of a JDK. That it
 * works as a bundle is the matter of {@code src/example/osgi}.
 */
class PackagingTest {
  private static final Path CLASSES = Path.of("target", "classes");

  /** What a user imports; the same as what the Javadoc shows. */
  private static final Set<String> EXPORTED =
      Set.of(
          "dev.larder",
          "dev.larder.jcache",
          "dev.larder.metrics",
          "dev.larder.server",
          "dev.larder.spring");

  /** A comma that is not between quotes, as a list of packages has them. */
  private static final Pattern COMMA = Pattern.compile(",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)");

  @Test
  void packagesForUsersAreExportedAndNoOthers() throws IOException {
    assertThat(clauses("Export-Package").keySet()).isEqualTo(EXPORTED);
  }

  @Test
  void bundleResolvesWithTheJdkAndTheCacheInterfacesAlone() throws IOException {
    clauses("Import-Package")
        .forEach(
            (name, attributes) -> {
              if (!name.startsWith("javax.cache") && !EXPORTED.contains(name) && !isJdk(name)) {
                assertThat(attributes).as(name).contains("resolution:=optional");
              }
            });
    assertThat(header("Require-Capability"))
        .contains("osgi.ee;filter:=\"(&(osgi.ee=JavaSE)(version=17))\"");
  }

  /** Without one, a bundle would be wired to a version whose classes are not those it knows. */
  @Test
  void librariesAreImportedWithARangeOfVersions() throws IOException {
    clauses("Import-Package")
        .forEach(
            (name, attributes) -> {
              if (!isJdk(name)) {
                assertThat(attributes)
                    .as(name)
                    .containsPattern("version=\"\\[[\\d.]+,[\\d.]+\\)\"");
              }
            });
  }

  /** Jackson is looked for by name: nothing but these imports leads a bundle's loader to it. */
  @Test
  void bothJacksonsAreImported() throws IOException {
    assertThat(clauses("Import-Package").keySet())
        .contains("tools.jackson.databind.json", "com.fasterxml.jackson.databind.json");
  }

  @Test
  void providerIsAnnouncedUnderTheNameInItsServicesFile() throws IOException {
    String provider = LarderCachingProvider.class.getName();
    Path services = CLASSES.resolve("META-INF/services/javax.cache.spi.CachingProvider");
    assertThat(Files.readString(services).strip()).isEqualTo(provider);
    assertThat(header("Provide-Capability"))
        .contains("osgi.serviceloader=\"javax.cache.spi.CachingProvider\"")
        .contains("register:=\"" + provider + "\"");
  }

  @Test
  void manifestNamesModuleBundleAndLicence() throws IOException {
    assertThat(header("Automatic-Module-Name")).isEqualTo("dev.larder");
    assertThat(header("Bundle-SymbolicName")).isEqualTo("dev.larder");
    assertThat(header("Bundle-Name")).isEqualTo("Larder");
    assertThat(header("Bundle-License")).startsWith("Apache-2.0;");
    assertThat(CLASSES.resolve("META-INF/LICENSE")).exists();
  }

  @Test
  void noClassUsesWhatTheJdkKeepsToItself() {
    assertThat(jdeps("--jdk-internals", "--ignore-missing-deps")).isEmpty();
  }

  /**
   * What a runtime image made with jlink needs. Without jdk.management, weights are estimated as on
   * a usual JVM; without jdk.unsupported, which is asked for by name, copies take longer.
   */
  @Test
  void theModulesItNeedsAreTheseAndNoOthers() {
    assertThat(jdeps("--list-deps", "--ignore-missing-deps").lines().map(String::strip))
        .containsExactlyInAnyOrder(
            "java.base", "java.logging", "java.management", "jdk.management");
  }

  /** As modules, two jars with the same package are refused. */
  @Test
  void noOtherJarHasAPackageOfOurs() throws IOException {
    Set<String> places = new TreeSet<>();
    for (String name : packages()) {
      for (URL place :
          Collections.list(
              PackagingTest.class.getClassLoader().getResources(name.replace('.', '/')))) {
        if (!place.getProtocol().equals("file")) {
          places.add(name + " in " + place);
        }
      }
    }
    assertThat(places).isEmpty();
  }

  private static Set<String> packages() throws IOException {
    try (Stream<Path> files = Files.walk(CLASSES)) {
      Set<String> names = new TreeSet<>();
      files
          .filter(file -> file.toString().endsWith(".class"))
          .map(file -> CLASSES.relativize(file.getParent()).toString())
          .forEach(directory -> names.add(directory.replaceAll("[/\\\\]", ".")));
      assertThat(names).contains("dev.larder", "dev.larder.store");
      return names;
    }
  }

  private static String jdeps(String... options) {
    ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    StringWriter out = new StringWriter();
    StringWriter errors = new StringWriter();
    String[] arguments =
        Stream.concat(Stream.of(options), Stream.of(CLASSES.toString())).toArray(String[]::new);
    int status = jdeps.run(new PrintWriter(out), new PrintWriter(errors), arguments);
    assertThat(status).as(out + "\n" + errors).isZero();
    return out.toString().strip();
  }

  private static boolean isJdk(String packageName) {
    return ModuleLayer.boot().modules().stream()
            .anyMatch(module -> module.getPackages().contains(packageName))
        || packageName.startsWith("sun.")
        || packageName.startsWith("com.sun.");
  }

  /** The packages of a header, and what is said of each. */
  private static Map<String, String> clauses(String header) throws IOException {
    return Stream.of(COMMA.split(header(header)))
        .map(clause -> clause.split(";", 2))
        .collect(
            toMap(
                parts -> parts[0].strip(),
                parts -> parts.length == 1 ? "" : parts[1],
                (a, b) -> a + b,
                TreeMap::new));
  }

  private static String header(String name) throws IOException {
    try (InputStream in = Files.newInputStream(CLASSES.resolve("META-INF/MANIFEST.MF"))) {
      Attributes headers = new Manifest(in).getMainAttributes();
      assertThat(headers).as("what bnd writes").containsKey(new Attributes.Name(name));
      return headers.getValue(name);
    }
  }
}
