package dev.larder.codec;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The keys or values of one cache as they are on disk: in snapshots, in the log and in what {@code
 * DUMP} gives. Unlike their text, these bytes always come back as the same value.
 *
 * <p>They are the text wherever that does, so that Redis can work with them: in a cache whose
 * declared type has a text of its own, for strings in any cache, and where the user has supplied a
 * codec. All else is <i>tagged</i>: three bytes that no UTF-8 begins with, a letter, and then
 * either the text of the type that the letter stands for or a serialized object. In a cache of
 * {@code Object}:
 *
 * <pre>
 *   "42"                 42
 *   42L                  FF L d J 42
 *   42                   FF L d I 42
 *   -0.0                 FF L d O AC ED 00 05 …      its text is that of 0
 *   List.of(1, 2)        FF L d O AC ED 00 05 …      if it is allowed
 *   "\uDCFFLd"           FF L d T FF L d             a string that looks tagged
 *   "\uD800"             FF L d O AC ED 00 05 …      a string that has no bytes
 * </pre>
 *
 * <p>So different values have different bytes. The other way round equal ones have equal bytes as
 * far as their serialization has: two equal {@code HashSet}s may be written in different orders,
 * and an object that is referred to twice is not written like two equal ones. Larder, which
 * compares objects, does not mind; Redis would see two keys.
 *
 * <p>Serialized objects are of {@linkplain AllowedClasses allowed classes} alone, written as well
 * as read. Thread-safe.
 */
public final class DiskForm<T> {
  private static final byte[] MAGIC = {(byte) 0xFF, 'L', 'd'};
  private static final int TAG = MAGIC.length;
  private static final int TAGGED = TAG + 1;

  private static final char OBJECT = 'O';

  /** Types by whose text a tagged value is written. */
  // spotless:off
  private static final Map<Class<?>, Character> LETTERS = Map.ofEntries(
      Map.entry(String.class,         'T'),
      Map.entry(Long.class,           'J'), // as in the names of arrays
      Map.entry(Integer.class,        'I'),
      Map.entry(Short.class,          'S'),
      Map.entry(Byte.class,           'B'),
      Map.entry(Double.class,         'D'),
      Map.entry(Float.class,          'F'),
      Map.entry(Boolean.class,        'Z'),
      Map.entry(Character.class,      'C'),
      Map.entry(BigInteger.class,     'N'),
      Map.entry(BigDecimal.class,     'E'),
      Map.entry(UUID.class,           'U'),
      Map.entry(URI.class,            'R'),
      Map.entry(LocalDate.class,      'd'),
      Map.entry(LocalTime.class,      't'),
      Map.entry(LocalDateTime.class,  'l'),
      Map.entry(OffsetDateTime.class, 'o'),
      Map.entry(ZonedDateTime.class,  'z'),
      Map.entry(Instant.class,        'i'),
      Map.entry(Duration.class,       'p'),
      Map.entry(byte[].class,         '['));
  // spotless:on

  /** Types whose text, if a value has one, always comes back as the value. */
  private static final Set<Class<?>> EXACT =
      Set.of(
          String.class,
          Long.class,
          Integer.class,
          Short.class,
          Byte.class,
          Boolean.class,
          UUID.class,
          byte[].class);

  private final Class<T> type;
  private final Codec<T> codec;
  private final boolean usersCodec;
  private final boolean mixed;
  private final Serialized serialized;
  private final Map<Class<?>, Tag<?>> tags = new HashMap<>();
  private final @Nullable Tag<?>[] byLetter = new Tag<?>[128];

  private DiskForm(
      Class<T> type, Codec<T> codec, boolean usersCodec, Copier copier, List<String> allowed) {
    this.type = type;
    this.codec = codec;
    this.usersCodec = usersCodec;
    this.mixed = !usersCodec && TextCodecs.isMixed(codec);
    WeakLoader loader = new WeakLoader(copier.loader());
    this.serialized = new Serialized(new AllowedClasses(type, allowed, loader), loader);
    LETTERS.forEach(
        (tagged, letter) -> {
          Tag<?> tag = new Tag<>(letter, TextCodecs.of(tagged, copier), EXACT.contains(tagged));
          tags.put(tagged, tag);
          byLetter[letter] = tag;
        });
  }

  /**
   * The form of keys or values that are declared as {@code type}.
   *
   * @param codec of that type
   * @param usersCodec whether it is not the built-in one; then its bytes are on disk
   * @param copier whose class loader finds the classes
   * @param allowed patterns of classes, as in {@code jdk.serialFilter}, that may be serialized
   *     beyond the type and its parts
   */
  public static <T> DiskForm<T> of(
      Class<T> type, Codec<T> codec, boolean usersCodec, Copier copier, List<String> allowed) {
    return new DiskForm<>(type, codec, usersCodec, copier, allowed);
  }

