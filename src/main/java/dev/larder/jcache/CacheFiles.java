package dev.larder.jcache;

import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.ops.CacheOperations;
import dev.larder.persistence.DiskPersistence;
import dev.larder.persistence.KeptCache;
import dev.larder.server.command.Replay;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.cache.Cache;

/** Puts together what keeps caches on disk. */
final class CacheFiles {
  private CacheFiles() {}

  /** One or several caches in one set of files. */
  static DiskPersistence open(
      String name, PersistenceOptions options, List<? extends CacheOperations<?, ?>> caches) {
    List<KeptCache<?, ?>> kept = new ArrayList<>();
    List<CacheOperations<?, ?>> quiet = new ArrayList<>();
    for (CacheOperations<?, ?> cache : caches) {
      kept.add(kept(cache));
      quiet.add(cache.forReplay());
    }
    return DiskPersistence.open(name, options, kept, new Replay(quiet)::run);
  }

  /** The same for caches that are in use. */
  static Persistence openAll(
      String name, PersistenceOptions options, List<? extends Cache<?, ?>> caches) {
    List<CacheOperations<?, ?>> operations = new ArrayList<>();
    for (Cache<?, ?> cache : caches) {
      try {
        operations.add(cache.unwrap(CacheOperations.class));
      } catch (IllegalArgumentException e) {
        throw new PersistenceException(
            "expected caches of Larder to keep, found a " + cache.getClass().getName(), e);
      }
    }
    return open(name, options, operations);
  }

  /** A cache as it is kept. */
  static <K, V> KeptCache<K, V> kept(CacheOperations<K, V> cache) {
    return new KeptCache<>(
        cache.name(),
        cache.entries().store(),
        cache.disk().keys(),
        cache.disk().values(),
        cache.entries().rules()::kept);
  }

  /** The options for one cache of several that are kept below one directory. */
  static PersistenceOptions inOwnDirectory(String cache, PersistenceOptions options) {
    return options.directory(options.path().resolve(fileName(cache)));
  }

  /** A name for a file, other for each cache: what files may not be called is written as %2F. */
  private static String fileName(String cache) {
    StringBuilder name = new StringBuilder();
    for (byte b : cache.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z';
      if (plain || c == '-' || c == '_' || c == '.' && name.length() > 0) {
        name.append(c);
      } else {
        name.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
      }
    }
    return name.length() == 0 ? "%" : Path.of(name.toString()).toString();
  }
}
