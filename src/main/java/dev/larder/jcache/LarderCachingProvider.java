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
 * properties of the first call are its own, those of later calls are ignored. Any URI is accepted
 * and is only a name. The default class loader is the one that loaded this class.
 */
public final class LarderCachingProvider implements CachingProvider {
  private static final URI DEFAULT_URI = URI.create("larder:default");

  /** By class loader, which the map does not keep alive. Guarded by itself. */
  private final Map<ClassLoader, Map<URI, LarderCacheManager>> managers = new WeakHashMap<>();

  @Override
  public CacheManager getCacheManager(
      @Nullable URI uri, @Nullable ClassLoader classLoader, @Nullable Properties properties) {
    URI managerUri = uri == null ? getDefaultURI() : uri;
    ClassLoader managerLoader = classLoader == null ? getDefaultClassLoader() : classLoader;
    synchronized (managers) {
      return managers
          .computeIfAbsent(managerLoader, loader -> new HashMap<>())
          .computeIfAbsent(
              managerUri,
              name -> new LarderCacheManager(this, name, managerLoader, copyOf(properties)));
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
