package dev.larder.bench;

import com.github.benmanes.caffeine.jcache.configuration.CaffeineConfiguration;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.cache2k.Cache2kBuilder;
import org.cache2k.jcache.ExtendedMutableConfiguration;
import org.cache2k.jcache.JCacheConfig;
import org.ehcache.config.builders.CacheConfigurationBuilder;
import org.ehcache.config.builders.ExpiryPolicyBuilder;
import org.ehcache.config.builders.ResourcePoolsBuilder;
import org.ehcache.jsr107.Eh107Configuration;

/**
 * A column of the table: a JSR-107 provider, or the plain {@code ConcurrentHashMap} below them all.
 *
 * <p>Every provider gets the same untyped {@link MutableConfiguration}, as Spring would hand it in.
 * cache2k alone needs more: a JCache configuration without its own extension is silently bounded to
 * 1802 entries, and an extended one copies nothing and expires a second late unless told otherwise.
 * Listeners cannot be added later, as with its defaults they could: a favour that makes it faster.
 * A bound is none of JCache's settings: with one, each has a configuration of its own.
 */
enum Subject {
  LARDER("dev.larder.jcache.LarderCachingProvider"),
  CAFFEINE("com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider"),
  CACHE2K("org.cache2k.jcache.provider.JCacheProvider"),
  EHCACHE("org.ehcache.jsr107.EhcacheCachingProvider"),
  CHM("java.util.concurrent.ConcurrentHashMap");

  /**
   * How a cache is configured; a plain map can do only {@link #PLAIN}.
   *
   * @param bound how many entries there may be; {@link #UNBOUNDED} for as many as you like
   */
  record Setup(Expiry expiry, boolean statistics, boolean byValue, long bound) {
    static final long UNBOUNDED = 0;
    static final Setup PLAIN = new Setup(Expiry.ETERNAL, false, false, UNBOUNDED);

    static Setup bounded(Expiry expiry, long bound) {
      return new Setup(expiry, false, false, bound);
    }

    boolean isBounded() {
      return bound != UNBOUNDED;
    }
  }

