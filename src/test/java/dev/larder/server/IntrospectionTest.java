package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Commands that tell of the server, of its commands and of what values are. The scripts are what
 * redis-server answered; they are written as in {@link CommandsTest}.
 */
final class IntrospectionTest {
  private final Caches caches = new Caches();
  private LarderServer server;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    server = caches.server().start();
    client = new Client(server);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
  }

  private void run(String script) throws IOException {
    for (String line : script.lines().toList()) {
      String[] parts = line.split(" +-> ", 2);
      String reply = client.reply(parts[0].strip().split(" "));
      assertThat(readable(reply)).as(line).isEqualTo(parts[1]);
    }
  }

  /** A raw reply in one line: bulks without their length, elements parted by blanks. */
  private static String readable(String reply) {
    return reply.replaceAll("\\$\\d+\r\n", "").strip().replace("\r\n", " ");
  }

  private String reply(String line) throws IOException {
    return readable(client.reply(line.split(" ")));
  }

  // ------------------------------------------------------------------------------------- COMMAND

  @Test
  void keysOfARequestAreTold() throws IOException {
    run(
        """
        command getkeys get a                         -> *1 a
        command getkeys mset a 1 b 2                  -> *2 a b
        command getkeys sort a by b get c store d store e -> *2 a e
        command getkeys object encoding k             -> *1 k
        command getkeys copy a b db 3                 -> *2 a b
        command getkeys move a 1                      -> *1 a
        command getkeys ping                          -> -ERR The command has no key arguments
        command getkeys get                           -> -ERR Invalid number of arguments specified for command
        command getkeys foo bar                       -> -ERR Invalid command specified
        command getkeysandflags get a                 -> *1 *2 a *2 +RO +access
        command getkeysandflags set a 1               -> *1 *2 a *2 +OW +update
        command getkeysandflags set a 1 get           -> *1 *2 a *3 +RW +access +update
        command getkeysandflags copy a b              -> *2 *2 a *2 +RO +access *2 b *2 +OW +update
        """);
  }

  @Test
  void namesAreListedByPatternOrGroup() throws IOException {
    run(
        """
        command list filterby aclcat transaction      -> *5 multi exec discard watch unwatch
        command list filterby pattern *POP            -> *0
        command list filterby pattern sort*           -> *2 sort sort_ro
        command list filterby module x                -> *0
        command list filterby aclcat nothing          -> *0
        command list filterby foo x                   -> -ERR syntax error
        command list foo                              -> -ERR syntax error
        """);
    assertThat(reply("command list")).contains(" config ", " config|get ", " get ");
    String count = reply("command count").substring(1);
    assertThat(reply("command")).startsWith("*" + count + " *10 ");
  }

  @Test
  void commandInfoHasTenPartsAndNilForWhatIsUnknown() throws IOException {
    assertThat(reply("command info GET foo"))
        .isEqualTo(
            "*2 *10 get :2 *2 +readonly +fast :1 :1 :1 *3 +@string +@read +@fast *0"
                + " *1 *6 flags *2 +RO +access begin_search *4 type index spec *2 index :1"
                + " find_keys *4 type range spec *6 lastkey :0 keystep :1 limit :0 *0 $-1");
    assertThat(reply("command info config"))
        .startsWith("*1 *10 config :-2 *0 :0 :0 :0 *1 +@slow *0 *0 *4 *10 config|get :-3 ");
  }

  @Test
  void docsNameTheArgumentsOfACommand() throws IOException {
    assertThat(reply("command docs set nothing"))
        .startsWith("*2 set *6 summary SET key value [NX | XX]")
        .contains(
            "group string arguments *5",
            "*8 name key type key display_text key key_spec_index :0",
            "name nx-xx type oneof flags *1 +optional arguments *2 *6 name nx type pure-token"
                + " token NX",
            "name get type pure-token token GET flags *1 +optional",
            "*8 name seconds type integer display_text seconds token EX");
    assertThat(reply("command docs mset"))
        .contains(
            "name key-value type block flags *1 +multiple arguments *2 *8 name key type key",
            "name value type string");
    assertThat(reply("command docs sort"))
        .contains("name pattern type pattern display_text pattern token GET flags *3 +optional");
    assertThat(reply("command docs config"))
        .contains("group server subcommands *8 config|get ", "config|set");
    assertThat(reply("command docs nothing")).isEqualTo("*0");
  }

  // ------------------------------------------------------------------------- INFO, errors, counts

  private String info(String section) throws IOException {
    return client.reply("INFO", section);
  }

  @Test
  void everyCallIsCountedWithItsFailuresAndRefusals() throws IOException {
    run(
        """
        set n x                                       -> +OK
        get n                                         -> x
        get n                                         -> x
        incr n                                        -> -ERR value is not an integer or out of range
        get                                           -> -ERR wrong number of arguments for 'get' command
        config get nothing                            -> *0
        exec                                          -> -ERR EXEC without MULTI
        """);
    assertThat(info("commandstats"))
        .containsPattern("cmdstat_set:calls=1,usec=\\d+,usec_per_call=[\\d.]+,rejected_calls=0,")
        .containsPattern("cmdstat_get:calls=2,.*,rejected_calls=1,failed_calls=0\r\n")
        .containsPattern("cmdstat_incr:calls=1,.*,rejected_calls=0,failed_calls=1\r\n")
        .contains("cmdstat_config|get:calls=1,")
        .doesNotContain("cmdstat_ttl");
    assertThat(info("errorstats")).contains("errorstat_ERR:count=3\r\n");
    assertThat(info("latencystats"))
        .containsPattern("latency_percentiles_usec_get:p50=\\d+\\.000,p99=\\d+\\.000,p99\\.9=");
    assertThat(info("stats")).contains("total_error_replies:3\r\n");
  }

  @Test
  void commandsOfATransactionAreCountedOneByOne() throws IOException {
    run(
        """
        multi                                         -> +OK
        incr n                                        -> +QUEUED
        incr n                                        -> +QUEUED
        exec                                          -> *2 :1 :2
        """);
    assertThat(info("commandstats")).contains("cmdstat_incr:calls=2,", "cmdstat_exec:calls=1,");
  }

  @Test
  void resetForgetsWhatWasCounted() throws IOException {
    run(
        """
        set n x                                       -> +OK
        incr n                                        -> -ERR value is not an integer or out of range
        config resetstat                              -> +OK
        """);
    assertThat(info("commandstats"))
        .contains("cmdstat_config|resetstat:calls=1,")
        .doesNotContain("cmdstat_set", "cmdstat_incr");
    assertThat(info("errorstats")).doesNotContain("errorstat_");
    assertThat(info("stats")).contains("total_connections_received:0\r\n");
  }

  @Test
  void bytesAreCountedInBothDirections() throws IOException {
    client.reply("CONFIG", "RESETSTAT");
    client.reply("PING");
    assertThat(info("stats")) // PING and this request; +OK and +PONG
        .contains("total_net_input_bytes:" + (14 + 25) + "\r\n", "total_net_output_bytes:12\r\n");
  }

  @Test
  void infoLeavesOutCommandsUnlessAskedForAll() throws IOException {
    assertThat(client.reply("INFO"))
        .contains("# Server", "# Clients", "# Memory", "# Persistence", "# Stats")
        .contains("# Replication", "# CPU", "# Modules", "# Errorstats", "# Cluster", "# Keyspace")
        .doesNotContain("# Commandstats", "# Latencystats")
        .containsPattern("run_id:[0-9a-f]{40}\r\n")
        .containsPattern("used_memory_human:[\\d.]+[KMG]\r\n");
    assertThat(info("everything")).contains("# Commandstats", "# Latencystats");
    assertThat(client.reply("INFO", "default", "latencystats"))
        .contains("# Latencystats", "# Server")
        .doesNotContain("# Commandstats");
  }

  @Test
  void infoTellsOfWhoWatches() throws IOException {
    run("watch k                                       -> +OK");
    assertThat(info("clients")).contains("watching_clients:1\r\n", "blocked_clients:0\r\n");
  }

  // ---------------------------------------------------------------------------- OBJECT and MEMORY

  @Test
  void encodingIsWhatRedisWouldChooseForTheText() throws IOException {
    run(
        """
        mset n 123 long 12345678901234567890 zero 007 neg -5    -> +OK
        object encoding n                             -> int
        object encoding neg                           -> int
        object encoding long                          -> embstr
        object encoding zero                          -> embstr
        object encoding none                          -> $-1
        object refcount n                             -> :1
        object refcount none                          -> $-1
        object freq none                              -> $-1
        object freq n                                 -> -ERR An LFU maxmemory policy is not selected, \
        access frequency not tracked. Please note that when switching between policies at runtime \
        LRU and LFU data will take some time to adjust.
        object idletime none                          -> $-1
        object idletime n                             -> -ERR idle time is not tracked: a read does \
        not leave the time at the entry
        object foo                                    -> -ERR unknown subcommand 'foo'. Try OBJECT HELP.
        """);
    caches.set("44", "x".repeat(44));
    caches.set("45", "x".repeat(45));
    assertThat(reply("object encoding 44")).isEqualTo("embstr");
    assertThat(reply("object encoding 45")).isEqualTo("raw");
  }

  @Test
  void memoryUsageGrowsWithTheValue() throws IOException {
    caches.set("k", "x".repeat(1_000));
    caches.set("l", "x".repeat(2_000));
    long small = Long.parseLong(reply("memory usage k").substring(1));
    long large = Long.parseLong(reply("memory usage l samples 5").substring(1));
    assertThat(small).isBetween(1_000L, 1_300L);
    assertThat(large - small).isEqualTo(1_000);
    run(
        """
        memory usage none                             -> $-1
        memory usage k samples -1                     -> -ERR syntax error
        memory usage k samples x                      -> -ERR value is not an integer or out of range
        memory usage k foo                            -> -ERR syntax error
        memory purge                                  -> +OK
        """);
    assertThat(reply("memory stats")).contains("keys.count :2");
  }

  // ------------------------------------------------------------------------------------- DEBUG

  @Test
  void debugSleepKeepsOneClientWaitingAndNobodyCutsItShort() throws Exception {
    try (Client other = new Client(server)) {
      String id = reply("client id").substring(1);
      client.send(Client.resp("DEBUG", "SLEEP", "0.2") + Client.resp("ECHO", "after"));
      while (!other.reply("INFO", "clients").contains("blocked_clients:1\r")) {
        Thread.onSpinWait();
      }
      assertThat(other.reply("CLIENT", "UNBLOCK", id)).isEqualTo(":0\r\n");
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply()).isEqualTo("$5\r\nafter\r\n");
    }
  }

  @Test
  void debugTakesKnownSubcommandsWithTheirNumberOfArguments() throws IOException {
    run(
        """
        debug sleep 0                                 -> +OK
        debug sleep                                   -> -ERR unknown subcommand or wrong number of \
        arguments for 'sleep'. Try DEBUG HELP.
        debug foo                                     -> -ERR unknown subcommand or wrong number of \
        arguments for 'foo'. Try DEBUG HELP.
        debug object none                             -> -ERR no such key
        debug set-active-expire 0                     -> +OK
        debug set-active-expire 1                     -> +OK
        debug stringmatch-len 10 A*A                  -> :1
        debug stringmatch-len 10 A*B                  -> :0
        """);
    caches.set("k", "v");
    assertThat(reply("debug object k")).contains("refcount:1 encoding:embstr serializedlength:1");
  }

  @Test
  void debugIsRefusedWhereItIsNotEnabled() throws IOException {
    server.close();
    server = caches.server().config("enable-debug-command", "no").start();
    client = new Client(server);
    assertThat(reply("debug sleep 0"))
        .isEqualTo(
            "-ERR DEBUG command not allowed. If the enable-debug-command option is set to"
                + " \"local\", you can run it from a local connection, otherwise you need to set"
                + " this option in the configuration file, and then restart the server.");
  }

  @Test
  void replicationIdChangesWhenTold() throws IOException {
    String before = info("replication");
    run("debug change-repl-id                          -> +OK");
    assertThat(info("replication")).isNotEqualTo(before);
  }

  // -------------------------------------------------------------------------------- LCS and SORT

  @Test
  void commonSubsequenceIsTheOneThatRedisFinds() throws IOException {
    run(
        """
        mset one ohmytext two mynewtext               -> +OK
        lcs one two                                   -> mytext
        lcs one two LEN                               -> :6
        lcs one two IDX                               -> *4 matches *2 *2 *2 :4 :7 *2 :5 :8 *2 *2 :2 :3 *2 :0 :1 len :6
        lcs one two idx minmatchlen 4                 -> *4 matches *1 *2 *2 :4 :7 *2 :5 :8 len :6
        lcs one two idx minmatchlen 4 withmatchlen    -> *4 matches *1 *3 *2 :4 :7 *2 :5 :8 :4 len :6
        lcs one none                                  ->\s
        lcs none none idx                             -> *4 matches *0 len :0
        lcs one two len idx                           -> -ERR If you want both the length and indexes, please just use IDX.
        lcs one two minmatchlen                       -> -ERR syntax error
        lcs one two minmatchlen x                     -> -ERR value is not an integer or out of range
        """);
  }

  @Test
  void nothingCanBeSortedButWhatIsAbsent() throws IOException {
    run(
        """
        mset s v t w                                  -> +OK
        sort none                                     -> *0
        sort none limit 0 5 by foo get # desc alpha asc -> *0
        sort s                                        -> -WRONGTYPE Operation against a key holding the wrong kind of value
        sort_ro s                                     -> -WRONGTYPE Operation against a key holding the wrong kind of value
        sort s by                                     -> -ERR syntax error
        sort s limit 1                                -> -ERR syntax error
        sort s limit a b                              -> -ERR value is not an integer or out of range
        sort_ro none store t                          -> -ERR syntax error
        sort s store t                                -> -WRONGTYPE Operation against a key holding the wrong kind of value
        exists t                                      -> :1
        sort none store t                             -> :0
        exists t                                      -> :0
        """);
  }

  @Test
  void repliesInResp3HaveTheirOwnTypes() throws IOException {
    client.send(
        Client.resp("HELLO", "3")
            + Client.resp("COMMAND", "DOCS", "dbsize")
            + Client.resp("LATENCY", "HISTOGRAM", "nothing")
            + Client.resp("COMMAND", "INFO", "ping")
            + Client.resp("MSET", "a", "x", "b", "x")
            + Client.resp("LCS", "a", "b", "IDX")
            + Client.resp("QUIT"));
    assertThat(readable(client.rest()))
        .contains(
            "%1 dbsize %2 summary DBSIZE group generic %0 *1 *10 ping :-1 ~1 +fast :0 :0 :0 ~2")
        .endsWith("+OK %2 matches *1 *2 *2 :0 :0 *2 :0 :0 len :1 +OK");
  }
}
