package dev.larder;

/**
 * Where a cache gets the time from: milliseconds since 1970-01-01T00:00Z.
 *
 * <p>Deadlines are absolute, so that they mean the same to a Java caller, to {@code EXPIREAT} on
 * the socket and to a file that another process reads. A clock that a test moves by hand makes
 * expiry testable without sleeping.
 */
@FunctionalInterface
public interface Clock {

  /** Milliseconds since the epoch; called often and from many threads, must not block. */
  long millis();
}