  /** An hour passes in no run: what is measured is the cost of a deadline, not of expiring. */
  enum Expiry {
    ETERNAL(EternalExpiryPolicy.factoryOf()),
    CREATED(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 1))),
    ACCESSED(AccessedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 1))),
    /** But here it is: see {@link Storm}. */
    DOOMED(Storm.Doom::new);

    final Factory<ExpiryPolicy> factory;

    Expiry(Factory<ExpiryPolicy> factory) {
      this.factory = factory;
    }

    /** The same in the words of Ehcache, whose configuration takes no JCache policy. */
    org.ehcache.expiry.ExpiryPolicy<Object, Object> ofEhcache() {
      return switch (this) {
        case ETERNAL -> ExpiryPolicyBuilder.noExpiration();
        case CREATED -> ExpiryPolicyBuilder.expiry().create(java.time.Duration.ofHours(1)).build();
        case ACCESSED, DOOMED -> throw new IllegalArgumentException("no bounded cache has " + this);
      };
    }
  }

  private final String className;

  Subject(String className) {
    this.className = className;
  }

  /** The providers that {@code --subjects} lists; without that, all of them. */
  static List<Subject> providers(Options options) {
    List<Subject> all = Arrays.stream(values()).filter(Subject::isProvider).toList();
    List<String> labels =
        options.selection("--subjects", all.stream().map(Subject::label).toList());
    return all.stream().filter(subject -> labels.contains(subject.label())).toList();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  boolean isProvider() {
    return this != CHM;
  }

  /** The jar or directory it is loaded from, which shows the version; null if it is not there. */
  String origin() {
    try {
      Class<?> type = Class.forName(className, false, Subject.class.getClassLoader());
      var source = type.getProtectionDomain().getCodeSource();
      return source == null
          ? "JDK"
          : Path.of(source.getLocation().toURI()).getFileName().toString();
    } catch (ClassNotFoundException absent) {
      return null;
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Opens an empty cache. One per JVM, so that calls of {@code Cache} have one implementation. */
  Target open(String name, Setup setup) {
    if (this == CHM) {
      return new Target.Map();
    }
    return new Target.JCache(cache(name, setup));
  }

  /** As {@link #open}, where a figure needs more than a {@link Target} can do. */
  Cache<Object, Object> cache(String name, Setup setup) {
    CacheManager manager = Caching.getCachingProvider(className).getCacheManager();
    return manager.createCache(name, setup.isBounded() ? bounded(setup) : unbounded(setup));
  }

  private Configuration<Object, Object> unbounded(Setup setup) {
    MutableConfiguration<Object, Object> configuration =
        this == CACHE2K ? cache2k(Long.MAX_VALUE) : new MutableConfiguration<>();
    return configuration
        .setStoreByValue(setup.byValue)
        .setStatisticsEnabled(setup.statistics)
        .setExpiryPolicyFactory(setup.expiry.factory);
  }

  /** What {@link MutableConfiguration} says goes on top of this. */
  private static MutableConfiguration<Object, Object> cache2k(long bound) {
    return ExtendedMutableConfiguration.of(
        Cache2kBuilder.forUnknownTypes()
            .entryCapacity(bound)
            .sharpExpiry(true)
            .with(JCacheConfig.class, jcache -> jcache.copyAlwaysIfRequested(true)));
  }

  /** JCache has no word for a bound, so that each has its own. */
  private Configuration<Object, Object> bounded(Setup setup) {
    if (setup.statistics || setup.byValue) {
      throw new IllegalArgumentException("bounded caches are plain otherwise, not " + setup);
    }
    return switch (this) {
      case LARDER ->
          LarderConfiguration.builder(Object.class, Object.class)
              .maximumSize(setup.bound)
              .storeByValue(false)
              .expiry(setup.expiry.factory)
              .build();
      case CAFFEINE ->
          new CaffeineConfiguration<Object, Object>()
              .setMaximumSize(OptionalLong.of(setup.bound))
              .setStoreByValue(false)
              .setExpiryPolicyFactory(setup.expiry.factory);
      case CACHE2K ->
          cache2k(setup.bound).setStoreByValue(false).setExpiryPolicyFactory(setup.expiry.factory);
      case EHCACHE ->
          Eh107Configuration.fromEhcacheCacheConfiguration(
              CacheConfigurationBuilder.newCacheConfigurationBuilder(
                      Object.class, Object.class, ResourcePoolsBuilder.heap(setup.bound))
                  .withExpiry(setup.expiry.ofEhcache()));
      case CHM -> throw new IllegalArgumentException("a map has no bound");
    };
  }

  /**
   * How many entries a cache of this subject holds, with those that have expired and are still
   * there. JCache cannot tell, and Ehcache does not: empty.
   */
  OptionalLong size(Cache<Object, Object> cache) {
    return switch (this) {
      case LARDER -> OptionalLong.of(cache.unwrap(LarderCache.class).info().entries());
      case CAFFEINE ->
          OptionalLong.of(
              cache.unwrap(com.github.benmanes.caffeine.cache.Cache.class).estimatedSize());
      case CACHE2K -> OptionalLong.of(cache.unwrap(org.cache2k.Cache.class).asMap().size());
      case EHCACHE, CHM -> OptionalLong.empty();
    };
  }

  /** Hits counted by the statistics beans of this JVM, wherever the provider registered them. */
  static long countedHits() throws Exception {
    ManagementFactory.getPlatformMBeanServer();
    long hits = 0;
    ObjectName pattern = new ObjectName("javax.cache:type=CacheStatistics,*");
    for (MBeanServer server : MBeanServerFactory.findMBeanServer(null)) {
      for (ObjectName bean : server.queryNames(pattern, null)) {
        hits += (Long) server.getAttribute(bean, "CacheHits");
      }
    }
    return hits;
  }
}
