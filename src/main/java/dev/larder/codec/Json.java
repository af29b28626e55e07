package dev.larder.codec;

import dev.larder.CodecException;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Objects as one line of JSON, written by the Jackson that is there: Jackson 3, else Jackson 2.
 *
 * <p>Larder works without either, and needs not even see the one that it uses: where Larder is
 * shared by several applications, Jackson may be known to their class loaders only. So no class
 * here refers to Jackson; it is looked for by name when the first object is shown, and its few
 * methods are called by reflection.
 *
 * <p>Equal objects give equal bytes, run after run: properties and the keys of maps are sorted,
 * enum constants go by their names, times are ISO 8601 text in their own zone. That leaves the
 * elements of sets, which come as the set has them. (A map whose keys cannot be compared with each
 * other, strings with numbers, is refused.)
 *
 * <p>Writing an object runs its getters, so anything may happen: whatever does becomes a {@link
 * CodecException} of one line.
 *
 * <p>Thread-safe. One for each codec, not one for all: a mapper remembers the classes that it has
 * written, and would keep those of a closed cache from unloading.
 */
final class Json {

  /** No longer text is made: as with other values, not so much that it can exhaust the heap. */
  static final int MAX_LENGTH =
      (int) Math.min(64 << 20, Math.max(1 << 20, Runtime.getRuntime().maxMemory() / 8));

  private static final int MAX_REASON_LENGTH = 200;

  private static final List<String> PACKAGES = List.of("tools.jackson.", "com.fasterxml.jackson.");

  /** Needed by Jackson 2 only, and by it for {@code java.time} and {@code Optional}. */
  private static final List<String> MODULES =
      List.of("datatype.jsr310.JavaTimeModule", "datatype.jdk8.Jdk8Module");

  /** Some moved from one of these to another with Jackson 3, which has more of them. */
  private static final List<String> FEATURES =
      List.of(
          "databind.MapperFeature",
          "databind.SerializationFeature",
          "databind.cfg.DateTimeFeature",
          "databind.cfg.EnumFeature",
          "core.json.JsonWriteFeature");

  /**
   * The two versions, and older ones, differ in their defaults; what one does not have, it does.
   */
  // spotless:off
  private static final Map<String, Boolean> SETTINGS = Map.of(
      "SORT_PROPERTIES_ALPHABETICALLY",        true,
      "SORT_CREATOR_PROPERTIES_FIRST",         false,
      "ORDER_MAP_ENTRIES_BY_KEYS",             true,
      "FAIL_ON_ORDER_MAP_BY_INCOMPARABLE_KEY", false,
      "FAIL_ON_EMPTY_BEANS",                   false,
      "WRITE_DATES_AS_TIMESTAMPS",             false,
      "WRITE_DURATIONS_AS_TIMESTAMPS",         false,
      "WRITE_DATES_WITH_ZONE_ID",              true,
      "WRITE_ENUMS_USING_TO_STRING",           false,
      "COMBINE_UNICODE_SURROGATES_IN_UTF8",    true);
  // spotless:on

  private final @Nullable ClassLoader loader;
  private volatile @Nullable Jackson jackson;

  /**
   * @param loader the cache manager's, which is asked for Jackson after Larder's own
   */
  Json(@Nullable ClassLoader loader) {
    this.loader = loader;
  }

  /**
   * The object as JSON in UTF-8.
   *
   * @throws CodecException if there is no Jackson, or it cannot write the object
   */
  byte[] toBytes(Object value) {
    Jackson found = jackson();
    Method write = found.method;
    if (write == null) {
      throw new CodecException(
          "the value is a "
              + value.getClass().getTypeName()
              + ", which has no text: put Jackson 2 or 3 on the class path to see it as JSON");
    }
    Bounded bytes = new Bounded();
    try {
      write.invoke(found.mapper, bytes, value);
      return bytes.toByteArray();
    } catch (InvocationTargetException e) {
      Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
      if (cause instanceof VirtualMachineError error && !(error instanceof StackOverflowError)) {
        throw error;
      }
      throw failure(value, bytes.isFull ? tooLong() : reason(cause), e);
    } catch (IllegalAccessException e) {
      throw failure(value, reason(e), e);
    } catch (StackOverflowError e) { // of this thread's own depth
      throw failure(value, reason(e), e);
    }
  }

