package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.Rules;
import dev.larder.store.Together;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code MULTI}, {@code EXEC} and {@code WATCH} through sockets of two loops. */
final class TransactionsTest {
  private static final int ACCOUNTS = 6;
  private static final int REFILLED = 40;
  private static final long MILLIS = 1_500;
  private static final long LONG_MILLIS = 20_000;

  private final Caches caches = new Caches();
  private LarderServer server;
  private Client client;
  private Client other;

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("second", new Rules<>() {}));
    caches.add(caches.cache("third", String.class, Long.class, new Rules<>() {}));
    server = caches.server().eventLoops(2).start();
    client = new Client(server);
    other = new Client(server);
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    other.close();
    server.close();
  }

  private void run(String script) throws IOException {
    Script.run(script, client, other);
  }

  @Test
  void commandsAreQueuedAndRunTogether() throws IOException {
    run(
        """
        exec                 -> -ERR EXEC without MULTI
        discard              -> -ERR DISCARD without MULTI
        multi                -> +OK
        multi                -> -ERR MULTI calls can not be nested
        watch k              -> -ERR WATCH inside MULTI is not allowed
        set k 1              -> +QUEUED
        incr k               -> +QUEUED
        append k x           -> +QUEUED
        incr k               -> +QUEUED
        get k                -> +QUEUED
        > get k              -> $-1
        exec                 -> *5\\n+OK\\n:2\\n:2\\n-ERR value is not an integer or out of range\\n$2\\n2x
        get k                -> $'2x'
        multi                -> +OK
        exec                 -> *0
        multi                -> +OK
        del k                -> +QUEUED
        discard              -> +OK
        exists k             -> :1
        unwatch              -> +OK
        """);
  }

  @Test
  void whatIsRefusedWhileQueueingEndsTheTransaction() throws IOException {
    run(
        """
        multi                -> +OK
        set k                -> -ERR wrong number of arguments for 'set' command
        set k 1              -> +QUEUED
        exec                 -> -EXECABORT Transaction discarded because of previous errors.
        exists k             -> :0
        multi                -> +OK
        nonsense             -> -ERR unknown command 'nonsense', with args beginning with:_
        exec                 -> -EXECABORT Transaction discarded because of previous errors.
        """);
  }

  @Test
  void aWatchedKeyThatChangesEndsTheTransaction() throws IOException {
    run(
        """
        set k 1              -> +OK
        watch k              -> +OK
        > set k 1            -> +OK
        multi                -> +OK
        get k                -> +QUEUED
        exec                 -> *-1
        watch k              -> +OK
        > get k              -> $'1'
        multi                -> +OK
        get k                -> +QUEUED
        exec                 -> *1\\n$1\\n1
        watch k nothing      -> +OK
        > expire k 100       -> :1
        unwatch              -> +OK
        multi                -> +OK
        exec                 -> *0
        watch nothing        -> +OK
        > flushdb            -> +OK
        multi                -> +OK
        ping                 -> +QUEUED
        exec                 -> *1\\n+PONG
        watch nothing        -> +OK
        set nothing 1        -> +OK
        multi                -> +OK
        exec                 -> *-1
        """);
  }

  @Test
  void aChangeInJavaCountsAndSoDoesAnExpiry() throws IOException {
    assertThat(client.reply("SET", "k", "v", "PX", "100")).isEqualTo("+OK\r\n");
    assertThat(client.reply("WATCH", "k")).isEqualTo("+OK\r\n");
    caches.now.addAndGet(200);
    assertThat(client.reply("MULTI")).isEqualTo("+OK\r\n");
    assertThat(client.reply("PING")).isEqualTo("+QUEUED\r\n");
    assertThat(client.reply("EXEC")).isEqualTo("*-1\r\n");

    assertThat(client.reply("WATCH", "k")).isEqualTo("+OK\r\n");
    caches.set("k", "v");
    assertThat(client.reply("MULTI")).isEqualTo("+OK\r\n");
    assertThat(client.reply("EXEC")).isEqualTo("*-1\r\n");
  }

  @Test
  void aValueThatHadExpiredBeforeItWasWatchedIsNoChange() throws IOException {
    assertThat(client.reply("SET", "k", "v", "PX", "100")).isEqualTo("+OK\r\n");
    caches.now.addAndGet(200);
    assertThat(client.reply("WATCH", "k")).isEqualTo("+OK\r\n");
    assertThat(other.reply("DEL", "k")).isEqualTo(":0\r\n");
    assertThat(client.reply("MULTI")).isEqualTo("+OK\r\n");
    assertThat(client.reply("PING")).isEqualTo("+QUEUED\r\n");
    assertThat(client.reply("EXEC")).isEqualTo("*1\r\n+PONG\r\n");
  }

  @Test
  void aTransactionGoesOverSeveralCaches() throws IOException {
    run(
        """
        multi                -> +OK
        set a 1              -> +QUEUED
        select 2             -> +QUEUED
        incr a               -> +QUEUED
        set a x              -> +QUEUED
        select strings       -> +QUEUED
        move a 1             -> +QUEUED
        get a                -> +QUEUED
        dbsize               -> +QUEUED
        keys *               -> +QUEUED
        select 1             -> +QUEUED
        get a                -> +QUEUED
        copy a b DB 0        -> +QUEUED
        swapdb 0 1           -> +QUEUED
        get b                -> +QUEUED
        flushall             -> +QUEUED
        randomkey            -> +QUEUED
        exec                 -> *16\\n+OK\\n+OK\\n:1\\n-ERR expected a 64-bit integer, found "x"\\n+OK\\n:1\\n$-1\\n:0\\n*0\\n+OK\\n$1\\n1\\n:1\\n+OK\\n$1\\n1\\n+OK\\n$-1
        swapdb 0 1           -> +OK
        """);
  }

  @Test
  void timeStandsStillWithinATransaction() throws IOException {
    caches.strings.subscribe(
        new dev.larder.store.Subscriber<>() {
          @Override
          public void recorded(dev.larder.store.Change<String, String> change) {
            caches.now.addAndGet(1_000); // time goes on with each change
          }
        });
    run(
        """
        multi                -> +OK
        set a 1 px 500       -> +QUEUED
        set b 1              -> +QUEUED
        pttl a               -> +QUEUED
        get a                -> +QUEUED
        exec                 -> *4\\n+OK\\n+OK\\n:500\\n$1\\n1
        get a                -> $-1
        """);
  }

  @Test
  void watchesEndWithTheirConnection() throws IOException {
    assertThat(client.reply("WATCH", "k")).isEqualTo("+OK\r\n");
    assertThat(other.reply("CLIENT", "LIST")).contains(" watch=1 ");
    client.close();
    org.awaitility.Awaitility.await()
        .until(() -> !other.reply("CLIENT", "LIST").contains(" watch=1 "));
    assertThat(caches.strings.entries().store().feed().isActive()).isFalse();
  }

  // ------------------------------------------------------------------------------------ isolation

  @Test
  void noClientSeesAPartOfATransaction() {
    runFor(MILLIS);
  }

  @Test
  @Tag("soak")
  void noClientSeesAPartOfATransactionForLong() {
    runFor(LONG_MILLIS);
  }

  private void runFor(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    caches.strings.strings().setAll(accounts());
    caches.set("counter", "0");
    caches.set("state", "whole");
    AtomicInteger counted = new AtomicInteger();
    Together.run(
        () -> moveMoney(end),
        () -> moveMoney(end),
        () -> moveMoneyInJava(end),
        () -> count(end, counted),
        () -> count(end, counted),
        () -> refill(end),
        () -> look(end),
        () -> look(end));
    assertThat(caches.strings.strings().get("counter")).isEqualTo("" + counted.get());
  }

  private static Map<String, String> accounts() {
    Map<String, String> accounts = new LinkedHashMap<>();
    for (int i = 0; i < ACCOUNTS; i++) {
      accounts.put("account" + i, "0");
    }
    accounts.put("mine", "0");
    accounts.put("yours", "0");
    return accounts;
  }

  /** In three steps each, of which the first two leave a wrong sum. */
  private void moveMoney(long end) throws IOException {
    try (Client mover = new Client(server)) {
      while (System.nanoTime() < end) {
        int from = ThreadLocalRandom.current().nextInt(ACCOUNTS);
        int to = ThreadLocalRandom.current().nextInt(ACCOUNTS);
        mover.send(
            Client.resp("MULTI")
                + Client.resp("DECRBY", "account" + from, "7")
                + Client.resp("INCRBY", "account" + to, "5")
                + Client.resp("INCRBY", "account" + to, "2")
                + Client.resp("SET", "state", "broken")
                + Client.resp("SET", "state", "whole")
                + Client.resp("EXEC"));
        for (int i = 0; i < 6; i++) {
          assertThat(mover.reply()).startsWith("+");
        }
        assertThat(mover.reply()).startsWith("*5\r\n:");
      }
    }
  }

  /** Moves between two accounts of its own, so that it knows what is in them. */
  private void moveMoneyInJava(long end) {
    for (int i = 0; System.nanoTime() < end; i++) {
      caches.strings.strings().setAll(Map.of("mine", "" + i, "yours", "" + -i));
    }
  }

  /** Adds one by reading and setting, which only WATCH makes safe. */
  private void count(long end, AtomicInteger counted) throws IOException {
    try (Client counter = new Client(server)) {
      while (System.nanoTime() < end) {
        assertThat(counter.reply("WATCH", "counter")).isEqualTo("+OK\r\n");
        long seen = number(counter.reply("GET", "counter"));
        assertThat(counter.reply("MULTI")).isEqualTo("+OK\r\n");
        assertThat(counter.reply("SET", "counter", "" + (seen + 1))).isEqualTo("+QUEUED\r\n");
        String reply = counter.reply("EXEC");
        if (!reply.equals("*-1\r\n")) {
          assertThat(reply).isEqualTo("*1\r\n+OK\r\n");
          counted.incrementAndGet();
        }
      }
    }
  }

  /** Empties a cache and fills it again, as one. */
  private void refill(long end) throws IOException {
    try (Client filler = new Client(server)) {
      StringBuilder all = new StringBuilder(Client.resp("MULTI") + Client.resp("FLUSHDB"));
      for (int i = 0; i < REFILLED; i++) {
        all.append(Client.resp("SET", "k" + i, "v"));
      }
      all.append(Client.resp("EXEC"));
      assertThat(filler.reply("SELECT", "second")).isEqualTo("+OK\r\n");
      while (System.nanoTime() < end) {
        filler.send(all.toString());
        for (int i = 0; i < REFILLED + 2; i++) {
          assertThat(filler.reply()).startsWith("+");
        }
        assertThat(filler.reply()).startsWith("*" + (REFILLED + 1) + "\r\n+OK");
      }
    }
  }

  private void look(long end) throws IOException {
    String[] all = new String[3 + ACCOUNTS];
    all[0] = "MGET";
    all[1] = "mine";
    all[2] = "yours";
    for (int i = 0; i < ACCOUNTS; i++) {
      all[3 + i] = "account" + i;
    }
    try (Client looker = new Client(server)) {
      boolean filled = false;
      while (System.nanoTime() < end) {
        assertThat(sum(looker.reply(all))).as("sum of all accounts").isZero();
        assertThat(looker.reply("GET", "state")).isEqualTo("$5\r\nwhole\r\n");
        assertThat(looker.reply("SELECT", "1")).isEqualTo("+OK\r\n");
        String size = looker.reply("DBSIZE");
        filled |= !size.equals(":0\r\n");
        assertThat(size).isEqualTo(filled ? ":" + REFILLED + "\r\n" : ":0\r\n");
        if (filled) {
          assertThat(looker.reply("GET", "k7")).isEqualTo("$1\r\nv\r\n");
          assertThat(looker.reply("EXISTS", "k1", "k2", "k3")).isEqualTo(":3\r\n");
          assertThat(looker.reply("KEYS", "k*")).startsWith("*" + REFILLED + "\r\n");
        }
        assertThat(looker.reply("SELECT", "0")).isEqualTo("+OK\r\n");
      }
    }
  }

  private static long number(String bulk) {
    return Long.parseLong(bulk.substring(bulk.indexOf('\n') + 1).strip());
  }

  private static long sum(String array) {
    long sum = 0;
    String[] lines = array.split("\r\n");
    for (int i = 2; i < lines.length; i += 2) {
      sum += Long.parseLong(lines[i]);
    }
    return sum;
  }

  @Test
  void aRefusedExecEndsTheTransaction() throws IOException {
    run(
        """
        multi  -> +OK
        exec x -> -EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command
        exec   -> -ERR EXEC without MULTI
        """);
  }

  @Test
  void swappedCachesCountAsChangesOfWhatIsWatchedInThem() throws IOException {
    run(
        """
        set k v      -> +OK
        watch k      -> +OK
        > swapdb 0 1 -> +OK
        multi        -> +OK
        get k        -> +QUEUED
        exec         -> *-1
        """);
  }

  @Test
  void ssubscribeIsRefusedInExec() throws IOException {
    run(
        """
        multi        -> +OK
        ssubscribe s -> +QUEUED
        exec         -> *1\\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client
        """);
  }
}
