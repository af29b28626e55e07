package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.store.Bound.Unit;
import dev.larder.store.Bound.Victim;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Bounds where something fails, ends or is held in the midst of it. */
final class BoundFailureTest {
  private static final class Key {
    boolean broken;

    @Override
    public int hashCode() {
      if (broken) {
        throw new IllegalStateException("this key has no hash");
      }
      return super.hashCode();
    }
  }

  private static <K, V> Store<K, V> store() {
    Store<K, V> store = new Store<>(StoreClock.of(new HandClock(1_000)), Runnable::run);
    store.close(); // no sweeps
    return store;
  }

  private static <K, V> void put(Store<K, V> store, K key, V value) {
    Entry<K, V> held = store.holdOrReserve(key, true);
    store.set(held, value, Entry.ETERNAL);
    store.release(held);
  }

  @Test
  void boundHoldsForTheOthersWhileOneThatIsTooHeavyIsBusy() {
    Store<Integer, String> store = store();
    Bound bound = new Bound(Unit.BYTES, 100);
    store.bound(bound, (key, value) -> value.length());
    Entry<Integer, String> busy = store.holdOrReserve(0, true);
    store.set(busy, "a".repeat(101), Entry.ETERNAL);
    put(store, 1, "b".repeat(40));
    put(store, 2, "b".repeat(40));
    assertThat(store.size()).as("nobody leaves for its sake").isEqualTo(3);
    for (int i = 3; i < 100; i++) {
      put(store, i, "b".repeat(40));
      assertThat(bound.weight()).isLessThanOrEqualTo(100 + 101);
    }
    store.release(busy);
    assertThat(bound.weight()).isBetween(1L, 100L);
    assertThat(store.find(0)).isNull();
  }

  @Test
  void victimWithoutAHashHarmsNobodyElse() {
    Store<Key, String> store = store();
    Bound bound = new Bound(Unit.ENTRIES, 3);
    store.bound(bound, null);
    Key broken = new Key();
    put(store, broken, "v");
    put(store, new Key(), "v");
    broken.broken = true;
    for (int i = 0; i < 100; i++) {
      put(store, new Key(), "v");
      assertThat(bound.weight()).isEqualTo(Math.min(i + 3, 3));
    }
  }

  @Test
  void victimWithoutAHashLeavesNoStoreClosed() {
    Store<Key, String> store = store();
    Store<Key, String> other = store();
    store.bound(new Bound(Unit.ENTRIES, 1), null);
    Key broken = new Key();
    Filling<Key, String> filling = new Filling<>(store);
    Store.alone(
        List.of(store, other),
        () -> {
          filling.put(broken, "v", Entry.ETERNAL);
          filling.put(new Key(), "v", Entry.ETERNAL);
          broken.broken = true;
        });
    assertThat(store.isOpenToMe()).isTrue();
    Together.run(() -> put(other, new Key(), "v"));
  }

