package dev.larder.rdb;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The lower half of writing: numbers, lengths and texts, in a buffer, with the checksum of what
 * left it. Texts that are long beside the buffer go to the stream as they are, without being
 * copied.
 */
final class RdbOutput {
  /** Redis' number: what is not longer is never compressed. */
  private static final int MAX_UNCOMPRESSED = 20;

  /** What is longer is not compressed: it would need a second array of that size. */
  private static final int MAX_COMPRESSED = 64 << 20;

  /** A compressed text must be at least so much shorter; by Redis' rule, too. */
  private static final int LEAST_GAIN = 4;

  private static final int MAX_DIGITS_OF_INT = 11; // of -2147483648
  private static final int MAX_HEAD = 1 + Long.BYTES;
  private static final int MAX_LZF_HEAD = 1 + 2 * (1 + Integer.BYTES);

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final OutputStream out;
  private final boolean compress;
  private final byte[] buffer;
  private int end;

  /** Bytes that have left the buffer, and their checksum. */
  private long flushed;

  private long checksum;

  private @Nullable Lzf lzf;

  /** Where texts are compressed that may be too long for the rest of the buffer. */
  private byte[] compressed = {};

  RdbOutput(OutputStream out, boolean compress, int capacity) {
    this.out = out;
    this.compress = compress;
    this.buffer = new byte[Math.max(MAX_LZF_HEAD, capacity)];
  }

  long written() {
    return flushed + end;
  }

  /** The checksum of all that was written. */
  long checksum() {
    return Crc64.update(checksum, buffer, 0, end);
  }

  void flush() throws IOException {
    drain();
    out.flush();
  }

  void put(int oneByte) throws IOException {
    reserve(1);
    buffer[end++] = (byte) oneByte;
  }

  /** The lowest bytes of a number, the lowest first. */
  void putLittle(long number, int bytes) throws IOException {
    reserve(bytes);
    for (int i = 0; i < bytes; i++) {
      buffer[end++] = (byte) (number >>> 8 * i);
    }
  }

  void putLength(long length) throws IOException {
    reserve(MAX_HEAD);
    end = putLength(length, end);
  }

  private int putLength(long length, int at) {
    if (length < 1 << 6) {
      buffer[at] = (byte) length;
      return at + 1;
    }
    if (length < 1 << 14) {
      buffer[at] = (byte) (Format.LENGTH_OF_14_BITS | length >> 8);
      buffer[at + 1] = (byte) length;
      return at + 2;
    }
    if (length < 1L << 32) {
      buffer[at] = (byte) Format.LENGTH_OF_32_BITS;
      INTS.set(buffer, at + 1, (int) length);
      return at + 1 + Integer.BYTES;
    }
    buffer[at] = (byte) Format.LENGTH_OF_64_BITS;
    LONGS.set(buffer, at + 1, length);
    return at + 1 + Long.BYTES;
  }

  /** A text in the shortest of its forms. */
  void putText(byte[] text) throws IOException {
    if (text.length <= MAX_DIGITS_OF_INT ? putNumber(text) : putCompressed(text)) {
      return;
    }
    putLength(text.length);
    putBytes(text, 0, text.length);
  }

  void putBytes(byte[] bytes, int from, int length) throws IOException {
    if (length > buffer.length - end) {
      drain();
      if (length > buffer.length / 2) {
        checksum = Crc64.update(checksum, bytes, from, from + length);
        flushed += length;
        out.write(bytes, from, length);
        return;
      }
    }
    System.arraycopy(bytes, from, buffer, end, length);
    end += length;
  }

  /** If this is what {@code Integer.toString} would say, that number. */
  private boolean putNumber(byte[] text) throws IOException {
    boolean negative = text.length > 0 && text[0] == '-';
    int first = negative ? 1 : 0;
    if (first == text.length || text[first] == '0' && text.length > 1) {
      return false;
    }
    long number = 0;
    for (int i = first; i < text.length; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return false;
      }
      number = 10 * number + digit;
    }
    number = negative ? -number : number;
    if (number != (int) number) {
      return false;
    }
    int kind =
        number == (byte) number
            ? Format.INT8
            : number == (short) number ? Format.INT16 : Format.INT32;
    put(Format.ENCODED | kind);
    putLittle(number, 1 << kind);
    return true;
  }

  /**
   * Compresses behind the longest head there can be, straight into the buffer where it has room,
   * and moves the result to the head it got.
   */
  private boolean putCompressed(byte[] text) throws IOException {
    if (!compress || text.length <= MAX_UNCOMPRESSED || text.length > MAX_COMPRESSED) {
      return false;
    }
    if (lzf == null) {
      lzf = new Lzf(buffer.length);
    }
    int most = text.length - LEAST_GAIN;
    if (most <= buffer.length / 4) {
      reserve(MAX_LZF_HEAD + most);
      int from = end + MAX_LZF_HEAD;
      int to = lzf.compress(text, buffer, from, from + most);
      if (to < 0) {
        return false;
      }
      putLzfHead(to - from, text.length);
      System.arraycopy(buffer, from, buffer, end, to - from);
      end += to - from;
      return true;
    }
    byte[] room = compressed.length >= most ? compressed : new byte[most];
    if (most <= 16 * buffer.length) {
      compressed = room;
    }
    int length = lzf.compress(text, room, 0, most);
    if (length < 0) {
      return false;
    }
    reserve(MAX_LZF_HEAD);
    putLzfHead(length, text.length);
    putBytes(room, 0, length);
    return true;
  }

  private void putLzfHead(int compressed, int original) {
    buffer[end] = (byte) (Format.ENCODED | Format.LZF);
    end = putLength(original, putLength(compressed, end + 1));
  }

  private void reserve(int bytes) throws IOException {
    if (bytes > buffer.length - end) {
      drain();
    }
  }

  private void drain() throws IOException {
    checksum = Crc64.update(checksum, buffer, 0, end);
    flushed += end;
    int length = end;
    end = 0;
    out.write(buffer, 0, length);
  }
}
