package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server is killed while several clients write to it and its log is rewritten or a snapshot
 * written, and started again on what is left, over and over.
 *
 * <p>What is then there must be what there was at <em>one</em> moment: each client finds its
 * database as after one of its steps (see {@link Writer}), and there is a moment that is after all
 * those steps were sent and before any later one was acknowledged. That moment is not before
 *
 * <ul>
 *   <li>the last acknowledgement, if each write is forced to disk;
 *   <li>a second before the kill, if the log is forced to disk every second;
 *   <li>the beginning of the last finished snapshot, if there is no log.
 * </ul>
 *
 * <p>When steps and kills meet is up to the machine, so a seed brings back the steps, but not the
 * run. The files of one that failed are kept.
 */
final class KillTest {
  /** Every so many milliseconds the server has this much done to it. */
  private enum Policy {
    // spotless:off
    ALWAYS   (100,   600, "--appendonly", "yes", "--appendfsync", "always",   "--save", ""),
    EVERYSEC (1_100, 1_700, "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
    REWRITTEN(300,   900, "--appendonly", "yes", "--appendfsync", "always",   "--save", "1 100",
        "--auto-aof-rewrite-min-size", "16384", "--auto-aof-rewrite-percentage", "10"),
    SNAPSHOTS(300,   900, "--appendonly", "no",  "--save", "1 100");
    // spotless:on

    final int leastMillis;
    final int mostMillis;
    final String[] options;

    /** How long the clients write before a kill, and what the server is told. */
    Policy(int leastMillis, int mostMillis, String... options) {
      this.leastMillis = leastMillis;
      this.mostMillis = mostMillis;
      this.options = options;
    }
  }

  private static final int WRITERS = 5;

  /** Entries that nobody changes, so that writing all takes a while. */
  private static final int BALLAST = 20_000;

  private static final int BALLAST_DATABASE = Keyspace.DATABASES - 1;
  private static final int BALLAST_AT_ONCE = 500;

  /** What follows is an earlier state or none there was: which of them is a matter of luck. */
  private static final String LOSS = "are acknowledged, but it is ";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path home;

