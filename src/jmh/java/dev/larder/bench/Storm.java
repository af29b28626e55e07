package dev.larder.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.larder.bench.ExpiryStorm.Figure;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;

/**
 * The rounds of one subject in {@link ExpiryStorm}, in a JVM of its own. Prints one figure per
 * line, each the best of all rounds, with a tab behind its name.
 *
 * <p>A round is, on the clock of the JVM:
 *
 * <pre>
 *   fill, collect   read    quiet second       the doomed expire     until all are gone, {@link #WATCHED} at most
 * |---------------|-------|--------------|---|--------------------|---------------------|
 * 0                                          ^ storm                ^ storm + 1 s
 * </pre>
 */
final class Storm {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Between the quiet second and the storm, as no cache's clock is exact. */
  private static final long GAP = SECOND / 10;

  /** Nobody is watched longer: who has not removed the doomed by then waits for something else. */
  private static final int WATCHED = 6;

  /** The first is for the JIT. */
  private final int rounds;

  private final Subject subject;
  private final String[] living = new String[10_000];
  private final String[] doomed;
  private final Object value = "value";

  private final OperatingSystemMXBean process =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

  /** From the beginning of a round to the storm: filling may take so long. Found by trying. */
  private long lead = 5 * SECOND;

  private final Map<Figure, Double> best = new EnumMap<>(Figure.class);
  private volatile boolean stopped;
  private volatile Throwable failure;

  private Storm(Subject subject, int entries, int rounds) {
    this.subject = subject;
    this.rounds = rounds;
    doomed = new String[entries];
    for (int i = 0; i < living.length; i++) {
      living[i] = "living:" + i;
    }
    for (int i = 0; i < doomed.length; i++) {
      doomed[i] = "doomed:" + i;
    }
  }