  private Jackson jackson() {
    Jackson found = jackson;
    if (found == null) {
      synchronized (this) {
        found = jackson;
        if (found == null) {
          found = find();
          jackson = found;
        }
      }
    }
    return found;
  }

  /** Asks Larder's own class loader first: what it knows does not depend on who comes first. */
  private Jackson find() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    for (ClassLoader asked : Arrays.asList(Json.class.getClassLoader(), loader, context)) {
      for (String prefix : PACKAGES) {
        Jackson found = openOrNull(prefix, asked);
        if (found != null) {
          return found;
        }
      }
    }
    return new Jackson(null, null);
  }

  private static @Nullable Jackson openOrNull(String prefix, @Nullable ClassLoader loader) {
    try {
      return open(prefix, loader);
    } catch (ReflectiveOperationException | LinkageError | RuntimeException e) {
      return null; // not there, or parts of it are not, or it is too old
    }
  }

  private static Jackson open(String prefix, @Nullable ClassLoader loader)
      throws ReflectiveOperationException {
    Class<?> type = Class.forName(prefix + "databind.json.JsonMapper", true, loader);
    Object builder = type.getMethod("builder").invoke(null);
    for (String name : FEATURES) {
      Class<?> features = findOrNull(prefix + name, type);
      if (features != null) {
        configure(builder, features);
      }
    }
    for (String name : MODULES) {
      Class<?> module = findOrNull(prefix + name, type);
      if (module != null) {
        call(builder, "addModule", module.getConstructor().newInstance());
      }
    }
    Object mapper = builder.getClass().getMethod("build").invoke(builder);
    return new Jackson(mapper, type.getMethod("writeValue", OutputStream.class, Object.class));
  }

  private static void configure(Object builder, Class<?> features)
      throws ReflectiveOperationException {
    for (Object feature : features.getEnumConstants()) {
      Boolean setting = SETTINGS.get(((Enum<?>) feature).name());
      if (setting != null) {
        call(builder, "configure", feature, setting);
      }
    }
  }

  /** Calls the overload whose first parameter takes the first argument. */
  private static void call(Object builder, String name, Object... arguments)
      throws ReflectiveOperationException {
    for (Method method : builder.getClass().getMethods()) {
      if (method.getName().equals(name)
          && method.getParameterCount() == arguments.length
          && method.getParameterTypes()[0].isInstance(arguments[0])) {
        method.invoke(builder, arguments);
        return;
      }
    }
    throw new NoSuchMethodException(name);
  }

  private static @Nullable Class<?> findOrNull(String name, Class<?> besides) {
    try {
      return Class.forName(name, true, besides.getClassLoader());
    } catch (ClassNotFoundException | LinkageError e) {
      return null;
    }
  }

  private static CodecException failure(Object value, String reason, Throwable cause) {
    return new CodecException(
        "a " + value.getClass().getTypeName() + " cannot be shown as JSON: " + reason, cause);
  }

  private static String tooLong() {
    return "it would be longer than " + MAX_LENGTH + " bytes";
  }

  /** What Jackson says, or the getter that failed: its first line, as far as that is short. */
  private static String reason(Throwable cause) {
    if (cause instanceof StackOverflowError) {
      return "it is nested too deeply for the stack of this thread";
    }
    String message;
    try {
      message = cause.getMessage();
    } catch (RuntimeException | StackOverflowError e) { // an exception of the application's
      message = null;
    }
    String line = message == null ? "" : message.lines().findFirst().orElse("").strip();
    if (line.isEmpty()) {
      return cause.getClass().getName();
    }
    if (line.startsWith("Document nesting depth")) { // both versions' words, and far too many
      return "it is nested too deeply, or within itself";
    }
    return line.length() <= MAX_REASON_LENGTH ? line : line.substring(0, MAX_REASON_LENGTH) + "…";
  }

  /** A mapper and its method that writes to a stream; neither if there is no Jackson. */
  private record Jackson(@Nullable Object mapper, @Nullable Method method) {}

  /** Takes as many bytes as a text may have. */
  private static final class Bounded extends ByteArrayOutputStream {
    boolean isFull;

    @Override
    public synchronized void write(int b) {
      require(1);
      super.write(b);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
      require(length);
      super.write(bytes, offset, length);
    }

    private void require(int length) {
      if (isFull || length > MAX_LENGTH - count) {
        isFull = true;
        throw new IllegalStateException(tooLong());
      }
    }
  }
}
