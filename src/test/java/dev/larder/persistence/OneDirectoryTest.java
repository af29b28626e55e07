package dev.larder.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.larder.Codec;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.codec.Copier;
import dev.larder.codec.DiskForm;
import dev.larder.codec.TextCodecs;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One real directory: who may use it, what may lie in it, and what must not get lost in it. */
@ExtendWith(QuietLog.class)
class OneDirectoryTest {
  private static final String BASE = "file appendonly.aof.1.base.rdb seq 1 type b\n";
  private static final String INCREMENT = "file appendonly.aof.1.incr.aof seq 1 type i\n";

  @TempDir Path directory;

  private PersistenceOptions logged() {
    return PersistenceOptions.in(directory).appendOnly(Fsync.EVERYSEC);
  }

  private static DiskPersistence open(PersistenceOptions options, OneCache cache) {
    return DiskPersistence.open("test", options, List.of(cache.kept), OneCache.replay(cache));
  }

  private Path logFile(String name, String text) throws Exception {
    Path logs = Files.createDirectories(directory.resolve("appendonlydir"));
    return Files.writeString(logs.resolve(name), text, StandardCharsets.ISO_8859_1);
  }

  private static String command(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  private static String withoutLineEnds(Throwable refused) {
    return String.valueOf(refused.getMessage()).replaceAll("\\p{Cntrl}", "<control>");
  }

  @Test
  void aSecondUserOfTheDirectoryIsRefusedUntilTheFirstHasEnded() {
    OneCache first = new OneCache("c");
    DiskPersistence persistence = open(logged(), first);
    assertThatThrownBy(() -> open(logged(), new OneCache("c")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("in use");
    first.set("k", "v");
    persistence.close(false);
    OneCache second = new OneCache("c");
    open(logged(), second).close(false);
    assertThat(second.entries()).containsEntry("k", "v");
  }

  @Test
  void loadingTheLogLosesNothingThatIsNewerThanTheSnapshot() {
    OneCache cache = new OneCache("c");
    DiskPersistence persistence = open(logged(), cache);
    cache.set("old", "1");
    persistence.save();
    cache.set("new", "2");
    persistence.reloadLog();
    assertThat(cache.entries()).containsEntry("old", "1").containsEntry("new", "2");
    persistence.close(false);
    OneCache again = new OneCache("c");
    open(logged(), again).close(false);
    assertThat(again.entries()).isEqualTo(cache.entries());
  }

  @Test
  void whatWasJustReloadedHasNoChanges() {
    OneCache cache = new OneCache("c");
    DiskPersistence persistence = open(PersistenceOptions.in(directory), cache);
    cache.set("k", "v");
    persistence.reload(true);
    assertThat(persistence.status().changes()).isZero();
    persistence.close(false);
  }

  @Test
  void aLogOfWhichSomethingWasLeftOutIsNotDeleted() throws Exception {
    logFile("appendonly.aof.manifest", INCREMENT);
    Path log = logFile("appendonly.aof.1.incr.aof", command("RPUSH", "l", "1"));
    byte[] before = Files.readAllBytes(log);
    assertThatThrownBy(() -> open(logged().loadNevertheless(true, false, true), new OneCache("c")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining("1 RPUSH");
    assertThat(log).hasBinaryContent(before);
  }

  @Test
  void anEmptyFileIsNoBase() throws Exception {
    logFile("appendonly.aof.manifest", BASE + INCREMENT);
    Path base = logFile("appendonly.aof.1.base.rdb", "");
    logFile("appendonly.aof.1.incr.aof", "");
    assertThatThrownBy(() -> open(logged(), new OneCache("c")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining(base.toString());
  }

  @Test
  void whatComesFromFilesCannotForgeLinesOfMessages() throws Exception {
    logFile("appendonly.aof.manifest", INCREMENT);
    logFile("appendonly.aof.1.incr.aof", command("FO\r\nSEVERE: forged\u001b[31m"));
    assertThatThrownBy(() -> open(logged(), new OneCache("c")))
        .satisfies(e -> assertThat(withoutLineEnds(e)).doesNotContain("<control>"));
    logFile("appendonly.aof.manifest", "file \"a\\x1b[31m\\nb\" seq 1 type i\n");
    assertThatThrownBy(() -> open(logged(), new OneCache("c")))
        .satisfies(e -> assertThat(withoutLineEnds(e)).doesNotContain("<control>"));
  }

  @Test
  void aFileThatCannotGetItsNameDoesNotStay() throws Exception {
    OneCache cache = new OneCache("c");
    DiskPersistence persistence = open(PersistenceOptions.in(directory), cache);
    Files.createDirectories(directory.resolve("dump.rdb").resolve("full"));
    assertThatThrownBy(persistence::save).isInstanceOf(PersistenceException.class);
    try (var files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("temp-"));
    }
    persistence.close(false);
  }

  @Test
  void aBaseThatCannotGetItsNameDoesNotStay() throws Exception {
    OneCache cache = new OneCache("c");
    DiskPersistence persistence = open(logged(), cache);
    Path logs = directory.resolve("appendonlydir");
    Files.createDirectories(logs.resolve("appendonly.aof.2.base.rdb").resolve("full"));
    assertThatThrownBy(persistence::rewriteNow).isInstanceOf(PersistenceException.class);
    assertThat(Disk.REAL.list(logs)).noneMatch(name -> name.startsWith("temp-"));
    persistence.close(false);
  }

  @Test
  void twoCachesMayBeSavedToOneFileAtOnce() {
    Path file = directory.resolve("own.rdb");
    OneCache first = new OneCache("c");
    OneCache second = new OneCache("c");
    first.set("k", "first");
    second.set("k", "second");
    Codec<String> text = TextCodecs.of(String.class, new Copier(null));
    Codec<String> savingTheOther =
        new Codec<>() {
          @Override
          public String copy(String value) {
            return value;
          }

          @Override
          public byte[] toBytes(String value) {
            second.kept.save(file); // as another thread might
            return text.toBytes(value);
          }

          @Override
          public String fromBytes(byte[] bytes) {
            return text.fromBytes(bytes);
          }
        };
    DiskForm<String> form =
        DiskForm.of(String.class, savingTheOther, false, new Copier(null), List.of());
    new KeptCache<>("c", first.kept.store(), first.kept.keys(), form, (key, value) -> {})
        .save(file);
    second.kept.load(file);
    assertThat(second.entries()).containsExactly(entry("k", "first"));
    assertThat(directory).isDirectoryNotContaining("glob:**temp-*");
  }

  @Test
  void aLinkInPlaceOfATemporaryFileIsNotFollowed() throws Exception {
    Path victim = Files.writeString(directory.resolve("victim"), "precious");
    OneCache cache = new OneCache("c");
    DiskPersistence persistence = open(PersistenceOptions.in(directory), cache);
    String name = "temp-" + ProcessHandle.current().pid() + ".rdb";
    Files.createSymbolicLink(directory.resolve(name), victim);
    assertThatThrownBy(persistence::save).isInstanceOf(PersistenceException.class);
    assertThat(victim).hasContent("precious");
    persistence.close(false);
  }

  @Test
  @Timeout(60)
  void aPipeIsNotWaitedFor() throws Exception {
    assumeTrue(File.separatorChar == '/', "there are pipes with names");
    String pipe = directory.resolve("dump.rdb").toString();
    assertThat(new ProcessBuilder("mkfifo", pipe).start().waitFor()).isZero();
    assertThatThrownBy(() -> open(PersistenceOptions.in(directory), new OneCache("c")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining(pipe)
        .hasMessageContaining("Not a regular file");
  }

  @Test
  void aSnapshotOfWhichNobodyCanTellWhetherItIsThereIsNotTakenForNone() throws Exception {
    Path loop = directory.resolve("dump.rdb");
    Files.createSymbolicLink(loop, loop.getFileName());
    assertThatThrownBy(() -> open(PersistenceOptions.in(directory), new OneCache("c")))
        .isInstanceOf(PersistenceException.class)
        .hasMessageContaining(loop.toString());
  }
}
