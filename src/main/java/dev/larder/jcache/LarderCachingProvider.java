package dev.larder.jcache;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.WeakHashMap;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.OptionalFeature;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * The way into Larder: {@code Caching.getCachingProvider()} finds it by its name in {@code
 * META-INF/services}. Public because the service loader needs it to be.
 *
 * <p>There is one manager for each pair of URI and class loader (JSR-107, "CacheManager"); the
 * properties of the first call are its own, those of later calls are ignored. The default class
 * loader is the one that loaded this class.
 *
 * <p><b>Settings.</b> A manager reads the settings of its caches and of its server when it opens:
 * the file {@code larder.properties}, if its class loader finds one, or another file that its URI
 * names, and those of its properties whose names begin with {@code larder.}; README.md,
 * "Configuration file", lists them. A URI names a file if its scheme is {@code classpath} or if it
 * ends in {@code .properties}:
 *
 * <pre>
 *   classpath:caches.properties                      a resource of the manager's class loader; slashes
 *                                                    before its name, or no scheme at all, mean the same
 *   file:/etc/acme/caches.properties                 a file; file:caches.properties where the program runs
 *   jar:file:/opt/acme.jar!/caches.properties        or any other URL that Java can open, unless it is
 *                                                    http, https or ftp: those are refused
 * </pre>
 *
 * A fragment is no part of the file's name, so that several managers may share one: {@code
 * classpath:caches.properties#reports}. Any other URI is accepted and is only a name.
 *
 * <p>A manager is returned when all its named caches are there and its server runs; who asks for it
 * meanwhile waits, or fails with it. What is wrong with its settings is a {@code CacheException},
 * which names file and line, and nothing of the manager stays.
 */
public final class LarderCachingProvider implements CachingProvider {
  private static final URI DEFAULT_URI = URI.create("larder:default");

  /** By class loader, which the map does not keep alive. Guarded by itself. */
  private final Map<ClassLoader, Map<URI, LarderCacheManager>> managers = new WeakHashMap<>();

  /** What threads wait for that is being opened. Guarded by the managers. */
  private final Map<Thread, LarderCacheManager> waiting = new HashMap<>();

  @Override
  public CacheManager getCacheManager(
      @Nullable URI uri, @Nullable ClassLoader classLoader, @Nullable Properties properties) {
    URI managerUri = uri == null ? getDefaultURI() : uri;
    ClassLoader managerLoader = classLoader == null ? getDefaultClassLoader() : classLoader;
    LarderCacheManager manager;
    boolean made = false;
    synchronized (managers) {
      Map<URI, LarderCacheManager> byUri =
          managers.computeIfAbsent(managerLoader, loader -> new HashMap<>());
      manager = byUri.get(managerUri);
      if (manager == null) {
        manager = new LarderCacheManager(this, managerUri, managerLoader, copyOf(properties));
        byUri.put(managerUri, manager);
        made = true;
      } else {
        requireEnd(manager);
        waiting.put(Thread.currentThread(), manager);
      }
    }
    if (made) {
      manager.open(); // runs code of the user's, so outside of the lock
      return manager;
    }
    try {
      manager.awaitOpen();
    } finally {
      synchronized (managers) {
        waiting.remove(Thread.currentThread());
      }
    }
    return manager;
  }

  /**
   * Refuses to wait for a manager that is being opened by this thread, or by one that waits, maybe
   * through others, for a manager that this thread opens.
   */
  private void requireEnd(LarderCacheManager manager) {
    LarderCacheManager next = manager;
    while (next != null) {
      Thread opener = next.opener();
      if (opener == Thread.currentThread()) {
        throw new CacheException(
            "cache manager '"
                + next.getURI()
                + "' is being opened by this thread: what its settings name (a loader, a codec)"
                + " cannot ask for it"
                + (next == manager ? "" : ", also not through '" + manager.getURI() + "'")
                + " before it is open");
      }
      next = opener == null ? null : waiting.get(opener);
    }
  }

  private static Properties copyOf(@Nullable Properties properties) {
    Properties copy = new Properties();
    if (properties != null) {
      properties
          .stringPropertyNames()
          .forEach(name -> copy.setProperty(name, properties.getProperty(name)));
    }
    return copy;
  }

  @Override
  public CacheManager getCacheManager(@Nullable URI uri, @Nullable ClassLoader classLoader) {
    return getCacheManager(uri, classLoader, null);
  }

  @Override
  public CacheManager getCacheManager() {
    return getCacheManager(null, null, null);
  }

  @Override
  public ClassLoader getDefaultClassLoader() {
    return Objects.requireNonNull(getClass().getClassLoader());
  }

  @Override
  public URI getDefaultURI() {
    return DEFAULT_URI;
  }

  @Override
  public Properties getDefaultProperties() {
    return new Properties();
  }

  /** Closes all managers. The provider stays usable: the next call makes new ones. */
  @Override
  public void close() {
    List<LarderCacheManager> all = new ArrayList<>();
    synchronized (managers) {
      managers.values().forEach(byUri -> all.addAll(byUri.values()));
      managers.clear();
    }
    closeAll(all);
  }

  @Override
  public void close(ClassLoader classLoader) {
    List<LarderCacheManager> all = new ArrayList<>();
    synchronized (managers) {
      Map<URI, LarderCacheManager> removed =
          managers.remove(classLoader == null ? getDefaultClassLoader() : classLoader);
      if (removed != null) {
        all.addAll(removed.values());
      }
    }
    closeAll(all);
  }

  @Override
  public void close(URI uri, ClassLoader classLoader) {
    ClassLoader managerLoader = classLoader == null ? getDefaultClassLoader() : classLoader;
    List<LarderCacheManager> one = new ArrayList<>(1);
    synchronized (managers) {
      Map<URI, LarderCacheManager> byUri = managers.get(managerLoader);
      LarderCacheManager removed =
          byUri == null ? null : byUri.remove(uri == null ? getDefaultURI() : uri);
      if (removed != null) {
        one.add(removed);
      }
      if (byUri != null && byUri.isEmpty()) {
        managers.remove(managerLoader);
      }
    }
    closeAll(one);
  }

  /**
   * Closing runs user code, so it happens outside of the lock; one failure does not stop the rest.
   */
  private static void closeAll(List<LarderCacheManager> all) {
    CacheException failure = null;
    for (LarderCacheManager manager : all) {
      try {
        manager.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = new CacheException("a cache manager did not close cleanly");
        }
        failure.addSuppressed(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Forgets a manager that closes by itself. */
  void forget(LarderCacheManager manager, @Nullable ClassLoader loader) {
    synchronized (managers) {
      Map<URI, LarderCacheManager> byUri = managers.get(loader);
      if (byUri != null && byUri.remove(manager.getURI(), manager) && byUri.isEmpty()) {
        managers.remove(loader);
      }
    }
  }

  @Override
  public boolean isSupported(OptionalFeature feature) {
    return feature == OptionalFeature.STORE_BY_REFERENCE;
  }
}
