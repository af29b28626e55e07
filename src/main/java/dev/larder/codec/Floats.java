package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Floating-point numbers as {@code INCRBYFLOAT} reads and writes them ({@code string2ld}, {@code
 * ld2string}). Redis computes with C's {@code long double}, which on x86 has 64 bits and a binary
 * exponent. Here numbers are exact, and of that type only its range is left: what Redis refuses to
 * read since it is too large, or no zero and yet too small, is refused here, too.
 */
public final class Floats {

  /** Redis has a buffer of 5 KB for them. It also keeps what follows here cheap. */
  private static final int MAX_LENGTH = 5119;

  private static final int MAX_INFINITY_LENGTH = "-infinity".length();

  private static final int MAX_DECIMALS = 17;

  /**
   * No number of {@link #MAX_LENGTH} digits comes back into range from this exponent, of 10 or 2.
   */
  private static final int MAX_EXPONENT = 1_000_000;

  // The largest number is 2^16384 - 2^16320. What is nearer to 2^16384, or as near, is too large.
  private static final int MAX_BINARY_MAGNITUDE = 16_384;
  private static final BigDecimal TOO_LARGE =
      twoTo(MAX_BINARY_MAGNITUDE).subtract(twoTo(MAX_BINARY_MAGNITUDE - 65));

  // The smallest number is 2^-16445. Half of it is too small: it rounds to zero.
  private static final int MIN_BINARY_MAGNITUDE = -16_445;

  /** Binary places kept of a hexadecimal number: enough to tell it from {@link #TOO_SMALL}. */
  private static final int MAX_HALVES = 2 - MIN_BINARY_MAGNITUDE;

  private static final BigDecimal TOO_SMALL = twoTo(MIN_BINARY_MAGNITUDE - 1);

  private static final int MAX_DECIMAL_MAGNITUDE = magnitude(TOO_LARGE);
  private static final int MIN_DECIMAL_MAGNITUDE = magnitude(TOO_SMALL);

  // Of both: sign, digits before and behind the point, exponent. Digits are ahead after the sign.
  private static final Pattern DECIMAL =
      Pattern.compile("([+-]?+)(?=\\.?[0-9])([0-9]*+)(?:\\.([0-9]*+))?+(?:[eE]([+-]?+[0-9]++))?+");
  private static final Pattern HEXADECIMAL =
      Pattern.compile(
          "([+-]?+)0[xX](?=\\.?[0-9a-fA-F])"
              + "([0-9a-fA-F]*+)(?:\\.([0-9a-fA-F]*+))?+(?:[pP]([+-]?+[0-9]++))?+");

  private static final Pattern INFINITY = Pattern.compile("(?i)[+-]?inf(?:inity)?");

  private Floats() {}

  /**
   * The finite number that this is the text of, or null.
   *
   * <p>The forms are those of C's {@code strtold}: {@code 5200}, {@code +.5}, {@code 5.}, {@code
   * 5.2E3} or, in hexadecimal and with a power of two, {@code 0x1.8p3}; with nothing around them,
   * and not longer than 5,119 bytes. A number is null if a {@code long double} would be infinite,
   * which is from 2<sup>16384</sup> - 2<sup>16319</sup> on, or zero without being written as zero,
   * which is up to 2<sup>-16446</sup>.
   */
  public static @Nullable BigDecimal parse(byte[] text) {
    if (text.length > MAX_LENGTH) {
      return null;
    }
    String number = new String(text, ISO_8859_1);
    Matcher decimal = DECIMAL.matcher(number);
    if (decimal.matches()) {
      return parse(decimal, 10);
    }
    Matcher hexadecimal = HEXADECIMAL.matcher(number);
    return hexadecimal.matches() ? parse(hexadecimal, 16) : null;
  }

  /** Whether this is {@code inf} or {@code infinity}, in any case and with or without a sign. */
  public static boolean isInfinite(byte[] text) {
    return text.length <= MAX_INFINITY_LENGTH
        && INFINITY.matcher(new String(text, ISO_8859_1)).matches();
  }

