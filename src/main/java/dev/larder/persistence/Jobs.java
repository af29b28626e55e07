package dev.larder.persistence;

import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.SaveRule;
import dev.larder.PersistenceStatus;
import dev.larder.store.StoreClock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which snapshot of the kept caches is being written, which is to follow, when the next one is due,
 * and how the last ones went. One is written at a time, be it a file of its own or the base of the
 * log. Thread-safe; who writes them is said elsewhere.
 */
final class Jobs {
  /** After a snapshot that failed, until the next one is tried. */
  private static final long RETRY_MILLIS = 5_000;

  private final String name;
  private final KeptCaches caches;
  private final StoreClock clock;
  private volatile boolean closed;
  private volatile boolean failing; // as saveFailure

  // guarded by this
  private @Nullable Job job;
  private boolean saveLater;
  private boolean rewriteLater;
  private long savedChanges; // of all, those that the last snapshot has
  private Instant lastSave;
  private long triedMillis; // when a snapshot was begun last
  private @Nullable Duration saveTook;
  private @Nullable String saveFailure;
  private long saved;
  private @Nullable Duration rewriteTook;
  private @Nullable String rewriteFailure;
  private int rewriteFailures; // since one has succeeded
  private long rewriteTriedMillis; // when one was begun last
  private long rewritten;
  private long loaded;
  private long expired;

  /**
   * None so far.
   *
   * @param name what messages call it
   */
  Jobs(String name, KeptCaches caches, StoreClock clock) {
    this.name = name;
    this.caches = caches;
    this.clock = clock;
    this.lastSave = now();
  }

  private Instant now() {
    return Instant.ofEpochSecond(clock.now() / 1_000);
  }

  // ---- Beginning and ending

  /**
   * Begins one, when the one before has ended.
   *
   * @throws PersistenceException if it is closed
   */
  synchronized Job startWhenIdle(Job.Kind kind, PersistenceOptions options) {
    awaitIdle();
    return start(kind, options);
  }

  /**
   * Begins a snapshot of its own now.
   *
   * @param later whether it may follow one that is being written
   * @return null if it will
   */
  synchronized @Nullable Job startSave(boolean later, PersistenceOptions options) {
    Job running = job;
    if (running == null) {
      return start(Job.Kind.SAVE, options);
    }
    if (running.kind == Job.Kind.SAVE) {
      throw new OperationException("ERR", "Background save already in progress");
    }
    if (!later) {
      throw new OperationException(
          "ERR",
          "The append only file is being rewritten: can't BGSAVE right now. Use BGSAVE SCHEDULE"
              + " in order to schedule a BGSAVE whenever possible.");
    }
    saveLater = true;
    return null;
  }

  /**
   * Begins to write the log anew.
   *
   * @return null if that will follow the one that is being written
   */
  synchronized @Nullable Job startRewrite(PersistenceOptions options) {
    Job running = job;
    if (running == null) {
      return start(Job.Kind.REWRITE, options);
    }
    if (running.kind != Job.Kind.SAVE) {
      throw new OperationException(
          "ERR", "Background append only file rewriting already in progress");
    }
    rewriteLater = true;
    return null;
  }

  private Job start(Job.Kind kind, PersistenceOptions options) {
    if (closed) {
      throw new PersistenceException("persistence of " + name + " is closed");
    }
    String file = kind == Job.Kind.SAVE ? options.fileName() : options.logName();
    Job begun = new Job(kind, file, now(), caches.size());
    job = begun;
    if (kind == Job.Kind.SAVE) {
      triedMillis = clock.now();
      saveLater = false;
    } else {
      rewriteTriedMillis = clock.now();
      rewriteLater = false;
    }
    return begun;
  }

