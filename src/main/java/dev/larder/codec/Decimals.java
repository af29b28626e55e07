package dev.larder.codec;

import org.jspecify.annotations.Nullable;

/**
 * Whole numbers as Redis writes and reads them ({@code string2ll}): an optional minus and digits,
 * in the range of a {@code long}, and only the one shortest form: no plus, blanks, leading zeros,
 * {@code -0}.
 */
public final class Decimals {

  private static final int MAX_LENGTH = 20; // of -9223372036854775808

  private Decimals() {}

  /** The decimal form of a number, without a {@code String} in between. */
  public static byte[] toBytes(long value) {
    byte[] bytes = new byte[length(value)];
    // Negative, since -Long.MIN_VALUE is no long.
    long rest = value < 0 ? value : -value;
    int i = bytes.length;
    do {
      bytes[--i] = (byte) ('0' - rest % 10);
      rest /= 10;
    } while (rest != 0);
    if (value < 0) {
      bytes[0] = '-';
    }
    return bytes;
  }

  /** The number that these bytes are the decimal form of, or null. */
  public static @Nullable Long parse(byte[] bytes) {
    int length = bytes.length;
    if (length == 0 || length > MAX_LENGTH) {
      return null;
    }
    boolean negative = bytes[0] == '-';
    int first = negative ? 1 : 0;
    if (first == length || (bytes[first] == '0' && length > 1)) {
      return null;
    }
    long value = 0;
    for (int i = first; i < length; i++) {
      int digit = bytes[i] - '0';
      // Counts downwards for the sake of Long.MIN_VALUE.
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return null;
      }
      value = value * 10 - digit;
    }
    if (negative) {
      return value;
    }
    return value == Long.MIN_VALUE ? null : (Long) (-value);
  }

  /** The number that this text is the decimal form of, or null. */
  public static @Nullable Long parse(String text) {
    int length = text.length();
    if (length == 0 || length > MAX_LENGTH) {
      return null;
    }
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      bytes[i] = c < 0x80 ? (byte) c : -1;
    }
    return parse(bytes);
  }

  private static int length(long value) {
    int length = value < 0 ? 2 : 1;
    for (long rest = value / 10; rest != 0; rest /= 10) {
      length++;
    }
    return length;
  }
}
