package dev.larder.codec;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.io.Serializable;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One copy by writing an object with Java serialization and reading it back with the classes of a
 * given loader, whoever is on the stack or in the thread.
 *
 * <p>What a {@link Copier} shares although it is not serializable (a record of two numbers) passes
 * the stream as its number in a list, so that it depends on nothing else in the graph whether such
 * an object is accepted.
 */
final class SerialCopy {

  /** {@code Class.forName} does not know these names. */
  private static final Map<String, Class<?>> PRIMITIVES =
      Map.of(
          "boolean", boolean.class,
          "byte", byte.class,
          "char", char.class,
          "short", short.class,
          "int", int.class,
          "long", long.class,
          "float", float.class,
          "double", double.class,
          "void", void.class);

  private final Copier copier;
  private final @Nullable ClassLoader loader;
  private final List<Object> passed = new ArrayList<>();

  SerialCopy(Copier copier, @Nullable ClassLoader loader) {
    this.copier = copier;
    this.loader = loader;
  }

  Object of(Object value) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (Output out = new Output(bytes)) {
      out.writeObject(value);
    }
    try (Input in = new Input(bytes.toByteArray())) {
      return in.readObject();
    }
  }

  /** Stands in the stream for an object that was put aside. */
  private record Passed(int index) implements Serializable {}

  private final class Output extends ObjectOutputStream {

    Output(OutputStream out) throws IOException {
      super(out);
      enableReplaceObject(true);
    }

    @Override
    protected @Nullable Object replaceObject(@Nullable Object object) {
      if (object == null || object instanceof Serializable || !copier.isShared(object)) {
        return object;
      }
      passed.add(object);
      return new Passed(passed.size() - 1);
    }
  }

  private final class Input extends ObjectInputStream {

    Input(byte[] bytes) throws IOException {
      super(new ByteArrayInputStream(bytes));
      enableResolveObject(true);
    }

    @Override
    protected @Nullable Object resolveObject(@Nullable Object object) {
      return object instanceof Passed reference ? passed.get(reference.index) : object;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      String name = description.getName();
      if (name.equals(Passed.class.getName())) {
        return Passed.class; // the loader need not know Larder
      }
      Class<?> primitive = PRIMITIVES.get(name);
      return primitive != null ? primitive : Class.forName(name, false, loader);
    }

    @Override
    protected Class<?> resolveProxyClass(String[] names) throws ClassNotFoundException {
      ClassLoader definer = loader;
      Class<?>[] interfaces = new Class<?>[names.length];
      for (int i = 0; i < names.length; i++) {
        interfaces[i] = Class.forName(names[i], false, loader);
        if (!Modifier.isPublic(interfaces[i].getModifiers())) {
          definer = interfaces[i].getClassLoader(); // a proxy of it lives in its package
        }
      }
      try {
        return Proxy.newProxyInstance(definer, interfaces, (proxy, method, args) -> null)
            .getClass();
      } catch (IllegalArgumentException e) {
        throw new ClassNotFoundException("the proxy of " + String.join(", ", names), e);
      }
    }
  }
}
