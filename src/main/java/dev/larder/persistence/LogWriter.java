package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes what is appended to a log, on a thread of its own.
 *
 * <p>The thread takes all there is, writes it, forces it if it has to, says that it is kept, and
 * looks again: while a force takes its time, the records of all who come meanwhile gather for the
 * next one. Unless it is {@code ALWAYS} it lets {@value #PAUSE_MILLIS} ms pass between two writes,
 * except if somebody waits. Appending wakes it only when it has nothing to do, so a system call is
 * made for one record in many; and while nothing is appended, it sleeps.
 *
 * <p>An increment is begun only when the one before is complete and forced, so of all that are
 * named only the last one that is not empty can lack its end.
 *
 * <h2>Failures</h2>
 *
 * A write that fails is repeated every second at the same place; the records stay in memory. After
 * a force that failed the system may have dropped what was written, and a second force would
 * succeed without it: nothing more is written until a base replaces that file.
 */
final class LogWriter {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final int PAUSE_MILLIS = 2;

  /** A force that takes longer has delayed those who wait (as Redis counts it). */
  private static final long LONG_FORCE = 2 * SECOND;

  private final Increments increments;
  private final Waiters waiters;
  private final LongSupplier nanos;
  private volatile Fsync fsync;
  private volatile boolean resting; // whether the thread sleeps, or is about to
  private volatile boolean closing;
  private volatile Origin origin;
  private final AtomicLong sealed = new AtomicLong(); // bytes of checksums since the last rebase
  private final AtomicLong delayed = new AtomicLong();

  private final Object io = new Object(); // guards what is below, and writing; the waiters' state
  private boolean dirty; // whether what was written is not forced
  private long forcedAt;
  private long retryAt;
  private @Nullable Increment failed; // the one that could not be written or forced
  private boolean broken; // could not be forced

  /** How many bytes the log had at a position, and after it was last rewritten. */
  private record Origin(long position, long bytes, long baseBytes) {}

  /**
   * One that has no thread yet.
   *
   * @param bytes that the log has already, perhaps not forced by who wrote them
   */
  LogWriter(Increments increments, Waiters waiters, long bytes, Fsync fsync, LongSupplier nanos) {
    this.increments = increments;
    this.waiters = waiters;
    this.fsync = fsync;
    this.nanos = nanos;
    origin = new Origin(0, bytes, bytes);
    dirty = bytes > 0;
    forcedAt = nanos.getAsLong();
  }

  void start() {
    Thread thread = new Thread(null, this::run, "larder-log", 256 << 10, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    increments.writer(thread);
    thread.start();
  }

  private void run() {
    while (!closing) {
      long pause = tick();
      if (pause > 0) {
        resting = true;
        // Whoever comes after this look sees that it rests, and wakes it.
        if (!closing && waiters.isEmpty()) {
          LockSupport.parkNanos(this, pause);
        }
        resting = false;
      }
    }
    finish();
  }

  /** Somebody waits. */
  void hurry() {
    if (resting) {
      increments.wakeWriter();
    }
  }

  /** When it forces from now on. */
  void fsync(Fsync fsync) {
    this.fsync = fsync;
    increments.wakeWriter();
  }

  /**
   * Does what is to be done now.
   *
   * @return the nanoseconds in which there is nothing to do, unless somebody appends or waits
   */
  long tick() {
    long pause;
    synchronized (io) {
      pause = turn();
    }
    waiters.tell();
    return pause;
  }

  private long turn() {
    long now = nanos.getAsLong();
    if (broken) {
      return Long.MAX_VALUE;
    }
    if (failed != null && now - retryAt < 0) {
      return retryAt - now;
    }
    Fsync fsync = this.fsync;
    Increment increment = increments.oldest();
    try {
      boolean wrote = write(increment, fsync == Fsync.ALWAYS);
      if (increments.isFollowed(increment)) {
        force(increment);
        increment.out.close();
        increments.remove(increment);
        return 0;
      }
      if (dirty && fsync == Fsync.EVERYSEC && now - forcedAt >= SECOND) {
        force(increment);
      }
      if (wrote) {
        return fsync == Fsync.ALWAYS ? 0 : PAUSE_MILLIS * MILLI;
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      return refused(increment, e);
    }
    if (!increments.sleep(increment)) {
      return 0;
    }
    return dirty && fsync == Fsync.EVERYSEC ? Math.max(1, forcedAt + SECOND - now) : Long.MAX_VALUE;
  }

  /** Writes what there is, if there is something, or what could not be written the last time. */
  private boolean write(Increment increment, boolean force) throws IOException {
    if (increment.taken.isEmpty()) {
      increments.take(increment, waiters.kept());
      if (increment.taken.isEmpty()) {
        return false;
      }
      sealed.addAndGet(increment.taken.seal());
    }
    increment.write();
    dirty = true;
    if (force) {
      force(increment);
    }
    sealed.addAndGet(increment.written());
    failed = null;
    waiters.failure(null);
    waiters.kept(increment.takenUpTo);
    return true;
  }

  private void force(Increment increment) throws IOException {
    if (!dirty) {
      return;
    }
    long began = nanos.getAsLong();
    broken = true; // until it has succeeded
    increment.out.force();
    broken = false;
    dirty = false;
    long now = nanos.getAsLong();
    forcedAt = now;
    if (now - began >= LONG_FORCE && increments.appended() > waiters.kept()) {
      delayed.incrementAndGet();
    }
  }

  private long refused(Increment increment, Throwable e) {
    failed = increment;
    retryAt = nanos.getAsLong() + SECOND;
    String file = increment.part.name();
    String reason = e instanceof IOException io ? Failures.reason(io) : e.toString();
    String message =
        broken
            ? "forcing " + file + " to disk failed: " + reason + "; the log has to be rewritten"
            : "writing " + file + " failed: " + reason;
    if (waiters.failure() == null) {
      LOG.log(Level.ERROR, message);
    }
    waiters.failure(new PersistenceException(message, e));
    return broken ? Long.MAX_VALUE : SECOND;
  }

  /**
   * What is to be written to earlier increments is in the base: it is kept. Ends a failure of
   * those. The waiters are to be told.
   */
  void dropBefore(Increment current, long baseBytes) {
    synchronized (io) {
      List<Increment> dropped = increments.dropBefore(current);
      dropped.forEach(Increment::closeQuietly);
      if (!dropped.isEmpty()) {
        waiters.kept(Math.max(waiters.kept(), current.begins));
        dirty = false;
      }
      if (failed != null && dropped.contains(failed)) {
        failed = null;
        broken = false;
        waiters.failure(null);
      }
      long kept = waiters.kept();
      long bytes = baseBytes + kept - current.begins;
      origin = new Origin(kept, bytes, bytes);
      sealed.set(0);
    }
  }

  /** Bytes in the files, of the base and all increments. */
  long bytes() {
    Origin origin = this.origin;
    return origin.bytes + waiters.kept() - origin.position + sealed.get();
  }

  /** What {@link #bytes} was after the last rebase, or at the start. */
  long baseBytes() {
    return origin.baseBytes;
  }

  /** How often a force took so long that those who came meanwhile noticed. */
  long delayed() {
    return delayed.get();
  }

  /** Writes and forces everything, if that can be done, and ends the thread. */
  void close() {
    closing = true;
    Thread thread = increments.writer();
    if (thread == null || thread == Thread.currentThread()) {
      finish();
    } else {
      increments.wakeWriter();
      join(thread);
    }
  }

  /** On the thread itself: an interrupted one that writes would close the file. */
  private void finish() {
    synchronized (io) {
      retryAt = nanos.getAsLong();
      do {
        turn();
      } while (waiters.failure() == null && !increments.isEmpty());
      if (!broken) {
        Increment last = increments.oldest();
        try {
          force(last);
        } catch (IOException e) {
          refused(last, e);
        }
      }
      increments.closeAll();
    }
    waiters.tell();
  }

  private static void join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
