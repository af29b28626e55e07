package dev.larder.codec;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How this JVM lays objects out on its heap.
 *
 * <h2>What differs</h2>
 *
 * <table>
 * <caption>Bytes, HotSpot on 64 bits</caption>
 * <tr><th></th><th>reference</th><th>header</th><th>array before its elements</th></tr>
 * <tr><td>heap below 32 GB</td><td>4</td><td>12</td><td>16</td></tr>
 * <tr><td>a larger one</td><td>8</td><td>12</td><td>16</td></tr>
 * <tr><td>{@code -XX:+UseCompactObjectHeaders}, JDK 24</td><td>4</td><td>8</td><td>12, of longs,
 *     doubles and references of 8 bytes 16</td></tr>
 * <tr><td>{@code -XX:-UseCompressedClassPointers}</td><td>4 or 8</td><td>16</td><td>24; since JDK 23
 *     20, where elements are small</td></tr>
 * </table>
 *
 * The JVM tells which of these it is. One that does not, because it is no HotSpot or has no
 * management, is taken for the first.
 *
 * <h2>Where fields go</h2>
 *
 * Superclass first, in each class primitive fields before references, large before small, each into
 * the first gap that it fits into. An object ends at a multiple of the alignment, usually 8.
 */
final class HeapLayout {
  static final HeapLayout HERE = of(HeapLayout::option);

  private final int header;
  private final int reference;
  private final int alignment;
  private final boolean elementsFollow; // an array's length directly, if their size allows it
  private final boolean hasLatin1; // whether strings of such characters take a byte each

  /** What an option of the JVM is set to; null if it has no such option. */
  interface Options {
    @Nullable String get(String name);
  }

  static HeapLayout of(Options options) {
    boolean narrow = !"false".equals(options.get("UseCompressedOops"));
    boolean compact = "true".equals(options.get("UseCompactObjectHeaders"));
    boolean narrowClasses = !"false".equals(options.get("UseCompressedClassPointers"));
    String alignment = options.get("ObjectAlignmentInBytes");
    return new HeapLayout(
        compact ? 8 : narrowClasses ? 12 : 16,
        narrow ? 4 : 8,
        alignment == null ? 8 : Integer.parseInt(alignment),
        Runtime.version().feature() >= 23,
        !"false".equals(options.get("CompactStrings")));
  }

  private HeapLayout(
      int header, int reference, int alignment, boolean elementsFollow, boolean hasLatin1) {
    this.header = header;
    this.reference = reference;
    this.alignment = alignment;
    this.elementsFollow = elementsFollow;
    this.hasLatin1 = hasLatin1;
  }

  /** From the JVM itself. Its part of the JDK need not be there. */
  private static @Nullable String option(String name) {
    try {
      HotSpotDiagnosticMXBean bean =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return bean == null ? null : bean.getVMOption(name).getValue();
    } catch (IllegalArgumentException | LinkageError e) { // no such option, no such module
      return null;
    }
  }

  int reference() {
    return reference;
  }

  boolean hasLatin1() {
    return hasLatin1;
  }

  /** An object with so many references, and so many bytes of fields that fill what is between. */
  long object(int references, int bytes) {
    return roundUp(header + (long) references * reference + bytes, alignment);
  }

  /** An array of elements of that type. */
  long array(Class<?> element, long length) {
    int size = sizeOf(element);
    int unit = Math.max(size, elementsFollow ? Integer.BYTES : Long.BYTES);
    return roundUp(roundUp(header + Integer.BYTES, unit) + size * length, alignment);
  }

  /** An array of references. */
  long references(long length) {
    return array(Object.class, length);
  }

  /** An object of that class, which is no array, without what it refers to. */
  int object(Class<?> type) {
    Deque<Class<?>> line = new ArrayDeque<>();
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      line.push(c);
    }
    BitSet taken = new BitSet();
    taken.set(0, header);
    for (Class<?> c : line) {
      for (int size : sizes(c)) {
        int at = gap(taken, size);
        taken.set(at, at + size);
      }
    }
    return (int) roundUp(taken.length(), alignment);
  }

  private static int gap(BitSet taken, int size) {
    int at = 0;
    for (int next = taken.nextSetBit(0);
        next >= 0 && next < at + size;
        next = taken.nextSetBit(at)) {
      at = (int) roundUp(taken.nextClearBit(next), size);
    }
    return at;
  }

  private static long roundUp(long bytes, int powerOfTwo) {
    return bytes + powerOfTwo - 1 & -powerOfTwo;
  }

  /** The fields that a class adds, in the order in which they get their place. */
  private List<Integer> sizes(Class<?> type) {
    List<Integer> primitives = new ArrayList<>();
    List<Integer> references = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        (field.getType().isPrimitive() ? primitives : references).add(sizeOf(field.getType()));
      }
    }
    primitives.sort(Comparator.reverseOrder());
    primitives.addAll(references);
    return primitives;
  }

  private int sizeOf(Class<?> type) {
    if (!type.isPrimitive()) {
      return reference;
    }
    if (type == long.class || type == double.class) {
      return Long.BYTES;
    }
    if (type == int.class || type == float.class) {
      return Integer.BYTES;
    }
    return type == char.class || type == short.class ? Short.BYTES : Byte.BYTES;
  }
}
