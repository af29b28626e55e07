package dev.larder.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import dev.larder.bench.Data.Values;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/**
 * One subject in one row, in a JVM of its own. Started by {@link Table}, which reads the figures
 * from standard output, one line per line of the table, separated by tabs:
 *
 * <pre>
 * part        figure  mean    wall    bytes   misses
 * 1 thread    111.08  116.40  111.20  0.00    0.000
 * 2 threads   129.07  139.47  64.59   0.00    0.000
 * </pre>
 *
 * (without the heading; memory and growth have no more than a figure).
 *
 * <p>A timed trial is: make keys and values, fill the cache, see that every entry is in it, collect
 * garbage, run for {@link #WARM_WINDOWS}, then for each number of threads one more window to settle
 * and {@link #MEASURED_WINDOWS} that count. Threads run on across the borders of windows: starting
 * and stopping is not measured, nor does the JIT meet a loop that ends.
 */
final class Trial {

  /** Discarded windows after the fill, for the JIT; one more after each change of threads. */
  static final int WARM_WINDOWS = 3;

  static final int MEASURED_WINDOWS = 5;

  /** Operations on a bounded cache before its first window: so many however slow it is. */
  private static final int WARM_REQUESTS = Data.ORDER_LENGTH / 2;

  /** Operations between two looks at the flag that stops, so that looking costs nothing. */
  private static final int BATCH = 256;

  /** Counters of threads are this far apart, so that they do not share a cache line. */
  private static final int SPACING = 16;

  /**
   * The part of a bound that may be free, or exceeded: cache2k has half the bound for each half of
   * the hash codes.
   */
  private static final double SLACK = 0.02;

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final Row row;
  private final Subject subject;
  private final Data data;
  private final long windowMillis;
  private final LongAdder missed = new LongAdder();
  private volatile boolean stopped;
  private volatile Throwable failure;

  private Trial(Row row, Subject subject, Data data, long windowMillis) {
    this.row = row;
    this.subject = subject;
    this.data = data;
    this.windowMillis = windowMillis;
  }

  /**
   * Runs one trial.
   *
   * @param arguments row, subject, milliseconds of a window, "same" or "equal" keys, "scattered" or
   *     "adjacent" popular keys, numbers of threads separated by commas
   */
  public static void main(String[] arguments) throws Exception {
    Row row = Row.named(arguments[0]);
    Subject subject = Subject.valueOf(arguments[1]);
    boolean equalKeys = arguments[3].equals("equal");
    boolean adjacent = arguments[4].equals("adjacent");
    Data data = Data.of(row.values(), row.entries(), equalKeys, adjacent);
    Trial trial = new Trial(row, subject, data, Long.parseLong(arguments[2]));
    switch (row.kind()) {
      case TIMED -> {
        List<Integer> threads = new ArrayList<>();
        for (String count : arguments[5].split(",")) {
          threads.add(Integer.valueOf(count));
        }
        trial.time(threads);
      }
      case MEMORY -> trial.weigh();
      case GROWTH -> Growth.measure(subject, data);
    }
    // A provider's pools may be non-daemon.
    System.exit(0);
  }

  /** Fills a cache, and times the operation with each number of threads in turn. */
  private void time(List<Integer> threadCounts) throws Exception {
    Target target = subject.open("bench", row.setup());
    fill(target);
    verify(target);
    if (row.setup().isBounded()) {
      // What is in the cache is no longer what came last, but what is asked for.
      target.run(row.operation(), data.asked(), data.fresh(), data.order(), 0, WARM_REQUESTS);
    }
    // Makes all entries old, as those of an application are after a while. Where the fill left them
    // is chance, and under G1 a store into an old object costs several times one into a young one.
    System.gc();
    windows(target, Math.min(2, threadCounts.get(0)), WARM_WINDOWS);
    for (int threads : threadCounts) {
      List<Window> windows = windows(target, threads, 1 + MEASURED_WINDOWS);
      print(Row.threads(threads), windows.subList(1, windows.size()));
    }
    if (row.setup().statistics() && Subject.countedHits() < row.entries()) {
      throw new IllegalStateException("statistics are on, but the hits are not counted");
    }
  }

  /** In the order of the keys, as ids come out of a database. */
  private void fill(Target target) {
    for (int i = 0; i < data.stored().length; i++) {
      target.put(data.stored()[i], data.values()[i]);
    }
  }

  /**
   * Every entry must be there (a bound would flatter), and by value means not the same object. With
   * a bound it must be the one that was asked for, give or take what some of them leave free.
   */
  private void verify(Target target) {
    if (row.setup().isBounded()) {
      long found = Stream.of(data.asked()).filter(key -> target.get(key) != null).count();
      if (Math.abs(found - row.setup().bound()) > row.setup().bound() * SLACK) {
        throw new IllegalStateException(found + " entries, bounded to " + row.setup().bound());
      }
      return;
    }
    boolean copied = row.values() == Values.POJO;
    for (int i = 0; i < data.asked().length; i++) {
      Object found = target.get(data.asked()[i]);
      if (found == null) {
        throw new IllegalStateException("entry " + i + " of " + row.entries() + " is missing");
      }
      if (row.values() != Values.STRING && (found == data.values()[i]) == copied) {
        throw new IllegalStateException(copied ? "value is not copied" : "value is copied");
      }
    }
  }

