package dev.larder.rdb;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The lower half of reading: numbers, lengths and texts, out of a buffer, with the checksum of what
 * was read.
 *
 * <p>The bytes may be damaged or hostile. A length is compared with what is left before it is
 * believed; where nobody knows what is left, an array grows with what arrives. So nothing larger is
 * allocated than the bytes that are there, and what may come of compressed ones. Whatever is read
 * costs at least a byte, so that no number of things can keep the reader busy behind the end.
 */
final class RdbInput {
  static final int UNKNOWN = -1;

  private static final int CAPACITY = 128 << 10;
  private static final int MAX_NUMBER = Long.BYTES;
  private static final int MAX_LENGTH = Integer.MAX_VALUE - 8;

  private final InputStream in;
  private final String name;
  private final long size;

  // buffer[next, end) is unread, buffer[unchecked, next) read but not yet in the checksum.
  private final byte[] buffer;
  private int unchecked;
  private int next;
  private int end;
  private long checksum;

  /** The place of {@code buffer[0]} in the whole. */
  private long start;

  /** Where the thing that is being read began: the place that errors tell. */
  private long mark;

  /**
   * Reads this stream.
   *
   * @param size of all bytes, no more are taken from the stream; or {@link #UNKNOWN}
   */
  RdbInput(InputStream in, long size, String name) {
    this.in = in;
    this.size = size < 0 ? UNKNOWN : size;
    this.buffer = new byte[size < 0 ? CAPACITY : (int) Math.min(CAPACITY, size + MAX_NUMBER)];
    this.name = name;
  }

  String name() {
    return name;
  }

  long position() {
    return start + next;
  }

  /** What is read next is one thing: errors tell where it began. */
  void mark() {
    mark = position();
  }

  RdbException error(String expected, String found) {
    return new RdbException(
        name + ", byte " + mark + ": expected " + expected + ", found " + found);
  }

  /** The checksum of all bytes read. */
  long checksum() {
    checksum = Crc64.update(checksum, buffer, unchecked, next);
    unchecked = next;
    return checksum;
  }

  boolean atEnd() throws IOException {
    return next == end && !fill();
  }

  int oneByte(String expected) throws IOException {
    require(1, expected);
    return buffer[next++] & 0xff;
  }