  private final long seed = Long.getLong("larder.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<Writer> writers = new ArrayList<>();
  private Path directory;

  /** Whether a {@link Keeper} is at work; or else there is one log, which may be changed. */
  private boolean keeping = true;

  private int kills;

  @Test
  void nothingAcknowledgedIsLostIfEachWriteIsForced() throws Exception {
    kill(Policy.ALWAYS, 8);
  }

  @Test
  void nothingOlderThanASecondIsLostIfTheLogIsForcedEverySecond() throws Exception {
    kill(Policy.EVERYSEC, 5);
  }

  @Test
  void rewritingTheLogLosesNothing() throws Exception {
    kill(Policy.REWRITTEN, 6);
  }

  @Test
  void snapshotsAreOfOneMoment() throws Exception {
    kill(Policy.SNAPSHOTS, 6);
  }

  /** Without this and the next two nobody knows whether the others can fail. */
  @Test
  void lostEndOfTheLogIsFoundOut() {
    keeping = false; // a log that has just been rewritten has no end to lose
    assertThatThrownBy(
            () -> kill(Policy.ALWAYS, 1, bytes -> bytes.substring(0, bytes.length() - 10_000)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(LOSS);
  }

  @Test
  void lostPieceOfTheLogIsFoundOut() {
    keeping = false;
    assertThatThrownBy(() -> kill(Policy.ALWAYS, 1, KillTest::withoutSomeOfItsMidst))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(LOSS);
  }

  @Test
  void movedDeadlineIsFoundOut() {
    keeping = false;
    assertThatThrownBy(() -> kill(Policy.ALWAYS, 1, KillTest::withLaterDeadlines))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining(LOSS);
  }

  /** As if they were relative to the start: a second is what that takes. */
  private static String withLaterDeadlines(String bytes) {
    return Pattern.compile("(?<=\\$13\r\n)\\d{13}(?=\r\n)")
        .matcher(bytes)
        .replaceAll(deadline -> String.valueOf(Long.parseLong(deadline.group()) + 1_000));
  }

  private static String withoutSomeOfItsMidst(String bytes) {
    String transaction = "*1\r\n$5\r\nMULTI\r\n";
    // Near the end: the log has effects, and most of them are overtaken by later ones.
    int end = bytes.lastIndexOf(transaction, bytes.length() - 2_000);
    int middle = bytes.lastIndexOf(transaction, end - 10_000);
    return bytes.substring(0, middle) + bytes.substring(end);
  }

  @Test
  @Tag("soak")
  void manyKillsIfEachWriteIsForced() throws Exception {
    killFor(Policy.ALWAYS, 60);
  }

  @Test
  @Tag("soak")
  void manyKillsIfTheLogIsForcedEverySecond() throws Exception {
    killFor(Policy.EVERYSEC, 60);
  }

  @Test
  @Tag("soak")
  void manyKillsWhileTheLogIsRewritten() throws Exception {
    killFor(Policy.REWRITTEN, 60);
  }

  @Test
  @Tag("soak")
  void manyKillsWithSnapshotsOnly() throws Exception {
    killFor(Policy.SNAPSHOTS, 60);
  }

  private void killFor(Policy policy, int seconds) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (System.nanoTime() - end < 0) {
      kill(policy, 10);
    }
  }

  private void kill(Policy policy, int times) throws Exception {
    kill(policy, times, UnaryOperator.identity());
  }

  private void kill(Policy policy, int times, UnaryOperator<String> sabotage) throws Exception {
    directory = Files.createDirectories(home.resolve("data"));
    Server server = Server.start(directory, policy.options);
    try {
      if (writers.isEmpty()) {
        for (int i = 0; i < WRITERS; i++) {
          writers.add(new Writer(2 * i, random.nextLong()));
        }
        fillBallast(server);
      }
      for (int i = 0; i < times; i++) {
        server = round(policy, server, sabotage);
      }
    } catch (Throwable e) {
      throw new AssertionError(
          "seed " + seed + ", kill " + kills + ", " + home + ": " + e.getMessage(), e);
    } finally {
      server.close();
    }
  }

  private Server round(Policy policy, Server server, UnaryOperator<String> sabotage)
      throws Exception {
    List<Thread> threads = new ArrayList<>();
    for (Writer writer : writers) {
      writer.connect(server);
      threads.add(new Thread(writer, "writer"));
    }
    Keeper keeper = new Keeper(server, policy == Policy.SNAPSHOTS, writers, random.nextLong());
    if (keeping) {
      threads.add(new Thread(keeper, "keeper"));
    }
    threads.forEach(Thread::start);
    Thread.sleep(between(policy.leastMillis, policy.mostMillis));

    for (Writer writer : writers) {
      assertThat(writer.failure()).as("what ended a writer").isNull();
    }
    assertThat(keeper.failure()).as("what ended the saving").isNull();
    long nanos = System.nanoTime();
    List<Integer> survivors = survivors(policy, nanos);
    server.kill();
    kills++;
    for (Thread thread : threads) {
      thread.join();
    }
    for (Writer writer : writers) {
      assertThat(writer.failure()).isInstanceOf(IOException.class);
    }
    long millis = Keyspace.now();
    changeLog(sabotage);

    if (random.nextInt(4) == 0) {
      // Once more, while it loads or even before.
      try (Server early = Server.launch(Server.Program.TESTED, directory, policy.options)) {
        Thread.sleep(random.nextInt(early.usualStartMillis()));
      }
    }
    Server next = Server.start(directory, policy.options);
    try {
      verify(next, survivors, millis);
      return next;
    } catch (Throwable e) {
      next.close();
      throw e;
    }
  }

  /** Writes the last file of the log anew. */
  private void changeLog(UnaryOperator<String> change) throws IOException {
    if (keeping) {
      return;
    }
    Path log = directory.resolve("appendonlydir").resolve("appendonly.aof.1.incr.aof");
    String bytes = Files.readString(log, StandardCharsets.ISO_8859_1);
    String unsealed = Server.unsealed(bytes);
    String changed = change.apply(unsealed);
    if (!changed.equals(unsealed)) {
      Files.writeString(log, changed, StandardCharsets.ISO_8859_1);
    }
  }

  private int between(int least, int most) {
    return least + random.nextInt(most - least);
  }

  /** How many steps of each writer must survive a kill at this time. */
  private List<Integer> survivors(Policy policy, long nanos) {
    return writers.stream()
        .map(
            writer ->
                switch (policy) {
                  case ALWAYS, REWRITTEN -> writer.acknowledged();
                  case EVERYSEC -> writer.acknowledgedAt(nanos - TimeUnit.SECONDS.toNanos(1));
                  case SNAPSHOTS -> writer.saved();
                })
        .toList();
  }

  private void verify(Server server, List<Integer> survivors, long killedMillis)
      throws IOException {
    List<Writer.Moment> moments = new ArrayList<>();
    try (Wire wire = server.connect()) {
      for (int database = 0; database < Keyspace.DATABASES; database++) {
        assertThat(wire.ask("SELECT", "" + database)).isEqualTo("+OK");
        if (database == BALLAST_DATABASE) {
          verifyBallast(wire);
        } else if (database % 2 == 0 && database / 2 < WRITERS) {
          moments.add(
              writers
                  .get(database / 2)
                  .verify(Keyspace.read(wire), survivors.get(database / 2), killedMillis));
        } else {
          assertThat(wire.ask("DBSIZE")).as("database " + database).isEqualTo(":0");
        }
      }
    }
    long after = moments.stream().mapToLong(Writer.Moment::from).max().orElseThrow();
    long before = moments.stream().mapToLong(Writer.Moment::to).min().orElseThrow();
    assertThat(after).as("one moment for all databases: %s", moments).isLessThan(before);
  }

  private void fillBallast(Server server) throws IOException {
    try (Wire wire = server.connect()) {
      assertThat(wire.ask("SELECT", "" + BALLAST_DATABASE)).isEqualTo("+OK");
      ByteArrayOutputStream calls = new ByteArrayOutputStream();
      for (int i = 0; i < BALLAST; i++) {
        Wire.write(calls, "SET", "ballast:" + i, ballast(i));
      }
      wire.send(calls.toByteArray());
      assertThat(wire.replies(BALLAST)).containsOnly("+OK");
      await().until(() -> wire.ask("SAVE"), "+OK"::equals); // a rule may just have begun one
    }
  }

  private static void verifyBallast(Wire wire) throws IOException {
    assertThat(wire.ask("DBSIZE")).isEqualTo(":" + BALLAST);
    for (int i = 0; i < BALLAST; i += BALLAST_AT_ONCE) {
      List<String> call = new ArrayList<>(List.of("MGET"));
      List<String> values = new ArrayList<>();
      for (int j = i; j < i + BALLAST_AT_ONCE; j++) {
        call.add("ballast:" + j);
        values.add(ballast(j));
      }
      assertThat(wire.askAll(call.toArray(String[]::new))).isEqualTo(values);
    }
  }

  private static String ballast(int i) {
    return i + "-".repeat(i % 100) + Integer.toHexString(i * 0x9E3779B9).repeat(10);
  }
}