  private void awaitIdle() {
    boolean interrupted = false;
    while (job != null) {
      try {
        wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * The one that there is has ended, however it went.
   *
   * @param logs whether there is a log to be written anew
   * @return the one that was to follow, begun; null: none
   */
  synchronized @Nullable Job end(boolean logs, PersistenceOptions options) {
    job = null;
    notifyAll();
    if (!closed && rewriteLater && logs) {
      return start(Job.Kind.REWRITE, options);
    }
    return !closed && saveLater ? start(Job.Kind.SAVE, options) : null;
  }

  /** Waits for the one that there is, and lets none begin any more. */
  synchronized void close() {
    closed = true;
    awaitIdle();
  }

  boolean isClosed() {
    return closed;
  }

  // ---- How they went

  /**
   * A snapshot of its own was written, or was not.
   *
   * @param failure null: it was
   * @param changes how many it has of all
   */
  synchronized void saved(Job job, @Nullable String failure, long changes) {
    saveFailure = failure;
    failing = failure != null;
    saveTook = job.took();
    if (failure == null) {
      savedChanges = changes;
      lastSave = now();
      saved++;
    }
  }

  /** The log was written anew, or was not. */
  synchronized void rewritten(Job job, @Nullable String failure) {
    rewriteFailure = failure;
    rewriteTook = job.took();
    rewritten += failure == null ? 1 : 0;
    rewriteFailures = failure == null ? 0 : rewriteFailures + 1;
  }

  /** The caches have what the file has. */
  synchronized void isAsSaved() {
    savedChanges = caches.changes();
  }

  synchronized void loaded(long entries, long expired) {
    this.loaded = entries;
    this.expired = expired;
  }

  /** Whether the last snapshot of its own could not be written. */
  boolean isFailing() {
    return failing;
  }

  synchronized boolean isSaved() {
    return savedChanges == caches.changes();
  }

  synchronized Instant lastSave() {
    return lastSave;
  }

  // ---- When the next one is due

  /** Whether a rule asks for a snapshot now. */
  synchronized boolean isSaveDue(PersistenceOptions options) {
    if (job != null || saveFailure != null && !isOver(triedMillis, RETRY_MILLIS)) {
      return false;
    }
    long unsaved = caches.changes() - savedChanges;
    for (SaveRule rule : options.saveRules()) {
      if (unsaved >= rule.changes() && isOver(lastSave.toEpochMilli(), 1_000 * rule.seconds())) {
        return true;
      }
    }
    return false;
  }

  /** Whether the log has grown so long that it is to be written anew now. */
  synchronized boolean isRewriteDue(PersistenceOptions options, AppendLog log) {
    long bytes = log.bytes();
    long base = Math.max(1, log.baseBytes());
    if (job != null
        || options.rewritePercentage() == 0
        || bytes < options.rewriteMinSize()
        || (bytes - base) * 100 / base < options.rewritePercentage()) {
      return false;
    }
    // Each attempt may leave a file behind that stays until one succeeds.
    long pause = RETRY_MILLIS << Math.min(rewriteFailures, 10);
    return rewriteFailure == null || isOver(rewriteTriedMillis, pause);
  }

  /** Whether so much time has gone by since then; who knows how much, if the clock went back. */
  private boolean isOver(long since, long millis) {
    long gone = clock.now() - since;
    return gone < 0 || gone >= millis;
  }

  // ---- What is said of all that

  synchronized PersistenceStatus status(boolean loading, @Nullable AppendLog log) {
    Job job = this.job;
    Job save = job != null && job.kind == Job.Kind.SAVE ? job : null;
    PersistenceStatus.Snapshots snapshots =
        new PersistenceStatus.Snapshots(
            save == null ? null : save.began,
            job == null ? 0 : job.total,
            job == null ? 0 : job.done(),
            lastSave,
            saveTook,
            saveFailure,
            saved,
            loaded,
            expired);
    return new PersistenceStatus(
        loading,
        caches.changes() - savedChanges,
        snapshots,
        log == null ? null : status(log, save == null ? job : null));
  }

  private PersistenceStatus.Log status(AppendLog log, @Nullable Job rewrite) {
    PersistenceException failure = log.failure();
    return new PersistenceStatus.Log(
        rewrite == null ? null : rewrite.began,
        rewriteLater,
        rewriteTook,
        rewriteFailure,
        rewritten,
        failure == null ? null : failure.getMessage(),
        log.bytes(),
        log.baseBytes(),
        log.unwritten(),
        log.delayed());
  }
}
