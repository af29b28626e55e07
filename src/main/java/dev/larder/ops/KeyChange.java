package dev.larder.ops;

import org.jspecify.annotations.Nullable;

/**
 * What happened to one key of a cache, in Redis' words.
 *
 * @param event Redis' name of it: {@code set}, {@code incrby}, {@code del}, {@code expired} …
 * @param timed whether a value was set together with a deadline of its own, as by {@code SET … EX};
 *     Redis makes an event of its own of that
 * @param origin what {@link ChangeListener#origin} said where the change was made
 */
public record KeyChange<K>(K key, Kind kind, String event, boolean timed, @Nullable Object origin) {

  /** Why a key changed. */
  public enum Kind {
    CREATED,
    UPDATED,
    REMOVED,
    EXPIRED,
    /** Removed by a bound. */
    EVICTED,
    /** Removed with everything else. */
    CLEARED,
    /** Only its deadline changed. */
    DEADLINE
  }
}
