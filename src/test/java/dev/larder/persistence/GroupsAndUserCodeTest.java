package dev.larder.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.ops.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the log has of changes of several entries, and of code of the user's among them. */
class GroupsAndUserCodeTest {
  @TempDir private Path directory;
  private final OneCache cache = new OneCache("cache");

  private DiskPersistence open() {
    return DiskPersistence.open(
        "test",
        PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS),
        List.of(cache.kept),
        OneCache.replay(cache));
  }

  private List<String> logged() {
    return LogText.commands(
        directory.resolve("appendonlydir").resolve("appendonly.aof.1.incr.aof"));
  }

  @Test
  void whatUserCodeDoesWithinATransactionIsNoPartOfIt() {
    DiskPersistence persistence = open();
    Transaction transaction = Transaction.changing();
    transaction.add(cache.operations, "a");
    transaction.add(cache.operations, "b");
    transaction.run(
        () -> {
          OneCache other = cache;
          var within = transaction.within(cache.operations);
          within.strings().setAll(java.util.Map.of("a", "1"));
          within
              .entries()
              .run(
                  "b",
                  turn -> {
                    turn.inUserCode(
                        () -> {
                          other.set("elsewhere", "1"); // given back at once: others may go on
                          return "";
                        });
                    turn.set("2");
                    return "";
                  });
          return "";
        });
    persistence.close();
    assertThat(logged())
        .containsExactly("SELECT 0", "SET elsewhere 1", "MULTI", "SET a 1", "SET b 2", "EXEC");
  }

  @Test
  void filesThatNoManifestNamesAreSetAside() throws IOException {
    Path files = Files.createDirectories(directory.resolve("appendonlydir"));
    Files.writeString(files.resolve("appendonly.aof.7.incr.aof"), LogText.resp("SET a 1"));
    open().close();
    try (Stream<Path> there = Files.list(files)) {
      assertThat(there.map(file -> file.getFileName().toString()))
          .contains("appendonly.aof.7.incr.aof.orphan");
    }
    assertThat(files.resolve("appendonly.aof.7.incr.aof.orphan"))
        .hasContent(LogText.resp("SET a 1"));
  }
}
