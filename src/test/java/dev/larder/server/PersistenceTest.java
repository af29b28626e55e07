package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.PersistenceOptions.SaveRule;
import dev.larder.ops.Rules;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server asks of what keeps its caches on disk, and when. */
final class PersistenceTest {
  private static final String NOT_KEPT = "nothing is kept on disk: the server has no 'dir'";

  private final Caches caches = new Caches();
  private final FakePersistence kept = new FakePersistence();
  private LarderServer server;
  private Client client;

  private LarderServer.Builder builder() {
    return caches.server().opener(kept).config("dir", "data");
  }

  private void start(LarderServer.Builder builder) throws IOException {
    server = builder.start();
    client = new Client(server);
    kept.calls.clear();
  }

  @AfterEach
  void close() throws IOException {
    if (client != null) {
      kept.failure = null;
      client.close();
      server.close();
    }
  }

  private void run(String script) throws IOException {
    Script.run(script, client, client);
  }

  private String info() throws IOException {
    return client.reply("INFO", "persistence");
  }

  // ---------------------------------------------------------------------------------- life

  @Test
  void isOpenedBeforeAnybodyIsLetInAndClosedInTheEnd() throws IOException {
    server = builder().name("kept").start();
    assertThat(kept.calls).containsExactly("open larder-server-kept in data");
    server.close();
    server.close();
    assertThat(kept.calls).containsExactly("open larder-server-kept in data", "close");
  }

