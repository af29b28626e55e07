package dev.larder.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.store.Change;
import dev.larder.store.Entry;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import dev.larder.store.Subscriber;
import dev.larder.store.Together;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Threads that do operations on the same keys for a second or so. */
class OperationsStressTest {
  private static final long MILLIS = 1_000;

  private final HandClock clock = new HandClock(1_000_000);

  @Test
  void aMissingKeyIsLoadedOnceAndEverybodyGetsIt() {
    AtomicInteger loads = new AtomicInteger();
    EntryOperations<Integer, String> entries =
        open(
            new Rules<>() {
              @Override
              public boolean readsThrough() {
                return true;
              }

              @Override
              public String load(Integer key) {
                loads.incrementAndGet();
                Thread.yield();
                return "loaded " + key;
              }
            });
    Together.Task reader =
        () -> {
          for (int key = 0; key < 1_000; key++) {
            assertThat(entries.get(key)).isEqualTo("loaded " + key);
          }
        };
    Together.Task[] readers = new Together.Task[8];
    Arrays.fill(readers, reader);
    Together.run(readers);

    assertThat(loads).hasValue(1_000);
    assertThat(entries.store().size()).isEqualTo(1_000);
  }

  @Test
  void aLoaderThatFindsNothingIsAskedAgainAndKeepsNobodyWaiting() {
    EntryOperations<Integer, String> entries =
        open(
            new Rules<>() {
              @Override
              public boolean readsThrough() {
                return true;
              }

              @Override
              public @Nullable String load(Integer key) {
                Thread.yield();
                return null;
              }
            });
    Together.Task reader =
        () -> {
          for (int i = 0; i < 2_000; i++) {
            assertThat(entries.get(1)).isNull();
          }
        };
    Together.run(reader, reader, reader, reader, reader, reader, reader, reader);
    assertThat(entries.store().find(1)).isNull();
  }

