package dev.larder.persistence;

import static dev.larder.persistence.LogText.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.persistence.FailingDisk.How;
import dev.larder.persistence.FailingDisk.Lost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every call of the file system fails once while a log is written, rotated and rebased; then the
 * power fails too. What is read afterwards must be all that was acknowledged, perhaps some of what
 * came next, and nothing else.
 *
 * <p>Change i sets k and t to i. A base has the number of changes that it covers in it.
 */
@ExtendWith(QuietLog.class)
class AppendLogCrashTest {
  private static final String NAME = "appendonly.aof";
  private static final int CHANGES = 12;
  private static final long SECOND = 1_000_000_000;

  @TempDir Path above;
  private long now;

  /** A log being written, and what it has promised. */
  private final class Run {
    final FailingDisk disk;
    final Path directory;
    int appended;
    int acknowledged;
    boolean named;

    Run(FailingDisk disk, Path directory) {
      this.disk = disk;
      this.directory = directory;
    }

    Run run() throws IOException {
      Files.createDirectories(directory);
      AppendLog log;
      try {
        log = AppendLog.begin(disk, directory, NAME, Manifest.EMPTY, Fsync.ALWAYS, 1000, () -> now);
      } catch (PersistenceException e) {
        return this;
      }
      rewrite(log);
      while (appended < CHANGES) {
        change(log, appended + 1);
        if (appended % 4 == 0 || log.failure() != null) {
          rewrite(log);
        }
      }
      try {
        log.close();
      } catch (PersistenceException e) {
        // what it had promised before still holds
      }
      return this;
    }

    private void change(AppendLog log, int i) {
      appended = i;
      long position;
      if (i % 2 == 0) {
        log.begin();
        log.set(0, bytes("k"), bytes("" + i), Long.MAX_VALUE);
        log.set(1, bytes("t"), bytes("" + i), Long.MAX_VALUE);
        position = log.end();
      } else {
        position = log.set(0, bytes("k"), bytes("" + i), Long.MAX_VALUE);
      }
      now += SECOND;
      log.tick();
      if (named && log.isKept(position)) {
        acknowledged = i;
      }
    }

    private void rewrite(AppendLog log) {
      try {
        int covers = appended;
        log.rotate();
        if (appended == 8 && acknowledged == 8) {
          change(log, 9);
        }
        AppendLogTest.rebase(log, disk, directory, "" + covers);
        named = true;
        acknowledged = Math.max(acknowledged, covers);
        log.tick();
      } catch (PersistenceException | IOException e) {
        // it goes on with the files it has
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterAnyFailureAllThatWasAcknowledgedIsRead(How how) throws IOException {
    for (Lost lost : Lost.values()) {
      int calls = new Run(new FailingDisk(), above.resolve(lost + "-none")).run().disk.calls();
      assertThat(calls).isGreaterThan(50);
      for (int n = 1; n <= calls; n++) {
        Path directory = above.resolve(lost + "-" + n);
        Run run = new Run(new FailingDisk(n, how), directory).run();
        run.disk.losePower(lost);
        String what = how + " at call " + n + ", then losing " + lost;
        assertThat(read(directory, what)).as(what).isBetween(run.acknowledged, run.appended);
        if (how != How.FOR_EVER && n > 20) {
          assertThat(run.acknowledged).as(what).isEqualTo(CHANGES);
        }
      }
    }
  }

  /** Reads the files as a recovery does, and returns how many changes there are. */
  private static int read(Path directory, String what) throws IOException {
    Manifest manifest = Manifest.read(Disk.REAL, directory, NAME);
    if (manifest.isEmpty()) {
      return 0;
    }
    Manifest.Part base = manifest.base();
    assertThat(base).as(what).isNotNull();
    int changes = Integer.parseInt(Files.readString(directory.resolve(base.name())));
    boolean ended = false;
    for (Manifest.Part part : manifest.increments()) {
      Path file = directory.resolve(part.name());
      LogReader reader = new LogReader(Disk.REAL, file);
      LogReader.Check check = reader.check(0);
      assertThat(ended && check.size() > 0).as(what + ": bytes after a missing end").isFalse();
      assertThat(check.ending()).as(what).isNotEqualTo(LogReader.Ending.CORRUPT);
      ended |= check.ending() == LogReader.Ending.TRUNCATED;
      List<String> values = new ArrayList<>(LogText.commands(reader, check.good()));
      values.removeIf(command -> command.startsWith("SELECT"));
      while (!values.isEmpty()) {
        changes++;
        List<String> expected =
            changes % 2 == 1
                ? List.of("SET k " + changes)
                : List.of("MULTI", "SET k " + changes, "SET t " + changes, "EXEC");
        List<String> found = values.subList(0, Math.min(values.size(), expected.size()));
        assertThat(found).as(what).isEqualTo(expected);
        found.clear();
      }
    }
    return changes;
  }
}
