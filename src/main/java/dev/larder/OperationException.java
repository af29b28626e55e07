package dev.larder;

/**
 * A Redis-style operation that could not be done, with nothing changed. The message is Redis' own
 * text; {@link #code} is the word that precedes it on the socket.
 */
public final class OperationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  public OperationException(String code, String message) {
    super(message, null, false, false); // an answer rather than a fault: no stack trace
    this.code = code;
  }

  /** {@code ERR} or {@code WRONGTYPE}. */
  public String code() {
    return code;
  }
}
