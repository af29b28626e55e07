package dev.larder.persistence;

import static dev.larder.persistence.LogText.resp;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.DeadlockException;
import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.StringOperations.When;
import dev.larder.ops.Transaction;
import dev.larder.ops.Unkept;
import dev.larder.store.Keeper;
import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What lies between a change and the disk, where it is easily lost. */
@ExtendWith(QuietLog.class)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeptThroughoutTest {
  @TempDir Path directory;

  private final OneCache cache = new OneCache("cache");

  private DiskPersistence open(Disk disk, PersistenceOptions options, OneCache... caches) {
    List<KeptCache<?, ?>> kept = new ArrayList<>();
    for (OneCache each : caches) {
      kept.add(each.kept);
    }
    return DiskPersistence.open("test", disk, options, kept, OneCache.replay(caches));
  }

  private PersistenceOptions logged(Fsync fsync) {
    return PersistenceOptions.in(directory).appendOnly(fsync);
  }

  private Path newestIncrement() {
    Path log = directory.resolve("appendonlydir");
    List<Manifest.Part> parts = Manifest.read(Disk.REAL, log, "appendonly.aof").parts();
    return log.resolve(parts.get(parts.size() - 1).name());
  }

  // ------------------------------------------------------------------------------------ snapshots

  @Test
  void aValueThatIsGivenMoreTimeJustAsItEndsIsInTheSnapshot() throws IOException {
    cache.setUntil("k", "v", OneCache.NOW + 10);
    List<Object> found = new ArrayList<>();
    try (Snapshot snapshot = Snapshot.of(List.of(cache.kept.store()))) {
      snapshot.cut();
      cache
          .operations
          .entries()
          .run(
              "k",
              turn -> {
                cache.clock.set(OneCache.NOW + 20); // it has found the value alive
                turn.expire(Deadline.NONE, "persist");
                return "";
              });
      snapshot.forEach((store, key, value, deadline) -> found.add(key), done -> {});
    }
    assertThat(found).containsExactly("k");
  }

  @Test
  void whatChangesAfterTheCutIsInTheSnapshotAsItWas() throws IOException {
    cache.set("changed", "before");
    cache.set("removed", "before");
    List<String> found = new ArrayList<>();
    try (Snapshot snapshot = Snapshot.of(List.of(cache.kept.store()))) {
      snapshot.cut();
      cache.set("changed", "after");
      cache.operations.keys().delete("removed");
      cache.set("new", "after");
      snapshot.forEach((store, key, value, deadline) -> found.add(key + " " + value), done -> {});
    }
    assertThat(found).containsExactlyInAnyOrder("changed before", "removed before");
  }

  @Test
  void whoWorksOnAnEntryCannotSaveTheCache() {
    DiskPersistence persistence = open(Disk.REAL, PersistenceOptions.in(directory), cache);
    cache.set("k", "v");
    for (Runnable save :
        List.<Runnable>of(persistence::save, () -> cache.kept.save(directory.resolve("own.rdb")))) {
      assertThatThrownBy(
              () ->
                  cache
                      .operations
                      .entries()
                      .run(
                          "k",
                          turn ->
                              turn.inUserCode(
                                  () -> {
                                    save.run();
                                    return "";
                                  })))
          .isInstanceOf(DeadlockException.class);
    }
    persistence.close(true);
  }

  @Test
  void aTransactionIsLetInAsAnyWriter() {
    AtomicInteger admitted = new AtomicInteger();
    Store<String, String> store = cache.kept.store();
    store.keeper(counting(admitted));
    Transaction some = Transaction.changing();
    some.add(cache.operations, "k");
    some.run(() -> "");
    assertThat(admitted).hasValue(1);
    Transaction all = Transaction.changing();
    all.addAll(cache.operations);
    all.run(() -> "");
    assertThat(admitted).hasValue(2);
  }

  @SuppressWarnings("unchecked")
  private static Keeper<String, String> counting(AtomicInteger admitted) {
    return (Keeper<String, String>)
        Proxy.newProxyInstance(
            Keeper.class.getClassLoader(),
            new Class<?>[] {Keeper.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("admit")) {
                admitted.incrementAndGet();
              }
              return method.getReturnType() == long.class ? 0L : null;
            });
  }

  @Test
  void aSnapshotIsWrittenAlthoughTheClockWentBack() {
    PersistenceOptions options = PersistenceOptions.in(directory).save(1, Duration.ofSeconds(1));
    DiskPersistence persistence = open(Disk.REAL, options, cache);
    cache.clock.set(OneCache.NOW - 86_400_000);
    cache.set("k", "v");
    persistence.tick();
    persistence.close(false);
    assertThat(directory.resolve("dump.rdb")).exists();
  }

  // ------------------------------------------------------------------------------------ the log

  @Test
  void commandsOfAnotherServerMeetTheCacheThatHasTheNumberByThen() throws IOException {
    OneCache other = new OneCache("other", cache.clock);
    DiskPersistence persistence = open(Disk.REAL, logged(Fsync.ALWAYS), cache, other);
    cache.set("k", "cache");
    other.set("k", "other");
    persistence.swap(0, 1);
    persistence.rewriteNow();
    persistence.close();
    Files.writeString(
        newestIncrement(), resp("SELECT 0", "APPEND k +"), ISO_8859_1, StandardOpenOption.APPEND);
    OneCache loaded = new OneCache("cache");
    OneCache loadedOther = new OneCache("other");
    open(Disk.REAL, logged(Fsync.ALWAYS), loaded, loadedOther).close();
    assertThat(loaded.entries()).containsEntry("k", "cache");
    assertThat(loadedOther.entries()).containsEntry("k", "other+");
  }

  @Test
  void aLogOfWhichSomethingWasLeftOutIsNotWrittenOver() throws IOException {
    Path log = Files.createDirectory(directory.resolve("appendonlydir"));
    Path increment = log.resolve("appendonly.aof.1.incr.aof");
    Files.writeString(
        log.resolve("appendonly.aof.manifest"),
        "file " + increment.getFileName() + " seq 1 type i\n");
    String commands = resp("SELECT 0", "SET k v", "RPUSH list a b");
    Files.writeString(increment, commands, ISO_8859_1);
    PersistenceOptions asked = logged(Fsync.ALWAYS);
    PersistenceOptions skipping =
        new PersistenceOptions(
            asked.directory(),
            asked.fileName(),
            asked.saveRules(),
            true,
            Fsync.ALWAYS,
            asked.logName(),
            asked.logDirectory(),
            0,
            0,
            true,
            true,
            false,
            true);
    assertThatThrownBy(() -> open(Disk.REAL, skipping, cache))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("1 RPUSH");
    assertThat(increment).hasContent(commands);
    assertThat(log.resolve("appendonly.aof.manifest"))
        .content()
        .contains("type i")
        .doesNotContain("type b");
  }

  @Test
  void whoWaitsForALogThatIsClosedMeanwhileIsTold() {
    DiskPersistence persistence = open(Disk.REAL, logged(Fsync.ALWAYS), cache);
    CacheOperations<String, String> loop = cache.operations.forLoop();
    for (int i = 0; i < 100; i++) {
      loop.strings().set("k" + i, "v", When.ALWAYS, Deadline.BY_POLICY, null);
    }
    Unkept unkept = Objects.requireNonNull(Unkept.take());
    persistence.reconfigure(PersistenceOptions.in(directory));
    persistence.reconfigure(logged(Fsync.ALWAYS));
    List<String> told = new ArrayList<>();
    unkept.whenKept(reason -> told.add(String.valueOf(reason)));
    assertThat(told).containsExactly("null");
    persistence.close();
  }

  @Test
  void aDeadlineThatAReaderMovesIsKept() {
    DiskPersistence persistence = open(Disk.REAL, logged(Fsync.ALWAYS), cache);
    cache.setUntil("k", "v", OneCache.NOW + 1_000);
    Keeper<String, String> keeper = Objects.requireNonNull(cache.kept.store().keeper());
    keeper.touched("k", OneCache.NOW + 2_000);
    persistence.close();
    OneCache loaded = new OneCache("cache");
    open(Disk.REAL, logged(Fsync.ALWAYS), loaded).close();
    assertThat(loaded.entries()).containsEntry("k", "v@" + (OneCache.NOW + 2_000));
  }

  /** The moment between the next file and the cut is short: many changes are to fall on it. */
  @RepeatedTest(20)
  void whatChangesWhileTheLogIsWrittenAnewIsInIt() throws InterruptedException {
    DiskPersistence persistence = open(Disk.REAL, logged(Fsync.NO), cache);
    AtomicInteger next = new AtomicInteger();
    AtomicBoolean isOver = new AtomicBoolean();
    Thread writer =
        new Thread(
            () -> {
              while (!isOver.get()) {
                cache.set("k" + next.getAndIncrement(), "v");
              }
            });
    writer.start();
    while (next.get() < 1_000) {
      Thread.onSpinWait();
    }
    persistence.rewriteNow();
    isOver.set(true);
    writer.join();
    persistence.close();
    OneCache loaded = new OneCache("cache");
    open(Disk.REAL, logged(Fsync.NO), loaded).close();
    assertThat(loaded.kept.store().size()).isEqualTo(next.get());
  }

  @Test
  void whoReloadsIsToldIfTheLogCannotTakeIt() {
    List<Consumer<DiskPersistence>> reloads =
        List.of(
            persistence -> persistence.reload(false),
            persistence -> persistence.reload(true),
            DiskPersistence::reloadLog);
    for (int i = 0; i < reloads.size(); i++) {
      Consumer<DiskPersistence> reload = reloads.get(i);
      FailingDisk disk = new FailingDisk();
      OneCache failing = new OneCache("cache");
      KeptCache<String, String> kept = failing.keptAs((key, value) -> disk.breakDown());
      PersistenceOptions options =
          PersistenceOptions.in(directory.resolve("" + i)).appendOnly(Fsync.ALWAYS);
      DiskPersistence persistence =
          DiskPersistence.open("test", disk, options, List.of(kept), OneCache.replay(failing));
      failing.set("k", "v");
      persistence.save();
      assertThatThrownBy(() -> reload.accept(persistence))
          .isInstanceOf(OperationException.class)
          .hasMessageContaining("No space left on device");
      persistence.close();
    }
  }

  @Test
  void whatWasDestroyedIsNotInTheLogAnyMore() throws IOException {
    DiskPersistence persistence = open(Disk.REAL, logged(Fsync.ALWAYS), cache);
    cache.set("k", "precious");
    persistence.rewriteNow();
    cache.operations.keyspace().clear();
    persistence.destroyed();
    persistence.close();
    try (Stream<Path> files = Files.list(directory.resolve("appendonlydir"))) {
      for (Path file : files.toList()) {
        assertThat(Files.readString(file, ISO_8859_1)).doesNotContain("precious");
      }
    }
  }
}
