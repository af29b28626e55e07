package dev.larder.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.larder.BusyException;
import dev.larder.DeadlockException;
import dev.larder.codec.Copier;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.store.Change;
import dev.larder.store.Entry;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import dev.larder.store.Subscriber;
import dev.larder.store.Together;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Changes of several entries as one: all or nothing, without circles, in one piece. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JointOperationTest {
  private static final long MILLIS = 1_000;

  private final List<String> written = new ArrayList<>();
  private final List<String> told = new ArrayList<>();
  private String refused = "";
  private boolean writes;
  private final Store<String, String> store =
      new Store<>(StoreClock.of(new HandClock(1_000_000)), Runnable::run);
  private final EntryOperations<String, String> entries =
      new EntryOperations<>(store, new WritingRules(), new Statistics());
  private final CacheOperations<String, String> cache =
      new CacheOperations<>(
          "cache",
          entries,
          KeyTexts.of(String.class, TextCodecs.of(String.class, new Copier(null))),
          TextCodecs.of(String.class, new Copier(null)));

  private final class WritingRules implements Rules<String, String> {
    @Override
    public boolean writesThrough() {
      return writes;
    }

    @Override
    public void write(String key, String value) {
      note("write " + key);
    }

    @Override
    public void delete(Object key) {
      note("delete " + key);
    }

    @Override
    public void writeAll(Map<String, String> values) {
      note("writeAll " + values.keySet());
    }

    private void note(String call) {
      if (call.equals(refused)) {
        throw new IllegalStateException("refused");
      }
      written.add(call);
    }
  }

  private void put(String key, String value) {
    entries.run(
        key,
        turn -> {
          turn.put(value);
          return key;
        });
  }

  /** Holds a key, as user code does, until the returned latch is open. */
  private CountDownLatch hold(String key) throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () ->
                entries.run(
                    key,
                    turn ->
                        turn.inUserCode(
                            () -> {
                              held.countDown();
                              return await(enough);
                            })));
    holder.setDaemon(true);
    holder.start();
    held.await();
    return enough;
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(50, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Thread start(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void awaitParked(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.isAlive()).isTrue();
      Thread.onSpinWait();
    }
  }

  private static Map<String, String> values(String value, String... keys) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String key : keys) {
      values.put(key, value);
    }
    return values;
  }

  // ------------------------------------------------------------------------------- all or nothing

  @Test
  void whatTheWriterRefusesHappensNowhere() {
    put("a", "1");
    writes = true;
    refused = "delete a";

    assertThatThrownBy(() -> cache.keys().rename("a", "b", true)).hasMessage("refused");

    assertThat(written)
        .as("the new one first: too much rather than too little")
        .containsExactly("write b");
    assertThat(entries.getPresent("a")).isEqualTo("1");
    assertThat(entries.getPresent("b")).isNull();
    assertThat(store.find("b")).as("nor is a reservation left").isNull();
  }

  @Test
  void anOperationThatThrowsChangesNothingAndHoldsNothing() {
    put("a", "1");
    JointOperation both = JointOperation.changing();
    JointOperation.Part<String, String> a = both.at(entries, "a");
    JointOperation.Part<String, String> b = both.at(entries, "b");

    assertThatThrownBy(
            () ->
                both.run(
                    () -> {
                      a.turn().remove();
                      b.turn().set("2");
                      throw new IllegalStateException("changed my mind");
                    }))
        .hasMessage("changed my mind");

    put("b", "3");
    assertThat(entries.getPresent("a")).isEqualTo("1");
    assertThat(entries.getPresent("b")).isEqualTo("3");
  }

  @Test
  void aKeyNamedTwiceIsOneEntry() {
    put("a", "1");

    assertThat(cache.strings().getAll(List.of("a", "b", "a"))).containsExactly("1", null, "1");
    assertThat(cache.keys().countExisting(List.of("a", "a", "b"))).isEqualTo(2);
    assertThat(cache.keys().deleteAll(List.of("a", "a", "b"))).isEqualTo(1);
    assertThat(store.find("b")).as("no reservation is left").isNull();
  }

  /** Whoever sends such keys must not make comparing them slow: quadratic would take minutes. */
  @Test
  void manyKeysOfOneHashAreSortedOut() {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < 1 << 16; i++) {
      StringBuilder key = new StringBuilder();
      for (int bit = 0; bit < 16; bit++) {
        key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      keys.add(key.toString());
    }
    assertThat(keys.stream().mapToInt(String::hashCode).distinct()).hasSize(1);

    assertThat(cache.keys().countExisting(keys)).isZero();
    cache.strings().setAll(values("v", keys.toArray(String[]::new)));
    keys.addAll(List.copyOf(keys));
    assertThat(cache.keys().deleteAll(keys)).isEqualTo(1 << 16);
  }

  @Test
  void noKeysAreNoOperation() {
    assertThat(cache.strings().getAll(List.of())).isEmpty();
    assertThat(cache.keys().deleteAll(List.of())).isZero();
    cache.strings().setAll(Map.of());
    assertThat(cache.strings().setAllIfAbsent(Map.of())).isTrue();
  }

  @Test
  void changesAreToldWhenAllHaveHappenedAndNothingIsHeld() {
    store
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<String, String> change) {
                told.add(change.event() + " " + change.key() + ", now " + state());
                if (change.event().startsWith("rename")) {
                  put("free " + change.event(), "x");
                }
              }

              private String state() {
                return entries.peek("a") + " " + entries.peek("b");
              }
            });
    put("a", "1");
    told.clear();

    cache.keys().rename("a", "b", true);

    assertThat(told)
        .contains("rename_from a, now null b=1", "rename_to b, now null b=1")
        .filteredOn(line -> line.startsWith("rename"))
        .hasSize(2);
  }

  @Test
  void renameCarriesValueDeadlineAndWhetherItIsExplicit() {
    cache.strings().set("a", "1", StringOperations.When.ALWAYS, Deadline.at(2_000_000), null);
    cache.strings().set("b", "2", StringOperations.When.ALWAYS, Deadline.at(3_000_000), null);

    cache.keys().rename("a", "b", true);
    Entry<String, String> b = entries.peek("b");
    assertThat(b.value()).isEqualTo("1");
    assertThat(b.deadline()).isEqualTo(Entry.explicit(2_000_000));

    put("a", "3");
    assertThat(cache.keys().copy("a", "b", false)).isFalse();
    assertThat(cache.keys().copy("a", "b", true)).isTrue();
    assertThat(entries.peek("b").deadline()).isEqualTo(Entry.ETERNAL);
    assertThat(store.timed()).isZero();
  }

  // -------------------------------------------------------------------------------------- waiting

  @Test
  void whileItWaitsForABusyKeyTheOthersAreFree() throws InterruptedException {
    CountDownLatch enough = hold("b");
    Thread setter = start(() -> cache.strings().setAll(values("2", "a", "b", "c")));
    awaitParked(setter);

    put("a", "1"); // would hang if it were held
    put("c", "1");

    assertThat(entries.getPresent("a")).isEqualTo("1");
    enough.countDown();
    setter.join();
    assertThat(cache.strings().getAll(List.of("a", "b", "c"))).containsOnly("2");
  }

  @Test
  void whoMustNotWaitIsRefusedBeforeAnythingHappens() throws InterruptedException {
    CountDownLatch enough = hold("b");

    assertThatThrownBy(() -> cache.forLoop().strings().setAll(values("2", "a", "b", "c")))
        .isInstanceOf(BusyException.class);

    assertThat(store.find("a")).isNull();
    assertThat(store.find("c")).isNull();
    enough.countDown();
  }

  @Test
  void userCodeMayNotAskForTheKeyItWasCalledFor() {
    Throwable failure =
        catchThrowable(
            () ->
                entries.run(
                    "a", turn -> turn.inUserCode(() -> cache.keys().rename("b", "a", true))));

    assertThat(failure).isInstanceOf(DeadlockException.class).hasMessageContaining("'a'");
    put("a", "1");
    put("b", "1");
  }

  /** Each holds one key and asks for both. */
  @Test
  void crossingUserCodeFailsForOneAndWorksForTheOther() throws Exception {
    CountDownLatch bothHold = new CountDownLatch(2);
    CompletableFuture<Throwable> first = crossing("a", bothHold);
    CompletableFuture<Throwable> second = crossing("b", bothHold);

    Throwable failureOfFirst = first.get(50, TimeUnit.SECONDS);
    Throwable failureOfSecond = second.get(50, TimeUnit.SECONDS);

    // each has its own key in the way, too: it can never work for the one that holds it
    assertThat(failureOfFirst).isInstanceOf(DeadlockException.class);
    assertThat(failureOfSecond).isInstanceOf(DeadlockException.class);
    cache.strings().setAll(values("1", "a", "b"));
    assertThat(cache.strings().getAll(List.of("a", "b"))).containsOnly("1");
  }

  private CompletableFuture<Throwable> crossing(String key, CountDownLatch bothHold) {
    CompletableFuture<Throwable> outcome = new CompletableFuture<>();
    start(
        () ->
            outcome.complete(
                catchThrowable(
                    () ->
                        entries.run(
                            key,
                            turn ->
                                turn.inUserCode(
                                    () -> {
                                      bothHold.countDown();
                                      await(bothHold);
                                      cache.strings().setAll(values("2", "a", "b"));
                                      return key;
                                    })))));
    return outcome;
  }

  // ------------------------------------------------------------------------ whatever may go wrong

  /** A key that can be made to fail, or to become another one. */
  private static final class Fickle {
    private int id;
    private boolean broken;
    private int lies; // so often equal to nobody

    Fickle(int id) {
      this.id = id;
    }

    @Override
    public boolean equals(Object other) {
      return lies-- <= 0 && other instanceof Fickle that && id == that.id;
    }

    @Override
    public int hashCode() {
      if (broken) {
        throw new IllegalStateException("broken");
      }
      return 7;
    }
  }

  private final EntryOperations<Fickle, String> fickle =
      new EntryOperations<>(
          new Store<>(StoreClock.of(new HandClock(1_000_000)), Runnable::run),
          new Rules<>() {},
          new Statistics());

  @Test
  void aKeyThatBreaksKeepsNoOtherOneHeld() {
    Fickle good = new Fickle(1);
    Fickle bad = new Fickle(2);
    JointOperation both = JointOperation.changing();
    both.at(fickle, good);
    both.at(fickle, bad);

    assertThatThrownBy(
            () ->
                both.run(
                    () -> {
                      bad.broken = true;
                      return "nothing to do";
                    }))
        .hasMessage("broken");

    fickle.run(
        good,
        turn -> {
          turn.put("would hang if it were held");
          return good;
        });
  }

  @Test
  void keysThatBecomeEqualAreRefusedRatherThanWaitedForForEver() {
    Fickle first = new Fickle(1);
    Fickle second = new Fickle(1);
    JointOperation both = JointOperation.changing();
    both.at(fickle, first);
    both.at(fickle, second);
    second.lies = 1; // when the operation looks whether they are the same

    assertThatThrownBy(() -> both.run(() -> "")).hasMessageContaining("have become equal");
    assertThat(fickle.store().find(first)).isNull();
  }

  @Test
  void aPolicyThatFailsChangesNothing() {
    EntryOperations<String, String> failing =
        new EntryOperations<>(
            new Store<>(StoreClock.of(new HandClock(1_000_000)), Runnable::run),
            new Rules<>() {
              private int asked;

              @Override
              public boolean customExpiry() {
                return true;
              }

              @Override
              public long creationLifetime() {
                if (++asked == 2) {
                  throw new AssertionError("no policy");
                }
                return ETERNAL;
              }
            },
            new Statistics());

    assertThatThrownBy(() -> new StringOperations<>(failing).setAll(values("1", "a", "b", "c")))
        .hasMessage("no policy");
    assertThat(failing.store().size()).isZero();
    assertThat(failing.store().jointChanges()).isNotNegative();
  }

  @Test
  void aListenerMayReadSeveralKeysAmongThemItsOwn() {
    store
        .feed()
        .subscribe(
            new Subscriber<>() {
              @Override
              public void delivered(Change<String, String> change) {
                told.add(
                    cache.strings().getAll(List.of("a", "b"))
                        + " "
                        + cache.keys().countExisting(List.of("a", "b")));
              }
            });

    put("a", "1");

    assertThat(told).containsExactly("[1, null] 1");
  }

  /** At the end of its stack, too, a rename loses no value and leaves nobody waiting. */
  @Test
  void aFullStackLosesNothing() {
    put("a", "1");
    cache.keys().rename("a", "b", true); // a class whose first use overflows is lost
    cache.keys().rename("b", "a", true);
    catchThrowable(() -> cache.keys().rename("none", "a", true));
    entries.run("c", turn -> turn.inUserCode(() -> entries.run("d", other -> "")));
    for (int round = 0; round < 20; round++) {
      int[] overflows = {0};
      Together.run(() -> renameOnTheWayBack(new int[1], overflows));
      assertThat(overflows[0]).isPositive();
      assertThat(cache.keys().countExisting(List.of("a", "b"))).isOne();
      assertThat(store.jointChanges()).isNotNegative();
    }
    assertThat(store.wholeSize(false)).isOne();
  }

  /** With each return from the bottom of the stack there is a little more room. */
  private void renameOnTheWayBack(int[] attempts, int[] overflows) {
    try {
      renameOnTheWayBack(attempts, overflows);
    } catch (StackOverflowError e) {
      attempts[0] = 0;
    }
    if (attempts[0]++ < 300) {
      try {
        boolean toB = entries.peek("a") != null;
        cache.keys().rename(toB ? "a" : "b", toB ? "b" : "a", true);
      } catch (StackOverflowError e) {
        overflows[0]++;
      }
    }
  }

  /** Clearing is no one moment, but what was set as one is cleared whole or stays whole. */
  @Test
  void clearingLeavesNoPartOfAChange() {
    for (int round = 0; round < 300; round++) {
      Together.run(
          () -> cache.strings().setAll(values("1", "a", "b", "c", "d", "e", "f", "g", "h")),
          () -> cache.keyspace().clear());
      assertThat(cache.keys().countExisting(List.of("a", "b", "c", "d", "e", "f", "g", "h")))
          .isIn(0L, 8L);
    }
  }

  // --------------------------------------------------------------------------------------- stress

  /** User code that takes two keys in one order closes no circle, whoever insists on both. */
  @Test
  void insistingMakesNoUserCodeFail() {
    long end = System.nanoTime() + MILLIS * 1_000_000;
    Together.Task orderly =
        () -> {
          while (System.nanoTime() < end) {
            entries.run(
                "b",
                turn ->
                    turn.inUserCode(
                        () -> {
                          Thread.yield();
                          put("a", "1");
                          return "b";
                        }));
          }
        };
    Together.Task hog =
        () -> {
          while (System.nanoTime() < end) {
            put("a", "2");
            put("b", "2");
          }
        };
    Together.Task joint =
        () -> {
          while (System.nanoTime() < end) {
            cache.strings().setAll(values("3", "a", "b"));
          }
        };
    Together.run(orderly, orderly, hog, joint, joint);
  }

  /**
   * Many operations on overlapping keys, in all orders, beside user code that holds a key and wants
   * another: all end, and nothing stays held.
   */
  @Test
  void manyAtOnceEndAndLeaveNothingHeld() {
    long end = System.nanoTime() + MILLIS * 1_000_000;
    Together.Task joint =
        () -> {
          Random random = ThreadLocalRandom.current();
          while (System.nanoTime() < end) {
            List<String> keys = keys(random, 6);
            switch (random.nextInt(5)) {
              case 0 -> cache.strings().setAll(values("x", keys.toArray(String[]::new)));
              case 1 -> cache.strings().getAll(keys);
              case 2 -> cache.keys().deleteAll(keys);
              case 3 -> cache.keys().copy("k" + random.nextInt(4), "m" + random.nextInt(4), true);
              default -> catchThrowable(() -> cache.keys().rename(keys.get(0), keys.get(1), true));
            }
          }
        };
    Together.Task nested =
        () -> {
          Random random = ThreadLocalRandom.current();
          while (System.nanoTime() < end) {
            String key = "k" + random.nextInt(4);
            try {
              entries.run(
                  key,
                  turn ->
                      turn.inUserCode(
                          () -> {
                            cache.strings().setAll(values("y", "k4", "k5", "k6"));
                            put("k" + random.nextInt(8), "z");
                            return key;
                          }));
            } catch (DeadlockException e) {
              // one of a circle
            }
          }
        };
    Together.run(joint, joint, joint, joint, nested, nested);

    for (int i = 0; i < 8; i++) {
      put("k" + i, "1"); // hangs if it is held
    }
    cache.keyspace().clear();
    assertThat(store.size()).isZero();
    assertThat(store.wholeSize(false)).isZero();
  }

  private static List<String> keys(Random random, int count) {
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      keys.add("k" + random.nextInt(8));
    }
    return keys;
  }

  /** A joint operation gets its turn though its keys are never free all at once for long. */
  @Test
  void keysThatAreAlwaysBusyDoNotStarveIt() {
    AtomicReference<Boolean> done = new AtomicReference<>(false);
    Together.Task[] tasks = new Together.Task[5];
    for (int i = 0; i < 4; i++) {
      String key = "k" + i;
      tasks[i] =
          () -> {
            while (!done.get()) {
              entries.run(
                  key,
                  turn -> {
                    Thread.yield();
                    turn.set("1");
                    return key;
                  });
            }
          };
    }
    tasks[4] =
        () -> {
          try {
            for (int i = 0; i < 100; i++) {
              cache.strings().setAll(values("2", "k0", "k1", "k2", "k3"));
            }
          } finally {
            done.set(true);
          }
        };
    Together.run(tasks);
  }

  /** Reads of several keys are of one moment, against joint and against single writes. */
  @Test
  void readsOfSeveralKeysAreOfOneMoment() {
    long end = System.nanoTime() + MILLIS * 1_000_000;
    cache.strings().setAll(values("0", "a", "b", "first", "second"));
    Together.run(
        () -> {
          for (int i = 1; System.nanoTime() < end; i++) {
            cache.strings().setAll(values("" + i, "a", "b"));
          }
        },
        () -> {
          for (int i = 1; System.nanoTime() < end; i++) {
            put("first", "" + i);
            put("second", "" + i);
          }
        },
        () -> {
          while (System.nanoTime() < end) {
            List<String> joint = cache.strings().getAll(List.of("a", "b"));
            assertThat(joint.get(0)).isEqualTo(joint.get(1));
            List<String> single = cache.strings().getAll(List.of("first", "second"));
            assertThat(Integer.parseInt(single.get(0)) - Integer.parseInt(single.get(1)))
                .isBetween(0, 1);
          }
        });
  }
}
