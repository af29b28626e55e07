package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import dev.larder.ops.CacheOperations;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Managers: how caches are made, found and destroyed.
 *
 * <p>Left open by JSR-107 and chosen here: any name will do, also the empty one and those with the
 * prefixes that it advises against; switching statistics or management of an unknown cache does
 * nothing.
 */
class ManagerTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private static MutableConfiguration<String, String> strings() {
    return new MutableConfiguration<String, String>().setTypes(String.class, String.class);
  }

  // ------------------------------------------------------------------------------- configuration

  @Test
  void configurationThatChangesLaterChangesNothing() {
    MutableConfiguration<String, String> configuration = strings();
    CacheEntryListenerConfiguration<String, String> listener = journal.listener();
    configuration.addCacheEntryListenerConfiguration(listener);
    Cache<String, String> cache = caches.manager().createCache("a", configuration);

    configuration.setStoreByValue(false).setStatisticsEnabled(true);
    configuration.removeCacheEntryListenerConfiguration(listener);
    cache.put("k", "1");

    assertThat(journal.take()).containsExactly("CREATED k=1");
    assertThat(configurationOf(cache).isStoreByValue()).isTrue();
    assertThat(configurationOf(cache).isStatisticsEnabled()).isFalse();
  }

  @Test
  void oneConfigurationServesTwoCaches() {
    MutableConfiguration<String, String> configuration = strings();
    Cache<String, String> a = caches.manager().createCache("a", configuration);
    Cache<String, String> b = caches.manager().createCache("b", configuration);

    a.put("k", "1");
    caches.manager().enableStatistics("a", true);

    assertThat(b.containsKey("k")).isFalse();
    assertThat(configurationOf(b).isStatisticsEnabled()).isFalse();
    assertThat(configuration.isStatisticsEnabled()).isFalse();
  }

  @Test
  void configurationHandedOutCannotBeChangedAndDoesNotChange() {
    Cache<String, String> cache =
        caches.manager().createCache("a", strings().addCacheEntryListenerConfiguration(listener()));
    CompleteConfiguration<String, String> before = configurationOf(cache);
    var listeners = before.getCacheEntryListenerConfigurations().iterator();
    listeners.next();

    assertThatThrownBy(listeners::remove).isInstanceOf(UnsupportedOperationException.class);
    caches.manager().enableManagement("a", true);
    assertThat(before.isManagementEnabled()).isFalse();
    assertThat(configurationOf(cache).isManagementEnabled()).isTrue();
  }

  private CacheEntryListenerConfiguration<String, String> listener() {
    return journal.listener();
  }

  @SuppressWarnings("unchecked")
  private static CompleteConfiguration<String, String> configurationOf(
      Cache<String, String> cache) {
    return cache.getConfiguration(CompleteConfiguration.class);
  }

  @Test
  @SuppressWarnings("unchecked")
  void configurationIsGivenAsAnyInterfaceItHasAndAsNoOtherClass() {
    Cache<String, String> cache = caches.create();

    assertThat(cache.getConfiguration(Configuration.class).getKeyType()).isEqualTo(String.class);
    assertThat(cache.getConfiguration(LarderConfiguration.class).clock()).isNotNull();
    assertThatThrownBy(() -> cache.getConfiguration(MutableConfiguration.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readThroughWithoutLoaderAndWriteThroughWithoutWriterAreRefused() {
    CacheManager manager = caches.manager();

    assertThatThrownBy(() -> manager.createCache("a", strings().setReadThrough(true)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> manager.createCache("a", strings().setWriteThrough(true)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(manager.getCacheNames()).isEmpty();
  }

  @Test
  void factoryThatFailsLeavesTheNameFree() {
    CacheManager manager = caches.manager();

    assertThatThrownBy(
            () ->
                manager.createCache(
                    "a",
                    strings()
                        .setExpiryPolicyFactory(
                            () -> {
                              throw new IllegalStateException("bug");
                            })))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("bug");

    manager.createCache("a", strings());
  }

  // ------------------------------------------------------------------------------------- finding

  @Test
  void typedCacheIsFoundWithoutTypesOrWithExactlyItsOwn() {
    CacheManager manager = caches.manager();
    Cache<String, String> typed = manager.createCache("typed", strings());
    Cache<Object, Object> untyped =
        manager.createCache("untyped", new MutableConfiguration<Object, Object>());

    assertThat((Object) manager.getCache("typed")).isSameAs(typed);
    assertThat((Object) manager.getCache("typed", String.class, String.class)).isSameAs(typed);
    assertThatThrownBy(() -> manager.getCache("typed", String.class, Object.class))
        .isInstanceOf(ClassCastException.class);
    assertThatThrownBy(() -> manager.getCache("typed", Object.class, String.class))
        .isInstanceOf(ClassCastException.class);

    assertThat((Object) manager.getCache("untyped")).isSameAs(untyped);
    assertThat((Object) manager.getCache("untyped", Object.class, Object.class)).isSameAs(untyped);
    assertThatThrownBy(() -> manager.getCache("untyped", String.class, Object.class))
        .isInstanceOf(ClassCastException.class);
  }

  @Test
  void nullNamesAndTypesAreRefusedEvenForACacheThatIsNotThere() {
    CacheManager manager = caches.manager();

    assertThatThrownBy(() -> manager.getCache(null)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> manager.getCache(null, String.class, String.class))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> manager.getCache("none", null, String.class))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> manager.getCache("none", String.class, null))
        .isInstanceOf(NullPointerException.class);
    assertThat((Object) manager.getCache("none", String.class, String.class)).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "/", "a:b", "java.x", "javax.x", "a,b=c*?\"\n", "größe", "名前"})
  void anyNameWillDo(String name) {
    Cache<String, String> cache =
        caches
            .manager()
            .createCache(name, strings().setStatisticsEnabled(true).setManagementEnabled(true));

    assertThat((Object) caches.manager().getCache(name)).isSameAs(cache);
    assertThat(caches.manager().getCacheNames()).containsExactly(name);
    assertThat(cache.getName()).isEqualTo(name);
    caches.manager().destroyCache(name);
    assertThat((Object) caches.manager().getCache(name)).isNull();
  }

  @Test
  void cacheAndManagerUnwrapToWhatTheyAre() {
    Cache<String, String> cache = caches.create();
    CacheManager manager = caches.manager();

    assertThat((Object) cache.unwrap(Cache.class)).isSameAs(cache);
    assertThat(cache.unwrap(Object.class)).isSameAs(cache);
    assertThat(cache.unwrap(CacheOperations.class).name()).isEqualTo(cache.getName());
    assertThat(manager.unwrap(CacheManager.class)).isSameAs(manager);
    assertThat(manager.unwrap(Object.class)).isSameAs(manager);
    assertThatThrownBy(() -> cache.unwrap(String.class))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> manager.unwrap(String.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  // ---------------------------------------------------------------------------------- destroying

  @Test
  void destroyedCacheIsClosedAndBeginsEmptyWhenMadeAgain() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    LarderConfiguration<String, String> settings =
        caches
            .settings()
            .writer(journal::writer)
            .writeThrough(true)
            .executor(() -> tasks::add)
            .listener(journal.listener())
            .build();
    Cache<String, String> cache = caches.manager().createCache("a", settings);
    cache.put("k", "1");
    journal.take();

    caches.manager().destroyCache("a");

    assertThat(cache.isClosed()).isTrue();
    assertThat(journal.take()).isEmpty(); // no removal, neither told nor written
    assertThat((Object) caches.manager().getCache("a")).isNull();
    assertThat(caches.manager().createCache("a", settings).iterator()).isExhausted();
  }

  @Test
  void unknownCacheIsDestroyedAndSwitchedInVain() {
    assertThatCode(
            () -> {
              caches.manager().destroyCache("none");
              caches.manager().enableStatistics("none", true);
              caches.manager().enableManagement("none", true);
            })
        .doesNotThrowAnyException();
  }

  @Test
  void namesOfCachesAreASnapshotInTheOrderOfTheirMaking() {
    CacheManager manager = caches.manager();
    for (String name : List.of("b", "a", "c")) {
      manager.createCache(name, strings());
    }
    Iterable<String> names = manager.getCacheNames();

    manager.destroyCache("a");

    assertThat(names).containsExactly("b", "a", "c");
    assertThat(manager.getCacheNames()).containsExactly("b", "c");
  }

  static Stream<Consumer<CacheManager>> uses() {
    return Stream.of(
        manager -> manager.createCache(null, null),
        manager -> manager.getCache(null),
        manager -> manager.getCache(null, null, null),
        manager -> manager.destroyCache(null),
        manager -> manager.enableManagement(null, true),
        manager -> manager.enableStatistics(null, true),
        CacheManager::getCacheNames);
  }

  @ParameterizedTest
  @MethodSource("uses")
  void closedManagerSaysSoBeforeItLooksAtArguments(Consumer<CacheManager> use) {
    CacheManager manager = caches.manager();
    manager.close();
    manager.close(); // once more does nothing

    ThrowingCallable call = () -> use.accept(manager);
    assertThatThrownBy(call)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(manager.isClosed()).isTrue();
    assertThat(manager.getURI()).isEqualTo(caches.provider.getDefaultURI());
    assertThat(manager.unwrap(CacheManager.class)).isSameAs(manager);
  }
}
