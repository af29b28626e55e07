package dev.larder.jcache;

import dev.larder.LarderConfiguration;
import dev.larder.Persistence;
import dev.larder.server.LarderServer;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * The caches of one URI and class loader, and the server over them, if the settings ask for one.
 *
 * <p>It opens in two steps. The provider makes it, under its lock, so that there is one; and lets
 * it {@link #open} after that: settings are read, caches made and the server started, which runs
 * code of the user's. No lock is held then, nor while any other cache is made: its name is taken
 * first, and the cache is there when it is complete. Who follows is told outside of locks, too.
 */
final class LarderCacheManager implements CacheManager, LiveCaches {
  private static final Logger LOG = System.getLogger("dev.larder.jcache");

  private final LarderCachingProvider provider;
  private final URI uri;
  private final WeakReference<ClassLoader> classLoader;
  private final Properties properties;
  private final Map<String, JCache<?, ?>> caches = new LinkedHashMap<>(); // guarded by itself
  private final Set<String> beingMade = new HashSet<>(); // guarded by caches
  private final List<Follower> followers = new CopyOnWriteArrayList<>();
  private final CompletableFuture<@Nullable Void> opened = new CompletableFuture<>();
  private volatile @Nullable Thread opener = Thread.currentThread(); // until it is open
  private volatile ManagerSettings settings = ManagerSettings.NONE;
  private volatile ServerSettings serverSettings = settings.server();
  private volatile @Nullable LarderServer server;
  private volatile boolean closed;

  LarderCacheManager(
      LarderCachingProvider provider, URI uri, ClassLoader classLoader, Properties properties) {
    this.provider = provider;
    this.uri = uri;
    this.classLoader = new WeakReference<>(classLoader);
    this.properties = properties;
  }

  // ------------------------------------------------------------------------------------- opening

  /**
   * Makes the caches that the settings name, and starts the server if they say so. Only for the
   * thread that made this; it comes first.
   *
   * @throws CacheException if that is not possible; all has been closed then
   */
  void open() {
    try {
      ClassLoader loader = Objects.requireNonNull(classLoader.get()); // the caller has it
      SettingsFile file = SettingsFile.of(uri, loader);
      settings = inLoader(() -> ManagerSettings.read(file, properties, loader));
      serverSettings = settings.server();
      for (String name : settings.caches()) {
        makeNamed(name);
      }
      serve(serverSettings.start(this));
      if (closed) {
        throw new CacheException("cache manager '" + uri + "' was closed while it opened");
      }
      opener = null;
      opened.complete(null);
    } catch (Throwable e) { // code of the user's may throw what it does not declare
      try {
        close();
      } catch (RuntimeException suppressed) {
        e.addSuppressed(suppressed);
      }
      opener = null;
      opened.completeExceptionally(e);
      throw e;
    }
  }

  private void makeNamed(String name) {
    try {
      make(name, LarderConfiguration.builder(Object.class, Object.class).build());
    } catch (RuntimeException e) {
      GivenSetting first = Objects.requireNonNull(settings.first(name));
      throw new CacheException(
          first.where() + ": cache '" + name + "' cannot be made: " + e.getMessage(), e);
    }
  }

  private void serve(@Nullable LarderServer started) {
    if (started == null) {
      return;
    }
    synchronized (caches) {
      if (!closed) {
        server = started;
        followers.add(new Shown(started)); // the first: who follows finds caches under its limit
      }
    }
    if (closed) {
      started.close();
    } else {
      present().forEach(new Shown(started)::opened); // made after the server had looked for them
    }
  }

  /** Shows caches that are made later, if the settings say so, and hides those that are closed. */
  private final class Shown implements Follower {
    private final LarderServer server;

    Shown(LarderServer server) {
      this.server = server;
    }

    @Override
    public void opened(Cache<?, ?> cache) {
      if (!serverSettings.shows(cache.getName())) {
        return;
      }
      try {
        server.show(cache);
      } catch (IllegalStateException e) {
        return; // the server has ended, or keeps those on disk that it started with, and no others
      } catch (IllegalArgumentException e) { // whoever makes a cache is to have it
        LOG.log(Level.WARNING, "cache '" + cache.getName() + "' is not shown by the server", e);
        return;
      }
      if (cache.isClosed()) { // meanwhile
        server.hide(cache);
      }
    }

    @Override
    public void closed(Cache<?, ?> cache) {
      if (!isClosed()) { // else the server is, too
        server.hide(cache);
      }
    }

    /** It was closed before the caches. */
    @Override
    public void ended() {}
  }

  /** Who opens this now; null if it has opened, or failed to. */
  @Nullable Thread opener() {
    return opener;
  }

  /** Waits for the end of {@link #open}, and fails if that does. */
  void awaitOpen() {
    try {
      opened.join();
    } catch (CompletionException e) {
      Throwable reason = Objects.requireNonNull(e.getCause());
      throw new CacheException(reason.getMessage(), reason);
    }
  }

  // -------------------------------------------------------------------------------------- making

  @Override
  public CachingProvider getCachingProvider() {
    return provider;
  }

  @Override
  public URI getURI() {
    return uri;
  }

  @Override
  @SuppressWarnings("NullAway") // null only after the loader itself is gone
  public ClassLoader getClassLoader() {
    return classLoader.get();
  }

  /** The properties this manager was made with; a copy. */
  @Override
  public Properties getProperties() {
    Properties copy = new Properties();
    copy.putAll(properties);
    return copy;
  }

  @Override
  public <K, V, C extends Configuration<K, V>> Cache<K, V> createCache(
      String cacheName, C configuration) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    Objects.requireNonNull(configuration, "configuration is null");
    return make(cacheName, LarderConfiguration.of(configuration));
  }

  private <K, V> JCache<K, V> make(String name, LarderConfiguration<K, V> given) {
    synchronized (caches) {
      requireOpen();
      requireFree(name);
      beingMade.add(name);
    }
    JCache<K, V> cache;
    boolean kept = false;
    try {
      cache = inLoader(() -> assembled(name, given));
    } catch (Throwable e) { // as in open
      synchronized (caches) {
        beingMade.remove(name);
      }
      throw e;
    }
    synchronized (caches) {
      beingMade.remove(name);
      if (!closed) {
        caches.put(name, cache);
        kept = true;
      }
    }
    if (!kept) {
      cache.close();
      requireOpen();
    }
    followers.forEach(follower -> follower.opened(cache));
    return cache;
  }

  private void requireFree(String name) {
    GivenSetting first = settings.first(name);
    if (caches.containsKey(name)) {
      throw new CacheException(
          "there is a cache '"
              + name
              + "' already"
              + (first == null ? "" : ", see " + first.where()));
    }
    if (beingMade.contains(name)) {
      throw new CacheException("a cache '" + name + "' is being made already");
    }
  }

  private <K, V> JCache<K, V> assembled(String name, LarderConfiguration<K, V> given) {
    ClassLoader loader = classLoader.get();
    return CacheAssembly.of(
        this, name, loader == null ? given : settings.complete(name, given, loader));
  }

  /** Runs code of the user with this manager's class loader as the thread's. */
  <T extends @Nullable Object> T inLoader(Supplier<T> code) {
    return Workers.inLoader(classLoader.get(), code);
  }

  @Override
  public <K, V> @Nullable Cache<K, V> getCache(
      String cacheName, Class<K> keyType, Class<V> valueType) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    Objects.requireNonNull(keyType, "keyType is null");
    Objects.requireNonNull(valueType, "valueType is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache == null) {
      return null;
    }
    Configuration<?, ?> configuration = configurationOf(cache);
    requireType(cacheName, "keys", configuration.getKeyType(), keyType);
    requireType(cacheName, "values", configuration.getValueType(), valueType);
    @SuppressWarnings("unchecked") // as just checked
    Cache<K, V> typed = (Cache<K, V>) cache;
    return typed;
  }

  @SuppressWarnings("unchecked")
  private static <K, V> Configuration<K, V> configurationOf(JCache<K, V> cache) {
    return cache.getConfiguration(Configuration.class);
  }

  private static void requireType(String cache, String what, Class<?> configured, Class<?> asked) {
    if (!configured.equals(asked)) {
      throw new ClassCastException(
          "cache '"
              + cache
              + "' has "
              + what
              + " of "
              + configured.getName()
              + ", asked for was "
              + asked.getName());
    }
  }

  @Override
  public <K, V> @Nullable Cache<K, V> getCache(String cacheName) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    @SuppressWarnings("unchecked") // JCache leaves it to the caller
    Cache<K, V> cache = (Cache<K, V>) cache(cacheName);
    return cache;
  }

  private @Nullable JCache<?, ?> cache(String name) {
    synchronized (caches) {
      return caches.get(name);
    }
  }

  /** The names of the caches, in the order in which they were made; does not change any more. */
  @Override
  public Iterable<String> getCacheNames() {
    requireOpen();
    synchronized (caches) {
      return List.copyOf(caches.keySet());
    }
  }

  @Override
  public void destroyCache(String cacheName) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null && !cache.isClosed()) {
      try {
        cache.clear();
        cache.forgetFiles();
      } finally {
        cache.close();
      }
    }
  }

  @Override
  public void enableManagement(String cacheName, boolean enabled) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null) {
      cache.enableManagement(enabled);
    }
  }

  @Override
  public void enableStatistics(String cacheName, boolean enabled) {
    requireOpen();
    Objects.requireNonNull(cacheName, "cacheName is null");
    JCache<?, ?> cache = cache(cacheName);
    if (cache != null) {
      cache.enableStatistics(enabled);
    }
  }

  void forget(JCache<?, ?> cache) {
    synchronized (caches) {
      caches.remove(cache.getName(), cache);
    }
    followers.forEach(follower -> follower.closed(cache));
  }

  // ----------------------------------------------------------------------------------- following

  @Override
  public void follow(Follower follower) {
    synchronized (caches) {
      requireOpen(); // who follows is told of the end
      followers.add(follower);
    }
    present().forEach(follower::opened);
  }

  @Override
  public void unfollow(Follower follower) {
    followers.remove(follower);
  }

  private List<JCache<?, ?>> present() {
    synchronized (caches) {
      return List.copyOf(caches.values());
    }
  }

  // ------------------------------------------------------------------------------------- closing

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("cache manager '" + uri + "' is closed");
    }
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  /** Closes its server and then all its caches; closing again does nothing. */
  @Override
  public void close() {
    List<JCache<?, ?>> all;
    synchronized (caches) {
      if (closed) {
        return;
      }
      closed = true;
      all = new ArrayList<>(caches.values());
    }
    provider.forget(this, classLoader.get());
    List<Runnable> closings = new ArrayList<>();
    LarderServer shows = server;
    if (shows != null) {
      closings.add(shows::close);
    }
    all.forEach(cache -> closings.add(cache::close));
    followers.forEach(follower -> closings.add(follower::ended));
    CacheException failure = null;
    for (Runnable closing : closings) {
      try {
        closing.run();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = new CacheException("cache manager '" + uri + "' did not close cleanly");
        }
        failure.addSuppressed(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    LarderServer shows = server;
    Persistence.Opener files = CacheFiles::openAll;
    if (shows == null && type == LarderServer.class) {
      throw new IllegalArgumentException(this + " runs no server (server.enabled=true)");
    }
    return shows == null
        ? Unwrap.unwrap(type, this, files)
        : Unwrap.unwrap(type, this, files, shows);
  }

  @Override
  public String toString() {
    return "cache manager '" + uri + "' (Larder" + (closed ? ", closed)" : ")");
  }
}
