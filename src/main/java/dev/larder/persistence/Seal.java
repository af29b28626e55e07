package dev.larder.persistence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Lines in a log by which damage is noticed: {@code #CRC32C:1a2b3c4d}, the checksum of all bytes
 * since the line of this kind before, or the beginning of the file; {@code #CRC32C:-} begins anew.
 * Redis passes over lines that begin with {@code #}, and writes none of these: what it has appended
 * is not checked.
 */
final class Seal {
  /** What every such line has before the checksum. */
  static final String NAME = "#CRC32C:";

  static final int LENGTH = NAME.length() + 8 + 2;

  private static final String BEGINNING = "-";
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{8}");

  private Seal() {}

  /** The line before bytes that are the first to be checked. */
  static ByteBuffer beginning() {
    return line(BEGINNING);
  }

  /** The line behind bytes of this checksum. */
  static ByteBuffer of(CRC32C crc) {
    return line(text(crc.getValue()));
  }

  private static ByteBuffer line(String text) {
    return ByteBuffer.wrap((NAME + text + "\r\n").getBytes(StandardCharsets.US_ASCII))
        .asReadOnlyBuffer();
  }

  private static String text(long checksum) {
    return String.format(Locale.ROOT, "%08x", checksum);
  }

  /** Whether a line, without its end, is one of these. */
  static boolean is(String line) {
    return line.startsWith(NAME)
        && (line.substring(NAME.length()).equals(BEGINNING)
            || CHECKSUM.matcher(line.substring(NAME.length())).matches());
  }

  /** What is wrong with a line behind bytes of this checksum; null if nothing. */
  static @Nullable String fault(String line, long checksum) {
    String expected = line.substring(NAME.length());
    return expected.equals(BEGINNING) || expected.equals(text(checksum))
        ? null
        : "expected the checksum " + expected + ", found " + text(checksum);
  }
}
