package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Clock;
import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.PersistenceOptions;
import dev.larder.Weigher;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** All settings of a cache as one value: immutable, comparable, serializable, shown as text. */
class LarderConfigurationTest {
  /** A factory that can be serialized and compared, unlike a lambda. */
  private record Named<T>(String name) implements Factory<T> {
    @Override
    public T create() {
      throw new UnsupportedOperationException(name);
    }
  }

  static final class SilentListener implements CacheEntryCreatedListener<String, String> {
    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {}
  }

  private static CacheEntryListenerConfiguration<String, String> listener(boolean synchronous) {
    return new MutableCacheEntryListenerConfiguration<>(
        FactoryBuilder.factoryOf(SilentListener.class), null, false, synchronous);
  }

  private static LarderConfiguration.Builder<String, String> strings() {
    return LarderConfiguration.builder(String.class, String.class);
  }

  /** Nothing is left at its default. */
  private static LarderConfiguration<String, String> full() {
    return strings()
        .storeByValue(false)
        .loader(new Named<CacheLoader<String, String>>("loader"))
        .readThrough(true)
        .writer(new Named<CacheWriter<? super String, ? super String>>("writer"))
        .writeThrough(true)
        .statistics(true)
        .management(true)
        .expiry(CreatedExpiryPolicy.factoryOf(Duration.ONE_HOUR))
        .ttlJitter(0.2)
        .maximumWeight(1_000, new Named<Weigher<Object, Object>>("weigher"))
        .listener(listener(true))
        .keyCodec(new Named<Codec<String>>("keys"))
        .valueCodec(new Named<Codec<String>>("values"))
        .executor(new Named<Executor>("executor"))
        .clock(new Named<Clock>("clock"))
        .persistence(PersistenceOptions.in(Path.of("data")))
        .allow("com.acme.**", "!com.acme.Bad")
        .build();
  }

  @Test
  void defaultsAreThoseOfJCache() {
    LarderConfiguration<String, String> defaults = strings().build();
    MutableConfiguration<String, String> standard = new MutableConfiguration<>();

    assertThat(defaults.isStoreByValue()).isEqualTo(standard.isStoreByValue()).isTrue();
    assertThat(defaults.getExpiryPolicyFactory()).isEqualTo(standard.getExpiryPolicyFactory());
    assertThat(defaults.ttlJitter()).isEqualTo(LarderConfiguration.DEFAULT_TTL_JITTER).isZero();
    assertThat(defaults.maximumSize()).isEmpty();
    assertThat(defaults.maximumWeight()).isEmpty();
    assertThat(defaults.weigher()).isNull();
    assertThat(defaults.getCacheLoaderFactory()).isNull();
    assertThat(defaults.getCacheWriterFactory()).isNull();
    assertThat(defaults.isReadThrough() || defaults.isWriteThrough()).isFalse();
    assertThat(defaults.isStatisticsEnabled() || defaults.isManagementEnabled()).isFalse();
    assertThat(defaults.getCacheEntryListenerConfigurations()).isEmpty();
    assertThat(defaults.persistence()).isNull();
    assertThat(defaults.allowed()).isEmpty();
  }

  @Test
  void survivesSerializationWithAllItsSettings() throws Exception {
    assertThat(serialized(full())).isEqualTo(full()).isNotSameAs(full());
    assertThat(serialized(strings().build())).isEqualTo(strings().build());
  }

