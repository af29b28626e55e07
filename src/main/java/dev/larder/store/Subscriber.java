package dev.larder.store;

/** Somebody who is told of every change of a store, whichever door it came through. */
public interface Subscriber<K, V> {

  /**
   * Called under the entry's lock, so in the order of the changes of a key. May only take note:
   * never wait, never call user code, never throw.
   */
  default void recorded(Change<K, V> change) {}

  /**
   * Called after the entry's lock was given back, in the order of the changes of a key, never for
   * two changes of one key at once. The caller of the operation waits for it, and gets what it
   * throws, after every subscriber was told.
   */
  default void delivered(Change<K, V> change) {}

  /**
   * All entries of the store were replaced by others at once, which no change tells of. Called
   * while the one who did so is alone in the store; may only take note.
   */
  default void replaced() {}

  /** Whether {@link #delivered} runs user code, for which an event loop must not wait. */
  default boolean runsUserCode() {
    return false;
  }
}
