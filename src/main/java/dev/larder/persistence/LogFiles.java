package dev.larder.persistence;

import dev.larder.PersistenceException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The files of a log: makes them, names them in the {@link Manifest}, and deletes them.
 *
 * <p>The manifest names a file before it has a byte, and a file is deleted when it no longer does.
 * So whatever happens in between, the files that it names are all there. A log that has just begun
 * is named in none until it has a base: the manifest that is there stays in force until then.
 *
 * <p>For one thread at a time.
 */
final class LogFiles {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private final Disk disk;
  private final Path directory;
  private final String name;
  private Manifest manifest; // what is on disk
  private boolean named; // whether our increments are in it
  private long lastBase;
  private long lastIncrement;
  private @Nullable Increment prepared;

  private LogFiles(Disk disk, Path directory, String name, Manifest manifest) {
    this.disk = disk;
    this.directory = directory;
    this.name = name;
    this.manifest = manifest;
    lastBase = manifest.base() == null ? 0 : manifest.base().seq();
    lastIncrement = manifest.lastSeq();
  }

  /**
   * Those of a log of its own.
   *
   * @throws PersistenceException if there is no directory, and none can be made
   */
  static LogFiles begin(Disk disk, Path directory, String name, Manifest previous) {
    try {
      if (!disk.exists(directory)) {
        disk.createDirectories(directory);
        Path above = directory.toAbsolutePath().getParent();
        if (above != null) {
          disk.forceDirectory(above);
        }
      }
    } catch (IOException e) {
      throw failed("beginning a log in " + directory, e);
    }
    return new LogFiles(disk, directory, name, previous);
  }

  /** Those that are there. */
  static LogFiles resume(Disk disk, Path directory, String name, Manifest manifest) {
    LogFiles files = new LogFiles(disk, directory, name, manifest);
    files.named = true;
    return files;
  }

  /**
   * The increment with which a log of its own begins.
   *
   * @throws PersistenceException if it cannot be made
   */
  Increment first() {
    try {
      return make();
    } catch (IOException e) {
      throw failed("beginning a log in " + directory, e);
    }
  }

  /**
   * The increment in which the log that is there goes on. The process that wrote the earlier ones
   * may have ended before it forced them; they are.
   *
   * @throws PersistenceException if one of them cannot be opened or made
   */
  Increment last() {
    try {
      List<Manifest.Part> parts = manifest.increments();
      if (parts.isEmpty()) { // the manifest of a Redis may have a base alone
        Increment next = make();
        writeManifest(manifest.withIncrement(next.part));
        return next;
      }
      Manifest.Part last = parts.get(parts.size() - 1);
      Path path = directory.resolve(last.name());
      Increment opened = new Increment(last, disk.open(path), disk.size(path));
      for (Manifest.Part part : parts.subList(0, parts.size() - 1)) {
        try (Disk.Output out = disk.open(directory.resolve(part.name()))) {
          out.force();
        }
      }
      return opened;
    } catch (IOException e) {
      throw failed("going on with the log in " + directory, e);
    }
  }

  /** Bytes in all files that the manifest names. */
  long size() {
    long size = 0;
    try {
      for (Manifest.Part part : manifest.parts()) {
        size += disk.size(directory.resolve(part.name()));
      }
    } catch (IOException e) {
      throw failed("going on with the log in " + directory, e);
    }
    return size;
  }

  private Increment make() throws IOException {
    // Each attempt has a name of its own, as the file of a failed one may be named on disk.
    Manifest.Part part = Manifest.increment(name, ++lastIncrement);
    return new Increment(part, disk.create(directory.resolve(part.name())), 0);
  }

  private void writeManifest(Manifest next) throws IOException {
    next.write(disk, directory, name);
    manifest = next;
  }

  /**
   * Makes the next increment, unless there is one.
   *
   * @throws PersistenceException if it cannot be made
   */
  void prepare() {
    if (prepared == null) {
      prepared = prepared();
    }
  }

  private Increment prepared() {
    try {
      Increment next = make();
      if (named) {
        try {
          writeManifest(manifest.withIncrement(next.part));
        } catch (IOException e) {
          // The file stays: a manifest that names it may be there after all.
          next.out.close();
          throw e;
        }
      }
      return next;
    } catch (IOException e) {
      throw failed("beginning another file of the log in " + directory, e);
    }
  }

  /** The next increment: the one that was prepared, else a new one. */
  Increment next() {
    Increment next = prepared == null ? prepared() : prepared;
    prepared = null;
    return next;
  }

  /**
   * Puts a base in the place of everything before an increment, the newest but for the next one.
   *
   * @param temporary the file; gets another name
   * @return its bytes
   * @throws PersistenceException if that fails; then either is in force
   */
  long rebase(Path temporary, Increment current) {
    Manifest.Part base = Manifest.base(name, ++lastBase);
    Path path = directory.resolve(base.name());
    try {
      disk.replace(temporary, path);
      disk.forceDirectory(directory);
      long bytes = disk.size(path);
      Manifest next = new Manifest(base, List.of(), List.of(current.part));
      writeManifest(prepared == null ? next : next.withIncrement(prepared.part));
      named = true;
      return bytes;
    } catch (IOException e) {
      throw failed("giving the log in " + directory + " another base", e);
    }
  }

  /** What the manifest on disk says. */
  Manifest manifest() {
    return manifest;
  }

  /** Deletes what another manifest named and ours does not, and what failed attempts have left. */
  void clean(Manifest before) {
    Set<String> unneeded = new HashSet<>();
    before.parts().forEach(part -> unneeded.add(part.name()));
    before.history().forEach(part -> unneeded.add(part.name()));
    try {
      disk.list(directory).stream().filter(Manifest.partsOf(name)).forEach(unneeded::add);
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

  /**
   * Gives other names to files of a log that no manifest names: they are not loaded, and would be
   * written over, and somebody may have lost the manifest.
   */
  static void setOrphansAside(Disk disk, Path directory, String name) {
    Predicate<String> ours = Manifest.partsOf(name);
    try {
      for (String file : disk.list(directory)) {
        Path path = directory.resolve(file);
        if (ours.test(file) && disk.size(path) > 0) {
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

  private static PersistenceException failed(String what, IOException e) {
    return new PersistenceException(what + " failed: " + Failures.reason(e), e);
  }
}
