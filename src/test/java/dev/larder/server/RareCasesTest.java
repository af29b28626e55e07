package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Rules;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.cache.Cache;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens seldom: somebody leaves, loses a right, or comes in between at the wrong moment. */
final class RareCasesTest {
  private final Caches caches = new Caches();
  private final CacheOperations<String, String> second =
      caches.add(caches.cache("second", new Rules<>() {}));
  private final KeyHolder keys = new KeyHolder(caches.strings);
  private LarderServer server = caches.server().config("enable-debug-command", "yes").start();

  @AfterEach
  void close() throws InterruptedException {
    keys.release();
    server.close();
    keys.close();
  }

  private static void awaitWaiting(Client other, int connections) {
    await()
        .until(
            () -> other.reply("INFO", "clients").contains("blocked_clients:" + connections + "\r"));
  }

  private static String field(String line, String name) {
    int from = line.indexOf(" " + name + "=") + name.length() + 2;
    return line.substring(from, line.indexOf(' ', from));
  }

  // --------------------------------------------------------------------------------------- rights

  @Test
  void aDeletedUserIsDisconnected() throws IOException {
    try (Client admin = new Client(server);
        Client ann = new Client(server)) {
      admin.reply("ACL", "SETUSER", "ann", "on", ">secret", "+@all", "&*");
      assertThat(ann.reply("AUTH", "ann", "secret")).isEqualTo("+OK\r\n");
      ann.reply("SUBSCRIBE", "news");
      assertThat(admin.reply("ACL", "DELUSER", "ann")).isEqualTo(":1\r\n");
      assertThat(ann.rest()).isEmpty();
    }
  }

  @Test
  void whoDeletesHimselfGetsTheReplyFirst() throws IOException {
    try (Client admin = new Client(server);
        Client ann = new Client(server)) {
      admin.reply("ACL", "SETUSER", "ann", "on", ">secret", "+@all", "&*");
      ann.reply("AUTH", "ann", "secret");
      ann.call("ACL", "DELUSER", "ann");
      assertThat(ann.rest()).isEqualTo(":1\r\n");
    }
  }

  @Test
  void whoMayNotListenAnyMoreIsDisconnected() throws IOException {
    try (Client admin = new Client(server);
        Client ann = new Client(server);
        Client still = new Client(server)) {
      admin.reply("ACL", "SETUSER", "ann", "on", ">secret", "+@all", "&*");
      ann.reply("AUTH", "ann", "secret");
      ann.reply("SUBSCRIBE", "private");
      still.reply("AUTH", "ann", "secret");
      still.reply("SUBSCRIBE", "public");
      admin.reply("ACL", "SETUSER", "ann", "resetchannels", "&public");
      assertThat(ann.rest()).isEmpty();
      assertThat(admin.reply("PUBLISH", "public", "m")).isEqualTo(":1\r\n");
      assertThat(still.reply()).endsWith("$1\r\nm\r\n");
    }
  }

  // -------------------------------------------------------------------------------------- waiting

  @Test
  void messagesThatCameDuringAPauseFollowTheReply() throws IOException {
    try (Client listener = new Client(server);
        Client other = new Client(server)) {
      listener.call("HELLO", "3");
      listener.send(Client.resp("ECHO", "HELLO-END"));
      while (!listener.line().equals("HELLO-END")) {}
      listener.call("SUBSCRIBE", "news");
      listener.read(">3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n".length());
      other.reply("CLIENT", "PAUSE", "100000", "WRITE");
      listener.call("SET", "k", "v");
      awaitWaiting(other, 1);
      assertThat(other.reply("PUBLISH", "news", "first")).isEqualTo(":1\r\n");
      other.reply("CLIENT", "UNPAUSE");
      other.reply("PUBLISH", "news", "second");
      assertThat(listener.line()).isEqualTo("+OK");
      assertThat(listener.read(">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nfirst\r\n".length()))
          .endsWith("$5\r\nfirst\r\n");
      assertThat(listener.read(">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$6\r\nsecond\r\n".length()))
          .endsWith("$6\r\nsecond\r\n");
    }
  }

