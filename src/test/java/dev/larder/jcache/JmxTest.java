package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import dev.larder.LarderConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.JCacheMetrics;
import io.micrometer.core.instrument.config.InvalidConfigurationException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.management.CacheMXBean;
import javax.cache.management.CacheStatisticsMXBean;
import javax.management.JMX;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
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
      "a,b|a.b", "a:b|a.b", "a=b|a.b", "a*|a.", "a?|a.", "\"a\"|.a.", "a b|a b", "a#1|a#1", "größe|größe", "a\\b|a\\b", "' '|' '", "#2|#2", "*|.", "a'b|a'b", "鍵|鍵", "a;b|a;b", "a/b|a/b", "[a]|[a]", "{a}|{a}"})
  // spotless:on
  void charactersThatAnObjectNameDoesNotBearBecomeDots(String cache, String shown)
      throws Exception {
    manager.createCache(cache, shown());

    assertThat(beans()).containsExactly("Configuration " + shown, "Statistics " + shown);
  }

  @Test
  void newLineAndTheEmptyNameAreShown() throws Exception {
    manager.createCache("a\nb", shown());
    manager.createCache("a\rb", shown());
    manager.createCache("a\0b", shown());
    manager.createCache("", shown());

    assertThat(beans())
        .containsExactlyInAnyOrder(
            "Configuration ",
            "Configuration a.b",
            "Configuration a\rb",
            "Configuration a\0b",
            "Statistics ",
            "Statistics a.b",
            "Statistics a\rb",
            "Statistics a\0b");
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

  @Test
  void namesThatAreOneInJmxAreAllShownAndEachCacheCountsForItself() throws Exception {
    List<Cache<String, String>> all = new ArrayList<>();
    for (String name : List.of("a,b", "a:b", "a=b", "a*b", "a?b", "a\"b", "a\nb", "a.b", "a.b#2")) {
      all.add(manager.createCache(name, shown()));
    }
    assertThat(beans()).hasSize(2 * all.size());
    for (int i = 0; i < all.size(); i++) {
      for (int puts = 0; puts <= i; puts++) {
        all.get(i).put("k", "1");
      }
    }
    assertThat(putsByName())
        .containsOnly(
            entry("a.b", 1L),
            entry("a.b#2", 2L),
            entry("a.b#3", 3L),
            entry("a.b#4", 4L),
            entry("a.b#5", 5L),
            entry("a.b#6", 6L),
            entry("a.b#7", 7L),
            entry("a.b#8", 8L),
            entry("a.b#2#2", 9L));

    all.get(1).close();
    all.get(8).close();
    assertThat(putsByName()).hasSize(7).doesNotContainKeys("a.b#2", "a.b#2#2");
    all.forEach(Cache::close);
    assertThat(beans()).isEmpty();
  }

  private static Map<String, Long> putsByName() throws Exception {
    Map<String, Long> puts = new TreeMap<>();
    for (String bean : beans()) {
      if (bean.startsWith("Statistics ")) {
        String name = bean.substring("Statistics ".length());
        puts.put(name, statistics(name).getCachePuts());
      }
    }
    return puts;
  }

  @Test
  void bothBeansOfACacheHaveTheSameNumber() throws Exception {
    LarderConfiguration.Builder<String, String> hidden = caches.settings().statistics(false);
    manager.createCache("a,b", hidden.build());
    manager.createCache("a.b", hidden.build());
    manager.createCache("a=b", hidden.build());
    manager.enableStatistics("a,b", true);
    manager.enableManagement("a.b", true);
    assertThat(beans()).containsExactly("Configuration a.b#2", "Statistics a.b");

    manager.enableStatistics("a,b", false);
    manager.enableStatistics("a.b", true);
    assertThat(beans()).containsExactly("Configuration a.b#2", "Statistics a.b#2");

    manager.enableManagement("a=b", true);
    manager.enableStatistics("a,b", true);
    assertThat(beans())
        .containsExactly(
            "Configuration a.b", "Configuration a.b#2", "Statistics a.b#2", "Statistics a.b#3");
  }

  @Test
  void beanThatSomebodyTookAwayIsNotTakenFromTheCacheThatHasItsNameNow() throws Exception {
    Cache<String, String> first = manager.createCache("a,b", shown());
    SERVER.unregisterMBean(name("CacheStatistics", "a.b"));
    SERVER.unregisterMBean(name("CacheConfiguration", "a.b"));
    manager.createCache("a.b", shown()).put("k", "1");
    assertThat(statistics("a.b").getCachePuts()).isEqualTo(1);

    first.close();

    assertThat(beans()).containsExactly("Configuration a.b", "Statistics a.b");
  }

  @Test
  void beanThatSomebodyTookAwayCanBeShownAgain() throws Exception {
    manager.createCache("a", shown());
    SERVER.unregisterMBean(name("CacheStatistics", "a"));

    manager.enableStatistics("a", true);

    assertThat(beans()).containsExactly("Configuration a", "Statistics a");
  }

  /** Somebody else's, that is none of ours: another provider's cache, perhaps. */
  @Test
  void beanOfAStrangerIsLeftWhereItIs() throws Exception {
    SERVER.registerMBean(new StandardMBean(() -> {}, Runnable.class), name("CacheStatistics", "a"));
    try {
      manager.createCache("a", shown());
      assertThat(beans()).containsExactly("Configuration a#2", "Statistics a", "Statistics a#2");

      manager.close();
      assertThat(beans()).containsExactly("Statistics a");
    } finally {
      SERVER.unregisterMBean(name("CacheStatistics", "a"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a,b",
        "t:x?a=b&c=d*",
        "x://h:1/p;q=%22%2A#f",
        "%0A",
        "größe",
        "jar:file:/a!/b"
      })
  void anyUriOfAManagerIsShown(String uri) throws Exception {
    CacheManager other = caches.provider.getCacheManager(URI.create(uri), null);
    other.createCache("a", shown()).put("k", "1");

    ObjectName shown =
        new ObjectName(
            "javax.cache:type=CacheStatistics,CacheManager="
                + uri.replaceAll("[:,=*?]", ".")
                + ",Cache=a");
    assertThat(SERVER.getAttribute(shown, "CachePuts")).isEqualTo(1L);
    other.close();
    assertThat(SERVER.isRegistered(shown)).isFalse();
  }

  @Test
  void managersWhoseUrisAreOneInJmxDoNotTakeEachOthersBeansAway() throws Exception {
    CacheManager other = caches.provider.getCacheManager(URI.create("t,jmx"), null);
    other.createCache("a", shown()).put("k", "1");
    manager.createCache("a", shown());
    assertThat(putsByName()).containsOnly(entry("a", 1L), entry("a#2", 0L));

    other.close();
    assertThat(putsByName()).containsOnly(entry("a#2", 0L));

    CacheManager again = caches.provider.getCacheManager(URI.create("t,jmx"), null);
    again.createCache("a", shown());
    assertThat(putsByName()).containsOnlyKeys("a", "a#2");
  }

  // --------------------------------------------------------------------------------- Micrometer

  private static double count(MeterRegistry registry, String name, String... tags) {
    return registry.get(name).tags(tags).functionCounter().count();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "größe", "a b", "a.b#2", "com.acme.User", "a/b"})
  void micrometersOwnBinderReadsTheStatistics(String name) {
    MeterRegistry registry = new SimpleMeterRegistry();
    CacheManager other =
        caches.provider.getCacheManager(URI.create("file:///etc/larder.xml"), null);
    Cache<String, String> cache =
        other.createCache(name, caches.settings().statistics(true).maximumSize(2).build());

    new JCacheMetrics<>(cache, Tags.of("cache.manager", "m")).bindTo(registry);
    for (String key : List.of("1", "2", "3", "4", "5")) {
      cache.put(key, "v");
    }
    cache.removeAll();
    cache.put("k", "v");
    cache.get("k");
    cache.get("none");
    cache.get("none");

    assertThat(count(registry, "cache.gets", "result", "hit", "cache", name)).isEqualTo(1);
    assertThat(count(registry, "cache.gets", "result", "miss")).isEqualTo(2);
    assertThat(count(registry, "cache.puts")).isEqualTo(6);
    assertThat(count(registry, "cache.evictions")).isEqualTo(3);
    assertThat(count(registry, "cache.removals")).isEqualTo(2);
  }

  /**
   * That binder makes the name of the bean by itself, and replaces nothing in it but the colons of
   * the URI: nobody can have registered what it asks for.
   */
  @ParameterizedTest
  @ValueSource(strings = {"a,b", "a:b", "a=b", "a\"b", "a\nb"})
  void micrometersOwnBinderRefusesNamesThatJmxDoesNotBear(String name) {
    Cache<String, String> cache = manager.createCache(name, shown());

    assertThatThrownBy(() -> new JCacheMetrics<>(cache, Tags.empty()))
        .isInstanceOf(InvalidConfigurationException.class);
  }
}
