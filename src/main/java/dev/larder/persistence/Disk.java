package dev.larder.persistence;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system, as far as persistence uses it, and the place where tests let it fail.
 *
 * <p>What has been written survives the end of the process. It survives the end of the power only
 * after {@link Output#force}, and a name that was made, replaced or deleted only after {@link
 * #forceDirectory} of the directory it is in.
 */
interface Disk {
  /** That of this machine. */
  Disk REAL = new RealDisk();

  /** A file being written. Used by one thread at a time. */
  interface Output extends Closeable {
    /** Writes all that remains in {@code bytes}, to this place in the file. */
    void write(ByteBuffer bytes, long position) throws IOException;

    /** Returns when everything written so far survives the end of the power. */
    void force() throws IOException;
  }

  /** Makes a file, or empties the one that is there. */
  Output create(Path file) throws IOException;

  /** Opens a file that is there, or makes it; what is in it stays. */
  Output open(Path file) throws IOException;

  /** Reads a file from the beginning; unbuffered. */
  InputStream read(Path file) throws IOException;

  long size(Path file) throws IOException;

  boolean exists(Path file);

  /** Gives a file another name, in one step; a file that has that name is gone then. */
  void replace(Path file, Path name) throws IOException;

  /** Deletes a file if it is there. */
  void delete(Path file) throws IOException;

  /** Shortens a file, and forces that. */
  void truncate(Path file, long size) throws IOException;

  /** Makes a directory, and those above it, unless they are there. */
  void createDirectories(Path directory) throws IOException;

  /**
   * Takes a directory, which is there, for this one user alone until what is returned is closed or
   * the process ends.
   *
   * @throws DirectoryInUseException if somebody has it
   */
  Closeable lock(Path directory) throws IOException;

  /** Another process, or another one within this, has taken the directory. */
  final class DirectoryInUseException extends IOException {
    private static final long serialVersionUID = 1L;

    DirectoryInUseException() {
      super("it is in use");
    }
  }

  /** Forces the names in a directory; does nothing where the platform has no such thing. */
  void forceDirectory(Path directory) throws IOException;

  /** The names in a directory, sorted; none if it is not there. */
  List<String> list(Path directory) throws IOException;
}
