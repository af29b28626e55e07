package dev.larder;

import javax.cache.CacheException;

/**
 * Thrown when caches cannot be written to disk or read from it. The message says what was expected,
 * what was found, in which file and where in it; what was there before is still there.
 */
public class PersistenceException extends CacheException {
  private static final long serialVersionUID = 1L;

  public PersistenceException(String message) {
    super(message);
  }

  public PersistenceException(String message, Throwable cause) {
    super(message, cause);
  }
}
