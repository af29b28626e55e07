package dev.larder.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.BusyException;
import dev.larder.DeadlockException;
import dev.larder.ExpireCondition;
import dev.larder.SetResult;
import dev.larder.codec.Copier;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.store.Change;
import dev.larder.store.Entry;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import dev.larder.store.Subscriber;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EntryOperationsTest {
  private static final long NOW = 1_000_000;

  private final HandClock clock = new HandClock(NOW);
  private final TestRules rules = new TestRules();
  private final Store<String, String> store = new Store<>(StoreClock.of(clock), Runnable::run);
  private final Statistics statistics = new Statistics();
  private final EntryOperations<String, String> entries =
      new EntryOperations<>(store, rules, statistics);
  private final List<String> told = new ArrayList<>();

  EntryOperationsTest() {
    store.close(); // no sweeps
    statistics.enable(true);
    subscribe(change -> told.add(change.cause() + " " + change.event()));
  }

  /** Rules whose answers a test gives. */
  private static final class TestRules implements Rules<String, String> {
    long creation = ETERNAL;
    long update = KEEP;
    long access = KEEP;
    Runnable beforeAccess = () -> {};
    boolean writes;
    @Nullable String loaded;
    @Nullable RuntimeException failure;
    final List<String> written = new ArrayList<>();

    @Override
    public long creationLifetime() {
      return creation;
    }

    @Override
    public long updateLifetime() {
      return update;
    }

    @Override
    public long accessLifetime() {
      beforeAccess.run();
      return access;
    }

    @Override
    public boolean movesOnAccess() {
      return true;
    }

    @Override
    public boolean readsThrough() {
      return loaded != null || failure != null && !writes;
    }

    @Override
    public @Nullable String load(String key) {
      fail();
      return loaded;
    }

    @Override
    public boolean writesThrough() {
      return writes;
    }

    @Override
    public void write(String key, String value) {
      fail();
      written.add(key + "=" + value);
    }

    @Override
    public void delete(Object key) {
      fail();
      written.add("-" + key);
    }

    private void fail() {
      if (failure != null) {
        throw failure;
      }
    }
  }

  // ------------------------------------------------------------- where the deadline comes from

  @Test
  void aPutOfAnAbsentKeyAsksForTheLifetimeOfCreation() {
    rules.creation = 500;
    rules.update = 900;
    put("1");
    assertThat(deadline()).isEqualTo(NOW + 500);
  }

  @Test
  void aPutOfAPresentKeyAsksForTheLifetimeOfUpdateAndElseKeepsTheDeadline() {
    rules.creation = 500;
    put("1");
    put("2");
    assertThat(deadline()).isEqualTo(NOW + 500);
    rules.update = 900;
    put("3");
    assertThat(deadline()).isEqualTo(NOW + 900);
  }

  @Test
  void aSetClearsAnExplicitDeadlineAndAModifyOrSetKeepingDoesNot() {
    entries.run("k", turn -> decide(turn, () -> turn.set("1", Deadline.at(NOW + 50))));
    entries.run("k", turn -> decide(turn, () -> turn.modify("2", "append")));
    assertThat(deadline()).isEqualTo(Entry.explicit(NOW + 50));
    entries.run("k", turn -> decide(turn, () -> turn.setKeepingDeadline("3")));
    assertThat(deadline()).isEqualTo(Entry.explicit(NOW + 50));
    entries.run("k", turn -> decide(turn, () -> turn.set("4")));
    assertThat(deadline()).isEqualTo(Entry.ETERNAL);
  }

  @Test
  void aPutWithoutLifetimeOfUpdateKeepsAnExplicitDeadlineExplicit() {
    entries.run("k", turn -> decide(turn, () -> turn.set("1", Deadline.at(NOW + 50))));
    put("2");
    assertThat(deadline()).isEqualTo(Entry.explicit(NOW + 50));
    rules.update = 900;
    put("3");
    assertThat(deadline()).isEqualTo(NOW + 900);
  }

  @Test
  void aReadMovesTheDeadlineOfThePolicyAndNotAnExplicitOne() {
    rules.creation = 500;
    rules.access = 700;
    put("1");
    clock.set(NOW + 100);
    assertThat(entries.get("k")).isEqualTo("1");
    assertThat(deadline()).isEqualTo(NOW + 800);
    entries.run("k", turn -> decide(turn, () -> turn.expire(Deadline.at(NOW + 150), "expire")));
    assertThat(entries.get("k")).isEqualTo("1");
    assertThat(deadline()).isEqualTo(Entry.explicit(NOW + 150));
  }

  @Test
  void aReadOfAnEternalEntryGivesItADeadlineAndBackAgain() {
    rules.access = 700;
    put("1");
    entries.get("k");
    assertThat(deadline()).isEqualTo(NOW + 700);
    rules.access = Rules.ETERNAL;
    entries.get("k");
    assertThat(deadline()).isEqualTo(Entry.ETERNAL);
  }

  /** The policy is asked after a reader has seen value and deadline: time enough for a writer. */
  @Test
  void aReadOfTheOldValueLeavesTheDeadlineOfTheNewOneAlone() {
    for (long access : new long[] {700, 0, Rules.ETERNAL}) {
      for (long[] lifetimes : new long[][] {{Rules.ETERNAL, Rules.ETERNAL}, {500, 600}}) {
        rules.creation = lifetimes[0];
        rules.update = lifetimes[1];
        rules.access = access;
        rules.beforeAccess = () -> {};
        put("1");
        rules.beforeAccess = () -> put("2");

        assertThat(entries.get("k")).isEqualTo("1");
        assertThat(store.find("k").value()).isEqualTo("2");
        assertThat(deadline()).isEqualTo(entries.deadlineIn(lifetimes[1]));
        entries.runIfPresent("k", turn -> decide(turn, turn::remove));
      }
    }
  }

  @Test
  void aLifetimeOfZeroOnAccessMakesAReadTheLast() {
    rules.access = 0;
    put("1");
    told.clear();

    assertThat(entries.get("k")).isEqualTo("1");
    assertThat(entries.get("k")).isNull();
    assertThat(told).containsExactly("EXPIRED expired");
    assertThat(store.size()).isZero();
  }

  @Test
  void aLifetimeOfZeroOnCreationAddsNothing() {
    rules.creation = 0;
    put("1");

    assertThat(store.find("k")).isNull();
    assertThat(told).isEmpty();
    assertThat(statistics.puts()).isZero();
  }

  @Test
  void aLifetimeOfZeroOnUpdateUpdatesAndExpires() {
    put("1");
    rules.update = 0;
    told.clear();
    put("2");

    assertThat(store.find("k")).isNull();
    assertThat(told).containsExactly("UPDATED set", "EXPIRED expired");
  }

  @Test
  void anExpiryInThePastRemovesUnderTheNameOfARemoval() {
    put("1");
    told.clear();
    entries.run("k", turn -> decide(turn, () -> turn.expire(Deadline.at(NOW), "expire")));

    assertThat(store.find("k")).isNull();
    assertThat(told).containsExactly("EXPIRED del");
  }

  // --------------------------------------------------------------------------------- expiry

  @Test
  void anExpiredValueIsToldBeforeWhatTakesItsPlace() {
    rules.creation = 500;
    put("1");
    clock.set(NOW + 500);
    told.clear();
    put("2");

    assertThat(told).containsExactly("EXPIRED expired", "CREATED set");
    assertThat(store.size()).isEqualTo(1);
    assertThat(store.expirations()).isEqualTo(1);
    assertThat(deadline()).isEqualTo(NOW + 1_000);
  }

  @Test
  void anExpiredValueIsMissedByEveryReadAndToldOnce() {
    rules.creation = 500;
    put("1");
    clock.set(NOW + 500);
    told.clear();

    assertThat(entries.contains("k")).isFalse();
    assertThat(entries.get("k")).isNull();
    assertThat(entries.peek("k")).isNull();
    assertThat(told).containsExactly("EXPIRED expired");
    assertThat(statistics.misses()).isEqualTo(1);
  }

  @Test
  void anExpiryIsToldAlsoWhenTheOperationThatFoundItFails() {
    rules.creation = 500;
    put("1");
    clock.set(NOW + 500);
    told.clear();

    assertThatThrownBy(
            () ->
                entries.run(
                    "k",
                    turn -> {
                      throw new IllegalStateException("no luck");
                    }))
        .hasMessage("no luck");
    assertThat(told).containsExactly("EXPIRED expired");
    assertThat(store.find("k")).isNull();
  }

  // -------------------------------------------------------------- user code that fails

  @Test
  void anOperationThatThrowsLeavesTheEntryAsItWasAndFree() {
    put("1");
    for (Throwable failure : List.of(new IllegalStateException(), new AssertionError())) {
      assertThatThrownBy(
              () ->
                  entries.run(
                      "k",
                      turn -> {
                        turn.put("2");
                        throw sneaky(failure);
                      }))
          .isSameAs(failure);
      assertFree("k");
      assertThat(entries.get("k")).isEqualTo("1");
    }
  }

  @Test
  void anOperationThatThrowsLeavesNoReservation() {
    assertThatThrownBy(
            () ->
                entries.run(
                    "k",
                    turn -> {
                      throw new IllegalStateException();
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(store.find("k")).isNull();
  }

  @Test
  void aWriterThatThrowsPreventsTheChange() {
    put("1");
    told.clear();
    rules.writes = true;
    rules.failure = new IllegalStateException("no database");

    assertThatThrownBy(() -> put("2")).hasMessage("no database");
    assertThatThrownBy(() -> entries.run("k", turn -> decide(turn, turn::remove)))
        .hasMessage("no database");
    assertThatThrownBy(() -> entries.run("new", turn -> decide(turn, () -> turn.put("1"))))
        .hasMessage("no database");
    assertThat(store.find("k").value()).isEqualTo("1");
    assertThat(store.find("new")).isNull();
    assertThat(told).isEmpty();
    assertFree("k");
  }

  @Test
  void theWriterIsToldOfARemovalAlsoIfTheKeyIsAbsent() {
    rules.writes = true;
    entries.run("k", turn -> decide(turn, turn::remove));

    assertThat(rules.written).containsExactly("-k");
    assertThat(store.find("k")).isNull();
  }

  @Test
  void aLoaderThatThrowsLeavesNoReservation() {
    rules.failure = new IllegalStateException("no database");

    assertThatThrownBy(() -> entries.get("k")).hasMessage("no database");
    assertThat(store.find("k")).isNull();
    rules.failure = null;
    rules.loaded = "1";
    assertThat(entries.get("k")).isEqualTo("1");
    assertThat(told).containsExactly("CREATED set");
  }

  @Test
  void aSubscriberThatThrowsFailsTheWriterAfterItsChangeWasDone() {
    subscribe(
        change -> {
          throw new IllegalStateException("no listener");
        });

    assertThatThrownBy(() -> put("1")).hasMessage("no listener");
    assertThat(entries.getPresent("k")).isEqualTo("1");
    assertFree("k");
  }

  @Test
  void everyChangeOfAnOperationIsToldEvenIfAnErrorIsThrownForTheFirst() {
    rules.creation = 500;
    put("1");
    clock.set(NOW + 500);
    told.clear();
    subscribe(
        change -> {
          throw new AssertionError(change.cause().name());
        });

    assertThatThrownBy(() -> put("2")).isInstanceOf(AssertionError.class).hasMessage("EXPIRED");
    assertThat(told).containsExactly("EXPIRED expired", "CREATED set");
  }

  @Test
  void aListenerThatReadsItsKeyWhichHasJustExpiredIsNotRefused() {
    rules.creation = 500;
    List<String> read = new ArrayList<>();
    subscribe(
        change -> {
          if (change.cause() == Change.Cause.CREATED) {
            clock.set(NOW + 500);
            read.add(String.valueOf(entries.get("k")));
          }
        });
    put("1");

    assertThat(read).containsExactly("null");
    assertThat(told).containsExactly("CREATED set", "EXPIRED expired");
  }

  @Test
  void aListenerThatWritesItsKeyIsRefused() {
    List<Throwable> refused = new ArrayList<>();
    subscribe(
        change -> {
          try {
            put("again");
          } catch (DeadlockException e) {
            refused.add(e);
          }
        });
    put("1");

    assertThat(refused).hasSize(1);
    assertThat(entries.get("k")).isEqualTo("1");
  }

  @Test
  void anOperationOnTheKeyThatUserCodeWorksOnIsRefusedAndTheFirstGoesOn() {
    entries.run(
        "k",
        turn ->
            turn.inUserCode(
                () -> {
                  assertThatThrownBy(() -> put("inner")).isInstanceOf(DeadlockException.class);
                  assertThat(entries.get("k")).isNull(); // reading does not wait
                  turn.put("outer");
                  return null;
                }));
    assertThat(entries.get("k")).isEqualTo("outer");
  }

  /**
   * A recursion without end that loads within a load: the keys that it left on its way up are free.
   */
  @Test
  void aLoaderThatOverflowsTheStackLeavesNoKeyHeld() throws InterruptedException {
    Store<Integer, Integer> store = new Store<>(StoreClock.of(clock), Runnable::run);
    AtomicInteger deepest = new AtomicInteger();
    AtomicReference<EntryOperations<Integer, Integer>> recursive = new AtomicReference<>();
    recursive.set(
        new EntryOperations<>(
            store,
            new Rules<>() {
              @Override
              public boolean readsThrough() {
                return true;
              }

              @Override
              public Integer load(Integer key) {
                deepest.set(key);
                return key < 0 ? key : recursive.get().get(key + 1);
              }
            },
            new Statistics()));
    for (int i = 0; i < 2_000; i++) { // first calls take more stack than those that follow
      recursive.get().get(-1);
      store.release(store.holdOrReserve(0, true));
    }
    for (int round = 0; round < 40; round++) { // the stack ends each time at another place
      int calls = round;
      int first = 100_000 * round;
      AtomicReference<Throwable> failure = new AtomicReference<>();
      Thread thread =
          new Thread(
              null,
              () -> {
                try {
                  descend(calls, () -> recursive.get().get(first));
                } catch (Throwable t) {
                  failure.set(t);
                }
              },
              "deep",
              256 << 10);
      thread.start();
      thread.join();
      assertThat(failure.get()).isInstanceOf(StackOverflowError.class);
      for (int key = first; key <= deepest.get() + 1; key++) {
        assertThat(store.find(key)).as("what holds a key for ever").isNull();
      }
    }
  }

  private static void descend(int calls, Runnable then) {
    if (calls == 0) {
      then.run();
    } else {
      descend(calls - 1, then);
    }
  }

  // ------------------------------------------------------------------------------- trying

  @Test
  void whoMayNotWaitIsTurnedAwayBeforeAnythingHappens() {
    put("1");
    rules.access = 0;
    EntryOperations<String, String> loop = entries.forLoop();
    Entry<String, String> held = store.hold("k", true);
    long gets = statistics.gets();
    told.clear();
    for (Consumer<EntryOperations<String, String>> operation :
        List.<Consumer<EntryOperations<String, String>>>of(
            e -> e.run("k", turn -> decide(turn, () -> turn.put("2"))),
            e -> e.runIfPresent("k", turn -> decide(turn, turn::remove)),
            e -> e.get("k"))) { // the last read, which takes the lock
      assertThatThrownBy(() -> operation.accept(loop)).isInstanceOf(BusyException.class);
    }
    store.release(held);

    assertThat(statistics.gets()).isEqualTo(gets);
    assertThat(statistics.puts()).isEqualTo(1);
    assertThat(told).isEmpty();
    assertThat(store.find("k").value()).isEqualTo("1");
  }

  @Test
  void aReadNeedsNoLock() {
    put("1");
    Entry<String, String> held = store.hold("k", true);
    assertThat(entries.forLoop().get("k")).isEqualTo("1");
    assertThat(entries.contains("k")).isTrue();
    store.release(held);
  }

  // ------------------------------------------------------------------------- the other groups

  @Test
  void clearRemovesAllAndTellsSubscribersThatItWasAClear() {
    for (int i = 0; i < 100; i++) {
      entries.run("k" + i, turn -> decide(turn, () -> turn.put("1")));
    }
    told.clear();
    new KeyspaceOperations<>(
            entries, KeyTexts.of(String.class, TextCodecs.of(String.class, new Copier(null))))
        .clear();

    assertThat(store.size()).isZero();
    assertThat(told).hasSize(100).containsOnly("CLEARED del");
    assertThat(statistics.removals()).isZero();
  }

  @Test
  void deadlinesAreSetMovedAndTakenAway() {
    ExpiryOperations<String, String> keys = new ExpiryOperations<>(entries);
    put("1");
    assertThat(keys.pttl("k")).isEqualTo(ExpiryOperations.NO_DEADLINE);
    assertThat(keys.pttl("other")).isEqualTo(ExpiryOperations.NO_KEY);
    assertThat(keys.expire("k", Deadline.at(NOW + 1_499), Set.of(ExpireCondition.XX))).isFalse();
    assertThat(keys.expire("k", Deadline.at(NOW + 1_499), Set.of(ExpireCondition.GT))).isFalse();
    assertThat(keys.expire("k", Deadline.at(NOW + 1_499), Set.of(ExpireCondition.LT))).isTrue();
    assertThat(keys.pttl("k")).isEqualTo(1_499);
    assertThat(ExpiryOperations.seconds(keys.pttl("k"))).isEqualTo(1);
    assertThat(keys.expire("k", Deadline.at(NOW + 1_500), Set.of(ExpireCondition.NX))).isFalse();
    assertThat(keys.expire("k", Deadline.at(NOW + 1_500), Set.of(ExpireCondition.GT))).isTrue();
    assertThat(ExpiryOperations.seconds(keys.pttl("k"))).isEqualTo(2);
    assertThat(keys.persist("k")).isTrue();
    assertThat(keys.persist("k")).isFalse();
    assertThat(keys.pttl("k")).isEqualTo(ExpiryOperations.NO_DEADLINE);
    KeyOperations<String, String> all =
        new KeyOperations<>(entries, TextCodecs.of(String.class, new Copier(null)));
    assertThat(all.delete("k")).isTrue();
    assertThat(all.delete("k")).isFalse();
  }

  @Test
  void aConditionalSetSetsOnlyThen() {
    StringOperations<String, String> strings = new StringOperations<>(entries);
    Deadline policy = Deadline.BY_POLICY;
    assertThat(strings.set("k", "1", StringOperations.When.XX, policy, Function.identity()))
        .isEqualTo(new SetResult<>(false, null));
    assertThat(strings.set("k", "1", StringOperations.When.NX, Deadline.at(NOW + 50), null).done())
        .isTrue();
    assertThat(strings.set("k", "2", StringOperations.When.NX, policy, Function.identity()))
        .isEqualTo(new SetResult<>(false, "1"));
    assertThat(strings.set("k", "3", StringOperations.When.XX, Deadline.KEEP, Function.identity()))
        .isEqualTo(new SetResult<>(true, "1"));
    assertThat(deadline()).isEqualTo(Entry.explicit(NOW + 50));
    assertThat(strings.get("k")).isEqualTo("3");
  }

  @Test
  void countsAreExact() {
    put("1");
    put("2");
    entries.get("k");
    entries.get("other");
    entries.runIfPresent("k", turn -> decide(turn, turn::remove));
    entries.runIfPresent("k", turn -> decide(turn, turn::remove));

    assertThat(statistics.puts()).isEqualTo(2);
    assertThat(statistics.hits()).isEqualTo(1);
    assertThat(statistics.misses()).isEqualTo(1);
    assertThat(statistics.removals()).isEqualTo(1);
    statistics.clear();
    statistics.enable(false);
    entries.get("k");
    entries.forSocket().get("k");
    assertThat(statistics.gets()).as("a socket's reads always count").isEqualTo(1);
  }

  // ---------------------------------------------------------------------------------------------

  private void put(String value) {
    entries.run("k", turn -> decide(turn, () -> turn.put(value)));
  }

  private static @Nullable Void decide(Turn<String, String> turn, Runnable decision) {
    decision.run();
    return null;
  }

  private long deadline() {
    return store.find("k").deadline();
  }

  private void assertFree(String key) {
    Entry<String, String> held = store.hold(key, false);
    assertThat(held).isNotNull();
    store.release(held);
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> RuntimeException sneaky(Throwable failure) throws T {
    throw (T) failure;
  }

  private void subscribe(Consumer<Change<String, String>> delivered) {
    store
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<String, String> change) {
                delivered.accept(change);
              }
            });
  }
}
