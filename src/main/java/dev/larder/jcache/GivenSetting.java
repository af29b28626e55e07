package dev.larder.jcache;

import javax.cache.CacheException;

/**
 * A setting as it was found.
 *
 * @param where the file and line, or that it is a property
 * @param key all of it, as it was written
 */
record GivenSetting(String where, String key, String text) {

  /** An error that begins with where it is. */
  CacheException wrong(String message) {
    return new CacheException(where + ": " + key + ": " + message);
  }

  CacheException wrong(String message, Throwable cause) {
    return new CacheException(where + ": " + key + ": " + message, cause);
  }

  /** Where it is, but not what it says: that may be a password. */
  @Override
  public String toString() {
    return key + " (" + where + ")";
  }
}
