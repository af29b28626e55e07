package dev.larder.persistence;

import static dev.larder.persistence.LogText.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Without a thread: the test says when the log writes, and what time it is. */
@ExtendWith(QuietLog.class)
class AppendLogTest {
  private static final String NAME = "appendonly.aof";
  private static final long NONE = Long.MAX_VALUE;
  private static final long SECOND = 1_000_000_000;

  @TempDir Path directory;
  private long now;

  private AppendLog begin(Disk disk, Fsync fsync) {
    return AppendLog.begin(disk, directory, NAME, Manifest.EMPTY, fsync, 1000, () -> now);
  }

  private List<String> written(int seq) {
    return LogText.commands(directory.resolve(NAME + "." + seq + ".incr.aof"));
  }

  static void rebase(AppendLog log, Disk disk, Path directory, String content) throws IOException {
    Path base = directory.resolve("temp-rewriteaof.rdb");
    try (Disk.Output out = disk.create(base)) {
      out.write(ByteBuffer.wrap(bytes(content)), 0);
      out.force();
    }
    log.rebase(base);
  }

  @Test
  void recordsAreCommandsAndTheDatabaseIsSelectedWhenItChanges() {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    log.set(0, bytes("k"), bytes("v"), NONE);
    log.set(0, bytes("k"), bytes("v"), 1_700_000_000_000L);
    log.delete(3, bytes("k"));
    log.expireAt(3, bytes("k"), -1);
    log.tick();
    log.persist(3, bytes("k"));
    log.swap(3, 10);
    log.flush(0);
    log.rotate();
    log.flush(0);
    log.close();
    assertThat(written(1))
        .containsExactly(
            "SELECT 0",
            "SET k v",
            "SET k v PXAT 1700000000000",
            "SELECT 3",
            "DEL k",
            "PEXPIREAT k -1",
            "PERSIST k",
            "SWAPDB 3 10",
            "SELECT 0",
            "FLUSHDB");
    assertThat(written(2)).containsExactly("SELECT 0", "FLUSHDB");
  }

