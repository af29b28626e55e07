package dev.larder.bench;

/** Counts of durations in classes an eighth of a power of two wide: 12 % is fine enough. */
final class Latencies {
  private static final int CLASSES = 8;
  private final long[] counts = new long[64 * CLASSES];
  private long total;
  private long longest;

  void add(long nanos) {
    long n = Math.max(nanos, CLASSES);
    int exponent = 63 - Long.numberOfLeadingZeros(n);
    counts[exponent * CLASSES + (int) (n >>> exponent - 3 & CLASSES - 1)]++;
    total++;
    longest = Math.max(longest, nanos);
  }

  /** The lower end of the class in which that share of all durations is reached. */
  long percentile(double share) {
    long left = (long) (total * share);
    for (int i = 0; i < counts.length; i++) {
      left -= counts[i];
      if (left < 0) {
        int exponent = i / CLASSES;
        return (1L << exponent) + ((long) (i % CLASSES) << exponent - 3);
      }
    }
    return 0;
  }

  /** To the nanosecond. */
  long longest() {
    return longest;
  }

  long count() {
    return total;
  }
}
