package dev.larder.ops;

import static dev.larder.ops.TwoCaches.await;
import static dev.larder.ops.TwoCaches.awaitParked;
import static dev.larder.ops.TwoCaches.hold;
import static dev.larder.ops.TwoCaches.set;
import static dev.larder.ops.TwoCaches.setUntil;
import static dev.larder.ops.TwoCaches.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.larder.BusyException;
import dev.larder.DeadlockException;
import dev.larder.OperationException;
import dev.larder.ValueType;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operations one after another on what a transaction holds. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransactionTest {
  private final TwoCaches caches = new TwoCaches();
  private final CacheOperations<String, String> strings = caches.strings.forSocket();
  private final CacheOperations<String, Long> numbers = caches.numbers.forSocket();

  private <V> void run(
      CacheOperations<String, V> cache,
      List<String> keys,
      Consumer<CacheOperations<String, V>> body) {
    Transaction transaction = Transaction.changing();
    keys.forEach(key -> transaction.add(cache, key));
    transaction.run(
        () -> {
          body.accept(transaction.within(cache));
          return keys;
        });
  }

  private <V> void runAlone(
      CacheOperations<String, V> cache, Consumer<CacheOperations<String, V>> body) {
    Transaction transaction = Transaction.changing();
    transaction.addAll(cache);
    transaction.run(
        () -> {
          body.accept(transaction.within(cache));
          return cache;
        });
  }

  // ------------------------------------------------------------------------------------ operations

  @Test
  void eachOperationFindsWhatTheOnesBeforeHaveDone() {
    set(strings, "a", "1");
    run(strings, List.of("a", "b", "c"), this::workOnThreeKeys);

    assertThat(strings.strings().getAll(List.of("a", "b", "c"))).containsExactly("12x", null, "9");
    assertThat(strings.keyspace().size()).isEqualTo(2);
    assertThat(strings.entries().store().find("b")).as("no reservation is left").isNull();
  }

  @Test
  void aloneEachOperationFindsWhatTheOnesBeforeHaveDone() {
    set(strings, "a", "1");
    runAlone(strings, this::workOnThreeKeys);

    assertThat(strings.strings().getAll(List.of("a", "b", "c"))).containsExactly("12x", null, "9");
    assertThat(strings.keyspace().size()).isEqualTo(2);
  }

  private void workOnThreeKeys(CacheOperations<String, String> cache) {
    assertThat(cache.counters().add("a", 11)).isEqualTo(12);
    assertThat(cache.strings().get("a")).isEqualTo("12");
    assertThat(cache.keys().delete("a")).isTrue();
    assertThat(cache.keys().exists("a")).isFalse();
    assertThat(cache.keys().type("a")).isEqualTo(ValueType.NONE);
    assertThat(cache.expiry().pttl("a")).isEqualTo(ExpiryOperations.NO_KEY);
    assertThat(cache.keys().delete("a")).isFalse();
    cache.strings().setAll(Map.of("a", "12", "b", "7"));
    assertThat(cache.texts().append("a", "x")).isEqualTo(3);
    assertThat(cache.keys().rename("b", "c", true)).isTrue();
    assertThat(cache.strings().getAll(List.of("a", "b", "c", "a")))
        .containsExactly("12x", null, "7", "12x");
    assertThat(cache.keys().copy("c", "b", false)).isTrue();
    assertThat(cache.keys().deleteAll(List.of("b", "b"))).isOne();
    assertThat(cache.keys().countExisting(List.of("a", "b", "c", "c"))).isEqualTo(3);
    assertThat(cache.keys().touchAll(List.of("a", "b"))).isOne();
    assertThat(cache.counters().add("c", 2)).isEqualTo(9);
  }

  @Test
  void anOperationThatFailsUndoesNoOther() {
    set(strings, "a", "text");
    run(
        strings,
        List.of("a", "b"),
        cache -> {
          set(cache, "b", "1");
          assertThatThrownBy(() -> cache.counters().add("a", 1))
              .isInstanceOf(OperationException.class);
          assertThat(cache.counters().add("b", 1)).isEqualTo(2);
        });
    assertThat(strings.strings().get("b")).isEqualTo("2");
  }

  @Test
  void whatABodyHadDoneBeforeItFailedStaysAndIsToldAndNothingStaysHeld() {
    caches.listen(strings);
    assertThatThrownBy(
            () ->
                run(
                    strings,
                    List.of("a", "b"),
                    cache -> {
                      set(cache, "a", "1");
                      throw new IllegalStateException("enough");
                    }))
        .hasMessage("enough");

    assertThat(caches.told).containsExactly("set a");
    set(caches.strings, "a", "2"); // would hang
    set(caches.strings, "b", "2");
    assertThat(strings.keyspace().size()).isEqualTo(2); // would hang if it were marked
  }

  @Test
  void keysThatWereNotDeclaredAreRefusedByName() {
    run(
        strings,
        List.of("a"),
        cache -> {
          assertThatThrownBy(() -> cache.strings().get("other"))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("key 'other' of cache 'strings'");
          assertThatThrownBy(() -> set(cache, "other", "1")).hasMessageContaining("'other'");
          assertThatThrownBy(() -> cache.keys().rename("a", "other", true))
              .hasMessageContaining("'other'");
          assertThatThrownBy(() -> cache.keyspace().size()).hasMessageContaining("as a whole");
          assertThatThrownBy(() -> cache.keyspace().clear()).hasMessageContaining("as a whole");
        });
    AtomicReference<CacheOperations<String, String>> kept = new AtomicReference<>();
    runAlone(strings, kept::set);
    assertThatThrownBy(() -> set(kept.get(), "a", "late")).hasMessageContaining("not declared");
    assertThat(strings.keyspace().size()).isZero();
  }

  @Test
  void changesOfAllCachesAreToldInTheirOrderWhenNothingIsHeldAnyMore() {
    caches.listen(strings);
    caches.listen(numbers);
    Transaction transaction = Transaction.changing();
    transaction.add(strings, "a");
    transaction.add(numbers, "a");
    transaction.addAll(numbers);
    transaction.run(
        () -> {
          set(transaction.within(strings), "a", "1");
          set(transaction.within(numbers), "n", 1L);
          transaction.within(strings).keys().delete("a");
          transaction.within(numbers).counters().add("n", 1);
          assertThat(caches.told).isEmpty();
          return "";
        });
    assertThat(caches.told).containsExactly("set a", "set n", "del a", "incrby n");
  }

  // -------------------------------------------------------------------------------------- the time

  @Test
  void timeStandsStill() {
    setUntil(strings, "passed", "1", 1_000_001);
    caches.clock.set(1_000_001);
    run(
        strings,
        List.of("a", "b", "passed"),
        cache -> {
          setUntil(cache, "a", "1", 1_000_050);
          caches.clock.set(1_000_100);
          assertThat(cache.now()).isEqualTo(1_000_001);
          assertThat(cache.strings().get("a")).isEqualTo("1");
          assertThat(cache.expiry().pttl("a")).isEqualTo(49);
          set(cache, "b", "1");
          assertThat(cache.expiry().expire("b", Deadline.in(10), Set.of())).isTrue();
          assertThat(cache.keys().exists("b")).isTrue();
          assertThat(cache.expiry().expireTime("b")).isEqualTo(1_000_011);
          assertThat(cache.keys().exists("passed")).isFalse();
        });
    assertThat(strings.keys().exists("a")).isFalse();
    assertThat(strings.keys().exists("b")).isFalse();
  }

  @Test
  void whatHasExpiredIsToldBeforeTheBodyBegins() {
    setUntil(strings, "a", "1", 1_000_001);
    setUntil(numbers, "n", 1L, 1_000_001);
    List<String> flags = new ArrayList<>();
    strings.watch("a", () -> flags.add("a"));
    numbers.watch("n", () -> flags.add("n"));
    caches.clock.set(1_000_002);
    Transaction transaction = Transaction.reading();
    transaction.add(strings, "a");
    transaction.add(numbers, "n");
    transaction.addAll(numbers);

    List<String> seen = transaction.run(() -> List.copyOf(flags));

    assertThat(seen).containsExactlyInAnyOrder("a", "n");
  }

  // -------------------------------------------------------------------------------- who else looks

  @Test
  void aSocketWaitsAndAJavaReaderDoesNot() {
    set(strings, "a", "1");
    CountDownLatch changed = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    Thread transaction =
        start(
            () ->
                run(
                    strings,
                    List.of("a", "b"),
                    cache -> {
                      set(cache, "a", "2");
                      set(cache, "b", "2");
                      changed.countDown();
                      await(enough);
                      cache.keys().delete("b");
                      set(cache, "a", "3");
                    }));
    await(changed);
    AtomicReference<String> seen = new AtomicReference<>();
    Thread reader = start(() -> seen.set(strings.strings().get("a")));
    AtomicReference<Boolean> there = new AtomicReference<>();
    Thread second = start(() -> there.set(strings.keys().exists("b")));
    awaitParked(reader);
    awaitParked(second);

    assertThat(caches.strings.strings().get("a")).isEqualTo("2");
    CacheOperations<String, String> loop = caches.strings.forLoop();
    assertThatThrownBy(() -> loop.strings().get("a")).isInstanceOf(BusyException.class);
    assertThatThrownBy(() -> loop.keyspace().size()).isInstanceOf(BusyException.class);
    assertThat(loop.strings().get("c")).isNull();
    enough.countDown();
    join(transaction, reader, second);
    assertThat(seen).hasValue("3");
    assertThat(there).hasValue(false);
  }

  @Test
  void whileOneIsAloneSocketsAndWritersWait() {
    set(strings, "a", "1");
    CountDownLatch empty = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    Thread transaction =
        start(
            () ->
                runAlone(
                    strings,
                    cache -> {
                      cache.keyspace().clear();
                      assertThat(cache.keyspace().size()).isZero();
                      empty.countDown();
                      await(enough);
                      set(cache, "a", "3");
                    }));
    await(empty);
    List<Object> seen = new ArrayList<>();
    Thread[] threads = {
      start(() -> note(seen, strings.strings().get("a"))),
      start(() -> note(seen, strings.keyspace().random())),
      start(() -> note(seen, strings.keyspace().scan(0, 1_000_000, null, null).keys())),
      start(() -> strings.keyspace().forEach(key -> note(seen, key))),
      start(() -> set(caches.strings, "b", "4")),
      start(() -> caches.strings.keys().deleteAll(List.of("x", "y")))
    };
    for (int i = 0; i < threads.length; i++) {
      awaitParked(threads[i]);
    }
    CacheOperations<String, String> loop = caches.strings.forLoop();
    assertThatThrownBy(() -> loop.strings().get("a")).isInstanceOf(BusyException.class);
    assertThatThrownBy(() -> loop.keyspace().random()).isInstanceOf(BusyException.class);
    assertThatThrownBy(() -> loop.keyspace().size()).isInstanceOf(BusyException.class);
    assertThatThrownBy(() -> set(loop, "c", "5")).isInstanceOf(BusyException.class);
    assertThat(caches.strings.strings().get("a")).as("in Java").isNull();

    enough.countDown();
    join(transaction);
    join(threads);
    assertThat(seen).contains("3", "a").doesNotContainNull();
    assertThat(strings.strings().get("b")).isEqualTo("4");
  }

  private static void note(List<Object> seen, Object what) {
    synchronized (seen) {
      seen.add(what);
    }
  }

  private static void join(Thread... threads) {
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  // ------------------------------------------------------------------------------------- waiting

  @Test
  void aLoopIsRefusedBeforeAnythingHappens() {
    CountDownLatch enough = hold(strings, "b");
    CacheOperations<String, String> loop = caches.strings.forLoop();
    Transaction some = Transaction.changing();
    some.add(loop, "a");
    some.add(loop, "b");
    Transaction alone = Transaction.changing();
    alone.addAll(loop);

    for (Transaction transaction : List.of(some, alone)) {
      assertThatThrownBy(
              () ->
                  transaction.run(
                      () -> {
                        throw new AssertionError("it has begun");
                      }))
          .isInstanceOf(BusyException.class);
    }

    assertThat(strings.entries().store().find("a")).as("no reservation is left").isNull();
    set(caches.strings, "c", "1"); // would hang behind a gate left closed
    enough.countDown();
  }

  @Test
  void whoWantsToBeAloneWaitsForUserCodeWhichMayGoOn() {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    Thread processor =
        start(
            () ->
                caches
                    .strings
                    .entries()
                    .run(
                        "a",
                        turn ->
                            turn.inUserCode(
                                () -> {
                                  held.countDown();
                                  await(waiting);
                                  set(caches.strings, "b", "1"); // past the gate
                                  set(caches.strings, "c", "1");
                                  return "";
                                })));
    await(held);
    Thread alone =
        start(
            () ->
                runAlone(
                    strings,
                    cache -> {
                      assertThat(cache.keyspace().size()).isEqualTo(2);
                      cache.keyspace().clear();
                    }));
    awaitParked(alone);
    waiting.countDown();

    join(processor, alone);
    assertThat(strings.keyspace().size()).isZero();
  }

  /** The processor holds an entry of one cache and wants one of the other; nobody hangs. */
  @Test
  void aCircleThroughAWholeCacheIsRefused() {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread processor =
        start(
            () ->
                caches
                    .numbers
                    .entries()
                    .run(
                        "n",
                        turn ->
                            turn.inUserCode(
                                () -> {
                                  held.countDown();
                                  await(waiting);
                                  failure.set(catchThrowable(() -> set(caches.strings, "a", "1")));
                                  return "";
                                })));
    await(held);
    Transaction both = Transaction.changing();
    both.addAll(strings);
    both.addAll(numbers);
    Thread alone = start(() -> both.run(() -> ""));
    awaitParked(alone);
    waiting.countDown();

    join(processor, alone);
    assertThat(failure.get())
        .isInstanceOf(DeadlockException.class)
        .hasMessageContaining("a whole cache");
    set(strings, "a", "1");
    set(numbers, "n", 1L);
  }

  @Test
  void userCodeMayNotAskForTheCacheItWorksOn() {
    Throwable failure =
        catchThrowable(
            () ->
                caches
                    .strings
                    .entries()
                    .run(
                        "a",
                        turn ->
                            turn.inUserCode(
                                () -> {
                                  runAlone(strings, cache -> {});
                                  return "";
                                })));
    assertThat(failure).isInstanceOf(DeadlockException.class).hasMessageContaining("'a'");
    set(caches.strings, "b", "1"); // would hang behind a gate left closed
  }

  @Test
  void userCodeWithinItMayNotWriteWhatIsHeld() {
    CacheOperations<String, String> writing =
        caches.cache(
            "writing",
            String.class,
            new Rules<>() {
              @Override
              public boolean writesThrough() {
                return true;
              }

              @Override
              public void write(String key, String value) {
                if (value.equals("nested")) {
                  set(self(), "b", "2");
                }
              }

              private CacheOperations<String, String> self() {
                return TransactionTest.this.writing;
              }
            });
    this.writing = writing;
    run(
        writing.forSocket(),
        List.of("a", "b"),
        cache -> {
          assertThatThrownBy(() -> set(cache, "a", "nested"))
              .isInstanceOf(DeadlockException.class)
              .hasMessageContaining("'b'");
          set(cache, "b", "1");
        });
    assertThat(writing.strings().get("b")).isEqualTo("1");
    assertThat(writing.strings().get("a")).isNull();
  }

  private CacheOperations<String, String> writing;

  @Test
  void theSweeperLeavesAWholeCacheToItsOwner() {
    setUntil(strings, "a", "1", 1_000_010);
    Store<String, String> store = strings.entries().store();
    runAlone(
        strings,
        cache -> {
          caches.clock.set(1_000_020);
          join(start(store::sweep));
          assertThat(cache.strings().get("a")).as("by the time it began").isEqualTo("1");
          assertThat(store.expirations()).isZero();
        });
    store.sweep();
    assertThat(store.expirations()).isOne();
  }
}