  @SuppressWarnings("unchecked")
  private static <T> T serialized(T object) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (T) in.readObject();
    }
  }

  static Stream<UnaryOperator<LarderConfiguration.Builder<String, String>>> changes() {
    return Stream.of(
        b -> b.storeByValue(true),
        b -> b.readThrough(false),
        b -> b.writeThrough(false),
        b -> b.statistics(false),
        b -> b.management(false),
        b -> b.loader(new Named<>("other")),
        b -> b.writer(new Named<>("other")),
        b -> b.expiry(EternalExpiryPolicy.factoryOf()),
        b -> b.defaultTtl(java.time.Duration.ofHours(1)),
        b -> b.ttlJitter(0),
        b -> b.ttlJitter(0.25),
        b -> b.maximumSize(1_000),
        b -> b.maximumWeight(1_000),
        b -> b.maximumWeight(1_001, new Named<Weigher<Object, Object>>("weigher")),
        b -> b.maximumWeight(1_000, new Named<Weigher<Object, Object>>("other")),
        b -> b.listener(listener(false)),
        b -> b.withoutListener(listener(true)),
        b -> b.keyCodec(null),
        b -> b.valueCodec(new Named<>("other")),
        b -> b.executor(null),
        b -> b.clock(new Named<>("other")),
        b -> b.persistence(null),
        b -> b.persistence(PersistenceOptions.in(Path.of("data")).fileName("other.rdb")),
        b -> b.allow("com.acme.Thing"));
  }

  @ParameterizedTest
  @MethodSource("changes")
  void everySettingCountsInAComparison(
      UnaryOperator<LarderConfiguration.Builder<String, String>> change) {
    LarderConfiguration<String, String> changed = change.apply(full().toBuilder()).build();

    assertThat(changed).isNotEqualTo(full()).isEqualTo(change.apply(full().toBuilder()).build());
    assertThat(new HashSet<>(List.of(full(), changed))).hasSize(2);
  }

  @Test
  void equalSettingsAreEqualAndHashAlike() {
    assertThat(full()).isEqualTo(full()).hasSameHashCodeAs(full());
    assertThat(full().toBuilder().build()).isEqualTo(full());
    assertThat(strings().build())
        .isNotEqualTo(LarderConfiguration.builder(String.class, Object.class).build());
  }

  @Test
  void orderOfListenersIsKeptButIsNoDifference() {
    var oneWay = strings().listener(listener(true)).listener(listener(false)).build();
    var other = strings().listener(listener(false)).listener(listener(true)).build();

    assertThat(oneWay).isEqualTo(other).hasSameHashCodeAs(other);
    assertThat(oneWay.getCacheEntryListenerConfigurations())
        .containsExactly(listener(true), listener(false));
  }

  @Test
  void textShowsWhatIsNotAtItsDefault() {
    assertThat(strings().build()).hasToString("LarderConfiguration[String → String, by value]");
    assertThat(full().toString())
        .startsWith("LarderConfiguration[String → String, by reference, read-through Named[")
        .contains("name=loader", "write-through Named[name=writer]", "expiry ")
        .contains(
            "statistics on",
            "management on",
            "ttl jitter 0.2",
            "maximum weight 1000, weigher Named[name=weigher]",
            "listeners 1",
            "key codec Named[name=keys]")
        .contains("value codec Named[name=values]", "executor Named[name=executor]")
        .contains("clock Named[name=clock]", "persistence PersistenceOptions[directory=data, ")
        .endsWith("allowed [com.acme.**, !com.acme.Bad]]");
  }

  @Test
  void readThroughWithoutLoaderAndWriteThroughWithoutWriterAreInvalid() {
    assertThatThrownBy(() -> strings().readThrough(true).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CacheLoader");
    assertThatThrownBy(() -> strings().writeThrough(true).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("CacheWriter");
  }

  @Test
  void defaultTtlIsShortForAPolicyOfModification() throws Exception {
    var ttl = strings().defaultTtl(java.time.Duration.ofSeconds(90)).build();
    var policy = ModifiedExpiryPolicy.factoryOf(new Duration(TimeUnit.SECONDS, 90));

    assertThat(ttl.getExpiryPolicyFactory()).isEqualTo(policy);
    assertThat(ttl)
        .isEqualTo(strings().expiry(policy).build())
        .hasSameHashCodeAs(strings().expiry(policy).build())
        .isEqualTo(serialized(ttl));
    assertThat(strings().defaultTtl(java.time.Duration.ofSeconds(90)).expiry(policy).build())
        .isEqualTo(ttl);
  }

  // spotless:off
  @ParameterizedTest
  @CsvSource({"PT0.000000001S,                                1",
              "PT0.001S,                                      1",
              "PT0.001000001S,                                2",
              "PT1H0.0015S,                             3600002",
              "PT9223372036854775.807S,     9223372036854775807",
              "PT9223372036854775.8070001S, 9223372036854775807",
              "PT9223372036854775807S,      9223372036854775807"})
  // spotless:on
  void defaultTtlIsInMillisecondsRoundedUp(java.time.Duration ttl, long millis) {
    assertThat(strings().defaultTtl(ttl).build().getExpiryPolicyFactory())
        .isEqualTo(ModifiedExpiryPolicy.factoryOf(new Duration(TimeUnit.MILLISECONDS, millis)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-0.000000001S", "PT-1H"})
  void defaultTtlThatIsNotPositiveIsRefused(java.time.Duration ttl) {
    assertThatThrownBy(() -> strings().defaultTtl(ttl))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("default TTL must be positive, found " + ttl);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 2, Double.NaN, Double.POSITIVE_INFINITY, -Double.MIN_VALUE})
  void jitterThatIsNoFractionIsRefused(double fraction) {
    assertThatThrownBy(() -> strings().ttlJitter(fraction))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("TTL jitter must be at least 0 and less than 1, found " + fraction);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, Double.MIN_VALUE, 0.2, 0.9999999999999999})
  void jitterIsAnyFractionBelowOne(double fraction) {
    assertThat(strings().ttlJitter(fraction).build().ttlJitter()).isEqualTo(fraction);
  }

  @Test
  void zeroesOfJitterAreEqual() {
    assertThat(strings().ttlJitter(-0.0).build()).isEqualTo(strings().build());
  }

  @Test
  void ofTheBoundsTheLastOneCounts() {
    var weigher = new Named<Weigher<Object, Object>>("weigher");
    var size = strings().maximumWeight(5, weigher).maximumSize(7).build();
    var weight = strings().maximumSize(7).maximumWeight(5, weigher).maximumWeight(6).build();

    assertThat(size.maximumSize()).hasValue(7);
    assertThat(size.maximumWeight()).isEmpty();
    assertThat(size)
        .isEqualTo(strings().maximumSize(7).build())
        .hasToString("LarderConfiguration[String → String, by value, maximum size 7]");
    assertThat(weight.maximumWeight()).hasValue(6);
    assertThat(weight)
        .isEqualTo(strings().maximumWeight(6).build())
        .hasToString("LarderConfiguration[String → String, by value, maximum weight 6]");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE})
  void boundsOfLessThanOneAreRefused(long bound) {
    assertThatThrownBy(() -> strings().maximumSize(bound))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maximum size must be at least 1 entry, found " + bound);
    assertThatThrownBy(() -> strings().maximumWeight(bound))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maximum weight must be at least 1 byte, found " + bound);
    assertThatThrownBy(() -> strings().maximumWeight(bound, new Named<>("weigher")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void patternsAreAddedAndOrderCounts() {
    var config = strings().allow("com.acme.*").allow("!com.acme.Bad;com.other.Thing").build();

    assertThat(config.allowed()).containsExactly("com.acme.*", "!com.acme.Bad;com.other.Thing");
    assertThat(config).isNotEqualTo(strings().allow("!com.acme.Bad;com.other.Thing", "com.acme.*"));
    assertThatThrownBy(() -> config.allowed().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", ";", "maxdepth=3", "com.acme.A;maxbytes=9"})
  void whatIsNoPatternOfClassesIsRefusedAndNothingAdded(String pattern) {
    var builder = strings();

    assertThatThrownBy(() -> builder.allow("com.acme.*", pattern))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(builder.build().allowed()).isEmpty();
  }

  @Test
  void nothingOfItCanBeChanged() {
    var listeners = full().getCacheEntryListenerConfigurations().iterator();
    listeners.next();

    assertThatThrownBy(listeners::remove).isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void takesOverACompleteConfigurationOfAnyClass() {
    MutableConfiguration<String, String> standard =
        new MutableConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setStoreByValue(false)
            .setReadThrough(true)
            .setCacheLoaderFactory(new Named<>("loader"))
            .setWriteThrough(true)
            .setCacheWriterFactory(new Named<>("writer"))
            .setStatisticsEnabled(true)
            .setManagementEnabled(true)
            .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(Duration.ONE_HOUR))
            .addCacheEntryListenerConfiguration(listener(true));
    LarderConfiguration<String, String> expected =
        strings()
            .storeByValue(false)
            .loader(full().getCacheLoaderFactory())
            .readThrough(true)
            .writer(full().getCacheWriterFactory())
            .writeThrough(true)
            .statistics(true)
            .management(true)
            .expiry(full().getExpiryPolicyFactory())
            .listener(listener(true))
            .build();

    assertThat(LarderConfiguration.of(standard)).isEqualTo(expected);
    assertThat(LarderConfiguration.of(new Foreign<>(standard))).isEqualTo(expected);
    LarderConfiguration<String, String> own = full();
    assertThat(LarderConfiguration.of(own)).isSameAs(own);
  }

  @Test
  void takesOverAPlainConfigurationWithDefaults() {
    Configuration<String, String> plain =
        new Configuration<>() {
          @Override
          public Class<String> getKeyType() {
            return String.class;
          }

          @Override
          public Class<String> getValueType() {
            return String.class;
          }

          @Override
          public boolean isStoreByValue() {
            return false;
          }
        };

    assertThat(LarderConfiguration.of(plain)).isEqualTo(strings().storeByValue(false).build());
  }

  /** A configuration that is complete, but neither JCache's own class nor ours. */
  private record Foreign<K, V>(CompleteConfiguration<K, V> settings)
      implements CompleteConfiguration<K, V> {
    @Override
    public Class<K> getKeyType() {
      return settings.getKeyType();
    }

    @Override
    public Class<V> getValueType() {
      return settings.getValueType();
    }

    @Override
    public boolean isStoreByValue() {
      return settings.isStoreByValue();
    }

    @Override
    public boolean isReadThrough() {
      return settings.isReadThrough();
    }

    @Override
    public boolean isWriteThrough() {
      return settings.isWriteThrough();
    }

    @Override
    public boolean isStatisticsEnabled() {
      return settings.isStatisticsEnabled();
    }

    @Override
    public boolean isManagementEnabled() {
      return settings.isManagementEnabled();
    }

    @Override
    public Iterable<CacheEntryListenerConfiguration<K, V>> getCacheEntryListenerConfigurations() {
      return settings.getCacheEntryListenerConfigurations();
    }

    @Override
    public Factory<CacheLoader<K, V>> getCacheLoaderFactory() {
      return settings.getCacheLoaderFactory();
    }

    @Override
    public Factory<CacheWriter<? super K, ? super V>> getCacheWriterFactory() {
      return settings.getCacheWriterFactory();
    }

    @Override
    public Factory<ExpiryPolicy> getExpiryPolicyFactory() {
      return settings.getExpiryPolicyFactory();
    }
  }
}
