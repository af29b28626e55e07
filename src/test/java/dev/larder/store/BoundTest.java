package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.store.Bound.Unit;
import dev.larder.store.Bound.Victim;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How much there may be in stores, seen by one thread. */
final class BoundTest {
  private final HandClock clock = new HandClock(1_000);
  private final Store<Integer, String> store = store();
  private final List<String> events = new ArrayList<>();

  private Store<Integer, String> store() {
    Store<Integer, String> store = new Store<>(StoreClock.of(clock), Runnable::run);
    store.close(); // no sweeps but the test's
    return store;
  }

  private static void put(Store<Integer, String> store, int key, String value, long deadline) {
    Entry<Integer, String> held = store.holdOrReserve(key, true);
    store.set(held, value, deadline);
    store.release(held);
  }

  private void put(int key, String value) {
    put(store, key, value, Entry.ETERNAL);
  }

  private static void remove(Store<Integer, String> store, int key) {
    Entry<Integer, String> held = store.hold(key, true);
    store.clear(held);
    store.release(held);
  }

  private static Set<Integer> keys(Store<Integer, String> store) {
    Set<Integer> keys = new TreeSet<>();
    long cursor = 0;
    do {
      cursor = store.scan(cursor, entry -> keys.add(entry.key()));
    } while (cursor != 0);
    return keys;
  }

