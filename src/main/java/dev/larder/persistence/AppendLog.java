package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The log of changes: records are appended to a buffer by many threads, and one thread writes them
 * to the newest of the log's files.
 *
 * <h2>Appending</h2>
 *
 * Whoever changes an entry appends the record while he holds the entry's lock, so the records of
 * one key are in the order of its changes. Appending copies some bytes under one short lock; it
 * waits for no file and throws nothing. It returns a <i>position</i>, the bytes appended so far,
 * which is <i>kept</i> when the record is as safe as {@link Fsync} asks: {@code ALWAYS} forced,
 * otherwise written. So he waits, if he has to, after he has let go of the entry.
 *
 * <p>Between {@link #begin} and {@link #end} a thread's records go to a buffer of its own, and
 * become one piece of the log at the end: that is the moment that counts for the order, so all
 * locks are held until then.
 *
 * <h2>Writing</h2>
 *
 * The thread takes all there is, writes it, forces it if it has to, says that it is kept, and looks
 * again: while a force takes its time, the records of all who come meanwhile gather for the next
 * one. Unless it is {@code ALWAYS} it lets {@value #PAUSE_MILLIS} ms pass between two writes,
 * except if somebody waits. Appending wakes it only when it has nothing to do, so a system call is
 * made for one record in many; and while nothing is appended, it sleeps.
 *
 * <p>Behind the bytes of each write is a line with their checksum, see {@link Seal}.
 *
 * <h2>Files</h2>
 *
 * {@link #rotate} begins a new increment; {@link #rebase} puts a base, which has everything before
 * it, in the place of all earlier files. A byte reaches an increment only when the one before is
 * complete and forced. The {@link Manifest} names a file before it has a byte, and a file is
 * deleted when it no longer does. So whatever happens in between, the files that it names are all
 * there, and only the last one that is not empty can lack its end.
 *
 * <h2>Failures</h2>
 *
 * A write that fails is repeated every second at the same place; the records stay in memory. After
 * a force that failed the system may have dropped what was written, and a second force would
 * succeed without it: nothing more is written until a base replaces that file. In both states
 * {@link #failure} says why, and whoever waits is told. His record may be on disk all the same.
 *
 * <p>Lock order: files (guards the names), io (guards what is written), lock (guards the buffer).
 */
final class AppendLog implements AutoCloseable {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  /** Bytes not yet written from which on writers should wait. */
  static final long ROOM = 64 << 20;

  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;
  private static final int PAUSE_MILLIS = 2;

  /** A force that takes longer has delayed those who wait (as Redis counts it). */
  private static final long LONG_FORCE = 2 * SECOND;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int CHUNK = 64 * 1024;
  private static final int GROUP_CHUNK = 512;

  /** One file of changes. */
  private static final class Increment {
    final Manifest.Part part;
    final Disk.Output out;

    /** The position at which it begins; guarded by lock. */
    long begins;

    /** What has been appended and not taken yet; guarded by lock. */
    Records filling = new Records(CHUNK);

    /** What has been taken and is not kept yet, and the position at its end; guarded by io. */
    Records taken = new Records(CHUNK);

    long takenUpTo;

    /** What goes before it; guarded by io. */
    ByteBuffer head = NOTHING;

    /** Bytes written of it; guarded by io. */
    long length;

    Increment(Manifest.Part part, Disk.Output out, long length) {
      this.part = part;
      this.out = out;
      this.length = length;
      if (length > 0) {
        head =
            Seal.beginning(); // who wrote the last bytes, and whether with a checksum, is not known
      }
    }
  }

  /** The records of a thread that is between begin and end. */
  private static final class Group {
    Records records = new Records(GROUP_CHUNK);
    int depth = 1;
  }

  private record Waiter(long position, Consumer<@Nullable Throwable> then) {}

  /** How many bytes the log had at a position, and after it was last rewritten. */
  private record Origin(long position, long bytes, long baseBytes) {}

  private final Disk disk;
  private final Path directory;
  private final String name;
  private final long room;
  private final LongSupplier nanos;
  private volatile Fsync fsync;
  private @Nullable Thread thread;

  private final Object files = new Object();
  private Manifest manifest; // what is on disk; guarded by files, as the next four
  private boolean named; // whether our increments are in it
  private long lastBase;
  private long lastIncrement;
  private @Nullable Increment prepared;

  private final Object io = new Object();
  private boolean dirty; // whether what was written is not forced; guarded by io, as the next three
  private long forcedAt;
  private long retryAt;
  private @Nullable Increment failed; // the one that could not be written or forced
  private boolean broken; // could not be forced

  private final Object lock = new Object();
  private final Deque<Increment> increments = new ArrayDeque<>(); // guarded by lock
  private Increment newest; // guarded by lock
  private boolean asleep; // whether the next append has to wake the thread; guarded by lock

  /** Written under lock; without a fence, as who needs the last value takes the lock. */
  private final AtomicLong appended = new AtomicLong();

  private volatile long kept;
  private volatile @Nullable PersistenceException failure;
  private volatile @Nullable PersistenceException
      loss; // what was kept is, but not all was appended
  private @Nullable Increment lossIn; // guarded by lock
  private volatile boolean resting; // whether the thread sleeps, or is about to
  private volatile boolean closing;
  private boolean closed; // guarded by files
  private volatile Origin origin;
  private final AtomicLong delayed = new AtomicLong();

  /** Bytes of checksums since the last rebase. */
  private final AtomicLong sealed = new AtomicLong();

  private final List<Waiter> waiters = new ArrayList<>(); // its own lock

  @SuppressWarnings("ThreadLocalUsage") // a thread may have a group open in each of two logs
  private final ThreadLocal<@Nullable Group> groups = new ThreadLocal<>();

  private AppendLog(
      Disk disk,
      Path directory,
      String name,
      Manifest manifest,
      boolean resumed,
      Fsync fsync,
      long room,
      LongSupplier nanos)
      throws IOException {
    this.disk = disk;
    this.directory = directory;
    this.name = name;
    this.manifest = manifest;
    this.fsync = fsync;
    this.room = room;
    this.nanos = nanos;
    lastBase = manifest.base() == null ? 0 : manifest.base().seq();
    lastIncrement = manifest.lastSeq();
    long bytes = 0;
    if (resumed) {
      for (Manifest.Part part : manifest.parts()) {
        bytes += disk.size(directory.resolve(part.name()));
      }
    }
    origin = new Origin(0, bytes, bytes);
    dirty = resumed; // by another process, perhaps
    if (resumed && lastIncrement > 0) {
      Manifest.Part last = manifest.increments().get(manifest.increments().size() - 1);
      Path path = directory.resolve(last.name());
      newest = new Increment(last, disk.open(path), disk.size(path));
    } else {
      newest = nextIncrement();
    }
    increments.add(newest);
    forcedAt = nanos.getAsLong();
  }

  /**
   * Begins a log of its own. A manifest that is there stays in force, and nothing of what is
   * appended is found by a reader, until the first {@link #rebase}.
   *
   * @param previous what is there, read from the same directory
   * @throws PersistenceException if its file cannot be made
   */
  static AppendLog begin(Disk disk, Path directory, String name, Manifest previous, Fsync fsync) {
    return begin(disk, directory, name, previous, fsync, ROOM, System::nanoTime).start();
  }

  /** The same with other constants, and no thread: the test calls {@link #tick}. */
  static AppendLog begin(
      Disk disk,
      Path directory,
      String name,
      Manifest previous,
      Fsync fsync,
      long room,
      LongSupplier nanos) {
    try {
      if (!disk.exists(directory)) {
        disk.createDirectories(directory);
        Path above = directory.toAbsolutePath().getParent();
        if (above != null) {
          disk.forceDirectory(above);
        }
      }
      return new AppendLog(disk, directory, name, previous, false, fsync, room, nanos);
    } catch (IOException e) {
      throw failed("beginning a log in " + directory, e);
    }
  }

  /**
   * Goes on with the log that is there. Its files must have been checked, and the last of them cut
   * where its last record ends.
   *
   * @throws PersistenceException if that file cannot be opened
   */
  static AppendLog resume(Disk disk, Path directory, String name, Manifest manifest, Fsync fsync) {
    return resume(disk, directory, name, manifest, fsync, ROOM, System::nanoTime).start();
  }

  static AppendLog resume(
      Disk disk,
      Path directory,
      String name,
      Manifest manifest,
      Fsync fsync,
      long room,
      LongSupplier nanos) {
    try {
      AppendLog log = new AppendLog(disk, directory, name, manifest, true, fsync, room, nanos);
      forceEarlier(disk, directory, manifest);
      log.nameFirst();
      return log;
    } catch (IOException e) {
      throw failed("going on with the log in " + directory, e);
    }
  }

  /** The process that wrote them may have ended before it forced them, and ours goes on behind. */
  private static void forceEarlier(Disk disk, Path directory, Manifest manifest)
      throws IOException {
    List<Manifest.Part> increments = manifest.increments();
    for (Manifest.Part part : increments.subList(0, Math.max(0, increments.size() - 1))) {
      try (Disk.Output out = disk.open(directory.resolve(part.name()))) {
        out.force();
      }
    }
  }

  /** The manifest of a Redis may have a base alone. */
  private void nameFirst() throws IOException {
    synchronized (files) {
      named = true;
      if (manifest.increments().isEmpty()) {
        Manifest next;
        synchronized (lock) {
          next = manifest.withIncrement(newest.part);
        }
        next.write(disk, directory, name);
        manifest = next;
      }
    }
  }

  private AppendLog start() {
    Thread writer = new Thread(null, this::run, "larder-log", 256 << 10, false);
    writer.setDaemon(true);
    writer.setContextClassLoader(null);
    thread = writer;
    writer.start();
    return this;
  }

  // ---- Appending

  /**
   * Appends that a key has a value; it then has this deadline, or none.
   *
   * @param value must not be changed afterwards, nor the key
   * @param deadlineMillis Long.MAX_VALUE: none
   * @return the position at which it is complete; 0 between begin and end, where that of the end
   *     counts
   */
  long set(int db, byte[] key, byte[] value, long deadlineMillis) {
    Group group = groups.get();
    if (group != null) {
      Records to = group.records;
      to.mark();
      try {
        to.deferFirstSelect(db);
        to.set(db, key, value, deadlineMillis);
      } catch (Throwable t) {
        throw lost(to, t);
      }
      return 0;
    }
    long position;
    boolean wake;
    synchronized (lock) {
      Records to = newest.filling;
      long before = to.size();
      to.mark();
      try {
        to.set(db, key, value, deadlineMillis);
      } catch (Throwable t) {
        throw lost(to, t);
      }
      position = advance(to.size() - before);
      wake = asleep;
      asleep = false;
    }
    if (wake) {
      LockSupport.unpark(thread);
    }
    return position;
  }

  /** One of the rarer records. */
  private interface Writing {
    void to(Records records);
  }

  private long append(int db, Writing record) {
    Group group = groups.get();
    if (group != null) {
      Records to = group.records;
      to.mark();
      try {
        if (db != Records.NO_DB) {
          to.deferFirstSelect(db);
        }
        record.to(to);
      } catch (Throwable t) {
        throw lost(to, t);
      }
      return 0;
    }
    return append(record);
  }

  /** A record is not there that should be: without memory or stack, nor is a part of it. */
  private RuntimeException lost(Records from, Throwable t) {
    from.takeBack();
    lose(t);
    if (t instanceof Error error) {
      throw error;
    }
    return (RuntimeException) t; // nothing in there throws anything else
  }

  /**
   * A change has happened that cannot be appended: nothing more is to be changed until a base has
   * it.
   */
  void lose(Throwable t) {
    synchronized (lock) {
      lossIn = newest;
    }
    loss =
        new PersistenceException("a change is not in the log, which has to be rewritten: " + t, t);
  }

  private long append(Writing record) {
    long position;
    boolean wake;
    synchronized (lock) {
      Records to = newest.filling;
      long before = to.size();
      to.mark();
      try {
        record.to(to);
      } catch (Throwable t) {
        throw lost(to, t);
      }
      position = advance(to.size() - before);
      wake = asleep;
      asleep = false;
    }
    if (wake) {
      LockSupport.unpark(thread);
    }
    return position;
  }

  private long advance(long bytes) {
    long position = appended.getPlain() + bytes;
    appended.lazySet(position);
    return position;
  }

  /** Appends that a key is gone. Returns as {@link #set} does, and so do the following. */
  long delete(int db, byte[] key) {
    return append(db, records -> records.delete(db, key));
  }

  /** Appends that a key has this deadline now. */
  long expireAt(int db, byte[] key, long deadlineMillis) {
    return append(db, records -> records.expireAt(db, key, deadlineMillis));
  }

  /** Appends that a key has no deadline any more. */
  long persist(int db, byte[] key) {
    return append(db, records -> records.persist(db, key));
  }

  /**
   * Appends that two databases have each other's number. Unlike other records this one must not
   * happen twice, so the caller chooses the moment, which is now also between begin and end: what
   * was before it there becomes a piece with it, what follows another one.
   */
  long swap(int one, int other) {
    Group group = groups.get();
    if (group == null) {
      return append(records -> records.swap(one, other));
    }
    Records before = group.records;
    before.swap(one, other);
    group.records = new Records(GROUP_CHUNK);
    return append(records -> records.group(before));
  }

  /** Appends that a database is empty. */
  long flush(int db) {
    return append(db, records -> records.flush(db));
  }

  /** From here to the matching {@link #end} this thread's records are one piece. */
  void begin() {
    Group group = groups.get();
    if (group == null) {
      groups.set(new Group());
    } else {
      group.depth++;
    }
  }

  /**
   * Appends what this thread had since {@link #begin}.
   *
   * @return the position at which it is complete; 0 if that was nothing, or another begin is open
   */
  long end() {
    Group group = groups.get();
    if (group == null) {
      throw new IllegalStateException("expected an open group, found none");
    }
    if (--group.depth > 0) {
      return 0;
    }
    groups.remove();
    return group.records.isEmpty() ? 0 : append(records -> records.group(group.records));
  }

  /** From here to {@link #resume} this thread's records are no part of its piece. */
  @Nullable Object suspend() {
    Group group = groups.get();
    if (group != null) {
      groups.remove();
    }
    return group;
  }

  void resume(Object suspended) {
    groups.set((Group) suspended);
  }

  // ---- Waiting

  /** Whether what was appended up to a position is as safe as it is to be. */
  boolean isKept(long position) {
    return position <= kept;
  }

  /**
   * Returns when it is kept.
   *
   * @throws PersistenceException if it cannot be, at present
   */
  void await(long position) {
    if (isKept(position)) {
      return;
    }
    Thread waiting = Thread.currentThread();
    if (waiting == thread) { // somebody's action changes something in turn
      while (!isKept(position) && failure == null) {
        tick();
      }
    }
    AtomicLong done = new AtomicLong();
    Throwable[] why = new Throwable[1];
    whenKept(
        position,
        failure -> {
          if (failure != null) {
            why[0] = failure;
          }
          done.set(1);
          LockSupport.unpark(waiting);
        });
    boolean interrupted = false;
    while (done.get() == 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      waiting.interrupt();
    }
    if (why[0] != null) {
      throw new PersistenceException(String.valueOf(why[0].getMessage()), why[0]);
    }
  }

  /**
   * Calls back when it is kept, or cannot be, with the reason: at once if that is so already, else
   * on the log's thread, which does nothing else meanwhile.
   */
  void whenKept(long position, Consumer<@Nullable Throwable> then) {
    PersistenceException why = null;
    if (!isKept(position)) {
      if (position > appended.get()) {
        throw new IllegalArgumentException(
            "expected a position up to " + appended.get() + ", found " + position);
      }
      synchronized (waiters) {
        // Who changes these tells the waiters afterwards, so none is missed.
        why = failure;
        if (why == null && !isKept(position)) {
          waiters.add(new Waiter(position, then));
          if (resting) {
            LockSupport.unpark(thread);
          }
          return;
        }
      }
    }
    then.accept(isKept(position) ? null : why);
  }

  /** Whether so much is not written yet that writers should wait for it. */
  boolean isBehind() {
    return unwritten() > room;
  }

  /**
   * Returns when the log is not behind any more.
   *
   * @throws PersistenceException if it is, and cannot be written at present
   */
  void awaitRoom() {
    if (isBehind()) {
      await(appended.get() - room);
    }
  }

  /** Why changes cannot be kept at present; null if they can. */
  @Nullable PersistenceException failure() {
    PersistenceException loss = this.loss;
    return loss == null ? failure : loss;
  }

  private void tell() {
    List<Waiter> ready = new ArrayList<>();
    PersistenceException why;
    synchronized (waiters) {
      if (waiters.isEmpty()) {
        return;
      }
      why = failure;
      long upTo = kept;
      waiters.removeIf(waiter -> (why != null || waiter.position <= upTo) && ready.add(waiter));
    }
    for (Waiter waiter : ready) {
      try {
        waiter.then.accept(isKept(waiter.position) ? null : why);
      } catch (RuntimeException | Error e) {
        LOG.log(Level.ERROR, "what was to be done after a change had been logged failed", e);
      }
    }
  }

  // ---- Writing

  private void run() {
    while (!closing) {
      long pause = tick();
      if (pause > 0) {
        resting = true;
        // Whoever comes after this look sees that it rests, and wakes it.
        if (!closing && nobodyWaits()) {
          LockSupport.parkNanos(this, pause);
        }
        resting = false;
      }
    }
    finish();
  }

  private boolean nobodyWaits() {
    synchronized (waiters) {
      return waiters.isEmpty();
    }
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
    tell();
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
    Increment increment = null;
    try {
      increment = oldest();
      boolean wrote = write(increment, fsync == Fsync.ALWAYS);
      if (isFollowed(increment)) {
        force(increment);
        increment.out.close();
        synchronized (lock) {
          increments.remove(increment);
        }
        return 0;
      }
      if (dirty && (fsync == Fsync.EVERYSEC && now - forcedAt >= SECOND)) {
        force(increment);
      }
      if (wrote) {
        return fsync == Fsync.ALWAYS ? 0 : PAUSE_MILLIS * MILLI;
      }
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      return refused(increment, e);
    }
    synchronized (lock) {
      if (!newest.filling.isEmpty() || newest != increment) {
        return 0;
      }
      asleep = true;
    }
    return dirty && fsync == Fsync.EVERYSEC ? Math.max(1, forcedAt + SECOND - now) : Long.MAX_VALUE;
  }

  private Increment oldest() {
    synchronized (lock) {
      return increments.element();
    }
  }

  /** Whether nothing can be appended to it any more. If so, all of it had been taken. */
  private boolean isFollowed(Increment increment) {
    synchronized (lock) {
      return newest != increment && increment.filling.isEmpty();
    }
  }

  /** Writes what there is, if there is something, or what could not be written the last time. */
  private boolean write(Increment increment, boolean force) throws IOException {
    if (increment.taken.isEmpty()) {
      synchronized (lock) {
        Records full = increment.filling;
        increment.filling = increment.taken;
        increment.filling.follow(full);
        increment.taken = full;
        increment.takenUpTo = kept + full.size();
      }
      if (increment.taken.isEmpty()) {
        return false;
      }
      sealed.addAndGet(increment.taken.seal());
    }
    long at = increment.length;
    at += write(increment.out, increment.head, at);
    for (ByteBuffer piece : increment.taken.pieces()) {
      at += write(increment.out, piece, at);
    }
    dirty = true;
    if (force) {
      force(increment);
    }
    sealed.addAndGet(increment.head.remaining());
    increment.head = NOTHING;
    increment.length = at;
    increment.taken.clear();
    failed = null;
    failure = null;
    kept = increment.takenUpTo;
    return true;
  }

  private static int write(Disk.Output out, ByteBuffer bytes, long at) throws IOException {
    int length = bytes.remaining();
    if (length > 0) {
      out.write(bytes.duplicate(), at);
    }
    return length;
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
    if (now - began >= LONG_FORCE && appended.get() > kept) {
      delayed.incrementAndGet();
    }
  }

  private long refused(@Nullable Increment increment, Throwable e) {
    failed = increment;
    retryAt = nanos.getAsLong() + SECOND;
    String file = increment == null ? name : increment.part.name();
    String reason = e instanceof IOException io ? Failures.reason(io) : e.toString();
    String message =
        broken
            ? "forcing " + file + " to disk failed: " + reason + "; the log has to be rewritten"
            : "writing " + file + " failed: " + reason;
    if (failure == null) {
      LOG.log(Level.ERROR, message);
    }
    failure = new PersistenceException(message, e);
    return broken ? Long.MAX_VALUE : SECOND;
  }

  // ---- Files

  /**
   * Makes the next increment, so that {@link #rotate} only has to switch to it.
   *
   * @throws PersistenceException if it cannot be made; the log goes on as before
   */
  void prepare() {
    synchronized (files) {
      checkOpen();
      if (prepared != null) {
        return;
      }
      try {
        Increment next = nextIncrement();
        if (named) {
          Manifest more = manifest.withIncrement(next.part);
          try {
            more.write(disk, directory, name);
          } catch (IOException e) {
            // The file stays: a manifest that names it may be there after all.
            next.out.close();
            throw e;
          }
          manifest = more;
        }
        prepared = next;
      } catch (IOException e) {
        throw failed("beginning another file of the log in " + directory, e);
      }
    }
  }

  private Increment nextIncrement() throws IOException {
    // Each attempt has a name of its own, as the file of a failed one may be named on disk.
    long seq = ++lastIncrement;
    Manifest.Part part = new Manifest.Part(name + "." + seq + ".incr.aof", seq);
    return new Increment(part, disk.create(directory.resolve(part.name())), 0);
  }

  /**
   * Begins another increment: what is appended after this goes there. At the caller's choice of the
   * moment, while nobody appends, that is the cut of a snapshot. Takes as long as making a file and
   * a manifest, unless that has been {@link #prepare}d.
   *
   * @throws PersistenceException if it cannot be made; the log goes on as before
   */
  void rotate() {
    synchronized (files) {
      prepare();
      Increment next = prepared;
      if (next == null) {
        throw new IllegalStateException("expected a prepared increment, found none");
      }
      prepared = null;
      synchronized (lock) {
        next.begins = appended.getPlain();
        increments.add(next);
        newest = next;
        asleep = false;
      }
      LockSupport.unpark(thread);
    }
  }

  /**
   * Puts a base in the place of everything before the last {@link #rotate}. Deletes the files that
   * are not needed any more. Ends a failure of those.
   *
   * @param temporary the file, written and forced, in the same file system; gets another name
   * @throws PersistenceException if that fails; the log goes on as before
   */
  void rebase(Path temporary) {
    synchronized (files) {
      checkOpen();
      long seq = ++lastBase;
      Manifest.Part base = new Manifest.Part(name + "." + seq + ".base.rdb", seq);
      Manifest before = manifest;
      Increment current;
      synchronized (lock) {
        current = newest;
      }
      long baseBytes;
      try {
        Path path = directory.resolve(base.name());
        disk.replace(temporary, path);
        disk.forceDirectory(directory);
        baseBytes = disk.size(path);
        Manifest next = new Manifest(base, List.of(), List.of(current.part));
        if (prepared != null) {
          next = next.withIncrement(prepared.part);
        }
        next.write(disk, directory, name);
        manifest = next;
      } catch (IOException e) {
        throw failed("giving the log in " + directory + " another base", e);
      }
      named = true;
      dropBefore(current, baseBytes);
      clean(before);
    }
    tell();
    LockSupport.unpark(thread);
  }

  /** What is to be written to earlier increments is in the base: it is kept. */
  private void dropBefore(Increment current, long baseBytes) {
    synchronized (io) {
      List<Increment> dropped;
      synchronized (lock) {
        dropped = new ArrayList<>(increments);
        dropped.remove(current);
        increments.removeAll(dropped);
        asleep = false;
        if (lossIn != current) {
          lossIn = null;
          loss = null;
        }
      }
      for (Increment increment : dropped) {
        closeQuietly(increment);
      }
      if (!dropped.isEmpty()) {
        kept = Math.max(kept, current.begins);
        dirty = false;
      }
      if (failed != null && dropped.contains(failed)) {
        failed = null;
        broken = false;
        failure = null;
      }
      long bytes = baseBytes + kept - current.begins;
      origin = new Origin(kept, bytes, bytes);
      sealed.set(0);
    }
  }

  /** Deletes what was named, and what attempts that failed have left. */
  private void clean(Manifest before) {
    Set<String> unneeded = new HashSet<>();
    before.parts().forEach(part -> unneeded.add(part.name()));
    before.history().forEach(part -> unneeded.add(part.name()));
    Pattern ours = Pattern.compile(Pattern.quote(name) + "\\.[0-9]+\\.(base|incr)\\.(rdb|aof)");
    try {
      for (String file : disk.list(directory)) {
        if (ours.matcher(file).matches()) {
          unneeded.add(file);
        }
      }
      manifest.parts().forEach(part -> unneeded.remove(part.name()));
      if (prepared != null) {
        unneeded.remove(prepared.part.name());
      }
      for (String file : unneeded) {
        disk.delete(directory.resolve(file));
      }
    } catch (IOException e) {
      LOG.log(Level.WARNING, "deleting old files of the log failed: " + Failures.reason(e));
    }
  }

  private static PersistenceException failed(String what, IOException e) {
    return new PersistenceException(what + " failed: " + Failures.reason(e), e);
  }

  private void checkOpen() {
    if (closed) {
      throw new PersistenceException("expected an open log, found a closed one");
    }
  }

  // ---- Settings and numbers

  /** When it is forced from now on. */
  void fsync(Fsync fsync) {
    this.fsync = fsync;
    LockSupport.unpark(thread);
  }

  /** Where it has come to: the position of the last record. */
  long position() {
    return appended.get();
  }

  /** Bytes in the files, of the base and all increments. */
  long bytes() {
    Origin origin = this.origin;
    return origin.bytes + kept - origin.position + sealed.get();
  }

  /** What {@link #bytes} was after the last rebase, or at the start. */
  long baseBytes() {
    return origin.baseBytes;
  }

  /** Bytes that are not kept yet. */
  long unwritten() {
    return Math.max(0, appended.get() - kept);
  }

  /** How often a force took so long that those who came meanwhile noticed. */
  long delayed() {
    return delayed.get();
  }

  // ---- The end

  /**
   * Writes and forces everything, and ends. Nobody may append any more.
   *
   * @throws PersistenceException if that cannot be done; it is closed nevertheless
   */
  @Override
  public void close() {
    synchronized (files) {
      if (closed) {
        return;
      }
      closed = true;
      closing = true;
      if (thread == null || thread == Thread.currentThread()) {
        finish();
      } else {
        LockSupport.unpark(thread);
        join(thread);
      }
      PersistenceException why = failure;
      failure = new PersistenceException("the log is closed");
      tell();
      if (why != null) {
        throw new PersistenceException(String.valueOf(why.getMessage()), why);
      }
    }
  }

  /** On the log's thread: an interrupted one that writes would close the file. */
  private void finish() {
    synchronized (io) {
      retryAt = nanos.getAsLong();
      do {
        turn();
      } while (failure == null && hasMore());
      if (!broken) {
        Increment last = oldest();
        try {
          force(last);
        } catch (IOException e) {
          refused(last, e);
        }
      }
      synchronized (lock) {
        increments.forEach(AppendLog::closeQuietly);
      }
    }
    tell();
  }

  private boolean hasMore() {
    synchronized (lock) {
      return increments.size() > 1 || !newest.filling.isEmpty();
    }
  }

  private static void closeQuietly(Increment increment) {
    try {
      increment.out.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "closing " + increment.part.name() + " failed", e);
    }
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
