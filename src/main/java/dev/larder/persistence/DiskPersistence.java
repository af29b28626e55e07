package dev.larder.persistence;

import dev.larder.OperationException;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceStatus;
import dev.larder.store.Snapshot;
import dev.larder.store.StoreClock;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Keeps some caches in one directory: loads what is there, writes snapshots and the log.
 *
 * <p>One snapshot is written at a time, be it a file of its own or the base of the log anew. {@link
 * Jobs} knows which, and when the next one is due; {@link SnapshotWriter} writes it; {@link
 * KeptCaches} knows the caches and their numbers.
 */
public final class DiskPersistence implements Persistence {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private static final long TICK_NANOS = 250_000_000;

  private final String name;
  private final Disk disk;
  private final StoreClock clock;
  private final KeptCaches caches;
  private final Jobs jobs;
  private final SnapshotWriter writer;
  private final TakenDirectory directory;
  private volatile PersistenceOptions options;
  private volatile @Nullable AppendLog log;
  private volatile boolean loading;
  private @Nullable Thread timer;

  private DiskPersistence(
      String name, Disk disk, PersistenceOptions options, List<KeptCache<?, ?>> caches) {
    this.name = name;
    this.disk = disk;
    this.options = options;
    this.clock = caches.get(0).store().clock();
    this.caches = new KeptCaches(caches, this::close);
    this.jobs = new Jobs(name, this.caches, clock);
    this.writer = new SnapshotWriter(disk, this.caches, jobs, clock);
    this.directory = new TakenDirectory(disk);
  }

  /**
   * Loads what is in the directory, and keeps the caches from then on.
   *
   * @param name what threads and log call it
   * @param caches empty if there is something to be loaded; the index is the number, unless the
   *     files say otherwise
   * @param replay runs what a log of Redis' has that ours has not
   * @throws PersistenceException if the files are not good, or for other caches
   */
  public static DiskPersistence open(
      String name, PersistenceOptions options, List<KeptCache<?, ?>> caches, Replay replay) {
    return open(name, Disk.REAL, options, caches, replay);
  }

  static DiskPersistence open(
      String name,
      Disk disk,
      PersistenceOptions options,
      List<KeptCache<?, ?>> caches,
      Replay replay) {
    DiskPersistence persistence = new DiskPersistence(name, disk, options, caches);
    try {
      persistence.begin(caches, replay);
    } catch (Throwable t) {
      persistence.end();
      throw t;
    }
    return persistence;
  }

  private void begin(List<KeptCache<?, ?>> caches, Replay replay) {
    directory.make(options.path());
    takeDirectory();
    this.caches.requireUnkept();
    caches.forEach(cache -> cache.store().fills(true));
    try {
      recover(caches, replay);
    } finally {
      caches.forEach(cache -> cache.store().fills(false));
    }
    timer = daemon("timer", this::tickWhileOpen);
    timer.start();
  }

  private void recover(List<KeptCache<?, ?>> caches, Replay replay) {
    Recovery recovery = new Recovery(disk, options, caches, replay, clock);
    recovery.run();
    jobs.loaded(recovery.loaded(), recovery.expired());
    writer.leftOut(recovery.leftOut());
    boolean done = false;
    try {
      keep(recovery);
      done = true;
    } finally {
      if (!done && recovery.hasFound()) { // the caches were empty
        caches.forEach(cache -> cache.filling().clear());
      }
    }
  }

  private void keep(Recovery recovery) {
    if (recovery.leftOut() != null && options.log()) {
      throw new PersistenceException(
          options.path()
              + ": without what was left out ("
              + recovery.leftOut()
              + ") no log can be kept; start with appendonly no");
    }
    caches.attach(recovery.arrangement());
    if (options.log()) {
      beginLog(recovery.log());
    }
  }

  /** Whoever writes unasked has the directory alone. */
  private void takeDirectory() {
    if (options.log() || !options.saveRules().isEmpty()) {
      directory.take(options.path());
    }
  }

