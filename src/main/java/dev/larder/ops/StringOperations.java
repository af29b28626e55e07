package dev.larder.ops;

import org.jspecify.annotations.Nullable;

/** Operations on a value as a whole, of any type: {@code GET} and {@code SET}. */
public final class StringOperations<K, V> {

  /** When {@code SET} sets. */
  public enum When {
    ALWAYS,
    /** Only if the key is absent. */
    NX,
    /** Only if the key is there. */
    XX
  }

  /** The {@code deadline} that leaves the one there is ({@code KEEPTTL}). */
  public static final long KEEP_DEADLINE = -2;

  /** The {@code deadline} that is left to the cache's expiry policy. */
  public static final long BY_POLICY = -1;

  /** What {@code SET} found and did. */
  public record Outcome<V>(boolean set, @Nullable V previous) {}

  private final EntryOperations<K, V> entries;

  StringOperations(EntryOperations<K, V> entries) {
    this.entries = entries;
  }

  /** The value, or null ({@code GET}). An access, counted, loaded where the cache reads through. */
  public @Nullable V get(K key) {
    return entries.get(key);
  }

  /**
   * Sets a value ({@code SET}). What was there before is looked up, and so counted, only if it is
   * asked for ({@code GET}).
   *
   * @param deadline epoch milliseconds, explicit; or {@link #BY_POLICY}, {@link #KEEP_DEADLINE}
   */
  public Outcome<V> set(K key, V value, When when, long deadline, boolean get) {
    Rules<K, V> rules = entries.rules();
    rules.requireOpen();
    rules.requireTypes(key, value);
    V kept = rules.copyValue(value);
    Operation<K, V, Outcome<V>> operation =
        turn -> {
          V previous = get ? turn.lookUp() : null;
          if (when == When.NX && turn.isPresent() || when == When.XX && !turn.isPresent()) {
            return new Outcome<>(false, previous);
          }
          if (deadline == KEEP_DEADLINE) {
            turn.setKeepingDeadline(kept);
          } else if (deadline == BY_POLICY) {
            turn.set(kept);
          } else {
            turn.setUntil(kept, deadline);
          }
          return new Outcome<>(true, previous);
        };
    return when == When.XX ? entries.runIfPresent(key, operation) : entries.run(key, operation);
  }
}
