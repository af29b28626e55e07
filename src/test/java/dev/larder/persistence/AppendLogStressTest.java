package dev.larder.persistence;

import static dev.larder.persistence.LogText.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.PersistenceOptions.Fsync;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many threads append to a log with its thread: each has its database, key and numbers. */
class AppendLogStressTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 1000;

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void orderOfEachThreadIsKeptAndGroupsAreWhole(Fsync fsync) throws InterruptedException {
    AppendLog log = AppendLog.begin(Disk.REAL, directory, "appendonly.aof", Manifest.EMPTY, fsync);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int number = t;
      threads.add(new Thread(() -> append(log, number)));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    log.close();
    verify(LogText.commands(directory.resolve("appendonly.aof.1.incr.aof")), ROUNDS);
  }

  private static void append(AppendLog log, int t) {
    byte[] key = bytes("k" + t);
    for (int i = 0; i < ROUNDS; i++) {
      long position;
      if (i % 2 == 0) {
        position = log.set(t, key, bytes("" + i), Long.MAX_VALUE);
      } else {
        log.begin();
        log.set(t, key, bytes("" + i), Long.MAX_VALUE);
        log.delete(t + THREADS, key);
        position = log.end();
      }
      if (i % 100 == 0) {
        log.await(position);
      }
    }
  }

  private static void verify(List<String> commands, int rounds) {
    int[] next = new int[THREADS];
    int db = -1;
    int group = -1;
    for (String command : commands) {
      String[] words = command.split(" ");
      switch (words[0]) {
        case "SELECT" -> db = Integer.parseInt(words[1]);
        case "MULTI" -> group = 0;
        case "EXEC" -> {
          assertThat(group).as("records of a group").isEqualTo(2);
          group = -1;
        }
        case "SET" -> {
          assertThat(words[1]).as("key in database " + db).isEqualTo("k" + db);
          assertThat(words[2]).isEqualTo("" + next[db]++);
          assertThat(group).as("records of its group before").isEqualTo(next[db] % 2 == 0 ? 0 : -1);
          group = group < 0 ? group : 1;
        }
        default -> {
          assertThat(words[1]).isEqualTo("k" + (db - THREADS));
          assertThat(group).as("records of its group before").isEqualTo(1);
          group = 2;
        }
      }
    }
    assertThat(next).containsOnly(rounds);
  }

  /** Lest the test above passes whatever is in the file. */
  @Test
  void tornGroupAndMissingSelectAreNoticed() {
    assertThatThrownBy(() -> verify(List.of("SELECT 0", "SET k0 0", "SET k1 0"), 1))
        .isInstanceOf(AssertionError.class);
    List<String> torn =
        List.of("SELECT 0", "SET k0 0", "MULTI", "SET k0 1", "SELECT 1", "SET k1 0", "EXEC");
    assertThatThrownBy(() -> verify(torn, 1)).isInstanceOf(AssertionError.class);
  }
}
