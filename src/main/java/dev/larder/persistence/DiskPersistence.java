package dev.larder.persistence;

import dev.larder.OperationException;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.SaveRule;
import dev.larder.PersistenceStatus;
import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps some caches in one directory: loads what is there, writes snapshots and the log.
 *
 * <p>One snapshot is written at a time, be it a file of its own or the base of the log anew. Of the
 * latter, the order matters: first the log goes on in a new file, then comes the {@linkplain
 * Snapshot#cut cut}. So each change is in the base, or in the new file, or in both; and in both it
 * does no harm, because the log has effects, which may happen twice.
 */
public final class DiskPersistence implements Persistence {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private static final long TICK_NANOS = 250_000_000;

  /** After a snapshot that failed, until the next one is tried. */
  private static final long RETRY_MILLIS = 5_000;

  private final String name;
  private final Disk disk;
  private final StoreClock clock;
  private final List<CacheKeeper<?, ?>> keepers; // in the order in which they were given
  private final LongAdder changes = new LongAdder();
  private final Object jobs = new Object(); // guards what is below
  private volatile PersistenceOptions options;
  private volatile @Nullable AppendLog log;
  private volatile boolean closed;
  private volatile boolean loading;
  private volatile boolean failing; // as saveFailure
  private @Nullable Thread timer;
  private @Nullable Closeable taken; // the directory, while files are written unasked

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
  private @Nullable String leftOut; // on loading: it is not written over

  private DiskPersistence(
      String name, Disk disk, PersistenceOptions options, List<KeptCache<?, ?>> caches) {
    this.name = name;
    this.disk = disk;
    this.options = options;
    this.clock = caches.get(0).store().clock();
    this.lastSave = now();
    List<CacheKeeper<?, ?>> keepers = new ArrayList<>();
    for (KeptCache<?, ?> cache : caches) {
      keepers.add(new CacheKeeper<>(cache, keepers.size(), changes, this::close));
    }
    this.keepers = List.copyOf(keepers);
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
    makeDirectory();
    lock();
    keepers.forEach(DiskPersistence::requireUnkept);
    Recovery recovery = new Recovery(disk, options, caches, replay, clock);
    recovery.run();
    loaded = recovery.loaded();
    expired = recovery.expired();
    leftOut = recovery.leftOut();
    boolean done = false;
    try {
      keep(recovery);
      done = true;
    } finally {
      if (!done && recovery.hasFound()) { // the caches were empty
        caches.forEach(cache -> cache.filling().clear());
      }
    }
    timer = daemon("timer", this::tickWhileOpen);
    timer.start();
  }

  private void keep(Recovery recovery) {
    if (leftOut != null && options.log()) {
      throw new PersistenceException(
          options.path()
              + ": without what was left out ("
              + leftOut
              + ") no log can be kept; start with appendonly no");
    }
    List<KeptCache<?, ?>> arranged = recovery.arrangement();
    for (CacheKeeper<?, ?> keeper : keepers) {
      keeper.number(arranged.indexOf(keeper.cache()));
      attach(keeper);
    }
    if (options.log()) {
      beginLog(recovery.log());
    }
  }

  private void makeDirectory() {
    try {
      if (!disk.exists(options.path())) {
        disk.createDirectories(options.path());
      }
    } catch (IOException e) {
      throw new PersistenceException(
          "making the directory " + options.path() + " failed: " + Failures.reason(e), e);
    }
  }

  /** Whoever writes unasked has the directory alone: a second one would write over its files. */
  private void lock() {
    if (taken != null || !options.log() && options.saveRules().isEmpty()) {
      return;
    }
    try {
      taken = disk.lock(options.path());
    } catch (Disk.DirectoryInUseException e) {
      throw new PersistenceException(
          "the directory "
              + options.path()
              + " is in use: expected one for each cache manager or server",
          e);
    } catch (IOException e) {
      // It may be for reading alone. Who cannot make this file will make none of the others.
      LOG.log(Level.WARNING, "locking {0} failed: {1}", options.path(), Failures.reason(e));
    }
  }

  private static void requireUnkept(CacheKeeper<?, ?> keeper) {
    if (keeper.cache().store().keeper() != null) {
      throw new PersistenceException(keeper.cache() + " is kept on disk already");
    }
  }

  private static <K, V> void attach(CacheKeeper<K, V> keeper) {
    requireUnkept(keeper);
    Store<K, V> store = keeper.cache().store();
    alone(List.of(store), () -> store.keeper(keeper));
  }

  private Thread daemon(String job, Runnable work) {
    Thread thread = new Thread(null, work, "larder-" + name + "-" + job, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }

  private Instant now() {
    return Instant.ofEpochSecond(clock.now() / 1_000);
  }

  private List<Store<?, ?>> stores() {
    List<Store<?, ?>> stores = new ArrayList<>();
    keepers.forEach(keeper -> stores.add(keeper.cache().store()));
    return stores;
  }

  /** Runs something while no thread holds an entry of these stores. */
  static void alone(List<? extends Store<?, ?>> stores, Runnable action) {
    List<Store<?, ?>> ordered = new ArrayList<>(stores);
    ordered.sort(Comparator.comparingLong(Store::number));
    int taken = 0;
    try {
      for (; taken < ordered.size(); taken++) {
        ordered.get(taken).exclude(true);
      }
      action.run();
    } finally {
      while (--taken >= 0) {
        ordered.get(taken).admit();
      }
    }
  }

  // -------------------------------------------------------------------------------- snapshots

  private Path snapshotFile() {
    return options.path().resolve(options.fileName());
  }

  @Override
  public void save() {
    run(startWhenIdle(Job.Kind.SAVE));
  }

  private Job startWhenIdle(Job.Kind kind) {
    Snapshot.requireNoneMine(stores());
    synchronized (jobs) {
      awaitIdle();
      return startJob(kind);
    }
  }

  private void run(Job job) {
    try (Snapshot snapshot = Snapshot.of(stores())) {
      if (job.kind == Job.Kind.SAVE) {
        save(job, snapshot);
      } else {
        rewrite(job, snapshot);
      }
    } finally {
      endJob(job, null);
    }
  }

  private void awaitIdle() {
    boolean interrupted = false;
    while (job != null) {
      try {
        jobs.wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The caller holds {@link #jobs}, and there is none. */
  private Job startJob(Job.Kind kind) {
    if (closed) {
      throw new PersistenceException("persistence of " + name + " is closed");
    }
    long total = 0;
    for (Store<?, ?> store : stores()) {
      total += store.size();
    }
    String file = kind == Job.Kind.SAVE ? options.fileName() : options.logName();
    Job begun = new Job(kind, file, now(), total);
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

  @Override
  public boolean saveInBackground(boolean later) {
    Job begun;
    synchronized (jobs) {
      Job running = job;
      if (leftOut != null) {
        throw new OperationException("ERR", notWrittenOver());
      }
      if (running != null && running.kind == Job.Kind.SAVE) {
        throw new OperationException("ERR", "Background save already in progress");
      }
      if (running != null) {
        if (!later) {
          throw new OperationException(
              "ERR",
              "The append only file is being rewritten: can't BGSAVE right now. Use BGSAVE SCHEDULE"
                  + " in order to schedule a BGSAVE whenever possible.");
        }
        saveLater = true;
        return false;
      }
      begun = startJob(Job.Kind.SAVE);
    }
    runInBackground(begun);
    return true;
  }

  private void runInBackground(Job begun) {
    Runnable work =
        () -> {
          try {
            run(begun);
          } catch (PersistenceException e) {
            // noted and logged
          }
        };
    try {
      daemon(begun.kind == Job.Kind.SAVE ? "save" : "rewrite", work).start();
    } catch (OutOfMemoryError e) { // no thread to be had
      endJob(begun, e.getMessage());
      throw e;
    }
  }

  private String notWrittenOver() {
    return options.fileName()
        + " is not written over, because not everything in it was loaded; left out: "
        + leftOut;
  }

  private void save(Job job, Snapshot snapshot) {
    Path file = snapshotFile();
    String failure = "the thread has died";
    long[] included = {0};
    try {
      if (leftOut != null) {
        throw new PersistenceException(notWrittenOver());
      }
      Path temporary = file.resolveSibling("temp-" + ProcessHandle.current().pid() + ".rdb");
      write(job, snapshot, temporary, () -> included[0] = changes.sum());
      replace(temporary, file);
      disk.forceDirectory(options.path());
      failure = null;
    } catch (IOException | RuntimeException e) {
      failure = "writing " + file + " failed: " + Failures.reason(e);
      LOG.log(Level.WARNING, failure);
      throw new PersistenceException(failure, e);
    } finally {
      synchronized (jobs) {
        saveFailure = failure;
        failing = failure != null;
        saveTook = job.took();
        if (failure == null) {
          savedChanges = included[0];
          lastSave = now();
          saved++;
        }
      }
    }
    LOG.log(
        Level.INFO,
        "wrote {0}: {1} entries in {2}",
        file,
        Job.text(job.done()),
        Job.text(job.took()));
  }

  private void replace(Path temporary, Path file) throws IOException {
    try {
      disk.replace(temporary, file);
    } catch (IOException e) {
      SnapshotFile.deleteQuietly(disk, temporary);
      throw e;
    }
  }

  /** Writes all entries as they are at one moment. */
  private void write(Job job, Snapshot snapshot, Path file, Runnable beforeCut) throws IOException {
    int[] numbers;
    synchronized (keepers) { // see swap
      beforeCut.run();
      numbers = keepers.stream().mapToInt(CacheKeeper::number).toArray();
    }
    snapshot.cut();
    List<KeptCache<?, ?>> caches = new ArrayList<>();
    keepers.forEach(keeper -> caches.add(keeper.cache()));
    new SnapshotFile(disk, options.compress(), job.kind != Job.Kind.SAVE)
        .write(file, snapshot, caches, numbers, clock.now(), job);
  }

  /** What is to be done after it is done now. */
  private void endJob(Job ended, @Nullable String failure) {
    Job next = null;
    synchronized (jobs) {
      if (failure != null) {
        LOG.log(Level.WARNING, "no thread to write {0}: {1}", ended.kind, failure);
      }
      job = null;
      jobs.notifyAll();
      if (!closed && rewriteLater && log != null) {
        next = startJob(Job.Kind.REWRITE);
      } else if (!closed && saveLater) {
        next = startJob(Job.Kind.SAVE);
      }
    }
    if (next != null) {
      runInBackground(next);
    }
  }

  @Override
  public Instant lastSave() {
    synchronized (jobs) {
      return lastSave;
    }
  }

  // ---------------------------------------------------------------------------------- the log

  private Path logDirectory() {
    return options.path().resolve(options.logDirectory());
  }

  /**
   * Goes on with the log that was loaded, or begins one with all that there is.
   *
   * @param manifest of the log that was loaded and can be continued; null: none
   */
  private void beginLog(@Nullable Manifest manifest) {
    Path directory = logDirectory();
    PersistenceOptions options = this.options;
    Manifest previous = Manifest.read(disk, directory, options.logName());
    if (previous.isEmpty()) {
      setOrphansAside(directory);
    }
    AppendLog begun =
        manifest == null
            ? AppendLog.begin(disk, directory, options.logName(), previous, options.fsync())
            : AppendLog.resume(disk, directory, options.logName(), manifest, options.fsync());
    log = begun;
    alone(stores(), () -> keepers.forEach(keeper -> keeper.log(begun, options.fsync())));
    if (manifest == null) {
      try {
        run(startWhenIdle(Job.Kind.FIRST_BASE));
      } catch (PersistenceException e) {
        endLog();
        throw e;
      }
    }
  }

  /**
   * Files of a log that no manifest names are not loaded, and would be written over: somebody may
   * have lost the manifest.
   */
  private void setOrphansAside(Path directory) {
    Pattern part =
        Pattern.compile(Pattern.quote(options.logName()) + "\\.[0-9]+\\.(base|incr)\\.(rdb|aof)");
    try {
      for (String file : disk.list(directory)) {
        Path path = directory.resolve(file);
        if (part.matcher(file).matches() && disk.size(path) > 0) {
          disk.replace(path, directory.resolve(file + ".orphan"));
          LOG.log(
              Level.WARNING,
              "{0} is in no manifest, and not loaded: it is {1}.orphan now",
              path,
              file);
        }
      }
    } catch (IOException e) {
      throw new PersistenceException(
          "looking for files of a log in " + directory + " failed: " + Failures.reason(e), e);
    }
  }

  /** Everything that was logged is on disk; nothing more is. */
  private void endLog() {
    AppendLog ended = log;
    if (ended != null) {
      alone(stores(), () -> keepers.forEach(keeper -> keeper.log(null, options.fsync())));
      log = null;
      ended.close();
    }
  }

  @Override
  public boolean rewriteLog() {
    Job begun;
    synchronized (jobs) {
      if (log == null) {
        throw new OperationException("ERR", "no log is kept: appendonly is no");
      }
      Job running = job;
      if (running != null && running.kind != Job.Kind.SAVE) {
        throw new OperationException(
            "ERR", "Background append only file rewriting already in progress");
      }
      if (running != null) {
        rewriteLater = true;
        return false;
      }
      begun = startJob(Job.Kind.REWRITE);
    }
    runInBackground(begun);
    return true;
  }

  /** The same, and returns when it is done. */
  void rewriteNow() {
    run(startWhenIdle(Job.Kind.REWRITE));
  }

  private void rewrite(Job job, Snapshot snapshot) {
    String failure = "the thread has died";
    AppendLog log = this.log;
    try {
      if (log == null) {
        throw new PersistenceException("no log is kept any more");
      }
      Path temporary =
          logDirectory().resolve("temp-rewriteaof-" + ProcessHandle.current().pid() + ".rdb");
      boolean rotates = job.kind == Job.Kind.REWRITE; // the first increment may have more than that
      if (rotates) {
        log.prepare();
      }
      write(job, snapshot, temporary, rotates ? log::rotate : () -> {});
      log.rebase(temporary);
      failure = null;
    } catch (IOException | RuntimeException e) {
      failure = "writing " + options.logName() + " anew failed: " + Failures.reason(e);
      LOG.log(Level.WARNING, failure);
      throw new PersistenceException(failure, e);
    } finally {
      synchronized (jobs) {
        rewriteFailure = failure;
        rewriteTook = job.took();
        rewritten += failure == null ? 1 : 0;
        rewriteFailures = failure == null ? 0 : rewriteFailures + 1;
      }
    }
    LOG.log(
        Level.INFO,
        "wrote {0} anew: {1} entries in {2}",
        options.logName(),
        Job.text(job.done()),
        Job.text(job.took()));
  }

  // ------------------------------------------------------------------------- from time to time

  private void tickWhileOpen() {
    while (!closed) {
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
    if (closed) {
      return;
    }
    boolean saves;
    synchronized (jobs) {
      saves = job == null && isDue();
    }
    if (saves) {
      attempt(() -> saveInBackground(false));
    }
    AppendLog log = this.log;
    if (log != null && isTooLong(log)) {
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

  private boolean isDue() {
    long unsaved = changes.sum() - savedChanges;
    for (SaveRule rule : options.saveRules()) {
      if (unsaved >= rule.changes()
          && isOver(lastSave.toEpochMilli(), 1_000 * rule.seconds())
          && (saveFailure == null || isOver(triedMillis, RETRY_MILLIS))) {
        return true;
      }
    }
    return false;
  }

  /** Whether so much time has gone by since then; who knows how much, if the clock went back. */
  private boolean isOver(long since, long millis) {
    long gone = clock.now() - since;
    return gone < 0 || gone >= millis;
  }

  private boolean isTooLong(AppendLog log) {
    PersistenceOptions options = this.options;
    long bytes = log.bytes();
    long base = Math.max(1, log.baseBytes());
    if (options.rewritePercentage() == 0 || bytes < options.rewriteMinSize()) {
      return false;
    }
    synchronized (jobs) {
      // Each attempt may leave a file behind that stays until one succeeds.
      long pause = RETRY_MILLIS << Math.min(rewriteFailures, 10);
      boolean mayTry = rewriteFailure == null || isOver(rewriteTriedMillis, pause);
      return job == null && mayTry && (bytes - base) * 100 / base >= options.rewritePercentage();
    }
  }

  // -------------------------------------------------------------------------- everything else

  @Override
  public PersistenceStatus status() {
    AppendLog log = this.log;
    synchronized (jobs) {
      Job job = this.job;
      boolean saves = job != null && job.kind == Job.Kind.SAVE;
      PersistenceStatus.Snapshots snapshots =
          new PersistenceStatus.Snapshots(
              saves && job != null ? job.began : null,
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
          changes.sum() - savedChanges,
          snapshots,
          log == null ? null : status(log, job != null && !saves ? job : null));
    }
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

  /** Nobody writes between the snapshot and its loading: nothing that was acknowledged is lost. */
  @Override
  public void reload(boolean save) {
    List<KeptCache<?, ?>> numbered = new ArrayList<>();
    byNumber().forEach(keeper -> numbered.add(keeper.cache()));
    Replacement replacement =
        new Replacement(disk, numbered, clock, options.skipUnsupported(), false);
    Job job = startWhenIdle(Job.Kind.SAVE);
    loading = true;
    try (Snapshot snapshot = Snapshot.of(stores())) {
      if (!save) {
        replacement.read(snapshotFile());
      }
      alone(
          stores(),
          () -> {
            if (save) {
              save(job, snapshot);
              replacement.read(snapshotFile());
            }
            replacement.replace();
            synchronized (jobs) {
              savedChanges = changes.sum(); // all is as in the file
            }
          });
    } finally {
      loading = false;
      endJob(job, null);
    }
    synchronized (jobs) {
      loaded = replacement.loaded();
      expired = replacement.expired();
    }
  }

  /**
   * The log has every change, also those since the last snapshot, and only Redis' commands could
   * replay it. So it is written anew, and what it begins with then is loaded.
   */
  @Override
  public void reloadLog() {
    List<KeptCache<?, ?>> numbered = new ArrayList<>();
    byNumber().forEach(keeper -> numbered.add(keeper.cache()));
    Replacement replacement = new Replacement(disk, numbered, clock, false, false);
    Job job = startWhenIdle(Job.Kind.REWRITE);
    loading = true;
    try (Snapshot snapshot = Snapshot.of(stores())) {
      alone(
          stores(),
          () -> {
            rewrite(job, snapshot);
            Manifest.Part base = Manifest.read(disk, logDirectory(), options.logName()).base();
            replacement.read(
                logDirectory().resolve(Objects.requireNonNull(base, "it was written").name()));
            replacement.replace();
          });
    } finally {
      loading = false;
      endJob(job, null);
    }
    replacement.awaitKept();
    synchronized (jobs) {
      loaded = replacement.loaded();
      expired = replacement.expired();
    }
  }

  @Override
  public boolean isFailing() {
    AppendLog log = this.log;
    return failing || log != null && log.failure() != null;
  }

  @Override
  public synchronized void reconfigure(PersistenceOptions options) {
    PersistenceOptions before = this.options;
    this.options = options;
    try {
      lock();
      AppendLog log = this.log;
      if (options.log() && log == null) {
        beginLog(null);
      } else if (!options.log() && log != null) {
        endLog();
      } else if (log != null && options.fsync() != before.fsync()) {
        log.fsync(options.fsync());
        alone(stores(), () -> keepers.forEach(keeper -> keeper.log(log, options.fsync())));
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

  private List<CacheKeeper<?, ?>> byNumber() {
    List<CacheKeeper<?, ?>> ordered = new ArrayList<>(keepers);
    ordered.sort(Comparator.comparingInt(CacheKeeper::number));
    return ordered;
  }

  @Override
  public List<String> numbers() {
    synchronized (keepers) {
      return byNumber().stream().map(keeper -> keeper.cache().name()).toList();
    }
  }

  /**
   * Takes turns with the moment at which a snapshot looks at the numbers and the log goes on in
   * another file: unlike other records this one must not count twice.
   */
  @Override
  public void swap(int one, int other) {
    synchronized (keepers) {
      List<CacheKeeper<?, ?>> ordered = byNumber();
      AppendLog log = this.log;
      if (log != null) {
        log.swap(one, other);
      }
      ordered.get(one).number(other);
      ordered.get(other).number(one);
      changes.increment();
    }
  }

  /** All entries are gone for good: a snapshot that there is must not bring them back. */
  public void destroyed() {
    if (log != null) {
      rewriteNow(); // the next cache of that name may have other keys and values
    }
    if (disk.exists(snapshotFile())) {
      save();
    }
  }

  @Override
  public void close() {
    boolean save;
    synchronized (jobs) {
      save = !options.saveRules().isEmpty() && changes.sum() != savedChanges;
    }
    try {
      close(save);
    } catch (PersistenceException e) {
      end(); // it is in the log
    }
  }

  @Override
  public void close(boolean save) {
    if (closed) {
      return;
    }
    if (save) {
      save();
    }
    end();
  }

  private void end() {
    synchronized (jobs) {
      closed = true;
      awaitIdle();
    }
    Thread timer = this.timer;
    if (timer != null) {
      LockSupport.unpark(timer);
    }
    try {
      endLog();
    } catch (PersistenceException e) {
      LOG.log(Level.ERROR, "the log of " + name + " was not written to its end: " + e.getMessage());
    } finally {
      keepers.forEach(DiskPersistence::detach);
      release();
    }
  }

  private void release() {
    Closeable taken = this.taken;
    this.taken = null;
    if (taken != null) {
      try {
        taken.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "unlocking {0} failed: {1}", options.path(), Failures.reason(e));
      }
    }
  }

  private static <K, V> void detach(CacheKeeper<K, V> keeper) {
    Store<K, V> store = keeper.cache().store();
    if (store.keeper() == keeper) {
      alone(List.of(store), () -> store.keeper(null));
    }
  }
}