  private Thread daemon(String job, Runnable work) {
    Thread thread = new Thread(null, work, "larder-" + name + "-" + job, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }

  // -------------------------------------------------------------------------------- snapshots

  @Override
  public void save() {
    run(startWhenIdle(Job.Kind.SAVE));
  }

  private Job startWhenIdle(Job.Kind kind) {
    Snapshot.requireNoneMine(caches.stores());
    return jobs.startWhenIdle(kind, options);
  }

  private void run(Job job) {
    try (Snapshot snapshot = Snapshot.of(caches.stores())) {
      if (job.kind == Job.Kind.SAVE) {
        writer.save(job, snapshot, options);
      } else {
        writer.rewrite(job, snapshot, options, log);
      }
    } finally {
      endJob();
    }
  }

  @Override
  public boolean saveInBackground(boolean later) {
    String refusal = writer.refusal(options);
    if (refusal != null) {
      throw new OperationException("ERR", refusal);
    }
    return runInBackground(jobs.startSave(later, options));
  }

  /** Whether there is one. */
  private boolean runInBackground(@Nullable Job job) {
    if (job == null) {
      return false;
    }
    Runnable work =
        () -> {
          try {
            run(job);
          } catch (PersistenceException e) {
            // noted and logged
          }
        };
    try {
      daemon(job.kind == Job.Kind.SAVE ? "save" : "rewrite", work).start();
    } catch (OutOfMemoryError e) { // no thread to be had
      LOG.log(Level.WARNING, "no thread to write {0}: {1}", job.kind, e.getMessage());
      endJob();
      throw e;
    }
    return true;
  }

  /** And begins what was to follow. */
  private void endJob() {
    runInBackground(jobs.end(log != null, options));
  }

  @Override
  public Instant lastSave() {
    return jobs.lastSave();
  }

  // ---------------------------------------------------------------------------------- the log

  /**
   * Goes on with the log that was loaded, or begins one with all that there is.
   *
   * @param manifest of the log that was loaded and can be continued; null: none
   */
  private void beginLog(@Nullable Manifest manifest) {
    PersistenceOptions options = this.options;
    Path directory = SnapshotWriter.logDirectory(options);
    Manifest previous = Manifest.read(disk, directory, options.logName());
    if (previous.isEmpty()) {
      LogFiles.setOrphansAside(disk, directory, options.logName());
    }
    AppendLog begun =
        manifest == null
            ? AppendLog.begin(disk, directory, options.logName(), previous, options.fsync())
            : AppendLog.resume(disk, directory, options.logName(), manifest, options.fsync());
    log = begun;
    caches.log(begun, options.fsync());
    if (manifest == null) {
      try {
        run(startWhenIdle(Job.Kind.FIRST_BASE));
      } catch (PersistenceException e) {
        endLog();
        throw e;
      }
    }
  }

  /** Everything that was logged is on disk; nothing more is. */
  private void endLog() {
    AppendLog ended = log;
    if (ended != null) {
      caches.log(null, options.fsync());
      log = null;
      ended.close();
    }
  }

  @Override
  public boolean rewriteLog() {
    if (log == null) {
      throw new OperationException("ERR", "no log is kept: appendonly is no");
    }
    return runInBackground(jobs.startRewrite(options));
  }

  /** The same, and returns when it is done. */
  void rewriteNow() {
    run(startWhenIdle(Job.Kind.REWRITE));
  }

  // ------------------------------------------------------------------------- from time to time

  private void tickWhileOpen() {
    while (!jobs.isClosed()) {
      LockSupport.parkNanos(TICK_NANOS);
      try {
        tick();
      } catch (RuntimeException | Error e) {
        LOG.log(Level.WARNING, "looking after the files of " + name + " failed, will try again", e);
      }
    }
  }

  /** Begins a snapshot if a rule asks for it, and the log anew if it has grown too long. */
  void tick() {
    if (jobs.isClosed()) {
      return;
    }
    if (jobs.isSaveDue(options)) {
      attempt(() -> saveInBackground(false));
    }
    AppendLog log = this.log;
    if (log != null && jobs.isRewriteDue(options, log)) {
      attempt(this::rewriteLog);
    }
  }

  private static void attempt(Runnable begin) {
    try {
      begin.run();
    } catch (OperationException e) {
      // somebody else has just begun one
    }
  }

  // -------------------------------------------------------------------------- everything else

  @Override
  public PersistenceStatus status() {
    return jobs.status(loading, log);
  }

  /** Nobody writes between the snapshot and its loading: nothing that was acknowledged is lost. */
  @Override
  public void reload(boolean save) {
    reload(
        Job.Kind.SAVE,
        options.skipUnsupported(),
        (job, snapshot) -> {
          if (save) {
            writer.save(job, snapshot, options);
          }
          return SnapshotWriter.file(options);
        });
  }

  /**
   * The log has every change, also those since the last snapshot, and only Redis' commands could
   * replay it. So it is written anew, and what it begins with then is loaded.
   */
  @Override
  public void reloadLog() {
    reload(
        Job.Kind.REWRITE,
        false,
        (job, snapshot) -> {
          writer.rewrite(job, snapshot, options, log);
          Manifest.Part base =
              Manifest.read(disk, SnapshotWriter.logDirectory(options), options.logName()).base();
          return SnapshotWriter.logDirectory(options)
              .resolve(Objects.requireNonNull(base, "it was written").name());
        });
  }

  private void reload(
      Job.Kind kind, boolean skipUnsupported, BiFunction<Job, Snapshot, Path> file) {
    Replacement replacement =
        new Replacement(disk, caches.byNumber(), clock, skipUnsupported, false);
    Job job = startWhenIdle(kind);
    loading = true;
    try (Snapshot snapshot = Snapshot.of(caches.stores())) {
      caches.alone(
          () -> {
            replacement.read(file.apply(job, snapshot));
            replacement.replace();
            if (kind == Job.Kind.SAVE) {
              jobs.isAsSaved();
            }
          });
    } finally {
      loading = false;
      endJob();
    }
    replacement.awaitKept();
    jobs.loaded(replacement.loaded(), replacement.expired());
  }

  @Override
  public boolean isFailing() {
    AppendLog log = this.log;
    return jobs.isFailing() || log != null && log.failure() != null;
  }

  @Override
  public synchronized void reconfigure(PersistenceOptions options) {
    PersistenceOptions before = this.options;
    this.options = options;
    try {
      takeDirectory();
      AppendLog log = this.log;
      if (options.log() && log == null) {
        beginLog(null);
      } else if (!options.log() && log != null) {
        endLog();
      } else if (log != null && options.fsync() != before.fsync()) {
        log.fsync(options.fsync());
        caches.log(log, options.fsync());
      }
    } catch (RuntimeException e) {
      this.options = before;
      throw e;
    }
  }

  @Override
  public PersistenceOptions options() {
    return options;
  }

  @Override
  public List<String> numbers() {
    return caches.byNumber().stream().map(KeptCache::name).toList();
  }

  @Override
  public void swap(int one, int other) {
    caches.swap(one, other, log);
  }

  /** All entries are gone for good: a snapshot that there is must not bring them back. */
  public void destroyed() {
    if (log != null) {
      rewriteNow(); // the next cache of that name may have other keys and values
    }
    if (disk.exists(SnapshotWriter.file(options))) {
      save();
    }
  }

  @Override
  public void close() {
    try {
      close(!options.saveRules().isEmpty() && !jobs.isSaved());
    } catch (PersistenceException e) {
      end(); // it is in the log
    }
  }

  @Override
  public void close(boolean save) {
    if (jobs.isClosed()) {
      return;
    }
    if (save) {
      save();
    }
    end();
  }

  private void end() {
    jobs.close();
    Thread timer = this.timer;
    if (timer != null) {
      LockSupport.unpark(timer);
    }
    try {
      endLog();
    } catch (PersistenceException e) {
      LOG.log(Level.ERROR, "the log of " + name + " was not written to its end: " + e.getMessage());
    } finally {
      caches.detach();
      directory.release();
    }
  }
}