  @Test
  void groupIsOnePieceBetweenMultiAndExecUnlessItIsOneRecord() throws Exception {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    log.begin();
    log.set(0, bytes("a"), bytes("1"), NONE);
    log.begin();
    assertThat(log.set(1, bytes("b"), bytes("2"), NONE)).isZero();
    assertThat(log.end()).isZero();
    Thread other = new Thread(() -> log.delete(0, bytes("other")));
    other.start();
    other.join();
    long position = log.end();
    log.begin();
    log.delete(1, bytes("one"));
    log.end();
    log.begin();
    assertThat(log.end()).isZero();
    log.tick();
    assertThat(log.isKept(position)).isTrue();
    assertThat(written(1))
        .containsExactly(
            "SELECT 0", "DEL other", "MULTI", "SET a 1", "SELECT 1", "SET b 2", "EXEC", "DEL one");
    assertThatThrownBy(log::end).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void largeValuesOfRecordsAndGroupsAreWrittenWhole() {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    String large = "x".repeat(100_000);
    String middle = "y".repeat(15_000);
    log.set(0, bytes("a"), bytes(large), NONE);
    log.begin();
    for (int i = 0; i < 9; i++) {
      log.set(0, bytes("b" + i), bytes(i % 2 == 0 ? middle : large), NONE);
    }
    log.end();
    log.close();
    assertThat(written(1)).hasSize(13).contains("SET a " + large, "SET b8 " + middle);
    assertThat(log.position() + Seal.LENGTH).isEqualTo(log.bytes());
  }

  @Test
  void keptMeansForcedUnderAlwaysAndWrittenOtherwise() throws IOException {
    FailingDisk disk = new FailingDisk();
    AppendLog log = begin(disk, Fsync.ALWAYS);
    long position = log.delete(0, bytes("k"));
    List<String> told = new ArrayList<>();
    log.whenKept(position, failure -> told.add("kept " + failure));
    assertThat(log.isKept(position)).isFalse();
    assertThat(told).isEmpty();
    log.tick();
    assertThat(told).containsExactly("kept null");
    log.whenKept(position, failure -> told.add("at once"));
    assertThat(told).hasSize(2);
    log.await(position);
    rebase(log, disk, directory, "");
    disk.losePower(FailingDisk.Lost.BOTH);
    assertThat(written(1)).containsExactly("SELECT 0", "DEL k");
  }

  @Test
  void everySecondForcesASecondAfterTheLastTime() throws IOException {
    FailingDisk disk = new FailingDisk();
    AppendLog log = begin(disk, Fsync.EVERYSEC);
    log.delete(0, bytes("k"));
    int before = disk.calls();
    assertThat(log.tick()).isBetween(1L, 10_000_000L);
    assertThat(disk.calls()).isEqualTo(before + 1);
    now = SECOND / 2;
    assertThat(log.tick()).isEqualTo(SECOND / 2);
    now = SECOND;
    assertThat(log.tick()).isEqualTo(Long.MAX_VALUE);
    assertThat(disk.calls()).isEqualTo(before + 2);
    now = 5 * SECOND;
    assertThat(log.tick()).isEqualTo(Long.MAX_VALUE);
    assertThat(disk.calls()).isEqualTo(before + 2);
  }

  @Test
  void logIsBehindUntilItsBufferIsWritten() {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    log.awaitRoom();
    long position = log.set(0, bytes("k"), new byte[1100], NONE);
    assertThat(log.isBehind()).isTrue();
    assertThat(log.unwritten()).isEqualTo(position);
    log.tick();
    assertThat(log.isBehind()).isFalse();
    log.awaitRoom();
  }

  @Test
  void failedWriteIsRepeatedASecondLaterAtTheSamePlace() {
    // the calls before: open the file, write
    FailingDisk disk = new FailingDisk(new Counting().callsUntilFirstWrite(), FailingDisk.How.HALF);
    AppendLog log = begin(disk, Fsync.ALWAYS);
    long first = log.set(0, bytes("a"), bytes("1"), NONE);
    List<String> told = new ArrayList<>();
    log.whenKept(first, failure -> told.add(String.valueOf(failure.getMessage())));
    assertThat(log.tick()).isEqualTo(SECOND);
    String reason = "writing appendonly.aof.1.incr.aof failed: No space left on device";
    assertThat(told).containsExactly(reason);
    assertThat(log.failure()).hasMessage(reason);
    long second = log.set(0, bytes("b"), bytes("2"), NONE);
    assertThatThrownBy(() -> log.await(second))
        .isInstanceOf(PersistenceException.class)
        .hasMessage(reason);
    now = SECOND / 2;
    assertThat(log.tick()).isEqualTo(SECOND / 2);
    now = SECOND;
    log.tick();
    assertThat(log.failure()).isNull();
    assertThat(log.isKept(first)).isTrue();
    log.tick();
    log.await(second);
    assertThat(written(1)).containsExactly("SELECT 0", "SET a 1", "SET b 2");
  }

  private final class Counting {
    int callsUntilFirstWrite() {
      FailingDisk disk = new FailingDisk();
      AppendLog log = AppendLogTest.this.begin(disk, Fsync.NO);
      int calls = disk.calls() + 1;
      log.close();
      return calls;
    }
  }

  @Test
  void failedForceIsOverOnlyAfterTheLogHasBeenRewritten() throws IOException {
    FailingDisk disk =
        new FailingDisk(new Counting().callsUntilFirstWrite() + 1, FailingDisk.How.BEFORE);
    AppendLog log = begin(disk, Fsync.ALWAYS);
    long first = log.set(0, bytes("a"), bytes("1"), NONE);
    log.tick();
    now = 10 * SECOND;
    assertThat(log.tick()).isEqualTo(Long.MAX_VALUE);
    assertThat(log.failure())
        .hasMessage(
            "forcing appendonly.aof.1.incr.aof to disk failed: No space left on device;"
                + " the log has to be rewritten");
    assertThat(log.isKept(first)).isFalse();
    log.rotate();
    long second = log.set(0, bytes("b"), bytes("2"), NONE);
    log.tick();
    assertThat(log.failure()).isNotNull();
    rebase(log, disk, directory, "a=1");
    assertThat(log.failure()).isNull();
    assertThat(log.isKept(first)).isTrue();
    assertThat(log.isKept(second)).isFalse();
    log.tick();
    assertThat(log.isKept(second)).isTrue();
    assertThat(written(2)).containsExactly("SELECT 0", "SET b 2");
  }

  @Test
  void rebaseNamesTheBaseAndTheNewestIncrementAndDeletesTheOthers() throws IOException {
    AppendLog log = begin(Disk.REAL, Fsync.EVERYSEC);
    log.rotate();
    rebase(log, Disk.REAL, directory, "base");
    assertThat(log.bytes()).isEqualTo(4);
    log.delete(0, bytes("k"));
    log.rotate();
    assertThat(Manifest.read(Disk.REAL, directory, NAME))
        .hasToString(
            """
            file appendonly.aof.1.base.rdb seq 1 type b
            file appendonly.aof.2.incr.aof seq 2 type i
            file appendonly.aof.3.incr.aof seq 3 type i
            """);
    log.delete(0, bytes("l"));
    rebase(log, Disk.REAL, directory, "second");
    log.tick();
    assertThat(Disk.REAL.list(directory))
        .containsExactly(
            "appendonly.aof.2.base.rdb", "appendonly.aof.3.incr.aof", "appendonly.aof.manifest");
    assertThat(log.bytes()).isEqualTo(6 + Files.size(directory.resolve(NAME + ".3.incr.aof")));
    assertThat(log.baseBytes()).isEqualTo(6);
    log.close();
    assertThatThrownBy(log::rotate).isInstanceOf(PersistenceException.class);
    log.close();
    assertThat(log.failure()).hasMessage("the log is closed");
  }

  @Test
  void resumedLogGoesOnInItsLastIncrement() throws IOException {
    AppendLog log = begin(Disk.REAL, Fsync.EVERYSEC);
    rebase(log, Disk.REAL, directory, "base");
    log.delete(2, bytes("k"));
    log.close();
    Manifest manifest = Manifest.read(Disk.REAL, directory, NAME);
    AppendLog next =
        AppendLog.resume(Disk.REAL, directory, NAME, manifest, Fsync.NO, 1000, () -> now);
    next.delete(2, bytes("l"));
    next.close();
    assertThat(written(1)).containsExactly("SELECT 2", "DEL k", "SELECT 2", "DEL l");
    assertThat(next.bytes()).isEqualTo(4 + Files.size(directory.resolve(NAME + ".1.incr.aof")));
  }

  @Test
  void closingReportsWhatCouldNotBeWritten() {
    FailingDisk disk =
        new FailingDisk(new Counting().callsUntilFirstWrite(), FailingDisk.How.FOR_EVER);
    AppendLog log = begin(disk, Fsync.EVERYSEC);
    long position = log.delete(0, bytes("k"));
    List<Object> told = new ArrayList<>();
    log.whenKept(position, told::add);
    assertThatThrownBy(log::close).hasMessageContaining("No space left on device");
    assertThat(told).hasSize(1).doesNotContainNull();
    log.close();
  }

  @Test
  void swappingWithinAGroupHappensWhereItIsSaid() {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    log.begin();
    log.set(0, bytes("a"), bytes("1"), NONE);
    log.swap(0, 1);
    log.rotate();
    log.set(1, bytes("b"), bytes("2"), NONE);
    log.end();
    log.close();
    assertThat(written(1)).containsExactly("MULTI", "SELECT 0", "SET a 1", "SWAPDB 0 1", "EXEC");
    assertThat(written(2)).containsExactly("SELECT 1", "SET b 2");
  }

  @Test
  @SuppressWarnings("NullAway") // it fails in the midst of a record, as for lack of memory
  void aRecordThatFailsLeavesNoPartAndNothingMoreIsKeptUntilABaseHasIt() throws IOException {
    AppendLog log = begin(Disk.REAL, Fsync.NO);
    log.set(0, bytes("k"), bytes("v"), NONE);
    assertThatThrownBy(() -> log.set(1, bytes("lost"), null, NONE))
        .isInstanceOf(NullPointerException.class);
    log.begin();
    log.set(0, bytes("g"), bytes("v"), NONE);
    assertThatThrownBy(() -> log.delete(1, null)).isInstanceOf(NullPointerException.class);
    log.end();
    log.set(1, bytes("k"), bytes("v"), NONE);
    log.tick();
    assertThat(written(1)).containsExactly("SELECT 0", "SET k v", "SET g v", "SELECT 1", "SET k v");
    assertThat(log.failure()).hasMessageContaining("not in the log");
    log.rotate();
    rebase(log, Disk.REAL, directory, "base");
    assertThat(log.failure()).isNull();
    log.close();
  }

  @Test
  void whatAProcessThatHasDiedHadNotForcedIsForcedBeforeItsLogGoesOn() throws IOException {
    FailingDisk disk = new FailingDisk();
    AppendLog log = begin(disk, Fsync.NO);
    rebase(log, disk, directory, "base");
    log.set(0, bytes("k"), bytes("1"), NONE);
    log.prepare();
    log.tick(); // written to the first, and not forced; the second is named and empty
    Manifest manifest = Manifest.read(disk, directory, NAME);
    assertThat(manifest.increments()).hasSize(2);
    AppendLog resumed =
        AppendLog.resume(disk, directory, NAME, manifest, Fsync.ALWAYS, 1000, () -> now);
    resumed.set(0, bytes("k"), bytes("2"), NONE);
    resumed.tick();
    disk.losePower(FailingDisk.Lost.CONTENT);
    assertThat(written(1)).containsExactly("SELECT 0", "SET k 1");
    assertThat(written(2)).containsExactly("SELECT 0", "SET k 2");
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void whoIsToldOnTheLogsThreadMayChangeSomethingAndWaitForIt() throws InterruptedException {
    AppendLog log = AppendLog.begin(Disk.REAL, directory, NAME, Manifest.EMPTY, Fsync.ALWAYS);
    CountDownLatch done = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      log.whenKept(
          log.set(0, bytes("k"), bytes("1"), NONE),
          reason -> {
            log.await(log.set(0, bytes("k"), bytes("2"), NONE));
            done.countDown();
          });
    }
    done.await();
    log.close();
  }
}