  @Test
  @SuppressWarnings("unchecked")
  void victimThatCannotBeWrittenDownIsGoneAndCountsNoMore() {
    Store<Integer, String> store = store();
    Bound bound = new Bound(Unit.ENTRIES, 3);
    store.bound(bound, null);
    store.keeper(
        (Keeper<Integer, String>)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Keeper.class},
                (keeper, method, arguments) -> {
                  throw new IllegalStateException("no " + method.getName());
                }));
    for (int i = 0; i < 10; i++) {
      put(store, i, "v");
      assertThat(bound.weight()).isEqualTo(store.size()).isLessThanOrEqualTo(3);
    }
  }

  @Test
  void nobodyLeavesAStoreInWhichOneThreadIsAlone() {
    Store<Integer, String> store = store();
    Store<Integer, String> other = store();
    Bound bound = new Bound(Unit.ENTRIES, 10);
    store.bound(bound, null);
    other.bound(bound, null);
    for (int i = 0; i < 10; i++) {
      put(store, i, "v");
    }
    Store.alone(
        List.of(store),
        () -> {
          put(other, 1, "v");
          assertThat(store.size()).isEqualTo(10);
        });
    put(store, 11, "v");
    assertThat(bound.weight()).isEqualTo(10);
  }

  @Test
  void weigherThatFailsLeavesABoundThatHoldsForWhatComes() {
    Store<Integer, String> store = store();
    for (int i = 0; i < 10; i++) {
      put(store, i, "v");
    }
    Bound bound = new Bound(Unit.BYTES, 100);
    AtomicBoolean fails = new AtomicBoolean(true);
    assertThatThrownBy(
            () ->
                store.bound(
                    bound,
                    (key, value) -> {
                      if (fails.get() && key == 5) {
                        throw new IllegalStateException("no weight");
                      }
                      return value.length();
                    }))
        .hasMessage("no weight");
    fails.set(false);
    for (int i = 0; i < 1_000; i++) {
      put(store, i, "v");
    }
    assertThat(store.size()).isEqualTo(100);
    assertThat(bound.weight()).isEqualTo(100);
    store.bound(null, null);
    assertThat(bound.weight()).isZero();
  }

  @Test
  void storeThatIsDiscardedMeanwhileStaysUnknownToTheBound() {
    Store<Integer, String> store = store();
    Bound bound = new Bound(Unit.ENTRIES, 10);
    put(store, 1, "v");
    store.discard();
    store.bound(bound, null);
    assertThat(bound.stores()).isZero();
  }

  @Test
  void whoWritesWhileMuchLeavesHelpsALittleOnly() {
    Store<Integer, String> store = store();
    for (int i = 0; i < 5_000; i++) {
      put(store, i, "v");
    }
    Map<Thread, Integer> evictedBy = new ConcurrentHashMap<>();
    AtomicBoolean began = new AtomicBoolean();
    List<Thread> writers = new ArrayList<>();
    store
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<Integer, String> change) {
                evictedBy.merge(
                    Thread.currentThread(), change.newValue() == null ? 1 : 0, Integer::sum);
                if (began.compareAndSet(false, true)) {
                  Together.run(
                      () -> {
                        writers.add(Thread.currentThread());
                        put(store, 10_000, "v");
                      });
                }
              }
            });
    store.bound(new Bound(Unit.ENTRIES, 10), null);
    assertThat(store.size()).isEqualTo(10);
    assertThat(evictedBy.get(writers.get(0))).isBetween(1, 100);
  }

  @Test
  void lastStoreMayGoWhileSomebodyMakesRoom() {
    Bound bound = new Bound(Unit.ENTRIES, 0);
    Store<Integer, String> store = store();
    bound.count(1); // there is always too much
    AtomicBoolean over = new AtomicBoolean();
    Together.run(
        () -> {
          while (!over.get()) {
            bound.makeRoom();
          }
        },
        () -> {
          for (int i = 0; i < 100_000; i++) {
            new Evictor<>(store, bound, null).close();
          }
          over.set(true);
        });
    assertThat(bound.stores()).isZero();
  }

  @Test
  void boundThatIsSetAnewWhileVictimsAreBusyCountsAllOnce() {
    Store<Integer, Integer> store = store();
    for (int i = 1_000; i < 3_000; i++) {
      put(store, i, 0); // only to be looked at
    }
    AtomicBoolean over = new AtomicBoolean();
    Together.Task writer =
        () -> {
          for (int i = 0; !over.get(); i++) {
            Entry<Integer, Integer> held = store.holdOrReserve(i % 8, true);
            store.set(held, 1 + i % 7, 5_000);
            store.release(held);
          }
        };
    Together.run(
        writer,
        writer,
        writer,
        () -> {
          for (int i = 0; i < 1_000; i++) {
            store.bound(new Bound(Unit.BYTES, 3, Victim.RANDOM, true), (key, value) -> value);
          }
          over.set(true);
        });
    long[] sum = {0};
    long cursor = 0;
    do {
      cursor = store.scan(cursor, entry -> sum[0] += entry.value());
    } while (cursor != 0);
    assertThat(store.weight()).hasValue(sum[0]);
    store.bound().limit(-1);
    assertThat(store.timed()).isZero();
  }
}
