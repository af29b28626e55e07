package dev.larder.codec;

import dev.larder.CodecException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.Status;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.io.Serializable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The classes whose objects one cache's keys or values may be made of on disk: who can write to the
 * file must not choose which code runs.
 *
 * <p>These are
 *
 * <ul>
 *   <li>the immutable values of the JDK: boxed numbers, {@code java.time}, {@code UUID}, {@code
 *       BigDecimal}, {@code URI}, …; arrays and strings are judged by what is in them;
 *   <li>the declared type and its <i>parts</i>: superclasses, the types of its fields with their
 *       type arguments, what a sealed type permits, and so on. A collection that is declared by an
 *       interface may be any of the usual ones of the JDK. A class that writes another one in its
 *       place ({@code writeReplace}) usually has it nested in itself, so its nested classes are
 *       parts, too. Subclasses of other parts are not: nobody knows them all;
 *   <li>what the user's patterns allow. What they refuse ({@code !com.acme.Old}) is refused, even
 *       if it is a part.
 * </ul>
 *
 * <p>The same is asked when an object is written and when one is read, so that nothing is saved
 * that could not be loaded. What the list cannot prevent: an allowed class does in its {@code
 * readObject}, {@code hashCode} or {@code compareTo} whatever it does, and that may take long (sets
 * nested in each other).
 */
final class AllowedClasses {

  /** Immutable values, what they are in a stream, and what has no content of its own. */
  private static final Set<String> ALWAYS = new HashSet<>();

  /**
   * Serializable collections of the JDK, each with the classes that it needs in a stream besides.
   */
  // spotless:off
  private static final String[][] COLLECTIONS = {
      {"java.util.ArrayList"}, {"java.util.LinkedList"}, {"java.util.Vector"}, {"java.util.ArrayDeque"},
      {"java.util.Arrays$ArrayList"},
      {"java.util.ImmutableCollections$ListN", "java.util.CollSer"},
      {"java.util.ImmutableCollections$SetN", "java.util.CollSer"},
      {"java.util.ImmutableCollections$MapN", "java.util.CollSer"},
      {"java.util.HashSet"}, {"java.util.LinkedHashSet"},
      {"java.util.TreeSet", "java.util.Collections$ReverseComparator", "java.lang.String$CaseInsensitiveComparator"},
      {"java.util.PriorityQueue", "java.util.Collections$ReverseComparator", "java.lang.String$CaseInsensitiveComparator"},
      {"java.util.HashMap"}, {"java.util.LinkedHashMap"},
      {"java.util.TreeMap", "java.util.Collections$ReverseComparator", "java.lang.String$CaseInsensitiveComparator"},
      {"java.util.EnumMap"},
      {"java.util.RegularEnumSet", "java.util.EnumSet$SerializationProxy", "java.util.EnumSet"},
      {"java.util.concurrent.CopyOnWriteArrayList"}, {"java.util.concurrent.CopyOnWriteArraySet", "java.util.concurrent.CopyOnWriteArrayList"},
      {"java.util.concurrent.ConcurrentLinkedQueue"}, {"java.util.concurrent.ConcurrentLinkedDeque"},
      {"java.util.concurrent.ConcurrentSkipListMap"}, {"java.util.concurrent.ConcurrentSkipListSet", "java.util.concurrent.ConcurrentSkipListMap"},
      {"java.util.concurrent.ConcurrentHashMap", "java.util.concurrent.ConcurrentHashMap$Segment",
          "java.util.concurrent.locks.ReentrantLock$NonfairSync"},
      {"java.util.Collections$EmptyList"}, {"java.util.Collections$EmptySet"}, {"java.util.Collections$EmptyMap"},
      {"java.util.Collections$SingletonList"}, {"java.util.Collections$SingletonSet"}, {"java.util.Collections$SingletonMap"},
      {"java.util.Collections$UnmodifiableCollection"}, {"java.util.Collections$UnmodifiableList"},
      {"java.util.Collections$UnmodifiableRandomAccessList"}, {"java.util.Collections$UnmodifiableSet"},
      {"java.util.Collections$UnmodifiableSortedSet"}, {"java.util.Collections$UnmodifiableNavigableSet"},
      {"java.util.Collections$UnmodifiableMap"}, {"java.util.Collections$UnmodifiableSortedMap"},
      {"java.util.Collections$UnmodifiableNavigableMap"},
      {"java.util.Collections$SynchronizedCollection"}, {"java.util.Collections$SynchronizedList"},
      {"java.util.Collections$SynchronizedRandomAccessList"}, {"java.util.Collections$SynchronizedSet"},
      {"java.util.Collections$SynchronizedMap"}};
  // spotless:on

  static {
    for (Class<?> type : Immutables.harmless()) {
      ALWAYS.add(type.getName());
    }
    ALWAYS.addAll(
        List.of(
            "java.time.Ser", // all of java.time is this in a stream
            "java.time.ZoneRegion",
            "java.lang.Object",
            "java.lang.Number",
            "java.lang.Enum",
            "java.lang.Comparable", // what arrays are of; as such there are no objects of them
            "java.io.Serializable",
            "org.springframework.cache.interceptor.SimpleKey", // Spring's caches are untyped
            "org.springframework.cache.support.NullValue",
            Proxy.class.getName())); // of allowed interfaces, with an allowed handler
  }

  private final WeakLoader loader;
  private final @Nullable ObjectInputFilter patterns;
  private final Set<String> parts = new HashSet<>(ALWAYS);

