package dev.larder;

import javax.cache.CacheException;

/**
 * Thrown when a key or value cannot be copied, shown as bytes or made from bytes. The message names
 * what was expected and what was found. Nothing has been stored or changed when it is thrown.
 *
 * <p>It is a {@code CacheException}, so that a cache which stores by value may throw it as it is;
 * to a client on the socket the message is the text of the {@code -ERR} reply.
 */
public class CodecException extends CacheException {
  private static final long serialVersionUID = 1L;

  public CodecException(String message) {
    super(message);
  }

  public CodecException(String message, Throwable cause) {
    super(message, cause);
  }
}
