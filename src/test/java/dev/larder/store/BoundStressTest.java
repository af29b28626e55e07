package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.store.Bound.Unit;
import dev.larder.store.Bound.Victim;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Threads that put, change, time, remove and read the entries of bounded stores: there is never
 * more than the limit and what each of them is just storing; in the end everything that is there is
 * counted once, with the weight that it has, and can still be evicted.
 */
class BoundStressTest {
  private static final int THREADS = 8;
  private static final int KEYS = 2_000;
  private static final int HEAVIEST = 50;

  private final HandClock clock = new HandClock(1_000);
  private final AtomicLong most = new AtomicLong();

  private Store<Integer, Integer> store() {
    return new Store<>(StoreClock.of(clock), Runnable::run);
  }

  @ParameterizedTest
  @EnumSource
  void whateverThreadsDoTheBoundHoldsAndNothingIsLost(Victim victim) {
    withOneStore(victim, 700);
    withTwoStores(victim, 700);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("soak")
  void theSameForLong(Victim victim) {
    for (int i = 0; i < 8; i++) {
      withOneStore(victim, 3_000);
      withTwoStores(victim, 3_000);
    }
  }

  private void withOneStore(Victim victim, long millis) {
    Bound bound = new Bound(Unit.BYTES, 6_000, victim, false);
    work(bound, List.of(store()), millis);
  }

  private void withTwoStores(Victim victim, long millis) {
    Bound bound = new Bound(Unit.BYTES, 6_000, victim, true);
    work(bound, List.of(store(), store()), millis);
  }

  private void work(Bound bound, List<Store<Integer, Integer>> stores, long millis) {
    for (Store<Integer, Integer> store : stores) {
      store.bound(bound, (key, value) -> value);
    }
    most.set(0);
    AtomicBoolean over = new AtomicBoolean();
    List<Together.Task> tasks = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      long seed = System.nanoTime() + i;
      tasks.add(() -> work(bound, stores, new Random(seed), over));
    }
    tasks.add(
        () -> {
          LockSupport.parkNanos(millis * 1_000_000);
          over.set(true);
        });
    Together.run(tasks.toArray(Together.Task[]::new));
    boolean everybodyMayLeave = bound.victim() != Victim.NONE && !bound.timedOnly();
    if (everybodyMayLeave) {
      assertThat(most.get()).isLessThanOrEqualTo(bound.limit() + THREADS * HEAVIEST);
    }
    stores.forEach(this::assertCounted);
    assertThat(bound.weight()).isEqualTo(stores.stream().mapToLong(this::weigh).sum());
    bound.limit(0);
    if (everybodyMayLeave) {
      assertThat(stores).allSatisfy(store -> assertThat(weigh(store)).isZero());
    } else if (bound.victim() != Victim.NONE) {
      assertThat(stores).allSatisfy(store -> assertThat(store.timed()).isZero());
    }
    stores.forEach(Store::discard);
    assertThat(bound.weight()).isZero();
  }

  private void work(
      Bound bound, List<Store<Integer, Integer>> stores, Random random, AtomicBoolean over) {
    long seen = 0;
    while (!over.get()) {
      Store<Integer, Integer> store = stores.get(random.nextInt(stores.size()));
      Integer key = random.nextInt(random.nextInt(KEYS) + 1);
      switch (random.nextInt(10)) {
        case 0 -> change(store, key, entry -> store.clear(entry));
        case 1 -> {
          long deadline = random.nextBoolean() ? Entry.ETERNAL : 1_000 + random.nextInt(1_000);
          change(store, key, entry -> store.setDeadline(entry, deadline));
        }
        case 2 -> advance(random.nextInt(2));
        case 3 -> store.sweep();
        case 4, 5 -> {
          Entry<Integer, Integer> entry = store.find(key);
          if (entry != null) {
            entry.used();
          }
        }
        default -> put(store, key, random);
      }
      seen = Math.max(seen, bound.weight());
    }
    most.accumulateAndGet(seen, Math::max);
  }

  private synchronized void advance(int millis) {
    clock.set(clock.millis() + millis);
  }

  private interface Act {
    void on(Entry<Integer, Integer> held);
  }

  private static void change(Store<Integer, Integer> store, Integer key, Act act) {
    Entry<Integer, Integer> entry = store.hold(key, true);
    if (entry != null) {
      if (entry.value() != null) {
        act.on(entry);
      }
      store.release(entry);
    }
  }

  /** Sometimes a value that is there, taken away, and another one: the same entry comes back. */
  private void put(Store<Integer, Integer> store, Integer key, Random random) {
    Entry<Integer, Integer> entry = store.holdOrReserve(key, true);
    if (entry.value() != null && random.nextInt(4) == 0) {
      store.clear(entry);
    }
    long deadline = random.nextInt(3) == 0 ? clock.millis() + random.nextInt(100) : Entry.ETERNAL;
    int weight = random.nextInt(HEAVIEST + 1);
    if (entry.value() != null && random.nextBoolean()) {
      store.setValue(entry, weight, store.weigh(key, weight));
    } else {
      store.set(entry, weight, deadline);
    }
    store.release(entry);
  }

  private void assertCounted(Store<Integer, Integer> store) {
    assertThat(store.weight()).hasValue(weigh(store));
  }

  private long weigh(Store<Integer, Integer> store) {
    long[] sum = {0};
    long cursor = 0;
    do {
      cursor = store.scan(cursor, entry -> sum[0] += entry.value() == null ? 0 : entry.value());
    } while (cursor != 0);
    return sum[0];
  }
}
