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
import javax.management.MBeanRegistration;
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
 * Characters that an object name does not bear become dots. Where that is the name of another
 * cache, too, of whichever manager, class loader or provider, the later one gets a number: {@code
 * prices#2}; the same for both of its beans. A bean is taken away by who has registered it, and
 * only if nobody else has done so before: its name may be another cache's by then.
 */
final class ManagementBeans {
  private final String managerName;
  private final String cacheName;
  private final Bean configuration; // guarded by this
  private final Bean statistics; // guarded by this

  ManagementBeans(
      URI manager, String cacheName, Cache<?, ?> cache, CacheOperations<?, ?> operations) {
    this.managerName = sanitized(manager.toString());
    this.cacheName = sanitized(cacheName);
    this.configuration = new ConfigurationBean(cache);
    this.statistics = new StatisticsBean(operations.statistics());
  }

  synchronized void showConfiguration(boolean show) {
    show(configuration, statistics, show);
  }

  synchronized void showStatistics(boolean show) {
    show(statistics, configuration, show);
  }

  private void show(Bean bean, Bean other, boolean show) {
    ObjectName shown = bean.shown;
    if (show == (shown != null)) {
      return;
    }
    MBeanServer server = ManagementFactory.getPlatformMBeanServer(); // costly the first time
    try {
      if (shown == null) {
        register(bean, other, server);
      } else {
        server.unregisterMBean(shown);
      }
    } catch (InstanceNotFoundException e) {
      // somebody else took it away just now
    } catch (JMException e) {
      throw new CacheException("cache '" + cacheName + "' cannot be shown by JMX", e);
    }
  }

  private void register(Bean bean, Bean other, MBeanServer server) throws JMException {
    for (int n = other.shown == null ? 1 : other.number; ; n++) {
      ObjectName others = name(other, n);
      if (server.isRegistered(others) && !others.equals(other.shown)) {
        continue; // the number of another cache, which shows only that bean
      }
      try {
        server.registerMBean(bean, name(bean, n));
        bean.number = n;
        return;
      } catch (InstanceAlreadyExistsException e) {
        // taken by a cache whose name looks the same, try the next
      }
    }
  }

  private ObjectName name(Bean bean, int number) throws JMException {
    return new ObjectName(
        "javax.cache:type="
            + bean.type
            + ",CacheManager="
            + managerName
            + ",Cache="
            + (number == 1 ? cacheName : cacheName + "#" + number));
  }

  private static String sanitized(String name) {
    return name.replaceAll("[,:=\\n\"*?]", ".");
  }

  /** Knows the name under which it is registered, whoever ends that. */
  private abstract static class Bean implements MBeanRegistration {
    final String type;
    volatile @Nullable ObjectName shown;
    int number;

    Bean(String type) {
      this.type = type;
    }

    @Override
    public ObjectName preRegister(MBeanServer server, ObjectName name) {
      shown = name;
      return name;
    }

    @Override
    public void postRegister(Boolean done) {
      if (!done) {
        shown = null;
      }
    }

    @Override
    public void preDeregister() {}

    @Override
    public void postDeregister() {
      shown = null;
    }
  }

  private static final class ConfigurationBean extends Bean implements CacheMXBean {
    private final Cache<?, ?> cache;

    ConfigurationBean(Cache<?, ?> cache) {
      super("CacheConfiguration");
      this.cache = cache;
    }

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
  private static final class StatisticsBean extends Bean implements CacheStatisticsMXBean {
    private final Statistics counts;

    StatisticsBean(Statistics counts) {
      super("CacheStatistics");
      this.counts = counts;
    }

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
