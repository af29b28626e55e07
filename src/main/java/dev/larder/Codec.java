package dev.larder;

import java.util.Arrays;

/**
 * How the keys or the values of one cache leave it: as a copy for a Java caller, as bytes for a
 * socket and for files. A user supplies one where the built-in codecs do not do: a JSON form for a
 * class of their own, a cheaper copy than the general one.
 *
 * <p>A codec has two faces, independent of each other:
 *
 * <ul>
 *   <li><b>copy</b>: for caches that store by value (JSR-107, "Store-By-Value"), called by every
 *       operation that takes a key or value from the application or gives one back;
 *   <li><b>text</b> ({@link #toBytes}, {@link #fromBytes}): what a client on the socket sees and
 *       may write. Most often UTF-8 text, but any bytes will do. They are also what goes to disk,
 *       into snapshots and the log, and into the payload of {@code DUMP}, and are read again from
 *       there, perhaps by another version of the application.
 * </ul>
 *
 * <p>So in a cache that is kept on disk, or dumped, a codec must give back what it was given: every
 * value has bytes, other values have other bytes, and {@code fromBytes} makes an equal value of
 * them. And since files can be anybody's, {@code fromBytes} must not trust them. (The built-in
 * codecs have a form of their own for files where their text is not so exact; it is not used with a
 * user's codec.)
 *
 * <p>A codec is called by many threads at once, at times while an entry is locked: it must not
 * block and must not use the cache. No method is passed null or may return null. What a codec
 * cannot do, it refuses with a {@link CodecException}; the operation then fails and nothing is
 * stored.
 *
 * @param <T> the declared type of the keys or values
 */
public interface Codec<T> {

  /**
   * A value equal to {@code value} that shares nothing changeable with it, so that whatever the
   * caller does to the one is never seen in the other. An immutable value may be returned itself.
   *
   * @throws CodecException if the value, or something it refers to, cannot be copied
   */
  T copy(T value);

  /**
   * The bytes that a socket shows for {@code value}, and a file has. Equal values give equal bytes.
   * The caller only reads the array: it may be the value itself, or be handed out again.
   *
   * @throws CodecException if the value has no text form
   */
  byte[] toBytes(T value);

  /**
   * The value that {@code bytes}, received from a socket or read from a file, stands for. For every
   * value that has a text form, {@code fromBytes(toBytes(value))} equals it, unless the type says
   * otherwise. The array is the codec's from now on: the value may keep it.
   *
   * @throws CodecException if the bytes stand for no value of this type; the message names what was
   *     expected and what was found, and is shown to the client
   */
  T fromBytes(byte[] bytes);

  /**
   * The value that a part of an array stands for: {@code length} bytes from {@code from} on. The
   * array stays the caller's and will change. A codec that needs no array of its own should
   * override this and spare the copy.
   *
   * @throws CodecException as {@link #fromBytes(byte[])}
   */
  default T fromBytes(byte[] array, int from, int length) {
    return fromBytes(Arrays.copyOfRange(array, from, from + length));
  }
}
