package dev.larder.ops;

import dev.larder.SetResult;
import dev.larder.ops.JointOperation.Part;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Operations on values as a whole, of whatever type: {@code GET}, {@code SET} and their like, on
 * one key and on several. Values are returned in the form in which they are kept.
 */
public final class StringOperations<K, V> {

  /** When {@code SET} sets. */
  public enum When {
    ALWAYS,
    /** Only if the key is absent. */
    NX,
    /** Only if the key is there. */
    XX
  }

  private final EntryOperations<K, V> entries;
  private final Rules<K, V> rules;

  StringOperations(EntryOperations<K, V> entries) {
    this.entries = entries;
    this.rules = entries.rules();
  }

  /** The value, or null ({@code GET}). An access, counted, loaded where the cache reads through. */
  public @Nullable V get(K key) {
    return entries.get(key);
  }

  /** As {@link #get} if there is a value; if not, null, and nothing is counted or loaded. */
  public @Nullable V getIfPresent(K key) {
    entries.admit(key);
    return entries.getIfPresent(key);
  }

  /** Counts a read that had the value, or the load, of another one. */
  public void countRead(boolean hit) {
    if (entries.counts() && hit) {
      entries.statistics().hit();
    } else if (entries.counts()) {
      entries.statistics().miss();
    }
  }

  /**
   * Sets a value ({@code SET}). What was there before is looked up, and so counted, only if it is
   * asked for ({@code GET}).
   *
   * @param deadline of what is set
   * @param view makes what is returned of what was there; if it throws, nothing is set. Null if
   *     nobody asks
   */
  public <R> SetResult<R> set(
      K key, V value, When when, Deadline deadline, @Nullable Function<? super V, R> view) {
    V kept = admit(key, value);
    Operation<K, V, SetResult<R>> operation =
        turn -> {
          R previous = view == null ? null : view(turn.lookUp(), view);
          boolean sets = when == When.ALWAYS || turn.isPresent() == (when == When.XX);
          if (sets) {
            turn.set(kept, deadline);
          }
          return new SetResult<>(sets, previous);
        };
    return entries.run(key, when != When.XX, operation);
  }

  /**
   * The value, with a new explicit deadline ({@code GETEX}); a loaded one gets it, too.
   *
   * @param deadline a time, or {@link Deadline#NONE}
   * @param view makes what is returned; if it throws, nothing is changed
   */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  public <R> @Nullable R getAndExpire(
      K key, Deadline deadline, Function<? super V, ? extends R> view) {
    return entries.run(
        key,
        rules.readsThrough(),
        turn -> {
          boolean present = turn.isPresent();
          V value = turn.readThrough();
          R result = view(value, view);
          if (!present && value != null) {
            turn.until(deadline);
          } else if (deadline != Deadline.NONE) {
            turn.expire(deadline, "expire");
          } else {
            ExpiryOperations.persist(turn);
          }
          return result;
        });
  }

  /**
   * Removes a value and returns it ({@code GETDEL}, {@code Cache.getAndRemove}). The writer is told
   * of an absent key, too.
   *
   * @param view makes what is returned; if it throws, nothing is removed
   */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  public <R> @Nullable R getAndDelete(K key, Function<? super V, ? extends R> view) {
    return entries.run(
        key,
        rules.writesThrough(),
        turn -> {
          R result = view(turn.lookUp(), view);
          turn.remove();
          return result;
        });
  }

  private static <V, R> @Nullable R view(@Nullable V value, Function<? super V, ? extends R> view) {
    return value == null ? null : view.apply(value);
  }

  // ------------------------------------------------------------------------------ compare and set

  /**
   * Sets a value if the one there equals the expected one (arrays: by content); null expects that
   * there is none.
   *
   * @param deadline of what is set
   */
  public boolean compareAndSet(K key, @Nullable Object expected, V value, Deadline deadline) {
    V kept = admit(key, value);
    Operation<K, V, Boolean> operation =
        turn -> {
          boolean same = turn.reads(expected);
          if (same) {
            turn.set(kept, deadline);
          }
          return same;
        };
    return entries.run(key, expected == null, operation);
  }

  /** Removes a value that equals the expected one ({@code Cache.remove} with one). */
  public boolean compareAndDelete(K key, Object expected) {
    rules.requireOpen();
    Objects.requireNonNull(key, "key is null");
    Objects.requireNonNull(expected, "the expected value is null");
    return entries.runIfPresent(
        key,
        turn -> {
          boolean same = turn.reads(expected);
          if (same) {
            turn.remove();
          }
          return same;
        });
  }

