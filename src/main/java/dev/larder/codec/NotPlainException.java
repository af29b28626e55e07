package dev.larder.codec;

/** Gives up the fast copy of a graph; never leaves {@link Copier}, so it needs no stack trace. */
final class NotPlainException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NotPlainException() {
    super("not plain", null, false, false);
  }
}
