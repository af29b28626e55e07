package dev.larder.ops;

import dev.larder.OperationException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The longest sequence of bytes that two texts have in common, in order though not in one piece
 * ({@code LCS}). Where several are equally long, it is the one that Redis finds.
 *
 * <p>Let {@code L(i, j)} be the length for the first {@code i} bytes of one text and the first
 * {@code j} of the other: {@code L(i-1, j-1) + 1} where the last bytes are equal, else the greater
 * of {@code L(i-1, j)} and {@code L(i, j-1)}. Only two rows of lengths are kept, and of each cell
 * one bit: which of both was greater. The way back from the end needs no more, so that this takes a
 * thirty-second of what a table of the lengths would.
 */
public final class CommonSubsequence {
  /** All tables together take no more of the heap, whoever asks for them. */
  private static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 8;

  private static final AtomicLong TAKEN = new AtomicLong();

  /** Bytes that both texts have in one piece: {@code from} and {@code to} are both included. */
  public record Match(int from, int to, int otherFrom, int otherTo) {
    public int length() {
      return to - from + 1;
    }
  }

  private final byte[] text;
  private final int length;
  private final List<Match> matches; // the last one first

  private CommonSubsequence(byte[] text, int length, List<Match> matches) {
    this.text = text;
    this.length = length;
    this.matches = List.copyOf(matches);
  }

  /**
   * Of two texts; takes time in proportion to the product of their lengths.
   *
   * @throws OperationException if there is no memory for that
   */
  static CommonSubsequence of(byte[] one, byte[] other) {
    long bytes = (one.length + 1L) * (words(other) * 8L + 16) + 8L * other.length;
    if (TAKEN.addAndGet(bytes) > MOST_BYTES) {
      TAKEN.addAndGet(-bytes);
      throw noMemory();
    }
    try {
      return find(one, other);
    } catch (OutOfMemoryError e) {
      throw noMemory();
    } finally {
      TAKEN.addAndGet(-bytes);
    }
  }

  private static OperationException noMemory() {
    return new OperationException(
        "ERR", "Insufficient memory, failed allocating transient memory for LCS");
  }

  private static int words(byte[] text) {
    return (text.length >>> 6) + 1;
  }

  private static CommonSubsequence find(byte[] one, byte[] other) {
    long[][] up = new long[one.length + 1][words(other)]; // a bit where L(i-1, j) is greater
    int[] above = new int[other.length + 1];
    int[] row = new int[other.length + 1];
    for (int i = 1; i <= one.length; i++) {
      byte b = one[i - 1];
      long[] bits = up[i];
      for (int j = 1; j <= other.length; j++) {
        if (b == other[j - 1]) {
          row[j] = above[j - 1] + 1;
        } else if (above[j] > row[j - 1]) {
          row[j] = above[j];
          bits[j >>> 6] |= 1L << j;
        } else {
          row[j] = row[j - 1];
        }
      }
      int[] done = row;
      row = above;
      above = done;
    }
    return wayBack(one, other, up, above[other.length]);
  }

  private static CommonSubsequence wayBack(byte[] one, byte[] other, long[][] up, int length) {
    byte[] text = new byte[length];
    List<Match> matches = new ArrayList<>();
    int left = length;
    int i = one.length;
    int j = other.length;
    while (i > 0 && j > 0) {
      int to = i;
      int otherTo = j;
      while (i > 0 && j > 0 && one[i - 1] == other[j - 1]) {
        text[--left] = one[i - 1];
        i--;
        j--;
      }
      if (i < to) {
        matches.add(new Match(i, to - 1, j, otherTo - 1));
      } else if ((up[i][j >>> 6] & 1L << j) != 0) {
        i--;
      } else {
        j--;
      }
    }
    return new CommonSubsequence(text, length, matches);
  }

  /** Its bytes. */
  public byte[] text() {
    return text.clone();
  }

  public int length() {
    return length;
  }

  /** Its pieces, the last one first. */
  public List<Match> matches() {
    return matches;
  }
}
