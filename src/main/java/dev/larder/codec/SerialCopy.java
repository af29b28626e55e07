package dev.larder.codec;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
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

  private final class Input extends LoaderInput {

    Input(byte[] bytes) throws IOException {
      super(new ByteArrayInputStream(bytes), loader);
      enableResolveObject(true);
    }

    @Override
    protected @Nullable Object resolveObject(@Nullable Object object) {
      return object instanceof Passed reference ? passed.get(reference.index) : object;
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      return description.getName().equals(Passed.class.getName())
          ? Passed.class // the loader need not know Larder
          : super.resolveClass(description);
    }
  }
}
