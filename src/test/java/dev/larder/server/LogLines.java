package dev.larder.server;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** What the server logs while this is open, and nobody else gets to see. */
final class LogLines extends Handler implements AutoCloseable {
  private final Logger logger = Logger.getLogger("dev.larder.server");
  private final boolean passedOn = logger.getUseParentHandlers();
  private final Level level = logger.getLevel(); // null: that of its parent
  private final List<String> lines = new CopyOnWriteArrayList<>();

  LogLines() {
    logger.addHandler(this);
    logger.setLevel(Level.INFO); // which the program, if it has run in this JVM, has raised
    logger.setUseParentHandlers(false);
  }

  List<String> lines() {
    return lines;
  }

  @Override
  public void publish(LogRecord record) {
    Throwable thrown = record.getThrown();
    lines.add(record.getMessage() + (thrown == null ? "" : " " + thrown));
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setLevel(level);
    logger.setUseParentHandlers(passedOn);
  }
}
