package dev.larder.store;

import java.util.ArrayList;
import java.util.List;

/**
 * One removal of expired entries from a stripe, by looking at all of them. That needs no memory for
 * an entry, and some ten nanoseconds for each look; what is to be decided is when to look.
 *
 * <p>When as many have expired as make it worth while, an eighth of all: so each removal costs
 * eight looks. To know when that will be, a sweep counts the deadlines that lie ahead, by how far.
 * If they are too few or far between, after a pause that grows with the store, so that the looking
 * costs a hundredth of a core. So what expires in great numbers is removed within a fraction of
 * their common time; what expires now and then, within that pause: four seconds for a million
 * entries. Nobody sees it meanwhile.
 */
final class Sweep<K, V> {
  private static final int WORTH = 8;
  private static final int PAUSE_MILLIS_PER_THOUSAND = 4;

  /** Buckets looked at under the monitor in one go. */
  private static final int STEP = 64;

  private final Store<K, V> store;
  private final Stripe<K, V> stripe;
  private final long now;
  private final int[] ahead = new int[Long.SIZE]; // deadlines, by the bits of the time until then
  private final List<Entry<K, V>> passed = new ArrayList<>();
  private int looks;
  private long earliest = Entry.ETERNAL;

  Sweep(Store<K, V> store, Stripe<K, V> stripe) {
    this.store = store;
    this.stripe = stripe;
    this.now = store.clock().now();
  }

  /**
   * Removes what has expired by now, and tells of it without holding anything: who is told may
   * sweep, too, or wait for somebody who does.
   *
   * @return in how many milliseconds to come back
   */
  long run() {
    stripe.forgetEarliest();
    try {
      sweep();
    } catch (Throwable t) { // a clock, subscriber or executor: come again
      earliest = 0;
      throw t;
    } finally {
      store.due(stripe, earliest);
    }
    return pause();
  }

  private void sweep() {
    int cursor = 0;
    do {
      synchronized (stripe) {
        for (int i = 0; i < STEP && (cursor != 0 || i == 0); i++) {
          cursor = stripe.scan(cursor, this::look);
        }
      }
      try {
        passed.forEach(this::expire);
      } finally {
        passed.clear();
      }
    } while (cursor != 0);
  }

  private void look(Entry<K, V> entry) {
    looks++;
    long deadline = entry.deadline();
    if (store.clock().passed(deadline)) {
      passed.add(entry);
    } else if (Entry.time(deadline) != Entry.ETERNAL) {
      long time = Entry.time(deadline);
      earliest = Math.min(earliest, time);
      ahead[Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, time - now))]++;
    }
  }

  private void expire(Entry<K, V> entry) {
    Feed.Ticket<K, V> ticket = store.expire(entry);
    if (ticket != null) {
      store.tellInBackground(ticket);
    } else if (entry.value() != null) { // its holder may give it another deadline, or not
      earliest = Math.min(earliest, Entry.time(entry.deadline()));
    }
  }

  /** Until enough will have expired; or, if that is sooner, as long as a look at all must pay. */
  private long pause() {
    long longest = store.size() / 1_000 * PAUSE_MILLIS_PER_THOUSAND;
    int sum = 0;
    for (int bits = 0; bits < Integer.SIZE; bits++) {
      sum += ahead[bits];
      if (sum * (long) WORTH >= looks) {
        return Math.min(longest, 1L << bits);
      }
    }
    return longest;
  }
}
