package dev.larder.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class TextCodecsTest {

  private static final Copier COPIER = new Copier(TextCodecsTest.class.getClassLoader());
  private static final UUID A_UUID = UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e");

  static List<Arguments> valuesAndTexts() {
    return List.of(
        Arguments.of("text \u00E9", "text \u00E9"),
        Arguments.of("", ""),
        Arguments.of(42L, "42"),
        Arguments.of(Long.MIN_VALUE, "-9223372036854775808"),
        Arguments.of(-7, "-7"),
        Arguments.of((short) 8, "8"),
        Arguments.of((byte) -128, "-128"),
        Arguments.of(3.0, "3"),
        Arguments.of(0.1, "0.1"),
        Arguments.of(-10.5, "-10.5"),
        Arguments.of(1e20, "100000000000000000000"),
        Arguments.of(1.5e-7, "0.00000015"),
        Arguments.of(Double.POSITIVE_INFINITY, "inf"),
        Arguments.of(Double.NEGATIVE_INFINITY, "-inf"),
        Arguments.of(Double.NaN, "nan"),
        Arguments.of(0.1f, "0.1"),
        Arguments.of(16777216f, "16777216"),
        Arguments.of(Float.NaN, "nan"),
        Arguments.of(new BigInteger("123456789012345678901"), "123456789012345678901"),
        Arguments.of(new BigDecimal("1.10"), "1.10"),
        Arguments.of(new BigDecimal("1E+3"), "1E+3"),
        Arguments.of(true, "true"),
        Arguments.of(false, "false"),
        Arguments.of(A_UUID, "0f8fad5b-d9cb-469f-a165-70867728950e"),
        Arguments.of('\u00E9', "\u00E9"),
        Arguments.of(' ', " "),
        Arguments.of(URI.create("urn:a:\u00E9?x=%20#"), "urn:a:\u00E9?x=%20#"),
        Arguments.of(LocalDate.of(2026, 1, 31), "2026-01-31"),
        Arguments.of(LocalDate.MIN, "-999999999-01-01"),
        Arguments.of(LocalTime.of(23, 59), "23:59"),
        Arguments.of(LocalDateTime.of(2026, 1, 31, 0, 0, 0, 1), "2026-01-31T00:00:00.000000001"),
        Arguments.of(
            OffsetDateTime.parse("2026-01-31T12:00:01+01:00"), "2026-01-31T12:00:01+01:00"),
        Arguments.of(
            ZonedDateTime.parse("2026-10-25T02:30+01:00[Europe/Berlin]"), // the second 02:30
            "2026-10-25T02:30+01:00[Europe/Berlin]"),
        Arguments.of(Instant.EPOCH, "1970-01-01T00:00:00Z"),
        Arguments.of(Instant.MAX, "+1000000000-12-31T23:59:59.999999999Z"),
        Arguments.of(Duration.ofMinutes(90), "PT1H30M"),
        Arguments.of(Duration.ofMillis(-1), "PT-0.001S"),
        Arguments.of(Duration.ofSeconds(Long.MIN_VALUE), "PT-2562047788015215H-30M-8S"),
        Arguments.of(Colour.RED, "RED"));
  }

  @ParameterizedTest
  @MethodSource("valuesAndTexts")
  void aValueIsShownAsTextAndTheTextIsTheValue(Object value, String text) {
    Codec<Object> codec = codecFor(value);

    assertThat(codec.toBytes(value)).asString(UTF_8).isEqualTo(text);
    assertThat(codec.fromBytes(text.getBytes(UTF_8))).isEqualTo(value);
    byte[] within = ("<" + text + ">").getBytes(UTF_8);
    assertThat(codec.fromBytes(within, 1, within.length - 2)).isEqualTo(value);
    assertThat(codec.copy(value)).isSameAs(value);
  }

  @ParameterizedTest
  @MethodSource("valuesAndTexts")
  void anUntypedCacheShowsTheSameAndTakesText(Object value, String text) {
    Codec<Object> codec = TextCodecs.of(Object.class, COPIER);

    assertThat(codec.toBytes(value)).asString(UTF_8).isEqualTo(text);
    assertThat(codec.fromBytes(text.getBytes(UTF_8))).isEqualTo(text);
  }

  @Test
  void floatingPointNumbersComeBack() {
    Codec<Double> doubles = TextCodecs.of(Double.class, COPIER);
    Codec<Float> floats = TextCodecs.of(Float.class, COPIER);
    Random random = new Random(1);
    for (int i = 0; i < 5_000; i++) {
      Double d = Double.longBitsToDouble(random.nextLong());
      Float f = Float.intBitsToFloat(random.nextInt());
      if (!doubles.fromBytes(doubles.toBytes(d)).equals(d)
          || !floats.fromBytes(floats.toBytes(f)).equals(f)) {
        throw new AssertionError(d + " or " + f);
      }
    }
    assertThat(doubles.toBytes(-0.0)).asString(UTF_8).isEqualTo("0");
    assertThat(doubles.fromBytes("+1.e2".getBytes(UTF_8))).isEqualTo(100);
    assertThat(doubles.fromBytes(".5".getBytes(UTF_8))).isEqualTo(0.5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "java.lang.Long       | 01                     | a 64-bit integer",
        "java.lang.Long       | 9223372036854775808    | a 64-bit integer",
        "java.lang.Integer    | 2147483648             | a 32-bit integer",
        "java.lang.Integer    | -2147483649            | a 32-bit integer",
        "java.lang.Short      | 32768                  | a 16-bit integer",
        "java.lang.Byte       | 128                    | an 8-bit integer",
        "java.lang.Double     | 1d                     | a number",
        "java.lang.Double     | 0x10                   | a number",
        "java.lang.Double     | ' 1'                   | a number",
        "java.lang.Double     | 1e400                  | a number",
        "java.lang.Double     | Infinity               | a number",
        "java.lang.Double     | ''                     | a number",
        "java.lang.Double     | .                      | a number",
        "java.lang.Float      | 1e39                   | a number",
        "java.math.BigInteger | 1.5                    | an integer",
        "java.math.BigDecimal | 1e1000000000           | a number",
        "java.math.BigDecimal | one                    | a number",
        "java.lang.Boolean    | TRUE                   | true or false",
        "java.util.UUID       | 1-2-3-4-5              | a UUID",
        "java.lang.Character  | ab                     | a character",
        "java.lang.Character  | ''                     | a character",
        "java.net.URI         | a b                    | a URI",
        "java.time.LocalDate  | 2026-02-29             | a date like 2026-01-31",
        "java.time.LocalTime  | 24:00                  | a time like 23:59:00",
        "java.time.LocalDateTime  | 2026-01-31         | a time like 2026-01-31T23:59:00",
        "java.time.OffsetDateTime | 2026-01-31T00:00   | a time like 2026-01-31T23:59:00+01:00",
        "java.time.ZonedDateTime  | 2026-01-31T00:00   | a time like 2026-01-31T23:59+01:00[Europe/Berlin]",
        "java.time.Instant    | 1769900340             | a time like 2026-01-31T23:59:00Z",
        "java.time.Duration   | 90                     | a duration like PT1H30M",
        "java.time.Duration   | PT9999999999999999999S | a duration like PT1H30M",
        "dev.larder.codec.TextCodecsTest$Colour | red  | one of RED, GREEN",
      })
  void otherTextIsRefusedWithWhatWasExpectedAndFound(Class<?> type, String text, String expected) {
    assertThatThrownBy(() -> TextCodecs.of(type, COPIER).fromBytes(text.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected " + expected + ", found \"" + text + "\"");
  }

  @Test
  void digitsOfOtherScriptsAreRefused() {
    for (Class<?> type :
        List.of(Double.class, BigDecimal.class, BigInteger.class, Long.class, Duration.class)) {
      assertThatThrownBy(() -> TextCodecs.of(type, COPIER).fromBytes("\u0661".getBytes(UTF_8)))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("found \"\\xd9\\xa1\"");
    }
  }

  @Test
  void hugeNumbersAreRefusedAndNotShownInFull() {
    assertThatThrownBy(
            () ->
                TextCodecs.of(BigInteger.class, COPIER)
                    .fromBytes("9".repeat(1_000_000).getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected an integer, found \"" + "9".repeat(64) + "\"\u2026 (1000000 bytes)");
  }

  @Test
  void aFoundTextIsShownOnOneLine() {
    assertThatThrownBy(
            () -> TextCodecs.of(Long.class, COPIER).fromBytes("a\r\n\"\\\0".getBytes(UTF_8)))
        .hasMessage("expected a 64-bit integer, found \"a\\x0d\\x0a\\\"\\\\\\x00\"");
  }

  @Test
  void byteArraysAreTheirBytes() {
    Codec<byte[]> codec = TextCodecs.of(byte[].class, COPIER);
    byte[] value = {0, -1};

    assertThat(codec.toBytes(value)).isSameAs(value);
    assertThat(codec.fromBytes(value)).isSameAs(value);
    assertThat(codec.copy(value)).isEqualTo(value).isNotSameAs(value);
    assertThat(TextCodecs.of(Object.class, COPIER).toBytes(value)).isEqualTo(value);
  }

  @Test
  void bytesThatAreNotUtf8PassThroughAsText() {
    Codec<String> codec = TextCodecs.of(String.class, COPIER);
    byte[] bytes = {'a', -1};

    assertThat(codec.toBytes(codec.fromBytes(bytes))).isEqualTo(bytes);
    assertThatThrownBy(() -> codec.toBytes("\uD800")).isInstanceOf(CodecException.class);
  }

  @Test
  void otherObjectsAreShownAndNotMadeFromText() {
    for (Class<?> type : List.of(Object.class, Date.class)) {
      assertThat(codec(type).toBytes(new Date(1))).asString(UTF_8).startsWith("\"1970-01-01T");
    }
    assertThatThrownBy(() -> codec(Date.class).fromBytes("x".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessage("expected a java.util.Date, which cannot be made from text, found \"x\"");
  }

  @Test
  void aCharacterIsNoHalfOfOne() {
    assertThatThrownBy(() -> codec(Character.class).toBytes('\uD83D'))
        .isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> codec(Character.class).fromBytes("\uD83D\uDE00".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class);
    assertThat(codec(Character.class).fromBytes(new byte[] {-1})).isEqualTo('\uDCFF');
  }

  @Test
  void timesComeBack() {
    Random random = new Random(1);
    Codec<Object> instants = codec(Instant.class);
    Codec<Object> durations = codec(Duration.class);
    Codec<Object> zoned = codec(ZonedDateTime.class);
    List<String> zones = ZoneId.getAvailableZoneIds().stream().sorted().toList();
    for (int i = 0; i < 5_000; i++) {
      Duration duration =
          Duration.ofSeconds(random.nextLong() >> random.nextInt(64), random.nextInt(1 << 30));
      Instant instant = Instant.ofEpochSecond(random.nextLong() >> 29, random.nextInt(1 << 30));
      ZonedDateTime time = instant.atZone(ZoneId.of(zones.get(random.nextInt(zones.size()))));
      assertThat(durations.fromBytes(durations.toBytes(duration))).isEqualTo(duration);
      assertThat(instants.fromBytes(instants.toBytes(instant))).isEqualTo(instant);
      assertThat(zoned.fromBytes(zoned.toBytes(time))).isEqualTo(time);
    }
  }

  @Test
  void aWiderTypeShowsWhatItsValuesAreAndTakesTextIfThatFits() {
    assertThat(codec(Number.class).toBytes(5L)).asString(UTF_8).isEqualTo("5");
    assertThatThrownBy(() -> codec(Number.class).fromBytes("5".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class);
    assertThat(codec(CharSequence.class).fromBytes("5".getBytes(UTF_8))).isEqualTo("5");
    assertThat(codec(Serializable.class).fromBytes("5".getBytes(UTF_8))).isEqualTo("5");
  }

  @Test
  void valuesThatCanChangeAreCopiedByTheCopier() {
    Object value = new ArrayList<>(List.of("a"));

    assertThat(codec(Object.class).copy(value)).isEqualTo(value).isNotSameAs(value);
  }

  @Test
  void textDoesNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      assertThat(codec(Object.class).toBytes(1.5)).asString(UTF_8).isEqualTo("1.5");
      assertThatThrownBy(() -> codec(Long.class).fromBytes(new byte[] {-1}))
          .hasMessageEndingWith("\"\\xff\"");
    } finally {
      Locale.setDefault(before);
    }
  }

  @SuppressWarnings("unchecked")
  private static Codec<Object> codec(Class<?> type) {
    return (Codec<Object>) TextCodecs.of(type, COPIER);
  }

  private static Codec<Object> codecFor(Object value) {
    return codec(
        value instanceof Enum<?> constant ? constant.getDeclaringClass() : value.getClass());
  }

  enum Colour {
    RED {},
    GREEN
  }
}
