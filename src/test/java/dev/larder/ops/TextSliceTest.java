package dev.larder.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class TextSliceTest {
  private static TextSlice slice(String text) {
    byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.UTF_8);
    TextSlice slice = new TextSlice().of(bytes, 1, bytes.length - 2);
    assertThat(slice.isAscii()).isTrue();
    return slice;
  }

  @Test
  void hashesAsTheStringOfTheSameText() {
    for (String text : new String[] {"", "a", "user:000000012345", "\u0000\u007f", "AaBBCcDdEe"}) {
      assertThat(slice(text).hashCode()).isEqualTo(text.hashCode());
    }
  }

  @Test
  void equalsTheStringOfTheSameTextAndNoOther() {
    assertThat(slice("name").equals("name")).isTrue();
    assertThat(slice("").equals("")).isTrue();
    assertThat(slice("Aa").equals("BB")).isFalse(); // of the same hash
    assertThat(slice("name").equals("names")).isFalse();
    assertThat(slice("name").equals("nam")).isFalse();
    assertThat(slice("42").equals(42L)).isFalse();
  }

  @Test
  void isNotComparedIfThereIsAByteBeyondAscii() {
    byte[] bytes = "née".getBytes(StandardCharsets.UTF_8);
    assertThat(new TextSlice().of(bytes, 0, bytes.length).isAscii()).isFalse();
    assertThat(new TextSlice().of(bytes, 0, 1).isAscii()).isTrue();
    assertThat(new TextSlice().of(new byte[] {'a', (byte) 0xFF}, 0, 2).isAscii()).isFalse();
  }

  @Test
  void isAnotherTextAfterEachOf() {
    TextSlice slice = slice("one");
    byte[] bytes = "one two".getBytes(StandardCharsets.UTF_8);
    assertThat(slice.of(bytes, 4, 3).isAscii()).isTrue();
    assertThat(slice.equals("two")).isTrue();
    assertThat(slice.hashCode()).isEqualTo("two".hashCode());
  }

  @Test
  void findsTheKeyObjectThatTheCacheHas() {
    TwoCaches caches = new TwoCaches();
    CacheOperations<String, String> cache = caches.strings;
    String kept = new String("name".toCharArray());
    TwoCaches.set(cache, kept, "Ada");
    assertThat(cache.key(slice("name"), true)).isSameAs(kept);
    cache.keys().delete("name");
    assertThat(cache.key(slice("name"), true)).isEqualTo("name").isNotSameAs(kept);
    assertThat(cache.key(slice("other"), false)).isEqualTo("other");
    byte[] bytes = "-née-".getBytes(StandardCharsets.UTF_8);
    assertThat(cache.key(new TextSlice().of(bytes, 1, bytes.length - 2), true)).isEqualTo("née");
  }

  @Test
  void keysOfOneHashAreToldApartAlsoWhenTheyFloodABucket() {
    CacheOperations<String, String> cache = new TwoCaches().strings;
    for (int i = 0; i < 64; i++) {
      TwoCaches.set(cache, collision(i), String.valueOf(i));
    }
    for (int i = 0; i < 64; i++) {
      String key = cache.key(slice(collision(i)), false);
      assertThat(cache.strings().get(key)).isEqualTo(String.valueOf(i));
    }
  }

  /** One of 64 texts with the same hash. */
  private static String collision(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 6; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }
}