  /** What files say of it: the type, and the user's codec. */
  public String name() {
    return usersCodec
        ? type.getTypeName() + " by " + codec.getClass().getName()
        : type.getTypeName();
  }

  /**
   * The bytes of a value. The caller only reads them.
   *
   * @throws CodecException if it cannot be saved: what {@link #fromBytes} would refuse is refused
   *     here
   */
  public byte[] toBytes(T value) {
    if (usersCodec) {
      try {
        return codec.toBytes(value);
      } catch (CodecException e) {
        throw e;
      } catch (RuntimeException | StackOverflowError e) {
        throw new CodecException("codec " + codec.getClass().getName() + " failed with " + e, e);
      }
    }
    Class<?> own = value.getClass();
    if (!mixed || own == String.class) {
      byte[] plain = plain(value);
      if (plain != null) {
        return plain;
      }
    }
    Tag<?> tag = mixed || own == String.class ? tags.get(own) : null;
    byte[] text = tag == null ? null : tag.text(value);
    return tag == null || text == null
        ? serialized.write(tagged(OBJECT, new byte[0]), value)
        : tagged(tag.letter, text);
  }

  /** The text, if it comes back as the value. */
  private byte @Nullable [] plain(T value) {
    byte[] text = exactText(codec, value, type.isEnum() || EXACT.contains(value.getClass()));
    boolean ambiguous = text != null && type != byte[].class && isTagged(text);
    return ambiguous ? null : text;
  }

  private static <T> byte @Nullable [] exactText(Codec<T> codec, T value, boolean exact) {
    try {
      byte[] text = codec.toBytes(value);
      return exact || codec.fromBytes(text.clone()).equals(value) ? text : null;
    } catch (CodecException e) {
      return null;
    }
  }

  /**
   * The value that bytes from disk stand for. The array is the value's from now on.
   *
   * @param ours whether Larder wrote them. If not, what is in a cache of strings is a string,
   *     whatever it looks like
   * @throws CodecException if they stand for no value of this type, or for one that is not allowed;
   *     nothing else is ever thrown, whatever they are
   */
  public T fromBytes(byte[] bytes, boolean ours) {
    if (usersCodec) {
      return fromUsersBytes(bytes);
    }
    boolean verbatim = type == byte[].class || type == String.class && !ours;
    if (verbatim || !isTagged(bytes)) {
      return codec.fromBytes(bytes);
    }
    Object value = fromTagged(bytes);
    if (!type.isInstance(value)) {
      throw new CodecException(
          "expected a " + type.getTypeName() + ", found a " + value.getClass().getTypeName());
    }
    return type.cast(value);
  }

  private T fromUsersBytes(byte[] bytes) {
    T value;
    try {
      value = codec.fromBytes(bytes);
    } catch (CodecException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new CodecException("codec " + codec.getClass().getName() + " failed with " + e, e);
    }
    if (!type.isInstance(value)) {
      throw new CodecException(
          "expected a " + type.getTypeName() + " of codec " + codec.getClass().getName());
    }
    return value;
  }

  private Object fromTagged(byte[] bytes) {
    if (bytes.length > TAG && bytes[TAG] == OBJECT) {
      return serialized.read(bytes, TAGGED);
    }
    Tag<?> tag = bytes.length > TAG && bytes[TAG] >= 0 ? byLetter[bytes[TAG]] : null;
    if (tag == null) {
      throw new CodecException(
          "expected a value with the tag of a type, found "
              + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, TAGGED)));
    }
    return tag.codec.fromBytes(Arrays.copyOfRange(bytes, TAGGED, bytes.length));
  }

  private static boolean isTagged(byte[] bytes) {
    return bytes.length >= TAG && Arrays.equals(bytes, 0, TAG, MAGIC, 0, TAG);
  }

  private static byte[] tagged(char letter, byte[] text) {
    byte[] bytes = new byte[TAGGED + text.length];
    System.arraycopy(MAGIC, 0, bytes, 0, TAG);
    bytes[TAG] = (byte) letter;
    System.arraycopy(text, 0, bytes, TAGGED, text.length);
    return bytes;
  }

  /** A type that has a letter. */
  private record Tag<U>(char letter, Codec<U> codec, boolean exact) {
    @SuppressWarnings("unchecked") // it was found by the value's class
    byte @Nullable [] text(Object value) {
      return exactText(codec, (U) value, exact);
    }
  }
}
