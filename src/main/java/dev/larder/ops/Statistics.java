package dev.larder.ops;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counts of what happened to a cache, exact, and the average times of gets, puts and removals, from
 * one operation in sixty-four.
 *
 * <p>Reading the clock twice costs more than reading an entry does, so that timing every operation
 * would more than double its cost. Loads are rare and slow, so that each is timed. Threads count in
 * cells of their own cache lines.
 */
public final class Statistics {
  private static final int CELLS =
      Integer.highestOneBit(
          Math.min(64, Math.max(2, Runtime.getRuntime().availableProcessors())) * 2 - 1);
  private static final int CELL = 16; // longs a cell, two cache lines
  private static final int TIMED_OF = 64;

  private static final int GETS = 0;
  private static final int PUTS = 1;
  private static final int REMOVALS = 2;
  private static final int TIMED = 3; // how many of the gets, puts, removals were timed (3, 4, 5)
  private static final int NANOS = 6; // and how long they took together (6, 7, 8)
  private static final int MISSES = 9;
  private static final int TICK = 10;
  private static final int LOADS = 11;
  private static final int LOAD_NANOS = 12;
  private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] counts = new long[CELLS * CELL];
  private final LongSupplier evicted;
  private volatile long evictedBefore; // the last time that all was set to zero
  private volatile boolean enabled;

  /** Those of a cache that evicts nothing. */
  public Statistics() {
    this(() -> 0);
  }

  /**
   * Those of a cache whose evictions are counted elsewhere.
   *
   * @param evicted how many there have been, ever
   */
  public Statistics(LongSupplier evicted) {
    this.evicted = evicted;
  }

  /** Whether {@code javax.cache} operations are counted; those of the socket always are. */
  public boolean isEnabled() {
    return enabled;
  }

  public void enable(boolean enabled) {
    this.enabled = enabled;
  }

  public long hits() {
    return Math.max(0, sum(GETS) - sum(MISSES));
  }

  public long misses() {
    return sum(MISSES);
  }

  public long gets() {
    return sum(GETS);
  }

  public long puts() {
    return sum(PUTS);
  }

  public long removals() {
    return sum(REMOVALS);
  }

  /** Entries removed to make room, counted whether enabled or not; expiry is not eviction. */
  public long evictions() {
    return evicted.getAsLong() - evictedBefore;
  }

  /** How often a loader was asked, counted whether enabled or not. */
  public long loads() {
    return sum(LOADS);
  }

  /** How long the loaders took together. */
  public Duration loadTime() {
    return Duration.ofNanos(sum(LOAD_NANOS));
  }

  /** Average time of a get without loading, in microseconds; 0 if there was none. */
  public float averageGetMicros() {
    return averageMicros(GETS);
  }

  public float averagePutMicros() {
    return averageMicros(PUTS);
  }

  public float averageRemoveMicros() {
    return averageMicros(REMOVALS);
  }

  /** Sets everything to zero. */
  public void clear() {
    evictedBefore = evicted.getAsLong();
    for (int i = 0; i < counts.length; i++) {
      COUNT.setVolatile(counts, i, 0L);
    }
  }

  void hit() {
    add(GETS, 1);
  }

  void miss() {
    add(GETS, 1);
    add(MISSES, 1);
  }

  void put() {
    add(PUTS, 1);
  }

  void removal() {
    add(REMOVALS, 1);
  }

  /** The time, if the operation that begins is one to be timed, else 0. */
  long begin() {
    int i = cell() + TICK;
    long tick = counts[i]; // a race loses a tick
    counts[i] = tick + 1;
    return tick % TIMED_OF == 0 ? System.nanoTime() | 1 : 0;
  }

  void timedGet(long begun) {
    timed(GETS, begun);
  }

  void timedPut(long begun) {
    timed(PUTS, begun);
  }

  void timedRemoval(long begun) {
    timed(REMOVALS, begun);
  }

  /** Asks a loader, and counts that also if it throws. */
  <T extends @Nullable Object> T load(Supplier<? extends T> loader) {
    long begun = System.nanoTime();
    try {
      return loader.get();
    } finally {
      add(LOADS, 1);
      add(LOAD_NANOS, System.nanoTime() - begun);
    }
  }

  private void timed(int kind, long begun) {
    add(TIMED + kind, 1);
    add(NANOS + kind, System.nanoTime() - begun);
  }

  private float averageMicros(int kind) {
    long times = sum(TIMED + kind);
    return times == 0 ? 0 : (float) sum(NANOS + kind) / times / 1_000;
  }

  private static int cell() {
    return ((int) Thread.currentThread().getId() & CELLS - 1) * CELL;
  }

  private void add(int what, long n) {
    COUNT.getAndAdd(counts, cell() + what, n);
  }

  private long sum(int what) {
    long sum = 0;
    for (int i = what; i < counts.length; i += CELL) {
      sum += (long) COUNT.getVolatile(counts, i);
    }
    return sum;
  }
}
