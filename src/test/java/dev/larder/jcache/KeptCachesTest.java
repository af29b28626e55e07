package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.expiry.AccessedExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Caches that are kept on disk, and files that caches are saved to and loaded from. */
class KeptCachesTest {
  @RegisterExtension private final Caches caches = new Caches();

  @TempDir private Path directory;
  private final Journal journal = new Journal();

  record Order(String id, List<Line> lines) implements Serializable {}

  record Line(String article, int count) implements Serializable {}

  /** What no type of a cache tells of. */
  record Other(String text) implements Serializable {}

  private PersistenceOptions log() {
    return PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS);
  }

  private <K, V> LarderCache<K, V> open(
      String name, LarderConfiguration.Builder<K, V> settings, PersistenceOptions options) {
    return LarderCache.of(
        caches.manager().createCache(name, settings.persistence(options).build()));
  }

  /** The cache as another process would find it if this one ended now. */
  private <K, V> LarderCache<K, V> afterACrash(
      String name, LarderConfiguration.Builder<K, V> settings) throws IOException {
    Path copy = Files.createTempDirectory(directory.getParent(), "copy");
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList()) {
        Path target = copy.resolve(directory.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    LarderConfiguration<K, V> configuration =
        settings.persistence(PersistenceOptions.in(copy).appendOnly(Fsync.ALWAYS)).build();
    var manager =
        caches.provider.getCacheManager(
            copy.toUri(), getClass().getClassLoader(), new java.util.Properties());
    return LarderCache.of(manager.createCache(name, configuration));
  }

  @Test
  void whatIsWrittenThroughJavaxCacheIsInTheLog() throws IOException {
    LarderCache<String, String> cache = open("c", caches.settings(), log());
    cache.put("put", "1");
    cache.putAll(Map.of("all1", "1", "all2", "2"));
    cache.getAndPut("put", "2");
    cache.putIfAbsent("absent", "1");
    cache.replace("absent", "1", "3");
    cache.put("removed", "1");
    cache.remove("removed");
    cache.invoke(
        "invoked",
        (entry, arguments) -> {
          entry.setValue("i");
          return "";
        });
    cache.set("timed", "t", Duration.ofMinutes(1));
    cache.async().incrBy("counter", 5).toCompletableFuture().join();
    LarderCache<String, String> loaded = afterACrash("c", caches.settings());
    assertThat(loaded.getAll(Set.of("put", "all1", "all2", "absent", "removed", "invoked")))
        .isEqualTo(Map.of("put", "2", "all1", "1", "all2", "2", "absent", "3", "invoked", "i"));
    assertThat(loaded.pttl("timed")).isEqualTo(60_000);
    assertThat(loaded.get("counter")).isEqualTo("5");
    cache.clear();
    assertThat(afterACrash("c", caches.settings())).isEmpty();
  }

  @Test
  void readingMovesADeadlineOnDiskToo() throws IOException {
    LarderConfiguration.Builder<String, String> settings =
        caches
            .settings()
            .expiry(AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_MINUTE));
    LarderCache<String, String> cache = open("c", settings, log());
    cache.put("k", "v");
    caches.clock.advanceSeconds(40);
    assertThat(cache.get("k")).isEqualTo("v");
    cache.put("other", "v"); // and this is waited for
    caches.clock.advanceSeconds(40);
    assertThat(afterACrash("c", settings).get("k")).isEqualTo("v");
  }

  @Test
  void whatIsLoadedBeyondTheBoundLeavesAfterwardsAndDoesNotComeBack() throws IOException {
    LarderCache<String, String> cache = open("c", caches.settings(), log());
    for (int i = 0; i < 100; i++) {
      cache.put("key" + i, "v");
    }
    cache.close();
    LarderCache<String, String> bounded = open("c", caches.settings().maximumSize(10), log());
    Set<String> keys = keys(bounded);
    assertThat(keys).hasSize(10);
    bounded.put(keys.iterator().next(), "w"); // waits for what the log was told before, too
    assertThat(keys(afterACrash("c", caches.settings()))).isEqualTo(keys);
  }

  private static Set<String> keys(LarderCache<String, String> cache) {
    Set<String> keys = new TreeSet<>();
    cache.forEach(entry -> keys.add(entry.getKey()));
    return keys;
  }

  @Test
  void aCleanStopSavesAndTheNextStartLoads() {
    PersistenceOptions options = PersistenceOptions.in(directory).save(1, Duration.ofHours(1));
    LarderCache<String, Long> cache = open("c", caches.settings(String.class, Long.class), options);
    cache.put("n", 41L);
    cache.incr("n");
    cache.close();
    cache = open("c", caches.settings(String.class, Long.class), options);
    assertThat(cache.get("n")).isEqualTo(42);
    Persistence persistence = cache.unwrap(Persistence.class);
    assertThat(persistence.status().save().loaded()).isEqualTo(1);
    assertThat(persistence.status().changes()).isZero();
    persistence.save();
    assertThat(persistence.status().save().written()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "..", "a/b", "C:\\x", "ü", "", ".hidden", "com.acme.Order"})
  void anyNameOfACacheHasADirectoryOfItsOwn(String name) throws IOException {
    LarderCache<String, String> cache = open(name, caches.settings(), log());
    LarderCache<String, String> other = open(name + "2", caches.settings(), log());
    cache.put("k", name);
    other.put("k", "other");
    try (Stream<Path> inside = Files.list(directory)) {
      assertThat(inside).hasSize(2);
    }
    assertThat(afterACrash(name, caches.settings()).get("k")).isEqualTo(name);
  }

  @Test
  void aDirectoryHasOneOwner() {
    open("c", caches.settings(), log());
    var second =
        caches.provider.getCacheManager(
            directory.toUri(), getClass().getClassLoader(), new java.util.Properties());
    assertThatThrownBy(() -> second.createCache("c", caches.settings().persistence(log()).build()))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("is in use");
  }

  @Test
  void aDestroyedCacheDoesNotComeBack() {
    for (PersistenceOptions options : List.of(log(), PersistenceOptions.in(directory))) {
      LarderCache<String, String> cache = open("c", caches.settings(), options);
      cache.put("k", "v");
      cache.unwrap(Persistence.class).save();
      caches.manager().destroyCache("c");
      cache = open("c", caches.settings(), options);
      assertThat(cache).isEmpty();
      cache.close();
    }
  }

  @Test
  void aCacheOfAnotherTypeRefusesTheFileAndNamesBoth() {
    open("c", caches.settings(String.class, Long.class), log()).close();
    assertThatThrownBy(() -> open("c", caches.settings(), log()))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("values of java.lang.Long")
        .hasMessageContaining("values of java.lang.String");
  }

  @Test
  void objectsOfTheDeclaredTypeAndItsPartsAreKept() throws IOException {
    Order order = new Order("1", List.of(new Line("pen", 2)));
    LarderCache<String, Order> cache = open("c", caches.settings(String.class, Order.class), log());
    cache.put("k", order);
    assertThat(afterACrash("c", caches.settings(String.class, Order.class)).get("k"))
        .isEqualTo(order);
  }

  @Test
  void whatCouldNotBeLoadedIsRefusedWhenItIsPut() throws IOException {
    LarderCache<Object, Object> cache =
        open("c", caches.settings(Object.class, Object.class), log());
    cache.put("k", 1L);
    assertThatThrownBy(() -> cache.put("k", new Other("x")))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(Other.class.getName())
        .hasMessageContaining("allow");
    assertThat(cache.get("k")).isEqualTo(1L);
    assertThatThrownBy(() -> cache.mset(Map.of("l", 1, "m", new Other("x"))))
        .isInstanceOf(CodecException.class);
    assertThat(cache.containsKey("l")).isFalse();
    cache.put(7, 8);
    cache.put(7L, "seven");
    cache.put("7", 7.5);
    LarderCache<Object, Object> loaded =
        afterACrash("c", caches.settings(Object.class, Object.class));
    assertThat(loaded.get(7)).isEqualTo(8);
    assertThat(loaded.get(7L)).isEqualTo("seven");
    assertThat(loaded.get("7")).isEqualTo(7.5);
    LarderCache<Object, Object> allowing =
        open(
            "allowing",
            caches.settings(Object.class, Object.class).allow(Other.class.getName()),
            log());
    allowing.put("k", new Other("x"));
  }

  @Test
  void loadingTellsNobodyAndCountsNothing() {
    Path file = directory.resolve("file.rdb");
    Cache<String, String> plain = caches.create();
    plain.put("a", "1");
    LarderCache.of(plain).set("t", "2", Duration.ofSeconds(5));
    LarderCache.of(plain).save(file);
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .loader(journal::loader)
                    .writer(journal::writer)
                    .writeThrough(true)
                    .listener(journal.listener())));
    cache.put("old", "x");
    journal.take();
    final String before = Caches.counts(cache);
    cache.load(file);
    assertThat(journal.take()).isEmpty();
    assertThat(Caches.counts(cache)).isEqualTo(before);
    assertThat(Caches.peek(cache, "old")).isNull();
    assertThat(cache.mget(List.of("a", "t"))).containsExactly("1", "2");
    assertThat(cache.pttl("t")).isEqualTo(5_000);
  }

  @Test
  void aFileThatDoesNotFitLeavesTheCacheAsItWas() throws IOException {
    Path file = directory.resolve("file.rdb");
    LarderCache<String, Long> numbers =
        LarderCache.of(caches.create(caches.settings(String.class, Long.class)));
    numbers.put("n", 1L);
    numbers.save(file);
    LarderCache<String, String> strings = LarderCache.of(caches.create());
    strings.put("k", "v");
    assertThatThrownBy(() -> strings.load(file))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("java.lang.Long")
        .hasMessageContaining("java.lang.String");
    Files.write(file, new byte[] {1, 2, 3});
    assertThatThrownBy(() -> strings.load(file)).isInstanceOf(PersistenceException.class);
    assertThatThrownBy(() -> strings.load(directory.resolve("none")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("none");
    assertThatThrownBy(() -> strings.save(directory.resolve("none").resolve("file")))
        .isInstanceOf(PersistenceException.class);
    assertThat(strings.get("k")).isEqualTo("v");
  }

  @Test
  void aLoadedFileIsInTheLogAsOnePiece() throws IOException {
    Path file = directory.getParent().resolve("loaded.rdb");
    LarderCache<String, String> source = LarderCache.of(caches.create());
    for (int i = 0; i < 100; i++) {
      source.put("k" + i, "v");
    }
    source.save(file);
    LarderCache<String, String> cache = open("c", caches.settings(), log());
    cache.put("old", "v");
    cache.load(file);
    cache.put("new", "v");
    LarderCache<String, String> loaded = afterACrash("c", caches.settings());
    assertThat(loaded.size()).isEqualTo(101);
    assertThat(loaded.containsKey("old")).isFalse();
  }

  @Test
  void aFactoryThatFailsLeavesNothingBehind() {
    assertThatThrownBy(
            () ->
                open(
                    "c",
                    caches
                        .settings()
                        .listener(
                            new javax.cache.configuration.MutableCacheEntryListenerConfiguration<>(
                                FactoryBuilder.factoryOf("no.such.Listener"), null, false, true)),
                    log()))
        .isInstanceOf(RuntimeException.class);
    open("c", caches.settings(), log()).put("k", "v");
  }
}
