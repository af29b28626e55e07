package dev.larder.store;

import dev.larder.Clock;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The time, for deadlines: the user's clock, or the system's with a short cut for readers.
 *
 * <p>Asking the system for the time costs little in a loop, but it orders the processor's loads and
 * so keeps the cache misses of neighbouring reads from overlapping: it more than doubles a {@code
 * get} from a large cache. Most reads meet a deadline far away, and a rough idea of the time is
 * enough to see that. So a thread of its own, the ticker, writes the time into a field every
 * millisecond, and only deadlines within {@link #GUARD} of it are compared with the precise clock:
 * a starved ticker must lag by more than that before an entry outlives its deadline.
 *
 * <p>The ticker runs only while somebody looks: after {@link #IDLE_TICKS} without a reader it sets
 * the field to the end of time, which sends readers to the precise clock, and waits for one to
 * come; at last it ends.
 */
public final class StoreClock {
  private static final long GUARD = 1_000;
  private static final int IDLE_TICKS = 256;
  private static final long LINGER_NANOS = 10_000_000_000L;
  private static final long NONE = Long.MAX_VALUE;
  private static final Clock SYSTEM = System::currentTimeMillis;

  private static final StoreClock SYSTEM_CLOCK = new StoreClock(SYSTEM, true, false);

  private static final VarHandle TICK;
  private static final VarHandle LOOKED;
  private static final VarHandle ASLEEP;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      TICK = lookup.findStaticVarHandle(StoreClock.class, "tick", long.class);
      LOOKED = lookup.findStaticVarHandle(StoreClock.class, "looked", boolean.class);
      ASLEEP = lookup.findStaticVarHandle(StoreClock.class, "asleep", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // read and written through the handles above
  @SuppressWarnings("UnusedVariable")
  private static long tick = NONE;

  @SuppressWarnings("UnusedVariable")
  private static boolean looked;

  private static volatile boolean asleep = true;
  private static volatile @Nullable Thread ticker;

  private final Clock clock;
  private final boolean system;
  private final boolean timeless;

  private StoreClock(Clock clock, boolean system, boolean timeless) {
    this.clock = clock;
    this.system = system;
    this.timeless = timeless;
  }

  /** The system's clock; the same one each time. */
  public static StoreClock system() {
    return SYSTEM_CLOCK;
  }

  /** A clock of the user's, asked every time. */
  public static StoreClock of(Clock clock) {
    return new StoreClock(clock, false, false);
  }

  /** One that stands still at this moment. */
  public StoreClock stopped() {
    long time = now();
    return of(() -> time);
  }

  /** One with the same time, but by which no deadline ever passes. */
  public StoreClock timeless() {
    return new StoreClock(clock, system, true);
  }

  /** The time, exactly. */
  public long now() {
    return clock.millis();
  }

  /**
   * Whether a deadline word lies in the past; the deadline itself does: an entry lives until it.
   */
  public boolean passed(long deadline) {
    long time = Entry.time(deadline);
    return time != Entry.ETERNAL && time - roughly() <= GUARD && time <= now() && !timeless;
  }

  /**
   * The time for a deadline {@code duration} milliseconds from now that need not be exact: when it
   * is long, up to a tick early.
   */
  public long nowFor(long duration) {
    if (duration > GUARD) {
      long rough = roughly();
      if (rough != NONE) {
        return rough;
      }
    }
    return now();
  }

  /** The last tick; the end of time when there is none, which no deadline is far away from. */
  private long roughly() {
    if (!system) {
      return NONE;
    }
    if (!(boolean) LOOKED.getOpaque()) {
      LOOKED.setOpaque(true);
    }
    long time = (long) TICK.getOpaque();
    if (time == NONE && asleep && ASLEEP.compareAndSet(true, false)) {
      wakeTicker();
    }
    return time;
  }

  @SuppressWarnings("ThreadPriorityCheck") // only a hint: a starved ticker costs time, nothing else
  private static void wakeTicker() {
    Thread running = ticker;
    if (running != null) {
      LockSupport.unpark(running);
      return;
    }
    Thread thread = new Thread(null, StoreClock::tick, "larder-clock", 64 << 10, false);
    thread.setDaemon(true);
    thread.setPriority(Thread.MAX_PRIORITY);
    thread.setContextClassLoader(null); // it outlives whoever woke it
    try {
      thread.start();
      ticker = thread;
    } catch (OutOfMemoryError e) { // no thread to be had: the precise clock does, and we try again
      asleep = true;
    }
  }

  private static void tick() {
    int idle = 0;
    for (; ; ) {
      if ((boolean) LOOKED.getOpaque()) {
        LOOKED.setOpaque(false);
        idle = 0;
      } else if (++idle > IDLE_TICKS) {
        TICK.setVolatile(NONE);
        asleep = true; // from here on, the first reader that finds no tick wakes us
        LockSupport.parkNanos(StoreClock.class, LINGER_NANOS);
        if (asleep && ASLEEP.compareAndSet(true, false)) { // nobody came
          ticker = null;
          asleep = true; // the next one starts another thread
          return;
        }
        idle = 0;
      }
      TICK.setOpaque(System.currentTimeMillis());
      LockSupport.parkNanos(1_000_000);
    }
  }
}
