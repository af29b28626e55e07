package dev.larder.ops;

import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.ArrayList;
import java.util.List;

/** Hash codes whose keys live in one stripe of a store, so that a few keys make it grow. */
final class OneStripe {
  private OneStripe() {}

  /** So many hash codes of the stripe in which hash code 0 lives. */
  static int[] hashes(int count) {
    Store<Integer, Integer> store = new Store<>(StoreClock.of(() -> 0), Runnable::run);
    for (int hash = 0; hash < 200 * count; hash++) { // an Integer is its own hash code
      store.holdOrReserve(hash, true);
    }
    List<Integer> stripe = new ArrayList<>();
    long cursor = 0;
    do {
      long before = cursor;
      cursor = store.scan(cursor, entry -> stripe.add(entry.key()));
      if (before >>> 32 != cursor >>> 32 || cursor == 0) { // the upper half counts the stripes
        if (stripe.contains(0)) {
          return stripe.stream().mapToInt(hash -> hash).sorted().limit(count).toArray();
        }
        stripe.clear();
      }
    } while (cursor != 0);
    throw new AssertionError("the scan did not meet hash code 0");
  }
}
