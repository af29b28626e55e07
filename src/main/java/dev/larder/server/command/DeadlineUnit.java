package dev.larder.server.command;

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

  /** The next word as a deadline in epoch milliseconds, which may lie in the past. */
  long next(Args args, long now) {
    return deadline(args, args.nextLong(), now);
  }

  /** As {@link #next}, but neither now nor before. */
  long nextPositive(Args args, long now) {
    long amount = args.nextLong();
    if (amount <= 0) {
      throw args.invalidExpireTime();
    }
    return deadline(args, amount, now);
  }

  private long deadline(Args args, long amount, long now) {
    try {
      long time = Math.addExact(Math.multiplyExact(amount, millis), fromNow ? now : 0);
      return Math.min(time, Long.MAX_VALUE - 1); // the last one stands for none at all
    } catch (ArithmeticException e) {
      throw args.invalidExpireTime();
    }
  }
}
