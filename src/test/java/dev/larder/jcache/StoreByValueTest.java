package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.LarderConfiguration;
import dev.larder.ops.StringOperations;
import java.io.Serializable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Store-by-value: whatever the application does to an object after giving it to the cache, or after
 * getting it from there, the cache does not see. How copies are made is the copier's to test.
 */
class StoreByValueTest {
  @RegisterExtension final Caches caches = new Caches();
  private Cache<Box, Box> cache;
  private final List<CacheEntryEvent<? extends Box, ? extends Box>> events = new ArrayList<>();

  /** Something that changes, and whose equality does so, too. */
  static final class Box implements Serializable {
    private static final long serialVersionUID = 1L;

    String content;

    Box(String content) {
      this.content = content;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Box box && box.content.equals(content);
    }

    @Override
    public int hashCode() {
      return content.hashCode();
    }

    @Override
    public String toString() {
      return "[" + content + "]";
    }
  }

  private static Box box(String content) {
    return new Box(content);
  }

  /** Changes what came from the cache, which must not notice. */
  private static void spoil(Box box) {
    box.content = "spoilt";
  }

  private LarderConfiguration.Builder<Box, Box> settings() {
    Journal.Listener<Box, Box> listener =
        new Journal.Listener<>(new Journal()) {
          @Override
          void on(CacheEntryEvent<? extends Box, ? extends Box> event) {
            events.add(event);
          }
        };
    return caches
        .settings(Box.class, Box.class)
        .listener(new MutableCacheEntryListenerConfiguration<>(() -> listener, null, true, true));
  }

  @BeforeEach
  void cacheOfBoxesWithOneIn() {
    cache = caches.create(settings());
    cache.put(box("key"), box("value"));
  }

  private void assertUnspoilt() {
    assertThat(cache.get(box("key"))).isEqualTo(box("value"));
    assertThat(cache).extracting(Object::toString).containsExactly("[key]=[value]");
  }

  // -------------------------------------------------------------------------- what it was given

  @ParameterizedTest
  @ValueSource(strings = {"put", "putAll", "putIfAbsent", "getAndPut", "replace", "invoke", "SET"})
  void keyAndValueMayChangeAfterTheyWereGiven(String operation) {
    Box key = box("key");
    Box value = box("value");
    if (!operation.equals("replace")) {
      cache.clear();
    }
    switch (operation) {
      case "put" -> cache.put(key, value);
      case "putAll" -> cache.putAll(Map.of(key, value));
      case "putIfAbsent" -> cache.putIfAbsent(key, value);
      case "getAndPut" -> cache.getAndPut(key, value);
      case "replace" -> cache.replace(key, value);
      case "SET" ->
          Caches.operations(cache)
              .strings()
              .set(
                  key,
                  value,
                  StringOperations.When.ALWAYS,
                  dev.larder.ops.Deadline.BY_POLICY,
                  null);
      default ->
          cache.invoke(
              key,
              (entry, arguments) -> {
                entry.setValue(value);
                return null;
              });
    }

    spoil(key);
    spoil(value);

    assertUnspoilt();
  }

  @Test
  void keyMayChangeAfterItWasGivenToLoadAll() {
    Queue<Runnable> tasks = new ArrayDeque<>();
    cache = caches.create(settings().loader(() -> VALUES).executor(() -> tasks::add));
    Box key = box("key");

    cache.loadAll(Set.of(key), false, null);
    spoil(key);
    tasks.remove().run();

    assertUnspoilt();
  }

  private static final CacheLoader<Box, Box> VALUES =
      new CacheLoader<>() {
        @Override
        public Box load(Box key) {
          return box("value");
        }

        @Override
        public Map<Box, Box> loadAll(Iterable<? extends Box> keys) {
          Map<Box, Box> loaded = new HashMap<>();
          keys.forEach(key -> loaded.put(key, load(key)));
          return loaded;
        }
      };

  // ---------------------------------------------------------------------------- what it returned

