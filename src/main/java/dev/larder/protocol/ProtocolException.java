package dev.larder.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The bytes of a connection are not requests, so nothing after them can be read either: the
 * connection sends {@link #reply} if there is one, and closes.
 *
 * <p>Carries no stack trace: the cause is on the other side of the wire, and a peer that sends
 * garbage should not make us work for it.
 */
public final class ProtocolException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean silent;

  private ProtocolException(String message, boolean silent) {
    super(message, null, false, false);
    this.silent = silent;
  }

  /** A violation that the peer is told of, in Redis' words. */
  static ProtocolException answered(String message) {
    return new ProtocolException("Protocol error: " + message, false);
  }

  /** A violation by a peer that would not understand an answer; the message is for our log. */
  static ProtocolException silent(String message) {
    return new ProtocolException(message, true);
  }

  /** What to send before closing, null to close without a word. */
  public Reply.@Nullable Failure reply() {
    return silent ? null : Reply.error(String.valueOf(getMessage()));
  }
}
