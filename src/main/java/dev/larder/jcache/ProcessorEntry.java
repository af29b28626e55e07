package dev.larder.jcache;

import dev.larder.LarderEntry;
import dev.larder.ops.Deadline;
import dev.larder.ops.ExpiryOperations;
import dev.larder.ops.Turn;
import dev.larder.store.Entry;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entry that an entry processor works on. What it does in between is seen by nobody: in the end
 * there is at most one change (JSR-107, {@code EntryProcessor}, examples 1 to 3).
 *
 * <p>Setting or loading a value and then removing it, where there was no entry, is no change at
 * all, and the writer is not told. Removing and then setting, where there was one, is an update.
 * After {@code remove} the loader is not asked again.
 */
final class ProcessorEntry<K, V> implements LarderEntry<K, V> {
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
  private @Nullable Deadline deadline; // if one was set here
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
    deadline = null;
  }

  @Override
  public long ttl() {
    return ExpiryOperations.seconds(pttl());
  }

  @Override
  public long pttl() {
    if (!exists()) {
      return ExpiryOperations.NO_KEY;
    }
    long now = cache.now();
    return hasDeadline() ? Math.max(0, time(now) - now) : ExpiryOperations.NO_DEADLINE;
  }

  private boolean hasDeadline() {
    return time(cache.now()) != Entry.ETERNAL;
  }

  private long time(long now) {
    return deadline == null ? Entry.time(turn.deadline()) : deadline.time(now);
  }

  @Override
  public boolean expire(Duration ttl) {
    boolean exists = exists();
    if (exists) {
      deadline = Deadline.in(ttl, cache.now(), "expire");
    }
    return exists;
  }

  @Override
  public boolean persist() {
    if (!exists()) {
      return false;
    }
    // the policy may be about to give one to a new value
    boolean persists = hasDeadline() || deadline == null && stores();
    deadline = Deadline.NONE;
    return persists;
  }

  private boolean stores() {
    return change == Change.LOADED || change == Change.SET;
  }

  /** Says what the change is, after the processor has returned. */
  void decide() {
    switch (change) {
      case NONE -> decideDeadline();
      case UNDONE -> turn.keep();
      case LOADED -> {} // the turn has it
      case SET -> cache.put(turn, Objects.requireNonNull(value));
      case REMOVED -> turn.remove();
    }
    if (deadline != null && stores()) {
      turn.until(deadline);
    }
  }

  private void decideDeadline() {
    boolean hasNone = Entry.time(turn.deadline()) == Entry.ETERNAL;
    if (deadline == null || deadline == Deadline.NONE && hasNone) {
      turn.keep();
    } else {
      turn.expire(deadline, deadline == Deadline.NONE ? "persist" : "expire");
    }
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return Unwrap.unwrap(type, this);
  }
}
