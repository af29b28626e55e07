package dev.larder.codec;

/**
 * What entries take on the heap, in bytes: the weigher of a cache that is bounded by weight and was
 * given no other.
 *
 * <p>Exact, for this JVM's layout of objects, are strings, arrays, numbers, {@code UUID}, {@code
 * java.time}, and objects and records made of such. Collections of the JDK, whose fields nobody may
 * read, are taken for what their size says: as if filled one by one, {@code ArrayList}s and tables
 * of hashes with the room to spare that this leaves. Of what is large a part is looked at, and the
 * rest taken for the like; see {@link HeapWalk}. Of other classes whose fields are closed to
 * reflection counts what an object takes itself, but not what it refers to.
 *
 * <p>Not counted is what is not the entry's alone: enums and other singletons, classes, threads,
 * lambdas, the small numbers that boxing shares. Whatever else two entries share counts for both.
 *
 * <p>No code of the user's is called, but by a wrapper of {@code java.util.Collections} around a
 * collection of the user's, which is asked for its elements; if that fails, the wrapper counts
 * alone. So do synchronized wrappers and blocking queues, for whose locks nobody waits here.
 */
public final class HeapSizes {
  private static final HeapLayout LAYOUT = HeapLayout.HERE;

  /**
   * What an entry takes beyond key and value. Itself it has 3 references, its deadline, its weight
   * and 4 bytes of marks (40 bytes on most JVMs); at most two slots of the table are there for each
   * entry, and as many of a queue (16).
   */
  static final long ENTRY =
      LAYOUT.object(3, Long.BYTES + Integer.BYTES + 4) + 4L * LAYOUT.reference();

  private static final long STRING = LAYOUT.object(String.class);

  private HeapSizes() {}

  /**
   * What an entry takes: key, value and what the store needs for it; at most 2<sup>31</sup> - 1.
   */
  public static int of(Object key, Object value) {
    return (int) Math.min(Integer.MAX_VALUE, ENTRY + size(key) + size(value));
  }

  /** What an object takes with all that belongs to it; at most 2<sup>31</sup> - 1. */
  static long size(Object object) {
    if (object instanceof String text) {
      return string(text);
    }
    if (object instanceof byte[] bytes) {
      return LAYOUT.array(byte.class, bytes.length);
    }
    HeapShape shape = HeapShape.of(object);
    return shape.isWhole()
        ? shape.size(object)
        : (long) Math.min(Integer.MAX_VALUE, HeapWalk.size(object));
  }

  static long string(CharSequence text) {
    return STRING + characters(text, text.length());
  }

  /**
   * The array of a string's characters. No method tells whether these take one byte each or two:
   * they take two if one of them needs it.
   */
  static long characters(CharSequence text, int length) {
    return LAYOUT.array(isLatin1(text) ? byte.class : char.class, length);
  }

  private static boolean isLatin1(CharSequence text) {
    int all = 0;
    for (int i = 0; i < text.length(); i++) {
      all |= text.charAt(i);
    }
    return all <= 0xFF && LAYOUT.hasLatin1();
  }
}
