package dev.larder.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.cache.interceptor.SimpleKey;

class KeyTextsTest {

  private static final String A_UUID = "0f8fad5b-d9cb-469f-a165-70867728950e";

  private final KeyTexts<Object> untyped = texts(Object.class);

  static List<Arguments> textsAndCandidates() {
    return List.of(
        Arguments.of("text", List.of("text")),
        Arguments.of("", List.of("")),
        Arguments.of("42", List.of("42", 42L, 42)),
        Arguments.of("-7", List.of("-7", -7L, -7)),
        Arguments.of("2147483647", List.of("2147483647", 2147483647L, 2147483647)),
        Arguments.of("2147483648", List.of("2147483648", 2147483648L)),
        Arguments.of("-2147483648", List.of("-2147483648", -2147483648L, -2147483648)),
        Arguments.of("-2147483649", List.of("-2147483649", -2147483649L)),
        Arguments.of("9223372036854775808", List.of("9223372036854775808")),
        Arguments.of("042", List.of("042")),
        Arguments.of("+42", List.of("+42")),
        Arguments.of("-0", List.of("-0")),
        Arguments.of(" 42", List.of(" 42")),
        Arguments.of("42.0", List.of("42.0")),
        Arguments.of("true", List.of("true")),
        Arguments.of(A_UUID, List.of(A_UUID, UUID.fromString(A_UUID))),
        Arguments.of(A_UUID.toUpperCase(Locale.ROOT), List.of(A_UUID.toUpperCase(Locale.ROOT))),
        Arguments.of("1-2-3-4-5", List.of("1-2-3-4-5")),
        Arguments.of("x".repeat(36), List.of("x".repeat(36))));
  }

  @ParameterizedTest
  @MethodSource("textsAndCandidates")
  void aTextMayBeTheseKeys(String text, List<Object> keys) {
    List<Object> candidates = untyped.candidates(text.getBytes(UTF_8));

    assertThat(candidates).isEqualTo(keys);
    for (Object key : candidates) {
      assertThat(untyped.text(key)).asString(UTF_8).isEqualTo(text);
      assertThat(untyped.isReadBack(key)).isTrue();
      assertThat(untyped.matches(key, text.getBytes(UTF_8))).as("looked up already").isFalse();
    }
    assertThat(untyped.fresh(text.getBytes(UTF_8))).isEqualTo(text);
  }

  @Test
  void theTypeSaysWhichKeysThereCanBe() {
    byte[] text = "42".getBytes(UTF_8);

    assertThat(texts(Serializable.class).candidates(text)).containsExactly("42", 42L, 42);
    assertThat(texts(Comparable.class).candidates(text)).containsExactly("42", 42L, 42);
    assertThat(texts(CharSequence.class).candidates(text)).containsExactly("42");
    assertThat(texts(Number.class).candidates(text)).containsExactly(42L, 42);
    assertThat(texts(Number.class).candidates("x".getBytes(UTF_8))).isEmpty();
    assertThatThrownBy(() -> texts(Number.class).fresh(text)).isInstanceOf(CodecException.class);
  }

  @Test
  void everyTextComesBackFromEachOfItsCandidates() {
    Random random = new Random(1);
    String alphabet = "0123456789-abc";
    for (int i = 0; i < 50_000; i++) {
      byte[] text =
          switch (i % 5) {
            case 0 -> Long.toString(random.nextLong() >> random.nextInt(64)).getBytes(UTF_8);
            case 1 -> new UUID(random.nextLong(), random.nextLong()).toString().getBytes(UTF_8);
            case 2 -> {
              byte[] mutant = new UUID(random.nextLong(), 0).toString().getBytes(UTF_8);
              mutant[random.nextInt(mutant.length)] = (byte) alphabet.charAt(random.nextInt(14));
              yield mutant;
            }
            case 3 -> {
              byte[] bytes = new byte[random.nextInt(40)];
              random.nextBytes(bytes);
              yield bytes;
            }
            default -> {
              byte[] bytes = new byte[random.nextInt(6)];
              for (int at = 0; at < bytes.length; at++) {
                bytes[at] = (byte) alphabet.charAt(random.nextInt(14));
              }
              yield bytes;
            }
          };
      List<Object> candidates = untyped.candidates(text.clone());

      assertThat(candidates.get(0)).isInstanceOf(String.class);
      assertThat(candidates).doesNotHaveDuplicates();
      for (Object candidate : candidates) {
        assertThat(untyped.text(candidate)).isEqualTo(text);
      }
    }
  }

  static List<Arguments> keysThatAreOnlyShown() {
    return List.of(
        Arguments.of(new SimpleKey("a", "b"), "SimpleKey [a, b]"),
        Arguments.of(SimpleKey.EMPTY, "SimpleKey []"),
        Arguments.of(new SimpleKey(1, new int[] {2, 3}), "SimpleKey [1, [2, 3]]"),
        Arguments.of(new Point(1, 2), "Point[x=1, y=2]"),
        Arguments.of(List.of("a", 1), "[a, 1]"),
        Arguments.of(List.of(new byte[] {1}, new String[] {"b"}), "[[1], [b]]"),
        Arguments.of(Arrays.asList("a", null), "[a, null]"),
        Arguments.of(Set.of(5), "[5]"),
        Arguments.of(new Basket(), "a basket of 0"),
        Arguments.of(Colour.RED, "RED"),
        Arguments.of(LocalDate.of(2026, 1, 31), "2026-01-31"),
        Arguments.of((short) 8, "8"),
        Arguments.of(1.50, "1.5"),
        Arguments.of(true, "true"),
        Arguments.of('c', "c"),
        Arguments.of(new Named("\u00E9 \uDCE9"), "\u00E9 \uDCE9"));
  }

