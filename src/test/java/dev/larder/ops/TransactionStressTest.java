package dev.larder.ops;

import static dev.larder.ops.TwoCaches.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.BusyException;
import dev.larder.store.Together;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Transactions beside each other and beside everything else: sockets see them whole. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TransactionStressTest {
  private static final long MILLIS = 1_000;
  private static final int ACCOUNTS = 4;
  private static final String DIRTY = "-1000000";

  private final TwoCaches caches = new TwoCaches();
  private final CacheOperations<String, String> strings = caches.strings.forSocket();
  private final CacheOperations<String, Long> numbers = caches.numbers.forSocket();
  private final long end = System.nanoTime() + MILLIS * 1_000_000;

  private Together.Task often(Runnable task) {
    return () -> {
      while (System.nanoTime() < end) {
        task.run();
      }
    };
  }

  // ------------------------------------------------------------------------------- some entries

  /** Money moves between accounts in two caches, which within a transaction look odd. */
  @Test
  void sumsAreNeverWrongAndNothingBetweenIsSeen() {
    for (int i = 0; i < ACCOUNTS; i++) {
      set(strings, "account" + i, "0");
      set(numbers, "account" + i, 0L);
    }
    set(strings, "here", "v");
    AtomicLong plain = new AtomicLong();
    Together.run(
        often(() -> move(strings, numbers)),
        often(() -> move(strings, numbers)),
        often(() -> move(caches.strings.forLoop(), caches.numbers.forLoop())),
        often(
            () -> {
              caches.strings.strings().setAll(Map.of("x", "1", "y", "1"));
              caches.strings.keys().rename("here", "there", true);
              caches.strings.keys().rename("there", "here", false);
              caches.numbers.counters().add("plain", 1);
              plain.incrementAndGet();
            }),
        often(this::lookAtAccounts),
        often(this::lookAtOne));
    assertThat(numbers.strings().get("plain")).isEqualTo(plain.get());
    assertThat(strings.entries().store().jointChanges()).isNotNegative();
  }

  /**
   * More readers than processors: again and again one is stopped between its look at the entry's
   * mark and the one at its value, and goes on in the midst of a transaction.
   */
  @Test
  void aReaderWhoIsStoppedBetweenTwoLooksLooksAgain() {
    set(strings, "state", "whole");
    Together.Task reads =
        often(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                assertThat(strings.strings().get("state")).isSameAs("whole");
              }
            });
    Together.run(often(this::breakAndMend), often(this::breakAndMend), reads, reads, reads, reads);
  }

  private void breakAndMend() {
    Transaction transaction = Transaction.changing();
    transaction.add(strings, "state");
    transaction.run(
        () -> {
          CacheOperations<String, String> within = transaction.within(strings);
          for (int i = 0; i < 500; i++) {
            set(within, "state", "broken");
          }
          set(within, "state", "whole");
          return true;
        });
  }

  private static void move(CacheOperations<String, String> from, CacheOperations<String, Long> to) {
    Random random = ThreadLocalRandom.current();
    String payer = "account" + random.nextInt(ACCOUNTS);
    String payee = "account" + random.nextInt(ACCOUNTS);
    int amount = random.nextInt(100) - 50;
    Transaction transaction = Transaction.changing();
    transaction.add(to, payee);
    transaction.add(from, payer);
    if (random.nextBoolean()) {
      transaction.add(from, "here");
      transaction.add(from, "plain");
    }
    try {
      transaction.run(
          () -> {
            CacheOperations<String, String> payers = transaction.within(from);
            long balance = payers.counters().add(payer, 0);
            set(payers, payer, DIRTY);
            payers.keys().delete(payer);
            set(
                transaction.within(to),
                payee,
                transaction.within(to).strings().get(payee) + amount);
            set(payers, payer, "" + (balance - amount));
            return "";
          });
    } catch (BusyException e) {
      assertThat(from.entries().mayWait()).isFalse();
    }
  }

  private void lookAtAccounts() {
    Transaction transaction = Transaction.reading();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < ACCOUNTS; i++) {
      names.add("account" + i);
      transaction.add(strings, "account" + i);
      transaction.add(numbers, "account" + i);
    }
    long sum =
        transaction.run(
            () -> {
              long all = 0;
              for (String balance : transaction.within(strings).strings().getAll(names)) {
                all += Long.parseLong(balance);
              }
              for (String name : names) {
                all += transaction.within(numbers).strings().get(name);
              }
              return all;
            });
    assertThat(sum).isZero();
    assertThat(strings.strings().getAll(names)).doesNotContainNull().doesNotContain(DIRTY);
  }

  private void lookAtOne() {
    String name = "account" + ThreadLocalRandom.current().nextInt(ACCOUNTS);
    assertThat(strings.strings().get(name)).isNotNull().isNotEqualTo(DIRTY);
    assertThat(strings.keys().exists(name)).isTrue();
    assertThat(strings.expiry().pttl(name)).isEqualTo(ExpiryOperations.NO_DEADLINE);
    assertThat(strings.keyspace().size()).isBetween(5L, 7L);
  }

  // ------------------------------------------------------------------------------- whole caches

  @Test
  void aCacheThatIsEmptiedAndFilledAgainIsNeverSeenPartly() {
    Map<String, String> all = new LinkedHashMap<>();
    for (int i = 0; i < 50; i++) {
      all.put("k" + i, "v");
    }
    strings.strings().setAll(all);
    set(numbers, "n", 0L);
    Together.run(
        often(() -> fillAgain(all)),
        often(() -> fillAgain(all)),
        often(
            () -> { // writers that change nothing that is looked at
              set(caches.strings, "k1", "v");
              caches.strings.strings().setAll(Map.of("k2", "v", "k3", "v"));
              caches.numbers.counters().add("n", 1);
            }),
        often(
            () -> {
              Transaction some = Transaction.changing();
              some.add(numbers, "n");
              some.add(strings, "k4");
              some.run(
                  () -> {
                    set(some.within(strings), "k4", some.within(strings).strings().get("k4"));
                    return "";
                  });
            }),
        often(
            () -> {
              assertThat(strings.strings().get("k7")).isEqualTo("v");
              assertThat(strings.keys().exists("k30")).isTrue();
              assertThat(strings.strings().getAll(List.of("k1", "k2", "k49"))).containsOnly("v");
            }),
        often(
            () -> {
              assertThat(strings.keyspace().size()).isEqualTo(50);
              assertThat(strings.keyspace().random()).isNotNull();
              assertThat(strings.keyspace().scan(0, 1_000, null, null).keys()).hasSize(50);
              List<String> keys = new ArrayList<>();
              strings.keyspace().forEach(keys::add);
              assertThat(keys).hasSize(50);
            }));
    assertThat(numbers.strings().get("n")).isPositive();
  }

  private void fillAgain(Map<String, String> all) {
    Transaction transaction = Transaction.changing();
    transaction.addAll(numbers);
    transaction.addAll(strings);
    transaction.run(
        () -> {
          CacheOperations<String, String> cache = transaction.within(strings);
          long count = transaction.within(numbers).counters().add("n", 1);
          cache.keyspace().clear();
          set(cache, "k7", DIRTY);
          cache.strings().setAll(all);
          assertThat(cache.keyspace().size()).isEqualTo(50);
          assertThat(transaction.within(numbers).strings().get("n")).isEqualTo(count);
          return "";
        });
  }

  // ------------------------------------------------------------------------------------ watching

  @Test
  void aCounterThatIsWatchedReadAndSetLosesNothing() {
    AtomicLong added = new AtomicLong();
    set(numbers, "n", 0L);
    Together.run(
        often(() -> addWatching(added)),
        often(() -> addWatching(added)),
        often(() -> addWatching(added)),
        often(
            () -> {
              caches.numbers.counters().add("n", 1);
              added.incrementAndGet();
              Thread.yield();
            }));
    assertThat(numbers.strings().get("n")).isEqualTo(added.get());
    assertThat(numbers.entries().store().feed().isActive()).isFalse();
  }

  private void addWatching(AtomicLong added) {
    AtomicBoolean dirty = new AtomicBoolean();
    try (Watch watch = numbers.watch("n", () -> dirty.set(true))) {
      assertThat(watch).isNotNull();
      long seen = numbers.strings().get("n");
      Transaction transaction = Transaction.changing();
      transaction.add(numbers, "n");
      transaction.run(
          () -> {
            if (!dirty.get()) {
              set(transaction.within(numbers), "n", seen + 1);
              added.incrementAndGet();
            }
            return "";
          });
    }
  }
}
