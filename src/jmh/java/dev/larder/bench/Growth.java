package dev.larder.bench;

import java.util.Locale;

/**
 * How long a put can take while a cache grows from nothing to millions of entries, and what a
 * reader of entries that are long there notices of it.
 *
 * <p>A collection would be the longest put of all, and says nothing about the table. So this JVM
 * has a young generation in which a whole round fits (see {@link Table}), and a round with a
 * collection in it does not count. A stall that comes from the neighbours does not come every
 * round: the best of them is the figure. It needs a machine with a core each for writer and reader
 * all the same; with others on it, the longest put is a time slice of theirs.
 *
 * <p>What is looked for is the put that meets a full table. It may double the table alone while it
 * is at it (then this is the time to move two million entries), or share that with the puts after
 * it. Readers may notice it too, if they have to look twice, or wait.
 */
final class Growth {

  /** The first is for the JIT. */
  private static final int ROUNDS = 4;

  /** What the reader asks for, inserted before the clock starts. */
  private static final int STABLE = 10_000;

  private volatile boolean stopped;
  private volatile Throwable failure;

  static void measure(Subject subject, Data data) throws Exception {
    Growth growth = new Growth();
    long longest = Long.MAX_VALUE;
    long reader = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      Target target = subject.open("bench" + round, Subject.Setup.PLAIN);
      Trial.usedHeap();
      long collections = Trial.collections();
      Latencies latencies = new Latencies();
      long put = growth.round(target, data, latencies);
      if (round > 0 && Trial.collections() == collections) {
        longest = Math.min(longest, put);
        reader = Math.min(reader, latencies.percentile(0.999));
      }
      target.close();
    }
    if (longest == Long.MAX_VALUE) {
      throw new IllegalStateException("there was a collection in every round");
    }
    System.out.printf(Locale.ROOT, "%s\t%.1f%n", Row.LONGEST_PUT, longest / 1e3);
    System.out.printf(Locale.ROOT, "%s\t%d%n", Row.READERS, reader);
  }

  /** The longest put of one growth, in nanoseconds. */
  private long round(Target target, Data data, Latencies latencies) throws Exception {
    String[] keys = data.stored();
    Object[] fresh = data.fresh();
    for (int i = 0; i < STABLE; i++) {
      target.put(keys[i], fresh[i & fresh.length - 1]);
    }
    stopped = false;
    Thread reader = new Thread(() -> read(target, data, latencies), "reader");
    reader.start();
    long longest = 0;
    // One look at the clock per put: its end is the start of the next.
    long last = System.nanoTime();
    for (int i = STABLE; i < keys.length; i++) {
      target.put(keys[i], fresh[i & fresh.length - 1]);
      long now = System.nanoTime();
      longest = Math.max(longest, now - last);
      last = now;
    }
    stopped = true;
    reader.join();
    if (failure != null) {
      throw new IllegalStateException("the reader failed", failure);
    }
    return longest;
  }

  private void read(Target target, Data data, Latencies latencies) {
    try {
      String[] keys = data.stored();
      int[] order = data.order();
      for (int i = 0; !stopped; i++) {
        String key = keys[order[i & order.length - 1] % STABLE];
        long start = System.nanoTime();
        Object value = target.get(key);
        latencies.add(System.nanoTime() - start);
        if (value == null) {
          throw new IllegalStateException("the reader missed " + key + " while the cache grew");
        }
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }
}
