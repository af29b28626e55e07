package dev.larder.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Some of the keys of a store, under one monitor: the buckets themselves, to spare readers a step,
 * and what is counted of the entries in them.
 */
final class Stripe<K, V> extends Buckets<K, V> {
  private static final VarHandle LIVE;
  private static final VarHandle TIMED;
  private static final VarHandle EARLIEST;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      LIVE = lookup.findVarHandle(Stripe.class, "live", long.class);
      TIMED = lookup.findVarHandle(Stripe.class, "timed", long.class);
      EARLIEST = lookup.findVarHandle(Stripe.class, "earliest", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile long live;
  private volatile long timed;
  private volatile long earliest = Entry.ETERNAL;
  private long nextSweep = millis(); // for the sweeper alone

  Stripe(SecondHash second) {
    super(key -> Store.bucketHash(Store.spread(key)), second);
  }

  /** Entries with a value. */
  long live() {
    return live;
  }

  void countLive(long more) {
    LIVE.getAndAdd(this, more);
  }

  /** Those of them with a deadline. */
  long timed() {
    return timed;
  }

  void countTimed(long more) {
    TIMED.getAndAdd(this, more);
  }

  /** No deadline in here is earlier. */
  long earliest() {
    return earliest;
  }

  /** Notes a deadline, so that the sweeper comes when it passes. */
  void due(long time) {
    for (long earliest = this.earliest; time < earliest; earliest = this.earliest) {
      if (EARLIEST.compareAndSet(this, earliest, time)) {
        return;
      }
    }
  }

  /** Who looks at all of them now will note the earliest; those set from now on are noted anew. */
  void forgetEarliest() {
    EARLIEST.setVolatile(this, Entry.ETERNAL);
  }

  /** Whether it is time for the sweeper to look at all of them again. */
  boolean maySweep() {
    return millis() - nextSweep >= 0;
  }

  void sweepAgainIn(long millis) {
    nextSweep = millis() + millis;
  }

  /** By the system's own clock: how the store's moves is not known. */
  private static long millis() {
    return System.nanoTime() / 1_000_000;
  }
}
