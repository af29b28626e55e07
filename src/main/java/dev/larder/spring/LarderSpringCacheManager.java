package dev.larder.spring;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.Cache;
import org.springframework.cache.jcache.JCacheCacheManager;

/**
 * Spring's caches over those of a manager of Larder. It does what Spring's own {@link
 * JCacheCacheManager} does, and beyond that
 *
 * <ul>
 *   <li>{@code @Cacheable} works on methods that return a {@code CompletableFuture}, a {@code Mono}
 *       or a {@code Flux}: nobody's thread waits for another one's load, and with {@code sync =
 *       true} all who ask for a missing key share one;
 *   <li>a cache that nobody made is made when it is first asked for, as Larder's configuration has
 *       it for a cache of this name ({@code larder.default.…}).
 * </ul>
 *
 * <pre>{@code
 * @Bean
 * LarderSpringCacheManager cacheManager() {
 *   return new LarderSpringCacheManager(Caching.getCachingProvider().getCacheManager());
 * }
 * }</pre>
 *
 * <p>With Spring Boot there is nothing to write: it is the {@code CacheManager} as soon as Larder
 * is the JCache provider.
 */
public class LarderSpringCacheManager extends JCacheCacheManager {
  private volatile boolean createMissingCaches = true;
  private volatile Supplier<? extends Configuration<?, ?>> cacheConfiguration =
      MutableConfiguration::new;

  /**
   * @param manager one of Larder's, which the caller closes
   */
  public LarderSpringCacheManager(CacheManager manager) {
    super(Objects.requireNonNull(manager, "manager is null"));
  }

  /**
   * Whether a cache is made that is asked for and is not there; true by default. Otherwise a name
   * that is not known fails, as Spring has it.
   */
  public final void setCreateMissingCaches(boolean createMissingCaches) {
    this.createMissingCaches = createMissingCaches;
  }

  /** Whether a cache is made that is asked for and is not there. */
  public final boolean isCreateMissingCaches() {
    return createMissingCaches;
  }

  /**
   * How a missing cache is made. By default, it has all at JCache's defaults, and so what Larder's
   * configuration says of it.
   *
   * @param cacheConfiguration of keys and values that are declared as {@code Object}; called for
   *     each cache
   */
  public final void setCacheConfiguration(
      Supplier<? extends Configuration<?, ?>> cacheConfiguration) {
    this.cacheConfiguration = Objects.requireNonNull(cacheConfiguration);
  }

  @Override
  protected Collection<Cache> loadCaches() {
    CacheManager manager = manager();
    Collection<Cache> caches = new LinkedHashSet<>();
    for (String name : manager.getCacheNames()) {
      javax.cache.Cache<Object, Object> cache = manager.getCache(name);
      if (cache != null) { // else destroyed meanwhile
        caches.add(springCache(cache));
      }
    }
    return caches;
  }

  @Override
  protected @Nullable Cache getMissingCache(String name) {
    CacheManager manager = manager();
    javax.cache.Cache<Object, Object> cache = manager.getCache(name);
    if (cache == null && createMissingCaches) {
      cache = create(manager, name);
    }
    return cache == null ? null : springCache(cache);
  }

  @SuppressWarnings("unchecked") // Spring casts what it reads
  private javax.cache.Cache<Object, Object> create(CacheManager manager, String name) {
    try {
      return manager.createCache(name, (Configuration<Object, Object>) cacheConfiguration.get());
    } catch (CacheException e) {
      javax.cache.Cache<Object, Object> others = manager.getCache(name);
      if (others == null) {
        throw e;
      }
      return others; // made by somebody else at the same time
    }
  }

  private Cache springCache(javax.cache.Cache<Object, Object> cache) {
    return new LarderSpringCache(cache, isAllowNullValues());
  }

  private CacheManager manager() {
    return Objects.requireNonNull(getCacheManager(), "the cache manager was set to null");
  }
}
