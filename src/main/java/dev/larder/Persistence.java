package dev.larder;

import java.time.Instant;
import java.util.List;
import javax.cache.Cache;

/**
 * What keeps one or several caches on disk, in Redis' formats: a snapshot of all entries (RDB),
 * and, if wanted, a log of every change (AOF). A cache that was configured with {@link
 * LarderConfiguration.Builder#persistence} has one to itself: {@code
 * cache.unwrap(Persistence.class)}; a server that was given a directory has one for all its caches.
 *
 * <p>Snapshots are of one moment, although writers go on meanwhile. They go to a temporary file,
 * which takes the name of the old one when it is complete and on disk; one that fails leaves the
 * old one as it was.
 */
public interface Persistence {

  /**
   * Writes a snapshot, and returns when it is on disk ({@code SAVE}). Waits for one that is under
   * way.
   *
   * @throws PersistenceException if it fails; the old snapshot is still there
   */
  void save();

  /**
   * Begins to write a snapshot and returns at once ({@code BGSAVE}). What becomes of it is in the
   * {@link #status} and in the log.
   *
   * @param later whether to write it after the one that is under way, or the rewriting of the log
   * @return false if it will be written later
   * @throws OperationException if one is under way and it is not to be done later
   */
  boolean saveInBackground(boolean later);

  /**
   * Begins to write the log anew, as short as can be, and returns at once ({@code BGREWRITEAOF}).
   * Also ends the state in which the log could not be written.
   *
   * @return false if it will be done later, after a snapshot that is under way
   * @throws OperationException if it is under way, or no log is kept
   */
  boolean rewriteLog();

  /** When the last snapshot was written, or this was begun; in whole seconds ({@code LASTSAVE}). */
  Instant lastSave();

  /** What it is doing, and how the last attempts went. */
  PersistenceStatus status();

  /**
   * Whether the last snapshot failed, or the log cannot be written: {@link #status} says which. To
   * be asked before every change, so it should take no more than to read a field.
   */
  default boolean isFailing() {
    PersistenceStatus.Log log = status().log();
    return status().save().failure() != null || log != null && log.failure() != null;
  }

  /**
   * Replaces all entries of all caches by those on disk ({@code DEBUG RELOAD}). Everybody waits
   * meanwhile.
   *
   * @param save whether to write a snapshot before
   * @throws PersistenceException if that fails, or the file is not good; the entries are still
   *     there
   */
  void reload(boolean save);

  /**
   * Writes the log anew, and replaces all entries of all caches by those that are in it then
   * ({@code DEBUG LOADAOF}). Everybody waits meanwhile; nothing that was acknowledged is lost.
   *
   * @throws PersistenceException if no log is kept, or that fails; the entries are still there
   */
  void reloadLog();

  /**
   * Changes the options that can be changed while it runs: save rules, log, fsync, rewriting.
   *
   * @throws PersistenceException if the log cannot be begun; nothing has changed then
   */
  void reconfigure(PersistenceOptions options);

  /** How it was told to keep them. */
  PersistenceOptions options();

  /** The names of the caches by their numbers, as they are in the files. */
  List<String> numbers();

  /**
   * Gives each of two caches the other's number ({@code SWAPDB}); nobody may change either
   * meanwhile.
   */
  void swap(int one, int other);

  /** Ends it: all changes are on disk, and, where there are save rules, a snapshot is written. */
  void close();

  /**
   * The same, but as it is told.
   *
   * @param save whether to write a snapshot
   * @throws PersistenceException if that fails; it goes on then
   */
  void close(boolean save);

  /** Begins to keep caches: {@code cacheManager.unwrap(Persistence.Opener.class)}. */
  interface Opener {
    /**
     * Loads what is on disk into caches that are empty, and keeps them from then on.
     *
     * @param name what threads and log call it
     * @param caches Larder's, not kept by another one; the index is the number, unless the files
     *     say otherwise, see {@link #numbers}
     * @throws PersistenceException if the files are not good, are for caches of other types, or are
     *     used by another process
     */
    Persistence open(String name, PersistenceOptions options, List<? extends Cache<?, ?>> caches);
  }
}
