package dev.larder.jcache;

/** JCache's {@code unwrap}: the first of some objects that is of the type asked for. */
final class Unwrap {
  private Unwrap() {}

  static <T> T unwrap(Class<T> type, Object... candidates) {
    for (Object candidate : candidates) {
      if (type.isInstance(candidate)) {
        return type.cast(candidate);
      }
    }
    throw new IllegalArgumentException(
        "cannot unwrap to " + type.getName() + ": it is a " + candidates[0].getClass().getName());
  }
}
