package dev.larder.protocol;

import java.nio.ByteBuffer;

/**
 * Guesses which keys the requests name that lie in a buffer and have not been read yet, so that
 * they can be fetched from memory together. A guess that is wrong costs a little time and nothing
 * else: where a request is not what it is expected to be, the rest is not looked at.
 *
 * <p>Expected are arrays, {@code *3 $3 SET $4 name $3 Ada}, of which the second word is a key, and
 * of long ones (MSET) every second one. Reading is left to {@link RequestReader}.
 *
 * <p>One object serves one buffer after the other; not for use by several threads.
 */
public final class Lookahead {
  /** So many requests at a time: enough for their waits to overlap, few enough to stay cached. */
  private static final int REQUESTS = 16;

  private static final int KEYS = 32;

  /** Fewer bytes than these are one short request: there is nothing to overlap. */
  private static final int FEW_BYTES = 64;

  private static final int LONG_KEY = 256;

  private final int[] hashes = new int[KEYS];
  private int count;
  private int ahead; // requests that were looked at and have not been read yet
  private byte[] bytes = {};
  private int at;
  private int end;

  /** Has seen nothing. */
  public Lookahead() {}

  /** Forgets what it has seen: another buffer. */
  public void begin() {
    ahead = 0;
  }

  /**
   * To be called before each request is read from the buffer; looks ahead once for several of them.
   *
   * @return whether there are {@link #hashes} now
   */
  public boolean next(ByteBuffer in) {
    if (ahead > 0) {
      ahead--;
      return false;
    }
    if (in.remaining() < FEW_BYTES) {
      return false;
    }
    bytes = in.array();
    at = in.arrayOffset() + in.position();
    end = in.arrayOffset() + in.limit();
    count = 0;
    int requests = 0;
    while (requests < REQUESTS && count < KEYS && request()) {
      requests++;
    }
    ahead = Math.max(0, requests - 1);
    return count > 1;
  }

  /** The hash codes of the keys as strings, if they are ASCII. */
  public int[] hashes() {
    return hashes;
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** Goes over one request; false if it is not what is expected, or not all there. */
  private boolean request() {
    int words = header('*');
    for (int word = 0; word < words; word++) {
      int length = header('$');
      if (length < 0 || length > end - at - 2) {
        return false;
      }
      if (word % 2 == 1 && (word == 1 || words > 4) && length <= LONG_KEY && count < KEYS) {
        hashes[count++] = hash(at, at + length);
      }
      at += length + 2;
    }
    return words > 0;
  }

  /** The number behind a type, and the position behind its line; -1 if that is not there. */
  private int header(char type) {
    if (at >= end || bytes[at] != type) {
      return -1;
    }
    int number = 0;
    for (int i = at + 1; i < end - 1; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        at = i + 2;
        return bytes[i] == '\r' ? number : -1;
      }
      number = number * 10 + digit;
      if (number > 1 << 20) {
        return -1;
      }
    }
    return -1;
  }

  private int hash(int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    return hash;
  }
}
