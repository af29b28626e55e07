package dev.larder.jcache;

import dev.larder.ops.Turn;
import java.util.Objects;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/**
 * The entry that an entry processor works on. What it does in between is seen by nobody: in the end
 * there is at most one change (JSR-107, {@code EntryProcessor}, examples 1 to 3).
 *
 * <p>Setting or loading a value and then removing it, where there was no entry, is no change at
 * all, and the writer is not told. Removing and then setting, where there was one, is an update.
 * After {@code remove} the loader is not asked again.
 */
final class ProcessorEntry<K, V> implements MutableEntry<K, V> {
  private enum Change {
    NONE,
    LOADED,
    SET,
    REMOVED,
    /** Something was made and removed again where there was no entry. */
    UNDONE
  }

  private final JCache<K, V> cache;
  private final Turn<K, V> turn;
  private Change change = Change.NONE;
  private @Nullable V value; // as the processor sees it
  private boolean asked; // for the value; a loader that had none is not asked twice

  ProcessorEntry(JCache<K, V> cache, Turn<K, V> turn) {
    this.cache = cache;
    this.turn = turn;
  }

  @Override
  public K getKey() {
    return cache.copyKey(turn.key());
  }

  @Override
  public boolean exists() {
    return switch (change) {
      case NONE -> turn.isPresent();
      case LOADED, SET -> true;
      case REMOVED, UNDONE -> false;
    };
  }

  @Override
  @SuppressWarnings("NullAway") // JCache's own contract: null if there is none
  public V getValue() {
    if (change == Change.NONE && !asked) {
      turn.markAccessed();
      V kept = turn.value();
      if (kept == null && cache.readsThrough()) {
        kept = turn.load();
        if (kept != null) {
          change = Change.LOADED;
        }
      }
      value = cache.copy(kept);
      asked = true;
    }
    return value;
  }

  @Override
  public void setValue(V value) {
    this.value = Objects.requireNonNull(value, "value");
    change = Change.SET;
  }

  @Override
  public void remove() {
    boolean made = change == Change.LOADED || change == Change.SET;
    boolean undone = !turn.isPresent() && (made || change == Change.UNDONE);
    change = undone ? Change.UNDONE : Change.REMOVED;
    value = null;
  }

  /** Says what the change is, after the processor has returned. */
  void decide() {
    switch (change) {
      case NONE, UNDONE -> turn.keep();
      case LOADED -> {} // the turn has it
      case SET -> cache.put(turn, Objects.requireNonNull(value));
      case REMOVED -> turn.remove();
    }
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return Unwrap.unwrap(type, this);
  }
}