  /** Why the objects of a class are refused; empty if they are not. */
  private final ClassValue<String> refusals =
      new ClassValue<>() {
        @Override
        protected String computeValue(Class<?> type) {
          return refusal(type);
        }
      };

  /**
   * @param declared the type of the keys or values
   * @param patterns in the syntax of {@code jdk.serialFilter}
   */
  AllowedClasses(Class<?> declared, List<String> patterns, WeakLoader loader) {
    this.loader = loader;
    this.patterns =
        patterns.isEmpty()
            ? null
            : ObjectInputFilter.Config.createFilter(String.join(";", patterns));
    new Parts(parts).add(declared);
  }

  /**
   * Refuses a class whose objects may not be written or read, or could not be read again.
   *
   * @throws CodecException in that case; it says how to allow it
   */
  void require(Class<?> type) {
    String refusal = refusals.get(type);
    if (!refusal.isEmpty()) {
      throw new CodecException(refusal);
    }
  }

  private String refusal(Class<?> type) {
    Class<?> element = element(type);
    if (!element.isPrimitive() && !allows(element)) {
      return "class "
          + element.getName()
          + " is not allowed; LarderConfiguration.Builder.allow(\""
          + element.getName()
          + "\") would allow it";
    }
    try {
      if (Proxy.isProxyClass(element)
          || LoaderInput.find(element.getName(), loader.get()) == element) {
        return "";
      }
    } catch (ClassNotFoundException | LinkageError e) {
      // as if there were another one
    }
    return "class "
        + element.getName()
        + " is not the one that the cache manager's class loader "
        + loader
        + " has under this name";
  }

  private boolean allows(Class<?> type) {
    Status said = patterns == null ? Status.UNDECIDED : patterns.checkInput(new Asked(type));
    return said == Status.ALLOWED || said == Status.UNDECIDED && parts.contains(type.getName());
  }

  private static Class<?> element(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    return element;
  }

  /** The question for a class alone. */
  private record Asked(Class<?> serialClass) implements ObjectInputFilter.FilterInfo {
    @Override
    public long arrayLength() {
      return -1;
    }

    @Override
    public long depth() {
      return 1;
    }

    @Override
    public long references() {
      return 1;
    }

    @Override
    public long streamBytes() {
      return 1;
    }
  }

  /** Collects the parts of types. */
  private static final class Parts {
    private final Set<String> names;
    private final Set<Type> seen = new HashSet<>();
    private static final Map<String, Class<?>> JDK = new HashMap<>();

    static {
      for (String[] row : COLLECTIONS) {
        for (String name : row) {
          try {
            JDK.put(name, Class.forName(name, false, null));
          } catch (ClassNotFoundException e) {
            // this JDK has it not: then it is in no stream
          }
        }
      }
    }

    Parts(Set<String> names) {
      this.names = names;
    }

    void add(Type type) {
      if (!seen.add(type)) {
        return;
      }
      if (type instanceof Class<?> plain) {
        addClass(plain);
      } else if (type instanceof ParameterizedType generic) {
        add(generic.getRawType());
        addAll(generic.getActualTypeArguments());
      } else if (type instanceof GenericArrayType array) {
        add(array.getGenericComponentType());
      } else if (type instanceof WildcardType some) {
        addAll(some.getUpperBounds());
        addAll(some.getLowerBounds());
      } else if (type instanceof TypeVariable<?> variable) {
        addAll(variable.getBounds());
      }
    }

    private void addAll(Type[] types) {
      for (Type type : types) {
        add(type);
      }
    }

    private void addClass(Class<?> type) {
      if (type.isArray()) {
        add(type.getComponentType());
        return;
      }
      if (type.isPrimitive() || ALWAYS.contains(type.getName())) {
        return;
      }
      names.add(type.getName());
      if (Iterable.class.isAssignableFrom(type) || Map.class.isAssignableFrom(type)) {
        addCollections(type);
      }
      if (type.isSealed()) {
        addAll(type.getPermittedSubclasses());
      }
      if (Serializable.class.isAssignableFrom(type) && !type.isInterface()) {
        try {
          if (type.getGenericSuperclass() != null) {
            add(type.getGenericSuperclass());
          }
          addFields(type);
          addReplacements(type);
        } catch (LinkageError | TypeNotPresentException e) {
          // It refers to a class that is not there: objects of that one cannot be, either.
        }
      }
    }

    /** The usual collections that are of the type, with their superclasses. */
    private void addCollections(Class<?> type) {
      for (String[] row : COLLECTIONS) {
        Class<?> collection = JDK.get(row[0]);
        if (collection != null && type.isAssignableFrom(collection)) {
          for (String name : row) {
            for (Class<?> c = JDK.get(name); c != null; c = c.getSuperclass()) {
              names.add(c.getName());
            }
          }
        }
      }
    }

    private void addFields(Class<?> type) {
      if (type.isEnum()) {
        return; // a constant is its name
      }
      for (Field field : type.getDeclaredFields()) {
        if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0) {
          add(field.getGenericType());
        }
      }
      ObjectStreamClass description = ObjectStreamClass.lookup(type);
      if (description != null) {
        for (ObjectStreamField field : description.getFields()) { // serialPersistentFields
          add(field.getType());
        }
      }
    }

    private void addReplacements(Class<?> type) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals("writeReplace") && method.getParameterCount() == 0) {
          if (method.getReturnType() != Object.class) {
            add(method.getReturnType());
          }
          for (Class<?> nested : type.getDeclaredClasses()) {
            if (Serializable.class.isAssignableFrom(nested)) {
              add(nested);
            }
          }
        }
      }
    }
  }
}
