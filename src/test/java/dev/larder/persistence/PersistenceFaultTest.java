package dev.larder.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.persistence.FailingDisk.How;
import dev.larder.persistence.FailingDisk.Lost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call of the file system fails once, in turn, while a cache is kept; then the power fails,
 * too. What is loaded after that has all that was acknowledged, and nothing that was never written.
 */
@ExtendWith(QuietLog.class)
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PersistenceFaultTest {
  private static final int KEYS = 3;

  @TempDir Path above;

  /** What each key may have: the last value acknowledged, or one that came after it. */
  private final Map<String, Set<@Nullable String>> possible = new HashMap<>();

  private void change(OneCache cache, String key, @Nullable String value) {
    Set<@Nullable String> values = possible.computeIfAbsent(key, first -> new HashSet<>());
    if (values.isEmpty()) {
      values.add(null);
    }
    try {
      if (value == null) {
        if (!cache.operations.keys().delete(key)) {
          return; // nothing has changed, and so nothing was promised
        }
      } else {
        cache.set(key, value);
      }
      values.clear();
    } catch (OperationException e) {
      assertThat(e.code()).isEqualTo("MISCONF");
    }
    values.add(value);
  }

  private static void attempt(Runnable work) {
    try {
      work.run();
    } catch (PersistenceException e) {
      assertThat(e).hasMessageContaining("No space left on device");
    }
  }

  // ------------------------------------------------------------------------------------- the log

  /** Opens, changes, writes the log anew, saves, changes, closes; whatever fails. */
  private void log(FailingDisk disk, Path directory) {
    OneCache cache = new OneCache("cache");
    PersistenceOptions options = PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS);
    DiskPersistence persistence;
    try {
      persistence =
          DiskPersistence.open("test", disk, options, List.of(cache.kept), OneCache.replay(cache));
    } catch (PersistenceException e) {
      assertThat(e).hasMessageContaining("No space left on device");
      return;
    }
    for (int round = 1; round <= 3; round++) {
      for (int i = 0; i < KEYS; i++) {
        change(cache, "k" + i, round + "." + i);
      }
      change(cache, "k0", null);
      cache.operations.keys().delete("nothing");
      if (round < 3) {
        attempt(persistence::rewriteNow);
      }
      if (round == 2) {
        attempt(persistence::save);
      }
    }
    persistence.close();
  }

  @ParameterizedTest
  @EnumSource
  void allThatTheLogHasAcknowledgedIsThere(How how) throws IOException {
    FailingDisk good = new FailingDisk();
    log(good, above.resolve("good"));
    int calls = good.calls();
    assertThat(calls).isGreaterThan(40);
    for (int n = 1; n <= calls; n++) {
      for (Lost lost : List.of(Lost.NOTHING, Lost.BOTH)) {
        possible.clear();
        Path directory = above.resolve(how + "-" + n + "-" + lost);
        FailingDisk disk = new FailingDisk(n, how);
        log(disk, directory);
        disk.losePower(lost);
        OneCache loaded = new OneCache("cache");
        DiskPersistence persistence =
            DiskPersistence.open(
                "test",
                PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS),
                List.of(loaded.kept),
                OneCache.replay(loaded));
        persistence.close();
        requirePossible(loaded, how + " at call " + n + ", then losing " + lost);
      }
    }
  }

  private void requirePossible(OneCache loaded, String what) {
    Map<String, String> entries = loaded.entries();
    for (int i = 0; i < KEYS; i++) {
      String key = "k" + i;
      Set<@Nullable String> values = possible.get(key);
      if (values == null) {
        assertThat(entries).as(what).doesNotContainKey(key);
      } else {
        assertThat(values).as(what + ": " + key).contains(entries.get(key));
      }
    }
    assertThat(entries.size()).as(what).isLessThanOrEqualTo(KEYS);
  }

  // ----------------------------------------------------------------------------------- snapshots

  @ParameterizedTest
  @EnumSource
  void aSnapshotThatFailsLeavesTheOneBefore(How how) throws IOException {
    for (int n = 1; n <= 12; n++) {
      for (Lost lost : Lost.values()) {
        Path directory = Files.createDirectory(above.resolve(how + "-" + n + "-" + lost));
        FailingDisk disk = new FailingDisk(n, how);
        OneCache cache = new OneCache("cache");
        PersistenceOptions options = PersistenceOptions.in(directory);
        DiskPersistence persistence =
            DiskPersistence.open(
                "test", disk, options, List.of(cache.kept), OneCache.replay(cache));
        Set<Integer> possibleRounds = new HashSet<>(Set.of(0));
        for (int round = 1; round <= 2; round++) {
          cache.set("k", "" + round);
          cache.set("round" + round, "x");
          try {
            persistence.save();
            possibleRounds.clear();
            assertThat(persistence.status().save().failure()).isNull();
          } catch (PersistenceException e) {
            assertThat(e).hasMessageContaining("No space left on device");
            assertThat(persistence.status().save().failure()).isEqualTo(e.getMessage());
          }
          possibleRounds.add(round);
        }
        persistence.close();
        disk.losePower(lost);
        OneCache loaded = new OneCache("cache");
        DiskPersistence.open("test", options, List.of(loaded.kept), OneCache.replay(loaded))
            .close();
        int round = Integer.parseInt(loaded.entries().getOrDefault("k", "0"));
        String what = how + " at call " + n + ", then losing " + lost;
        assertThat(possibleRounds).as(what).contains(round);
        assertThat(loaded.entries()).as(what).hasSize(round == 0 ? 0 : round + 1);
      }
    }
  }
}
