package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.LarderConfiguration;
import dev.larder.codec.TextCodecs;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.Factory;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.configuration.OptionalFeature;
import javax.cache.event.CacheEntryEvent;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The provider: which manager belongs to which URI and class loader, and whose classes are used.
 *
 * <p>Left open by JSR-107 and chosen here: the default class loader is the one that loaded Larder;
 * any URI is accepted, and is only a name.
 */
class ProviderTest {
  @RegisterExtension final Caches caches = new Caches();
  private final CachingProvider provider = caches.provider;

  private static ClassLoader newLoader() {
    return new ClassLoader(ProviderTest.class.getClassLoader()) {};
  }

  // ----------------------------------------------------------------------------------- identity

  @Test
  void jcacheFindsIt() {
    String name = LarderCachingProvider.class.getName();

    assertThat(Caching.getCachingProvider()).isInstanceOf(LarderCachingProvider.class);
    assertThat(Caching.getCachingProvider(name)).isSameAs(Caching.getCachingProvider());
    assertThat(provider.isSupported(OptionalFeature.STORE_BY_REFERENCE)).isTrue();
  }

  @Test
  void managerIsOneForEachUriAndClassLoaderAndNullIsTheDefault() {
    URI uri = URI.create("a");
    ClassLoader loader = newLoader();
    CacheManager manager = provider.getCacheManager();

    assertThat(provider.getCacheManager(null, null)).isSameAs(manager);
    assertThat(provider.getCacheManager(null, null, null)).isSameAs(manager);
    assertThat(provider.getCacheManager(provider.getDefaultURI(), provider.getDefaultClassLoader()))
        .isSameAs(manager);
    assertThat(provider.getCacheManager(uri, null)).isNotSameAs(manager);
    assertThat(provider.getCacheManager(null, loader)).isNotSameAs(manager);
    assertThat(provider.getCacheManager(uri, loader))
        .isSameAs(provider.getCacheManager(URI.create("a"), loader))
        .isNotSameAs(provider.getCacheManager(uri, null));
    assertThat(provider.getCacheManager(uri, loader).getClassLoader()).isSameAs(loader);
    assertThat(provider.getDefaultClassLoader())
        .isSameAs(LarderCachingProvider.class.getClassLoader());
  }

  @Test
  void managersDoNotShareCaches() {
    CacheManager one = provider.getCacheManager();
    CacheManager other = provider.getCacheManager(null, newLoader());
    one.createCache("a", caches.settings().build()).put("k", "1");

    assertThat((Object) other.getCache("a")).isNull();
    assertThat(other.createCache("a", caches.settings().build()).containsKey("k")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "file:/etc/caches.xml", "jar:file:/a.jar!/b", "x:y", "urn:a:b", "a,b=c"})
  void anyUriIsAcceptedAndIsOnlyAName(String text) {
    URI uri = URI.create(text);
    CacheManager manager = provider.getCacheManager(uri, null);

    manager.createCache("a", caches.settings().management(true).build());

    assertThat(manager.getURI()).isEqualTo(uri);
  }

  @Test
  void propertiesAreThoseOfTheFirstCallAndACopy() {
    Properties first = new Properties(propertiesOf("default", "1"));
    first.setProperty("a", "1");
    CacheManager manager = provider.getCacheManager(null, null, first);

    first.setProperty("a", "2");
    manager.getProperties().setProperty("a", "3");

    assertThat(provider.getCacheManager(null, null, propertiesOf("a", "4"))).isSameAs(manager);
    assertThat(manager.getProperties()).containsEntry("a", "1").containsEntry("default", "1");
  }

  private static Properties propertiesOf(String name, String value) {
    Properties properties = new Properties();
    properties.setProperty(name, value);
    return properties;
  }

  // ------------------------------------------------------------------------------------ closing

  @Test
  void closedManagerIsReplacedByANewOne() {
    CacheManager manager = provider.getCacheManager();
    manager.createCache("a", caches.settings().build());

    manager.close();

    CacheManager next = provider.getCacheManager();
    assertThat(next).isNotSameAs(manager);
    assertThat(next.getCacheNames()).isEmpty();
    manager.close(); // once more: does not concern the new one
    assertThat(provider.getCacheManager()).isSameAs(next);
  }

  @Test
  void managersAreClosedByClassLoaderByUriOrAll() {
    URI uri = URI.create("a");
    ClassLoader loader = newLoader();
    CacheManager ofLoader = provider.getCacheManager(null, loader);
    CacheManager ofBoth = provider.getCacheManager(uri, loader);
    CacheManager ofUri = provider.getCacheManager(uri, null);
    CacheManager ofNeither = provider.getCacheManager();

    provider.close(uri, loader);
    assertThat(ofBoth.isClosed()).isTrue();
    assertThat(ofLoader.isClosed() || ofUri.isClosed() || ofNeither.isClosed()).isFalse();
    provider.close(loader);
    assertThat(ofLoader.isClosed()).isTrue();
    assertThat(ofUri.isClosed() || ofNeither.isClosed()).isFalse();
    provider.close();
    assertThat(ofUri.isClosed() && ofNeither.isClosed()).isTrue();
    assertThat(provider.getCacheManager().isClosed()).isFalse();
  }

  // ------------------------------------------------------------------------------- class loaders

