package dev.larder.codec;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads serialized objects with the classes of a given loader, whoever is on the stack. */
class LoaderInput extends ObjectInputStream {

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

  private final @Nullable ClassLoader loader;

  LoaderInput(ByteArrayInputStream bytes, @Nullable ClassLoader loader) throws IOException {
    super(bytes);
    this.loader = loader;
  }

  @Override
  protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
    return find(description.getName(), loader);
  }

  @Override
  protected Class<?> resolveProxyClass(String[] names) throws ClassNotFoundException {
    ClassLoader definer = loader;
    Class<?>[] interfaces = new Class<?>[names.length];
    for (int i = 0; i < names.length; i++) {
      interfaces[i] = find(names[i], loader);
      if (!Modifier.isPublic(interfaces[i].getModifiers())) {
        definer = interfaces[i].getClassLoader(); // a proxy of it lives in its package
      }
    }
    try {
      return Proxy.newProxyInstance(definer, interfaces, (proxy, method, args) -> null).getClass();
    } catch (IllegalArgumentException e) {
      throw new ClassNotFoundException("the proxy of " + String.join(", ", names), e);
    }
  }

  /** The class of that name; none of its code runs. */
  static Class<?> find(String name, @Nullable ClassLoader loader) throws ClassNotFoundException {
    Class<?> primitive = PRIMITIVES.get(name);
    return primitive != null ? primitive : Class.forName(name, false, loader);
  }
}
