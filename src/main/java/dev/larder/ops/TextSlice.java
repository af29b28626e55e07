package dev.larder.ops;

import dev.larder.codec.KeyTexts;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Bytes within a larger array that stand for a text, and that hash and compare as the {@code
 * String} of that text does, so that a map with strings as keys can be asked for them: {@code
 * slice.equals(string)}. No string will say that it equals a slice, so this is for looking up, and
 * only where the key that is asked for compares itself with those that are there.
 *
 * <p>Only ASCII is compared: of that, each byte is a char, and so the hash is the same polynomial.
 *
 * <p>One object serves one request after the other; not for use by several threads.
 */
public final class TextSlice {
  private byte[] array = {};
  private int from;
  private int length;
  private int hash;

  /** An empty text. */
  public TextSlice() {}

  /** Is this part of an array from now on, for as long as that does not change. */
  public TextSlice of(byte[] array, int from, int length) {
    this.array = array;
    this.from = from;
    this.length = length;
    return this;
  }

  /** The text's bytes, a copy. */
  byte[] bytes() {
    return Arrays.copyOfRange(array, from, from + length);
  }

  /** The key that a write makes of it. */
  <K> K fresh(KeyTexts<K> texts) {
    return texts.fresh(array, from, length);
  }

  /** Whether it can be compared with strings; makes the hash on the way. */
  boolean isAscii() {
    byte[] array = this.array;
    int hash = 0;
    int all = 0;
    for (int i = from, to = from + length; i < to; i++) {
      byte b = array[i];
      all |= b;
      hash = 31 * hash + b;
    }
    this.hash = hash;
    return all >= 0;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof String text) || text.length() != length) {
      return other == this;
    }
    byte[] array = this.array;
    int from = this.from;
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) != array[from + i]) {
        return false;
      }
    }
    return true;
  }
}
