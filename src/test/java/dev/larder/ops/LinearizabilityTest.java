package dev.larder.ops;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import dev.larder.store.Entry;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Operations of two or three threads on two keys, in interleavings chosen by Lincheck, always have
 * results that some order of them one after another could have had.
 */
class LinearizabilityTest {

  @Test
  void operationsOnCollidingKeysAreLinearizable() {
    check(Colliding.class, 3, 100);
  }

  @Test
  void operationsDuringGrowthAreLinearizable() {
    check(Growing.class, 3, 100);
  }

  @Test
  @Tag("soak")
  void operationsOnCollidingKeysAreLinearizableForLong() {
    check(Colliding.class, 6, 300);
  }

  @Test
  @Tag("soak")
  void operationsDuringGrowthAreLinearizableForLong() {
    check(Growing.class, 6, 300);
  }

  @Test
  void touchesWritesAndExpiryAreLinearizable() {
    check(Expiring.class, OneDeadline.class, 3, 100);
  }

  @Test
  @Tag("soak")
  void touchesWritesAndExpiryAreLinearizableForLong() {
    check(Expiring.class, OneDeadline.class, 6, 300);
  }

  private static void check(Class<?> operations, int scenarios, int interleavings) {
    check(operations, OneMap.class, scenarios, interleavings);
  }

