package dev.larder.rdb;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Bytes are not what Redis' snapshot format says. The message tells what was expected, what was
 * found, in what and at which byte; that of a value ({@link RdbValue}) is Redis' reply.
 */
public final class RdbException extends IOException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String unsupportedType;

  RdbException(String message) {
    this(message, null);
  }

  /** Of a value that may be sound but is of a type that is not supported. */
  RdbException(String message, @Nullable String unsupportedType) {
    super(message);
    this.unsupportedType = unsupportedType;
  }

  /**
   * The type of a value that was to be restored and is no string, as {@code TYPE} calls it; null if
   * that is not what is wrong.
   */
  public @Nullable String unsupportedType() {
    return unsupportedType;
  }
}
