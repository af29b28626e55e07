package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a cache by value can keep, what it shares rather than copies, and how it compares.
 *
 * <p>Left open by JSR-107 and chosen here: looking up a key that could not be kept finds nothing;
 * with read-through it fails, for the loader's value would need that key.
 */
class KeepableValuesTest {
  @RegisterExtension final Caches caches = new Caches();

  // ------------------------------------------------------------------------- what cannot be kept

  private static Cache<Object, Object> untyped(Caches caches, Journal journal) {
    @SuppressWarnings({"unchecked", "rawtypes"}) // a writer of strings is only asked to show them
    CacheWriter<Object, Object> writer = (CacheWriter) journal.writer();
    return caches.create(
        caches
            .settings(Object.class, Object.class)
            .writer(() -> writer)
            .writeThrough(true)
            .listener(journal.listener()));
  }

  @Test
  void whatCannotBeCopiedFailsBeforeWriterAndEvents() {
    Journal journal = new Journal();
    Cache<Object, Object> untyped = untyped(caches, journal);
    Object thread = new Thread();
    Map<Object, Object> batch = new LinkedHashMap<>();
    batch.put("k", "1");

    assertThatThrownBy(() -> untyped.put("k", thread))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("java.lang.Thread");
    assertThatThrownBy(() -> untyped.put(thread, "1")).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> untyped.getAndPut("k", thread)).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> untyped.putIfAbsent("k", thread)).isInstanceOf(CodecException.class);
    for (boolean key : List.of(true, false)) {
      batch.put(key ? thread : "x", key ? "1" : thread);
      assertThatThrownBy(() -> untyped.putAll(batch)).isInstanceOf(CodecException.class);
      batch.remove(thread);
    }
    assertThatThrownBy(
            () ->
                untyped.invoke(
                    "k",
                    (entry, arguments) -> {
                      entry.setValue(thread);
                      return null;
                    }))
        .isInstanceOf(EntryProcessorException.class)
        .hasCauseInstanceOf(CodecException.class);

    assertThat(journal.take()).isEmpty();
    assertThat(untyped.iterator()).isExhausted();
    assertThat(Caches.operations(untyped).statistics().puts()).isZero();
  }

  @Test
  void keyThatCannotBeKeptIsNotFound() {
    Cache<Object, Object> untyped = caches.create(caches.settings(Object.class, Object.class));

    assertThat(untyped.get(new Thread())).isNull();
    assertThat(untyped.containsKey(new Thread())).isFalse();
    assertThat(untyped.remove(new Thread())).isFalse();
  }

  @Test
  void keyThatCannotBeKeptCannotBeLoadedEither() {
    CacheLoader<Object, Object> loader =
        new CacheLoader<>() {
          @Override
          public Object load(Object key) {
            throw new AssertionError("not asked");
          }

          @Override
          public Map<Object, Object> loadAll(Iterable<? extends Object> keys) {
            throw new AssertionError("not asked");
          }
        };
    Cache<Object, Object> untyped =
        caches.create(
            caches.settings(Object.class, Object.class).loader(() -> loader).readThrough(true));

    assertThatThrownBy(() -> untyped.get(new Thread())).isInstanceOf(CodecException.class);
  }

  // -------------------------------------------------------------------------------- comparisons

  @Test
  void arraysAreValuesLikeOthersAndComparedByContent() {
    Cache<String, byte[]> bytes = caches.create(caches.settings(String.class, byte[].class));
    byte[] one = {1};
    bytes.put("k", one);
    one[0] = 9;

    assertThat(bytes.get("k")).containsExactly(1);
    assertThat(bytes.replace("k", new byte[] {9}, new byte[] {2})).isFalse();
    assertThat(bytes.replace("k", new byte[] {1}, new byte[] {2})).isTrue();
    assertThat(bytes.<Boolean>invoke("absent", (entry, arguments) -> entry.getValue() == null))
        .isTrue();
    assertThat(bytes.remove("k", new byte[] {2})).isTrue();
  }

  @Test
  void valuesAreComparedByEqualsAndNotByTheirBytes() {
    @SuppressWarnings("unchecked")
    Class<List<String>> listType = (Class<List<String>>) (Class<?>) List.class;
    Cache<String, List<String>> lists = caches.create(caches.settings(String.class, listType));
    lists.put("k", new ArrayList<>(List.of("a")));

    assertThat(lists.replace("k", new LinkedList<>(List.of("a")), List.of("b"))).isTrue();
    assertThat(lists.remove("k", Arrays.asList("b"))).isTrue();
  }

  // ----------------------------------------------------------------------------------- sharing

  record Price(String currency, long cents, TimeUnit per) {}

  @Test
  void whatCannotChangeIsSharedAndNotCopied() {
    Cache<Object, Object> untyped = caches.create(caches.settings(Object.class, Object.class));
    for (Object value :
        List.of(
            "text".repeat(2),
            123_456_789L,
            UUID.randomUUID(),
            Instant.ofEpochMilli(1),
            new BigDecimal("1.10"),
            TimeUnit.DAYS,
            new Price("EUR", 110, TimeUnit.HOURS))) {
      untyped.put("k", value);
      assertThat(untyped.get("k")).isSameAs(value);
    }
  }
}
