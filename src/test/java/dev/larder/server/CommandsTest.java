package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.Rules;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Commands and their replies. The scripts are what redis-server answered, but for the clock, which
 * stands still. A reply is written without its CR LF, a bulk as {@code $'...'}.
 */
final class CommandsTest {
  private final Caches caches = new Caches();
  private LarderServer server;
  private Client client;

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("numbers", String.class, Long.class, new Rules<>() {}));
    server = caches.server().start();
    client = new Client(server);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
  }

  private void run(String script) throws IOException {
    Script.run(script, client, client);
  }

  @Test
  void setTakesItsOptionsInAnyOrderAndCase() throws IOException {
    run(
        """
        set k v                               -> +OK
        get k                                 -> $'v'
        SET k v ex 100                        -> +OK
        ttl k                                 -> :100
        set k w                               -> +OK
        ttl k                                 -> :-1
        set k v ex 100                        -> +OK
        set k w keepttl                       -> +OK
        ttl k                                 -> :100
        set k v px 1500                       -> +OK
        ttl k                                 -> :2
        pttl k                                -> :1500
        set k v px 400                        -> +OK
        ttl k                                 -> :0
        set k v EX 0 EX abc EX 20             -> +OK
        ttl k                                 -> :20
        set k v exat 1700000100               -> +OK
        ttl k                                 -> :100
        set k v pxat 1700000100500            -> +OK
        pttl k                                -> :100500
        set k w nx                            -> $-1
        get k                                 -> $'v'
        set none w xx                         -> $-1
        exists none                           -> :0
        set k w XX EX 7 GET                   -> $'v'
        ttl k                                 -> :7
        set k x GET NX                        -> $'w'
        get k                                 -> $'w'
        set q v nx get                        -> $-1
        get q                                 -> $'v'
        set k v get keepttl xx                -> $'w'
        ttl k                                 -> :7
        set k v exat 1                        -> +OK
        exists k                              -> :0
        set k v pxat 1                        -> +OK
        get k                                 -> $-1
        """);
  }

  @Test
  void setRefusesWrongOptionsAndChangesNothing() throws IOException {
    run(
        """
        set k old                             -> +OK
        set k v ex 0                          -> -ERR invalid expire time in 'set' command
        set k v ex -1                         -> -ERR invalid expire time in 'set' command
        set k v px 9223372036854775807        -> -ERR invalid expire time in 'set' command
        set k v ex 9223372036854775           -> -ERR invalid expire time in 'set' command
        set k v ex abc                        -> -ERR value is not an integer or out of range
        set k v ex 0 nx                       -> -ERR invalid expire time in 'set' command
        set k v ex 10 px 10                   -> -ERR syntax error
        set k v ex                            -> -ERR syntax error
        set k v ex 0 foo                      -> -ERR syntax error
        set k v ex x px 1                     -> -ERR syntax error
        set k v ex 0 nx xx                    -> -ERR syntax error
        set k v nx xx                         -> -ERR syntax error
        set k v ex 10 keepttl                 -> -ERR syntax error
        set k v keepttl ex 10                 -> -ERR syntax error
        set k v foo                           -> -ERR syntax error
        set k                                 -> -ERR wrong number of arguments for 'set' command
        get k                                 -> $'old'
        ttl k                                 -> :-1
        """);
  }

  @Test
  void valuesAreSetReadAndRemovedAtOnce() throws IOException {
    run(
        """
        setnx k v                             -> :1
        setnx k w                             -> :0
        getset k w                            -> $'v'
        getset q v                            -> $-1
        setex k 100 v                         -> +OK
        ttl k                                 -> :100
        psetex k 1500 v                       -> +OK
        pttl k                                -> :1500
        setex k 0 v                           -> -ERR invalid expire time in 'setex' command
        psetex k -1 v                         -> -ERR invalid expire time in 'psetex' command
        setex k abc v                         -> -ERR value is not an integer or out of range
        getset k x                            -> $'v'
        ttl k                                 -> :-1
        getex k ex 100                        -> $'x'
        ttl k                                 -> :100
        getex k                               -> $'x'
        ttl k                                 -> :100
        getex k persist                       -> $'x'
        ttl k                                 -> :-1
        getex k px 1500                       -> $'x'
        getex k ex 0                          -> -ERR invalid expire time in 'getex' command
        getex k ex 10 persist                 -> -ERR syntax error
        getex k persist ex 10                 -> -ERR syntax error
        getex k ex 10 px 10                   -> -ERR syntax error
        getex k nx                            -> -ERR syntax error
        pttl k                                -> :1500
        getex none ex 10                      -> $-1
        getex none ex 0                       -> $-1
        getex none ex abc                     -> $-1
        getex none ex                         -> -ERR syntax error
        getex k exat 1                        -> $'x'
        exists k                              -> :0
        getdel q                              -> $'v'
        getdel q                              -> $-1
        """);
  }

  @Test
  void severalKeysAreOneCommand() throws IOException {
    run(
        """
        mset a 1 b 2 a 3                      -> +OK
        mget a b none a                       -> *4\\n$1\\n3\\n$1\\n2\\n$-1\\n$1\\n3
        mset a                                -> -ERR wrong number of arguments for 'mset' command
        mset a 1 b                            -> -ERR wrong number of arguments for 'mset' command
        msetnx a 9 c 9                        -> :0
        exists c                              -> :0
        msetnx c 1 d 1 c 2                    -> :1
        get c                                 -> $'2'
        exists a a none                       -> :2
        touch a a none                        -> :2
        touch none                            -> :0
        del a a none                          -> :1
        unlink b c d                          -> :3
        dbsize                                -> :0
        """);
  }

  @Test
  void textIsChangedInPlace() throws IOException {
    run(
        """
        set s Hello_World                     -> +OK
        getrange s 0 -1                       -> $'Hello World'
        getrange s -5 -1                      -> $'World'
        getrange s 5 2                        -> $''
        getrange s 20 30                      -> $''
        getrange s -100 3                     -> $'Hell'
        getrange s -1 -5                      -> $''
        getrange s -100 -50                   -> $'H'
        getrange s a b                        -> -ERR value is not an integer or out of range
        getrange none 0 -1                    -> $''
        substr s 0 4                          -> $'Hello'
        setrange s 6 Redis                    -> :11
        get s                                 -> $'Hello Redis'
        setrange gap 5 x                      -> :6
        get gap                               -> $'\\x00\\x00\\x00\\x00\\x00x'
        setrange none 0 ""                    -> :0
        exists none                           -> :0
        setrange s -1 x                       -> -ERR offset is out of range
        setrange s 536870912 x                -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        setrange s 9223372036854775807 x      -> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        append s ""                           -> :11
        append s !                            -> :12
        append new x                          -> :1
        strlen s                              -> :12
        strlen none                           -> :0
        expire s 100                          -> :1
        append s x                            -> :13
        setrange s 0 h                        -> :13
        ttl s                                 -> :100
        """);
  }

  @Test
  void bytesOfACharacterComeApartAndTogether() throws IOException {
    assertThat(client.reply("SET", "k", "\u00c3\u00a9")).isEqualTo("+OK\r\n");
    assertThat(client.reply("STRLEN", "k")).isEqualTo(":2\r\n");
    assertThat(client.reply("GETRANGE", "k", "0", "0")).isEqualTo("$1\r\n\u00c3\r\n");
    assertThat(client.reply("SETRANGE", "k", "1", "\u00a8")).isEqualTo(":2\r\n");
    assertThat(client.reply("APPEND", "k", "\u00e2")).isEqualTo(":3\r\n");
    assertThat(client.reply("APPEND", "k", "\u0082\u00ac")).isEqualTo(":5\r\n");
    assertThat(client.reply("GET", "k")).isEqualTo("$5\r\n\u00c3\u00a8\u00e2\u0082\u00ac\r\n");
    assertThat(caches.strings.strings().get("k")).isEqualTo("è€");
  }

  @Test
  void floatsAreAddedExactlyAndPrintedShort() throws IOException {
    run(
        """
        set f 10.50                           -> +OK
        incrbyfloat f 0.1                     -> $'10.6'
        set f 5.0e3                           -> +OK
        incrbyfloat f 2.0e2                   -> $'5200'
        set f 0.1                             -> +OK
        incrbyfloat f 0.2                     -> $'0.3'
        incrbyfloat f -0.3                    -> $'0'
        incrbyfloat f nan                     -> -ERR value is not a valid float
        incrbyfloat f +inf                    -> -ERR increment would produce NaN or Infinity
        incrbyfloat f 1e5000                  -> -ERR value is not a valid float
        incrbyfloat f 1e999999999             -> -ERR value is not a valid float
        set f _1                              -> +OK
        incrbyfloat f 1                       -> -ERR value is not a valid float
        incrbyfloat f inf                     -> -ERR value is not a valid float
        set f inf                             -> +OK
        incrbyfloat f 1                       -> -ERR increment would produce NaN or Infinity
        incrbyfloat f 1f                      -> -ERR value is not a valid float
        set f 0x10                            -> +OK
        incrbyfloat f 1                       -> $'17'
        del f                                 -> :1
        incrbyfloat f 1e20                    -> $'100000000000000000000'
        """);
  }

  @Test
  void keysAreRenamedCopiedAndFound() throws IOException {
    run(
        """
        set k v ex 100                        -> +OK
        rename k k2                           -> +OK
        ttl k2                                -> :100
        exists k                              -> :0
        set d 1                               -> +OK
        rename d k2                           -> +OK
        ttl k2                                -> :-1
        rename none z                         -> -ERR no such key
        rename k2 k2                          -> +OK
        renamenx k2 k2                        -> :0
        renamenx none none                    -> -ERR no such key
        set k v ex 100                        -> +OK
        renamenx k k2                         -> :0
        copy k kc                             -> :1
        ttl kc                                -> :100
        copy k kc                             -> :0
        copy k kc replace                     -> :1
        copy k kc foo                         -> -ERR syntax error
        copy k k                              -> -ERR source and destination objects are the same
        copy none z                           -> :0
        type k                                -> +string
        type none                             -> +none
        del k k2                              -> :2
        randomkey                             -> $'kc'
        keys *                                -> *1\\n$2\\nkc
        keys k?                               -> *1\\n$2\\nkc
        keys [a                               -> *0
        scan 0 count 1000                     -> *2\\n$1\\n0\\n*1\\n$2\\nkc
        scan 0 match x* count 1000            -> *2\\n$1\\n0\\n*0
        scan 0 type string count 1000         -> *2\\n$1\\n0\\n*1\\n$2\\nkc
        scan 0 type foo count 1000            -> *2\\n$1\\n0\\n*0
        scan abc                              -> -ERR invalid cursor
        scan --1                              -> -ERR invalid cursor
        scan -                                -> -ERR invalid cursor
        scan 18446744073709551616             -> -ERR invalid cursor
        scan +0 count 1000                    -> *2\\n$1\\n0\\n*1\\n$2\\nkc
        scan "" count 1000                    -> *2\\n$1\\n0\\n*1\\n$2\\nkc
        scan -1 count 1000                    -> *2\\n$1\\n0\\n*0
        scan 0 count 0                        -> -ERR syntax error
        scan 0 count x                        -> -ERR value is not an integer or out of range
        scan 0 match                          -> -ERR syntax error
        scan 0 foo bar                        -> -ERR syntax error
        scan 18446744073709551615 count 9223372036854775807 -> *2\\n$1\\n0\\n*0
        del kc                                -> :1
        randomkey                             -> $-1
        """);
  }

  @Test
  void deadlinesAreSetInSecondsAndMilliseconds() throws IOException {
    run(
        """
        set k v                               -> +OK
        pexpire k 1500                        -> :1
        pttl k                                -> :1500
        expireat k 1700000100                 -> :1
        expiretime k                          -> :1700000100
        pexpireat k 33177117420500            -> :1
        expiretime k                          -> :33177117421
        pexpiretime k                         -> :33177117420500
        expiretime none                       -> :-2
        persist k                             -> :1
        pexpiretime k                         -> :-1
        pexpire k 100 xx lt                   -> :0
        pexpire k abc                         -> -ERR value is not an integer or out of range
        pexpireat k 9223372036854775807       -> :1
        expireat k 9223372036854775807        -> -ERR invalid expire time in 'expireat' command
        pexpireat k -1                        -> :1
        exists k                              -> :0
        """);
  }

  @Test
  void countersAcceptCanonicalIntegersOnly() throws IOException {
    run(
        """
        incr n                                -> :1
        incrby n 41                           -> :42
        decr n                                -> :41
        decrby n 50                           -> :-9
        get n                                 -> $'-9'
        set n _1                              -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n 01                              -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n +1                              -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n -0                              -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n ""                              -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n 1.5                             -> +OK
        incr n                                -> -ERR value is not an integer or out of range
        set n 9223372036854775807             -> +OK
        incr n                                -> -ERR increment or decrement would overflow
        set n -9223372036854775808            -> +OK
        decr n                                -> -ERR increment or decrement would overflow
        decrby n -9223372036854775808         -> -ERR decrement would overflow
        incrby n abc                          -> -ERR value is not an integer or out of range
        incrby n 9223372036854775808          -> -ERR value is not an integer or out of range
        incrby n                              -> -ERR wrong number of arguments for 'incrby' command
        """);
  }

  @Test
  void expireSetsDeadlinesUnderItsConditions() throws IOException {
    run(
        """
        set k v                               -> +OK
        expire k -1                           -> :1
        exists k                              -> :0
        set k v                               -> +OK
        expire k 10 nx                        -> :1
        expire k 20 nx                        -> :0
        expire k 5 gt                         -> :0
        expire k 50 gt                        -> :1
        expire k 100 lt                       -> :0
        expire k 10 xx gt                     -> :0
        ttl k                                 -> :50
        expire k 10 xx lt                     -> :1
        ttl k                                 -> :10
        expire k 10 nx xx                     -> -ERR NX and XX, GT or LT options at the same time are not compatible
        expire k 10 lt nx                     -> -ERR NX and XX, GT or LT options at the same time are not compatible
        expire k 10 gt lt                     -> -ERR GT and LT options at the same time are not compatible
        expire k 10 foo                       -> -ERR Unsupported option foo
        expire k abc foo                      -> -ERR Unsupported option foo
        expire k abc                          -> -ERR value is not an integer or out of range
        set k v                               -> +OK
        expire k 10 xx                        -> :0
        expire k 10 xx lt                     -> :0
        expire k 10 gt                        -> :0
        expire k 10 lt                        -> :1
        persist k                             -> :1
        persist k                             -> :0
        ttl k                                 -> :-1
        pttl k                                -> :-1
        expire k 9223372036854775807          -> -ERR invalid expire time in 'expire' command
        expire nokey 9223372036854775         -> -ERR invalid expire time in 'expire' command
        expire nokey 10                       -> :0
        persist nokey                         -> :0
        ttl nokey                             -> :-2
        pttl nokey                            -> :-2
        incr cnt                              -> :1
        expire cnt 100                        -> :1
        incr cnt                              -> :2
        ttl cnt                               -> :100
        expire                                -> -ERR wrong number of arguments for 'expire' command
        """);
  }

  @Test
  void expiredKeysAreGoneAtOnce() throws IOException {
    run("set k v px 1000 -> +OK\nget k -> $'v'\n");
    caches.now.addAndGet(1_000);
    run("get k -> $-1\nexists k -> :0\nttl k -> :-2\n");
  }

  @Test
  void delCountsKeysAndExistsCountsNames() throws IOException {
    run(
        """
        set a 1                               -> +OK
        set b 2                               -> +OK
        dbsize                                -> :2
        exists a a nokey b                    -> :3
        del a a nokey b                       -> :2
        del a                                 -> :0
        dbsize                                -> :0
        del                                   -> -ERR wrong number of arguments for 'del' command
        exists                                -> -ERR wrong number of arguments for 'exists' command
        """);
  }

  @Test
  void flushdbEmptiesTheSelectedCacheOnly() throws IOException {
    run(
        """
        set a 1                               -> +OK
        select 1                              -> +OK
        set b 2                               -> +OK
        flushdb                               -> +OK
        dbsize                                -> :0
        select 0                              -> +OK
        dbsize                                -> :1
        flushdb foo                           -> -ERR syntax error
        flushdb sync async                    -> -ERR syntax error
        dbsize                                -> :1
        flushdb ASYNC                         -> +OK
        dbsize                                -> :0
        set a 1                               -> +OK
        flushdb sync                          -> +OK
        dbsize                                -> :0
        """);
  }

  @Test
  void selectTakesANumberOrAName() throws IOException {
    run(
        """
        select 1                              -> +OK
        set n 5                               -> +OK
        select strings                        -> +OK
        get n                                 -> $-1
        select numbers                        -> +OK
        get n                                 -> $'5'
        select 2                              -> -ERR DB index is out of range
        select -1                             -> -ERR DB index is out of range
        select 99999999999                    -> -ERR value is out of range, value must between -2147483648 and 2147483647
        select abc                            -> -ERR value is not an integer or out of range
        get n                                 -> $'5'
        select                                -> -ERR wrong number of arguments for 'select' command
        """);
  }

  @Test
  void valueThatIsNotOfTheCachesTypeIsRefusedInWords() throws IOException {
    run(
        """
        select numbers                        -> +OK
        set n five                            -> -ERR expected a 64-bit integer, found "five"
        exists n                              -> :0
        incr n                                -> :1
        """);
    assertThat(caches.all.get(1).entries().store().size()).isEqualTo(1);
  }

  @Test
  void commandsThatThereAreNotAreNamedAsRedisDoes() throws IOException {
    String longWord = "x".repeat(200);
    run(
        """
        foo                                   -> -ERR unknown command 'foo', with args beginning with:\s
        foo a b                               -> -ERR unknown command 'foo', with args beginning with: 'a' 'b'\s
        Foo\\nBar a                           -> -ERR unknown command 'Foo Bar', with args beginning with: 'a'\s
        a\\x00b c                             -> -ERR unknown command 'a', with args beginning with: 'c'\s
        ""                                    -> -ERR unknown command '', with args beginning with:\s
        config                                -> -ERR wrong number of arguments for 'config' command
        CONFIG foo                            -> -ERR unknown subcommand 'foo'. Try CONFIG HELP.
        config foo bar                        -> -ERR unknown subcommand 'foo'. Try CONFIG HELP.
        config get                            -> -ERR wrong number of arguments for 'config|get' command
        command foo                           -> -ERR unknown subcommand 'foo'. Try COMMAND HELP.
        """);
    assertThat(client.reply(longWord, longWord, "more"))
        .isEqualTo(
            "-ERR unknown command '%s', with args beginning with: '%s' \r\n"
                .formatted("x".repeat(128), "x".repeat(128)));
    assertThat(client.reply("foo", "y".repeat(100), "z".repeat(100), "more"))
        .isEqualTo(
            "-ERR unknown command 'foo', with args beginning with: '%s' '%s' \r\n"
                .formatted("y".repeat(100), "z".repeat(25)));
    assertThat(client.reply("\u00ff\u00fe", "caf\u00e9"))
        .isEqualTo(
            "-ERR unknown command '\u00ff\u00fe', with args beginning with: 'caf\u00e9' \r\n");
  }

  @Test
  void namesAreFoundInAnyCaseAndWrongNumbersAreNamedInLowerCase() throws IOException {
    run(
        """
        PiNg                                  -> +PONG
        ping x                                -> $'x'
        PING a b                              -> -ERR wrong number of arguments for 'ping' command
        GET                                   -> -ERR wrong number of arguments for 'get' command
        get a b                               -> -ERR wrong number of arguments for 'get' command
        echo                                  -> -ERR wrong number of arguments for 'echo' command
        echo hi                               -> $'hi'
        dbsize x                              -> -ERR wrong number of arguments for 'dbsize' command
        ttl                                   -> -ERR wrong number of arguments for 'ttl' command
        pttl a b                              -> -ERR wrong number of arguments for 'pttl' command
        persist                               -> -ERR wrong number of arguments for 'persist' command
        """);
  }

  @Test
  void clientsLearnWhatTheServerIs() throws IOException {
    run(
        """
        config get nothing                    -> *0
        hello 4                               -> -NOPROTO unsupported protocol version
        hello abc                             -> -ERR Protocol version is not an integer or out of range
        hello 2 foo                           -> -ERR Syntax error in HELLO option 'foo'
        """);
    assertThat(client.reply("CONFIG", "GET", "save", "APPENDONLY"))
        .isEqualTo("*4\r\n$4\r\nsave\r\n$0\r\n\r\n$10\r\nAPPENDONLY\r\n$2\r\nno\r\n");
    assertThat(client.reply("HELLO"))
        .isEqualTo(client.reply("HELLO", "2"))
        .startsWith("*14\r\n")
        .contains("$5\r\nproto\r\n:2\r\n", "$2\r\nid\r\n:1\r\n", "$7\r\nmodules\r\n*0\r\n");
  }

  @Test
  void infoHasTheFieldsThatToolsLookFor() throws IOException {
    run("set a 1 -> +OK\nget a -> $'1'\nget b -> $-1\n");
    String info = client.reply("INFO");
    assertThat(info.lines())
        .contains(
            "# Server",
            "redis_mode:standalone",
            "tcp_port:" + server.port(),
            "# Clients",
            "connected_clients:1",
            "maxclients:10000",
            "# Memory",
            "loading:0",
            "# Stats",
            "total_connections_received:1",
            "total_commands_processed:3",
            "expired_keys:0",
            "keyspace_hits:1",
            "keyspace_misses:1",
            "role:master",
            "# Keyspace",
            "db0:keys=1,expires=0,avg_ttl=0")
        .anyMatch(line -> line.matches("redis_version:7\\.2\\.\\d+"))
        .anyMatch(line -> line.matches("uptime_in_seconds:\\d+"))
        .anyMatch(line -> line.matches("used_memory:\\d+"))
        .noneMatch(line -> line.startsWith("db1"));
    assertThat(client.reply("INFO", "keyspace", "CLUSTER", "none", "cluster"))
        .endsWith(
            "\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n"
                + "db0:keys=1,expires=0,avg_ttl=0\r\n\r\n");
    assertThat(client.reply("INFO", "nothing")).isEqualTo("$0\r\n\r\n");
    assertThat(client.reply("INFO", "all")).contains("# Server", "# Keyspace");
  }

  @Test
  void infoCountsTheKeysThatHaveADeadline() throws IOException {
    run("set a 1 ex 100 -> +OK\nset b 2 -> +OK\nset c 3 -> +OK\nexpire c 100 -> :1\n");
    assertThat(client.reply("INFO", "keyspace")).contains("db0:keys=3,expires=2,");
    run("persist a -> :1\ndel c -> :1\n");
    assertThat(client.reply("INFO", "keyspace")).contains("db0:keys=2,expires=0,");
  }

  @Test
  void numbersOfDatabasesAndWordsOfSubcommandsAreRefusedAsByRedis() throws IOException {
    run(
        """
        swapdb 2147483648 0          -> -ERR invalid first DB index
        swapdb 0 2147483648          -> -ERR invalid second DB index
        select 2147483648            -> -ERR value is out of range, value must between -2147483648 and 2147483647
        client list id -1            -> $''
        client kill id -1            -> -ERR client-id should be greater than 0
        client pause abc x           -> -ERR CLIENT PAUSE mode must be WRITE or ALL
        client pause abc all         -> -ERR timeout is not an integer or out of range
        client unblock abc x         -> -ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR
        client unblock abc           -> -ERR value is not an integer or out of range
        client unblock 1 ERROR x     -> -ERR unknown subcommand or wrong number of arguments for 'unblock'. Try CLIENT HELP.
        pubsub channels a b          -> -ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.
        acl cat a b                  -> -ERR unknown subcommand or wrong number of arguments for 'cat'. Try ACL HELP.
        function flush x             -> -ERR FUNCTION FLUSH only supports SYNC|ASYNC option
        function flush sync          -> +OK
        config set timeout 0 timeout -> -ERR syntax error
        config get TIMEOUT timeout   -> *2\\n$7\\nTIMEOUT\\n$1\\n0
        """);
  }

  @Test
  void clientReplyMutesRefusalsToo() throws IOException {
    client.send("*3\r\n$6\r\nclient\r\n$5\r\nreply\r\n$4\r\nskip\r\n*1\r\n$3\r\nfoo\r\n");
    run("ping -> +PONG");
  }
}
