package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.store.Together;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * No client sees a part of a change of several keys: two servers, each with a loop of its own, and
 * Java code write to one cache, while clients of both look.
 */
final class WholeChangesTest {
  private static final int ACCOUNTS = 8;
  private static final int VERSIONS = 200;
  private static final int LOOKS = 20;
  private static final long MILLIS = 1_500;
  private static final long LONG_MILLIS = 20_000;

  private final Caches caches = new Caches();
  private LarderServer one;
  private LarderServer two;

  @BeforeEach
  void start() throws IOException {
    one = caches.server().start();
    two = caches.server().start();
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  @Test
  void noClientSeesAPartOfAChange() {
    runFor(MILLIS);
  }

  @Test
  @Tag("soak")
  void noClientSeesAPartOfAChangeForLong() {
    runFor(LONG_MILLIS);
  }

  private void runFor(long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (int i = 0; i < ACCOUNTS; i++) {
      caches.set("account" + i, "0");
    }
    caches.set("here", "v");
    caches.set("left", "v");
    caches.set("copy", "v");
    caches.strings.strings().setAll(versions(0));
    Together.run(
        () -> moveMoneyInJava(end, 0),
        () -> moveMoney(one, end, ACCOUNTS / 2),
        () -> renameInJava(end),
        () -> renameAndCopy(one, end),
        () -> writeVersions(end),
        () -> look(one, end),
        () -> look(two, end));
  }

  /** Each writer moves within accounts of its own, so that it knows what is in them. */
  private void moveMoneyInJava(long end, int first) {
    int[] balances = new int[ACCOUNTS / 2];
    while (System.nanoTime() < end) {
      caches.strings.strings().setAll(move(balances, first));
    }
  }

  private void moveMoney(LarderServer server, long end, int first) throws IOException {
    int[] balances = new int[ACCOUNTS / 2];
    try (Client client = new Client(server)) {
      while (System.nanoTime() < end) {
        Map<String, String> moved = move(balances, first);
        String[] words = new String[1 + 2 * moved.size()];
        words[0] = "MSET";
        int i = 1;
        for (Map.Entry<String, String> each : moved.entrySet()) {
          words[i++] = each.getKey();
          words[i++] = each.getValue();
        }
        assertThat(client.reply(words)).isEqualTo("+OK\r\n");
      }
    }
  }

  private static Map<String, String> move(int[] balances, int first) {
    Random random = ThreadLocalRandom.current();
    int amount = random.nextInt(100);
    int from = random.nextInt(balances.length);
    int to = (from + 1 + random.nextInt(balances.length - 1)) % balances.length;
    balances[from] -= amount;
    balances[to] += amount;
    Map<String, String> moved = new LinkedHashMap<>();
    moved.put("account" + (first + from), "" + balances[from]);
    moved.put("account" + (first + to), "" + balances[to]);
    return moved;
  }

  /** One key goes to and fro; there is always exactly one of the two. */
  private void renameInJava(long end) {
    while (System.nanoTime() < end) {
      caches.strings.keys().rename("here", "there", true);
      caches.strings.keys().rename("there", "here", false);
    }
  }

  /** The same through a socket; and a copy that is replaced, so that it is always there. */
  private static void renameAndCopy(LarderServer server, long end) throws IOException {
    try (Client client = new Client(server)) {
      while (System.nanoTime() < end) {
        assertThat(client.reply("RENAME", "left", "right")).isEqualTo("+OK\r\n");
        assertThat(client.reply("RENAMENX", "right", "left")).isEqualTo(":1\r\n");
        assertThat(client.reply("COPY", "left", "copy", "REPLACE")).isEqualTo(":1\r\n");
      }
    }
  }

  /** So many keys that a look in the midst of it has a chance. */
  private void writeVersions(long end) {
    for (int i = 1; System.nanoTime() < end; i++) {
      caches.strings.strings().setAll(versions(i));
    }
  }

  private static Map<String, String> versions(int version) {
    Map<String, String> versions = new LinkedHashMap<>();
    for (int i = 0; i < VERSIONS; i++) {
      versions.put("version" + i, "" + version);
    }
    return versions;
  }

  private static void look(LarderServer server, long end) throws IOException {
    String[] all = new String[1 + ACCOUNTS];
    all[0] = "MGET";
    for (int i = 0; i < ACCOUNTS; i++) {
      all[1 + i] = "account" + i;
    }
    try (Client client = new Client(server)) {
      while (System.nanoTime() < end) {
        assertThat(sum(client.reply(all))).as("sum of all accounts").isZero();
        assertThat(client.reply("EXISTS", "here", "there")).isEqualTo(":1\r\n");
        assertThat(client.reply("EXISTS", "left", "right", "copy")).isEqualTo(":2\r\n");
        assertThat(client.reply("DBSIZE")).isEqualTo(":" + (ACCOUNTS + VERSIONS + 3) + "\r\n");
        laterIsNotOlder(client, "version0", "version" + (VERSIONS - 1));
        laterIsNotOlder(client, "version" + (VERSIONS - 1), "version0");
        String gone = client.reply("GET", "here");
        if (gone.equals("$-1\r\n")) {
          // it was "there" at that moment; by now it may be here again, but not nowhere
          assertThat(client.reply("MGET", "here", "there")).contains("v");
        }
      }
    }
  }

  /** Who has seen one half of a change, with one command, sees the other one with the next. */
  private static void laterIsNotOlder(Client client, String first, String second)
      throws IOException {
    client.send((Client.resp("GET", first) + Client.resp("GET", second)).repeat(LOOKS));
    long seen = 0;
    for (int i = 0; i < 2 * LOOKS; i++) {
      long now = number(client.reply());
      assertThat(now)
          .as("version seen by look %s at %s and %s", i, first, second)
          .isGreaterThanOrEqualTo(seen);
      seen = now;
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
    assertThat(lines).hasSize(1 + 2 * ACCOUNTS);
    return sum;
  }
}
