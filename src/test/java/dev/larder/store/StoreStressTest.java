package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Threads at work on one store for a second or two: what must hold of it holds all the time. */
class StoreStressTest {
  private static final long MILLIS = 1_000;

  private final HandClock clock = new HandClock(1_000);

  @Test
  void stableKeysAreNeverMissedWhileTheirStripesGrow() {
    neverMissed(growing(i -> i * 64), MILLIS);
  }

  @Test
  void stableKeysAreNeverMissedWhileTheirBucketsAreFlooded() {
    neverMissed(growing(Keys::colliding), MILLIS);
  }

  @Test
  void stableKeysAreNeverMissedWhileOthersOfTheirChainComeAndGo() {
    neverMissed(comingAndGoing(), MILLIS);
  }

  @Test
  @Tag("soak")
  void stableKeysAreNeverMissedForLong() {
    neverMissed(growing(i -> i * 64), 20_000);
    neverMissed(growing(Keys::colliding), 20_000);
    neverMissed(comingAndGoing(), 20_000);
  }

  /** What one writer does to a store, and the keys that it leaves alone. */
  private interface Around {
    Object stable(int i);

    void disturb(Store<Object, Integer> store, Random random, AtomicBoolean over);
  }

  private void neverMissed(Around around, long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    while (System.nanoTime() < end) {
      Store<Object, Integer> store = store();
      for (int i = 0; i < 12; i++) {
        set(store, around.stable(i), i);
      }
      AtomicBoolean over = new AtomicBoolean();
      Together.Task reader =
          () -> {
            while (!over.get()) {
              for (int i = 0; i < 12; i++) {
                Entry<Object, Integer> entry = store.find(around.stable(i));
                if (entry == null || !Integer.valueOf(i).equals(entry.value())) {
                  over.set(true);
                  throw new AssertionError("missed a stable key: " + i + ", found " + entry);
                }
              }
            }
          };
      Together.run(
          reader,
          reader,
          () -> {
            around.disturb(store, new Random(), over);
            over.set(true);
          });
    }
  }

  /** Many keys are added to the store, for whose sake chains are relinked. */
  private static Around growing(IntFunction<Object> keys) {
    return new Around() {
      @Override
      public Object stable(int i) {
        return keys.apply(i);
      }

      @Override
      public void disturb(Store<Object, Integer> store, Random random, AtomicBoolean over) {
        for (int i = 12; i < 6_000 && !over.get(); i++) {
          set(store, keys.apply(i), i);
        }
      }
    };
  }

  /** Keys of the same chain come and go at all places of it. */
  private static Around comingAndGoing() {
    return new Around() {
      @Override
      public Object stable(int i) {
        return new Keys.Rigged(i, i / 6); // six in a chain, with place for some more
      }

      @Override
      public void disturb(Store<Object, Integer> store, Random random, AtomicBoolean over) {
        for (int i = 0; i < 20_000 && !over.get(); i++) {
          Object key = new Keys.Rigged(100 + random.nextInt(4), random.nextInt(2));
          set(store, key, i);
          remove(store, key);
        }
      }
    };
  }

  @Test
  void noIncrementIsLostWhileTheTableGrowsAndKeysAreRemoved() {
    conserved(MILLIS);
  }

  @Test
  @Tag("soak")
  void noIncrementIsLostForLong() {
    conserved(20_000);
  }

  /**
   * Four threads add to few keys and remove them; what was removed and what is left is what was
   * added.
   */
  private void conserved(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    Store<Object, Integer> store = store();
    AtomicInteger added = new AtomicInteger();
    AtomicInteger removed = new AtomicInteger();
    AtomicInteger extra = new AtomicInteger();
    Together.Task writer =
        () -> {
          Random random = new Random();
          while (System.nanoTime() < end) {
            for (int i = 0; i < 100; i++) {
              Object key = Keys.colliding(random.nextInt(3));
              if (random.nextInt(4) != 0) {
                add(store, key);
                added.incrementAndGet();
              } else {
                removed.addAndGet(remove(store, key));
              }
            }
            if (extra.get() < 50_000) {
              set(store, extra.incrementAndGet(), 0);
            }
          }
        };
    Together.run(writer, writer, writer, writer);
    int left = 0;
    Set<Object> keys = new HashSet<>();
    for (Entry<Object, Integer> entry : live(store)) {
      assertThat(keys.add(entry.key())).as("one live entry of %s", entry).isTrue();
      left += entry.value();
    }
    assertThat(removed.get() + left).isEqualTo(added.get());
    assertThat(store.size()).isEqualTo(keys.size());
  }

  @Test
  void aKeyNeverHasTwoLiveEntries() {
    Store<Object, Integer> store = store();
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger holders = new AtomicInteger();
    Together.Task writer =
        () -> {
          Random random = new Random();
          for (int i = 0; i < 60_000 && !over.get(); i++) {
            Entry<Object, Integer> held = store.holdOrReserve("key", true);
            int now = holders.incrementAndGet();
            if (now != 1 || held.value() != null && random.nextBoolean()) {
              store.clear(held);
            } else {
              store.set(held, i, Entry.ETERNAL);
            }
            if (now != 1) {
              over.set(true);
              throw new AssertionError("two threads hold the same key");
            }
            holders.decrementAndGet();
            store.release(held);
          }
        };
    Together.run(writer, writer, writer, writer);
    assertThat(live(store).size()).isEqualTo((int) store.size()).isLessThanOrEqualTo(1);
  }

