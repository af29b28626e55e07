package dev.larder;

import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How caches are kept on disk. Immutable; each method gives new options with one thing changed. The
 * names and meanings are those of {@code redis.conf}.
 *
 * <pre>{@code
 * PersistenceOptions.in(Path.of("data"))                       // load at the start, save when told
 * PersistenceOptions.in(Path.of("data")).save(1, ofMinutes(1)) // and a minute after a change, and at the end
 * PersistenceOptions.in(Path.of("data")).appendOnly(Fsync.EVERYSEC)
 * }</pre>
 *
 * @param directory where the files are; made if it is not there ({@code dir})
 * @param fileName of the snapshot ({@code dbfilename})
 * @param saveRules when a snapshot is written without being asked for; none: never ({@code save})
 * @param log whether every change is logged ({@code appendonly})
 * @param fsync when the log is forced to disk ({@code appendfsync})
 * @param logName first part of the names of the log's files ({@code appendfilename})
 * @param logDirectory where in the directory they are ({@code appenddirname})
 * @param rewritePercentage by how much the log grows before it is rewritten; 0: never ({@code
 *     auto-aof-rewrite-percentage})
 * @param rewriteMinSize bytes below which it is not ({@code auto-aof-rewrite-min-size})
 * @param compress whether texts of more than 20 bytes are compressed in snapshots ({@code
 *     rdbcompression})
 * @param loadTruncated whether a log whose end is missing is loaded up to there ({@code
 *     aof-load-truncated})
 * @param loadCorrupt whether a log that is damaged in the midst is loaded up to there, and what
 *     follows set aside
 * @param skipUnsupported whether lists, sets and other values that there are not yet are left out
 *     on loading; the snapshot is then not written over
 */
public record PersistenceOptions(
    String directory,
    String fileName,
    List<SaveRule> saveRules,
    boolean log,
    Fsync fsync,
    String logName,
    String logDirectory,
    int rewritePercentage,
    long rewriteMinSize,
    boolean compress,
    boolean loadTruncated,
    boolean loadCorrupt,
    boolean skipUnsupported)
    implements Serializable {

  /** When the log is forced to disk. */
  public enum Fsync {
    /** Before a change is acknowledged: none of those is lost. */
    ALWAYS,
    /** Every second: a power cut loses at most what was changed within the last one. */
    EVERYSEC,
    /** When the system likes. */
    NO
  }

  /**
   * A snapshot is written when so many entries have changed and so much time has passed.
   *
   * @param seconds at least 1, since the last one
   * @param changes at least 1
   */
  public record SaveRule(long seconds, long changes) implements Serializable {
    public SaveRule {
      if (seconds < 1 || changes < 1) {
        throw new IllegalArgumentException(
            "expected at least 1 second and 1 change, found " + seconds + " and " + changes);
      }
    }
  }

  public PersistenceOptions {
    requireName(fileName);
    requireName(logName);
    requireName(logDirectory);
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(fsync, "fsync");
    saveRules = List.copyOf(saveRules);
    if (rewritePercentage < 0 || rewriteMinSize < 0) {
      throw new IllegalArgumentException("expected nothing below 0 for when to rewrite the log");
    }
  }

  private static void requireName(String name) {
    Path path = Path.of(name);
    if (name.isEmpty() || path.getNameCount() != 1 || path.isAbsolute() || name.startsWith("..")) {
      throw new IllegalArgumentException("expected the name of a file alone, found '" + name + "'");
    }
  }

  /** Files in this directory: loaded at the start, written when told. */
  public static PersistenceOptions in(Path directory) {
    return new PersistenceOptions(
        directory.toString(),
        "dump.rdb",
        List.of(),
        false,
        Fsync.EVERYSEC,
        "appendonly.aof",
        "appendonlydir",
        100,
        64 << 20,
        true,
        true,
        false,
        false);
  }

  /** Some of them changed. */
  private PersistenceOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.options();
  }

  /** Options being put together. */
  private static final class Draft {
    String directory;
    String fileName;
    List<SaveRule> saveRules;
    boolean log;
    Fsync fsync;
    String logName;
    String logDirectory;
    int rewritePercentage;
    long rewriteMinSize;
    boolean compress;
    boolean loadTruncated;
    boolean loadCorrupt;
    boolean skipUnsupported;

    Draft(PersistenceOptions from) {
      directory = from.directory;
      fileName = from.fileName;
      saveRules = from.saveRules;
      log = from.log;
      fsync = from.fsync;
      logName = from.logName;
      logDirectory = from.logDirectory;
      rewritePercentage = from.rewritePercentage;
      rewriteMinSize = from.rewriteMinSize;
      compress = from.compress;
      loadTruncated = from.loadTruncated;
      loadCorrupt = from.loadCorrupt;
      skipUnsupported = from.skipUnsupported;
    }

    PersistenceOptions options() {
      return new PersistenceOptions(
          directory,
          fileName,
          saveRules,
          log,
          fsync,
          logName,
          logDirectory,
          rewritePercentage,
          rewriteMinSize,
          compress,
          loadTruncated,
          loadCorrupt,
          skipUnsupported);
    }
  }

  /** The same in another directory. */
  public PersistenceOptions directory(Path directory) {
    return with(draft -> draft.directory = directory.toString());
  }

  /** A snapshot also when this time has passed since the last one, if there were changes. */
  public PersistenceOptions save(long changes, Duration time) {
    List<SaveRule> rules = new ArrayList<>(saveRules);
    rules.add(new SaveRule(Math.max(1, time.toSeconds()), changes));
    return save(rules);
  }

  /** A snapshot whenever one of these rules says so, and no other one. */
  public PersistenceOptions save(List<SaveRule> rules) {
    return with(draft -> draft.saveRules = rules);
  }

  /** Another name for the snapshot. */
  public PersistenceOptions fileName(String name) {
    return with(draft -> draft.fileName = name);
  }

  /** Every change is logged, and forced to disk so. */
  public PersistenceOptions appendOnly(Fsync fsync) {
    return appendOnly(true, fsync);
  }

  /** Whether every change is logged. */
  public PersistenceOptions appendOnly(boolean log, Fsync fsync) {
    return with(
        draft -> {
          draft.log = log;
          draft.fsync = fsync;
        });
  }

  /** Other names for the log's files. */
  public PersistenceOptions logFiles(String name, String directory) {
    return with(
        draft -> {
          draft.logName = name;
          draft.logDirectory = directory;
        });
  }

  /** When the log is written anew: it has grown by so much since, and is so long at least. */
  public PersistenceOptions rewriteAt(int percentage, long minSize) {
    return with(
        draft -> {
          draft.rewritePercentage = percentage;
          draft.rewriteMinSize = minSize;
        });
  }

  /** Whether snapshots are compressed. */
  public PersistenceOptions compress(boolean compress) {
    return with(draft -> draft.compress = compress);
  }

  /** What of files that are not whole, or have what there is not yet, is loaded nevertheless. */
  public PersistenceOptions loadNevertheless(
      boolean truncated, boolean corrupt, boolean unsupported) {
    return with(
        draft -> {
          draft.loadTruncated = truncated;
          draft.loadCorrupt = corrupt;
          draft.skipUnsupported = unsupported;
        });
  }

  /** The directory. */
  public Path path() {
    return Path.of(directory);
  }
}