  /** A collection of garbage is asked for, not waited for: each turn of the loop is one. */
  @Test
  void managerDoesNotKeepItsClassLoaderAlive() {
    WeakReference<ClassLoader> loader = useAndDrop();

    for (int i = 0; i < 20 && loader.get() != null; i++) {
      System.gc();
    }

    assertThat(loader.get()).isNull();
  }

  private WeakReference<ClassLoader> useAndDrop() {
    ClassLoader loader = newLoader();
    CacheManager manager = provider.getCacheManager(null, loader);
    Cache<String, String> cache = manager.createCache("a", caches.settings().build());
    cache.put("k", "1");
    Cache<Object, Object> closed = manager.createCache("b", new MutableConfiguration<>());
    closed.put("k", new ArrayList<>(List.of("1")));
    closed.close();
    return new WeakReference<>(loader);
  }

  @Test
  void factoriesSeeTheManagersClassLoaderAndTheCallerItsOwnAgain() {
    ClassLoader loader = newLoader();
    CacheManager manager = provider.getCacheManager(null, loader);
    List<ClassLoader> seen = new ArrayList<>();
    Journal journal = new Journal();
    LarderConfiguration<String, String> settings =
        LarderConfiguration.builder(String.class, String.class)
            .loader(noting(seen, journal::loader))
            .writer(noting(seen, journal::writer))
            .expiry(noting(seen, EternalExpiryPolicy::new))
            .keyCodec(noting(seen, () -> TextCodecs.of(String.class, null)))
            .valueCodec(noting(seen, () -> TextCodecs.of(String.class, null)))
            .executor(noting(seen, () -> Runnable::run))
            .clock(noting(seen, () -> caches.clock))
            .listener(
                new MutableCacheEntryListenerConfiguration<>(
                    noting(seen, () -> new Journal.Listener<>(journal)),
                    noting(seen, () -> event -> true),
                    true,
                    true))
            .build();
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(null); // as in many a pool
    try {
      Cache<String, String> cache = manager.createCache("a", settings);
      cache.registerCacheEntryListener(
          new MutableCacheEntryListenerConfiguration<>(
              noting(seen, () -> new Journal.Listener<>(journal)), null, true, true));

      assertThat(seen).hasSize(10).containsOnly(loader);
      assertThat(thread.getContextClassLoader()).isNull();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static <T> Factory<T> noting(List<ClassLoader> seen, Supplier<T> make) {
    return () -> {
      seen.add(Thread.currentThread().getContextClassLoader());
      return make.get();
    };
  }

  @Test
  void factoryBuilderFindsClassesByNameInAThreadWithoutContextClassLoader() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(null);
    try {
      provider
          .getCacheManager()
          .createCache(
              "a",
              LarderConfiguration.builder(String.class, String.class)
                  .expiry(
                      FactoryBuilder.<EternalExpiryPolicy>factoryOf(
                          EternalExpiryPolicy.class.getName()))
                  .build());
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void backgroundWorkSeesTheManagersClassLoader() {
    ClassLoader loader = newLoader();
    CompletableFuture<ClassLoader> loading = new CompletableFuture<>();
    CompletableFuture<ClassLoader> listening = new CompletableFuture<>();
    Journal journal = new Journal();
    Journal.Loader values =
        new Journal.Loader(journal) {
          @Override
          public Map<String, String> loadAll(Iterable<? extends String> keys) {
            loading.complete(Thread.currentThread().getContextClassLoader());
            return super.loadAll(keys);
          }
        };
    Journal.Listener<String, String> listener =
        new Journal.Listener<>(journal) {
          @Override
          void on(CacheEntryEvent<? extends String, ? extends String> event) {
            listening.complete(Thread.currentThread().getContextClassLoader());
          }
        };
    Cache<String, String> cache =
        provider
            .getCacheManager(null, loader)
            .createCache(
                "a",
                LarderConfiguration.builder(String.class, String.class)
                    .loader(() -> values)
                    .listener(
                        new MutableCacheEntryListenerConfiguration<>(
                            () -> listener, null, true, false))
                    .build());

    cache.loadAll(Set.of("k"), false, new CompletionListenerFuture());

    assertThat(loading.orTimeout(1, TimeUnit.MINUTES).join()).isSameAs(loader);
    assertThat(listening.orTimeout(1, TimeUnit.MINUTES).join()).isSameAs(loader);
  }

  /** A value that only Java serialization can copy, which asks for its class by name. */
  public static final class Greeting implements Serializable {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
    }
  }

  /** Knows {@link Greeting} as a class of its own. */
  private static final class ChildFirstLoader extends ClassLoader {
    ChildFirstLoader() {
      super(ProviderTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.equals(Greeting.class.getName())) {
        return super.loadClass(name, resolve);
      }
      if (findLoadedClass(name) != null) {
        return findLoadedClass(name);
      }
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  @Test
  void copiesAreOfTheClassesOfTheManagersLoaderWhateverThreadMakesThem() throws Exception {
    ClassLoader loader = new ChildFirstLoader();
    Class<?> type = loader.loadClass(Greeting.class.getName());
    Cache<Object, Object> cache =
        provider.getCacheManager(null, loader).createCache("a", new MutableConfiguration<>());
    cache.put("k", type.getConstructor().newInstance());

    Object copy = CompletableFuture.supplyAsync(() -> cache.get("k")).join();

    assertThat(type).isNotEqualTo(Greeting.class);
    assertThat(copy).isExactlyInstanceOf(type);
    assertThat(cache.get("k")).isNotSameAs(copy);
  }
}
