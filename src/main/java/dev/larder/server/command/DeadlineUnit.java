package dev.larder.server.command;

import dev.larder.ops.Deadline;
import org.jspecify.annotations.Nullable;

/** How a word states a deadline, by the names of {@code SET}'s options. */
enum DeadlineUnit {
  /** Seconds from now; also {@code EXPIRE}. */
  EX(1_000, true),
  /** Milliseconds from now. */
  PX(1, true),
  /** Seconds since 1970. */
  EXAT(1_000, false),
  /** Milliseconds since 1970. */
  PXAT(1, false);

  private final long millis;
  private final boolean fromNow;

  DeadlineUnit(long millis, boolean fromNow) {
    this.millis = millis;
    this.fromNow = fromNow;
  }

  /** The unit that the next word names, which must be the one before, if there was one. */
  static DeadlineUnit next(Args args, @Nullable DeadlineUnit before) {
    for (DeadlineUnit unit : values()) {
      if ((before == null || before == unit) && args.accept(unit.name())) {
        return unit;
      }
    }
    throw args.syntaxError();
  }

  /** The next word as a deadline, which may lie in the past. */
  Deadline next(Args args, long now) {
    return Deadline.of(args.nextLong(), millis, fromNow ? now : null, args.command());
  }

  /** As {@link #next}, but neither now nor before. */
  Deadline nextPositive(Args args, long now) {
    long amount = args.nextLong();
    if (amount <= 0) {
      throw Deadline.invalid(args.command());
    }
    return Deadline.of(amount, millis, fromNow ? now : null, args.command());
  }
}
