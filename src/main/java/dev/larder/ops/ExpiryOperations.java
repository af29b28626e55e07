package dev.larder.ops;

import static dev.larder.ExpireCondition.GT;
import static dev.larder.ExpireCondition.LT;
import static dev.larder.ExpireCondition.NX;

import dev.larder.ExpireCondition;
import dev.larder.OperationException;
import dev.larder.store.Entry;
import java.util.Set;

/** Operations on deadlines: {@code TTL}, {@code EXPIRE}, {@code PERSIST}. */
public final class ExpiryOperations<K, V> {
  /** Answer of {@link #pttl} and {@link #expireTime} for a key without deadline. */
  public static final long NO_DEADLINE = -1;

  /** Answer of {@link #pttl} and {@link #expireTime} for an absent key. */
  public static final long NO_KEY = -2;

  private final EntryOperations<K, V> entries;

  ExpiryOperations(EntryOperations<K, V> entries) {
    this.entries = entries;
  }

  /** Milliseconds to live, {@link #NO_DEADLINE} or {@link #NO_KEY} ({@code PTTL}). */
  public long pttl(K key) {
    long time = expireTime(key);
    return time < 0 ? time : Math.max(0, time - entries.clock().now());
  }

  /** Deadline in epoch milliseconds, {@link #NO_DEADLINE} or {@link #NO_KEY}. */
  public long expireTime(K key) {
    return entries.glance(key, NO_KEY, (value, deadline) -> millis(Entry.time(deadline)));
  }

  private static long millis(long time) {
    return time == Entry.ETERNAL ? NO_DEADLINE : time;
  }

  /** Milliseconds, or one of the two words above, as seconds, rounded to the nearest. */
  public static long seconds(long millis) {
    return millis < 0 ? millis : millis / 1_000 + (millis % 1_000 + 500) / 1_000;
  }

  /**
   * Sets an explicit deadline ({@code EXPIRE}, {@code PEXPIREAT}); one that has passed removes the
   * key.
   *
   * @return whether the key is there and the conditions hold
   * @throws OperationException if these conditions exclude each other
   */
  public boolean expire(K key, Deadline deadline, Set<ExpireCondition> conditions) {
    requireCompatible(conditions);
    return entries.runIfPresent(
        key,
        turn -> {
          boolean sets = turn.isPresent();
          long old = Entry.time(turn.deadline());
          long time = deadline.time(entries.clock().now());
          for (ExpireCondition condition : conditions) {
            sets &= holds(condition, old, time);
          }
          if (sets) {
            turn.expire(deadline, "expire");
          }
          return sets;
        });
  }

  /** Refuses conditions that exclude each other. */
  public static void requireCompatible(Set<ExpireCondition> conditions) {
    if (conditions.contains(NX) && conditions.size() > 1) {
      throw incompatible("NX and XX, GT or LT");
    }
    if (conditions.contains(GT) && conditions.contains(LT)) {
      throw incompatible("GT and LT");
    }
  }

  private static OperationException incompatible(String options) {
    return new OperationException("ERR", options + " options at the same time are not compatible");
  }

  private static boolean holds(ExpireCondition condition, long old, long time) {
    return switch (condition) {
      case NX -> old == Entry.ETERNAL;
      case XX -> old != Entry.ETERNAL;
      case GT -> time > old;
      case LT -> time < old;
    };
  }

  /** Takes the deadline away ({@code PERSIST}); false if there is none or no key. */
  public boolean persist(K key) {
    return entries.runIfPresent(key, ExpiryOperations::persist);
  }

  static <K, V> boolean persist(Turn<K, V> turn) {
    boolean persists = Entry.time(turn.deadline()) != Entry.ETERNAL;
    if (persists) {
      turn.expire(Deadline.NONE, "persist");
    }
    return persists;
  }
}
