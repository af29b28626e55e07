package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.larder.Codec;
import dev.larder.CodecException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one cache as a socket shows and means them.
 *
 * <p>Where the declared type has one form of text ({@code String}, {@code Long}, an enum, …), or
 * the user has supplied a codec, that text is one key: the texts are <i>exact</i>. In the caches of
 * Spring and Hibernate, whose keys are declared as {@code Object}, {@code 42} may be a string or a
 * number, and a key of the application's may have a text that nobody can read back:
 *
 * <pre>
 *   key                             shown as          found by
 *   "42"                            42                looking it up, first
 *   42L, then 42                    42                looking it up
 *   a UUID                          0f8fad5b-d9cb-…   looking it up
 *   an enum constant, 1.5, a date   RED  1.5  …       comparing texts
 *   new SimpleKey("a", "b")         SimpleKey [a, b]  comparing texts
 *   List.of("a", new int[] {1})     [a, [1]]          comparing texts
 *   new Object()                    nothing           nothing
 * </pre>
 *
 * <p>So a text means, of the keys that are there, the first of its {@link #candidates}; if there is
 * none of them, one that {@link #matches}, for which all keys must be looked at, unless all of them
 * can be {@linkplain #isReadBack read back}. A write makes the key that {@link #fresh} gives unless
 * exactly one is there.
 *
 * <p>Thread-safe.
 */
public final class KeyTexts<K> {

  /** A longer {@code toString()} is no text: it would be made again for every key compared. */
  static final int MAX_LENGTH = 1 << 16;

  private static final int UUID_LENGTH = 36;

  /** Whether a class has a {@code toString()} that tells more than an object's address. */
  private static final ClassValue<Boolean> HAS_STRING =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          try {
            return type.getMethod("toString").getDeclaringClass() != Object.class;
          } catch (NoSuchMethodException | LinkageError e) {
            return false;
          }
        }
      };

  private final Class<K> type;
  private final Codec<K> codec;
  private final boolean exact;
  private final boolean verbatim;

  // Whether keys of the declared type can be these.
  private final boolean strings;
  private final boolean longs;
  private final boolean integers;
  private final boolean uuids;

  private KeyTexts(Class<K> type, Codec<K> codec) {
    this.type = type;
    this.codec = codec;
    this.exact = !TextCodecs.isMixed(codec);
    this.verbatim = TextCodecs.isString(codec);
    this.strings = type.isAssignableFrom(String.class);
    this.longs = type.isAssignableFrom(Long.class);
    this.integers = type.isAssignableFrom(Integer.class);
    this.uuids = type.isAssignableFrom(UUID.class);
  }

  /**
   * The texts of keys that are declared as {@code type}; the codec is of that type, or a user's.
   */
  public static <K> KeyTexts<K> of(Class<K> type, Codec<K> codec) {
    return new KeyTexts<>(type, codec);
  }

  /** Whether every text is one key or refused, so that nothing has to be looked up or compared. */
  public boolean isExact() {
    return exact;
  }

  /**
   * The keys that these bytes may be, the most likely first; none if they can only be found by
   * comparing. The array is the keys' from now on.
   *
   * @throws CodecException if texts are exact and this one is no key; the message is for the client
   */
  public List<K> candidates(byte[] text) {
    if (exact) {
      return List.of(codec.fromBytes(text));
    }
    Long number = longs || integers ? Decimals.parse(text) : null;
    UUID uuid = uuids ? parseUuid(text) : null;
    if (number == null && uuid == null) {
      return strings ? List.of(type.cast(ByteText.decode(text))) : List.of();
    }
    List<K> keys = new ArrayList<>(3);
    if (strings) {
      keys.add(type.cast(ByteText.decode(text)));
    }
    if (number != null && longs) {
      keys.add(type.cast(number));
    }
    if (number != null && integers && number == number.intValue()) {
      keys.add(type.cast(number.intValue()));
    }
    if (uuid != null) {
      keys.add(type.cast(uuid));
    }
    return keys;
  }

  /**
   * The key that a write makes of these bytes where it finds none: a string, or what an exact text
   * is. The array is the key's from now on.
   *
   * @throws CodecException if no key of the declared type is made from text, or not from this one;
   *     the message is for the client
   */
  public K fresh(byte[] text) {
    return codec.fromBytes(text);
  }

  /** The same of a part of an array, which stays the caller's. */
  public K fresh(byte[] array, int from, int length) {
    return codec.fromBytes(array, from, length);
  }

  /** Whether each text is itself the key that it means: a string. */
  public boolean isVerbatim() {
    return verbatim;
  }

  /** Whether the key, if it has a text, is among that text's {@link #candidates}. */
  public boolean isReadBack(K key) {
    return exact
        || key instanceof String
        || key instanceof Long
        || key instanceof Integer
        || key instanceof UUID;
  }

  /**
   * Whether this is the text of a key that cannot be read back. Runs {@code toString()} of the
   * application's keys.
   */
  public boolean matches(K key, byte[] text) {
    if (isReadBack(key)) {
      return false;
    }
    byte[] own = text(key);
    return own != null && Arrays.equals(own, text);
  }

  /**
   * The text of a key, null if it has none; the same whenever it is asked for, as far as the key's
   * {@code toString()} is. The caller only reads the array.
   */
  public byte @Nullable [] text(K key) {
    try {
      if (exact) {
        return codec.toBytes(key);
      }
      byte[] own = key.getClass().isArray() ? null : TextCodecs.ownText(key);
      if (own != null) {
        return own;
      }
      String string = string(key);
      return string == null ? null : ByteText.encode(string);
    } catch (CodecException e) {
      return null;
    }
  }

  private static @Nullable String string(Object key) {
    if (!HAS_STRING.get(key.getClass())) {
      return null; // arrays among them
    }
    String string;
    try {
      string = isJdkCollection(key) ? elements((Collection<?>) key) : key.toString();
    } catch (Exception | StackOverflowError | LinkageError | AssertionError e) {
      return null; // the application's; one bad key must not hide the others
    }
    return string == null || string.length() > MAX_LENGTH ? null : string;
  }

  /** As the collection would print itself, but arrays in it by their elements. */
  private static String elements(Collection<?> collection) {
    return Arrays.deepToString(collection.toArray());
  }

  private static boolean isJdkCollection(Object key) {
    return key instanceof Collection && key.getClass().getName().startsWith("java.util.");
  }

  private static @Nullable UUID parseUuid(byte[] text) {
    if (text.length != UUID_LENGTH) {
      return null;
    }
    String string = new String(text, ISO_8859_1);
    try {
      UUID uuid = UUID.fromString(string);
      return uuid.toString().equals(string) ? uuid : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
