package dev.larder.codec;

import java.io.Externalizable;
import java.io.Serializable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies the instances of a <i>plain</i> class field by field, with the result that serialization
 * would have ("Java Object Serialization Specification", 3.1 and 2.1), some ten times faster.
 *
 * <p>A class is plain if it is serializable, has no say in how it is serialized (no {@code
 * writeObject}, {@code readResolve}, … in its hierarchy) and lets its fields be reached. Then
 *
 * <ul>
 *   <li>no constructor of a serializable class runs, only the no-argument one of the first
 *       superclass that is not serializable, whose fields are not copied;
 *   <li>transient fields get their default value, not their initial one;
 *   <li>every other field, final or not, gets the copy of its value.
 * </ul>
 */
final class PlainClassPlan implements Plan {

  /** Methods by which a class takes part in its serialization, whatever their signature. */
  private static final Set<String> HOOKS =
      Set.of("writeObject", "readObject", "readObjectNoData", "writeReplace", "readResolve");

  /**
   * From JDK 26 on, setting a final field by reflection prints a warning, and later fails, unless
   * the application allows it (JEP 500). Serialization may go on doing it.
   */
  private static final boolean MAY_SET_FINAL_FIELDS = Runtime.version().feature() < 26;

  /** {@code Constructor newConstructorForSerialization(Class)}, or null if this JDK has none. */
  private static final @Nullable MethodHandle SERIAL_CONSTRUCTOR = findSerialConstructor();

  private final Constructor<?> constructor;
  private final Field[] references;
  private final Field[] primitivesAndImmutables;

  private PlainClassPlan(Constructor<?> constructor, List<Field> fields) {
    this.constructor = constructor;
    this.references = select(fields, false);
    this.primitivesAndImmutables = select(fields, true);
  }

  static Plan of(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type)
        || Externalizable.class.isAssignableFrom(type)
        || Proxy.isProxyClass(type)
        || hasHooks(type)) {
      return SERIALIZE;
    }
    List<Field> fields = new ArrayList<>();
    for (Class<?> c = type; Serializable.class.isAssignableFrom(c); c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        int modifiers = field.getModifiers();
        if (Modifier.isStatic(modifiers)) {
          if (field.getName().equals("serialPersistentFields")) {
            return SERIALIZE;
          }
        } else if (!Modifier.isTransient(modifiers)) {
          if ((Modifier.isFinal(modifiers) && !MAY_SET_FINAL_FIELDS) || !field.trySetAccessible()) {
            return SERIALIZE;
          }
          fields.add(field);
        }
      }
    }
    Constructor<?> constructor = serialConstructor(type);
    return constructor == null ? SERIALIZE : new PlainClassPlan(constructor, fields);
  }

  /** Errs on the safe side: a method of that name which serialization would not call counts too. */
  static boolean hasHooks(Class<?> type) {
    for (Class<?> c = type; c != null; c = c.getSuperclass()) {
      for (Method method : c.getDeclaredMethods()) {
        if (HOOKS.contains(method.getName())) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public Object copy(Object original, Graph graph) {
    try {
      Object copy = constructor.newInstance();
      graph.add(original, copy);
      for (Field field : primitivesAndImmutables) {
        field.set(copy, field.get(original));
      }
      for (Field field : references) {
        Object value = field.get(original);
        if (value != null) {
          field.set(copy, graph.copy(value));
        }
      }
      return copy;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e); // the constructor failed: serialization will say so
    }
  }

  private static Field[] select(List<Field> fields, boolean immutable) {
    return fields.stream()
        .filter(field -> Immutables.isImmutableType(field.getType()) == immutable)
        .toArray(Field[]::new);
  }

  private static @Nullable Constructor<?> serialConstructor(Class<?> type) {
    if (SERIAL_CONSTRUCTOR == null) {
      return null;
    }
    try {
      return (Constructor<?>) SERIAL_CONSTRUCTOR.invoke(type);
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      return null;
    }
  }

  /** By name, since this package of {@code jdk.unsupported} may be missing from a runtime image. */
  private static @Nullable MethodHandle findSerialConstructor() {
    try {
      Class<?> type = Class.forName("sun.reflect.ReflectionFactory");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      MethodHandle instance =
          lookup.findStatic(type, "getReflectionFactory", MethodType.methodType(type));
      return lookup
          .findVirtual(
              type,
              "newConstructorForSerialization",
              MethodType.methodType(Constructor.class, Class.class))
          .bindTo(instance.invoke());
    } catch (Error e) {
      throw e;
    } catch (Throwable e) {
      return null;
    }
  }
}
