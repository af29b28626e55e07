package dev.larder.jcache;

import static dev.larder.jcache.Configured.configurationOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Codec;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.PersistenceOptions.SaveRule;
import dev.larder.codec.TextCodecs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What settings of a file make of caches, and what is said of those that are wrong. */
class ManagerSettingsTest {
  private static final String NAMED = NamedCode.class.getName() + "$";

  @RegisterExtension final Configured configured = new Configured();

  @AfterEach
  void madeByTheFactoryIsALoaderAgain() {
    NamedCode.MADE.set(NamedCode.Loader::new);
  }

  /** The configuration of a cache "a" that is told this. */
  private LarderConfiguration<Object, Object> told(String... settings) {
    String[] lines = Stream.of(settings).map(text -> "cache.a." + text).toArray(String[]::new);
    return configurationOf(configured.manager(lines), "a");
  }

  // --------------------------------------------------------------------------------- one by one

  @Test
  void typesAreClassesAndSimpleNamesAreThoseOfTheLanguage() {
    Object[][] cases = {
      {"String", String.class},
      {"Long", Long.class},
      {"Object", Object.class},
      {"UUID", UUID.class},
      {"byte[]", byte[].class},
      {"long[][]", long[][].class},
      {"String[]", String[].class},
      {"java.util.List", List.class},
      {NAMED + "Loader", NamedCode.Loader.class}
    };
    for (Object[] example : cases) {
      assertThat(told("value-type=" + example[0]).getValueType()).isEqualTo(example[1]);
    }
    assertThat(told("key-type = String").getKeyType()).isEqualTo(String.class);
    CacheManager manager = configured.manager("cache.a.key-type=UUID", "cache.a.value-type=Long");
    assertThat((Object) manager.getCache("a", UUID.class, Long.class)).isNotNull();
  }

  @Test
  void switchesAreTrueOrFalse() {
    LarderConfiguration<Object, Object> off = told("store-by-value=false", "statistics=No");
    LarderConfiguration<Object, Object> on =
        told("store-by-value=TRUE", "statistics=true", "management=yes");

    assertThat(off.isStoreByValue() || off.isStatisticsEnabled() || off.isManagementEnabled())
        .isFalse();
    assertThat(on.isStoreByValue() && on.isStatisticsEnabled() && on.isManagementEnabled())
        .isTrue();
  }