  @Test
  void isNotOpenedIfThePortIsTakenOrThereIsNoPassword() throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      LarderServer.Builder refused = builder().port(taken.getLocalPort());
      assertThatThrownBy(refused::start).isInstanceOf(ServerException.class);
    }
    LarderServer.Builder open = builder().bind("0.0.0.0");
    assertThatThrownBy(open::start).isInstanceOf(ServerException.class);
    assertThat(kept.calls).isEmpty();
  }

  @Test
  void failureToLoadEndsTheStartAndNothingIsLeft() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    kept.failure = "dump.rdb is damaged";
    LarderServer.Builder builder = builder().port(port);
    assertThatThrownBy(builder::start)
        .isInstanceOf(ServerException.class)
        .hasMessage("dump.rdb is damaged");
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().startsWith("larder-server-" + port));
    kept.failure = null;
    builder.start().close();
  }

  @Test
  void cachesHaveTheNumbersThatTheyHaveOnDisk() throws IOException {
    caches.add(caches.cache("second", new Rules<>() {}));
    kept.numbers = List.of("second", "strings");
    caches.set("k", "in strings");
    start(builder());
    run(
        """
        get k             -> $-1
        select 1          -> +OK
        get k             -> $'in strings'
        swapdb 0 1        -> +OK
        swapdb 0 0        -> +OK
        get k             -> $-1
        """);
    assertThat(kept.calls).containsExactly("swap 0 1");
  }

  @Test
  void filesOfOtherCachesAreRefusedAndClosedAgain() {
    kept.numbers = List.of("strings", "users");
    assertThatThrownBy(builder()::start)
        .isInstanceOf(ServerException.class)
        .hasMessage("expected the cache 'users' that the files are of, found none to show");
    assertThat(kept.calls).last().isEqualTo("close false");
  }

  @Test
  void failureInTheEndIsToldWhenAllHasEnded() throws IOException {
    start(builder());
    assertThat(client.call("PING").reply()).isEqualTo("+PONG\r\n"); // so that it has been let in
    kept.failure = "No space left on device";
    assertThatThrownBy(server::close)
        .isInstanceOf(ServerException.class)
        .hasMessage("what is kept on disk is not complete: No space left on device");
    assertThat(kept.calls).containsExactly("close", "close false");
    assertThat(client.rest()).isEmpty();
  }

  // ------------------------------------------------------------------------------- settings

  @Test
  void settingsAreThoseOfRedisConf() throws IOException {
    start(
        builder()
            .persistence(
                PersistenceOptions.in(Path.of("elsewhere"))
                    .save(1, Duration.ofHours(1))
                    .save(100, Duration.ofMinutes(5))
                    .appendOnly(Fsync.ALWAYS)
                    .loadNevertheless(false, true, true)));
    assertThat(kept.options)
        .isEqualTo(
            new PersistenceOptions(
                "elsewhere",
                "dump.rdb",
                List.of(new SaveRule(3_600, 1), new SaveRule(300, 100)),
                true,
                Fsync.ALWAYS,
                "appendonly.aof",
                "appendonlydir",
                100,
                64 << 20,
                true,
                false,
                true,
                true));
    run(
        """
        config get save               -> *2\\n$4\\nsave\\n$14\\n3600 1 300 100
        config get dir                -> *2\\n$3\\ndir\\n$9\\nelsewhere
        config get appendfsync        -> *2\\n$11\\nappendfsync\\n$6\\nalways
        config set dir /tmp           -> -ERR CONFIG SET failed (possibly related to argument 'dir') - can't set immutable config
        config set dbfilename x       -> -ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set immutable config
        config set save x             -> -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
        config set appendfsync x      -> -ERR CONFIG SET failed (possibly related to argument 'appendfsync') - argument(s) must be one of the following: everysec, always, no
        """);
    for (String wrong : List.of("60", "60 x", "0 1", "60 -1", "60 1  300 100", " 60 1")) {
      assertThat(client.reply("CONFIG", "SET", "save", wrong))
          .as(wrong)
          .isEqualTo(
              "-ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save"
                  + " parameters\r\n");
    }
    assertThat(kept.calls).isEmpty();
  }

  @Test
  void changesAreToldOnceAndComeToNothingIfTheyFail() throws IOException {
    start(builder());
    assertThat(client.reply("CONFIG", "SET", "appendonly", "yes", "save", "60 0", "timeout", "5"))
        .isEqualTo("+OK\r\n");
    assertThat(kept.calls).containsExactly("reconfigure");
    assertThat(kept.options.log()).isTrue();
    assertThat(kept.options.saveRules()).containsExactly(new SaveRule(60, 1));
    run("config set appendonly yes maxclients 7 -> +OK\n");
    assertThat(kept.calls).hasSize(1);
    kept.failure = "no space";
    run(
        """
        config set maxclients 9 appendfsync always -> -ERR CONFIG SET failed (possibly related to argument 'appendfsync') - no space
        config get maxclients         -> *2\\n$10\\nmaxclients\\n$1\\n7
        config get appendfsync        -> *2\\n$11\\nappendfsync\\n$8\\neverysec
        multi                         -> +OK
        config set appendonly no      -> +QUEUED
        exec                          -> *1\\n-ERR CONFIG SET failed (possibly related to argument 'appendonly') - cannot be part of a transaction, whose keys it would hold
        """);
  }

  @Test
  void withoutADirectoryNothingIsKeptAndThatIsSaid() throws IOException {
    start(caches.server());
    run(
        """
        save                      -> -ERR %1$s
        bgsave                    -> -ERR %1$s
        bgrewriteaof              -> -ERR %1$s
        debug reload              -> -ERR %1$s
        shutdown save             -> -ERR %1$s
        config set appendonly yes -> -ERR CONFIG SET failed (possibly related to argument 'appendonly') - %1$s
        """
            .formatted(NOT_KEPT));
    assertThat(client.reply("CONFIG", "SET", "save", "")).isEqualTo("+OK\r\n");
    assertThat(client.reply("CONFIG", "SET", "save", "60 1")).endsWith(" - " + NOT_KEPT + "\r\n");
    assertThat(client.reply("LASTSAVE")).matches(":\\d{10,}\r\n");
    assertThat(info()).contains("loading:0\r\n", "aof_enabled:0\r\n");
    assertThatThrownBy(caches.server().config("save", "60 1")::start)
        .isInstanceOf(ServerException.class)
        .hasMessage("expected a directory (dir) for what save asks for");
  }

  // ------------------------------------------------------------------------------- commands

  @Test
  void snapshotsAndRewritingsAreAskedFor() throws IOException {
    start(builder());
    run(
        """
        save                 -> +OK
        save x               -> -ERR wrong number of arguments for 'save' command
        bgsave               -> +Background saving started
        bgsave schedule      -> +Background saving scheduled
        bgsave x             -> -ERR syntax error
        bgsave schedule x    -> -ERR syntax error
        lastsave             -> :1600000000
        bgrewriteaof         -> -ERR there is no log to rewrite: 'appendonly' is 'no'
        debug reload         -> +OK
        debug reload nosave  -> +OK
        debug reload merge   -> -ERR DEBUG RELOAD replaces all entries: there is neither MERGE nor NOFLUSH
        debug reload x       -> -ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.
        debug loadaof        -> -ERR there is no log to load: 'appendonly' is 'no'
        """);
    assertThat(kept.calls)
        .containsExactly("save", "bgsave false", "bgsave true", "reload true", "reload false");
    kept.log = FakePersistence.log(null, null);
    kept.calls.clear();
    run(
        """
        bgrewriteaof         -> +Background append only file rewriting started
        debug loadaof        -> +OK
        """);
    assertThat(kept.calls).containsExactly("rewrite", "reloadLog");
    kept.failure = "No space left on device";
    run("save -> -ERR No space left on device\n");
  }

  @Test
  void whatIsUnderWayIsNotBegunAgain() throws IOException {
    start(builder());
    kept.log = FakePersistence.log(Instant.EPOCH, null);
    run(
        """
        bgsave               -> -ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.
        bgsave schedule      -> +Background saving scheduled
        bgrewriteaof         -> -ERR Background append only file rewriting already in progress
        """);
    kept.saveBegan = Instant.EPOCH;
    run(
        """
        save                 -> -ERR Background save already in progress
        bgsave               -> -ERR Background save already in progress
        bgsave schedule      -> -ERR Background save already in progress
        """);
    assertThat(kept.calls).containsExactly("bgsave true");
  }

  @Test
  void whatATransactionAsksForBeginsWhenItsKeysHaveBeenGivenBack() throws IOException {
    start(builder());
    kept.log = FakePersistence.log(null, null);
    run(
        """
        multi                -> +OK
        save                 -> -ERR Command not allowed inside a transaction
        discard              -> +OK
        multi                -> +OK
        shutdown             -> -ERR Command not allowed inside a transaction
        discard              -> +OK
        multi                -> +OK
        bgsave               -> +QUEUED
        bgrewriteaof         -> +QUEUED
        debug reload         -> +QUEUED
        set k v              -> +QUEUED
        exec                 -> *4\\n+Background saving scheduled\\n+Background append only file rewriting scheduled\\n-ERR DEBUG RELOAD cannot be part of a transaction, whose keys it would hold\\n+OK
        """);
    assertThat(kept.calls).containsExactly("bgsave true", "rewrite");
  }

  @Test
  void infoTellsWhatIsKept() throws IOException {
    start(builder());
    kept.changes = 9;
    assertThat(info().lines())
        .containsSubsequence(
            "# Persistence",
            "loading:0",
            "async_loading:0",
            "current_save_keys_processed:5",
            "current_save_keys_total:10",
            "rdb_changes_since_last_save:9",
            "rdb_bgsave_in_progress:0",
            "rdb_last_save_time:1600000000",
            "rdb_last_bgsave_status:ok",
            "rdb_last_bgsave_time_sec:7",
            "rdb_current_bgsave_time_sec:-1",
            "rdb_saves:2",
            "rdb_last_load_keys_expired:1",
            "rdb_last_load_keys_loaded:11",
            "aof_enabled:0",
            "aof_last_write_status:ok")
        .doesNotContain("aof_current_size:100");
    kept.saveBegan = Instant.EPOCH;
    kept.saveFailure = "no\r\nspace";
    kept.log = FakePersistence.log(Instant.EPOCH, "no log");
    assertThat(info())
        .contains(
            "rdb_bgsave_in_progress:1\r\n",
            "rdb_last_bgsave_status:err\r\n",
            "larder_last_save_error:no space\r\n",
            "aof_enabled:1\r\n",
            "aof_rewrite_in_progress:1\r\n",
            "aof_last_rewrite_time_sec:2\r\n",
            "aof_last_write_status:err\r\n",
            "aof_current_size:100\r\naof_base_size:80\r\n",
            "aof_buffer_length:20\r\naof_delayed_fsync:3\r\n",
            "larder_log_error:no log\r\n")
        .doesNotContain("rdb_current_bgsave_time_sec:-1");
  }

  // ----------------------------------------------------------------------- refusing to write

  @Test
  void nothingIsWrittenWhileSnapshotsFailThatOughtToBe() throws IOException {
    start(builder().config("save", "60 1"));
    run("set k v -> +OK\n");
    kept.saveFailure = "no space";
    String misconf = "MISCONF Larder is configured to save RDB snapshots, but";
    assertThat(client.reply("SET", "k", "w")).startsWith("-" + misconf);
    assertThat(client.reply("PING")).startsWith("-" + misconf);
    assertThat(client.reply("GET", "k")).isEqualTo("$1\r\nv\r\n");
    run("multi -> +OK\n");
    assertThat(client.reply("DEL", "k")).startsWith("-" + misconf);
    run("exec -> -EXECABORT Transaction discarded because of previous errors.\n");
    kept.saveFailure = null;
    run("multi -> +OK\ndel k -> +QUEUED\n");
    kept.saveFailure = "no space";
    assertThat(client.reply("EXEC"))
        .startsWith("-EXECABORT Transaction discarded because of: " + misconf);
    assertThat(client.reply("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"))
        .isEqualTo("+OK\r\n");
    run("set k x -> +OK\n");
    assertThat(client.reply("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"))
        .isEqualTo("+OK\r\n");
    assertThat(client.reply("CONFIG", "SET", "save", "")).isEqualTo("+OK\r\n");
    run("set k y -> +OK\n"); // nobody expects snapshots now
  }

  @Test
  void nothingIsWrittenWhileTheLogFails() throws IOException {
    start(builder());
    kept.log = FakePersistence.log(null, "No space left on device");
    run(
        """
        set k v  -> -MISCONF Errors writing to the AOF file: No space left on device
        get k    -> $-1
        """);
    kept.log = FakePersistence.log(null, null);
    run("set k v -> +OK\n");
  }

  // ---------------------------------------------------------------------------------- SHUTDOWN

  private void shutDown(String... words) throws IOException {
    String[] command = new String[words.length + 1];
    command[0] = "SHUTDOWN";
    System.arraycopy(words, 0, command, 1, words.length);
    assertThat(client.call(command).rest()).isEmpty();
    await().until(() -> kept.calls.stream().anyMatch(call -> call.startsWith("close")));
  }

  @Test
  void shutdownSavesIfThereAreRules() throws IOException {
    start(builder().config("save", "60 1"));
    shutDown();
    assertThat(kept.calls).containsExactly("save", "close false");
  }

  @Test
  void shutdownDoesNotIfThereAreNone() throws IOException {
    start(builder());
    shutDown();
    assertThat(kept.calls).containsExactly("close false");
  }

  @Test
  void shutdownSaveSavesAgainWhatWasWrittenMeanwhile() throws IOException {
    start(builder());
    kept.changes = 1;
    shutDown("SAVE", "NOW");
    assertThat(kept.calls).containsExactly("save", "close true");
  }

  @Test
  void shutdownNosaveDoesNotSave() throws IOException {
    start(builder().config("save", "60 1"));
    kept.changes = 1;
    shutDown("NOSAVE");
    assertThat(kept.calls).containsExactly("close false");
  }

  @Test
  void shutdownThatCannotSaveDoesNotHappenUnlessItIsForced() throws IOException {
    start(builder());
    kept.failure = "No space left on device";
    try (LogLines log = new LogLines()) {
      run(
          """
          shutdown save          -> -ERR Errors trying to SHUTDOWN. Check logs.
          shutdown save nosave   -> -ERR syntax error
          shutdown now abort     -> -ERR syntax error
          shutdown abort         -> -ERR No shutdown in progress.
          shutdown x             -> -ERR syntax error
          ping                   -> +PONG
          """);
      assertThat(log.lines()).hasSize(1);
      assertThat(kept.calls).containsExactly("save");
      kept.calls.clear();
      shutDown("SAVE", "FORCE");
      assertThat(kept.calls).startsWith("save", "close false");
      kept.failure = null;
    }
  }
}
