package dev.larder.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@SuppressWarnings("serial")
class CopierClassLoaderTest {

  private final ClassLoader child = new ChildFirstLoader();
  private final Copier copier = new Copier(child);

  @Test
  void aCopyIsOfTheClassThatTheLoaderKnows() throws Exception {
    for (Object value :
        new Object[] {
          new Point(3), new ReadPoint(4), new RecordPoint(5), Side.LEFT, new Point[] {new Point(6)}
        }) {
      Object copy = copier.copy(value);

      Class<?> expected = Class.forName(value.getClass().getName(), false, child);
      assertThat(copy.getClass()).isEqualTo(expected).isNotEqualTo(value.getClass());
      if (!value.getClass().isArray()) {
        assertThat(copy).hasToString(value.toString());
      }
    }
  }

  @Test
  void aValueInACollectionIsOfTheClassThatTheLoaderKnows() throws Exception {
    List<Object> copy = copier.copy(new ArrayList<>(List.of("a", new Point(3))));

    assertThat(copy.get(1).getClass()).isEqualTo(child.loadClass(Point.class.getName()));
  }

  @Test
  void valuesOfTheLoadersOwnClassesAreCopiedTheFastWay() throws Exception {
    Object point = child.loadClass(Point.class.getName()).getConstructor(int.class).newInstance(3);

    assertThat(copier.copyPlain(point)).isNotNull().hasToString("3");
    assertThat(copier.copyPlain(new Point(3))).isNull();
  }

  @Test
  void aProxyIsOfTheInterfacesThatTheLoaderKnows() throws Exception {
    Object proxy =
        Proxy.newProxyInstance(
            Greeter.class.getClassLoader(), new Class<?>[] {Greeter.class}, new Greeting());

    Object copy = copier.copy(proxy);

    assertThat(copy.getClass().getInterfaces())
        .containsExactly(child.loadClass(Greeter.class.getName()));
  }

  @Test
  void aClassUnknownToTheLoaderIsNamed() {
    Copier ofThePlatform = new Copier(ClassLoader.getPlatformClassLoader());

    assertThatThrownBy(() -> ofThePlatform.copy(new ArrayList<>(List.of(new Point(1)))))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("a java.util.ArrayList cannot be stored by value")
        .hasMessageContaining(Point.class.getName() + " is not visible to")
        .hasMessageContaining("PlatformClassLoader");
  }

  @Test
  void theContextLoaderOfTheThreadIsNotAsked() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(child);
    try {
      Copier own = new Copier(CopierClassLoaderTest.class.getClassLoader());

      assertThat(own.copy(new ReadPoint(1))).isInstanceOf(ReadPoint.class);
      assertThat(own.copy(new Point(1))).isInstanceOf(Point.class);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  @Test
  void theBootstrapLoaderWillDo() {
    assertThat(new Copier(null).copy(new ArrayList<>(List.of("a")))).containsExactly("a");
  }

  /** A collection of garbage is asked for, not waited for: each turn of the loop is one. */
  @Test
  void aCopierThatIsGoneLetsItsLoaderGo() {
    WeakReference<ClassLoader> loader = useAndDrop();

    for (int i = 0; i < 20 && loader.get() != null; i++) {
      System.gc();
    }

    assertThat(loader.get()).isNull();
  }

  private static WeakReference<ClassLoader> useAndDrop() {
    ClassLoader loader = new ChildFirstLoader();
    Copier copier = new Copier(loader);
    copier.copy(new ArrayList<>(List.of(new Point(1), new String[] {"a"}, new Object[] {1})));
    copier.copy(new Object[] {new ReadPoint(1), Side.LEFT});
    return new WeakReference<>(loader);
  }

  public static final class Point implements Serializable {
    private final int x;

    public Point(int x) {
      this.x = x;
    }

    @Override
    public String toString() {
      return "" + x;
    }
  }

  static final class ReadPoint implements Serializable {
    private final int x;

    ReadPoint(int x) {
      this.x = x;
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
    }

    @Override
    public String toString() {
      return "" + x;
    }
  }

  record RecordPoint(int x) implements Serializable {}

  enum Side {
    LEFT
  }

  interface Greeter {
    String greet();
  }

  static final class Greeting implements InvocationHandler, Serializable {
    @Override
    public Object invoke(Object proxy, Method method, Object[] args) {
      return "hello";
    }
  }

  /** Has classes of its own for the ones nested here. */
  private static final class ChildFirstLoader extends ClassLoader {

    ChildFirstLoader() {
      super(CopierClassLoaderTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(CopierClassLoaderTest.class.getName())) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        if (loaded != null) {
          return loaded;
        }
        try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
          byte[] bytes = in.readAllBytes();
          return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