  /** Every waiter of an entry that dies must wake, and look again. */
  @Test
  void whoeverWaitsForAnEntryThatDiesIsWoken() {
    Store<Object, Integer> store = store();
    AtomicInteger served = new AtomicInteger();
    Together.Task waiter =
        () -> {
          for (int i = 0; i < 3_000; i++) {
            Entry<Object, Integer> held = store.holdOrReserve("key", true);
            Thread.yield(); // so that others give up spinning and park
            served.incrementAndGet();
            store.release(held); // without a value: it dies
          }
        };
    Together.run(waiter, waiter, waiter, waiter, waiter, waiter);
    assertThat(served).hasValue(18_000);
    assertThat(store.find("key")).isNull();
  }

  /** And likewise of one that lives on. */
  @Test
  void whoeverWaitsForALiveEntryIsWoken() {
    Store<Object, Integer> store = store();
    set(store, "key", 0);
    Together.Task waiter =
        () -> {
          for (int i = 0; i < 3_000; i++) {
            Entry<Object, Integer> held = store.hold("key", true);
            Thread.yield();
            store.setValue(held, held.value() + 1, 0);
            store.release(held);
          }
        };
    Together.run(waiter, waiter, waiter, waiter, waiter, waiter);
    assertThat(store.find("key").value()).isEqualTo(18_000);
  }

  /**
   * Values tell when they expire: a reader who pairs one with a newer deadline sees it alive after
   * that.
   */
  @Test
  void aReaderNeverPairsAnOldValueWithANewerDeadline() {
    Store<Object, Integer> store = store();
    set(store, "key", 1);
    Entry<Object, Integer> entry = store.find("key");
    AtomicBoolean over = new AtomicBoolean();
    long end = System.nanoTime() + MILLIS * 1_000_000;
    Together.run(
        () -> {
          for (int i = 1; !over.get() && System.nanoTime() < end; i++) {
            Entry<Object, Integer> held = store.hold("key", true);
            store.set(held, i, i);
            store.release(held);
          }
          over.set(true);
        },
        () -> {
          while (!over.get()) {
            long deadline = entry.deadline();
            Integer value = entry.value();
            if (value < deadline && deadline != Entry.ETERNAL) {
              over.set(true);
              throw new AssertionError("value " + value + " with deadline " + deadline);
            }
          }
        });
  }

  @Test
  void expiryAndTouchesAgreeOnWhetherAnEntryLived() {
    AtomicInteger expired = new AtomicInteger();
    for (int round = 0; round < 1_000; round++) {
      HandClock clock = new HandClock(1_000);
      Store<Object, Integer> store = new Store<>(StoreClock.of(clock), Runnable::run);
      store.close();
      Entry<Object, Integer> held = store.holdOrReserve("key", true);
      store.set(held, 1, 2_000);
      store.release(held);
      AtomicBoolean touched = new AtomicBoolean();
      clock.set(2_000);
      Together.run(
          () -> touched.set(held.touch(2_000, 9_000)), // a reader who looked before it passed
          () -> store.expire(held));
      assertThat(held.value() != null).as("lives on").isEqualTo(touched.get());
      expired.addAndGet(touched.get() ? 0 : 1);
    }
    assertThat(expired.get()).as("times that expiry came first").isBetween(1, 999);
  }

  // ---------------------------------------------------------------------------------------------

  private Store<Object, Integer> store() {
    Store<Object, Integer> store = new Store<>(StoreClock.of(clock), Runnable::run);
    store.close();
    return store;
  }

  private static void set(Store<Object, Integer> store, Object key, int value) {
    Entry<Object, Integer> held = store.holdOrReserve(key, true);
    store.set(held, value, Entry.ETERNAL);
    store.release(held);
  }

  private static void add(Store<Object, Integer> store, Object key) {
    Entry<Object, Integer> held = store.holdOrReserve(key, true);
    Integer value = held.value();
    store.set(held, value == null ? 1 : value + 1, Entry.ETERNAL);
    store.release(held);
  }

  private static int remove(Store<Object, Integer> store, Object key) {
    Entry<Object, Integer> held = store.hold(key, true);
    if (held == null) {
      return 0;
    }
    int value = held.value();
    store.clear(held);
    store.release(held);
    return value;
  }

  private static List<Entry<Object, Integer>> live(Store<Object, Integer> store) {
    List<Entry<Object, Integer>> live = new ArrayList<>();
    long cursor = 0;
    do {
      cursor =
          store.scan(
              cursor,
              entry -> {
                if (entry.value() != null) {
                  live.add(entry);
                }
              });
    } while (cursor != 0);
    return live;
  }
}
