package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.store.Snapshot;
import dev.larder.store.StoreClock;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes what the kept caches have at one moment, to a file of its own or as the base of the log,
 * and notes how that went.
 *
 * <p>Of the latter, the order matters: first the log goes on in a new file, then comes the
 * {@linkplain Snapshot#cut cut}. So each change is in the base, or in the new file, or in both; and
 * in both it does no harm, because the log has effects, which may happen twice.
 */
final class SnapshotWriter {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private final Disk disk;
  private final KeptCaches caches;
  private final Jobs jobs;
  private final StoreClock clock;
  private volatile @Nullable String leftOut;

  SnapshotWriter(Disk disk, KeptCaches caches, Jobs jobs, StoreClock clock) {
    this.disk = disk;
    this.caches = caches;
    this.jobs = jobs;
    this.clock = clock;
  }

  static Path file(PersistenceOptions options) {
    return options.path().resolve(options.fileName());
  }

  static Path logDirectory(PersistenceOptions options) {
    return options.path().resolve(options.logDirectory());
  }

  /** What was left out when the file was loaded: it is not written over then. Null: nothing. */
  void leftOut(@Nullable String leftOut) {
    this.leftOut = leftOut;
  }

  /** Why no file of its own is written; null if one may be. */
  @Nullable String refusal(PersistenceOptions options) {
    String leftOut = this.leftOut;
    return leftOut == null
        ? null
        : options.fileName()
            + " is not written over, because not everything in it was loaded; left out: "
            + leftOut;
  }

  /**
   * Writes it to a file of its own, in the place of the one before.
   *
   * @throws PersistenceException if that fails; the one before is there
   */
  void save(Job job, Snapshot snapshot, PersistenceOptions options) {
    Path file = file(options);
    String failure = "the thread has died";
    long[] included = {0};
    try {
      String refusal = refusal(options);
      if (refusal != null) {
        throw new PersistenceException(refusal);
      }
      Path temporary = file.resolveSibling("temp-" + ProcessHandle.current().pid() + ".rdb");
      SnapshotFile.replace(
          disk,
          file,
          temporary,
          () -> write(job, snapshot, options, temporary, () -> included[0] = caches.changes()));
      failure = null;
    } catch (IOException | RuntimeException e) {
      failure = "writing " + file + " failed: " + Failures.reason(e);
      LOG.log(Level.WARNING, failure);
      throw new PersistenceException(failure, e);
    } finally {
      jobs.saved(job, failure, included[0]);
    }
    LOG.log(
        Level.INFO,
        "wrote {0}: {1} entries in {2}",
        file,
        Job.text(job.done()),
        Job.text(job.took()));
  }

  /**
   * Writes it as the base of the log.
   *
   * @param log null if there is none any more
   * @throws PersistenceException if that fails; the log goes on as before
   */
  void rewrite(Job job, Snapshot snapshot, PersistenceOptions options, @Nullable AppendLog log) {
    String failure = "the thread has died";
    try {
      if (log == null) {
        throw new PersistenceException("no log is kept any more");
      }
      Path temporary =
          logDirectory(options)
              .resolve("temp-rewriteaof-" + ProcessHandle.current().pid() + ".rdb");
      boolean rotates = job.kind == Job.Kind.REWRITE; // the first increment may have more than that
      if (rotates) {
        log.prepare();
      }
      SnapshotFile.orDelete(
          disk,
          temporary,
          () -> {
            write(job, snapshot, options, temporary, rotates ? log::rotate : () -> {});
            log.rebase(temporary);
          });
      failure = null;
    } catch (IOException | RuntimeException e) {
      failure = "writing " + options.logName() + " anew failed: " + Failures.reason(e);
      LOG.log(Level.WARNING, failure);
      throw new PersistenceException(failure, e);
    } finally {
      jobs.rewritten(job, failure);
    }
    LOG.log(
        Level.INFO,
        "wrote {0} anew: {1} entries in {2}",
        options.logName(),
        Job.text(job.done()),
        Job.text(job.took()));
  }

  /** Writes all entries as they are at one moment. */
  private void write(
      Job job, Snapshot snapshot, PersistenceOptions options, Path file, Runnable beforeCut)
      throws IOException {
    int[] numbers = caches.numbers(beforeCut);
    snapshot.cut();
    new SnapshotFile(disk, options.compress(), job.kind != Job.Kind.SAVE)
        .write(file, snapshot, caches.all(), numbers, clock.now(), job);
  }
}
