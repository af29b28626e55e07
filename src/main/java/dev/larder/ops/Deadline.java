package dev.larder.ops;

import dev.larder.OperationException;
import dev.larder.store.Entry;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The deadline that an operation gives to a value: one of the words below, a time, or a time to
 * live. A time to live begins when the value is there, after any waiting, loading and writing.
 *
 * <p>What cannot be a deadline is refused when one is made of it, with Redis' {@code invalid expire
 * time in '…' command}.
 */
public final class Deadline {
  private enum Kind {
    BY_POLICY,
    KEEP,
    AS_PUT,
    /** Epoch milliseconds. */
    AT,
    /** Milliseconds from then on. */
    IN,
    /** A deadline word as it is. */
    WORD
  }

  /** Leaves it to the cache's expiry policy, in the way of a plain {@code SET}. */
  public static final Deadline BY_POLICY = new Deadline(Kind.BY_POLICY, 0);

  /** Leaves it as it is ({@code KEEPTTL}); a new entry's is left to the policy. */
  public static final Deadline KEEP = new Deadline(Kind.KEEP, 0);

  /** Leaves it to the policy in the way of {@code javax.cache}: see {@link Turn#put}. */
  public static final Deadline AS_PUT = new Deadline(Kind.AS_PUT, 0);

  /** The end of time: no deadline, and that explicitly ({@code PERSIST}). */
  public static final Deadline NONE = new Deadline(Kind.AT, Entry.ETERNAL);

  /** Of two that mean no deadline the last one is taken for a time. */
  private static final long LATEST = Entry.ETERNAL - 1;

  private final Kind kind;
  private final long millis;

  private Deadline(Kind kind, long millis) {
    this.kind = kind;
    this.millis = millis;
  }

  /** In epoch milliseconds; it may have passed. */
  public static Deadline at(long time) {
    return new Deadline(Kind.AT, Math.max(0, Math.min(time, LATEST)));
  }

  /** As {@link #at(long)}; one before 1970 has passed as well. */
  public static Deadline at(Instant instant, String command) {
    try {
      return instant.isBefore(Instant.EPOCH) ? at(0) : at(instant.toEpochMilli());
    } catch (ArithmeticException e) {
      throw invalid(command);
    }
  }

  /** As {@link #at(Instant, String)}, but one before 1970 or at its begin is refused. */
  public static Deadline positive(Instant instant, String command) {
    if (!instant.isAfter(Instant.EPOCH)) {
      throw invalid(command);
    }
    return at(instant, command);
  }

  /** Some milliseconds after the value is there; less than one: it is gone at once. */
  public static Deadline in(long millis) {
    return new Deadline(Kind.IN, millis);
  }

  /**
   * That many units from then on or, if {@code now} is null, since 1970. Refused if it lies beyond
   * all time.
   *
   * @param unit milliseconds
   * @param command whose name an error gives
   */
  public static Deadline of(long amount, long unit, @Nullable Long now, String command) {
    try {
      long millis = Math.multiplyExact(amount, unit);
      if (now == null) {
        return at(millis);
      }
      long unused = Math.addExact(millis, now);
      return in(millis);
    } catch (ArithmeticException e) {
      throw invalid(command);
    }
  }

  /** After a time to live, which may be negative; rounded up to milliseconds. */
  public static Deadline in(Duration ttl, long now, String command) {
    if (ttl.isNegative()) {
      return in(-1);
    }
    try {
      int more = ttl.toNanosPart() % 1_000_000 == 0 ? 0 : 1;
      return of(Math.addExact(ttl.toMillis(), more), 1, now, command);
    } catch (ArithmeticException e) {
      throw invalid(command);
    }
  }

  /** As {@link #in(Duration, long, String)}, but a time to live of zero or less is refused. */
  public static Deadline positive(Duration ttl, long now, String command) {
    if (ttl.isZero() || ttl.isNegative()) {
      throw invalid(command);
    }
    return in(ttl, now, command);
  }

  /** The deadline of another value, and whether that was explicit. */
  static Deadline sameAs(long word) {
    return new Deadline(Kind.WORD, word);
  }

  /** Whether this is neither a word about the policy nor about the deadline before. */
  boolean isTime() {
    return kind.compareTo(Kind.AT) >= 0;
  }

  /** The time, if it is one, in epoch milliseconds. */
  public long time(long now) {
    return Entry.time(word(now));
  }

  /** The deadline word, if it is a time. */
  long word(long now) {
    return switch (kind) {
      case AT -> Entry.explicit(millis);
      case IN -> Entry.explicit(Math.max(0, Math.min(sum(now, millis), LATEST)));
      case WORD -> millis;
      default -> throw new IllegalStateException(kind + " is no time");
    };
  }

  private static long sum(long now, long millis) {
    long sum = now + millis;
    return millis > 0 && sum < 0 ? LATEST : sum;
  }

  public static OperationException invalid(String command) {
    return new OperationException("ERR", "invalid expire time in '" + command + "' command");
  }
}
