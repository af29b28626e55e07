package dev.larder.store;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who keeps the changes of a store beyond the end of the process; a store has one at most.
 *
 * <p>Unlike a {@link Subscriber} it may refuse a change, and whoever made one can wait until it is
 * kept: a change that must be is given a <i>position</i>, which grows; 0 says that nobody need
 * wait. What happens between {@link #begin} and {@link #end} on one thread is kept as a whole or
 * not at all.
 */
public interface Keeper<K, V> {

  /**
   * Lets a thread pass that is about to change something and holds nothing yet: it waits while the
   * keeper is far behind.
   *
   * @throws dev.larder.BusyException if it would wait and {@code mayWait} is false
   */
  void admit(boolean mayWait);

  /**
   * Refuses a change before it happens.
   *
   * @throws dev.larder.OperationException if nothing can be kept at present
   */
  void requireAble();

  /**
   * What is to be kept of an entry, made before anything changes; whoever holds the entry calls
   * this.
   *
   * @return for {@link #stored}
   * @throws dev.larder.CodecException if it cannot be kept
   */
  Object prepare(K key, V value);

  /** An entry has this value now, and this deadline word; under its lock. */
  long stored(Object prepared, long deadline);

  /** An entry is gone; under its lock. */
  long removed(K key);

  /** All entries are gone; the caller is alone in the store. */
  long cleared();

  /** An entry has another deadline word; under its lock. */
  long timed(K key, long deadline);

  /** The same for a reader's sake: left out while the keeper is far behind, or cannot keep. */
  void touched(K key, long deadline);

  /** What this thread does from now on is kept as a whole. */
  void begin();

  /** Ends that; what was changed is still held. */
  long end();

  /**
   * What this thread does from now on is not part of that: code of the user's, which may change
   * other entries and give them back at once.
   *
   * @return for {@link #resume}; null if nothing had begun
   */
  default @Nullable Object suspend() {
    return null;
  }

  /** What this thread does from now on is part of that again. */
  default void resume(@Nullable Object suspended) {}

  /** Waits until everything up to a position is kept. */
  void await(long position);

  /**
   * Runs the action when everything up to a position is kept, at once or on a thread that must not
   * wait; with the reason if it cannot be.
   */
  void whenKept(long position, Consumer<@Nullable Throwable> action);

  /** The entries are about to be dropped with the cache: the last chance to keep them. */
  void closing();
}
