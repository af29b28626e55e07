package dev.larder.persistence;

import dev.larder.CodecException;
import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.persistence.LogReader.Check;
import dev.larder.persistence.LogReader.Ending;
import dev.larder.rdb.RdbException;
import dev.larder.rdb.RdbReader;
import dev.larder.store.Entry;
import dev.larder.store.StoreClock;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Loads what is in a directory into caches that are empty and not yet in use: the log if one is
 * kept and there is one, else the snapshot.
 *
 * <p>Nothing on disk is changed before everything is loaded; then the end of a log that was cut
 * short is cut off, or what is behind a damage set aside, if the options allow it.
 *
 * <p>While a log is loaded, time stands still: a value whose time has passed meanwhile may have got
 * more of it by a later record. What has expired is removed in the end.
 */
final class Recovery {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private static final byte[] SWAPDB = "SWAPDB".getBytes(StandardCharsets.US_ASCII);

  private final Disk disk;
  private final PersistenceOptions options;
  private final Replay replay;
  private final StoreClock clock;
  private final Path logDirectory;
  private final Map<String, Long> unknownCommands = new TreeMap<>();
  private final List<Runnable> repairs = new ArrayList<>();
  private List<KeptCache<?, ?>> numbered;
  private boolean found;
  private boolean ours;
  private int selected;
  private Path file = Path.of("");
  private long expired;
  private long snapshotLoaded;
  private @Nullable String leftOut;
  private @Nullable Manifest log;

  Recovery(
      Disk disk,
      PersistenceOptions options,
      List<KeptCache<?, ?>> caches,
      Replay replay,
      StoreClock clock) {
    this.disk = disk;
    this.options = options;
    this.numbered = new ArrayList<>(caches);
    this.replay = replay;
    this.clock = clock;
    this.logDirectory = options.path().resolve(options.logDirectory());
  }

  /** Entries loaded. */
  long loaded() {
    return numbered.stream().mapToLong(cache -> cache.store().size()).sum();
  }

  /** Whether there was anything. */
  boolean hasFound() {
    return found;
  }

  /** Entries left out because their time had passed. */
  long expired() {
    return expired;
  }

  /** What was left out because it is not supported; null: nothing. */
  @Nullable String leftOut() {
    return leftOut;
  }

  /** The log that was loaded, if it can be continued; else null. */
  @Nullable Manifest log() {
    return log;
  }

  /** The caches; the index is the number, which files may have said. */
  List<KeptCache<?, ?>> arrangement() {
    return numbered;
  }

  /**
   * Loads what there is.
   *
   * @throws PersistenceException if it is not good
   */
  void run() {
    Manifest manifest = Manifest.read(disk, logDirectory, options.logName());
    Path snapshot = options.path().resolve(options.fileName());
    Path oldLog = options.path().resolve(options.logName());
    long began = System.nanoTime();
    if (options.log() && !manifest.isEmpty()) {
      quietly(() -> loadLog(manifest));
      said(logDirectory.toString(), began);
    } else if (options.log() && disk.exists(oldLog)) {
      quietly(() -> loadOldLog(oldLog));
      said(oldLog.toString(), began);
    } else if (disk.exists(snapshot)) {
      quietly(() -> loadSnapshot(snapshot));
      said(snapshot.toString(), began);
    }
    if (!options.log() && !manifest.isEmpty()) {
      LOG.log(
          Level.WARNING,
          "there is a log in {0}, which is not loaded, because appendonly is no",
          logDirectory);
    }
  }

  private void said(String what, long began) {
    LOG.log(
        Level.INFO,
        "loaded {0} entries from {1} in {2}{3}{4}",
        Job.text(loaded()),
        what,
        Job.text(Duration.ofNanos(System.nanoTime() - began)),
        expired == 0 ? "" : ", " + Job.text(expired) + " had expired",
        leftOut == null ? "" : "; left out: " + leftOut);
  }

  /** Nobody is told of anything, and nothing expires meanwhile. */
  private void quietly(Runnable loading) {
    found = true;
    for (KeptCache<?, ?> cache : numbered) {
      if (cache.store().size() > 0) {
        throw new PersistenceException(
            cache
                + " has entries already, and those in "
                + options.directory()
                + " would take their place");
      }
    }
    List<KeptCache<?, ?>> all = List.copyOf(numbered);
    for (KeptCache<?, ?> cache : all) {
      cache.store().feed().mute(true);
      cache.store().sweepsAtLeisure(false);
    }
    try {
      loading.run();
      long before = loaded();
      all.forEach(cache -> cache.store().sweep());
      expired += before - loaded();
      repairs.forEach(Runnable::run);
    } catch (Throwable t) {
      all.forEach(cache -> cache.filling().clear());
      throw t;
    } finally {
      for (KeptCache<?, ?> cache : all) {
        cache.store().feed().mute(false);
        cache.store().sweepsAtLeisure(true);
      }
    }
  }

