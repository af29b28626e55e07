package dev.larder.bench;

import java.util.Arrays;

/**
 * The best that any cache could do: it knows the trace, and the key that leaves is the one asked
 * for again the latest (Belady, "A study of replacement algorithms for a virtual-storage computer",
 * 1966). A key that is never asked for again is not taken in.
 *
 * <p>A key in the cache is represented by the place in the trace where it is asked for next. So a
 * request is a hit if its own place is in the set, and the one to leave is the largest place. The
 * set is a tree of 64-bit words, in which a bit says that there is one in the word below it: five
 * steps reach into a trace of a billion requests.
 */
final class Belady implements Contender.Replayed {

  private static final int NEVER = Integer.MAX_VALUE;

  /** For each place, the next one with the same key, or {@link #NEVER}. */
  private final int[] next;

  private final int capacity;

  /** The set: its bits, then one for each word of those, and so on up to a single word. */
  private final long[][] levels;

  private int size;
  private int at;

  Belady(Trace trace, int capacity) {
    this.capacity = capacity;
    int length = trace.keys().length;
    next = new int[length];
    int[] last = new int[trace.distinct()];
    Arrays.fill(last, NEVER);
    for (int i = length - 1; i >= 0; i--) {
      next[i] = last[trace.keys()[i]];
      last[trace.keys()[i]] = i;
    }
    int depth = 1;
    for (int words = length + 63 >> 6; words > 1; words = words + 63 >> 6) {
      depth++;
    }
    levels = new long[depth][];
    for (int level = 0, bits = length; level < depth; level++) {
      bits = Math.max(1, bits + 63 >> 6);
      levels[level] = new long[bits];
    }
  }

  @Override
  public boolean request(int key) {
    int now = at++;
    boolean hit = (levels[0][now >> 6] & 1L << now) != 0;
    if (hit) {
      remove(now);
    }
    if (next[now] != NEVER) {
      add(next[now]);
      if (size > capacity) {
        remove(largest());
      }
    }
    return hit;
  }

  @Override
  public long size() {
    return size;
  }

  private void add(int place) {
    size++;
    for (long[] level : levels) {
      level[place >> 6] |= 1L << place;
      place >>= 6;
    }
  }

  private void remove(int place) {
    size--;
    for (long[] level : levels) {
      if ((level[place >> 6] &= ~(1L << place)) != 0) {
        return;
      }
      place >>= 6;
    }
  }

  private int largest() {
    int place = 0;
    for (int level = levels.length - 1; level >= 0; level--) {
      place = place << 6 | 63 - Long.numberOfLeadingZeros(levels[level][place]);
    }
    return place;
  }
}
