package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A disk that is full for a while: what was on it stays, and what was acknowledged gets there. */
@ParameterizedClass
@EnumSource
final class FullDiskTest {
  private static final String[] SNAPSHOTS = {"--appendonly", "no", "--save", "3600 1000000"};

  /** Entries that take 2 MB together and cannot be compressed. */
  private static final int MANY = 2_000;

  private static final int LONG = 1_000;

  private final Disk.Kind kind;
  private final Random random = new Random(1);
  @TempDir private Path home;
  private Disk disk;
  private Path directory;

  FullDiskTest(Disk.Kind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void make() throws Exception {
    disk = Disk.of(kind, home);
    directory = disk.directory();
  }

  @AfterEach
  void unmake() throws Exception {
    if (disk != null) {
      disk.close();
    }
  }

  @Test
  void snapshotThatDoesNotFitLeavesTheOldOne() throws Exception {
    try (Server server = Server.start(directory, SNAPSHOTS);
        Wire wire = server.connect()) {
      write(wire, "old", MANY);
      assertThat(wire.ask("SAVE")).isEqualTo("+OK");
      final byte[] old = Files.readAllBytes(directory.resolve("dump.rdb"));
      final String lastSave = wire.ask("LASTSAVE");
      write(wire, "new", MANY);

      disk.fill(server);
      final List<String> files = files();
      assertThat(wire.ask("SAVE")).startsWith("-ERR");
      assertThat(wire.ask("PING")).isNotEmpty();
      server.saveInBackground();
      assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
      assertThat(wire.ask("LASTSAVE")).isEqualTo(lastSave);
      assertThat(directory.resolve("dump.rdb")).hasBinaryContent(old);
      assertThat(files()).as("no temporary file is left").isEqualTo(files);
      assertThat(wire.ask("SET", "more", "1")).startsWith("-MISCONF ");
      assertThat(wire.ask("INCR", "more")).startsWith("-MISCONF ");
      assertThat(wire.ask("DEL", "new:0")).startsWith("-MISCONF ");
      assertThat(wire.ask("GET", "new:0")).hasSize(LONG);
      assertThat(wire.ask("EXISTS", "more")).isEqualTo(":0");

      disk.free(server);
      server.saveInBackground();
      assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("ok");
      assertThat(wire.ask("SET", "more", "1")).isEqualTo("+OK");
      server.kill();
    }
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      assertThat(server.ask("DBSIZE")).isEqualTo(":" + 2 * MANY);
      assertThat(server.ask("EXISTS", "more")).isEqualTo(":0");
    }
  }

  @Test
  void writesGoOnWithoutSnapshotsIfToldSo() throws Exception {
    try (Server server =
        Server.start(
            directory,
            "--appendonly",
            "no",
            "--save",
            "3600 1000000",
            "--stop-writes-on-bgsave-error",
            "no")) {
      try (Wire wire = server.connect()) {
        write(wire, "new", MANY);
        disk.fill(server);
        server.saveInBackground();
        assertThat(server.info("rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(wire.ask("SET", "more", "1")).isEqualTo("+OK");
        assertThat(wire.ask("PING")).isEqualTo("+PONG");
        disk.free(server);
      }
    }
  }

  @Test
  void serverThatCannotSaveDoesNotShutDown() throws Exception {
    try (Server server = Server.start(directory, SNAPSHOTS);
        Wire wire = server.connect()) {
      write(wire, "new", MANY);
      disk.fill(server);
      assertThat(wire.ask("SHUTDOWN", "SAVE")).startsWith("-ERR Errors trying to SHUTDOWN");
      assertThat(wire.ask("DBSIZE")).isEqualTo(":" + MANY);
      disk.free(server);
      server.shutDown("SAVE");
    }
    try (Server server = Server.start(directory, SNAPSHOTS)) {
      assertThat(server.ask("DBSIZE")).isEqualTo(":" + MANY);
    }
  }

  @Test
  void logThatIsForcedEverySecondRefusesWritesUntilThereIsSpace() throws Exception {
    refusesWritesUntilThereIsSpace("everysec");
  }

  @Test
  void logThatIsForcedAtOnceRefusesWritesUntilThereIsSpace() throws Exception {
    Assumptions.assumeTrue(
        Server.Program.TESTED == Server.Program.LARDER, "Redis ends itself in this case");
    refusesWritesUntilThereIsSpace("always");
  }

  private void refusesWritesUntilThereIsSpace(String fsync) throws Exception {
    String[] options = {"--appendonly", "yes", "--appendfsync", fsync, "--save", ""};
    List<String> acknowledged = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    try (Server server = Server.start(directory, options);
        Wire wire = server.connect()) {
      write(wire, "old", MANY);
      assertThat(server.info("aof_last_write_status")).isEqualTo("ok");

      disk.fill(server);
      String reply;
      do {
        // One a time, and not too many: those are acknowledged until it has noticed.
        String key = "full:" + acknowledged.size();
        reply = set(server, key);
        if (reply.equals("+OK")) {
          acknowledged.add(key);
          Thread.sleep(20);
        }
      } while (reply.equals("+OK") && acknowledged.size() < 500);
      assertThat(reply).startsWith("-MISCONF ");
      if (fsync.equals("always")) {
        assertThat(acknowledged).as("acknowledged without being on disk").hasSizeLessThan(5);
      }
      assertThat(server.info("aof_last_write_status")).isEqualTo("err");
      for (int i = 0; i < 10; i++) {
        refused.add("refused:" + i);
        assertThat(set(server, "refused:" + i)).startsWith("-MISCONF ");
      }
      assertThat(server.ask("GET", "old:1")).hasSize(LONG);

      disk.free(server);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> server.ask("SET", "again", "1").equals("+OK"));
      assertThat(server.info("aof_last_write_status")).isEqualTo("ok");
      for (int i = 0; i < MANY; i++) {
        acknowledged.add("old:" + i);
      }
      acknowledged.add("again");
      server.kill();
    }
    try (Server server = Server.start(directory, options);
        Wire wire = server.connect()) {
      for (String key : acknowledged) {
        assertThat(wire.ask("EXISTS", key)).as(key).isEqualTo(":1");
      }
      for (String key : refused) {
        assertThat(wire.ask("EXISTS", key)).as(key).isEqualTo(":0");
      }
    }
  }

  /** A client whose change was made but cannot be kept is not answered: it is closed. */
  private String set(Server server, String key) throws Exception {
    try (Wire wire = server.connect()) {
      return wire.ask("SET", key, letters());
    } catch (EOFException e) {
      return "-MISCONF (closed)";
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.map(Path::toString).sorted().toList();
    }
  }

  private void write(Wire wire, String prefix, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      assertThat(wire.ask("SET", prefix + ":" + i, letters())).isEqualTo("+OK");
    }
  }

  /** What no compression makes shorter by much. */
  private String letters() {
    StringBuilder text = new StringBuilder(LONG);
    for (int i = 0; i < LONG; i++) {
      text.append((char) (' ' + random.nextInt(95)));
    }
    return text.toString();
  }
}
