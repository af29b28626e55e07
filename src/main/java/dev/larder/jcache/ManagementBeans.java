package dev.larder.jcache;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Statistics;
import java.lang.management.ManagementFactory;
import java.net.URI;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.management.CacheMXBean;
import javax.cache.management.CacheStatisticsMXBean;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * What JMX shows of a cache, on the platform's server: its configuration and its statistics, each
 * only while that is switched on.
 *
 * <pre>
 *   javax.cache:type=CacheStatistics,CacheManager=larder.default,Cache=prices
 * </pre>
 *
 * Characters that an object name does not bear become dots. If two names become the same, the later
 * one gets a number: {@code prices#2}.
 */
final class ManagementBeans {
  private final String managerName;
  private final String cacheName;
  private final CacheMXBean configuration;
  private final CacheStatisticsMXBean statistics;
  private @Nullable ObjectName shownConfiguration; // guarded by this
  private @Nullable ObjectName shownStatistics; // guarded by this

  ManagementBeans(
      URI manager, String cacheName, Cache<?, ?> cache, CacheOperations<?, ?> operations) {
    this.managerName = sanitized(manager.toString());
    this.cacheName = sanitized(cacheName);
    this.configuration = new ConfigurationBean(cache);
    this.statistics = new StatisticsBean(operations.statistics());
  }

  synchronized void showConfiguration(boolean show) {
    shownConfiguration = show("CacheConfiguration", configuration, shownConfiguration, show);
  }

  synchronized void showStatistics(boolean show) {
    shownStatistics = show("CacheStatistics", statistics, shownStatistics, show);
  }

  private @Nullable ObjectName show(
      String type, Object bean, @Nullable ObjectName shown, boolean show) {
    if (show == (shown != null)) {
      return shown;
    }
    MBeanServer server = ManagementFactory.getPlatformMBeanServer(); // costly the first time
    try {
      if (shown != null) {
        server.unregisterMBean(shown);
        return null;
      }
      for (int n = 1; ; n++) {
        ObjectName name = name(type, n == 1 ? cacheName : cacheName + "#" + n);
        try {
          server.registerMBean(bean, name);
          return name;
        } catch (InstanceAlreadyExistsException e) {
          // taken by a cache whose name looks the same, try the next
        }
      }
    } catch (InstanceNotFoundException e) {
      return null; // somebody else took it away
    } catch (JMException e) {
      throw new CacheException("cache '" + cacheName + "' cannot be shown by JMX", e);
    }
  }

  private ObjectName name(String type, String cache) throws JMException {
    return new ObjectName(
        "javax.cache:type=" + type + ",CacheManager=" + managerName + ",Cache=" + cache);
  }

  private static String sanitized(String name) {
    return name.replaceAll("[,:=\\n\"*?]", ".");
  }

  private record ConfigurationBean(Cache<?, ?> cache) implements CacheMXBean {
    private CompleteConfiguration<?, ?> current() {
      return currentOf(cache);
    }

    private static <K, V> CompleteConfiguration<K, V> currentOf(Cache<K, V> cache) {
      @SuppressWarnings("unchecked")
      CompleteConfiguration<K, V> current = cache.getConfiguration(CompleteConfiguration.class);
      return current;
    }

    @Override
    public String getKeyType() {
      return current().getKeyType().getName();
    }

    @Override
    public String getValueType() {
      return current().getValueType().getName();
    }

    @Override
    public boolean isReadThrough() {
      return current().isReadThrough();
    }

    @Override
    public boolean isWriteThrough() {
      return current().isWriteThrough();
    }

    @Override
    public boolean isStoreByValue() {
      return current().isStoreByValue();
    }

    @Override
    public boolean isStatisticsEnabled() {
      return current().isStatisticsEnabled();
    }

    @Override
    public boolean isManagementEnabled() {
      return current().isManagementEnabled();
    }
  }

  /** Times in microseconds, percentages of gets; 0 while there were none. */
  private record StatisticsBean(Statistics counts) implements CacheStatisticsMXBean {
    @Override
    public void clear() {
      counts.clear();
    }

    @Override
    public long getCacheHits() {
      return counts.hits();
    }

    @Override
    public float getCacheHitPercentage() {
      return percentage(counts.hits());
    }

    @Override
    public long getCacheMisses() {
      return counts.misses();
    }

    @Override
    public float getCacheMissPercentage() {
      return percentage(counts.misses());
    }

    private float percentage(long part) {
      long gets = counts.gets();
      return gets == 0 ? 0 : 100f * part / gets;
    }

    @Override
    public long getCacheGets() {
      return counts.gets();
    }

    @Override
    public long getCachePuts() {
      return counts.puts();
    }

    @Override
    public long getCacheRemovals() {
      return counts.removals();
    }

    @Override
    public long getCacheEvictions() {
      return counts.evictions();
    }

    @Override
    public float getAverageGetTime() {
      return counts.averageGetMicros();
    }

    @Override
    public float getAveragePutTime() {
      return counts.averagePutMicros();
    }

    @Override
    public float getAverageRemoveTime() {
      return counts.averageRemoveMicros();
    }
  }
}