  @Test
  void aMutedClientGetsNoLateReplyEither() throws IOException {
    try (Client client = new Client(server)) {
      client.send(
          Client.resp("CLIENT", "REPLY", "SKIP")
              + Client.resp("WAIT", "1", "1")
              + Client.resp("ECHO", "next"));
      assertThat(client.reply()).isEqualTo("$4\r\nnext\r\n");
      client.send(
          Client.resp("CLIENT", "REPLY", "OFF")
              + Client.resp("DEBUG", "SLEEP", "0.001")
              + Client.resp("CLIENT", "REPLY", "ON"));
      assertThat(client.reply()).isEqualTo("+OK\r\n");
      assertThat(client.reply("ECHO", "last")).isEqualTo("$4\r\nlast\r\n");
    }
  }

  @Test
  void whoLeavesDoesNotGoOnWaitingForEver() throws IOException {
    try (Client leaving = new Client(server);
        Client other = new Client(server)) {
      leaving.call("WAIT", "1", "0");
      awaitWaiting(other, 1);
      leaving.end();
      assertThat(leaving.rest()).isEmpty();
      awaitWaiting(other, 0);
    }
  }

  @Test
  void whoLeavesBeforeItWaitsForEverDoesNotBegin() throws IOException {
    try (Client leaving = new Client(server)) {
      leaving.send(Client.resp("ECHO", "one") + Client.resp("WAIT", "1", "0")).end();
      assertThat(leaving.rest()).isEqualTo("$3\r\none\r\n");
    }
  }

  // -------------------------------------------------------------------------------------- changes

