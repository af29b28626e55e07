package dev.larder.ops;

import dev.larder.Codec;
import dev.larder.CodecException;
import dev.larder.OperationException;
import dev.larder.codec.ByteText;
import dev.larder.codec.Decimals;
import dev.larder.codec.Floats;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Counters: numbers that are changed in place, whatever type the cache keeps them in. A {@code
 * Long}, {@code Double} … stays one; text stays decimal text; an absent key becomes what the
 * cache's values are.
 */
public final class CounterOperations<K, V> {
  private static final byte[] ZERO = {'0'};
  private static final int MOST_DIGITS = 4_933; // 1.18e4932 is the largest

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
          long sum = sum(old == null ? 0 : integer(old), increment);
          store(turn, integer(sum, old), "incrby");
          return sum;
        });
  }

  /** Takes away, as {@link #add} ({@code DECRBY}). */
  public long subtract(K key, long decrement) {
    if (decrement == Long.MIN_VALUE) {
      throw error("decrement would overflow");
    }
    return add(key, -decrement);
  }

  /**
   * Adds to a number, atomically, and returns the sum as it is kept ({@code INCRBYFLOAT}): exact,
   * but for digits behind the 17th decimal place and those that the value's type has no room for.
   *
   * @throws OperationException if the value is not a number, or the sum does not fit; nothing is
   *     changed
   */
  public BigDecimal add(K key, BigDecimal increment) {
    return add(key, () -> increment);
  }

  /** The increment is asked for when it is clear that the value is a number. */
  private BigDecimal add(K key, Supplier<BigDecimal> increment) {
    return entries.run(
        key,
        turn -> {
          V old = turn.value();
          byte[] before = old == null ? ZERO : Values.text(old, text);
          boolean infinite = Floats.isInfinite(before);
          BigDecimal number = infinite ? BigDecimal.ZERO : parse(before);
          BigDecimal sum = number.add(bounded(increment.get()));
          if (infinite) {
            throw infinite(); // but what is wrong with the increment was told first
          }
          V value = number(print(bounded(sum)), old);
          store(turn, value, "incrbyfloat");
          return number(value);
        });
  }

  /**
   * The same for an increment that is text, and the sum as text.
   *
   * @throws OperationException also if the increment is not a number
   */
  public byte[] addText(K key, byte[] increment) {
    return ByteText.encode(Floats.print(add(key, () -> parse(increment))));
  }

  private void store(Turn<K, V> turn, V value, String event) {
    entries.rules().requireTypes(turn.key(), value);
    turn.modify(value, event);
  }

  private static long sum(long a, long b) {
    try {
      return Math.addExact(a, b);
    } catch (ArithmeticException e) {
      throw overflow();
    }
  }

  private long integer(V value) {
    if (value instanceof Long
        || value instanceof Integer
        || value instanceof Short
        || value instanceof Byte) {
      return ((Number) value).longValue();
    }
    Long parsed =
        value instanceof String string
            ? Decimals.parse(string)
            : Decimals.parse(Values.text(value, text));
    if (parsed == null) {
      throw notAnInteger();
    }
    return parsed;
  }

  @SuppressWarnings("unchecked") // of the class of one of the cache's values
  private V integer(long sum, @Nullable V like) {
    if (like instanceof Long) {
      return (V) Long.valueOf(sum);
    }
    String printed = Long.toString(sum);
    if (like instanceof String) {
      return (V) printed;
    }
    try {
      V value = like(printed, BigDecimal.valueOf(sum), like);
      if ((value instanceof Double || value instanceof Float)
          && new BigDecimal(((Number) value).doubleValue()).compareTo(BigDecimal.valueOf(sum))
              != 0) {
        throw overflow(); // rounded: the counter would stand still one day
      }
      return value;
    } catch (CodecException
        | ArithmeticException e) { // not of the cache's type, or too large for it
      throw like == null ? notAnInteger() : overflow();
    }
  }

  private BigDecimal number(V value) {
    return parse(Values.text(value, text));
  }

  private static String print(BigDecimal sum) {
    String printed = Floats.print(sum);
    if (printed.length() >= MOST_DIGITS && Floats.parse(ByteText.encode(printed)) == null) {
      throw infinite(); // as many digits as the largest number, but larger
    }
    return printed;
  }

  private static BigDecimal parse(byte[] bytes) {
    BigDecimal parsed = Floats.parse(bytes);
    if (parsed != null) {
      return parsed;
    }
    throw Floats.isInfinite(bytes) ? infinite() : error("value is not a valid float");
  }

  private V number(String sum, @Nullable V like) {
    try {
      return like(sum, new BigDecimal(sum), like);
    } catch (CodecException | ArithmeticException e) {
      throw error("the sum " + sum + " does not fit into the type of the value");
    }
  }

  /**
   * The number, if adding it takes no more digits than Redis' long doubles have. Far behind the
   * decimal places that are kept, it makes no difference.
   */
  private static BigDecimal bounded(BigDecimal number) {
    long digitsBeforePoint = (long) number.precision() - number.scale();
    if (number.signum() == 0 || digitsBeforePoint < -MOST_DIGITS) {
      return BigDecimal.ZERO;
    }
    if (digitsBeforePoint > MOST_DIGITS) {
      throw infinite();
    }
    return number;
  }

  /** The number, in the class that the value before was of. */
  @SuppressWarnings("unchecked") // a value of a class that one of the cache's values is of
  private V like(String printed, BigDecimal number, @Nullable V like) {
    if (like instanceof Long) {
      return (V) Long.valueOf(number.longValueExact());
    }
    if (like instanceof Integer) {
      return (V) Integer.valueOf(number.intValueExact());
    }
    if (like instanceof Short) {
      return (V) Short.valueOf(number.shortValueExact());
    }
    if (like instanceof Byte) {
      return (V) Byte.valueOf(number.byteValueExact());
    }
    if (like instanceof Double) {
      return (V) Double.valueOf(finite(number.doubleValue()));
    }
    if (like instanceof Float) {
      return (V) Float.valueOf((float) finite(number.floatValue()));
    }
    if (like instanceof BigDecimal) {
      return (V) number;
    }
    if (like instanceof BigInteger) {
      return (V) number.toBigIntegerExact();
    }
    if (like instanceof String) {
      return (V) printed;
    }
    byte[] bytes = ByteText.encode(printed);
    return like instanceof byte[] ? (V) bytes : text.fromBytes(bytes);
  }

  private static double finite(double value) {
    if (Double.isInfinite(value)) {
      throw infinite();
    }
    return value;
  }

  private static OperationException notAnInteger() {
    return error("value is not an integer or out of range");
  }

  private static OperationException overflow() {
    return error("increment or decrement would overflow");
  }

  private static OperationException infinite() {
    return error("increment would produce NaN or Infinity");
  }

  private static OperationException error(String message) {
    return new OperationException("ERR", message);
  }
}