  /**
   * Runs all rounds.
   *
   * @param arguments subject, number of entries that expire, number of rounds
   */
  public static void main(String[] arguments) throws Exception {
    Subject subject = Subject.valueOf(arguments[0]);
    new Storm(subject, Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2])).measure();
    // A provider's pools may be non-daemon.
    System.exit(0);
  }

  private void measure() throws Exception {
    for (int i = 0; i < rounds; i++) {
      Round round = round("storm" + i);
      if (round == null) {
        // It was time before all was ready, on a slow machine.
        lead *= 2;
        i--;
      } else if (i > 0 && round.collections == 0) {
        round.figures().forEach((figure, value) -> best.merge(figure, value, Math::min));
      }
    }
    if (best.isEmpty()) {
      throw new IllegalStateException("there was a collection in every round");
    }
    best.forEach((figure, value) -> System.out.printf(Locale.ROOT, "%s\t%.1f%n", figure, value));
  }

  /** One round, or null if filling took too long for it. */
  private Round round(String name) throws Exception {
    Cache<Object, Object> cache =
        subject.cache(name, new Subject.Setup(Subject.Expiry.DOOMED, false, false, 0));
    try {
      long storm = System.nanoTime() + lead;
      fill(cache, storm);
      // All is old then, as in an application, and there is room for what the reads allocate.
      System.gc();
      long quiet = storm - GAP - SECOND;
      // The reader begins a little before it counts.
      return System.nanoTime() > quiet - SECOND / 4 ? null : watch(cache, quiet, storm);
    } finally {
      cache.getCacheManager().destroyCache(name);
    }
  }

  /** The living first, then those whose ends are spread evenly over the second of the storm. */
  private void fill(Cache<Object, Object> cache, long storm) {
    Doom.end = Doom.NEVER;
    for (String key : living) {
      cache.put(key, value);
    }
    for (int i = 0; i < doomed.length; i++) {
      Doom.end = storm + i * SECOND / doomed.length;
      cache.put(doomed[i], value);
    }
    Doom.end = Doom.NEVER;
  }

  private Round watch(Cache<Object, Object> cache, long quiet, long storm) throws Exception {
    Round round = new Round();
    long collections = Trial.collections();
    stopped = false;
    Thread reader = new Thread(() -> read(cache, round, quiet, storm), "reader");
    reader.start();
    sleepUntil(quiet);
    long before = othersCpu(reader);
    sleepUntil(quiet + SECOND);
    long idle = othersCpu(reader) - before;
    sleepUntil(storm);
    before = othersCpu(reader);
    OptionalLong left = subject.size(cache);
    long now = System.nanoTime();
    while (now < storm + 2 * SECOND
        || (left.orElse(0) > living.length && now < storm + WATCHED * SECOND)) {
      Thread.sleep(10);
      left = subject.size(cache);
      now = System.nanoTime();
      if (left.orElse(Long.MAX_VALUE) <= living.length && round.gone < 0) {
        round.gone = now - storm - SECOND;
      }
    }
    long cpu = othersCpu(reader) - before;
    stopped = true;
    reader.join();
    if (failure != null) {
      throw new IllegalStateException("the reader failed", failure);
    }
    round.cpu = Math.max(0, cpu - idle * (now - storm) / SECOND);
    round.left = left.isPresent() ? left.getAsLong() - living.length : -1;
    round.collections = Trial.collections() - collections;
    return round;
  }

  /** The reader's own is that of its gets, whose number depends on how fast they are. */
  private long othersCpu(Thread reader) {
    return process.getProcessCpuTime() - threads.getThreadCpuTime(reader.getId());
  }

  private static void sleepUntil(long moment) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(moment - System.nanoTime());
  }

  /** Gets the living in turn, a prime number of places apart, and sorts what it took by seconds. */
  private void read(Cache<Object, Object> cache, Round round, long quiet, long storm) {
    try {
      int i = 0;
      while (!stopped) {
        i = (i + 6007) % living.length;
        long start = System.nanoTime();
        Object found = cache.get(living[i]);
        long end = System.nanoTime();
        if (found == null) {
          throw new IllegalStateException("the reader missed " + living[i] + ", which lives");
        }
        if (start >= storm) {
          round.storm[(int) ((start - storm) / SECOND)].add(end - start);
        } else if (start >= quiet && start < quiet + SECOND) {
          round.quiet.add(end - start);
        }
      }
    } catch (Throwable thrown) {
      failure = thrown;
    }
  }

  /** What was seen in one round; durations are in nanoseconds. */
  private static final class Round {
    final Latencies quiet = new Latencies();

    /** One for each second since the first of the doomed expired. */
    final Latencies[] storm = new Latencies[WATCHED + 2];

    /** From the end of the last of the doomed until the cache was rid of them; -1: it never was. */
    long gone = -1;

    /** How many of them were there at the end; -1 if the cache does not tell. */
    long left;

    long cpu;
    long collections;

    Round() {
      for (int i = 0; i < storm.length; i++) {
        storm[i] = new Latencies();
      }
    }

    /** Of the second in which it was worst; one that had just begun says nothing. */
    double worst(double share) {
      long worst = 0;
      for (Latencies second : storm) {
        if (second.count() > 10_000) {
          worst = Math.max(worst, second.percentile(share));
        }
      }
      return worst;
    }

    long longest() {
      long longest = 0;
      for (Latencies second : storm) {
        longest = Math.max(longest, second.longest());
      }
      return longest;
    }

    Map<Figure, Double> figures() {
      Map<Figure, Double> figures = new EnumMap<>(Figure.class);
      figures.put(Figure.QUIET_P50, (double) quiet.percentile(0.5));
      figures.put(Figure.STORM_P50, worst(0.5));
      figures.put(Figure.QUIET_P99, (double) quiet.percentile(0.99));
      figures.put(Figure.STORM_P99, worst(0.99));
      figures.put(Figure.QUIET_P999, (double) quiet.percentile(0.999));
      figures.put(Figure.STORM_P999, worst(0.999));
      figures.put(Figure.QUIET_MAX, quiet.longest() / 1e3);
      figures.put(Figure.STORM_MAX, longest() / 1e3);
      figures.put(Figure.CPU, cpu / 1e6);
      if (gone >= 0) {
        figures.put(Figure.GONE, gone / 1e6);
      }
      if (left >= 0) {
        figures.put(Figure.LEFT, (double) left);
      }
      return figures;
    }
  }

  /** A policy by which what is created lives until a moment that is set before it is created. */
  static final class Doom implements ExpiryPolicy, Serializable {
    private static final long serialVersionUID = 1;

    static final long NEVER = Long.MAX_VALUE;

    /** By {@link System#nanoTime}; read by the thread that sets it. */
    static long end = NEVER;

    @Override
    public Duration getExpiryForCreation() {
      if (end == NEVER) {
        return Duration.ETERNAL;
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      return new Duration(TimeUnit.MILLISECONDS, Math.max(1, millis));
    }

    @Override
    public Duration getExpiryForAccess() {
      return null;
    }

    @Override
    public Duration getExpiryForUpdate() {
      return null;
    }
  }
}
