package dev.larder.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.larder.CodecException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * Strings for arbitrary bytes, exactly: {@code encode(decode(bytes))} is {@code bytes}, for all
 * bytes.
 *
 * <p>Valid UTF-8 (shortest form, no surrogates, up to U+10FFFF: Unicode, table 3-7) is the text
 * that it is. Every byte that is not part of such a sequence becomes one <i>escape</i>, the lone
 * low surrogate U+DC00 + byte, of U+DC80–DCFF: no valid UTF-8 decodes to a lone surrogate. (The
 * same idea as Python's {@code surrogateescape}.)
 *
 * <pre>
 *   63 61 66 C3 A9     c a f é
 *   63 61 66 E9        c a f U+DCE9              ISO 8859-1
 *   C0 80              U+DCC0 U+DC80             overlong form of U+0000
 *   F0 9F 92           U+DCF0 U+DC9F U+DC92      cut short
 * </pre>
 *
 * <p>Not every string is such a text: {@link #encode} refuses one with any other lone surrogate,
 * and one whose escapes together are valid UTF-8 (U+DCC3 U+DCA9 is é), because their bytes would
 * come back as another string.
 */
public final class ByteText {

  private static final char REPLACEMENT = '\uFFFD';
  private static final char FIRST_ESCAPE = '\uDC80';
  private static final char LAST_ESCAPE = '\uDCFF';
  private static final int ESCAPE_BASE = 0xDC00;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long QUESTION_MARKS = '?' * 0x0101010101010101L;
  private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;

  private ByteText() {}

  /** The text of all the bytes. */
  public static String decode(byte[] bytes) {
    return decode(bytes, 0, bytes.length);
  }

  /**
   * The text of {@code length} bytes from {@code offset} on.
   *
   * @throws IndexOutOfBoundsException if the array does not have them
   */
  public static String decode(byte[] bytes, int offset, int length) {
    // The JDK's decoder is the fastest there is (it copies ASCII as it is). It puts U+FFFD for what
    // is not UTF-8, so without one in the text there was nothing to escape; the search ends at once
    // for a text of Latin-1 characters.
    String text = new String(bytes, offset, length, UTF_8);
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeEscaping(bytes, offset, offset + length);
  }

  /**
   * The bytes of a text.
   *
   * @throws CodecException if no bytes decode to this text
   */
  public static byte[] encode(String text) {
    // The JDK's encoder puts '?' for each lone surrogate and writes all else as it should.
    byte[] utf8 = text.getBytes(UTF_8);
    int questionMarks = countQuestionMarks(utf8);
    return questionMarks == 0 || questionMarks == countQuestionMarks(text)
        ? utf8
        : encodeEscapes(text);
  }

  private static String decodeEscaping(byte[] bytes, int from, int to) {
    char[] text = new char[to - from];
    int length = 0;
    for (int i = from; i < to; ) {
      int codePoint = bytes[i] >= 0 ? bytes[i] : multiByteCodePoint(bytes, i, to);
      if (codePoint < 0) {
        text[length++] = (char) (ESCAPE_BASE + (bytes[i] & 0xFF));
        i++;
      } else {
        length += Character.toChars(codePoint, text, length);
        i += utf8Length(codePoint);
      }
    }
    return new String(text, 0, length);
  }

  /** The code point whose valid sequence starts at a byte that is not ASCII, or -1. */
  private static int multiByteCodePoint(byte[] bytes, int at, int to) {
    int lead = bytes[at] & 0xFF;
    int continuations;
    int codePoint;
    if (lead >= 0xC2 && lead <= 0xDF) {
      continuations = 1;
      codePoint = lead & 0x1F;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
      continuations = 2;
      codePoint = lead & 0x0F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
      continuations = 3;
      codePoint = lead & 0x07;
    } else {
      return -1;
    }
    if (continuations >= to - at) {
      return -1;
    }
    for (int i = at + 1; i <= at + continuations; i++) {
      if ((bytes[i] & 0xC0) != 0x80) {
        return -1;
      }
      codePoint = codePoint << 6 | (bytes[i] & 0x3F);
    }
    boolean valid =
        Character.isValidCodePoint(codePoint)
            && utf8Length(codePoint) == continuations + 1
            && !isSurrogate(codePoint);
    return valid ? codePoint : -1;
  }

  private static byte[] encodeEscapes(String text) {
    byte[] bytes = new byte[byteLength(text)];
    int length = 0;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      int size = utf8Length(codePoint);
      int rest = codePoint;
      for (int last = length + size - 1; last > length; last--) {
        bytes[last] = (byte) (0x80 | (rest & 0x3F));
        rest >>= 6;
      }
      // Of U+DCxx the last byte is left, which is xx.
      bytes[length] = (byte) (size == 1 ? rest : 0xF00 >> size | rest);
      length += size;
    }
    requireEscapesNeeded(text, bytes);
    return bytes;
  }

  private static int byteLength(String text) {
    long length = 0;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      if (isSurrogate(codePoint) && !isEscape(codePoint)) {
        throw new CodecException(
            String.format(
                Locale.ROOT,
                "expected text that has bytes, found the lone surrogate U+%04X at index %d",
                codePoint,
                i));
      }
      length += utf8Length(codePoint);
    }
    return Math.toIntExact(length);
  }

  private static void requireEscapesNeeded(String text, byte[] bytes) {
    int at = 0;
    int codePoint;
    for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
      codePoint = text.codePointAt(i);
      if (isEscape(codePoint) && multiByteCodePoint(bytes, at, bytes.length) >= 0) {
        throw new CodecException(
            String.format(
                Locale.ROOT,
                "expected text that has bytes, found escapes of bytes that are UTF-8: U+%04X at"
                    + " index %d and what follows",
                codePoint,
                i));
      }
      at += utf8Length(codePoint);
    }
  }

  /** The number of bytes of a code point or, being one byte, an escape. */
  private static int utf8Length(int codePoint) {
    if (codePoint < 0x80 || isEscape(codePoint)) {
      return 1;
    }
    return codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  private static boolean isEscape(int codePoint) {
    return codePoint >= FIRST_ESCAPE && codePoint <= LAST_ESCAPE;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static int countQuestionMarks(String text) {
    int count = 0;
    for (int i = text.indexOf('?'); i >= 0; i = text.indexOf('?', i + 1)) {
      count++;
    }
    return count;
  }

  private static int countQuestionMarks(byte[] bytes) {
    int count = 0;
    int i = 0;
    for (; i <= bytes.length - Long.BYTES; i += Long.BYTES) {
      // Eight bytes at once: the high bit of each is set in the end if the byte is a '?'.
      long difference = (long) LONGS.get(bytes, i) ^ QUESTION_MARKS;
      long isZero = ~(((difference & LOW_BITS) + LOW_BITS) | difference | LOW_BITS);
      count += Long.bitCount(isZero);
    }
    for (; i < bytes.length; i++) {
      if (bytes[i] == '?') {
        count++;
      }
    }
    return count;
  }
}
