package dev.larder.jcache;

import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.cache.CacheException;
import javax.cache.configuration.Factory;
import javax.cache.configuration.FactoryBuilder;

/**
 * Classes that settings name, as the manager's class loader has them. What is wrong with one is the
 * message of an {@code IllegalArgumentException}.
 */
final class NamedClass {
  private static final Map<String, Class<?>> PRIMITIVES =
      Map.of(
          "boolean", boolean.class,
          "byte", byte.class,
          "char", char.class,
          "short", short.class,
          "int", int.class,
          "long", long.class,
          "float", float.class,
          "double", double.class);

  private NamedClass() {}

  /**
   * The type of keys or values: {@code com.acme.User}, {@code byte[]}, or without its package one
   * of {@code java.lang} or {@code UUID}.
   */
  static Class<?> type(String name, ClassLoader loader) {
    if (name.endsWith("[]")) {
      String element = name.substring(0, name.length() - 2).strip();
      Class<?> primitive = PRIMITIVES.get(element);
      return (primitive == null ? type(element, loader) : primitive).arrayType();
    }
    if (PRIMITIVES.containsKey(name)) {
      throw new IllegalArgumentException(
          "expected a class such as Long or com.acme.User, found the primitive type " + name);
    }
    if (name.equals(UUID.class.getSimpleName())) {
      return UUID.class;
    }
    if (name.indexOf('.') < 0) {
      try {
        return Class.forName("java.lang." + name);
      } catch (ClassNotFoundException | LinkageError e) {
        // then it is one without a package
      }
    }
    return load(name, loader);
  }

  private static Class<?> load(String name, ClassLoader loader) {
    try {
      return Class.forName(name, false, loader);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IllegalArgumentException(
          "expected a class, found '" + name + "', which " + loader + " cannot load: " + e, e);
    }
  }

  /**
   * Makes objects of a class, or lets them be made by a {@code Factory} of that name.
   *
   * @param expected what they have to be
   */
  static <T> Factory<T> factory(String name, Class<T> expected, ClassLoader loader) {
    Class<?> type = load(name, loader);
    if (expected.isAssignableFrom(type)) {
      requireConstructor(type);
      return FactoryBuilder.factoryOf(name); // found again in the manager's loader, not kept alive
    }
    if (!Factory.class.isAssignableFrom(type)) {
      throw new IllegalArgumentException(
          "expected a " + expected.getName() + " or a Factory of one, found " + type.getName());
    }
    requireConstructor(type);
    try {
      return new Checked<>((Factory<?>) type.getConstructor().newInstance(), expected);
    } catch (ReflectiveOperationException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new IllegalArgumentException(
          "expected a Factory, its constructor in " + name + " fails: " + reason, e);
    }
  }

  private static void requireConstructor(Class<?> type) {
    boolean has =
        Modifier.isPublic(type.getModifiers())
            && !Modifier.isAbstract(type.getModifiers())
            && List.of(type.getConstructors()).stream().anyMatch(c -> c.getParameterCount() == 0);
    if (!has) {
      throw new IllegalArgumentException(
          "expected a public class with a public constructor without parameters, found "
              + type.getName()
              + " without");
    }
  }

  /** A factory of the user's, which may make anything. */
  private record Checked<T>(Factory<?> factory, Class<T> expected) implements Factory<T> {
    @Override
    public T create() {
      Object made = factory.create();
      if (!expected.isInstance(made)) {
        throw new CacheException(
            "expected a "
                + expected.getName()
                + " of "
                + factory.getClass().getName()
                + ", found "
                + (made == null ? "null" : "a " + made.getClass().getName()));
      }
      return expected.cast(made);
    }
  }
}
