package dev.larder.ops;

import org.jspecify.annotations.Nullable;

/** Somebody who is told of the changes of a cache, whichever door they came through. */
@FunctionalInterface
public interface ChangeListener<K> {

  /**
   * Called when everybody can see the change, in the order of the changes of a key, never for two
   * changes of one key at once; not necessarily by the thread that made it. Must neither wait nor
   * throw.
   */
  void changed(KeyChange<K> change);

  /**
   * All entries were replaced by others at once, from disk; of those, {@link #changed} is not told.
   * Must neither wait nor throw.
   */
  default void replaced() {}

  /**
   * On whose behalf this thread changes the cache just now, or null. Asked by the thread that makes
   * a change, while it holds the entry.
   */
  default @Nullable Object origin() {
    return null;
  }
}
