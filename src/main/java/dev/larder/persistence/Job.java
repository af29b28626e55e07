package dev.larder.persistence;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.LongConsumer;

/** A snapshot that is being written, be it for itself or as the base of the log; how far it is. */
final class Job implements LongConsumer {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");
  private static final long SAY_AFTER_NANOS = 3_000_000_000L;

  /** What it is for. */
  enum Kind {
    /** A file of its own. */
    SAVE,
    /** The base of the log anew. */
    REWRITE,
    /** The first base of a log that has just begun. */
    FIRST_BASE
  }

  final Kind kind;
  final Instant began;
  final long total;
  private final String file;
  private final long beganNanos = System.nanoTime();
  private volatile long done;
  private long saidNanos = beganNanos;

  Job(Kind kind, String file, Instant began, long total) {
    this.kind = kind;
    this.file = file;
    this.began = began;
    this.total = total;
  }

  /** How many entries are written. */
  long done() {
    return done;
  }

  /** How long it has taken so far. */
  Duration took() {
    return Duration.ofNanos(System.nanoTime() - beganNanos);
  }

  /** So many entries are written; of long ones it tells now and then. */
  @Override
  public void accept(long written) {
    done = written;
    long now = System.nanoTime();
    if (now - saidNanos > SAY_AFTER_NANOS) {
      saidNanos = now;
      LOG.log(
          Level.INFO,
          "writing {0}: {1} %, {2} of {3} entries",
          file,
          total == 0 ? 100 : Math.min(99, 100 * written / total),
          text(written),
          text(total));
    }
  }

  static String text(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  static String text(Duration time) {
    return String.format(Locale.ROOT, "%.3f s", time.toNanos() / 1e9);
  }
}
