package dev.larder.ops;

import dev.larder.Codec;
import dev.larder.CodecException;
import dev.larder.OperationException;
import dev.larder.codec.Decimals;
import org.jspecify.annotations.Nullable;

/**
 * Counters: integers that are changed in place, whatever type the cache keeps them in. A {@code
 * Long} or {@code Integer} stays one; text stays decimal text; an absent key becomes what the
 * cache's values are.
 */
public final class CounterOperations<K, V> {
  private final EntryOperations<K, V> entries;
  private final Codec<V> text;

  CounterOperations(EntryOperations<K, V> entries, Codec<V> text) {
    this.entries = entries;
    this.text = text;
  }

  /**
   * Adds to a counter, atomically, and returns the sum ({@code INCR}, {@code DECR}, {@code
   * INCRBY}). An absent key counts from 0; an explicit deadline stays.
   *
   * @throws OperationException if the value is not an integer, or the sum does not fit; nothing is
   *     changed
   */
  public long add(K key, long increment) {
    return entries.run(
        key,
        turn -> {
          V old = turn.value();
          long sum = sum(old == null ? 0 : toLong(old), increment);
          turn.modify(fromLong(sum, old), "incrby");
          return sum;
        });
  }

  private static long sum(long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw overflow();
    }
  }

  private long toLong(V value) {
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    Long parsed =
        value instanceof String string
            ? Decimals.parse(string)
            : value instanceof byte[] bytes ? Decimals.parse(bytes) : null;
    if (parsed == null) {
      throw notAnInteger();
    }
    return parsed;
  }

  @SuppressWarnings("unchecked")
  private V fromLong(long sum, @Nullable V like) {
    if (like instanceof Long) {
      return (V) Long.valueOf(sum);
    }
    if (like instanceof Integer) {
      if (sum != (int) sum) {
        throw overflow();
      }
      return (V) Integer.valueOf((int) sum);
    }
    if (like instanceof String) {
      return (V) Long.toString(sum);
    }
    try {
      return text.fromBytes(Decimals.toBytes(sum));
    } catch (
        CodecException e) { // a Short or Byte too small for the sum, or a cache of other values
      throw like == null ? notAnInteger() : overflow();
    }
  }

  private static OperationException notAnInteger() {
    return new OperationException("ERR", "value is not an integer or out of range");
  }

  private static OperationException overflow() {
    return new OperationException("ERR", "increment or decrement would overflow");
  }
}
