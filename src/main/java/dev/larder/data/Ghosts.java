package dev.larder.data;

import org.jspecify.annotations.Nullable;

/**
 * Remembers those who left lately, in fifteen bits each: eleven of their hash, and four for a note,
 * which is a merit and one bit more. It may take a stranger for one of them, which happens to one
 * in five hundred.
 *
 * <p>Four of them are one long, and each long is a queue of its own: who comes in moves the others
 * on, and the last one falls out. So to ask and to add cost one cache miss each, and where in the
 * long a ghost was tells about how long ago it left. The longs are allocated as they are needed, a
 * few kilobytes at a time. When there are far more or fewer members than there were, it forgets all
 * and begins again, which costs less than to move the ghosts.
 *
 * <p>When an age ends, each merit is halved, and who has none left is forgotten. That happens to a
 * long when it is next looked at: four bits of it say in which age that was last. One that nobody
 * looks at for sixteen ages stays younger than it is.
 */
final class Ghosts {
  /** The bits of a note. */
  static final int NOTE_BITS = 4;

  /** The bits of a note that are the merit, all set. */
  static final int MOST_MERIT = 7;

  private static final int NOTE = (1 << NOTE_BITS) - 1;
  private static final int PRINT = (1 << 11) - 1;
  private static final int BITS = 11 + NOTE_BITS;
  private static final long GHOST = (1L << BITS) - 1;
  private static final int IN_LONG = 4;
  private static final int AGE_SHIFT = BITS * IN_LONG;
  private static final long ALL = (1L << AGE_SHIFT) - 1;
  private static final int AGES = 16;
  private static final long LOWEST = ALL / GHOST; // the lowest bit of each ghost
  private static final long MERITS = LOWEST * MOST_MERIT;
  private static final long HALVED_MERITS = LOWEST * (MOST_MERIT / 2);
  private static final int AGES_OF_MERIT = 3; // after so many halvings there is none left
  private static final int SEGMENT_BITS = 9;
  private static final int SEGMENT = 1 << SEGMENT_BITS;

  private int longs = 1;
  private long[] @Nullable [] segments = new long[1][];
  private int age;

  /** How many it can remember. */
  long room() {
    return (long) longs * IN_LONG;
  }

  /** How many bytes it takes. */
  long bytes() {
    long bytes = 0;
    for (long[] segment : segments) {
      bytes += 4 + (segment == null ? 0 : 16 + 8L * segment.length);
    }
    return bytes;
  }

  /** It is to remember about twice as many as there are members, if it does not. */
  void fit(int members) {
    int wanted = (int) ((2L * members + IN_LONG - 1) / IN_LONG);
    if (wanted > longs + (longs >> 2) || wanted < longs >> 1) {
      longs = Math.max(1, wanted);
      segments = new long[(longs - 1 >> SEGMENT_BITS) + 1][];
    }
  }

  /** All merits are to be halved. */
  void endAge() {
    age = (age + 1) % AGES;
  }

  /** Remembers somebody, with a note whose merit is at least 1. */
  void add(int hash, int note) {
    long spread = spread(hash);
    int index = index(spread);
    long[] segment = segments[index >> SEGMENT_BITS];
    if (segment == null) {
      segment = new long[Math.min(SEGMENT, longs - (index & -SEGMENT))];
      segments[index >> SEGMENT_BITS] = segment;
    }
    long others = aged(segment[index & SEGMENT - 1]) << BITS & ALL;
    segment[index & SEGMENT - 1] = dated(others | print(spread) << NOTE_BITS | note);
  }

  /**
   * Forgets somebody. Returns the note, or 0 if it was not remembered; and above the note's bits in
   * which quarter of the time that ghosts last it has come back, from 0 to 3.
   */
  int take(int hash) {
    long spread = spread(hash);
    int index = index(spread);
    long[] segment = segments[index >> SEGMENT_BITS];
    if (segment == null) {
      return 0;
    }
    long all = aged(segment[index & SEGMENT - 1]);
    long print = print(spread);
    for (int later = 0; later < IN_LONG; later++) {
      int shift = later * BITS;
      long ghost = all >>> shift & GHOST;
      int note = (int) ghost & NOTE;
      if (ghost >>> NOTE_BITS == print && (note & MOST_MERIT) != 0) {
        long sooner = all & (1L << shift) - 1;
        segment[index & SEGMENT - 1] = dated(all >>> shift + BITS << shift | sooner);
        return later << NOTE_BITS | note;
      }
    }
    return 0;
  }

  /** The ghosts of a long, with the merits that they have by now. */
  private long aged(long dated) {
    long all = dated & ALL;
    int ages = age - (int) (dated >>> AGE_SHIFT) & AGES - 1;
    for (int i = Math.min(ages, AGES_OF_MERIT); i > 0; i--) {
      all = all & ~MERITS | all >>> 1 & HALVED_MERITS;
    }
    return all;
  }

  private long dated(long all) {
    return all | (long) age << AGE_SHIFT;
  }

  private static long spread(int hash) {
    long spread = hash * 0x9E3779B97F4A7C15L;
    spread = (spread ^ spread >>> 32) * 0xD6E8FEB86659FD93L;
    return spread ^ spread >>> 32;
  }

  private static long print(long spread) {
    return spread & PRINT;
  }

  private int index(long spread) {
    return (int) ((spread >>> 32) * longs >>> 32);
  }
}
