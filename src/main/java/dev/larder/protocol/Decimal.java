package dev.larder.protocol;

import java.math.BigDecimal;
import java.math.MathContext;

/**
 * Decimal numbers as Redis writes and accepts them.
 *
 * <p>An integer is accepted in its one canonical form only ({@code string2ll} of Redis): no blank,
 * no {@code +}, no leading zero, no {@code -0}, nothing beyond 64 bits. So a value that was
 * accepted and is printed again has the same bytes.
 *
 * <p>A double is printed with the fewest digits that read back as the same double, without {@code
 * .0}, and with an exponent only where the plain form would be long ({@code d2string} of Redis
 * 7.2). Java's own {@code Double.toString} has another layout ({@code 1.0E20}) and, before JDK 19,
 * now and then a digit too many, so digits and layout are both made here:
 *
 * <pre>
 *   3   -2.5   0.1   0.000001   1e-7   1.5e-7   1e+20   4611686018427387904   inf   nan   -0
 * </pre>
 */
final class Decimal {
  /** Bytes that the longest 64-bit integer takes: a sign and 19 digits. */
  static final int MAX_LENGTH = 20;

  /** Doubles up to here that are whole are printed through a long, all digits, as Redis does. */
  private static final double MAX_WHOLE = 0x1p62;

  /** Any decimal of so many digits survives the way to double and back. */
  private static final int SAFE_DIGITS = 15;

  private Decimal() {}

  /**
   * Returns the integer whose canonical form is {@code bytes[from, to)}.
   *
   * @throws NumberFormatException if that is not a canonical 64-bit integer
   */
  static long parse(byte[] bytes, int from, int to) {
    int i = from;
    boolean negative = i < to && bytes[i] == '-';
    if (negative) {
      i++;
    }
    int digits = to - i;
    if (digits < 1 || digits > 19 || (bytes[i] == '0' && (digits > 1 || negative))) {
      throw notCanonical(bytes, from, to);
    }
    // Nineteen digits fit into an unsigned long, so one test after the loop sees every overflow.
    long value = 0;
    for (; i < to; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw notCanonical(bytes, from, to);
      }
      value = value * 10 + digit;
    }
    if (negative) {
      value = -value;
    }
    // Zero is only ever non-negative here, and Long.MIN_VALUE negates to itself: both pass.
    if (negative != value < 0) {
      throw notCanonical(bytes, from, to);
    }
    return value;
  }

  private static NumberFormatException notCanonical(byte[] bytes, int from, int to) {
    return new NumberFormatException(
        "Expected a canonical 64-bit integer but was " + Request.quoted(bytes, from, to));
  }

  /**
   * Writes the digits of {@code value} to {@code target} from {@code at} on, at most {@link
   * #MAX_LENGTH} bytes, and returns the index after the last one.
   */
  static int write(long value, byte[] target, int at) {
    // Works on the negative side, the only one that holds all values.
    long rest = value;
    int next = at;
    if (rest < 0) {
      target[next++] = '-';
    } else {
      rest = -rest;
    }
    int end = next + length(rest);
    int i = end;
    do {
      long quotient = rest / 10;
      target[--i] = (byte) ('0' + (quotient * 10 - rest));
      rest = quotient;
    } while (rest != 0);
    return end;
  }

  /** The number of digits of a value that is zero or negative, without its sign. */
  private static int length(long negative) {
    int length = 1;
    long bound = -10;
    while (length < 19 && negative <= bound) {
      length++;
      bound *= 10;
    }
    return length;
  }

  /** The text of a double, as in the class comment. */
  static String text(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0" : "0";
    }
    if (Math.abs(value) <= MAX_WHOLE && value == Math.rint(value)) {
      return Long.toString((long) value);
    }
    BigDecimal shortest = shortest(Math.abs(value));
    String digits = shortest.unscaledValue().toString();
    return (value < 0 ? "-" : "") + layout(digits, -shortest.scale());
  }

  /** The decimal with the fewest digits that reads back as {@code value}, which is positive. */
  private static BigDecimal shortest(double value) {
    BigDecimal best = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    // No two decimals of so few digits are the same double, so no shorter one can exist; but
    // subnormal doubles have fewer digits than that.
    if (best.precision() <= SAFE_DIGITS && value >= Double.MIN_NORMAL) {
      return best;
    }
    BigDecimal exact = new BigDecimal(value);
    for (int digits = best.precision(); digits > 0; digits = best.precision() - 1) {
      BigDecimal nearest = exact.round(new MathContext(digits)).stripTrailingZeros();
      if (nearest.doubleValue() != value) {
        break;
      }
      best = nearest;
    }
    return best;
  }

  /** Lays out {@code digits * 10^exponent} by the rules of Redis' {@code emit_digits}. */
  private static String layout(String digits, int exponent) {
    int magnitude = exponent + digits.length() - 1;
    if (exponent >= 0 && magnitude < digits.length() + 7) {
      return digits + "0".repeat(exponent);
    }
    if (exponent < 0 && (exponent > -7 || Math.abs(magnitude) < 4)) {
      int point = digits.length() + exponent;
      return point > 0
          ? digits.substring(0, point) + "." + digits.substring(point)
          : "0." + "0".repeat(-point) + digits;
    }
    String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
    return digits.charAt(0) + fraction + (magnitude < 0 ? "e-" : "e+") + Math.abs(magnitude);
  }
}
