package dev.larder.rdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The compression of Redis' snapshots, LZF: runs of bytes, and references to bytes that were
 * written before.
 *
 * <pre>
 *   000nnnnn  n+1 bytes            a run of 1 to 32 bytes
 *   lllddddd dddddddd              l+2 bytes (3 to 8) from d+1 bytes (1 to 8192) before here
 *   111ddddd llllllll dddddddd     l+9 bytes (9 to 264) from there
 * </pre>
 *
 * A reference may reach into what it is writing itself: that is how repetitions are said.
 *
 * <p>Finding them is greedy: a table knows for every hash of three bytes where they were seen last.
 * To clear it for every text would cost more than to compress one of a hundred bytes; instead, its
 * positions count on from text to text, and those before {@link #base} are of another one.
 *
 * <p>Compressing is for one thread; decompressing needs no instance.
 */
final class Lzf {
  /** No more bytes than this come out of a byte that goes in: 264 out of 3. */
  static final int MOST_OUT_OF_ONE = 88;

  private static final int MAX_RUN = 32;
  private static final int MAX_DISTANCE = 1 << 13;
  private static final int MAX_MATCH = 264;
  private static final int MIN_MATCH = 3;
  private static final int FEWEST_BITS = 6;
  private static final int MOST_BITS = 13;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private final int[] seen;
  private final int shift;

  /** Where the text begins, in the numbers of {@link #seen}. Never 0, since empty places are. */
  private int base = 1;

  /** For texts of about this length, or longer. */
  Lzf(int length) {
    int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, length));
    bits = Math.min(MOST_BITS, Math.max(FEWEST_BITS, bits));
    seen = new int[1 << bits];
    shift = 32 - bits;
  }

  /**
   * Compresses a text, if the result has room there.
   *
   * @return the end of the result, or -1 if it has no room
   */
  int compress(byte[] in, byte[] out, int from, int to) {
    if (base > Integer.MAX_VALUE - in.length) {
      Arrays.fill(seen, 0);
      base = 1;
    }
    int end = compress(in, out, from, to, base);
    base += in.length;
    return end;
  }

  private int compress(byte[] in, byte[] out, int from, int to, int base) {
    int hashable = in.length - 3;
    int run = from; // where the head of the current run is; its bytes follow
    int o = from + 1;
    int i = 0;
    while (i < hashable) {
      int three = three(in, i);
      int slot = slot(three);
      int match = seen[slot] - base;
      seen[slot] = base + i;
      int distance = i - match - 1;
      if (match < 0 || distance >= MAX_DISTANCE || three(in, match) != three) {
        if (o >= to) {
          return -1;
        }
        out[o++] = in[i++];
        if (o - run > MAX_RUN) {
          out[run] = MAX_RUN - 1;
          run = o++;
        }
        continue;
      }
      int length = matchLength(in, match, i);
      if (o > run + 1) {
        out[run] = (byte) (o - run - 2);
      } else {
        o--;
      }
      if (o > to - 3) {
        return -1;
      }
      int code = length - 2;
      if (code < 7) {
        out[o++] = (byte) (code << 5 | distance >> 8);
      } else {
        out[o++] = (byte) (7 << 5 | distance >> 8);
        out[o++] = (byte) (code - 7);
      }
      out[o++] = (byte) distance;
      run = o++;
      i += length;
      // What follows often repeats what begins near the end of a match.
      if (i < hashable) {
        seen[slot(three(in, i - 1))] = base + i - 1;
        seen[slot(three(in, i - 2))] = base + i - 2;
      }
    }
    while (i < in.length) {
      if (o >= to) {
        return -1;
      }
      out[o++] = in[i++];
      if (o - run > MAX_RUN) {
        out[run] = MAX_RUN - 1;
        run = o++;
      }
    }
    if (o == run + 1) {
      return run;
    }
    out[run] = (byte) (o - run - 2);
    return o;
  }

  /** How many bytes are the same, at most {@link #MAX_MATCH}; the first three are. */
  private static int matchLength(byte[] in, int match, int i) {
    int most = Math.min(MAX_MATCH, in.length - i);
    int same = Arrays.mismatch(in, match + MIN_MATCH, match + most, in, i + MIN_MATCH, i + most);
    return same < 0 ? most : MIN_MATCH + same;
  }

  /** Three bytes and none beside; four must be there. */
  private static int three(byte[] in, int i) {
    return (int) INTS.get(in, i) << 8;
  }

  private int slot(int three) {
    return three * 0x9e3779b1 >>> shift;
  }

  /**
   * Fills an array with what bytes were compressed from.
   *
   * @return whether they were compressed from exactly so much
   */
  static boolean decompress(byte[] in, int from, int to, byte[] out) {
    int i = from;
    int o = 0;
    while (i < to) {
      int head = in[i++] & 0xff;
      if (head < MAX_RUN) {
        int run = head + 1;
        if (run > to - i || run > out.length - o) {
          return false;
        }
        System.arraycopy(in, i, out, o, run);
        i += run;
        o += run;
        continue;
      }
      int length = (head >> 5) + 2;
      if (length == 9) {
        if (i >= to) {
          return false;
        }
        length += in[i++] & 0xff;
      }
      if (i >= to) {
        return false;
      }
      int distance = ((head & 0x1f) << 8 | in[i++] & 0xff) + 1;
      if (distance > o || length > out.length - o) {
        return false;
      }
      repeat(out, o, distance, length);
      o += length;
    }
    return o == out.length;
  }

  /** Copies within an array to a place that may begin before the end of what is copied. */
  private static void repeat(byte[] out, int o, int distance, int length) {
    if (distance >= length) {
      System.arraycopy(out, o - distance, out, o, length);
    } else if (distance == 1) {
      Arrays.fill(out, o, o + length, out[o - 1]);
    } else {
      for (int end = o + length; o < end; o++) {
        out[o] = out[o - distance];
      }
    }
  }
}