  /** A number of up to 8 bytes, the lowest first. The highest one has no sign. */
  long little(int bytes, String expected) throws IOException {
    require(bytes, expected);
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number |= (buffer[next++] & 0xffL) << 8 * i;
    }
    return number;
  }

  /** A length that means something else: all of its 64 bits may be used. */
  long bits(String expected) throws IOException {
    mark();
    return bits(oneByte(expected), expected);
  }

  private long bits(int head, String expected) throws IOException {
    if (head < Format.LENGTH_OF_14_BITS) {
      return head;
    }
    if (head < Format.LENGTH_OF_32_BITS) {
      return (head & 0x3fL) << 8 | oneByte(expected);
    }
    if (head == Format.LENGTH_OF_32_BITS) {
      return Integer.reverseBytes((int) little(Integer.BYTES, expected)) & 0xffff_ffffL;
    }
    if (head == Format.LENGTH_OF_64_BITS) {
      return Long.reverseBytes(little(Long.BYTES, expected));
    }
    throw error(expected, "a length that begins with byte 0x" + Integer.toHexString(head));
  }

  /** How many things follow, each of which has at least so many bytes. */
  long count(String things, int bytesEach) throws IOException {
    long count = bits("the number of " + things);
    long most = left() / bytesEach;
    if (count < 0 || count > most) {
      throw error(
          "at most " + most + " " + things, Long.toUnsignedString(count) + " of them announced");
    }
    return count;
  }

  /** A text in any of its forms. */
  byte[] text(String what) throws IOException {
    mark();
    int head = oneByte(what);
    if (head < Format.ENCODED) {
      return bytes(length(head, what), what);
    }
    int kind = head & ~Format.ENCODED;
    return kind == Format.LZF ? decompressed(what) : decimal(kind, what);
  }

  void skipText(String what) throws IOException {
    mark();
    int head = oneByte(what);
    if (head < Format.ENCODED) {
      skip(length(head, what), what);
    } else if ((head & ~Format.ENCODED) == Format.LZF) {
      int compressed = length(oneByte(what), what);
      length(compressed, what, Lzf.MOST_OUT_OF_ONE);
      skip(compressed, what);
    } else {
      decimal(head & ~Format.ENCODED, what);
    }
  }

  void skip(long bytes, String what) throws IOException {
    long missing = bytes - (end - next);
    while (missing > 0) {
      next = end;
      if (!fill()) {
        throw ended(bytes, what, bytes - missing);
      }
      missing -= end - next;
    }
    next = (int) (end + missing);
  }

  /** The length of a text, which must not be longer than what is left. */
  private int length(int head, String what) throws IOException {
    long length = bits(head, what);
    if (length < 0 || length > MAX_LENGTH) {
      throw error(
          what + " of at most " + MAX_LENGTH + " bytes",
          "one of " + Long.toUnsignedString(length) + " announced");
    }
    if (length > left()) {
      throw ended(length, what, left());
    }
    return (int) length;
  }

  /** The length of a text that so many bytes are to be decompressed to. */
  private int length(int compressed, String what, int mostOutOfOne) throws IOException {
    long length = bits(oneByte(what), what);
    if (length <= 0 || length > Math.min(MAX_LENGTH, (long) compressed * mostOutOfOne)) {
      throw error(
          "a length that " + compressed + " compressed bytes of " + what + " can have",
          Long.toUnsignedString(length));
    }
    return (int) length;
  }

  private byte[] decompressed(String what) throws IOException {
    int compressed = length(oneByte(what), what);
    int length = length(compressed, what, Lzf.MOST_OUT_OF_ONE);
    boolean sound;
    byte[] text;
    if (compressed <= buffer.length) {
      require(compressed, what);
      text = allocate(length, what);
      sound = Lzf.decompress(buffer, next, next + compressed, text);
      next += compressed;
    } else {
      byte[] bytes = bytes(compressed, what);
      text = allocate(length, what);
      sound = Lzf.decompress(bytes, 0, compressed, text);
    }
    if (!sound) {
      throw error(
          what + " of " + length + " bytes",
          compressed + " bytes that LZF cannot decompress to it");
    }
    return text;
  }

  private byte[] decimal(int kind, String what) throws IOException {
    long number =
        switch (kind) {
          case Format.INT8 -> (byte) little(1, what);
          case Format.INT16 -> (short) little(2, what);
          case Format.INT32 -> (int) little(4, what);
          default -> throw error(what, "an unknown encoding of a text, " + kind);
        };
    return Long.toString(number).getBytes(StandardCharsets.US_ASCII);
  }

  byte[] bytes(int length, String what) throws IOException {
    if (length <= end - next) {
      byte[] bytes = Arrays.copyOfRange(buffer, next, next + length);
      next += length;
      return bytes;
    }
    if (size != UNKNOWN && length > left()) {
      throw ended(length, what, left());
    }
    byte[] bytes = allocate(size == UNKNOWN ? Math.min(length, buffer.length) : length, what);
    int filled = end - next;
    System.arraycopy(buffer, next, bytes, 0, filled);
    next = end;
    discard();
    while (filled < length) {
      if (filled == bytes.length) {
        byte[] larger = allocate((int) Math.min(length, 2L * filled), what);
        System.arraycopy(bytes, 0, larger, 0, filled);
        bytes = larger;
      }
      int read = in.read(bytes, filled, bytes.length - filled);
      if (read < 0) {
        throw ended(length, what, filled);
      }
      checksum = Crc64.update(checksum, bytes, filled, filled + read);
      start += read;
      filled += read;
    }
    return bytes;
  }

  /**
   * The bytes are there, but the memory may be too small for them: that says so and harms nobody.
   */
  private byte[] allocate(int length, String what) throws RdbException {
    try {
      return new byte[length];
    } catch (OutOfMemoryError e) {
      throw error(what + " that memory has room for", "one of " + length + " bytes");
    }
  }

  /** How many bytes follow at most. */
  private long left() {
    return size == UNKNOWN ? Long.MAX_VALUE : size - position();
  }

  /** Has so many bytes in the buffer, which must have room for them. */
  private void require(int bytes, String what) throws IOException {
    while (bytes > end - next) {
      if (!fill()) {
        throw ended(bytes, what, end - next);
      }
    }
  }

  private RdbException ended(long bytes, String what, long there) {
    return error(
        bytes + (bytes == 1 ? " byte of " : " bytes of ") + what,
        "the end after " + there + ", " + (bytes - there) + " missing");
  }

  /** Gets more bytes behind the unread ones. */
  private boolean fill() throws IOException {
    if (end == buffer.length || next == end) {
      discard();
    }
    int room =
        (int) Math.min(buffer.length - end, size == UNKNOWN ? Long.MAX_VALUE : size - start - end);
    int read = room <= 0 ? -1 : in.read(buffer, end, room);
    if (read <= 0) {
      return false;
    }
    end += read;
    return true;
  }

  /** Makes room in the buffer where there are bytes that were read. */
  private void discard() {
    checksum();
    System.arraycopy(buffer, next, buffer, 0, end - next);
    start += next;
    end -= next;
    next = 0;
    unchecked = 0;
  }
}