  /** Each change begins where the one before it ended, in the telling and in the taking note. */
  @Test
  void changesOfAKeyAreToldInOrderWithNoneLostOrDoubled() {
    EntryOperations<Integer, Integer> entries = open(new Rules<>() {});
    Map<Integer, List<Change<Integer, Integer>>> told = new ConcurrentHashMap<>();
    Map<Integer, List<Change<Integer, Integer>>> noted = new ConcurrentHashMap<>();
    AtomicInteger telling = new AtomicInteger();
    AtomicBoolean both = new AtomicBoolean();
    entries
        .store()
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void recorded(Change<Integer, Integer> change) {
                add(noted, change);
              }

              @Override
              public void delivered(Change<Integer, Integer> change) {
                if (change.key() == 0) {
                  both.compareAndSet(false, telling.incrementAndGet() > 1);
                }
                add(told, change);
                if (change.key() == 0) {
                  telling.decrementAndGet();
                }
              }
            });
    AtomicInteger values = new AtomicInteger();
    AtomicInteger changes = new AtomicInteger();
    long end = System.nanoTime() + MILLIS * 1_000_000;
    Together.Task writer =
        () -> {
          Random random = new Random();
          while (System.nanoTime() < end) {
            int key = random.nextInt(3);
            if (random.nextInt(3) != 0) {
              put(entries, key, values.incrementAndGet());
              changes.incrementAndGet();
            } else {
              entries.runIfPresent(
                  key,
                  turn -> {
                    if (turn.isPresent()) {
                      turn.remove();
                      changes.incrementAndGet();
                    }
                    return null;
                  });
            }
          }
        };
    Together.run(writer, writer, writer, writer);

    assertThat(both).as("two changes of one key told at once").isFalse();
    int count = 0;
    for (int key = 0; key < 3; key++) {
      assertThat(told.get(key)).as("told as noted").isEqualTo(noted.get(key));
      Integer before = null;
      for (Change<Integer, Integer> change : told.get(key)) {
        assertThat(change.oldValue()).isEqualTo(before);
        before = change.newValue();
        count++;
      }
      Entry<Integer, Integer> entry = entries.store().find(key);
      assertThat(entry == null ? null : entry.value()).isEqualTo(before);
    }
    assertThat(count).isEqualTo(changes.get());
  }

  private static void add(
      Map<Integer, List<Change<Integer, Integer>>> map, Change<Integer, Integer> change) {
    map.computeIfAbsent(change.key(), key -> Collections.synchronizedList(new ArrayList<>()))
        .add(change);
  }

  /**
   * Values carry the deadline that they were put with; readers of the value before move it by
   * little. A deadline far off then belongs to a value of long life, and none of those may die
   * early.
   */
  @Test
  void noReaderOfAnOldValueMovesTheDeadlineOfANewOne() {
    long brief = 1_000;
    long lasting = 1_000_000;
    AtomicLong lifetime = new AtomicLong(brief);
    EntryOperations<Integer, Integer> entries =
        open(
            new Rules<>() {
              @Override
              public long creationLifetime() {
                return lifetime.get();
              }

              @Override
              public long updateLifetime() {
                return lifetime.get();
              }

              @Override
              public long accessLifetime() {
                Thread.yield(); // a slow reader: it has seen deadline and value
                return brief / 2;
              }

              @Override
              public boolean movesOnAccess() {
                return true;
              }
            });
    AtomicBoolean over = new AtomicBoolean();
    Together.Task reader =
        () -> {
          while (!over.get()) {
            entries.get(1);
          }
        };
    Together.run(
        reader,
        reader,
        () -> {
          long end = System.nanoTime() + MILLIS * 1_000_000;
          try {
            while (System.nanoTime() < end) {
              clock.set(clock.millis() + 1);
              lifetime.set(brief);
              put(entries, 1, 1);
              Thread.yield();
              // explicit, so that its own readers leave it alone
              long until = clock.millis() + lasting;
              entries.run(
                  1,
                  turn -> {
                    turn.set(2, Deadline.at(until));
                    return null;
                  });
              for (int i = 0; i < 3; i++) {
                assertThat(entries.store().find(1).deadline()).isEqualTo(Entry.explicit(until));
                Thread.yield();
              }
            }
          } finally {
            over.set(true);
          }
        });
  }

  /**
   * With a clock that moves while it runs, each value put is either there, replaced, removed or
   * expired.
   */
  @Test
  void everyValueEndsOnceByReplacementRemovalOrExpiry() {
    EntryOperations<Integer, Integer> entries =
        open(
            new Rules<>() {
              @Override
              public long creationLifetime() {
                return 3;
              }

              @Override
              public long accessLifetime() {
                return 2;
              }

              @Override
              public boolean movesOnAccess() {
                return true;
              }
            });
    Map<Integer, List<Change<Integer, Integer>>> told = new ConcurrentHashMap<>();
    entries
        .store()
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<Integer, Integer> change) {
                add(told, change);
              }
            });
    AtomicInteger values = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    long end = System.nanoTime() + MILLIS * 1_000_000;
    Together.Task worker =
        () -> {
          Random random = new Random();
          while (System.nanoTime() < end) {
            int key = random.nextInt(2);
            switch (random.nextInt(4)) {
              case 0 -> put(entries, key, values.incrementAndGet());
              case 1 -> entries.get(key);
              case 2 -> entries.contains(key);
              default -> entries.store().sweep();
            }
          }
          over.set(true);
        };
    Together.run(
        worker,
        worker,
        worker,
        () -> {
          while (!over.get()) {
            clock.set(clock.millis() + 1);
            Thread.yield();
          }
        });
    clock.set(clock.millis() + 1_000_000);
    entries.store().sweep();

    assertThat(entries.store().size()).isZero();
    int expired = 0;
    for (List<Change<Integer, Integer>> changes : told.values()) {
      Integer before = null;
      for (Change<Integer, Integer> change : changes) {
        assertThat(change.oldValue()).isEqualTo(before);
        before = change.newValue();
        expired += change.cause() == Change.Cause.EXPIRED ? 1 : 0;
      }
      assertThat(before).isNull();
    }
    assertThat(entries.store().expirations()).isEqualTo(expired);
    assertThat(expired).isPositive();
  }

  private static <V> void put(EntryOperations<Integer, V> entries, int key, V value) {
    entries.run(
        key,
        turn -> {
          turn.put(value);
          return null;
        });
  }

  private <V> EntryOperations<Integer, V> open(Rules<Integer, V> rules) {
    Store<Integer, V> store = new Store<>(StoreClock.of(clock), Runnable::run);
    store.close(); // no sweeps but the test's
    return new EntryOperations<>(store, rules, new Statistics());
  }
}
