package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
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
 * <h2>What is where</h2>
 *
 * {@link Increments} has the buffer, {@link LogWriter} is the thread that writes it, {@link
 * Waiters} are those who want to know that it is written, and {@link LogFiles} gives the files
 * their names. Behind the bytes of each write is a line with their checksum, see {@link Seal}.
 *
 * <h2>Files</h2>
 *
 * {@link #rotate} begins a new increment; {@link #rebase} puts a base, which has everything before
 * it, in the place of all earlier files.
 *
 * <h2>Failures</h2>
 *
 * While records cannot be written, {@link #failure} says why, and whoever waits is told. His record
 * may be on disk all the same.
 *
 * <p>Lock order: files (guards the names), the writer's (what is written), the buffer's.
 */
final class AppendLog implements AutoCloseable {
  /** Bytes not yet written from which on writers should wait. */
  static final long ROOM = 64 << 20;

  private static final int GROUP_CHUNK = 512;

  /** The records of a thread that is between begin and end. */
  private static final class Group {
    Records records = new Records(GROUP_CHUNK);
    int depth = 1;
  }

  private final LogFiles files; // guarded by itself
  private final Increments increments;
  private final Waiters waiters = new Waiters();
  private final LogWriter writer;
  private final long room;
  private boolean closed; // guarded by files

  @SuppressWarnings("ThreadLocalUsage") // a thread may have a group open in each of two logs
  private final ThreadLocal<@Nullable Group> groups = new ThreadLocal<>();

  private AppendLog(
      LogFiles files, Increment first, long bytes, Fsync fsync, long room, LongSupplier nanos) {
    this.files = files;
    this.increments = new Increments(first);
    this.writer = new LogWriter(increments, waiters, bytes, fsync, nanos);
    this.room = room;
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
    LogFiles files = LogFiles.begin(disk, directory, name, previous);
    return new AppendLog(files, files.first(), 0, fsync, room, nanos);
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
    LogFiles files = LogFiles.resume(disk, directory, name, manifest);
    long bytes = files.size();
    return new AppendLog(files, files.last(), bytes, fsync, room, nanos);
  }

  private AppendLog start() {
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
    return put(db, records -> records.set(db, key, value, deadlineMillis));
  }

  /** Appends that a key is gone. Returns as {@link #set} does, and so do the following. */
  long delete(int db, byte[] key) {
    return put(db, records -> records.delete(db, key));
  }

  /** Appends that a key has this deadline now. */
  long expireAt(int db, byte[] key, long deadlineMillis) {
    return put(db, records -> records.expireAt(db, key, deadlineMillis));
  }

  /** Appends that a key has no deadline any more. */
  long persist(int db, byte[] key) {
    return put(db, records -> records.persist(db, key));
  }

  /** Appends that a database is empty. */
  long flush(int db) {
    return put(db, records -> records.flush(db));
  }

  private long put(int db, Consumer<Records> record) {
    Group group = groups.get();
    if (group == null) {
      return increments.append(record);
    }
    increments.add(
        group.records,
        records -> {
          records.deferFirstSelect(db);
          record.accept(records);
        });
    return 0;
  }

  /**
   * Appends that two databases have each other's number. Unlike other records this one must not
   * happen twice, so the caller chooses the moment, which is now also between begin and end: what
   * was before it there becomes a piece with it, what follows another one.
   */
  long swap(int one, int other) {
    Group group = groups.get();
    if (group == null) {
      return increments.append(records -> records.swap(one, other));
    }
    Records before = group.records;
    before.swap(one, other);
    group.records = new Records(GROUP_CHUNK);
    return increments.append(records -> records.group(before));
  }

  /**
   * A change has happened that cannot be appended: nothing more is to be changed until a base has
   * it.
   */
  void lose(Throwable t) {
    increments.lose(t);
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
    Records all = group.records;
    return all.isEmpty() ? 0 : increments.append(records -> records.group(all));
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
    return waiters.isKept(position);
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
    if (Thread.currentThread() == increments.writer()) {
      // What somebody was called back for changes something in turn: nobody else would write it.
      while (!isKept(position) && waiters.failure() == null) {
        tick();
      }
    }
    Waiters.Wait wait = new Waiters.Wait();
    whenKept(position, wait);
    wait.await();
  }

  /**
   * Calls back when it is kept, or cannot be, with the reason: at once if that is so already, else
   * on the log's thread, which does nothing else meanwhile.
   */
  void whenKept(long position, Consumer<@Nullable Throwable> then) {
    if (!isKept(position) && position > position()) {
      throw new IllegalArgumentException(
          "expected a position up to " + position() + ", found " + position);
    }
    if (waiters.whenKept(position, then)) {
      writer.hurry();
    }
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
      await(position() - room);
    }
  }

  /** Why changes cannot be kept at present; null if they can. */
  @Nullable PersistenceException failure() {
    PersistenceException loss = increments.loss();
    return loss == null ? waiters.failure() : loss;
  }

  /** Writes what there is, as the thread does: see {@link LogWriter#tick}. */
  long tick() {
    return writer.tick();
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
      files.prepare();
    }
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
      checkOpen();
      increments.follow(files.next());
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
      Manifest before = files.manifest();
      Increment current = increments.newest();
      long baseBytes = files.rebase(temporary, current);
      writer.dropBefore(current, baseBytes);
      files.clean(before);
    }
    waiters.tell();
    increments.wakeWriter();
  }

  private void checkOpen() {
    if (closed) {
      throw new PersistenceException("expected an open log, found a closed one");
    }
  }

  // ---- Settings and numbers

  /** When it is forced from now on. */
  void fsync(Fsync fsync) {
    writer.fsync(fsync);
  }

  /** Where it has come to: the position of the last record. */
  long position() {
    return increments.appended();
  }

  /** Bytes in the files, of the base and all increments. */
  long bytes() {
    return writer.bytes();
  }

  /** What {@link #bytes} was after the last rebase, or at the start. */
  long baseBytes() {
    return writer.baseBytes();
  }

  /** Bytes that are not kept yet. */
  long unwritten() {
    return Math.max(0, position() - waiters.kept());
  }

  /** How often a force took so long that those who came meanwhile noticed. */
  long delayed() {
    return writer.delayed();
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
      writer.close();
      PersistenceException why = waiters.failure();
      waiters.failure(new PersistenceException("the log is closed"));
      waiters.tell();
      if (why != null) {
        throw new PersistenceException(String.valueOf(why.getMessage()), why);
      }
    }
  }
}
