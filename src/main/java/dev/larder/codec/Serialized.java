package dev.larder.codec;

import dev.larder.CodecException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputFilter.FilterInfo;
import java.io.ObjectInputFilter.Status;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.OutputStream;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Objects as Java serialization writes them, of {@linkplain AllowedClasses allowed classes} alone,
 * in both directions.
 *
 * <p>Bytes may be anybody's. So a class is refused by its description, before an object of it is
 * made; an object may not refer to others through more than {@value #MOST_DEPTH} steps; and what
 * all arrays together announce must fit into the bytes that are there, so that no memory is taken
 * for what never comes. Whatever goes wrong nevertheless is a {@code CodecException}. A filter of
 * the whole process ({@code jdk.serialFilter}), and a filter factory, have their say as well.
 */
final class Serialized {

  /** Well within the usual stack of a thread. */
  static final int MOST_DEPTH = 500;

  /** The tables of hash maps are announced, too, and may be emptier than is usual. */
  private static final int TABLE_SLOTS_PER_BYTE = 8;

  private final AllowedClasses allowed;
  private final WeakLoader loader;

  Serialized(AllowedClasses allowed, WeakLoader loader) {
    this.allowed = allowed;
    this.loader = loader;
  }

  /**
   * The bytes of an object, behind others.
   *
   * @throws CodecException if it is not serializable, or if {@link #read} would refuse it
   */
  byte[] write(byte[] prefix, Object value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    bytes.writeBytes(prefix);
    int objects;
    try (Output out = new Output(bytes, value)) {
      out.writeObject(value);
      objects = out.objects;
      if (out.refusal != null) {
        throw out.refusal;
      }
    } catch (CodecException e) {
      throw unwritable(value, String.valueOf(e.getMessage()), e);
    } catch (StackOverflowError e) {
      throw unwritable(value, "it is nested too deeply for the stack of this thread", e);
    } catch (IOException | RuntimeException e) {
      throw unwritable(value, "serialization fails with " + e, e);
    }
    byte[] written = bytes.toByteArray();
    if (objects >= MOST_DEPTH) { // else it cannot be too deep
      read(written, prefix.length);
    }
    return written;
  }

  private static CodecException unwritable(Object value, String reason, Throwable cause) {
    return new CodecException(
        "a " + value.getClass().getTypeName() + " cannot be saved: " + reason, cause);
  }

  /**
   * The object that was written so.
   *
   * @param from where it begins
   * @throws CodecException if it is of, or has to do with, a class that is not allowed; if the
   *     bytes are damaged
   */
  Object read(byte[] bytes, int from) {
    Object value;
    try (Input in = new Input(bytes, from)) {
      value = in.value();
    } catch (CodecException e) {
      throw unreadable(String.valueOf(e.getMessage()), e);
    } catch (ClassNotFoundException e) {
      throw unreadable(
          "class " + e.getMessage() + " is not visible to the cache manager's class loader", e);
    } catch (IOException
        | RuntimeException
        | StackOverflowError
        | OutOfMemoryError
        | AssertionError
        | LinkageError
        | InternalError e) { // of the allowed classes' own methods, too
      throw unreadable(e.toString(), e);
    }
    if (value == null) {
      throw unreadable("it is null", null);
    }
    return value;
  }

  private static CodecException unreadable(String reason, @Nullable Throwable cause) {
    String message = "a serialized object cannot be read: " + reason;
    return cause == null ? new CodecException(message) : new CodecException(message, cause);
  }

  private final class Output extends ObjectOutputStream {
    private final Object root;
    private int objects;
    private @Nullable CodecException refusal;

    Output(OutputStream out, Object root) throws IOException {
      super(out);
      this.root = root;
      enableReplaceObject(true);
    }

    @Override
    protected @Nullable Object replaceObject(@Nullable Object object) {
      if (object != null && !(object instanceof Serializable)) {
        String name = object.getClass().getName();
        throw new CodecException(
            (object == root ? "it" : "it refers to a " + name + ", which")
                + " is not Serializable");
      }
      objects++; // it is asked for each one once
      return object;
    }

    @Override
    protected void annotateClass(Class<?> type) {
      if (refusal != null) {
        return; // of a class that the one below refers to
      }
      try {
        allowed.require(type);
      } catch (CodecException e) {
        if (!IOException.class.isAssignableFrom(type)) {
          throw e;
        }
        // Perhaps no part of the value: the stream gets what it fails with, and then throws it.
        refusal = e;
      }
    }

    @Override
    protected void annotateProxyClass(Class<?> type) {
      List.of(type.getInterfaces()).forEach(allowed::require);
    }
  }

  private final class Input extends LoaderInput implements ObjectInputFilter {
    private long room; // in bytes, for the elements of arrays that are still to come
    private @Nullable CodecException refusal;

    Input(byte[] bytes, int from) throws IOException {
      super(new ByteArrayInputStream(bytes, from, bytes.length - from), loader.get());
      room = (long) bytes.length - from;
      setObjectInputFilter(ObjectInputFilter.merge(this, getObjectInputFilter()));
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      Class<?> type = super.resolveClass(description);
      allowed.require(type);
      return type;
    }

    @Override
    protected Class<?> resolveProxyClass(String[] names) throws ClassNotFoundException {
      for (String name : names) {
        allowed.require(find(name, loader.get()));
      }
      return super.resolveProxyClass(names);
    }

    Object value() throws IOException, ClassNotFoundException {
      try {
        return readObject();
      } catch (InvalidClassException e) {
        if (refusal != null) {
          throw refusal;
        }
        throw e;
      }
    }

    @Override
    public Status checkInput(FilterInfo info) {
      try {
        check(info);
        // Classes were asked for when they were resolved; here come also those that allowed objects
        // turned themselves into.
        return info.serialClass() == null ? Status.UNDECIDED : Status.ALLOWED;
      } catch (CodecException e) {
        refusal = e; // the stream would drop it
        return Status.REJECTED;
      }
    }

    private void check(FilterInfo info) {
      if (info.depth() > MOST_DEPTH) {
        throw new CodecException("it is nested more deeply than " + MOST_DEPTH);
      }
      Class<?> type = info.serialClass();
      long length = info.arrayLength();
      if (type != null && length > 0) {
        boolean table = type == Map.Entry[].class; // announced by a hash map, in no stream
        room -= table ? length / TABLE_SLOTS_PER_BYTE : least(type, length);
        if (room < 0) {
          throw new CodecException("an array of " + length + " is more than its bytes could hold");
        }
      }
    }

    /** The bytes that so many elements have at least. */
    private static long least(Class<?> array, long length) {
      Class<?> element = array.getComponentType();
      if (element == long.class || element == double.class) {
        return length * Long.BYTES;
      }
      if (element == int.class || element == float.class) {
        return length * Integer.BYTES;
      }
      return element == short.class || element == char.class ? length * Short.BYTES : length;
    }
  }
}
