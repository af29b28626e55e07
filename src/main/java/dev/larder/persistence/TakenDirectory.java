package dev.larder.persistence;

import dev.larder.PersistenceException;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The directory of one persistence, which nobody else may use while files are written unasked. */
final class TakenDirectory {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");

  private final Disk disk;
  private @Nullable Closeable taken;
  private Path takenPath = Path.of("");

  TakenDirectory(Disk disk) {
    this.disk = disk;
  }

  /**
   * Makes it if it is not there.
   *
   * @throws PersistenceException if that fails
   */
  void make(Path path) {
    try {
      if (!disk.exists(path)) {
        disk.createDirectories(path);
      }
    } catch (IOException e) {
      throw new PersistenceException(
          "making the directory " + path + " failed: " + Failures.reason(e), e);
    }
  }

  /**
   * Takes it, unless one is taken: a second one would write over its files.
   *
   * @throws PersistenceException if somebody else has it
   */
  void take(Path path) {
    if (taken != null) {
      return;
    }
    try {
      taken = disk.lock(path);
      takenPath = path;
    } catch (Disk.DirectoryInUseException e) {
      throw new PersistenceException(
          "the directory " + path + " is in use: expected one for each cache manager or server", e);
    } catch (IOException e) {
      // It may be for reading alone. Who cannot make this file will make none of the others.
      LOG.log(Level.WARNING, "locking {0} failed: {1}", path, Failures.reason(e));
    }
  }

  void release() {
    Closeable taken = this.taken;
    this.taken = null;
    if (taken != null) {
      try {
        taken.close();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "unlocking {0} failed: {1}", takenPath, Failures.reason(e));
      }
    }
  }
}
