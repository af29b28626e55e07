package dev.larder.server.command;

import java.lang.System.Logger.Level;
import java.time.ZoneId;
import java.time.zone.ZoneRules;
import org.jspecify.annotations.Nullable;

/**
 * The server's log, {@code dev.larder.server}. A message that cannot be written is lost and harms
 * nobody: in a process that has no file left, the very moment to say so, the JDK's logging throws.
 */
public final class ServerLog {
  private static final System.Logger LOG = System.getLogger("dev.larder.server");

  static {
    // The JDK reads these from a file when it writes its first message; if that fails, never more.
    ZoneRules unused = ZoneId.systemDefault().getRules();
  }

  private ServerLog() {}

  public static void info(String message) {
    log(Level.INFO, message, null);
  }

  public static void warn(String message) {
    log(Level.WARNING, message, null);
  }

  public static void warn(String message, Throwable cause) {
    log(Level.WARNING, message, cause);
  }

  /** What ought not to happen. */
  public static void error(String message, Throwable cause) {
    log(Level.ERROR, message, cause);
  }

  private static void log(Level level, String message, @Nullable Throwable cause) {
    try {
      LOG.log(level, message, cause);
    } catch (RuntimeException | Error e) {
      // nobody left to tell
    }
  }
}
