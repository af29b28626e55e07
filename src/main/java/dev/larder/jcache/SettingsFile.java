package dev.larder.jcache;

import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The file with the settings of a manager.
 *
 * <p>A manager's URI names it if its scheme is {@code classpath} or if it ends in {@code
 * .properties}, not counting a fragment. Any other URI is only a name; the settings are then those
 * of {@code larder.properties}, if the manager's class loader finds one.
 *
 * @param name what errors call it
 */
record SettingsFile(String name, List<PropertyLines.Line> lines) {
  /** Of the managers whose URI names no file. */
  static final String DEFAULT = "larder.properties";

  private static final String ENDING = ".properties";
  private static final Pattern REMOTE = Pattern.compile("(?i)(jar:)*(https?|ftp):.*");
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /**
   * The file of a manager; null if its URI names none and there is none by default.
   *
   * @throws CacheException if the file that the URI names is not there, or it cannot be read
   */
  static @Nullable SettingsFile of(URI manager, ClassLoader loader) {
    String text = withoutFragment(manager);
    boolean onClassPath = "classpath".equalsIgnoreCase(manager.getScheme());
    if (!onClassPath && !text.endsWith(ENDING)) {
      URL found = loader.getResource(DEFAULT);
      return found == null ? null : parsed(DEFAULT, read(DEFAULT, found));
    }
    if (REMOTE.matcher(text).matches()) {
      throw new CacheException(
          "expected settings on the class path or in a file (classpath:, file:, jar:), found "
              + text
              + ": nothing is fetched from elsewhere");
    }
    if (onClassPath || manager.getScheme() == null) {
      return resource(text, manager.getSchemeSpecificPart(), loader);
    }
    return parsed(
        text, manager.getScheme().equalsIgnoreCase("file") ? file(text) : read(text, url(text)));
  }

  /** So that several managers may share a file: {@code classpath:caches.properties#reports}. */
  private static String withoutFragment(URI uri) {
    String text = uri.toString();
    int fragment = text.indexOf('#');
    return fragment < 0 ? text : text.substring(0, fragment);
  }

  private static SettingsFile resource(String text, String path, ClassLoader loader) {
    String name = path.replaceFirst("^/+", "");
    URL found = loader.getResource(name);
    if (found == null) {
      throw new CacheException(
          "expected a resource '" + name + "' (" + text + "), " + loader + " finds none");
    }
    return parsed(text, read(text, found));
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new CacheException(
          "expected settings on the class path or in a file (classpath:, file:, jar:), found "
              + text
              + ": "
              + e.getMessage(),
          e);
    }
  }

  private static byte[] file(String text) {
    URI uri = URI.create(text);
    try {
      // file:conf/a.properties has no path of its own, and is relative to where the program runs
      Path path = uri.isOpaque() ? Path.of(uri.getSchemeSpecificPart()) : Path.of(uri);
      try {
        return Files.readAllBytes(path);
      } catch (NoSuchFileException e) {
        throw new CacheException(
            "expected a file " + path.toAbsolutePath() + " (" + text + "), there is none", e);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(text, e);
    }
  }

  private static byte[] read(String name, URL url) {
    try {
      URLConnection connection = url.openConnection();
      connection.setUseCaches(false); // else a jar would stay open
      try (InputStream in = connection.getInputStream()) {
        return in.readAllBytes();
      }
    } catch (IOException e) {
      throw unreadable(name, e);
    }
  }

  private static CacheException unreadable(String name, Exception e) {
    return new CacheException("cannot read the settings in " + name + ": " + e, e);
  }

  private static SettingsFile parsed(String name, byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new CacheException(name + ": expected text in UTF-8, found other bytes", e);
    }
    try {
      return new SettingsFile(
          name, PropertyLines.read(text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text));
    } catch (IllegalArgumentException e) {
      throw new CacheException(name + ", " + e.getMessage(), e);
    }
  }
}
