package dev.larder.ops;

import dev.larder.Codec;
import dev.larder.OperationException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Operations on parts of values that are text: {@code APPEND}, {@code GETRANGE}, {@code SETRANGE},
 * {@code STRLEN}, {@code LCS}. They work on the bytes that a socket shows, and make a value of them
 * once, at the end. A {@code byte[]} stays one whatever the cache's type is.
 */
public final class TextOperations<K, V> {
  private static final byte[] EMPTY = {};

  /** No longer text is made: what Redis allows, or as much as cannot exhaust the heap. */
  private static final long MOST_BYTES = Math.min(512L << 20, Runtime.getRuntime().maxMemory() / 8);

  private final EntryOperations<K, V> entries;
  private final StringOperations<K, V> strings;
  private final Codec<V> text;

  TextOperations(EntryOperations<K, V> entries, StringOperations<K, V> strings, Codec<V> text) {
    this.entries = entries;
    this.strings = strings;
    this.text = text;
  }

  /** The length in bytes, 0 if the key is absent ({@code STRLEN}); a read. */
  public long length(K key) {
    return bytes(entries.get(key)).length;
  }

  /**
   * The bytes from {@code start} to {@code end}, both included, negative ones counted from the end
   * ({@code GETRANGE}); none if the key is absent. A read.
   */
  public byte[] range(K key, long start, long end) {
    return range(bytes(entries.get(key)), start, end);
  }

  private static byte[] range(byte[] all, long start, long end) {
    if (start < 0 && end < 0 && start > end) {
      return EMPTY;
    }
    long from = Math.max(0, start < 0 ? all.length + start : start);
    long to = Math.max(0, end < 0 ? all.length + end : end); // as up to Redis 7: -100 is the first
    to = Math.min(to, all.length - 1L);
    return from > to ? EMPTY : Arrays.copyOfRange(all, (int) from, (int) to + 1);
  }

  /** The same as a value. */
  public V rangeAsValue(K key, long start, long end) {
    V value = entries.get(key);
    byte[] range = range(bytes(value), start, end);
    return value instanceof byte[] ? value(range, value) : text.fromBytes(range);
  }

  /** Adds a text at the end of one ({@code APPEND}); returns the length now. */
  public long append(K key, V suffix) {
    entries.admit(key);
    byte[] bytes = bytes(Objects.requireNonNull(suffix, "suffix is null"));
    return entries.run(
        key, turn -> change(turn, bytes(turn.value()).length, bytes, suffix, "append"));
  }

  /**
   * Overwrites bytes from an offset on, with zeros in a gap ({@code SETRANGE}); returns the length
   * now.
   */
  public long setRange(K key, long offset, V part) {
    entries.admit(key);
    if (offset < 0) {
      throw new OperationException("ERR", "offset is out of range");
    }
    byte[] bytes = bytes(Objects.requireNonNull(part, "part is null"));
    return bytes.length == 0
        ? entries.runIfPresent(key, turn -> (long) bytes(turn.value()).length)
        : entries.run(key, turn -> change(turn, offset, bytes, part, "setrange"));
  }

  /**
   * What the texts of two keys have in common ({@code LCS}), both read at one moment; an absent one
   * is empty. Takes time in proportion to the product of their lengths, without any lock.
   *
   * @throws OperationException if a value has no text, or there is no memory
   */
  public CommonSubsequence commonSubsequence(K one, K other) {
    List<@Nullable V> values = strings.getAll(List.of(one, other));
    byte[][] texts = new byte[2][];
    try {
      for (int i = 0; i < texts.length; i++) {
        texts[i] = bytes(values.get(i));
      }
    } catch (OperationException e) {
      throw new OperationException("ERR", "The specified keys must contain string values");
    }
    return CommonSubsequence.of(texts[0], texts[1]);
  }

  private long change(Turn<K, V> turn, long offset, byte[] part, V like, String event) {
    V old = turn.value();
    byte[] before = bytes(old);
    if (offset > MOST_BYTES - part.length) {
      throw new OperationException(
          "ERR", "string exceeds maximum allowed size (proto-max-bulk-len)");
    }
    byte[] after = Arrays.copyOf(before, Math.max(before.length, (int) offset + part.length));
    System.arraycopy(part, 0, after, (int) offset, part.length);
    V value =
        old == null && offset == 0
            ? entries.rules().copyValue(like)
            : value(after, old == null ? like : old);
    entries.rules().requireTypes(turn.key(), value);
    turn.modify(value, event);
    return after.length;
  }

  private byte[] bytes(@Nullable V value) {
    return value == null ? EMPTY : Values.text(value, text);
  }

  @SuppressWarnings("unchecked") // a byte[] of the cache's is one of its values
  private V value(byte[] bytes, V like) {
    return like instanceof byte[] ? (V) bytes : text.fromBytes(bytes);
  }
}
