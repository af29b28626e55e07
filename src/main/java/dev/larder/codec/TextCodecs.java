package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The built-in codecs, by declared type of a cache's keys or values. One table says which types
 * have text and what it is; to that come {@code byte[]} (the bytes themselves) and enums (the
 * constant's name).
 *
 * <p>{@code fromBytes(toBytes(value))} equals the value, but for {@code -0.0}, shown as {@code 0},
 * and numbers of more than 10,000 digits, which are shown but not accepted. Floating-point numbers
 * look as {@code INCRBYFLOAT} leaves them: neither an exponent nor trailing zeros. {@code
 * BigDecimal} keeps its scale ({@code 1.10}). Dates and times are in their ISO 8601 form.
 *
 * <p>A value of any other class is shown as JSON, if there is a Jackson to write it ({@link Json}),
 * and never made from bytes: what a socket sends must not choose which constructors run.
 *
 * <p>A type that text can be assigned to ({@code Object}, {@code Serializable}, {@code
 * CharSequence}, …) shows each value by its class and makes strings of what it receives. Any other
 * type that is not in the table shows its values, and accepts nothing.
 *
 * <p>Keys have more to it, see {@link KeyTexts}.
 */
public final class TextCodecs {

  /** A longer number is refused: reading it would take too long for a thread that serves many. */
  private static final int MAX_DIGITS = 10_000;

  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(?:\\d++(?:\\.\\d*+)?|\\.\\d++)(?:[eE][+-]?\\d++)?");

  private static final int MAX_SHOWN_LENGTH = 64;

  // spotless:off
  private static final List<Text<?>> TEXTS = List.of(
      //   type                  is                                                   bytes from value      value from bytes
      text(String.class,         "text",                                              ByteText::encode,     ByteText::decode),
      text(Long.class,           "a 64-bit integer",                                  TextCodecs::integer,  Decimals::parse),
      text(Integer.class,        "a 32-bit integer",                                  TextCodecs::integer,  b -> integer(b, 32).intValue()),
      text(Short.class,          "a 16-bit integer",                                  TextCodecs::integer,  b -> integer(b, 16).shortValue()),
      text(Byte.class,           "an 8-bit integer",                                  TextCodecs::integer,  b -> integer(b, 8).byteValue()),
      text(Double.class,         "a number",                                          TextCodecs::floating, TextCodecs::parseDouble),
      text(Float.class,          "a number",                                          TextCodecs::floating, TextCodecs::parseFloat),
      text(BigInteger.class,     "an integer",                                        TextCodecs::javaText, b -> new BigInteger(number(b))),
      text(BigDecimal.class,     "a number",                                          TextCodecs::javaText, TextCodecs::parseBigDecimal),
      text(Boolean.class,        "true or false",                                     TextCodecs::javaText, TextCodecs::parseBoolean),
      text(Character.class,      "a character",                                       TextCodecs::unicode,  b -> character(ByteText.decode(b))),
      text(UUID.class,           "a UUID",                                            TextCodecs::javaText, TextCodecs::parseUuid),
      text(URI.class,            "a URI",                                             TextCodecs::unicode,  b -> URI.create(ByteText.decode(b))),
      text(LocalDate.class,      "a date like 2026-01-31",                            TextCodecs::javaText, b -> LocalDate.parse(ascii(b))),
      text(LocalTime.class,      "a time like 23:59:00",                              TextCodecs::javaText, b -> LocalTime.parse(ascii(b))),
      text(LocalDateTime.class,  "a time like 2026-01-31T23:59:00",                   TextCodecs::javaText, b -> LocalDateTime.parse(ascii(b))),
      text(OffsetDateTime.class, "a time like 2026-01-31T23:59:00+01:00",             TextCodecs::javaText, b -> OffsetDateTime.parse(ascii(b))),
      text(ZonedDateTime.class,  "a time like 2026-01-31T23:59+01:00[Europe/Berlin]", TextCodecs::javaText, b -> ZonedDateTime.parse(ascii(b))),
      text(Instant.class,        "a time like 2026-01-31T23:59:00Z",                  TextCodecs::javaText, b -> Instant.parse(ascii(b))),
      text(Duration.class,       "a duration like PT1H30M",                           TextCodecs::javaText, b -> Duration.parse(ascii(b))));
  // spotless:on

  private static final Map<Class<?>, Text<?>> BY_TYPE =
      TEXTS.stream().collect(Collectors.toUnmodifiableMap(Text::type, Function.identity()));

  private TextCodecs() {}

  /**
   * The codec for keys or values that are declared as {@code type}.
   *
   * @param copier makes the copies of values that can change
   */
  @SuppressWarnings("unchecked")
  public static <T> Codec<T> of(Class<T> type, Copier copier) {
    Codec<?> codec = BY_TYPE.get(type);
    if (codec == null) {
      if (type == byte[].class) {
        codec = Raw.INSTANCE;
      } else if (type.isEnum()) {
        codec = enumText(type);
      } else {
        codec = new Mixed<>(type, copier, new Json(copier.loader()));
      }
    }
    return (Codec<T>) codec;
  }

  /**
   * Whether {@code codec} shows {@code value} as JSON for want of a text of its own. Such a value
   * cannot be changed by its text; and showing it runs code of the application, which may take its
   * time.
   */
  public static boolean showsAsJson(Codec<?> codec, Object value) {
    return codec instanceof Mixed && !hasOwnText(value);
  }

  /** Whether this codec leaves the form of a text to the class of each single key or value. */
  public static boolean isMixed(Codec<?> codec) {
    return codec instanceof Mixed;
  }

  /** Whether this codec is the built-in one of strings. */
  static boolean isString(Codec<?> codec) {
    return codec == BY_TYPE.get(String.class);
  }

  /** What Spring puts into a cache for null. */
  private static boolean isSpringsNull(Object value) {
    return value.getClass().getName().equals("org.springframework.cache.support.NullValue");
  }

  private static boolean hasOwnText(Object value) {
    return BY_TYPE.containsKey(value.getClass())
        || value instanceof Enum<?>
        || value instanceof byte[]
        || isSpringsNull(value);
  }

  /**
   * The text of a value by its class alone, null if the class has none.
   *
   * @throws CodecException if the class has text, but not this value
   */
  @SuppressWarnings("unchecked")
  static byte @Nullable [] ownText(Object value) {
    Text<?> text = BY_TYPE.get(value.getClass());
    if (text != null) {
      return ((Text<Object>) text).toBytes(value);
    }
    if (value instanceof byte[] bytes) {
      return bytes;
    }
    if (value instanceof Enum<?> constant) {
      return ByteText.encode(constant.name());
    }
    return isSpringsNull(value) ? ByteText.encode("null") : null;
  }

  /** Immutable values that are text of one form. */
  private record Text<T>(
      Class<T> type,
      String expected,
      Function<T, byte[]> encoder,
      Function<byte[], @Nullable T> decoder)
      implements Codec<T> {

    @Override
    public T copy(T value) {
      return value;
    }

    @Override
    public byte[] toBytes(T value) {
      return encoder.apply(value);
    }

    @Override
    public T fromBytes(byte[] bytes) {
      T value;
      try {
        value = decoder.apply(bytes);
      } catch (IllegalArgumentException | DateTimeException e) { // also NumberFormatException
        value = null;
      }
      if (value == null) {
        throw new CodecException("expected " + expected + ", found " + shown(bytes));
      }
      return value;
    }

    @Override
    @SuppressWarnings("unchecked") // a string is a T where T is String
    public T fromBytes(byte[] array, int from, int length) {
      return type == String.class
          ? (T) ByteText.decode(array, from, length)
          : Codec.super.fromBytes(array, from, length);
    }
  }

  private enum Raw implements Codec<byte[]> {
    INSTANCE;

    @Override
    public byte[] copy(byte[] value) {
      return value.clone();
    }

    @Override
    public byte[] toBytes(byte[] value) {
      return value;
    }

    @Override
    public byte[] fromBytes(byte[] bytes) {
      return bytes;
    }
  }

  /** Values of any class. */
  private record Mixed<T>(Class<T> type, Copier copier, Json json) implements Codec<T> {

    @Override
    public T copy(T value) {
      return copier.copy(value);
    }

    @Override
    public byte[] toBytes(T value) {
      byte[] text = ownText(value);
      return text != null ? text : json.toBytes(value);
    }

    @Override
    public T fromBytes(byte[] bytes) {
      if (!type.isAssignableFrom(String.class)) {
        throw new CodecException(
            "expected a "
                + type.getTypeName()
                + ", which cannot be made from text, found "
                + shown(bytes));
      }
      return type.cast(ByteText.decode(bytes));
    }
  }

  private static <T> Text<T> text(
      Class<T> type,
      String expected,
      Function<T, byte[]> encoder,
      Function<byte[], @Nullable T> decoder) {
    return new Text<>(type, expected, encoder, decoder);
  }

  private static <T> Text<T> enumText(Class<T> type) {
    T[] constants = type.getEnumConstants();
    Map<String, T> byName =
        Arrays.stream(constants)
            .collect(Collectors.toUnmodifiableMap(TextCodecs::name, Function.identity()));
    String names = Arrays.stream(constants).map(TextCodecs::name).collect(Collectors.joining(", "));
    return text(
        type,
        "one of " + names,
        constant -> ByteText.encode(name(constant)),
        bytes -> byName.get(ByteText.decode(bytes)));
  }

  private static String name(Object constant) {
    return ((Enum<?>) constant).name();
  }

  private static byte[] integer(Number value) {
    return Decimals.toBytes(value.longValue());
  }

  private static Long integer(byte[] bytes, int bits) {
    Long value = Decimals.parse(bytes);
    int unused = Long.SIZE - bits;
    if (value == null || value != value << unused >> unused) {
      throw new NumberFormatException();
    }
    return value;
  }

  private static byte[] floating(Number value) {
    double number = value.doubleValue();
    if (number == (long) number && Math.abs(number) < 1L << 53) {
      return Decimals.toBytes((long) number);
    }
    if (Double.isNaN(number)) {
      return ascii("nan");
    }
    if (Double.isInfinite(number)) {
      return ascii(number > 0 ? "inf" : "-inf");
    }
    // Java's text has the fewest digits that are this value in its own type, float or double.
    return ascii(new BigDecimal(value.toString()).stripTrailingZeros().toPlainString());
  }

  private static Double parseDouble(byte[] bytes) {
    Double special = special(bytes);
    return special != null ? special : (Double) finite(Double.parseDouble(number(bytes)));
  }

  private static Float parseFloat(byte[] bytes) {
    Double special = special(bytes);
    return special != null ? special.floatValue() : (float) finite(Float.parseFloat(number(bytes)));
  }

  private static @Nullable Double special(byte[] bytes) {
    return switch (ascii(bytes)) {
      case "inf", "+inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      case "nan" -> Double.NaN;
      default -> null;
    };
  }

  private static double finite(double value) {
    if (Double.isInfinite(value)) {
      throw new NumberFormatException(); // too large for the type
    }
    return value;
  }

  private static BigDecimal parseBigDecimal(byte[] bytes) {
    BigDecimal value = new BigDecimal(number(bytes));
    if (Math.abs((long) value.scale()) > MAX_DIGITS) {
      throw new NumberFormatException();
    }
    return value;
  }

  /** The text of a decimal number; the JDK's parsers also take blanks, 1d, 0x1p3, other digits. */
  private static String number(byte[] bytes) {
    String text = bytes.length <= MAX_DIGITS ? ascii(bytes) : "";
    if (!NUMBER.matcher(text).matches()) {
      throw new NumberFormatException();
    }
    return text;
  }

  private static @Nullable Boolean parseBoolean(byte[] bytes) {
    return switch (ascii(bytes)) {
      case "true" -> Boolean.TRUE;
      case "false" -> Boolean.FALSE;
      default -> null;
    };
  }

  private static @Nullable UUID parseUuid(byte[] bytes) {
    String text = ascii(bytes);
    UUID uuid = UUID.fromString(text);
    return uuid.toString().equalsIgnoreCase(text) ? uuid : null; // Java would take 1-2-3-4-5
  }

  private static @Nullable Character character(String text) {
    return text.length() == 1 ? (Character) text.charAt(0) : null;
  }

  private static byte[] unicode(Object value) {
    return ByteText.encode(value.toString());
  }

  private static byte[] javaText(Object value) {
    return ascii(value.toString());
  }

  private static byte[] ascii(String text) {
    return text.getBytes(ISO_8859_1);
  }

  private static String ascii(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  /** Bytes as a message shows them: quoted, on one line, and not too many. */
  private static String shown(byte[] bytes) {
    StringBuilder shown = new StringBuilder("\"");
    for (int i = 0; i < Math.min(bytes.length, MAX_SHOWN_LENGTH); i++) {
      int b = bytes[i] & 0xFF;
      if (b == '"' || b == '\\') {
        shown.append('\\').append((char) b);
      } else if (b >= ' ' && b <= '~') {
        shown.append((char) b);
      } else {
        shown.append(String.format(Locale.ROOT, "\\x%02x", b));
      }
    }
    shown.append('"');
    return bytes.length <= MAX_SHOWN_LENGTH
        ? shown.toString()
        : shown + "… (" + bytes.length + " bytes)";
  }
}
