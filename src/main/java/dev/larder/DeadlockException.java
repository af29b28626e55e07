package dev.larder;

import javax.cache.CacheException;

/**
 * Thrown in place of waiting for ever: user code (an entry processor, loader, writer or listener)
 * that holds one key asked for a key whose holder waits, directly or through others, for the first.
 * The simplest case is user code that writes the very key it is working on.
 *
 * <p>The operation that failed with this had no effect, except that a synchronous listener may
 * still be told of a write that was already done: the message says so.
 */
public final class DeadlockException extends CacheException {
  private static final long serialVersionUID = 1L;

  public DeadlockException(String message) {
    super(message);
  }
}