  private static void check(Class<?> operations, Class<?> model, int scenarios, int interleavings) {
    new ModelCheckingOptions()
        .iterations(scenarios)
        .invocationsPerIteration(interleavings)
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)
        .sequentialSpecification(model)
        .addGuarantee(
            forClasses(Operations.class.getName(), Expiring.class.getName())
                .methods("open", "fill")
                .ignore())
        .check(operations);
  }

  /** What the operations would do one after another. */
  public static final class OneMap {
    private final Map<Integer, Integer> map = new HashMap<>();

    public @Nullable Integer get(int id) {
      return map.get(id);
    }

    public @Nullable Integer put(int id, int value) {
      return map.put(id, value);
    }

    public boolean putIfAbsent(int id, int value) {
      return map.putIfAbsent(id, value) == null;
    }

    public boolean replace(int id, int value) {
      return map.replace(id, value) != null;
    }

    public boolean remove(int id) {
      return map.remove(id) != null;
    }

    public int increment(int id) {
      return map.merge(id, 1, Integer::sum);
    }
  }

  /** A key whose hash code is chosen, so that keys meet in one bucket of one stripe. */
  static final class Key {
    private final int id;
    private final int hash;

    Key(int id, int hash) {
      this.id = id;
      this.hash = hash;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.id == id;
    }

    @Override
    public int hashCode() {
      return hash;
    }
  }

  /** The operations, on keys that differ in what they are next to. */
  abstract static class Operations {
    final EntryOperations<Key, Integer> entries = open();

    abstract Key key(int id);

    private static EntryOperations<Key, Integer> open() {
      Store<Key, Integer> store = new Store<>(StoreClock.of(() -> 0), Runnable::run);
      store.close(); // no thread but Lincheck's
      return new EntryOperations<>(store, new Rules<>() {}, new Statistics());
    }

    final void fill(int count, IntUnaryOperator hash) {
      for (int id = 3; id < 3 + count; id++) {
        Key key = new Key(id, hash.applyAsInt(id));
        entries.run(
            key,
            turn -> {
              turn.put(0);
              return null;
            });
      }
    }

    @Operation
    public @Nullable Integer get(@Param(gen = IntGen.class, conf = "1:2") int id) {
      return entries.get(key(id));
    }

    @Operation
    public @Nullable Integer put(@Param(gen = IntGen.class, conf = "1:2") int id, int value) {
      return entries.run(
          key(id),
          turn -> {
            Integer old = turn.value();
            turn.put(value);
            return old;
          });
    }

    @Operation
    public boolean putIfAbsent(@Param(gen = IntGen.class, conf = "1:2") int id, int value) {
      return entries.run(
          key(id),
          turn -> {
            if (turn.isPresent()) {
              return false;
            }
            turn.put(value);
            return true;
          });
    }

    @Operation
    public boolean replace(@Param(gen = IntGen.class, conf = "1:2") int id, int value) {
      return entries.runIfPresent(
          key(id),
          turn -> {
            if (!turn.isPresent()) {
              return false;
            }
            turn.put(value);
            return true;
          });
    }

    @Operation
    public boolean remove(@Param(gen = IntGen.class, conf = "1:2") int id) {
      return entries.runIfPresent(
          key(id),
          turn -> {
            turn.remove();
            return turn.isPresent();
          });
    }

    @Operation
    public int increment(@Param(gen = IntGen.class, conf = "1:2") int id) {
      return entries.run(
          key(id),
          turn -> {
            int sum = 1 + (turn.isPresent() ? turn.value() : 0);
            turn.modify(sum, "incrby");
            return sum;
          });
    }
  }

  /** All in one chain, where unlinking one is under the feet of who looks for another. */
  public static final class Colliding extends Operations {
    public Colliding() {
      fill(5, id -> 0); // and so many that a few more do not make the stripe grow
    }

    @Override
    Key key(int id) {
      return new Key(id, 0);
    }
  }

  /** In different buckets of a stripe that is just full: the first new key makes it grow. */
  public static final class Growing extends Operations {
    private static final int[] HASHES = OneStripe.hashes(8);

    public Growing() {
      fill(2, id -> HASHES[id]);
    }

    @Override
    Key key(int id) {
      return new Key(id, HASHES[id]);
    }
  }

  /**
   * One entry whose readers and writers move its deadline far away, unless it was set explicitly to
   * 1,040; and a clock that a thread moves by 30. What is not looked at is how far away: a read
   * beside a write need not count as an access.
   */
  public static final class Expiring {
    private final HandClock clock = new HandClock(1_000);
    private final EntryOperations<Integer, Integer> entries = open(clock);

    private static EntryOperations<Integer, Integer> open(HandClock clock) {
      Store<Integer, Integer> store = new Store<>(StoreClock.of(clock), Runnable::run);
      store.close(); // no thread but Lincheck's
      Rules<Integer, Integer> rules =
          new Rules<>() {
            @Override
            public long creationLifetime() {
              return 1_000_000;
            }

            @Override
            public long updateLifetime() {
              return 1_000_000;
            }

            @Override
            public long accessLifetime() {
              return 2_000_000;
            }

            @Override
            public boolean movesOnAccess() {
              return true;
            }
          };
      return new EntryOperations<>(store, rules, new Statistics());
    }

    @Operation
    public @Nullable Integer get() {
      return entries.get(1);
    }

    @Operation
    public void put(int value) {
      entries.run(
          1,
          turn -> {
            turn.put(value);
            return null;
          });
    }

    @Operation
    public boolean expire() {
      return entries.runIfPresent(
          1,
          turn -> {
            turn.expire(Deadline.at(1_040), "expire");
            return turn.isPresent();
          });
    }

    @Operation
    public boolean isExplicit() {
      return entries.runIfPresent(1, turn -> Entry.isExplicit(turn.deadline()));
    }

    @Operation(nonParallelGroup = "clock")
    public void wait30() {
      clock.set(clock.millis() + 30);
    }
  }

  /** What those would do one after another. */
  public static final class OneDeadline {
    private long now = 1_000;
    private @Nullable Integer value;
    private boolean explicit;

    public @Nullable Integer get() {
      if (explicit && now >= 1_040) {
        value = null;
        explicit = false;
      }
      return value;
    }

    public void put(int value) {
      this.value = value;
      explicit = false;
    }

    public boolean expire() {
      explicit = get() != null;
      return explicit;
    }

    public boolean isExplicit() {
      return get() != null && explicit;
    }

    public void wait30() {
      now += 30;
    }
  }
}
