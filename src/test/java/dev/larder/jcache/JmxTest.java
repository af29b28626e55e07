package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.LarderConfiguration;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.Set;
import java.util.TreeSet;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.management.CacheMXBean;
import javax.cache.management.CacheStatisticsMXBean;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the platform's MBean server shows of caches, and under which names. */
class JmxTest {
  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  @RegisterExtension final Caches caches = new Caches();
  private final CacheManager manager = caches.provider.getCacheManager(URI.create("t:jmx"), null);

  private LarderConfiguration<String, String> shown() {
    return caches.settings().management(true).build();
  }

  /**
   * The names of this test's beans, each as {@code Statistics name} or {@code Configuration name}.
   */
  private static Set<String> beans() throws Exception {
    Set<String> names = new TreeSet<>();
    for (ObjectName name : SERVER.queryNames(new ObjectName("javax.cache:*"), null)) {
      if (name.getKeyProperty("CacheManager").equals("t.jmx")) {
        String type = name.getKeyProperty("type").substring("Cache".length());
        names.add(type + " " + name.getKeyProperty("Cache"));
      }
    }
    return names;
  }

  private static ObjectName name(String type, String cache) throws Exception {
    return new ObjectName("javax.cache:type=" + type + ",CacheManager=t.jmx,Cache=" + cache);
  }

  private static CacheStatisticsMXBean statistics(String cache) throws Exception {
    return JMX.newMXBeanProxy(SERVER, name("CacheStatistics", cache), CacheStatisticsMXBean.class);
  }

  // --------------------------------------------------------------------------------- attributes

  @Test
  void percentagesAreOfGetsAndZeroWithoutAny() throws Exception {
    Cache<String, String> cache = manager.createCache("a", shown());
    CacheStatisticsMXBean statistics = statistics("a");
    assertThat(statistics.getCacheHitPercentage()).isZero();
    assertThat(statistics.getCacheMissPercentage()).isZero();
    assertThat(statistics.getAverageGetTime()).isZero();

    cache.put("k", "1");
    cache.put("k", "2");
    for (String key : new String[] {"k", "k", "k", "absent"}) {
      cache.get(key);
    }

    assertThat(statistics.getCacheGets()).isEqualTo(4);
    assertThat(statistics.getCachePuts()).isEqualTo(2);
    assertThat(statistics.getCacheHitPercentage()).isEqualTo(75);
    assertThat(statistics.getCacheMissPercentage()).isEqualTo(25);
  }

  @Test
  void clearOfTheBeanZeroesTheStatisticsAndNothingElse() throws Exception {
    Cache<String, String> cache = manager.createCache("a", shown());
    cache.put("k", "1");
    cache.get("k");
    cache.get("absent");
    cache.remove("k");
    cache.put("k", "1");
    CacheStatisticsMXBean statistics = statistics("a");

    statistics.clear();

    assertThat(Caches.counts(cache)).isEqualTo("-");
    assertThat(statistics.getCacheHitPercentage()).isZero();
    assertThat(statistics.getAveragePutTime()).isZero();
    assertThat(cache.get("k")).isEqualTo("1");
  }

  @Test
  void configurationBeanShowsTheConfigurationAsItIsNow() throws Exception {
    manager.createCache("a", shown());
    CacheMXBean bean =
        JMX.newMXBeanProxy(SERVER, name("CacheConfiguration", "a"), CacheMXBean.class);

    assertThat(bean.getKeyType()).isEqualTo("java.lang.String");
    assertThat(bean.isStoreByValue()).isTrue();
    assertThat(bean.isStatisticsEnabled()).isTrue();
    manager.enableStatistics("a", false);
    assertThat(bean.isStatisticsEnabled()).isFalse();
  }

  // ----------------------------------------------------------------------------- life of a bean

  @Test
  void beansComeAndGoAsTheyAreSwitched() throws Exception {
    manager.createCache("a", caches.settings().statistics(false).build());
    assertThat(beans()).isEmpty();

    manager.enableStatistics("a", true);
    manager.enableStatistics("a", true); // once more does nothing
    manager.enableManagement("a", true);
    assertThat(beans()).containsExactly("Configuration a", "Statistics a");

    manager.enableStatistics("a", false);
    manager.enableStatistics("a", false);
    assertThat(beans()).containsExactly("Configuration a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "destroy", "manager"})
  void beansGoWithTheirCacheWhichCanBeMadeAgain(String way) throws Exception {
    Cache<String, String> cache = manager.createCache("a", shown());
    assertThat(beans()).hasSize(2);

    switch (way) {
      case "close" -> cache.close();
      case "destroy" -> manager.destroyCache("a");
      default -> manager.close();
    }
    assertThat(beans()).isEmpty();

    CacheManager again = caches.provider.getCacheManager(URI.create("t:jmx"), null);
    again.createCache("a", shown());
    assertThat(beans()).containsExactly("Configuration a", "Statistics a");
  }

  // -------------------------------------------------------------------------------------- names

  // spotless:off
  @ParameterizedTest
  @CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false, value = {
      "a,b|a.b", "a:b|a.b", "a=b|a.b", "a*|a.", "a?|a.", "\"a\"|.a.", "a b|a b", "a#1|a#1", "größe|größe"})
  // spotless:on
  void charactersThatAnObjectNameDoesNotBearBecomeDots(String cache, String shown)
      throws Exception {
    manager.createCache(cache, shown());

    assertThat(beans()).containsExactly("Configuration " + shown, "Statistics " + shown);
  }

  @Test
  void newLineAndTheEmptyNameAreShown() throws Exception {
    manager.createCache("a\nb", shown());
    manager.createCache("", shown());

    assertThat(beans())
        .containsExactly("Configuration ", "Configuration a.b", "Statistics ", "Statistics a.b");
  }

  @Test
  void cachesOfOneNameInJmxAreNumberedAndDoNotTakeEachOthersBeansAway() throws Exception {
    Cache<String, String> comma = manager.createCache("a,b", shown());
    Cache<String, String> dot = manager.createCache("a.b", shown());
    comma.put("k", "1");
    assertThat(beans())
        .containsExactly(
            "Configuration a.b", "Configuration a.b#2", "Statistics a.b", "Statistics a.b#2");
    assertThat(statistics("a.b").getCachePuts()).isEqualTo(1);
    assertThat(statistics("a.b#2").getCachePuts()).isZero();

    dot.close();
    assertThat(beans()).containsExactly("Configuration a.b", "Statistics a.b");
    assertThat(statistics("a.b").getCachePuts()).isEqualTo(1);

    manager.createCache("a.b", shown());
    comma.close();
    assertThat(beans()).containsExactly("Configuration a.b#2", "Statistics a.b#2");
  }

  @Test
  void managersOfOneUriAndTwoClassLoadersDoNotTakeEachOthersBeansAway() throws Exception {
    ClassLoader loader = new ClassLoader(getClass().getClassLoader()) {};
    CacheManager other = caches.provider.getCacheManager(manager.getURI(), loader);
    manager.createCache("a", shown());
    other.createCache("a", shown());
    assertThat(beans()).hasSize(4);

    other.close();

    assertThat(beans()).containsExactly("Configuration a", "Statistics a");
  }
}