  /**
   * The value, or the one that is made now by the one caller whose turn it is, and kept as if it
   * were loaded; null if that is null.
   *
   * @param ttl from when the value is there; null leaves it to the expiry policy
   */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  public @Nullable V computeIfAbsent(
      K key, @Nullable Duration ttl, Function<? super K, ? extends @Nullable V> loader) {
    rules.requireOpen();
    Objects.requireNonNull(key, "key is null");
    Objects.requireNonNull(loader, "loader is null");
    Deadline deadline = ttl == null ? null : Deadline.positive(ttl, entries.clock().now(), "set");
    V present = entries.getIfPresent(key);
    if (present != null) {
      return present;
    }
    return entries.run(
        key,
        turn -> {
          V found = turn.read();
          if (found != null) {
            return found;
          }
          V made = turn.load(() -> loader.apply(rules.copyKey(key)));
          if (made != null && deadline != null) {
            turn.until(deadline);
          }
          return made;
        });
  }

  // ------------------------------------------------------------------------------ several at once

  /**
   * The values of some keys, in their order ({@code MGET}), at one moment; where the cache reads
   * through, each at its own.
   */
  public List<@Nullable V> getAll(List<? extends K> keys) {
    rules.requireOpen();
    List<@Nullable V> values = new ArrayList<>(keys.size());
    if (rules.readsThrough()) {
      Map<K, V> found = getEach(keys);
      keys.forEach(key -> values.add(found.get(key)));
      return values;
    }
    JointOperation all = JointOperation.reading();
    List<Part<K, V>> parts = all.atEach(entries, keys);
    return all.run(
        () -> {
          parts.forEach(part -> values.add(part.turn().read()));
          return values;
        });
  }

  /**
   * The values that there are or can be loaded, each at its own moment ({@code Cache.getAll}). All
   * that are missing are loaded with one call.
   */
  public Map<K, V> getEach(Collection<? extends K> keys) {
    Map<K, V> found = new LinkedHashMap<>();
    Set<K> missing = new LinkedHashSet<>();
    for (K key : keys) {
      V value = entries.getPresent(key);
      if (value != null) {
        found.put(key, value);
      } else {
        missing.add(key);
      }
    }
    if (rules.readsThrough() && !missing.isEmpty()) {
      entries
          .loadAll(missing)
          .forEach((key, loaded) -> found.put(key, keepLoaded(key, loaded, false)));
    }
    return found;
  }

  /**
   * Keeps a loaded value, unless there is one by now that is not to be replaced; returns the one
   * kept.
   */
  public V keepLoaded(K key, V loaded, boolean replaceExisting) {
    V kept = admit(key, loaded);
    return entries.run(
        key,
        turn -> {
          V present = turn.value();
          if (present != null && !replaceExisting) {
            return present;
          }
          turn.putLoaded(kept);
          return kept;
        });
  }

  /** Sets all values, as plain {@code SET} does, at one moment ({@code MSET}). */
  public void setAll(Map<? extends K, ? extends V> values) {
    setAll(values, When.ALWAYS);
  }

  /** The same, if none of the keys is there ({@code MSETNX}); returns whether it was so. */
  public boolean setAllIfAbsent(Map<? extends K, ? extends V> values) {
    return setAll(values, When.NX);
  }

  private boolean setAll(Map<? extends K, ? extends V> values, When when) {
    rules.requireOpen();
    JointOperation all = JointOperation.changing();
    Map<Part<K, V>, V> kept = new LinkedHashMap<>();
    values.forEach((key, value) -> kept.put(all.at(entries, key), admit(key, value)));
    return all.run(
        () -> {
          if (when == When.NX && kept.keySet().stream().anyMatch(part -> part.turn().isPresent())) {
            return false;
          }
          writeAll(kept);
          kept.forEach((part, value) -> part.turn().set(value));
          return true;
        });
  }

  /** Tells the writer of all at once, so that none is stored if it cannot write one of them. */
  private void writeAll(Map<Part<K, V>, V> kept) {
    if (rules.writesThrough()) {
      Map<K, V> batch = new LinkedHashMap<>();
      kept.forEach((part, value) -> batch.put(part.turn().key(), value));
      rules.writeAll(batch);
      kept.keySet().forEach(part -> part.turn().withoutWriter());
    }
  }

  private V admit(K key, V value) {
    rules.requireOpen();
    rules.requireTypes(key, value);
    return rules.copyValue(value);
  }
}
