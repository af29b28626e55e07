package dev.larder.codec;

import static java.util.stream.Collectors.toUnmodifiableMap;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.Charset;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.AbstractMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.Currency;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Set;
import java.util.Stack;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.Vector;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the objects of one class take on the heap, and what else belongs to them.
 *
 * <p>Fields are read where reflection may. Where it may not, as in most of the JDK since Java 17, a
 * class is known by the table below, or else its objects count alone. A subclass of a collection in
 * the table counts as that and its own fields, unless it has its own way to be walked through.
 */
final class HeapShape {
  private static final HeapLayout LAYOUT = HeapLayout.HERE;

  private static final List<Class<?>> SHARED_TYPES =
      List.of(
          Enum.class,
          Boolean.class,
          Class.class,
          AccessibleObject.class,
          Module.class,
          ClassLoader.class,
          Thread.class,
          ThreadGroup.class,
          Locale.class,
          ZoneId.class,
          Charset.class,
          Currency.class,
          Collections.emptyList().getClass(),
          Collections.emptySet().getClass(),
          Collections.emptyMap().getClass());

  private static final Set<Class<?>> NUMBERS =
      Set.of(Byte.class, Character.class, Short.class, Integer.class, Long.class);

  /** The numbers from its negative up to below it are boxed once for all. */
  private static final int BOXED_ONCE = 128;

  /** A view of a map's keys or entries, which it keeps once somebody has asked for it. */
  private static final long VIEW = LAYOUT.object(1, 0);

  private static final ClassValue<Long> ALONE =
      new ClassValue<>() {
        @Override
        protected Long computeValue(Class<?> type) {
          return (long) LAYOUT.object(type);
        }
      };

  private static final ClassValue<HeapShape> SHAPES =
      new ClassValue<>() {
        @Override
        protected HeapShape computeValue(Class<?> type) {
          return find(type);
        }
      };

  /** What belongs to no entry alone. */
  static final HeapShape SHARED = new HeapShape(0, null, new Field[0], null);

