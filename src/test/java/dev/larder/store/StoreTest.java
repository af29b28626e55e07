package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.BusyException;
import dev.larder.store.Keys.Rigged;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StoreTest {
  private final HandClock clock = new HandClock(1_000);
  private final Queue<Runnable> background = new ArrayDeque<>();
  private final Store<Object, String> store = new Store<>(StoreClock.of(clock), background::add);
  private final List<Change<Object, String>> told = new ArrayList<>();

  StoreTest() {
    store.close(); // no sweeps but the test's
  }

  // ---------------------------------------------------------------------------- reservations

  @Test
  void aReservationHasNoValueAndIsNotCounted() {
    Entry<Object, String> reserved = store.holdOrReserve("a", true);

    assertThat(store.find("a")).isSameAs(reserved);
    assertThat(reserved.value()).isNull();
    assertThat(store.size()).isZero();
    assertThat(scan()).isEmpty();
    store.release(reserved);
  }

  @Test
  void aReservationGivenBackWithoutValueIsGone() {
    store.release(store.holdOrReserve("a", true));

    assertThat(store.find("a")).isNull();
    assertThat(store.hold("a", true)).isNull();
  }

  @Test
  void aReservationGivenBackWithValueStays() {
    set("a", "1", Entry.ETERNAL);

    assertThat(store.find("a").value()).isEqualTo("1");
    assertThat(store.size()).isEqualTo(1);
    assertThat(scan()).containsExactly("a");
  }

  @Test
  void anEntryThatWasClearedIsGone() {
    set("a", "1", Entry.ETERNAL);
    Entry<Object, String> held = store.hold("a", true);
    store.clear(held);
    assertThat(store.size()).isZero();
    store.release(held);

    assertThat(store.find("a")).isNull();
    assertThat(store.hold(held, true)).isFalse();
    assertThat(store.tryHold(held)).isFalse();
  }

  @Test
  void anEntryThatWasClearedAndSetAgainIsTheSame() {
    set("a", "1", Entry.ETERNAL);
    Entry<Object, String> held = store.hold("a", true);
    store.clear(held);
    store.set(held, "2", Entry.ETERNAL);
    store.release(held);

    assertThat(store.find("a")).isSameAs(held);
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void whoMayNotWaitIsToldThatAnEntryIsBusy() {
    Entry<Object, String> held = store.holdOrReserve("a", false);

    assertThatThrownBy(() -> store.holdOrReserve("a", false)).isInstanceOf(BusyException.class);
    assertThatThrownBy(() -> store.hold("a", false)).isInstanceOf(BusyException.class);
    store.release(held);
    store.release(store.holdOrReserve("a", false));
    assertThat(store.find("a")).isNull();
  }

  // ------------------------------------------------------------------------------ broken keys

  @Test
  void aKeyWhoseHashCodeThrowsLeavesNothingBehind() {
    Rigged key = new Rigged(1, 1);
    key.broken = true;

    assertThatThrownBy(() -> store.find(key)).hasMessage("a broken key");
    assertThatThrownBy(() -> store.holdOrReserve(key, true)).hasMessage("a broken key");
    assertThat(scan()).isEmpty();
  }

  @Test
  void aHashCodeThatThrowsWhenAValueIsSetOrClearedChangesNeither() {
    Rigged key = new Rigged(1, 1);
    Entry<Object, String> held = store.holdOrReserve(key, true);
    key.broken = true;
    assertThatThrownBy(() -> store.set(held, "1", Entry.ETERNAL)).hasMessage("a broken key");
    assertThat(held.value()).isNull();
    key.broken = false;
    store.set(held, "1", Entry.ETERNAL);
    key.broken = true;
    assertThatThrownBy(() -> store.clear(held)).hasMessage("a broken key");
    assertThat(held.value()).isEqualTo("1");
    assertThat(store.size()).isEqualTo(1);
  }

  @Test
  void anErrorOfANeighboursHashCodeDuringGrowthLeavesNoReservation() {
    Object evil =
        new Object() {
          private int calls;

          @Override
          public int hashCode() {
            if (calls++ > 3) {
              throw new AssertionError("an evil key");
            }
            return 0;
          }
        };
    set(evil, "1", Entry.ETERNAL);
    List<Rigged> refused = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Rigged key = new Rigged(i, 0);
      try {
        set(key, "1", Entry.ETERNAL);
      } catch (AssertionError e) {
        refused.add(key);
      }
    }

    assertThat(refused).isNotEmpty();
    // whoever comes next must not wait for a thread that has long gone
    refused.forEach(key -> assertThat(store.hold(key, false)).isNull());
  }

  // ---------------------------------------------------------------------------------- stripes

  @Test
  void usualKeysAreSpreadOverStripesAndBuckets() {
    spread("sequential", i -> i);
    spread("sequential longs", i -> 1_000_000_000_000L + i);
    spread("doubles", i -> (double) i);
    spread("words", i -> "user:" + i);
    spread("long words", i -> "https://example.org/items/" + i + "?page=" + i % 7);
    spread("random", i -> i * 0x9E3779B97F4A7C15L ^ i >>> 3);
    for (int shift = 1; shift <= 14; shift++) {
      int stride = shift;
      spread("multiples of 2^" + shift, i -> i << stride);
      spread("longs, multiples of 2^" + (shift + 20), i -> (long) i << stride + 20);
    }
  }

  private void spread(String name, IntFunction<Object> keys) {
    int count = 16 * 1024;
    Store<Object, String> store = new Store<>(StoreClock.of(clock), Runnable::run);
    for (int i = 0; i < count; i++) {
      Entry<Object, String> entry = store.holdOrReserve(keys.apply(i), true);
      store.set(entry, "", Entry.ETERNAL);
      store.release(entry);
    }
    Map<Long, Integer> stripes = new TreeMap<>();
    int longest = 0;
    long cursor = 0;
    do {
      int[] met = {0};
      long stripe = cursor >>> 32;
      cursor = store.scan(cursor, entry -> met[0]++);
      stripes.merge(stripe, met[0], Integer::sum);
      longest = Math.max(longest, met[0]);
    } while (cursor != 0);
    assertThat(stripes).as(name).hasSize(16);
    assertThat(stripes.values()).as("%s: entries of the stripes", name).allMatch(n -> n < 4 * 1024);
    assertThat(longest).as("%s: the fullest bucket", name).isLessThan(129);
  }

  @Test
  void aScanMeetsStableEntriesOnceWhileStripesGrow() {
    for (int i = 0; i < 2_000; i++) {
      set(i, "1", Entry.ETERNAL);
    }
    List<Object> met = new ArrayList<>();
    long cursor = 0;
    int more = 2_000;
    do {
      cursor = store.scan(cursor, entry -> met.add(entry.key()));
      for (int i = 0; i < 5 && more < 10_000; i++) {
        set(more++, "1", Entry.ETERNAL);
      }
    } while (cursor != 0);

    assertThat(new HashSet<>(met)).hasSameSizeAs(met);
    assertThat(new HashSet<>(met)).containsAll(IntStream.range(0, 2_000).boxed().toList());
  }

  @Test
  void aScanAcceptsAnyCursor() {
    set("a", "1", Entry.ETERNAL);
    for (long cursor : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32, 77, 63L << 32}) {
      store.scan(cursor, entry -> {});
    }
  }

  // ---------------------------------------------------------------------------------- expiry

  @Test
  void aSweepRemovesWhatHasPassedAndTellsOnce() {
    store.feed().subscribe(recording());
    set("a", "1", 1_500);
    set("b", "2", Entry.explicit(2_000));
    set("c", "3", Entry.ETERNAL);

    store.sweep();
    assertThat(store.size()).isEqualTo(3);
    clock.set(1_500);
    store.sweep();
    assertThat(scan()).containsExactlyInAnyOrder("b", "c");
    assertThat(told).as("told by the executor, not by the sweep").isEmpty();
    clock.set(2_000);
    store.sweep();
    store.sweep();
    runBackground();

    assertThat(scan()).containsExactly("c");
    assertThat(store.size()).isEqualTo(1);
    assertThat(store.expirations()).isEqualTo(2);
    assertThat(told).extracting(Change::key).containsExactly("a", "b");
    assertThat(told).extracting(Change::cause).containsOnly(Change.Cause.EXPIRED);
    assertThat(told).extracting(Change::oldValue).containsExactly("1", "2");
    assertThat(told).extracting(Change::oldDeadline).containsExactly(1_500L, Entry.explicit(2_000));
  }

  @Test
  void whoIsToldOfAnExpiryMayWaitForAnotherSweep() {
    Store<Object, String> telling = new Store<>(StoreClock.of(clock), Runnable::run);
    telling.close();
    Entry<Object, String> held = telling.holdOrReserve("a", true);
    telling.set(held, "1", 1_500);
    telling.release(held);
    telling
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<Object, String> change) {
                Together.run(telling::sweep);
                told.add(change);
              }
            });
    clock.set(1_500);
    telling.sweep();

    assertThat(told).extracting(Change::key).containsExactly("a");
  }

  @Test
  void aBusyEntryIsSweptLater() {
    set("a", "1", 1_500);
    Entry<Object, String> held = store.hold("a", true);
    clock.set(1_500);
    store.sweep();
    assertThat(store.find("a").value()).isEqualTo("1");
    store.release(held);
    store.sweep();

    assertThat(store.find("a")).isNull();
  }

  @Test
  void aDeadlineMovedByAReaderIsSweptWhenItPasses() {
    set("later", "1", 1_500);
    set("sooner", "1", 9_000);
    store.touch(store.find("later"), 1_500, 3_000);
    store.touch(store.find("sooner"), 9_000, 2_000);
    clock.set(2_000);
    store.sweep();
    assertThat(scan()).containsExactly("later");
    clock.set(3_000);
    store.sweep();

    assertThat(scan()).isEmpty();
  }

  @Test
  void aSweepThatFailsIsDoneAgain() {
    Store<Object, String> store = new Store<>(StoreClock.of(clock), Runnable::run);
    store.close();
    store.feed().subscribe(throwing(new IllegalStateException("no subscriber")));
    for (int i = 0; i < 3; i++) { // all in one stripe, of which a sweep then leaves some
      Entry<Object, String> entry = store.holdOrReserve(new Rigged(i, 0), true);
      store.set(entry, "1", 1_500);
      store.release(entry);
    }
    clock.set(1_500);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(store::sweep).hasMessage("no subscriber");
    }
    store.sweep();

    assertThat(store.size()).isZero();
  }

  @Test
  void anExpiryIsToldEvenIfTheExecutorRefuses() {
    Store<Object, String> store =
        new Store<>(
            StoreClock.of(clock),
            task -> {
              throw new RejectedExecutionException("too much to do");
            });
    store.close();
    store.feed().subscribe(recording());
    Entry<Object, String> entry = store.holdOrReserve("a", true);
    store.set(entry, "1", 1_500);
    store.release(entry);
    clock.set(1_500);
    store.sweep();

    assertThat(told).extracting(Change::key).containsExactly("a");
  }

  @Test
  void aTouchOfTheOldValueNeverReachesTheNewOnesDeadline() {
    set("a", "1", 2_000);
    Entry<Object, String> entry = store.find("a");
    long seen = entry.deadline(); // a reader stops here
    set("a", "2", 3_000);
    store.touch(entry, seen, 2_500);

    assertThat(entry.deadline()).isEqualTo(3_000);
  }

  @Test
  void aTouchKeepsAnEntryFromBeingClearedAndAClearFromBeingTouched() {
    set("a", "1", 2_000);
    Entry<Object, String> held = store.hold("a", true);
    clock.set(2_000);
    assertThat(store.clearIfPassed(held)).isTrue();
    store.touch(held, 2_000, 9_000);
    assertThat(held.deadline()).isLessThan(9_000);
    store.release(held);

    set("a", "1", 3_000);
    held = store.hold("a", true);
    store.touch(held, 3_000, 9_000);
    clock.set(3_000);
    assertThat(store.clearIfPassed(held)).isFalse();
    store.release(held);
    assertThat(store.find("a").value()).isEqualTo("1");
  }

  // ---------------------------------------------------------------------------------------------

  private void set(Object key, String value, long deadline) {
    Entry<Object, String> held = store.holdOrReserve(key, true);
    store.set(held, value, deadline);
    store.release(held);
  }

  private List<Object> scan() {
    List<Object> keys = new ArrayList<>();
    long cursor = 0;
    do {
      cursor =
          store.scan(
              cursor,
              entry -> {
                if (entry.value() != null) {
                  keys.add(entry.key());
                }
              });
    } while (cursor != 0);
    return keys;
  }

  private void runBackground() {
    for (Runnable task = background.poll(); task != null; task = background.poll()) {
      task.run();
    }
  }

  private Subscriber<Object, String> recording() {
    return new Subscriber<>() {
      @Override
      public void delivered(Change<Object, String> change) {
        told.add(change);
      }
    };
  }

  private static Subscriber<Object, String> throwing(RuntimeException failure) {
    return new Subscriber<>() {
      @Override
      public void delivered(Change<Object, String> change) {
        throw failure;
      }
    };
  }
}
