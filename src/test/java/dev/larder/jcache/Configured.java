package dev.larder.jcache;

import dev.larder.LarderConfiguration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Managers with files of settings, each on a class path of its own. */
final class Configured implements BeforeEachCallback, AfterEachCallback {
  final LarderCachingProvider provider = new LarderCachingProvider();
  private final List<URLClassLoader> loaders = new ArrayList<>();
  private Path directory;

  /** An empty directory, which is deleted after the test. */
  Path directory() {
    return directory;
  }

  /** A class loader that finds the tests' classes and a {@code larder.properties} of this text. */
  ClassLoader loader(String text) {
    return loader(SettingsFile.DEFAULT, text);
  }

  ClassLoader loader(String file, String text) {
    try {
      Path root = Files.createTempDirectory(directory, "classes");
      Files.createDirectories(root.resolve(file).getParent());
      Files.writeString(root.resolve(file), text, StandardCharsets.UTF_8);
      return loader(root);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  ClassLoader loader(Path root) throws IOException {
    URLClassLoader loader =
        new URLClassLoader(new URL[] {root.toUri().toURL()}, Configured.class.getClassLoader());
    loaders.add(loader);
    return loader;
  }

  /** A manager with these lines in its file. */
  CacheManager manager(String... lines) {
    return provider.getCacheManager(null, loader(String.join("\n", lines)));
  }

  /** A manager without a file, with the properties of this text. */
  CacheManager managerOf(Properties properties) {
    return provider.getCacheManager(URI.create("t:" + properties.hashCode()), null, properties);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  static LarderConfiguration<Object, Object> configurationOf(Cache<?, ?> cache) {
    return (LarderConfiguration<Object, Object>)
        cache.<LarderConfiguration>getConfiguration(
            (Class<LarderConfiguration>) (Class<?>) LarderConfiguration.class);
  }

  static LarderConfiguration<Object, Object> configurationOf(CacheManager manager, String cache) {
    return configurationOf(manager.getCache(cache));
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    directory = Files.createTempDirectory("larder");
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    provider.close();
    for (URLClassLoader loader : loaders) {
      loader.close();
    }
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