  /** What passed between two looks at the clocks. */
  private record Window(long operations, long misses, long cpuNanos, long wallNanos, long bytes) {
    double cpu() {
      return (double) cpuNanos / operations;
    }
  }

  /**
   * Runs threads without a pause and looks at the clocks once per window. Process CPU time counts
   * the collector, the JIT and the cache's own threads with those that call it.
   */
  private List<Window> windows(Target target, int threads, int count) throws Exception {
    AtomicLongArray done = new AtomicLongArray((threads + 1) * SPACING);
    Thread[] workers = new Thread[threads];
    long[] ids = new long[threads];
    stopped = false;
    for (int t = 0; t < threads; t++) {
      int start = Data.ORDER_LENGTH / threads * t;
      int counter = (t + 1) * SPACING;
      workers[t] = new Thread(() -> work(target, start, done, counter), "worker-" + t);
      ids[t] = workers[t].getId();
      workers[t].start();
    }
    List<Window> windows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long wall = System.nanoTime();
      long cpu = PROCESS.getProcessCpuTime();
      long operations = sum(done);
      long misses = missed.sum();
      long bytes = allocated(ids);
      Thread.sleep(windowMillis);
      windows.add(
          new Window(
              Math.max(1, sum(done) - operations),
              missed.sum() - misses,
              PROCESS.getProcessCpuTime() - cpu,
              System.nanoTime() - wall,
              allocated(ids) - bytes));
    }
    stopped = true;
    for (Thread worker : workers) {
      worker.join();
    }
    if (failure != null) {
      throw new IllegalStateException("a worker failed", failure);
    }
    return windows;
  }

  /** Runs batches from a place of its own in the order of keys, round and round. */
  private void work(Target target, int start, AtomicLongArray done, int counter) {
    try {
      int at = start & -BATCH;
      for (long operations = 0; !stopped; ) {
        int missing =
            target.run(row.operation(), data.asked(), data.fresh(), data.order(), at, at + BATCH);
        if (missing > 0) {
          missed.add(missing);
        }
        if (missing > 0 && !row.setup().isBounded()) {
          throw new IllegalStateException(missing + " entries were missing while measuring");
        }
        at = at + BATCH & Data.ORDER_LENGTH - 1;
        operations += BATCH;
        done.setOpaque(counter, operations);
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }

  private static long sum(AtomicLongArray counters) {
    long sum = 0;
    for (int i = 0; i < counters.length(); i += SPACING) {
      sum += counters.getOpaque(i);
    }
    return sum;
  }

  private static long allocated(long[] threadIds) {
    long sum = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(threadIds)) {
      sum += bytes;
    }
    return sum;
  }

  /** The best window is the figure: neighbours on the machine can only make one slower. */
  private static void print(String part, List<Window> windows) {
    Window best = windows.get(0);
    long operations = 0;
    long cpu = 0;
    long bytes = 0;
    long misses = 0;
    for (Window window : windows) {
      best = window.cpu() < best.cpu() ? window : best;
      operations += window.operations;
      cpu += window.cpuNanos;
      bytes += window.bytes;
      misses += window.misses;
    }
    System.out.printf(
        Locale.ROOT,
        "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.3f%n",
        part,
        best.cpu(),
        (double) cpu / operations,
        (double) best.wallNanos / best.operations,
        (double) bytes / operations,
        (double) misses / operations);
  }

  /** Bytes of heap per entry beyond key and value, which exist before the first look. */
  private void weigh() throws InterruptedException {
    Target target = subject.open("bench", row.setup());
    long before = usedHeap();
    fill(target);
    long after = usedHeap();
    verify(target);
    System.out.printf(Locale.ROOT, "bytes\t%.2f%n", (double) (after - before) / row.entries());
  }

  /**
   * Used heap right after a collection, once collecting no longer changes it, as cleaners need one
   * or two. What is used a moment later has in it what threads in the background have taken to
   * allocate from, some megabytes each.
   */
  static long usedHeap() throws InterruptedException {
    long last = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      System.gc();
      long used = usedAfterCollection();
      if (Math.abs(last - used) < 16 * 1024) {
        return used;
      }
      last = used;
      Thread.sleep(50);
    }
    throw new IllegalStateException("used heap does not settle");
  }

  private static long usedAfterCollection() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .filter(Objects::nonNull)
        .mapToLong(MemoryUsage::getUsed)
        .sum();
  }

  static long collections() {
    return ManagementFactory.getGarbageCollectorMXBeans().stream()
        .mapToLong(GarbageCollectorMXBean::getCollectionCount)
        .sum();
  }
}
