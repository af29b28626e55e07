package dev.larder;

import java.time.Duration;
import javax.cache.processor.MutableEntry;

/**
 * The entry that an entry processor works on, with a deadline of its own: {@code
 * LarderEntry.of(entry)}.
 *
 * <p>As with {@code setValue}, nothing is changed before the processor has returned; then value and
 * deadline change as one. The last of {@link #expire} and {@link #persist} holds for the entry as
 * the processor leaves it, be the value set before or after; {@code remove} forgets it. Without
 * either, the cache's expiry policy decides, as JCache says. A deadline alone fires no JCache event
 * and is no update to the expiry policy; on a socket it is Redis' {@code expire} or {@code
 * persist}.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public interface LarderEntry<K, V> extends MutableEntry<K, V> {

  /**
   * An entry with its deadline.
   *
   * @throws IllegalArgumentException if it is of another provider's cache
   */
  @SuppressWarnings("unchecked")
  static <K, V> LarderEntry<K, V> of(MutableEntry<K, V> entry) {
    return entry.unwrap(LarderEntry.class);
  }

  /**
   * Seconds to live, rounded to the nearest; -1 without a deadline, -2 if the entry does not exist
   * ({@code TTL}). What the expiry policy will give to a value that was set here is not known yet:
   * until the processor has returned, this is the deadline as it was found.
   */
  long ttl();

  /** As {@link #ttl}, in milliseconds ({@code PTTL}). */
  long pttl();

  /**
   * Gives the entry an explicit deadline that far from now, rounded up to milliseconds; zero or
   * less removes the entry once the processor has returned ({@code PEXPIRE}). The time to live
   * begins when the processor has returned.
   *
   * @return whether the entry exists; if not, nothing happens
   * @throws OperationException if the deadline lies beyond all time
   */
  boolean expire(Duration ttl);

  /**
   * Takes the deadline away ({@code PERSIST}).
   *
   * @return whether the entry exists and has one; that of a value that was set here is not known
   *     yet, and counts as one
   */
  boolean persist();
}
