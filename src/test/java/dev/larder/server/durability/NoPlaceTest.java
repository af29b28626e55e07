package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that cannot be where they belong. A directory of that name is in the way, which stops root,
 * too.
 */
final class NoPlaceTest {
  private static final String[] SNAPSHOTS = {"--appendonly", "no", "--save", "3600 1000000"};
  private static final String[] LOG = {
    "--appendonly", "yes", "--appendfsync", "always", "--save", ""
  };

  @TempDir private Path home;
  private Path directory;

  @BeforeEach
  void make() throws Exception {
    directory = Files.createDirectories(home.resolve("data"));
  }

  @Test
  void directoryBelowAFileIsRefusedAtTheStart() throws Exception {
    Path file = Files.writeString(home.resolve("file"), "");
    assertThat(Server.refusal(Server.Program.TESTED, file.resolve("data"), SNAPSHOTS))
        .contains(file.toString());
    assertThat(file).hasContent("");
  }

  @Test
  void missingDirectoryIsMade() throws Exception {
    Assumptions.assumeTrue(
        Server.Program.TESTED == Server.Program.LARDER, "Redis needs one that is there");
    Path missing = directory.resolve("not").resolve("there");
    try (Server server = Server.start(missing, SNAPSHOTS)) {
      assertThat(server.ask("SAVE")).isEqualTo("+OK");
    }
    assertThat(missing.resolve("dump.rdb")).isNotEmptyFile();
  }

  @Test
  void snapshotThatCannotTakeItsNameIsAnError() throws Exception {
    Path inTheWay = directory.resolve("dump.rdb").resolve("in").resolve("the way");
    try (Server server = Server.start(directory, SNAPSHOTS);
        Wire wire = server.connect()) {
      assertThat(wire.ask("SET", "k", "1")).isEqualTo("+OK");
      Files.createDirectories(inTheWay);
      assertThat(wire.ask("SAVE")).startsWith("-ERR");
      server.saveInBackground();
      assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
      assertThat(wire.ask("SET", "k", "2")).startsWith("-MISCONF ");
      assertThat(wire.ask("GET", "k")).isEqualTo("1");
      assertThat(directory.toFile().list()).containsExactlyInAnyOrder("dump.rdb", "larder.lock");

      Files.delete(inTheWay);
      Files.delete(inTheWay.getParent());
      Files.delete(directory.resolve("dump.rdb"));
      assertThat(wire.ask("SAVE")).isEqualTo("+OK");
      assertThat(wire.ask("SET", "k", "2")).isEqualTo("+OK");
    }
  }

  @Test
  void newBaseOfTheLogThatCannotTakeItsNameLosesNothing() throws Exception {
    Path inTheWay = directory.resolve("appendonlydir").resolve("appendonly.aof.2.base.rdb");
    try (Server server = Server.start(directory, LOG);
        Wire wire = server.connect()) {
      assertThat(wire.ask("SET", "before", "1")).isEqualTo("+OK");
      Files.createDirectories(inTheWay.resolve("in the way"));
      server.rewriteLog();
      assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("err");
      assertThat(server.info("aof_last_write_status")).isEqualTo("ok");
      assertThat(wire.ask("SET", "after", "1")).isEqualTo("+OK");
      server.kill();
    }
    Files.delete(inTheWay.resolve("in the way"));
    Files.delete(inTheWay);
    try (Server server = Server.start(directory, LOG);
        Wire wire = server.connect()) {
      assertThat(wire.ask("EXISTS", "before", "after")).isEqualTo(":2");
      server.rewriteLog();
      assertThat(server.info("aof_last_bgrewrite_status")).isEqualTo("ok");
      assertThat(wire.ask("SET", "at last", "1")).isEqualTo("+OK");
      server.kill();
    }
    try (Server server = Server.start(directory, LOG)) {
      assertThat(server.ask("EXISTS", "before", "after", "at last")).isEqualTo(":3");
    }
  }
}
