package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the file with a manager's settings is looked for, and what happens if it is not there. */
class ConfigurationFileTest {
  private static final String TEXT = "cache.a.ttl=10m\n";

  @RegisterExtension final Configured configured = new Configured();

  private CacheManager open(String uri, ClassLoader loader) {
    return configured.provider.getCacheManager(URI.create(uri), loader);
  }

  @Test
  void withoutFileThereAreNoCaches() {
    assertThat(configured.provider.getCacheManager().getCacheNames()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"larder:default", "", "x:y", "urn:a:b", "file:/etc/caches.xml", "/a/b"})
  void managerWhoseUriIsOnlyANameReadsTheFileOfItsClassPath(String uri) {
    assertThat(open(uri, configured.loader(TEXT)).getCacheNames()).containsExactly("a");
  }

  @Test
  void managersOfDifferentClassLoadersReadTheirOwn() {
    CacheManager one = configured.provider.getCacheManager(null, configured.loader(TEXT));
    CacheManager other =
        configured.provider.getCacheManager(null, configured.loader("cache.b.ttl=1h"));

    assertThat(one.getCacheNames()).containsExactly("a");
    assertThat(other.getCacheNames()).containsExactly("b");
    one.close();
    assertThat((Object) other.getCache("b")).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "classpath:conf/caches.txt",
        "classpath:/conf/caches.txt",
        "classpath://conf/caches.txt",
        "CLASSPATH:///conf/caches.txt",
        "classpath:conf/caches.txt#context-1"
      })
  void classpathUriNamesAResourceOfTheManagersLoader(String uri) {
    CacheManager manager = open(uri, configured.loader("conf/caches.txt", TEXT));

    assertThat(manager.getCacheNames()).containsExactly("a");
    assertThat(manager.getURI()).isEqualTo(URI.create(uri));
  }

  @ParameterizedTest
  @ValueSource(strings = {"my caches.properties", "größe.properties"})
  void nameWithoutSchemeIsAResourceToo(String file) throws Exception {
    ClassLoader loader = configured.loader(file, TEXT);

    URI uri = new URI(null, file, null);

    assertThat(configured.provider.getCacheManager(uri, loader).getCacheNames())
        .containsExactly("a");
  }

  @Test
  void fileUriTakesThePlaceOfTheClassPath() throws Exception {
    Path file = configured.directory().resolve("my caches.properties");
    Files.writeString(file, TEXT);
    ClassLoader loader = configured.loader("cache.other.ttl=1m");

    assertThat(open(file.toUri().toString(), loader).getCacheNames()).containsExactly("a");
    assertThat(open(file.toUri() + "#context-1", loader).getCacheNames()).containsExactly("a");
  }

  @Test
  void jarUriNamesAFileInAJar() throws Exception {
    Path jar = configured.directory().resolve("app.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out)) {
      entries.putNextEntry(new JarEntry("conf/caches.properties"));
      entries.write(TEXT.getBytes(StandardCharsets.UTF_8));
    }

    CacheManager byUri = open("jar:" + jar.toUri() + "!/conf/caches.properties", null);
    CacheManager byResource = open("classpath:conf/caches.properties#b", configured.loader(jar));

    assertThat(byUri.getCacheNames()).containsExactly("a");
    assertThat(byResource.getCacheNames()).containsExactly("a");
    Files.delete(jar); // would not be possible everywhere if it were still open
    assertThatThrownBy(() -> open("jar:" + jar.toUri() + "!/other.properties", null))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("cannot read the settings in jar:file:")
        .hasMessageContaining("app.jar");
  }

  @Test
  void fileThatIsNotThereIsToldWithWhereItWasLookedFor() {
    Path missing = configured.directory().resolve("none.properties");

    assertThatThrownBy(() -> open(missing.toUri().toString(), null))
        .isInstanceOf(CacheException.class)
        .hasMessage("expected a file " + missing + " (" + missing.toUri() + "), there is none");
    assertThatThrownBy(() -> open("file:conf/none.properties", null))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining(Path.of("conf/none.properties").toAbsolutePath().toString());
    assertThatThrownBy(() -> open("classpath:none.properties", null))
        .isInstanceOf(CacheException.class)
        .hasMessageStartingWith(
            "expected a resource 'none.properties' (classpath:none.properties), ")
        .hasMessageEndingWith(" finds none");
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:1/caches.properties, nothing is fetched from elsewhere",
    "HTTPS://localhost:1/caches.properties, nothing is fetched from elsewhere",
    "jar:http://localhost:1/a.jar!/caches.properties, nothing is fetched from elsewhere",
    "ftp://localhost:1/caches.properties, nothing is fetched from elsewhere",
    "x:caches.properties, unknown protocol: x",
    "file://host/caches.properties, cannot read the settings in file://host/caches.properties"
  })
  void uriThatCannotBeReadIsRefused(String uri, String reason) {
    assertThatThrownBy(() -> open(uri, null))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining(uri)
        .hasMessageContaining(reason);
  }

  @Test
  void directoryIsNoFile() throws Exception {
    Path directory = Files.createDirectory(configured.directory().resolve("a.properties"));
    String uri = directory.toUri().toString().replaceFirst("/$", "");

    assertThatThrownBy(() -> open(uri, null))
        .isInstanceOf(CacheException.class)
        .hasMessageStartingWith("cannot read the settings in " + uri);
  }

  @Test
  void textIsUtf8MaybeWithAByteOrderMark() throws Exception {
    assertThat(
            configured
                .provider
                .getCacheManager(null, configured.loader("\uFEFFcache.größe.ttl=1m"))
                .getCacheNames())
        .containsExactly("größe");

    Path file = configured.directory().resolve("latin.properties");
    Files.write(file, "cache.größe.ttl=1m".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> open(file.toUri().toString(), null))
        .isInstanceOf(CacheException.class)
        .hasMessage(file.toUri() + ": expected text in UTF-8, found other bytes");
  }

  @Test
  void badEscapeIsToldWithFileAndLine() {
    assertThatThrownBy(() -> configured.manager("# settings", "cache.a.ttl=\\u12"))
        .isInstanceOf(CacheException.class)
        .hasMessage(
            "larder.properties, line 2: expected four hexadecimal digits after \\u, found '12'");
  }

  @Test
  void fileOfAUriIsNamedByItInErrors() throws Exception {
    Path file = configured.directory().resolve("my.properties");
    Files.writeString(file, "\ncache.a.ttl=x");

    assertThatThrownBy(() -> open(file.toUri() + "#1", null))
        .isInstanceOf(CacheException.class)
        .hasMessageStartingWith(file.toUri() + ", line 2: cache.a.ttl: expected ");
  }

  /** The names that editors offer in {@code application.yml}. */
  @Test
  void springsEditorsKnowTheSameSettings() throws Exception {
    String metadata;
    try (InputStream in =
        CacheSetting.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      metadata = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Matcher names = Pattern.compile("\"name\": \"larder\\.default\\.([a-z-]+)\"").matcher(metadata);

    assertThat(names.results().map(name -> name.group(1)).distinct())
        .containsExactlyInAnyOrderElementsOf(
            CacheSetting.ALL.stream().map(CacheSetting::name).toList());
  }
}
