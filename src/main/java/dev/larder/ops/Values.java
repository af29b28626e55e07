package dev.larder.ops;

import dev.larder.Codec;
import dev.larder.CodecException;
import dev.larder.OperationException;
import dev.larder.ValueType;
import dev.larder.codec.TextCodecs;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a kept value is to the operations. */
final class Values {
  private Values() {}

  /** The kind of a value. Every object is of the one kind that there is so far. */
  static ValueType type(@Nullable Object value) {
    return value == null ? ValueType.NONE : ValueType.STRING;
  }

  /**
   * The bytes of a value as a socket shows it.
   *
   * @throws OperationException {@code WRONGTYPE} if it has none
   * @throws CodecException if it is a string that has none
   */
  static <V> byte[] text(V value, Codec<V> codec) {
    if (TextCodecs.showsAsJson(codec, Objects.requireNonNull(value))) {
      throw wrongType();
    }
    try {
      return codec.toBytes(value);
    } catch (CodecException e) {
      throw value instanceof CharSequence ? e : wrongType();
    }
  }

  static OperationException wrongType() {
    return new OperationException(
        "WRONGTYPE", "Operation against a key holding the wrong kind of value");
  }
}