  /**
   * The text of a number: rounded half even to 17 decimals, with no zeros at the end of those, no
   * exponent, and {@code 0} for what rounds to zero. All the digits before the point are shown, so
   * it is for numbers about the size of those that {@link #parse} returns.
   */
  public static String print(BigDecimal value) {
    BigDecimal rounded =
        value.scale() > MAX_DECIMALS ? value.setScale(MAX_DECIMALS, RoundingMode.HALF_EVEN) : value;
    String text = rounded.toPlainString();
    // BigDecimal.stripTrailingZeros divides by ten for each zero: 1e4932 has many.
    return rounded.scale() > 0 ? withoutTrailingZeros(text) : text;
  }

  private static String withoutTrailingZeros(String text) {
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    if (text.charAt(end - 1) == '.') {
      end--;
    }
    return text.substring(0, end);
  }

  private static @Nullable BigDecimal parse(Matcher number, int radix) {
    String fraction = group(number, 3);
    String digits = withoutLeadingZeros(group(number, 2) + fraction);
    if (digits.isEmpty()) {
      return BigDecimal.ZERO; // whatever its exponent
    }
    int exponent = exponent(group(number, 4));
    BigDecimal absolute =
        radix == 10
            ? decimal(digits, exponent - fraction.length())
            : binary(new BigInteger(digits, radix), exponent - 4 * fraction.length());
    if (absolute == null
        || absolute.compareTo(TOO_LARGE) >= 0
        || absolute.compareTo(TOO_SMALL) <= 0) {
      return null;
    }
    return group(number, 1).equals("-") ? absolute.negate() : absolute;
  }

  /** {@code digits} × 10^{@code exponent}, or null if that is out of range by far. */
  private static @Nullable BigDecimal decimal(String digits, int exponent) {
    int magnitude = digits.length() + exponent;
    return magnitude > MAX_DECIMAL_MAGNITUDE || magnitude < MIN_DECIMAL_MAGNITUDE
        ? null
        : new BigDecimal(new BigInteger(digits), -exponent);
  }

  /** {@code value} × 2^{@code exponent}, or null if that is out of range by far. */
  private static @Nullable BigDecimal binary(BigInteger value, int exponent) {
    int magnitude = value.bitLength() + exponent;
    return magnitude > MAX_BINARY_MAGNITUDE || magnitude < MIN_BINARY_MAGNITUDE
        ? null
        : timesTwoTo(value, exponent);
  }

  private static BigDecimal timesTwoTo(BigInteger value, int exponent) {
    if (exponent >= 0) {
      return new BigDecimal(value.shiftLeft(exponent));
    }
    int zeros = Math.min(value.getLowestSetBit(), -exponent);
    BigInteger odd = value.shiftRight(zeros);
    int halves = -exponent - zeros;
    if (halves > MAX_HALVES) {
      // What is left of an odd number is less than that number: the last bit stands for the rest.
      odd = odd.shiftRight(halves - MAX_HALVES).setBit(0);
      halves = MAX_HALVES;
    }
    // A half is five tenths.
    return new BigDecimal(odd.multiply(BigInteger.valueOf(5).pow(halves)), halves);
  }

  private static BigDecimal twoTo(int exponent) {
    return timesTwoTo(BigInteger.ONE, exponent);
  }

  /** The number of digits before the point; of zeros behind it, if negative. */
  private static int magnitude(BigDecimal value) {
    return value.precision() - value.scale();
  }

  private static int exponent(String text) {
    int value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= '0') {
        value = Math.min(value * 10 + (c - '0'), MAX_EXPONENT);
      }
    }
    return text.startsWith("-") ? -value : value;
  }

  private static String withoutLeadingZeros(String digits) {
    int start = 0;
    while (start < digits.length() && digits.charAt(start) == '0') {
      start++;
    }
    return digits.substring(start);
  }

  private static String group(Matcher matcher, int group) {
    String text = matcher.group(group);
    return text == null ? "" : text;
  }
}
