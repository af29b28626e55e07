package dev.larder.ops;

import static dev.larder.ops.TwoCaches.set;
import static dev.larder.ops.TwoCaches.setUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import dev.larder.OperationException;
import dev.larder.store.Entry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code MOVE}, and {@code COPY} to another cache. */
class BetweenCachesTest {
  private final TwoCaches caches = new TwoCaches();
  private final CacheOperations<String, String> strings = caches.strings;
  private final CacheOperations<String, Long> numbers = caches.numbers;
  private final CacheOperations<String, Object> objects =
      caches.cache("objects", Object.class, new Rules<>() {});

  @BeforeEach
  void listen() {
    caches.listen(strings);
    caches.listen(numbers);
    caches.listen(objects);
  }

  @Test
  void moveTakesValueDeadlineAndWhetherItIsExplicit() {
    setUntil(strings, "a", "17", 2_000_000);
    caches.told.clear();

    assertThat(strings.keys().moveTo("a", numbers, "a")).isTrue();

    assertThat(strings.keys().exists("a")).isFalse();
    assertThat(numbers.strings().get("a")).isEqualTo(17L);
    assertThat(numbers.entries().peek("a").deadline()).isEqualTo(Entry.explicit(2_000_000));
    assertThat(caches.told).containsExactlyInAnyOrder("move_from a", "move_to a");
  }

  @Test
  void moveReplacesNothingAndNeedsSomething() {
    assertThat(strings.keys().moveTo("a", numbers, "a")).isFalse();
    set(strings, "a", "1");
    set(numbers, "a", 2L);
    assertThat(strings.keys().moveTo("a", numbers, "a")).isFalse();
    assertThat(strings.strings().get("a")).isEqualTo("1");
    assertThat(numbers.strings().get("a")).isEqualTo(2L);
  }

  @Test
  void aValueThatTheOtherCacheAcceptsStaysWhatItIs() {
    set(numbers, "n", 17L);
    assertThat(numbers.keys().copyTo("n", objects, "o", false)).isTrue();
    assertThat(objects.strings().get("o")).isEqualTo(17L);
    assertThat(numbers.keys().copyTo("n", strings, "s", false)).isTrue();
    assertThat(strings.strings().get("s")).isEqualTo("17");
    assertThat(caches.told).containsExactly("set n", "copy_to o", "copy_to s");
  }

  @Test
  void copyReplacesOnlyIfToldTo() {
    set(numbers, "n", 17L);
    set(strings, "n", "old");
    assertThat(numbers.keys().copyTo("n", strings, "n", false)).isFalse();
    assertThat(numbers.keys().copyTo("n", strings, "n", true)).isTrue();
    assertThat(strings.strings().get("n")).isEqualTo("17");
    assertThat(numbers.keys().copyTo("none", strings, "n", true)).isFalse();
    assertThat(strings.strings().get("n")).isEqualTo("17");
  }

  @Test
  void aValueThatIsNoneForTheOtherCacheStaysWhereItIs() {
    set(strings, "a", "text");
    assertThatThrownBy(() -> strings.keys().moveTo("a", numbers, "a"))
        .isInstanceOf(CodecException.class);
    assertThat(strings.strings().get("a")).isEqualTo("text");
    assertThat(numbers.entries().store().find("a")).isNull();
  }

  @Test
  void theSameIsRefused() {
    set(strings, "a", "1");
    assertThatThrownBy(() -> strings.keys().copyTo("a", strings.forSocket(), "a", true))
        .isInstanceOf(OperationException.class)
        .hasMessageContaining("source and destination objects are the same");
    assertThatThrownBy(() -> strings.keys().moveTo("a", strings, "a"))
        .hasMessageContaining("source and destination objects are the same");
    assertThat(strings.keys().copyTo("a", strings, "b", false)).isTrue();
  }

  @Test
  void bothWorkWithinATransaction() {
    set(strings, "a", "1");
    Transaction transaction = Transaction.changing();
    transaction.add(strings, "a");
    transaction.add(numbers, "a");
    transaction.addAll(objects);
    transaction.run(
        () -> {
          CacheOperations<String, Long> target = transaction.within(numbers);
          transaction.within(strings).keys().moveTo("a", target, "a");
          assertThat(target.counters().add("a", 1)).isEqualTo(2);
          return target.keys().copyTo("a", transaction.within(objects), "new", false);
        });
    assertThat(strings.keys().exists("a")).isFalse();
    assertThat(numbers.strings().get("a")).isEqualTo(2L);
    assertThat(objects.strings().get("new")).isEqualTo(2L);
  }
}
