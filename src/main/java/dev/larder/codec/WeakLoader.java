package dev.larder.codec;

import java.lang.ref.WeakReference;
import org.jspecify.annotations.Nullable;

/**
 * A class loader that this does not keep alive: as long as there is anything to save or to load,
 * the application does.
 */
final class WeakLoader {
  private final @Nullable WeakReference<ClassLoader> loader; // null: the bootstrap loader

  WeakLoader(@Nullable ClassLoader loader) {
    this.loader = loader == null ? null : new WeakReference<>(loader);
  }

  @Nullable ClassLoader get() {
    return loader == null ? null : loader.get();
  }

  @Override
  public String toString() {
    return String.valueOf(get());
  }
}