  // spotless:off
  private static final Map<Class<?>, Known> TABLE = table(
      // that and what is said here is all
      whole(String.class,        s -> HeapSizes.characters(s, s.length())),
      whole(StringBuilder.class, s -> HeapSizes.characters(s, s.capacity())),
      whole(StringBuffer.class,  s -> HeapSizes.characters(s, s.capacity())),
      whole(BigInteger.class,    n -> magnitude(n)),
      whole(BigDecimal.class,    n -> unscaled(n)),
      whole(BitSet.class,        b -> LAYOUT.array(long.class, b.size() / Long.SIZE)),
      whole(URI.class,           u -> uri(u)),
      whole(OffsetTime.class,    t -> ALONE.get(LocalTime.class)),
      whole(LocalDateTime.class, t -> ALONE.get(LocalDate.class) + ALONE.get(LocalTime.class)),
      whole(OffsetDateTime.class, t -> HeapSizes.size(LocalDateTime.MIN)),
      whole(ZonedDateTime.class, t -> HeapSizes.size(LocalDateTime.MIN)),

      // and these objects

      has(Optional.class,                         o -> Collections.singletonList(((Optional<?>) o).orElse(null))),
      has(AtomicReference.class,                  o -> Collections.singletonList(((AtomicReference<?>) o).get())),
      has(AbstractMap.SimpleEntry.class,          HeapShape::keyAndValue),
      has(AbstractMap.SimpleImmutableEntry.class, HeapShape::keyAndValue),
      has(Map.entry(1, 1).getClass(),             HeapShape::keyAndValue),

      list(ArrayList.class,                       HeapShape::arrayList),
      list(Vector.class,                          n -> grown(n, 10, 1)),
      list(Stack.class,                           n -> grown(n, 10, 1)),
      list(CopyOnWriteArrayList.class,            HeapShape::arrayBesideLock),
      list(Arrays.asList(1).getClass(),           n -> LAYOUT.references(n)),
      list(List.of(1).getClass(),                 n -> 0),
      list(List.of(1, 2, 3).getClass(),           n -> LAYOUT.references(n)),
      list(Collections.singletonList(1).getClass(), n -> 0),
      list(Collections.unmodifiableList(new ArrayList<>()).getClass(), holding(ArrayList.class, HeapShape::arrayList)),

      collection(LinkedList.class,                HeapShape::linkedList),
      collection(ArrayDeque.class,                n -> grown(n + 1, 17, 1)),
      collection(PriorityQueue.class,             n -> grown(n, 11, 1)),
      collection(ConcurrentLinkedQueue.class,     n -> (n + 1) * node(2, 0)),
      collection(ConcurrentLinkedDeque.class,     n -> (n + 1) * node(3, 0)),
      collection(HashSet.class,                   holding(HashMap.class, HeapShape::hashMap)),
      collection(LinkedHashSet.class,             holding(LinkedHashMap.class, HeapShape::linkedHashMap)),
      collection(TreeSet.class,                   holding(TreeMap.class, HeapShape::treeMap)),
      collection(ConcurrentHashMap.newKeySet().getClass(), holding(ConcurrentHashMap.class, HeapShape::hashMap)),
      collection(Collections.newSetFromMap(new HashMap<>()).getClass(), holding(HashMap.class, HeapShape::hashMap)),
      collection(ConcurrentSkipListSet.class,     holding(ConcurrentSkipListMap.class, HeapShape::skipListMap)),
      collection(CopyOnWriteArraySet.class,       holding(CopyOnWriteArrayList.class, HeapShape::arrayBesideLock)),
      collection(Set.of(1).getClass(),            n -> 0),
      collection(Set.of(1, 2, 3).getClass(),      n -> LAYOUT.references(2L * n)),
      collection(Collections.singleton(1).getClass(), n -> 0),
      collection(Collections.unmodifiableSet(Set.of()).getClass(), n -> ALONE.get(HashSet.class) + holding(HashMap.class, HeapShape::hashMap).applyAsLong(n)),
      collection(Collections.unmodifiableCollection(Set.of()).getClass(), holding(ArrayList.class, HeapShape::arrayList)),

      map(HashMap.class,                          HeapShape::hashMap),
      map(LinkedHashMap.class,                    HeapShape::linkedHashMap),
      map(ConcurrentHashMap.class,                HeapShape::hashMap),
      map(Hashtable.class,                        n -> grown(n * 4 / 3, 11, 1) + n * node(3, Integer.BYTES)),
      map(TreeMap.class,                          HeapShape::treeMap),
      map(ConcurrentSkipListMap.class,            HeapShape::skipListMap),
      map(EnumMap.class,                          n -> LAYOUT.references(n)),
      map(IdentityHashMap.class,                  HeapShape::identityHashMap),
      map(Properties.class,                       holding(ConcurrentHashMap.class, HeapShape::hashMap)),
      map(Map.of(1, 1).getClass(),                n -> 0),
      map(Map.of(1, 1, 2, 2).getClass(),          n -> LAYOUT.references(4L * n)),
      map(Collections.singletonMap(1, 1).getClass(), n -> 0),
      map(Collections.unmodifiableMap(Map.of()).getClass(), holding(HashMap.class, HeapShape::hashMap)));
  // spotless:on

  private final long alone;
  private final @Nullable ToLongFunction<Object> own;
  private final Field[] fields;
  private final @Nullable Function<Object, Parts> contents;

  private HeapShape(
      long alone,
      @Nullable ToLongFunction<Object> own,
      Field[] fields,
      @Nullable Function<Object, Parts> contents) {
    this.alone = alone;
    this.own = own;
    this.fields = fields;
    this.contents = contents;
  }

  static HeapShape of(Object object) {
    return SHAPES.get(object.getClass());
  }

  /** The bytes of an object, with the arrays and nodes that are its own. */
  long size(Object object) {
    try {
      return own == null ? alone : alone + own.applyAsLong(object);
    } catch (RuntimeException
        | StackOverflowError e) { // somebody changes it, or what it wraps fails
      return alone;
    }
  }

  /** Whether that is all of it: it refers to nothing else that counts. */
  boolean isWhole() {
    return contents == null && fields.length == 0;
  }

  /** What else belongs to it. */
  Parts parts(Object object) {
    Parts inside = inside(object);
    if (fields.length == 0) {
      return inside;
    }
    return new Parts(
        contents == null ? 0 : fields.length + inside.count(),
        new Iterator<@Nullable Object>() {
          private int at;

          @Override
          public boolean hasNext() {
            return at < fields.length || inside.each().hasNext();
          }

          @Override
          public @Nullable Object next() {
            return at < fields.length ? read(fields[at++], object) : inside.each().next();
          }
        });
  }

