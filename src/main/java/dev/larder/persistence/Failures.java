package dev.larder.persistence;

import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says in words why the file system refused something. */
final class Failures {
  private static final int LONGEST_SHOWN = 64;

  private Failures() {}

  /**
   * What came from a file or a client, as a message may show it: on one line, not too long, and
   * nothing that a terminal obeys.
   */
  static String shown(Object something) {
    String text = String.valueOf(something);
    String part = text.substring(0, Math.min(text.length(), LONGEST_SHOWN));
    return part.replaceAll("[\\p{Cntrl}\u2028\u2029\ud800-\udfff]", "?")
        + (text.length() > LONGEST_SHOWN ? "…" : "");
  }

  /** The reason alone: some exceptions of the JDK have nothing but the name of the file. */
  static String reason(Exception e) {
    if (e instanceof NoSuchFileException) {
      return "No such file or directory";
    } else if (e instanceof FileAlreadyExistsException) {
      return "File exists";
    } else if (e instanceof FileSystemException named && named.getReason() != null) {
      return named.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