  @Test
  void whatReadsReturnMayChange() {
    spoil(cache.get(box("key")));
    assertUnspoilt();

    cache.getAll(Set.of(box("key"))).values().forEach(StoreByValueTest::spoil);
    assertUnspoilt();

    for (Cache.Entry<Box, Box> entry : cache) {
      spoil(entry.getKey());
      spoil(entry.getValue());
    }
    assertUnspoilt();

    spoil(cache.getAndPut(box("key"), box("value")));
    spoil(cache.getAndReplace(box("key"), box("value")));
    assertUnspoilt();
  }

  @Test
  void iteratorRemovesTheEntryWhoseKeyWasSpoilt() {
    Iterator<Cache.Entry<Box, Box>> all = cache.iterator();
    spoil(all.next().getKey());

    all.remove();

    assertThat(cache.containsKey(box("key"))).isFalse();
  }

  @Test
  void whatAProcessorSeesChangesNothingUnlessItIsSet() {
    cache.invoke(
        box("key"),
        (entry, arguments) -> {
          spoil(entry.getKey());
          spoil(entry.getValue());
          return null;
        });

    assertUnspoilt();
  }

  @Test
  void whatAListenerSeesMayChange() {
    cache.put(box("key"), box("other"));
    cache.put(box("key"), box("value"));

    for (CacheEntryEvent<? extends Box, ? extends Box> event : events) {
      spoil(event.getKey());
      spoil(event.getValue());
      if (event.isOldValueAvailable()) {
        spoil(event.getOldValue());
      }
    }

    assertThat(events).hasSize(3);
    assertUnspoilt();
  }

  @Test
  void whatALoaderReturnedMayChange() {
    Map<Box, Box> loaded = new HashMap<>();
    CacheLoader<Box, Box> loader =
        new CacheLoader<>() {
          @Override
          public Box load(Box key) {
            return loaded.computeIfAbsent(box(key.content), k -> box("value"));
          }

          @Override
          public Map<Box, Box> loadAll(Iterable<? extends Box> keys) {
            keys.forEach(this::load);
            return loaded;
          }
        };
    cache = caches.create(settings().loader(() -> loader).readThrough(true));

    spoil(cache.get(box("key")));
    loaded.values().forEach(StoreByValueTest::spoil);
    assertUnspoilt();

    cache.clear();
    loaded.clear();
    cache.getAll(Set.of(box("key"))).values().forEach(StoreByValueTest::spoil);
    loaded.values().forEach(StoreByValueTest::spoil);
    assertUnspoilt();
  }

  @ParameterizedTest
  @ValueSource(strings = {"remove", "iterator"})
  void keyThatTheWriterSpoilsIsNotTheOneInTheCache(String operation) {
    cache = caches.create(settings().writer(SpoilingWriter::new).writeThrough(true));
    cache.put(box("key"), box("value"));
    assertUnspoilt();

    if (operation.equals("remove")) {
      cache.remove(box("key"));
    } else {
      Iterator<Cache.Entry<Box, Box>> all = cache.iterator();
      all.next();
      all.remove();
    }

    assertThat(Caches.operations(cache).keyspace().entries().next())
        .isNull(); // not even a dead one
  }

  private static final class SpoilingWriter implements CacheWriter<Box, Box> {
    @Override
    public void write(Cache.Entry<? extends Box, ? extends Box> entry) {
      spoil(entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends Box, ? extends Box>> entries) {
      entries.forEach(this::write);
    }

    @Override
    public void delete(Object key) {
      spoil((Box) key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      keys.forEach(this::delete);
    }
  }

  @Test
  void cacheByReferenceSharesEverything() {
    Box value = box("value");
    cache = caches.create(settings().storeByValue(false));
    cache.put(box("key"), value);

    assertThat(cache.get(box("key"))).isSameAs(value);
    assertThat(events.get(events.size() - 1).getValue()).isSameAs(value);
  }
}
