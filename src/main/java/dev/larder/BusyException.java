package dev.larder;

/**
 * Says to an event loop that an operation which may not wait would have to: somebody else holds the
 * entry. Nothing has happened; the operation can be done again by a thread that may wait.
 */
public final class BusyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable") // without stack trace, and thrown often
  public static final BusyException INSTANCE = new BusyException();

  private BusyException() {
    super("the entry is busy", null, false, false);
  }
}