  @ParameterizedTest
  @MethodSource("keysThatAreOnlyShown")
  void otherKeysAreFoundByTheirText(Object key, String text) {
    byte[] bytes = ByteText.encode(text);

    assertThat(untyped.text(key)).isEqualTo(bytes);
    assertThat(untyped.isReadBack(key)).isFalse();
    assertThat(untyped.matches(key, bytes)).isTrue();
    assertThat(untyped.matches(key, ByteText.encode(text + " "))).isFalse();
    assertThat(untyped.candidates(bytes)).doesNotContain(key);
  }

  @Test
  void someKeysHaveNoText() {
    for (Object key :
        List.of(
            new Object(),
            new Plain(),
            new byte[] {1},
            new int[] {1},
            new Object[] {1},
            new Named(null),
            new Named("\uD83D"),
            new Named("\uDCC3\uDCA9"),
            new Named("x".repeat(KeyTexts.MAX_LENGTH + 1)),
            "\uD83D",
            new Thrower(new IllegalStateException()),
            new Thrower(new StackOverflowError()),
            new Thrower(new NoClassDefFoundError()),
            new Thrower(new AssertionError()))) {
      assertThat(untyped.text(key)).as(key.getClass().getName()).isNull();
      assertThat(untyped.matches(key, new byte[0])).isFalse();
    }
  }

  @Test
  void aListWithinItselfHasNoText() {
    List<Object> list = new ArrayList<>();
    list.add(new ArrayList<>(List.of(list)));

    assertThat(untyped.text(list)).isNull();
  }

  @Test
  void aLongTextIsOneIfNotTooLong() {
    assertThat(untyped.text(new Named("x".repeat(KeyTexts.MAX_LENGTH))))
        .hasSize(KeyTexts.MAX_LENGTH);
    assertThat(untyped.text("x".repeat(KeyTexts.MAX_LENGTH + 1))).hasSize(KeyTexts.MAX_LENGTH + 1);
  }

  @Test
  void keysOfATypeWithoutTextAreComparedAndNeverMade() {
    KeyTexts<SimpleKey> texts = texts(SimpleKey.class);
    SimpleKey key = new SimpleKey("a", "b");
    byte[] text = "SimpleKey [a, b]".getBytes(UTF_8);

    assertThat(texts.isExact()).isFalse();
    assertThat(texts.candidates(text)).isEmpty();
    assertThat(texts.text(key)).isEqualTo(text);
    assertThat(texts.matches(key, text)).isTrue();
    assertThat(texts.matches(new SimpleKey("a"), text)).isFalse();
    assertThatThrownBy(() -> texts.fresh(text))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "expected a org.springframework.cache.interceptor.SimpleKey, which cannot be made from"
                + " text, found \"SimpleKey [a, b]\"");
  }

  @ParameterizedTest
  @ValueSource(classes = {String.class, Long.class, UUID.class, Colour.class, LocalDate.class})
  void aTypeWithATextIsExact(Class<?> type) {
    assertThat(texts(type).isExact()).isTrue();
  }

  @Test
  void exactTextsAreOneKeyOrRefused() {
    KeyTexts<Integer> texts = texts(Integer.class);

    assertThat(texts.candidates("42".getBytes(UTF_8))).containsExactly(42);
    assertThat(texts.fresh("42".getBytes(UTF_8))).isEqualTo(42);
    assertThat(texts.text(42)).asString(UTF_8).isEqualTo("42");
    assertThat(texts.isReadBack(42)).isTrue();
    assertThat(texts.matches(42, "42".getBytes(UTF_8))).isFalse();
    assertThatThrownBy(() -> texts.candidates("x".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected a 32-bit integer, found \"x\"");
  }

  @Test
  void aCodecOfTheUsersIsExact() {
    KeyTexts<Named> texts = KeyTexts.of(Named.class, new NamedCodec());

    assertThat(texts.isExact()).isTrue();
    assertThat(texts.candidates("n".getBytes(UTF_8))).containsExactly(new Named("n"));
    assertThat(texts.text(new Named("n"))).asString(UTF_8).isEqualTo("n");
    assertThat(texts.text(new Named("\uD83D"))).isNull();
  }

  private static <K> KeyTexts<K> texts(Class<K> type) {
    return KeyTexts.of(type, TextCodecs.of(type, new Copier(null)));
  }

  enum Colour {
    RED {
      @Override
      public String toString() {
        return "Rot";
      }
    }
  }

  record Point(int x, int y) {}

  private static final class Plain {}

  private static final class Basket extends ArrayList<String> {
    @Override
    public String toString() {
      return "a basket of " + size();
    }
  }

  private record Named(String name) {
    @Override
    public String toString() {
      return name;
    }
  }

  private record Thrower(Throwable thrown) {
    @Override
    public String toString() {
      if (thrown instanceof Error e) {
        throw e;
      }
      throw (RuntimeException) thrown;
    }
  }

  private static final class NamedCodec implements Codec<Named> {
    @Override
    public Named copy(Named value) {
      return value;
    }

    @Override
    public byte[] toBytes(Named value) {
      return ByteText.encode(value.name());
    }

    @Override
    public Named fromBytes(byte[] bytes) {
      return new Named(ByteText.decode(bytes));
    }
  }
}