  // -------------------------------------------------------------------------------- snapshots

  private void loadSnapshot(Path snapshot) {
    Contents contents = contents(snapshot);
    contents.read(disk, snapshot);
    take(contents);
  }

  private Contents contents(Path snapshot) {
    file = snapshot;
    return new Contents(
        snapshot.toString(), numbered, clock, options.skipUnsupported(), false, this::put);
  }

  private <K, V> void put(KeptCache<K, V> cache, K key, V value, long time) {
    if (!cache.put(key, value, time)) {
      throw new PersistenceException(
          file + " has key '" + Failures.shown(key) + "' of " + cache + " twice");
    }
    said();
  }

  private void said() {
    snapshotLoaded++;
    if (snapshotLoaded % 5_000_000 == 0) {
      LOG.log(Level.INFO, "loading {0}: {1} entries so far", file, Job.text(snapshotLoaded));
    }
  }

  /** Gives the caches other numbers, also for who replays commands. */
  private void arrange(List<KeptCache<?, ?>> arranged) {
    for (int i = 0; i < arranged.size(); i++) {
      int from = numbered.indexOf(arranged.get(i));
      if (from != i) {
        replay.run(0, List.of(SWAPDB, number(i), number(from)));
        Collections.swap(numbered, i, from);
      }
    }
  }

  private static byte[] number(int number) {
    return String.valueOf(number).getBytes(StandardCharsets.US_ASCII);
  }

  private void take(Contents contents) {
    ours = contents.isOurs();
    arrange(contents.arranged());
    expired += contents.expired();
    leftOut = contents.isIncomplete() ? contents.leftOut() : null;
  }

  // ---------------------------------------------------------------------------------- logs

  private void loadLog(Manifest manifest) {
    List<Manifest.Part> parts = manifest.parts();
    int last = lastWritten(parts);
    for (int i = 0; i < parts.size(); i++) {
      loadPart(logDirectory.resolve(parts.get(i).name()), i >= last);
    }
    requireKnown();
    requireNothingLost();
    if (ours && leftOut == null && manifest.base() != null) {
      log = manifest;
    }
  }

  /** Only the last file that is not empty can lack its end. */
  private int lastWritten(List<Manifest.Part> parts) {
    int last = 0;
    for (int i = 0; i < parts.size(); i++) {
      Path part = logDirectory.resolve(parts.get(i).name());
      if (!disk.exists(part)) {
        throw new PersistenceException(
            Manifest.path(logDirectory, options.logName())
                + " names the file "
                + part.getFileName()
                + ", which is not there");
      }
      try {
        last = disk.size(part) > 0 ? i : last;
      } catch (IOException e) {
        throw failed(part, e);
      }
    }
    return last;
  }

  private static PersistenceException failed(Path file, IOException e) {
    return new PersistenceException("reading " + file + " failed: " + Failures.reason(e), e);
  }

  /** A log in one file, as Redis had it before version 7. */
  private void loadOldLog(Path old) {
    loadPart(old, true);
    requireKnown();
  }

  private void loadPart(Path part, boolean isLast) {
    file = part;
    selected = 0;
    requireContent(part);
    LogReader reader = new LogReader(disk, part);
    long from = reader.beginsWithSnapshot() ? loadHead(part) : 0;
    Check check = reader.check(from);
    if (check.ending() != Ending.WHOLE) {
      mend(part, check, isLast);
    }
    reader.read(from, check.good(), this::run);
  }

  /** A log may be empty, a snapshot never is: all that was in it would be lost unnoticed. */
  private void requireContent(Path part) {
    try {
      if (part.toString().endsWith(".rdb") && disk.size(part) == 0) {
        throw new PersistenceException(part + ", byte 0: expected a snapshot, found an empty file");
      }
    } catch (IOException e) {
      throw failed(part, e);
    }
  }

  /** The snapshot that a log begins with; returns where that ends. */
  private long loadHead(Path part) {
    Contents contents = contents(part).keepingExpired();
    try (InputStream in = disk.read(part)) {
      RdbReader rdb = new RdbReader(in, disk.size(part), part.toString());
      rdb.readHead(contents);
      contents.requireAll();
      take(contents);
      return rdb.position();
    } catch (RdbException e) {
      throw new PersistenceException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw failed(part, e);
    }
  }

  /** Sees to it that a bad end is cut off once all is loaded, or refuses it. */
  private void mend(Path part, Check check, boolean isLast) {
    String reason = check.message();
    if (check.ending() == Ending.TRUNCATED && isLast) {
      if (!options.loadTruncated()) {
        throw new PersistenceException(reason + " (aof-load-truncated yes cuts it off)");
      }
      LOG.log(Level.WARNING, reason);
      repairs.add(() -> LogReader.cut(disk, part, check.good()));
    } else if (options.loadCorrupt()) {
      LOG.log(Level.WARNING, reason);
      repairs.add(
          () ->
              LOG.log(
                  Level.WARNING,
                  "what follows is in {0} now",
                  LogReader.setAside(disk, part, check.good())));
    } else {
      throw new PersistenceException(reason + " (aof-load-corrupt yes loads what is before)");
    }
  }

