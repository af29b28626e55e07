package dev.larder.store;

import org.jspecify.annotations.Nullable;

/**
 * What happened to one key, in its own order.
 *
 * @param oldValue null if there was none
 * @param oldDeadline deadline word of the old value, {@link Entry#ETERNAL} if there was none
 * @param newValue null if there is none now
 * @param newDeadline deadline word of the new value, {@link Entry#ETERNAL} if there is none
 * @param event Redis' name of the event: {@code set}, {@code incrby}, {@code del}, {@code expired}
 *     …
 * @param timed whether a deadline was given together with the new value, as by {@code SET … EX},
 *     even if it is the one that the old value had
 */
public record Change<K, V>(
    K key,
    @Nullable V oldValue,
    long oldDeadline,
    @Nullable V newValue,
    long newDeadline,
    Cause cause,
    String event,
    boolean timed) {

  /** One in which no deadline was given together with a value. */
  public Change(
      K key,
      @Nullable V oldValue,
      long oldDeadline,
      @Nullable V newValue,
      long newDeadline,
      Cause cause,
      String event) {
    this(key, oldValue, oldDeadline, newValue, newDeadline, cause, event, false);
  }

  /** Why an entry changed. */
  public enum Cause {
    CREATED,
    UPDATED,
    REMOVED,
    EXPIRED,
    /** Removed by a bound. */
    EVICTED,
    /** Removed by {@code clear()} or {@code FLUSHDB}, which JCache listeners are not told. */
    CLEARED,
    /** Only the deadline changed, by {@code EXPIRE} and its like; JCache knows no such event. */
    DEADLINE
  }
}
