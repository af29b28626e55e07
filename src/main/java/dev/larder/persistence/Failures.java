package dev.larder.persistence;

import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Map;
import java.util.stream.Collectors;

/** Words of messages: why the file system refused something, and what was found in a file. */
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
    return part.replaceAll("[\\p{Cntrl}\u0080-\u009f\u2028\u2029\ud800-\udfff]", "?")
        + (text.length() > LONGEST_SHOWN ? "…" : "");
  }

  /** The same for what is text more often than not. */
  static String shown(byte[] bytes) {
    int enough = LONGEST_SHOWN * 4 + 4; // bytes, so that a character more than is shown is in it
    return shown(new String(bytes, 0, Math.min(bytes.length, enough), StandardCharsets.UTF_8));
  }

  /** How many there are of each: {@code 3 list, 1 set}. */
  static String counts(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
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