  /** What is left out of a log would be gone for ever, as the next one takes its place. */
  private void requireNothingLost() {
    if (leftOut != null) {
      throw new PersistenceException(
          logDirectory
              + ": the log has what is not supported yet ("
              + leftOut
              + "), and going on with it would delete that; move the directory away, or convert it"
              + " to a snapshot with Redis and start with appendonly no");
    }
  }

  private void requireKnown() {
    if (unknownCommands.isEmpty()) {
      return;
    }
    String counts = Failures.counts(unknownCommands);
    if (!options.skipUnsupported()) {
      throw new PersistenceException(
          file
              + ": the log has commands that are not supported yet: "
              + counts
              + (file.startsWith(logDirectory) ? "" : " (load-unsupported skip leaves them out)"));
    }
    leftOut = leftOut == null ? counts : leftOut + ", " + counts;
  }

  // ---------------------------------------------------------------------------------- commands

  /** Runs a command of the log. Those that our own logs have are run here, the others replayed. */
  private void run(long offset, List<byte[]> words) {
    String name = text(words.get(0)).toUpperCase(Locale.ROOT);
    try {
      if (!runOwn(name, words)) {
        replay(name, words);
      }
    } catch (CodecException | OperationException e) {
      throw new PersistenceException(
          file
              + ", byte "
              + offset
              + ": command "
              + Failures.shown(name)
              + " cannot be run: "
              + e.getMessage(),
          e);
    }
  }

  private static String text(byte[] word) {
    return new String(word, StandardCharsets.ISO_8859_1);
  }

  private boolean runOwn(String name, List<byte[]> words) {
    int count = words.size();
    switch (name) {
      case "MULTI", "EXEC" -> {} // that both are there was checked
      case "SELECT" -> select(words);
      case "SET" -> {
        boolean timed = count == 5 && text(words.get(3)).equalsIgnoreCase("PXAT");
        if (count != 3 && !timed) {
          return false;
        }
        set(cache(), words, timed ? number(words.get(4)) : Entry.ETERNAL);
      }
      case "DEL" -> words.subList(1, count).forEach(key -> remove(cache(), key));
      case "PEXPIREAT", "PERSIST" -> {
        if (count != (name.equals("PERSIST") ? 2 : 3)) {
          return false;
        }
        long time = count == 2 ? Entry.ETERNAL : number(words.get(2));
        time(cache(), words.get(1), time);
      }
      case "FLUSHDB" -> cache().filling().clear();
      case "FLUSHALL" -> numbered.forEach(cache -> cache.filling().clear());
      default -> {
        return false;
      }
    }
    return true;
  }

  private static long number(byte[] word) {
    try {
      return Long.parseLong(text(word));
    } catch (NumberFormatException e) {
      throw new OperationException(
          "ERR", "expected a number, found '" + Failures.shown(text(word)) + "'");
    }
  }

  private void select(List<byte[]> words) {
    if (words.size() != 2) {
      throw new OperationException("ERR", "expected the number of a database");
    }
    selected = (int) Math.min(Integer.MAX_VALUE, Math.max(-1, number(words.get(1))));
    cache();
  }

  private KeptCache<?, ?> cache() {
    if (selected < 0 || selected >= numbered.size()) {
      throw new OperationException(
          "ERR", "expected a database of 0 to " + (numbered.size() - 1) + ", found " + selected);
    }
    return numbered.get(selected);
  }

  private <K, V> void set(KeptCache<K, V> cache, List<byte[]> words, long time) {
    cache.put(cache.key(words.get(1), ours), cache.value(words.get(2), ours), Math.max(0, time));
    said();
  }

  private <K, V> void remove(KeptCache<K, V> cache, byte[] key) {
    cache.filling().remove(cache.key(key, ours));
  }

  private <K, V> void time(KeptCache<K, V> cache, byte[] key, long time) {
    cache.filling().time(cache.key(key, ours), Entry.explicit(Math.max(0, time)));
  }

  private void leaveOut(String name) {
    unknownCommands.merge(Failures.shown(name), 1L, Long::sum);
  }

  private void replay(String name, List<byte[]> words) {
    try {
      if (!replay.run(selected, words)) {
        leaveOut(name);
        return;
      }
    } catch (OperationException e) {
      if (!options.skipUnsupported()) {
        throw e;
      }
      leaveOut(name);
      return;
    }
    if (name.equals("SWAPDB")) {
      int one = Integer.parseInt(text(words.get(1)));
      int other = Integer.parseInt(text(words.get(2)));
      KeptCache<?, ?> first = numbered.get(one);
      numbered.set(one, numbered.get(other));
      numbered.set(other, first);
    }
  }
}
