package dev.larder.bench;

import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
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

/**
 * A column of the table: a JSR-107 provider, or the plain {@code ConcurrentHashMap} below them all.
 *
 * <p>Every provider gets the same untyped {@link MutableConfiguration}, as Spring would hand it in.
 * cache2k alone needs more: a JCache configuration without its own extension is silently bounded to
 * 1802 entries, and an extended one copies nothing and expires a second late unless told otherwise.
 * Listeners cannot be added later, as with its defaults they could: a favour that makes it faster.
 */
enum Subject {
  LARDER("dev.larder.jcache.LarderCachingProvider"),
  CAFFEINE("com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider"),
  CACHE2K("org.cache2k.jcache.provider.JCacheProvider"),
  EHCACHE("org.ehcache.jsr107.EhcacheCachingProvider"),
  CHM("java.util.concurrent.ConcurrentHashMap");

  /** How a cache is configured; a plain map can do only {@link #PLAIN}. */
  record Setup(Expiry expiry, boolean statistics, boolean byValue) {
    static final Setup PLAIN = new Setup(Expiry.ETERNAL, false, false);
  }

  /** An hour passes in no run: what is measured is the cost of a deadline, not of expiring. */
  enum Expiry {
    ETERNAL(EternalExpiryPolicy.factoryOf()),
    CREATED(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 1))),
    ACCESSED(AccessedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 1)));

    final Factory<ExpiryPolicy> factory;

    Expiry(Factory<ExpiryPolicy> factory) {
      this.factory = factory;
    }
  }

  private final String className;

  Subject(String className) {
    this.className = className;
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
    MutableConfiguration<Object, Object> configuration =
        this == CACHE2K ? unboundedCache2k() : new MutableConfiguration<>();
    configuration
        .setStoreByValue(setup.byValue)
        .setStatisticsEnabled(setup.statistics)
        .setExpiryPolicyFactory(setup.expiry.factory);
    CacheManager manager = Caching.getCachingProvider(className).getCacheManager();
    Cache<Object, Object> cache = manager.createCache(name, configuration);
    return new Target.JCache(cache);
  }

  /** What {@link MutableConfiguration} says goes on top of this. */
  private static MutableConfiguration<Object, Object> unboundedCache2k() {
    return ExtendedMutableConfiguration.of(
        Cache2kBuilder.forUnknownTypes()
            .entryCapacity(Long.MAX_VALUE)
            .sharpExpiry(true)
            .with(JCacheConfig.class, jcache -> jcache.copyAlwaysIfRequested(true)));
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