  private Parts inside(Object object) {
    try {
      return contents == null ? Parts.NONE : contents.apply(object);
    } catch (RuntimeException | StackOverflowError e) { // as above
      return Parts.NONE;
    }
  }

  private static @Nullable Object read(Field field, Object object) {
    try {
      return field.get(object);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e); // it was opened
    }
  }

  /** Objects that belong to one, or some of many, and then how many there are in all. */
  record Parts(long count, Iterator<? extends @Nullable Object> each) {
    static final Parts NONE = new Parts(0, Collections.emptyIterator());
  }

  // ------------------------------------------------------------------------- finding out, once

  private static HeapShape find(Class<?> type) {
    if (type.isArray()) {
      return array(type.getComponentType());
    }
    if (type.isHidden() || SHARED_TYPES.stream().anyMatch(s -> s.isAssignableFrom(type))) {
      return SHARED; // a hidden one is a lambda's
    }
    if (NUMBERS.contains(type)) {
      long alone = ALONE.get(type);
      return new HeapShape(0, n -> isBoxedOnce(n) ? 0 : alone, new Field[0], null);
    }
    List<Field> fields = new ArrayList<>();
    Class<?> c = type;
    try {
      for (; c != null; c = c.getSuperclass()) {
        Known known = TABLE.get(c);
        if (known != null && known.describes(type)) {
          return new HeapShape(
              ALONE.get(type), known.own, fields.toArray(Field[]::new), known.contents);
        }
        for (Field field : c.getDeclaredFields()) {
          if (!Modifier.isStatic(field.getModifiers())
              && !field.getType().isPrimitive()
              && field.trySetAccessible()) {
            fields.add(field);
          }
        }
      }
      return new HeapShape(ALONE.get(type), null, fields.toArray(Field[]::new), null);
    } catch (LinkageError e) { // the class of a field or method is missing: none can be read
      return new HeapShape(LAYOUT.object(2, 0), null, new Field[0], null);
    }
  }

  private static HeapShape array(Class<?> element) {
    return element.isPrimitive()
        ? new HeapShape(0, a -> LAYOUT.array(element, Array.getLength(a)), new Field[0], null)
        : new HeapShape(
            0,
            a -> LAYOUT.references(((Object[]) a).length),
            new Field[0],
            a -> indexed(((Object[]) a).length, i -> ((Object[]) a)[i]));
  }

  private static boolean isBoxedOnce(Object number) {
    long n = number instanceof Character c ? c : ((Number) number).longValue();
    return n >= -BOXED_ONCE && n < BOXED_ONCE;
  }

  // -------------------------------------------------------------------- the words of the table

  /**
   * What is known of a class.
   *
   * @param asked the methods by which it tells of what it has
   */
  private record Known(
      Class<?> type,
      List<String> asked,
      @Nullable ToLongFunction<Object> own,
      @Nullable Function<Object, Parts> contents) {

    /** Whether it holds for a subclass: it must be asked by the same methods. */
    boolean describes(Class<?> subclass) {
      return subclass == type
          || !asked.isEmpty() && asked.stream().allMatch(m -> inherits(subclass, m));
    }

    private boolean inherits(Class<?> subclass, String method) {
      for (Class<?> c = subclass; c != type; c = c.getSuperclass()) {
        if (Stream.of(c.getDeclaredMethods()).anyMatch(m -> m.getName().equals(method))) {
          return false;
        }
      }
      return true;
    }
  }

  private static Map<Class<?>, Known> table(Known... known) {
    return Stream.of(known).collect(toUnmodifiableMap(Known::type, k -> k));
  }

  @SuppressWarnings("unchecked")
  private static <T> Known whole(Class<T> type, ToLongFunction<T> own) {
    return new Known(type, List.of(), (ToLongFunction<Object>) own, null);
  }

  private static Known has(
      Class<?> type, Function<Object, List<? extends @Nullable Object>> parts) {
    return new Known(
        type,
        List.of(),
        null,
        o -> {
          List<? extends @Nullable Object> all = parts.apply(o);
          return new Parts(all.size(), all.iterator());
        });
  }

  private static List<@Nullable Object> keyAndValue(Object entry) {
    Map.Entry<?, ?> pair = (Map.Entry<?, ?>) entry;
    return Arrays.asList(pair.getKey(), pair.getValue());
  }

  private static Known list(Class<?> type, IntToLongFunction own) {
    return new Known(
        type,
        List.of("size", "get"),
        o -> own.applyAsLong(((List<?>) o).size()),
        o -> indexed(((List<?>) o).size(), i -> ((List<?>) o).get(i)));
  }

  private static Known collection(Class<?> type, IntToLongFunction own) {
    return new Known(
        type,
        List.of("size", "iterator"),
        o -> own.applyAsLong(((Collection<?>) o).size()),
        o -> new Parts(((Collection<?>) o).size(), ((Collection<?>) o).iterator()));
  }

  private static Known map(Class<?> type, IntToLongFunction own) {
    return new Known(
        type,
        List.of("size", "entrySet"),
        o -> own.applyAsLong(((Map<?, ?>) o).size()),
        o -> keysAndValues((Map<?, ?>) o));
  }

  private static Parts keysAndValues(Map<?, ?> map) {
    Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator();
    return new Parts(
        2L * map.size(),
        new Iterator<@Nullable Object>() {
          private Map.@Nullable Entry<?, ?> entry; // whose key was given

          @Override
          public boolean hasNext() {
            return entry != null || entries.hasNext();
          }

          @Override
          public @Nullable Object next() {
            Map.Entry<?, ?> before = entry;
            entry = before == null ? entries.next() : null;
            return before == null ? Objects.requireNonNull(entry).getKey() : before.getValue();
          }
        });
  }

  /** Elements at 0, 1, 2…; where there are many, some at equal distances. */
  private static Parts indexed(int length, IntFunction<@Nullable Object> elements) {
    int looks = Math.min(length, HeapWalk.MOST_ELEMENTS);
    return new Parts(
        length,
        new Iterator<@Nullable Object>() {
          private int at;

          @Override
          public boolean hasNext() {
            return at < looks;
          }

          @Override
          public @Nullable Object next() {
            return elements.apply((int) ((long) at++ * length / looks));
          }
        });
  }

  /** What has no more of its own than a collection that it holds. */
  private static IntToLongFunction holding(Class<?> type, IntToLongFunction own) {
    return n -> ALONE.get(type) + own.applyAsLong(n);
  }

  private static long arrayList(int size) {
    return size == 0 ? 0 : grown(size, 10, 0.5);
  }

  private static long linkedList(int size) {
    return size * node(3, 0);
  }

  private static long hashMap(int size) {
    return VIEW + buckets(size) + size * node(3, Integer.BYTES);
  }

  private static long linkedHashMap(int size) {
    return VIEW + buckets(size) + size * node(5, Integer.BYTES);
  }

  private static long treeMap(int size) {
    return VIEW + size * node(5, 1);
  }

  private static long skipListMap(int size) {
    return size * (node(3, 0) + node(3, 0) / 2);
  }

  private static long arrayBesideLock(int size) {
    return LAYOUT.references(size) + LAYOUT.object(0, 0);
  }

  /** One array has keys and values in turns, and room for half as many again. */
  private static long identityHashMap(int size) {
    long length = 32;
    while (length * 2 / 3 < size) {
      length *= 2;
    }
    return VIEW + LAYOUT.references(2 * length);
  }

  /** A node of a linked structure. */
  private static long node(int references, int bytes) {
    return LAYOUT.object(references, bytes);
  }

  /** An array that has grown with what is in it, each time by this part of its length. */
  private static long grown(int size, int first, double growth) {
    long length = first;
    while (length < size) {
      length += (long) (length * growth);
    }
    return LAYOUT.references(length);
  }

  /** The array of a table of hashes that is three quarters full at most. */
  private static long buckets(int size) {
    long length = 16;
    while (length * 3 / 4 < size) {
      length *= 2;
    }
    return size == 0 ? 0 : LAYOUT.references(length);
  }

  /** Most have seven parts, which it keeps as texts of their own. */
  private static long uri(URI uri) {
    return HeapSizes.string(uri.toString()) + uri.toString().length() + 7 * HeapSizes.string("");
  }

  private static long magnitude(BigInteger n) {
    return LAYOUT.array(int.class, (n.abs().bitLength() + Integer.SIZE - 1) / Integer.SIZE);
  }

  /** One of up to 18 digits has no number beside it. */
  private static long unscaled(BigDecimal n) {
    return n.precision() <= 18 ? 0 : ALONE.get(BigInteger.class) + magnitude(n.unscaledValue());
  }
}
