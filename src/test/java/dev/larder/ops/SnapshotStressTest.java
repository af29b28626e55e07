package dev.larder.ops;

import static dev.larder.ops.TwoCaches.set;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import dev.larder.store.Together;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Snapshots beside writers of all kinds: each has what there was at one moment. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SnapshotStressTest {
  private static final long MILLIS = 1_500;
  private static final int ACCOUNTS = 200;

  private final TwoCaches caches = new TwoCaches();
  private final CacheOperations<String, String> strings = caches.strings;
  private final CacheOperations<String, Long> numbers = caches.numbers;
  private final List<Store<?, ?>> stores =
      List.of(strings.entries().store(), numbers.entries().store());
  private final long end = System.nanoTime() + MILLIS * 1_000_000;
  private final AtomicInteger taken = new AtomicInteger();

  private Together.Task often(Runnable task) {
    return () -> {
      while (System.nanoTime() < end) {
        task.run();
      }
    };
  }

  /** What a snapshot has: the cache's index and the key, and the value. No key comes twice. */
  private Map<String, Object> snapshot() {
    Map<String, Object> found = new HashMap<>();
    try (Snapshot snapshot = Snapshot.of(stores)) {
      snapshot.cut();
      snapshot.forEach(
          (store, key, value, deadline) -> {
            if (found.size() % 16 == 0) {
              LockSupport.parkNanos(1_000); // so that writers are everywhere meanwhile
            }
            assertThat(found.put(store + ":" + key, value)).as("%s again", key).isNull();
          },
          done -> {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    taken.incrementAndGet();
    return found;
  }

  @Test
  void whatWasWrittenFirstIsThereIfWhatWasWrittenLaterIs() {
    AtomicInteger writers = new AtomicInteger();
    Runnable write =
        () -> {
          int number = writers.getAndIncrement();
          for (int i = 1; System.nanoTime() < end; i++) {
            for (int pair = 0; pair < 50; pair++) {
              set(strings, "first" + number + "-" + pair, "" + i);
              set(numbers, "second" + number + "-" + pair, (long) i);
            }
          }
        };
    Together.run(
        write::run,
        write::run,
        often(
            () -> {
              Map<String, Object> found = snapshot();
              for (int number = 0; number < writers.get(); number++) {
                for (int pair = 0; pair < 50; pair++) {
                  Object first = found.get("0:first" + number + "-" + pair);
                  Object second = found.getOrDefault("1:second" + number + "-" + pair, 0L);
                  long ahead = first == null ? 0 : Long.parseLong((String) first);
                  assertThat(ahead - (long) second).isBetween(0L, 1L);
                }
              }
            }),
        often(this::growAndShrink));
    assertThat(taken).hasPositiveValue();
  }

  /** So much that the table doubles while a snapshot is taken. */
  private void growAndShrink() {
    int from = ThreadLocalRandom.current().nextInt(1_000_000);
    for (int i = 0; i < 5_000; i++) {
      set(strings, "more" + (from + i), "x");
    }
    for (int i = 0; i < 5_000; i++) {
      strings.keys().delete("more" + (from + i));
    }
  }

  @Test
  void whatChangesAsOneIsThereAsOne() {
    for (int i = 0; i < ACCOUNTS; i++) {
      set(strings, "account" + i, "0");
      numbers.counters().add("account" + i, 0);
    }
    set(strings, "token0", "here");
    Together.run(
        often(this::move),
        often(this::move),
        often(
            () -> {
              String both = "" + ThreadLocalRandom.current().nextInt();
              strings.strings().setAll(Map.of("one" + both, both, "other" + both, both));
              strings.keys().deleteAll(List.of("one" + both, "other" + both));
            }),
        often(
            () -> {
              for (int i = 0; i < 20; i++) { // a storm of RENAME
                strings.keys().rename("token" + i, "token" + (i + 1) % 20, false);
              }
            }),
        often(this::look));
    assertThat(taken).hasPositiveValue();
  }

  private void move() {
    String payer = "account" + ThreadLocalRandom.current().nextInt(ACCOUNTS);
    String payee = "account" + ThreadLocalRandom.current().nextInt(ACCOUNTS);
    int amount = ThreadLocalRandom.current().nextInt(100);
    Transaction transaction = Transaction.changing();
    transaction.add(strings, payer);
    transaction.add(numbers, payee);
    transaction.run(
        () -> {
          transaction.within(strings).counters().add(payer, -amount);
          transaction.within(numbers).counters().add(payee, amount);
          return "";
        });
  }

  private void look() {
    Map<String, Object> found = snapshot();
    long sum = 0;
    int tokens = 0;
    for (Map.Entry<String, Object> entry : found.entrySet()) {
      String key = entry.getKey();
      if (key.contains("account")) {
        sum += Long.parseLong(String.valueOf(entry.getValue()));
      } else if (key.contains("token")) {
        tokens++;
      } else if (key.startsWith("0:one")) {
        assertThat(found).containsKey(key.replace("one", "other"));
      } else if (key.startsWith("0:other")) {
        assertThat(found).containsKey(key.replace("other", "one"));
      }
    }
    assertThat(sum).isZero();
    assertThat(tokens).isEqualTo(1);
  }

  /** A thread that has a whole cache to itself empties it and fills it again. */
  @Test
  void whatOneThreadDoesAloneIsThereAsOne() {
    for (int i = 0; i < 300; i++) {
      set(strings, "k" + i, "v");
    }
    Together.run(
        often(
            () -> {
              Transaction transaction = Transaction.changing();
              transaction.addAll(strings);
              transaction.run(
                  () -> {
                    CacheOperations<String, String> within = transaction.within(strings);
                    within.keyspace().clear();
                    for (int i = 0; i < 300; i++) {
                      set(within, "k" + i, "v");
                    }
                    return "";
                  });
            }),
        often(() -> assertThat(snapshot()).hasSize(300)),
        often(() -> assertThat(snapshot()).hasSize(300)));
    assertThat(taken).hasPositiveValue();
  }
}