  private void watch() {
    store
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<Integer, String> change) {
                events.add(change.event() + " " + change.key() + "=" + change.oldValue());
              }
            });
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void thereAreNeverMoreEntriesThanAllowed(Victim victim) {
    store.bound(new Bound(Unit.ENTRIES, 10, victim, false), null);
    for (int i = 0; i < 1_000; i++) {
      put(i % 37, "v" + i);
      assertThat(store.size()).isEqualTo(Math.min(i + 1, 10));
      assertThat(store.bound().weight()).isEqualTo(store.size());
    }
    assertThat(keys(store)).hasSize(10);
    assertThat(store.evictions()).isGreaterThan(100);
  }

  @Test
  void boundOfOneHoldsTheLast() {
    store.bound(new Bound(Unit.ENTRIES, 1), null);
    for (int i = 0; i < 10; i++) {
      put(i, "v");
      assertThat(store.size()).isEqualTo(1);
    }
  }

  @Test
  void weightFollowsTheValuesAsTheyChange() {
    Bound bound = new Bound(Unit.BYTES, 100);
    store.bound(bound, (key, value) -> value.length());
    put(1, "a".repeat(40));
    put(2, "b".repeat(40));
    put(1, "a".repeat(10));
    assertThat(bound.weight()).isEqualTo(50);
    remove(store, 2);
    assertThat(bound.weight()).isEqualTo(10);
    put(3, "");
    put(1, "a".repeat(100));
    assertThat(bound.weight()).isEqualTo(100);
    assertThat(store.evictions()).isZero();
    put(3, "c");
    assertThat(bound.weight()).isLessThanOrEqualTo(100);
    assertThat(store.evictions()).isEqualTo(1);
  }

  @Test
  void entryThatComesBackInPlaceIsCountedOnce() {
    Bound bound = new Bound(Unit.BYTES, 100);
    store.bound(bound, (key, value) -> value.length());
    put(1, "a".repeat(40));
    Entry<Integer, String> held = store.hold(1, true);
    store.clear(held);
    store.set(held, "bb", Entry.ETERNAL);
    store.release(held);
    assertThat(bound.weight()).isEqualTo(2);
    remove(store, 1);
    assertThat(bound.weight()).isZero();
  }

  @Test
  void entryHeavierThanTheBoundLeavesAtOnceAndNobodyElseDoes() {
    Bound bound = new Bound(Unit.BYTES, 100);
    store.bound(bound, (key, value) -> value.length());
    put(1, "a".repeat(40));
    put(2, "b".repeat(40));
    put(3, "c".repeat(101));
    assertThat(keys(store)).containsExactly(1, 2);
    put(2, "b".repeat(200)); // also one that has become so
    assertThat(keys(store)).containsExactly(1);
    assertThat(bound.weight()).isEqualTo(40);
  }

  @Test
  void entryThatSomebodyHoldsStaysAndLeavesLater() {
    Bound bound = new Bound(Unit.ENTRIES, 2, Victim.SECOND_CHANCE, false);
    store.bound(bound, null);
    put(1, "v");
    put(2, "v");
    Entry<Integer, String> first = store.hold(1, true);
    Entry<Integer, String> second = store.hold(2, true);
    put(3, "v");
    assertThat(keys(store)).as("the others are held").containsExactly(1, 2);
    Entry<Integer, String> third = store.holdOrReserve(3, true);
    store.set(third, "v", Entry.ETERNAL);
    store.release(second);
    assertThat(keys(store)).as("who lets go makes room").containsExactly(1, 3);
    store.release(third);
    store.release(first);
    assertThat(bound.weight()).isEqualTo(2);
  }

  @Test
  void whatHasExpiredCountsAsExpiredWhenItIsMet() {
    watch();
    store.bound(new Bound(Unit.ENTRIES, 1), null);
    put(store, 1, "a", 1_500);
    clock.set(1_500);
    put(2, "b");
    assertThat(events).containsExactly("expired 1=a");
    assertThat(store.expirations()).isEqualTo(1);
    assertThat(store.evictions()).isZero();
    put(3, "c");
    assertThat(events).hasSize(2).last().asString().startsWith("evicted ");
    assertThat(store.evictions()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void whereOnlyThoseWithADeadlineLeaveTheOthersStay(Victim victim) {
    Bound bound = new Bound(Unit.ENTRIES, 4, victim, true);
    store.bound(bound, null);
    put(1, "eternal");
    put(2, "eternal");
    put(store, 3, "timed", 5_000);
    put(store, 4, "timed", 6_000);
    put(store, 5, "timed", 4_000);
    assertThat(keys(store)).hasSize(4).contains(1, 2);
    put(6, "eternal");
    put(7, "eternal");
    assertThat(keys(store)).containsExactly(1, 2, 6, 7);
    assertThat(bound.refuses()).as("there is room for all that are there").isFalse();
    put(8, "eternal");
    assertThat(bound.refuses()).isTrue();
    Entry<Integer, String> held = store.hold(6, true);
    store.setDeadline(held, 9_000);
    store.release(held);
    assertThat(keys(store)).as("one that may leave from now on").containsExactly(1, 2, 7, 8);
    assertThat(bound.refuses()).isFalse();
  }

  @Test
  void deadlineThatComesAndGoesLeavesTheEntryInItsPlaceOnce() {
    Bound bound = new Bound(Unit.ENTRIES, 2, Victim.RANDOM, true);
    store.bound(bound, null);
    put(1, "v");
    put(2, "v");
    for (int i = 0; i < 100; i++) {
      Entry<Integer, String> held = store.hold(1, true);
      store.setDeadline(held, 5_000);
      store.setDeadline(held, Entry.ETERNAL);
      store.release(held);
    }
    put(3, "v");
    assertThat(keys(store)).containsExactly(1, 2, 3);
    assertThat(bound.refuses()).isTrue();
    assertThat(bound.weight()).isEqualTo(3);
  }

  @Test
  void soonestToExpireLeavesFirst() {
    store.bound(new Bound(Unit.ENTRIES, 3, Victim.EARLIEST, true), null);
    put(store, 1, "v", 3_000);
    put(store, 2, "v", 2_000);
    put(store, 3, "v", 5_000);
    put(store, 4, "v", 4_000);
    assertThat(keys(store)).containsExactly(1, 3, 4);
    put(store, 5, "v", 9_000);
    assertThat(keys(store)).containsExactly(3, 4, 5);
  }

  @Test
  void nobodyLeavesWhereNobodyIsToAndWhatIsTooMuchIsRefused() {
    Bound bound = new Bound(Unit.ENTRIES, 2, Victim.NONE, false);
    store.bound(bound, null);
    put(1, "v");
    put(2, "v");
    assertThat(bound.refuses()).isFalse();
    put(3, "v");
    assertThat(bound.refuses()).isTrue();
    remove(store, 1);
    assertThat(bound.refuses()).isFalse();
    bound.limit(0);
    put(4, "heavier than the bound");
    assertThat(keys(store)).containsExactly(2, 3, 4);
  }

  @Test
  void storesThatShareABoundLoseInProportion() {
    Store<Integer, String> other = store();
    Bound bound = new Bound(Unit.ENTRIES, 1_000);
    store.bound(bound, null);
    other.bound(bound, null);
    for (int i = 0; i < 300; i++) {
      put(other, i, "v", Entry.ETERNAL);
    }
    for (int i = 0; i < 2_000; i++) {
      put(i, "v");
    }
    assertThat(store.size() + other.size()).isEqualTo(1_000);
    assertThat(other.size()).isBetween(1L, 299L);
    other.discard();
    assertThat(bound.weight()).isEqualTo(store.size());
  }

  @Test
  void boundCanBeSetLoweredAndLiftedInUse() {
    for (int i = 0; i < 100; i++) {
      put(i, "v");
    }
    Bound bound = new Bound(Unit.ENTRIES, 50);
    store.bound(bound, null);
    assertThat(store.size()).isEqualTo(50);
    bound.limit(20);
    assertThat(store.size()).isEqualTo(20);
    Bound bytes = new Bound(Unit.BYTES, 10, Victim.SECOND_CHANCE, false);
    store.bound(bytes, (key, value) -> 2);
    assertThat(store.size()).isEqualTo(5);
    assertThat(bound.weight()).isZero();
    store.bound(null, null);
    assertThat(bytes.weight()).isZero();
    for (int i = 0; i < 100; i++) {
      put(i, "v");
    }
    assertThat(store.size()).isEqualTo(100);
  }

  @Test
  void discardedStoreCountsNothing() {
    Bound bound = new Bound(Unit.ENTRIES, 50);
    store.bound(bound, null);
    put(1, "v");
    Entry<Integer, String> held = store.holdOrReserve(2, true);
    store.discard();
    store.set(held, "v", Entry.ETERNAL);
    store.release(held);
    assertThat(bound.weight()).isZero();
  }
}