  @Test
  void managementAndStatisticsAreShownByJmx() throws Exception {
    configured.provider.getCacheManager(
        URI.create("t:settings"),
        configured.loader("cache.a.statistics=true\ncache.a.management=true"));

    ObjectName names = new ObjectName("javax.cache:CacheManager=t.settings,*");
    assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(names, null)).hasSize(2);
    configured.provider.close();
    assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(names, null)).isEmpty();
  }

  private static Duration of(long amount, TimeUnit unit) {
    return new Duration(unit, amount);
  }

  @Test
  void durationsHaveAUnitOrAreWrittenAsIsoHasThem() {
    Object[][] cases = {
      {"500ms", of(500, TimeUnit.MILLISECONDS)},
      {"1500ms", of(1500, TimeUnit.MILLISECONDS)},
      {"90s", of(90, TimeUnit.SECONDS)},
      {"10m", of(10, TimeUnit.MINUTES)},
      {"10 M", of(10, TimeUnit.MINUTES)},
      {"1h", of(1, TimeUnit.HOURS)},
      {"2d", of(2, TimeUnit.DAYS)},
      {"PT10M", of(10, TimeUnit.MINUTES)},
      {"P1DT1S", of(86_401, TimeUnit.SECONDS)},
      {"PT0.0000001S", of(1, TimeUnit.MILLISECONDS)}
    };
    for (Object[] example : cases) {
      assertThat(policy("ttl=" + example[0]).getExpiryForCreation()).isEqualTo(example[1]);
    }
  }

  private ExpiryPolicy policy(String... settings) {
    return told(settings).getExpiryPolicyFactory().create();
  }

  @Test
  void lifetimesAreOneOfJCachesPoliciesWhereThereIsSuchAOne() {
    Duration ten = of(10, TimeUnit.MINUTES);
    Duration five = of(5, TimeUnit.MINUTES);
    Object[][] cases = {
      {new ModifiedExpiryPolicy(ten), "ttl=10m"},
      {new ModifiedExpiryPolicy(ten), "ttl=10m", "update-expiry=10m", "access-expiry=keep"},
      {new CreatedExpiryPolicy(ten), "ttl=10m", "update-expiry=keep"},
      {new TouchedExpiryPolicy(ten), "ttl=10m", "access-expiry=10m"},
      {new TouchedExpiryPolicy(ten), "access-expiry=10m"},
      {new AccessedExpiryPolicy(ten), "access-expiry=10m", "update-expiry=keep"},
      {new EternalExpiryPolicy(), "ttl=eternal"},
      {new EternalExpiryPolicy(), "access-expiry=keep"},
      {new FixedExpiry(ten, five, null), "ttl=10m", "update-expiry=5m"},
      {new FixedExpiry(ten, ten, five), "ttl=10m", "access-expiry=5m"},
      {new FixedExpiry(ten, null, five), "ttl=10m", "access-expiry=5m", "update-expiry=keep"},
      {new FixedExpiry(Duration.ETERNAL, five, null), "update-expiry=5m"},
      {new FixedExpiry(Duration.ETERNAL, Duration.ETERNAL, five), "ttl=eternal", "access-expiry=5m"}
    };
    for (Object[] example : cases) {
      String[] settings = Stream.of(example).skip(1).map(String.class::cast).toArray(String[]::new);
      assertThat(policy(settings)).as("%s", List.of(settings)).isEqualTo(example[0]);
    }
  }

  @Test
  void combinedLifetimesAreAskedOnceAndCanBeSerialized() throws Exception {
    FixedExpiry policy = new FixedExpiry(Duration.ONE_HOUR, null, Duration.ONE_MINUTE);
    Lifetimes lifetimes = new Lifetimes(policy, 0);

    assertThat(lifetimes.isCustom()).isFalse();
    assertThat(lifetimes.creation()).isEqualTo(3_600_000);
    assertThat(lifetimes.access()).isEqualTo(60_000);

    LarderConfiguration<Object, Object> told =
        told("ttl=1h", "access-expiry=1m", "loader=" + NAMED + "Loader");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(told);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      assertThat(in.readObject()).isEqualTo(told);
    }
  }

  @Test
  void boundsWeigherAndJitterAreAsInJava() {
    assertThat(told("maximum-size=5").maximumSize()).hasValue(5);
    assertThat(told("maximum-weight=2mb").maximumWeight()).hasValue(2 << 20);
    LarderConfiguration<Object, Object> weighed =
        told("weigher=" + NAMED + "Ten", "maximum-weight=25");
    assertThat(weighed.maximumWeight()).hasValue(25);
    assertThat(weighed.weigher().create()).isInstanceOf(NamedCode.Ten.class);
    assertThat(told("ttl-jitter=0.25").ttlJitter()).isEqualTo(0.25);
  }

  @Test
  void loaderAndWriterAreClassesOrFactoriesOfThem() {
    CacheManager manager =
        configured.manager(
            "cache.a.loader=" + NAMED + "Loader",
            "cache.a.read-through=true",
            "cache.b.loader=" + NAMED + "LoaderFactory",
            "cache.b.read-through=true",
            "cache.c.writer=" + NAMED + "Writer",
            "cache.c.write-through=true",
            "cache.d.loader=" + NAMED + "Loader");

    assertThat(manager.getCache("a").get("k")).isEqualTo("k loaded");
    assertThat(manager.getCache("b").get("k")).isEqualTo("k loaded");
    assertThatThrownBy(() -> manager.getCache("c").put("k", "v"))
        .isInstanceOf(CacheWriterException.class)
        .hasRootCauseMessage("read-only");
    assertThat(manager.getCache("d").get("k")).isNull();
  }

  @Test
  void policyCodecsAndPatternsAreAsInJava() {
    LarderConfiguration<Object, Object> told =
        told(
            "expiry=" + NAMED + "Minute",
            "key-type=String",
            "key-codec=" + NAMED + "StringCodec",
            "value-codec=" + NAMED + "StringCodec",
            "allow=com.acme.*, java.util.**");

    assertThat(told.getExpiryPolicyFactory().create()).isInstanceOf(NamedCode.Minute.class);
    assertThat(told.keyCodec().create()).isInstanceOf(Codec.class);
    assertThat(told.valueCodec().create()).isInstanceOf(Codec.class);
    assertThat(told.allowed()).containsExactly("com.acme.*", "java.util.**");
  }

  @Test
  void everySettingAboutFilesIsAsInRedisConf() {
    Path directory = configured.directory().resolve("kept");
    LarderConfiguration<Object, Object> told =
        told(
            "dir=" + directory,
            "dbfilename=a.rdb",
            "save=3600 1 300 100",
            "rdbcompression=no",
            "appendonly=yes",
            "appendfsync=always",
            "appendfilename=a.aof",
            "appenddirname=log",
            "auto-aof-rewrite-percentage=50",
            "auto-aof-rewrite-min-size=1mb",
            "aof-load-truncated=no",
            "aof-load-corrupt=yes",
            "load-unsupported=skip");

    assertThat(told.persistence())
        .isEqualTo(
            PersistenceOptions.in(directory)
                .fileName("a.rdb")
                .save(List.of(new SaveRule(3600, 1), new SaveRule(300, 100)))
                .compress(false)
                .appendOnly(Fsync.ALWAYS)
                .logFiles("a.aof", "log")
                .rewriteAt(50, 1 << 20)
                .loadNevertheless(false, true, true));
  }

  @Test
  void keptCacheIsThereAgainWhenTheManagerIsOpenedAgain() {
    String text =
        "cache.a.dir=" + configured.directory().resolve("kept") + "\ncache.a.appendonly=yes\n";
    ClassLoader loader = configured.loader(text);
    configured.provider.getCacheManager(null, loader).getCache("a").put("k", "v");
    configured.provider.close();

    assertThat(configured.provider.getCacheManager(null, loader).getCache("a").get("k"))
        .isEqualTo("v");
  }

  @Test
  void everyRowOfTheTableIsInTheReadme() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    int begin = readme.indexOf("### Configuration file\n");
    String section = readme.substring(begin, readme.indexOf("\n##", begin + 1));

    for (CacheSetting<?> setting : CacheSetting.ALL) {
      assertThat(section)
          .contains(
              String.join(
                  " | ",
                  "| `" + setting.name() + "`",
                  setting.value().replace("|", "\\|"),
                  setting.byDefault(),
                  setting.meaning() + " |"));
    }
    for (String name : List.of("enabled", "caches", "password")) {
      assertThat(ServerSettings.names()).contains(name);
      assertThat(section).contains("| `server." + name + "` |");
    }
  }

  @Test
  void theSampleOfTheReadmeIsAFileThatOpens() throws Exception {
    String readme = Files.readString(Path.of("README.md"));
    int begin = readme.indexOf("```properties\n") + "```properties\n".length();

    CacheManager manager =
        configured.manager(readme.substring(begin, readme.indexOf("```", begin)));

    assertThat(manager.getCacheNames()).containsExactly("users");
    assertThat(configurationOf(manager, "users").maximumSize()).hasValue(10_000);
    assertThat(
            configurationOf(
                    manager.createCache("com.acme.x", new MutableConfiguration<Object, Object>()))
                .ttlJitter())
        .isEqualTo(0.2);
  }

  // ------------------------------------------------------------------------------ which one counts

  @Test
  void wholeNameCountsBeforeTheLongestBeginningAndThatBeforeTheDefault() {
    CacheManager manager =
        configured.manager(
            "cache.com.acme.users.ttl=1m",
            "cache.com.acme.*.ttl=2m",
            "cache.com.*.ttl=3m",
            "cache.*.ttl=4m",
            "default.ttl=5m",
            "default.maximum-size=7",
            "cache.com.*.statistics=true");

    Object[][] cases = {
      {"com.acme.users", 1},
      {"com.acme.orders", 2},
      {"com.acme.", 2},
      {"com.other", 3},
      {"org", 4}
    };
    for (Object[] example : cases) {
      String name = (String) example[0];
      if (!name.equals("com.acme.users")) {
        manager.createCache(name, new MutableConfiguration<Object, Object>());
      }
      LarderConfiguration<Object, Object> found = configurationOf(manager, name);
      assertThat(found.getExpiryPolicyFactory().create().getExpiryForCreation())
          .as(name)
          .isEqualTo(of((Integer) example[1], TimeUnit.MINUTES));
      assertThat(found.maximumSize()).as(name).hasValue(7);
      assertThat(found.isStatisticsEnabled()).as(name).isEqualTo(name.startsWith("com."));
    }
    assertThat(manager.getCacheNames()).startsWith("com.acme.users");
  }

  @Test
  void whatCannotBeBesideTheOneThatCountsGivesWay() {
    CacheManager manager =
        configured.manager(
            "default.maximum-weight=1mb",
            "default.weigher=" + NAMED + "Ten",
            "default.ttl=10m",
            "default.access-expiry=5m",
            "cache.sized.maximum-size=5",
            "cache.policy.expiry=" + NAMED + "Minute",
            "cache.timed.ttl=1m");

    assertThat(configurationOf(manager, "sized").maximumSize()).hasValue(5);
    assertThat(configurationOf(manager, "sized").weigher()).isNull();
    assertThat(configurationOf(manager, "policy").weigher()).isNotNull();
    assertThat(configurationOf(manager, "policy").getExpiryPolicyFactory().create())
        .isInstanceOf(NamedCode.Minute.class);
    assertThat(configurationOf(manager, "timed").getExpiryPolicyFactory().create())
        .isEqualTo(
            new FixedExpiry(
                of(1, TimeUnit.MINUTES), of(1, TimeUnit.MINUTES), of(5, TimeUnit.MINUTES)));
  }

  @Test
  void propertiesCountBeforeTheFileNameByName() {
    ClassLoader loader =
        configured.loader(
            "cache.a.maximumSize=5\ncache.a.ttl=1m\ndefault.statistics=true\ncache.b.maximum-weight=1mb");
    Properties properties = new Properties();
    properties.setProperty("larder.cache.a.maximum-size", "6");
    properties.setProperty("larder.cache.b.MAXIMUM-SIZE", "7");
    properties.setProperty("larder.cache.c.ttl", "2m");
    properties.setProperty("cache.d.ttl", "nothing of ours");
    properties.setProperty("hibernate.show_sql", "true");

    CacheManager manager = configured.provider.getCacheManager(null, loader, properties);

    assertThat(manager.getCacheNames()).containsExactly("a", "b", "c");
    assertThat(configurationOf(manager, "a").maximumSize()).hasValue(6);
    assertThat(configurationOf(manager, "a").getExpiryPolicyFactory().create())
        .isEqualTo(new ModifiedExpiryPolicy(of(1, TimeUnit.MINUTES)));
    assertThat(configurationOf(manager, "b").maximumSize()).hasValue(7);
    assertThat(configurationOf(manager, "c").isStatisticsEnabled()).isTrue();
  }

  @Test
  void namesAreReadWithoutCaseAndHyphensButThoseOfCachesAreNot() {
    CacheManager manager =
        configured.manager(
            "cache.userNames.maximumSize=5",
            "Cache.userNames.STORE-BY-VALUE=false",
            "Default.TtlJitter=0.5");

    assertThat(manager.getCacheNames()).containsExactly("userNames");
    LarderConfiguration<Object, Object> found = configurationOf(manager, "userNames");
    assertThat(found.maximumSize()).hasValue(5);
    assertThat(found.isStoreByValue()).isFalse();
    assertThat(found.ttlJitter()).isEqualTo(0.5);
  }

  // ------------------------------------------------------------------ what createCache takes of it

  private static final class OtherCodec implements Factory<Codec<Object>> {
    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("unchecked")
    public Codec<Object> create() {
      return (Codec<Object>) (Codec<?>) TextCodecs.of(String.class, null);
    }
  }

  /** A setting, the same in Java, and how it is seen. */
  record Taken(
      String setting,
      BiConsumer<LarderConfiguration.Builder<Object, Object>, Path> inJava,
      java.util.function.Function<LarderConfiguration<Object, Object>, Object> seen) {
    @Override
    public String toString() {
      return setting;
    }
  }

  static Stream<Taken> taken() {
    return Stream.of(
        new Taken("store-by-value=false", (b, d) -> {}, LarderConfiguration::isStoreByValue),
        new Taken(
            "ttl=10m",
            (b, d) -> b.defaultTtl(java.time.Duration.ofMinutes(1)),
            LarderConfiguration::getExpiryPolicyFactory),
        new Taken(
            "access-expiry=10m",
            (b, d) -> b.defaultTtl(java.time.Duration.ofMinutes(1)),
            LarderConfiguration::getExpiryPolicyFactory),
        new Taken(
            "expiry=" + NAMED + "Minute",
            (b, d) -> b.defaultTtl(java.time.Duration.ofMinutes(1)),
            LarderConfiguration::getExpiryPolicyFactory),
        new Taken("ttl-jitter=0.5", (b, d) -> b.ttlJitter(0.1), LarderConfiguration::ttlJitter),
        new Taken("maximum-size=5", (b, d) -> b.maximumSize(6), LarderConfiguration::maximumSize),
        new Taken(
            "maximum-weight=5", (b, d) -> b.maximumSize(6), LarderConfiguration::maximumWeight),
        new Taken("statistics=true", (b, d) -> {}, LarderConfiguration::isStatisticsEnabled),
        new Taken("management=true", (b, d) -> {}, LarderConfiguration::isManagementEnabled),
        new Taken(
            "loader=" + NAMED + "Loader",
            (b, d) -> b.loader(FactoryBuilder.factoryOf(NamedCode.Loader.class)),
            LarderConfiguration::getCacheLoaderFactory),
        new Taken(
            "writer=" + NAMED + "Writer",
            (b, d) -> b.writer(FactoryBuilder.factoryOf(NamedCode.Writer.class)),
            LarderConfiguration::getCacheWriterFactory),
        new Taken(
            "key-codec=" + NAMED + "StringCodec",
            (b, d) -> b.keyCodec(new OtherCodec()),
            LarderConfiguration::keyCodec),
        new Taken(
            "value-codec=" + NAMED + "StringCodec",
            (b, d) -> b.valueCodec(new OtherCodec()),
            LarderConfiguration::valueCodec),
        new Taken(
            "allow=com.acme.*", (b, d) -> b.allow("org.acme.*"), LarderConfiguration::allowed),
        new Taken(
            "dir=DIRECTORY",
            (b, d) -> b.persistence(PersistenceOptions.in(d.resolve("own"))),
            LarderConfiguration::persistence));
  }

  @ParameterizedTest
  @MethodSource("taken")
  void createCacheTakesFromTheDefaultsWhatItsConfigurationLeavesOpen(Taken taken) {
    String setting = taken.setting().replace("DIRECTORY", configured.directory().toString());
    CacheManager manager = configured.manager("default." + setting);
    LarderConfiguration<Object, Object> bare =
        LarderConfiguration.builder(Object.class, Object.class).build();
    LarderConfiguration.Builder<Object, Object> own = bare.toBuilder();
    taken.inJava().accept(own, configured.directory());

    Object left = taken.seen().apply(bare);
    Object ofMutable =
        taken
            .seen()
            .apply(
                configurationOf(
                    manager.createCache("mutable", new MutableConfiguration<Object, Object>())));
    Object ofLarder = taken.seen().apply(configurationOf(manager.createCache("larder", bare)));
    Object said = taken.seen().apply(own.build());
    Object kept = taken.seen().apply(configurationOf(manager.createCache("own", own.build())));

    assertThat(ofMutable).isNotEqualTo(left);
    assertThat(ofLarder).isNotEqualTo(left);
    if (!Objects.equals(left, said)) {
      assertThat(kept).isEqualTo(said);
    }
  }

  @Test
  void typesAreTakenWhereTheConfigurationHasNone() {
    CacheManager manager = configured.manager("default.key-type=String", "default.value-type=Long");

    Cache<Object, Object> untyped =
        manager.createCache("untyped", new MutableConfiguration<Object, Object>());
    manager.createCache(
        "typed", new MutableConfiguration<Integer, Byte>().setTypes(Integer.class, Byte.class));

    untyped.put("k", 1L);
    assertThatThrownBy(() -> untyped.put(1, 1L)).isInstanceOf(ClassCastException.class);
    assertThat((Object) manager.getCache("typed", Integer.class, Byte.class)).isNotNull();
  }

  @Test
  void cacheMayBeUnboundedWhereTheDefaultSetsABound() {
    for (String bound : List.of("maximum-size=7", "maximum-weight=1mb")) {
      for (String free : List.of("maximum-size=unbounded", "maximumWeight = Unbounded")) {
        CacheManager manager =
            configured.manager(
                "default." + bound,
                "cache.free." + free,
                "cache.loose.*." + free,
                "cache.a.ttl=1m");
        manager.createCache("loose.b", new MutableConfiguration<Object, Object>());
        manager.createCache(
            "loose.given",
            LarderConfiguration.builder(Object.class, Object.class).maximumSize(3).build());

        for (String name : List.of("free", "loose.b")) {
          assertThat(configurationOf(manager, name).maximumSize()).isEmpty();
          assertThat(configurationOf(manager, name).maximumWeight()).isEmpty();
        }
        assertThat(configurationOf(manager, "loose.given").maximumSize()).hasValue(3);
        assertThat(configurationOf(manager, "a").toString()).contains("maximum");
      }
    }
  }

  @Test
  void switchThatIsOffNeedsNothingElseHoweverItIsWritten() {
    assertThat(told("read-through=FALSE", "write-through=No").isReadThrough()).isFalse();
  }

  @Test
  void readThroughOfTheDefaultIsForCachesThatHaveALoader() {
    CacheManager manager =
        configured.manager(
            "default.read-through=true", "default.write-through=true", "default.appendonly=yes");

    manager.createCache("none", new MutableConfiguration<Object, Object>());
    Cache<Object, Object> loads =
        manager.createCache(
            "loads",
            new MutableConfiguration<Object, Object>()
                .setCacheLoaderFactory(FactoryBuilder.factoryOf(new SerializableLoader())));

    assertThat(manager.getCache("none").get("k")).isNull();
    assertThat(loads.get("k")).isEqualTo("k loaded");
  }

  private static final class SerializableLoader extends NamedCode.Loader
      implements java.io.Serializable {
    private static final long serialVersionUID = 1L;
  }

  @Test
  void cacheThatTheFileMadeIsNotMadeAgainUntilItIsDestroyed() {
    CacheManager manager = configured.manager("", "cache.users.maximum-size=5");

    assertThatThrownBy(
            () -> manager.createCache("users", new MutableConfiguration<Object, Object>()))
        .isInstanceOf(CacheException.class)
        .hasMessage("there is a cache 'users' already, see larder.properties, line 2");
    manager.destroyCache("users");
    manager.createCache("users", new MutableConfiguration<Object, Object>());
    assertThat(configurationOf(manager, "users").maximumSize()).hasValue(5);
  }

  @Test
  void cacheOfTheFileIsALarderCache() {
    CacheManager manager = configured.manager("cache.users.ttl=10m");

    LarderCache<Object, Object> users = LarderCache.of(manager.getCache("users"));
    users.put("k", "v");

    assertThat(users.ttl("k")).isBetween(1L, 600L);
  }

  // ---------------------------------------------------------------------------------------- errors

  static Stream<List<String>> mistakes() {
    // spotless:off
    return Stream.of(
        List.of("unknown setting 'maximun-size' of cache 'users', did you mean 'maximum-size'?",    "cache.users.maximun-size=5"),
        List.of("unknown setting 'time' of caches 'a.*', did you mean 'ttl'?",                      "cache.a.*.time=5"),
        List.of("unknown setting 'readthru' of default, did you mean 'read-through'?",              "default.readthru=true"),
        List.of("unknown setting 'prot' of server, did you mean 'port'?",                           "server.prot=1"),
        List.of("unknown setting 'databases' of server, did you mean 'enabled'?",              "server.databases=1"),
        List.of("unknown setting 'chache.users.ttl', did you mean 'cache.users.ttl'?",              "chache.users.ttl=5m"),
        List.of("unknown setting 'larder.default.ttl', did you mean 'default.ttl'?",                "larder.default.ttl=5m"),
        List.of("unknown setting 'ttl', did you mean 'default.ttl'?",                                   "ttl=5m"),
        List.of("cache.ttl: expected a key like cache.<name>.<setting>",                            "cache.ttl=5m"),
        List.of("cache..ttl: expected a key like cache.<name>.<setting>",                           "cache..ttl=5m"),
        List.of("cache: expected a key like cache.<name>.<setting>",                                "cache=5m"),
        List.of("default.a.ttl: expected a key like default.<setting>",                             "default.a.ttl=5m"),
        List.of("server: expected a key like server.<setting>",                                     "server=true"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found '10 minutes'", "default.ttl=10 minutes"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found '10'", "default.ttl=10"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found '0s'", "default.ttl=0s"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found '-PT5S'", "default.ttl=-PT5S"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found ''", "default.ttl="),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found 'keep'", "default.ttl=keep"),
        List.of("default.ttl: expected a positive duration such as 500ms, 90s, 10m, PT10M, or eternal, found '99999999999999999999d'", "default.ttl=99999999999999999999d"),
        List.of("default.update-expiry: expected a positive duration such as 500ms, 90s, 10m, PT10M, eternal or keep, found 'no'", "default.update-expiry=no"),
        List.of("default.ttl-jitter: expected a fraction of at least 0 and less than 1, such as 0.2, found '1'", "default.ttl-jitter=1"),
        List.of("default.ttl-jitter: expected a fraction of at least 0 and less than 1, such as 0.2, found '20%'", "default.ttl-jitter=20%"),
        List.of("default.maximum-size: expected a number of entries, at least 1, or unbounded, found '0'",        "default.maximum-size=0"),
        List.of("default.maximum-size: expected a number of entries, at least 1, or unbounded, found '1mb'",      "default.maximum-size=1mb"),
        List.of("default.maximum-weight: expected a number of bytes, at least 1, such as 100mb, or unbounded, found '1 mb'", "default.maximum-weight=1 mb"),
        List.of("default.maximum-weight: expected a number of bytes, at least 1, such as 100mb, or unbounded, found '0'", "default.maximum-weight=0"),
        List.of("default.statistics: expected true or false, found 'on'",                           "default.statistics=on"),
        List.of("default.allow: expected a pattern of classes like com.acme.*, found ''",           "default.allow=com.acme.*,"),
        List.of("default.key-type: expected a class such as Long or com.acme.User, found the primitive type long", "default.key-type=long"),
        List.of("default.key-type: expected a class, found 'com.acme.User', which ",                "default.key-type=com.acme.User"),
        List.of("default.key-type: expected a class, found 'string', which ",                       "default.key-type=string"),
        List.of("default.loader: expected a class, found 'com.acme.Loader', which ",                "default.loader=com.acme.Loader"),
        List.of("default.loader: expected a javax.cache.integration.CacheLoader or a Factory of one, found " + NAMED + "Writer", "default.loader=" + NAMED + "Writer"),
        List.of("default.writer: expected a javax.cache.integration.CacheWriter or a Factory of one, found java.lang.String", "default.writer=java.lang.String"),
        List.of("default.weigher: expected a dev.larder.Weigher or a Factory of one, found java.lang.String", "default.weigher=java.lang.String"),
        List.of("default.expiry: expected a javax.cache.expiry.ExpiryPolicy or a Factory of one, found java.lang.String", "default.expiry=java.lang.String"),
        List.of("default.key-codec: expected a dev.larder.Codec or a Factory of one, found java.lang.String", "default.key-codec=java.lang.String"),
        List.of("default.loader: expected a public class with a public constructor without parameters, found " + NAMED + "ClosedLoader", "default.loader=" + NAMED + "ClosedLoader"),
        List.of("default.loader: expected a public class with a public constructor without parameters, found " + NAMED + "AbstractLoader", "default.loader=" + NAMED + "AbstractLoader"),
        List.of("default.expiry: expected a public class with a public constructor without parameters, found javax.cache.expiry.TouchedExpiryPolicy", "default.expiry=javax.cache.expiry.TouchedExpiryPolicy"),
        List.of("default.dbfilename: expected name, found '../x': can't be a path, just a filename", "default.dbfilename=../x"),
        List.of("default.appendfsync: expected always|everysec|no, found 'never': argument(s) must be one of the following: ", "default.appendfsync=never"),
        List.of("default.save: expected rules, found '60': Invalid save parameters",                "default.save=60"),
        List.of("cache.a.weigher: expected also maximum-weight of cache 'a', found none",           "cache.a.weigher=" + NAMED + "Ten"),
        List.of("cache.a.read-through: expected also loader of cache 'a', found none",              "cache.a.read-through=true"),
        List.of("cache.a.write-through: expected also writer of cache 'a', found none",             "cache.a.write-through=true"),
        List.of("cache.a.appendonly: expected also dir of cache 'a', found none",                   "cache.a.appendonly=yes"),
        List.of("server.port: expected n, found '70000': argument must be between 0 and 65535 inclusive", "server.port=70000"),
        List.of("server.maxclients: expected n, found 'many': argument couldn't be parsed into an integer", "server.maxclients=many"),
        List.of("server.enabled: expected true or false, found 'maybe'",                            "server.enabled=maybe"),
        List.of("server.caches: expected names of different caches, with commas between, found 'a,,b'", "server.caches=a,,b"),
        List.of("server.caches: expected names of different caches, with commas between, found 'a,a'", "server.caches=a,a"));
    // spotless:on
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistakeIsToldWithFileLineKeyAndWhatWasExpected(List<String> messageAndLine) {
    assertThatThrownBy(() -> configured.manager("# settings", messageAndLine.get(1)))
        .isInstanceOf(CacheException.class)
        .message()
        .startsWith("larder.properties, line 2: " + messageAndLine.get(0))
        .hasLineCount(1);
  }

  @Test
  void settingThatIsGivenTwiceIsToldWithBothLines() {
    // spotless:off
    String[][] cases = {
      {"larder.properties, line 3: cache.a.maximumSize: expected once, found also as cache.a.maximum-size (larder.properties, line 1)", "cache.a.maximum-size=5", "", "cache.a.maximumSize=5"},
      {"larder.properties, line 2: server.password: expected once, found also as server.requirepass (larder.properties, line 1)",       "server.requirepass=x", "server.password=x"},
      {"larder.properties, line 2: default.maximum-weight: expected this or maximum-size, found also default.maximum-size (larder.properties, line 1)", "default.maximum-size=5", "default.maximum-weight=5"},
      {"larder.properties, line 2: default.expiry: expected this or ttl, found also default.ttl (larder.properties, line 1)",           "default.ttl=5m", "default.expiry=" + NAMED + "Minute"}};
    // spotless:on
    for (String[] example : cases) {
      String[] lines = Stream.of(example).skip(1).toArray(String[]::new);
      assertThatThrownBy(() -> configured.manager(lines))
          .isInstanceOf(CacheException.class)
          .hasMessage(example[0]);
    }
  }

  @Test
  void allMistakesAreToldAtOnceInTheOrderOfTheirLines() {
    Properties properties = new Properties();
    properties.setProperty("larder.cache.a.tll", "10m");
    properties.setProperty("larder.cache.a.maximum-size", "none");
    ClassLoader loader =
        configured.loader("default.statistics=x\ncache.a.read-through=true\nserver.prot=1");

    assertThatThrownBy(() -> configured.provider.getCacheManager(null, loader, properties))
        .isInstanceOf(CacheException.class)
        .message()
        .isEqualTo(
            String.join(
                "\n",
                "larder.properties, line 1: default.statistics: expected true or false, found 'x'",
                "larder.properties, line 3: unknown setting 'prot' of server, did you mean 'port'?",
                "manager properties: larder.cache.a.maximum-size: expected a number of entries, at"
                    + " least 1, or unbounded, found 'none'",
                "manager properties: unknown setting 'tll' of cache 'a', did you mean 'ttl'?",
                "larder.properties, line 2: cache.a.read-through: expected also loader of cache"
                    + " 'a', found none"));
  }

  @Test
  void passwordIsInNoMessage() {
    assertThatThrownBy(
            () ->
                configured.manager(
                    "server.pasword=hunter2",
                    "server.requirepass=hunter2",
                    "server.password=hunter2",
                    "password=hunter2",
                    "server.tls-key-file-pass.x=hunter2"))
        .isInstanceOf(CacheException.class)
        .message()
        .hasLineCount(4)
        .doesNotContain("hunter2");
  }

  @Test
  void whatAFactoryMakesMustBeOfTheTypeThatIsAskedFor() {
    NamedCode.MADE.set(() -> "a string");

    assertThatThrownBy(() -> configured.manager("cache.a.loader=" + NAMED + "LoaderFactory"))
        .isInstanceOf(CacheException.class)
        .hasMessage(
            "larder.properties, line 1: cache 'a' cannot be made: expected a"
                + " javax.cache.integration.CacheLoader of "
                + NAMED
                + "LoaderFactory, found a java.lang.String");
  }

  // -------------------------------------------------------------------------------- class loaders

  /** A collection of garbage is asked for, not waited for: each turn of the loop is one. */
  @Test
  void settingsDoNotKeepTheManagersClassLoaderAlive() throws Exception {
    WeakReference<ClassLoader> loader = openAndDrop();

    for (int i = 0; i < 20 && loader.get() != null; i++) {
      System.gc();
    }

    assertThat(loader.get()).isNull();
  }

  private WeakReference<ClassLoader> openAndDrop() throws Exception {
    Path root = Files.createDirectory(configured.directory().resolve("dropped"));
    Files.writeString(
        root.resolve("larder.properties"),
        "cache.a.key-type=String\ncache.a.value-type=String\ndefault.loader="
            + NAMED
            + "Loader\nserver.port=0\n");
    URLClassLoader loader =
        new URLClassLoader(new java.net.URL[] {root.toUri().toURL()}, getClass().getClassLoader());
    configured.provider.getCacheManager(null, loader).getCache("a").put("k", "v");
    return new WeakReference<>(loader);
  }

  @Test
  void loadersOfTheFileThrowAsOthersDo() {
    NamedCode.MADE.set(
        () ->
            new NamedCode.Loader() {
              @Override
              public Object load(Object key) {
                throw new IllegalStateException("no database");
              }
            });
    CacheManager manager =
        configured.manager(
            "cache.a.loader=" + NAMED + "LoaderFactory", "cache.a.read-through=true");

    assertThatThrownBy(() -> manager.getCache("a").get("k"))
        .isInstanceOf(CacheLoaderException.class)
        .hasRootCauseMessage("no database");
  }
}