  @Test
  void cachesSwappedWhileATransactionWaitsDoNotBreakIt() throws Exception {
    keys.hold("k");
    try (Client one = new Client(server);
        Client other = new Client(server);
        Client swapper = new Client(server)) {
      one.send(
          Client.resp("MULTI")
              + Client.resp("SET", "k", "v")
              + Client.resp("GET", "k")
              + Client.resp("EXEC"));
      awaitWaiting(other, 1);
      swapper.call("SWAPDB", "0", "1");
      // Either it has swapped already, or it waits for the transaction.
      await()
          .until(
              () ->
                  other.reply("INFO", "clients").contains("blocked_clients:2\r")
                      || other.reply("INFO", "commandstats").contains("cmdstat_swapdb"));
      keys.release();
      for (int i = 0; i < 3; i++) {
        one.reply();
      }
      assertThat(one.reply()).isEqualTo("*2\r\n+OK\r\n$1\r\nv\r\n");
      assertThat(swapper.reply()).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void infoCanBePartOfATransaction() throws IOException {
    try (Client client = new Client(server);
        Client other = new Client(server)) {
      client.send(
          Client.resp("MULTI")
              + Client.resp("SET", "k", "v")
              + Client.resp("INFO", "keyspace")
              + Client.resp("MEMORY", "STATS")
              + Client.resp("EXEC"));
      for (int i = 0; i < 4; i++) {
        client.reply();
      }
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(client.reply()).contains("db0:keys=1,");
    }
  }

  @Test
  void whatIsSwappedAwayHasChangedToWhoWatchesIt() throws IOException {
    caches.set("k", "v");
    try (Client one = new Client(server);
        Client other = new Client(server)) {
      one.reply("WATCH", "k", "none");
      other.reply("SWAPDB", "0", "1");
      one.reply("MULTI");
      one.reply("SET", "k", "w");
      assertThat(one.reply("EXEC")).isEqualTo("*-1\r\n");

      one.reply("WATCH", "none");
      one.reply("MULTI");
      one.reply("SET", "k", "w");
      assertThat(one.reply("EXEC")).isEqualTo("*1\r\n+OK\r\n");
    }
  }

  @Test
  void aCommandOnAClosedCacheIsAnsweredAlsoIfAKeyMayMeanSeveral() throws IOException {
    try (CachingProvider provider =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider")) {
      Cache<Object, Object> any =
          provider.getCacheManager().createCache("rare", new MutableConfiguration<>());
      any.put(1L, "long");
      any.put("1", "text");
      try (LarderServer objects = LarderServer.builder(any).port(0).start();
          Client client = new Client(objects)) {
        any.close();
        String closed = "-ERR number 0 has no cache now: 'rare' is closed, or not made yet\r\n";
        assertThat(client.reply("GET", "1")).isEqualTo(closed);
        assertThat(client.reply("SET", "1", "2")).isEqualTo(closed);
        assertThat(client.reply("PING")).isEqualTo("+PONG\r\n");
      }
    }
  }

  // ---------------------------------------------------------------------------------------- costs

  @Test
  void whatAClientSubscribesToAndWatchesCountsAsItsMemory() throws IOException {
    String name = "c".repeat(10_000);
    try (Client client = new Client(server)) {
      client.reply("HELLO", "2");
      client.send(Client.resp("CLIENT", "ID"));
      client.reply();
      long before = Long.parseLong(field(client.reply("CLIENT", "INFO"), "tot-mem"));
      client.reply("WATCH", name);
      client.reply("PING");
      assertThat(Long.parseLong(field(client.reply("CLIENT", "INFO"), "tot-mem")))
          .isGreaterThan(before + 10_000);
      client.reply("UNWATCH");
      client.reply("PING");
      assertThat(Long.parseLong(field(client.reply("CLIENT", "INFO"), "tot-mem")))
          .isEqualTo(before);
    }
    try (Client admin = new Client(server);
        Client listener = new Client(server)) {
      listener.reply("SUBSCRIBE", name);
      listener.reply("PSUBSCRIBE", name);
      listener.reply("PING");
      String line =
          admin.reply("CLIENT", "LIST", "TYPE", "PUBSUB").lines().skip(1).findFirst().orElseThrow();
      assertThat(Long.parseLong(field(line, "tot-mem"))).isGreaterThan(20_000);
    }
  }

  @Test
  void largeRepliesThatAreReadAtOnceDoNotAddUpToASlowReader() throws IOException {
    caches.set("large", "x".repeat(200_000));
    try (Client client = new Client(server)) {
      client.reply("CONFIG", "SET", "client-output-buffer-limit", "normal 0 100000 1");
      assertThat(client.reply("GET", "large")).hasSizeGreaterThan(200_000);
      await().pollDelay(Duration.ofMillis(1_100)).until(() -> true); // the loop has no clock seam
      assertThat(client.reply("GET", "large")).hasSizeGreaterThan(200_000);
    }
  }

  // ------------------------------------------------------------------------------------- the ends

  @Test
  void aServerThatCannotStartListensToNoCache() {
    CacheOperations<String, String> cache = caches.cache("alone", new Rules<>() {});
    assertThatThrownBy(
            () ->
                LarderServer.builder(List.of(cache))
                    .port(0)
                    .bind("0.0.0.0")
                    .config("notify-keyspace-events", "KEA")
                    .start())
        .isInstanceOf(ServerException.class);
    assertThat(cache.entries().store().feed().isActive()).isFalse();
  }

  @Test
  void theUnixSocketsFileGoesWithTheServer(@TempDir Path directory) {
    Path file = directory.resolve("s");
    LarderServer unix = caches.server().noPort().unixSocket(file).start();
    assertThat(file).exists();
    unix.close();
    assertThat(file).doesNotExist();
  }

  @Test
  void aWatchThatBeginsAfterTheEndIsNotLeftBehind() throws Exception {
    keys.hold("k");
    try (Client one = new Client(server);
        Client other = new Client(server)) {
      one.call("WATCH", "k");
      awaitWaiting(other, 1);
      server.close();
    }
    keys.release();
    keys.close();
    await()
        .during(Duration.ofMillis(300))
        .until(() -> !caches.strings.entries().store().feed().isActive());
  }
}
