package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.Rules;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;

/** The life of a server, and which caches it shows. */
final class LarderServerTest {
  private final Caches caches = new Caches();

  private static List<String> threadsOf(LarderServer server) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("larder-server-" + server.port()))
        .toList();
  }

  @Test
  void closedServerLeavesNeitherThreadNorSocketAndTheCachesOpen() throws IOException {
    LarderServer server = caches.server().start();
    try (Client client = new Client(server);
        Client idle = new Client(server)) {
      assertThat(client.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(client.reply("FLUSHDB")).isEqualTo("+OK\r\n"); // makes a worker
      assertThat(threadsOf(server)).isNotEmpty();
      assertThat(threadsOf(server)).contains("larder-server-" + server.port() + "-loop-1");
      server.close();
      server.close();
      assertThat(client.rest()).isEmpty();
      assertThat(idle.rest()).isEmpty();
    }
    await().until(() -> threadsOf(server).isEmpty());
    assertThatThrownBy(() -> new Client(server)).isInstanceOf(IOException.class);
    caches.set("k", "still open");
  }

  @Test
  void portCanBeListenedOnAgainAtOnce() throws IOException {
    LarderServer first = caches.server().start();
    int port = first.port();
    for (int i = 0; i < 5; i++) {
      try (Client client = new Client(first)) {
        assertThat(client.reply("INCR", "k")).isEqualTo(":" + (i + 1) + "\r\n");
        first.close(); // the side that closes first keeps the address in TIME_WAIT
      }
      first = caches.server().port(port).start();
    }
    first.close();
  }

  @Test
  void portInUseIsSaidInOneSentence() throws IOException {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      LarderServer.Builder builder = caches.server().port(taken.getLocalPort());
      assertThatThrownBy(builder::start)
          .isInstanceOf(ServerException.class)
          .hasMessage(
              "cannot listen on 127.0.0.1:%d: Address already in use"
                  .formatted(taken.getLocalPort()));
    }
  }

  @Test
  void onlyThisMachineMayConnect() {
    LarderServer.Builder builder = caches.server();
    assertThatThrownBy(() -> builder.bind("0.0.0.0").start())
        .isInstanceOf(ServerException.class)
        .hasMessage(
            "expected a password (requirepass) to listen on 0.0.0.0, where other machines may reach"
                + " the caches; without one, only 127.0.0.1");
    assertThatThrownBy(() -> builder.bind("no.such.host.invalid"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'no.such.host.invalid'");
    try (LarderServer server = builder.bind("localhost").start()) {
      assertThat(server.address().getAddress().isLoopbackAddress()).isTrue();
    }
  }

  @Test
  void settingsOutOfRangeAreRefusedAtOnce() {
    LarderServer.Builder builder = caches.server();
    assertThatThrownBy(() -> builder.port(65_536)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder.maxClients(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LarderServer.builder(new Cache<?, ?>[0]))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(builder.port(7000).name("orders"))
        .hasToString("LarderServer.Builder[port=7000, name=orders]");
  }

  @Test
  void nameIsInTheNamesOfItsThreads() {
    try (LarderServer server = caches.server().name("orders").start()) {
      assertThat(server)
          .hasToString("larder-server-orders (127.0.0.1:%d)".formatted(server.port()));
      assertThat(Thread.getAllStackTraces().keySet())
          .extracting(Thread::getName)
          .contains("larder-server-orders-loop-1");
    }
  }

  @Test
  void oneClientTooManyIsRefusedUntilAnotherLeaves() throws IOException {
    try (LarderServer server = caches.server().maxClients(2).start();
        Client stays = new Client(server);
        Client leaves = new Client(server)) {
      assertThat(stays.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(leaves.reply("PING")).isEqualTo("+PONG\r\n");
      try (Client refused = new Client(server)) {
        assertThat(refused.rest()).isEqualTo("-ERR max number of clients reached\r\n");
      }
      leaves.reset();
      await().until(() -> stays.reply("INFO", "clients").contains("connected_clients:1\r\n"));
      try (Client next = new Client(server)) {
        assertThat(next.reply("PING")).isEqualTo("+PONG\r\n");
      }
      assertThat(stays.reply("INFO", "stats")).contains("rejected_connections:1\r\n");
    }
  }

  @Test
  void cachesOfJavaxCacheAreShownByNumberAndName() throws IOException {
    try (CachingProvider provider = newProvider()) {
      CacheManager manager = provider.getCacheManager();
      Cache<String, Long> visits =
          manager.createCache(
              "visits",
              new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
      Cache<String, String> users =
          manager.createCache(
              "users",
              new MutableConfiguration<String, String>().setTypes(String.class, String.class));
      users.put("1", "Ada");
      try (LarderServer server = LarderServer.builder(visits, users).port(0).start();
          Client client = new Client(server)) {
        assertThat(client.reply("INCR", "home")).isEqualTo(":1\r\n");
        assertThat(visits.get("home")).isEqualTo(1);
        assertThat(client.reply("SELECT", "users")).isEqualTo("+OK\r\n");
        assertThat(client.reply("GET", "1")).isEqualTo("$3\r\nAda\r\n");
        assertThat(client.reply("SET", "2", "Bob")).isEqualTo("+OK\r\n");
        assertThat(users.get("2")).isEqualTo("Bob");
      }
      try (LarderServer server = LarderServer.builder(manager).port(0).start();
          Client client = new Client(server)) {
        assertThat(client.reply("GET", "1")).isEqualTo("$3\r\nAda\r\n"); // users before visits
        assertThat(client.reply("SELECT", "1")).isEqualTo("+OK\r\n");
        assertThat(client.reply("GET", "home")).isEqualTo("$1\r\n1\r\n");
        visits.close();
        assertThat(client.reply("GET", "home"))
            .isEqualTo("-ERR number 1 has no cache now: 'visits' is closed, or not made yet\r\n");
      }
    }
  }

  @Test
  void logTellsOfItsBeginningWithAllThatItShowsAndOfItsEnd() {
    caches.add(caches.cache("second", new Rules<>() {}));
    try (LogLines log = new LogLines();
        CachingProvider provider = newProvider()) {
      LarderServer two = caches.server().name("two").start();
      two.close();
      LarderServer none =
          LarderServer.builder(provider.getCacheManager()).port(0).name("none").start();
      none.close();
      String ofTwo = "larder-server-two (127.0.0.1:" + two.port() + ")";
      String ofNone = "larder-server-none (127.0.0.1:" + none.port() + ")";
      assertThat(log.lines())
          .containsExactly(
              ofTwo + " shows 2 caches, strings to second",
              ofTwo + " has ended",
              ofNone + " shows no cache yet",
              ofNone + " has ended");
    }
  }

  @Test
  void infoHasTheNumbersThatClientsAreTold() throws IOException {
    try (LarderServer server = caches.server().maxClients(1).start();
        Client client = new Client(server)) {
      client.reply("SET", "k", "v");
      client.reply("MULTI");
      client.reply("INCR", "k");
      client.reply("EXEC");
      client.reply("NOSUCH");
      client.reply("GET");
      try (Client refused = new Client(server)) {
        refused.rest();
      }
      ServerInfo info = server.info();
      assertThat(info.connections()).isEqualTo(1);
      assertThat(info.connectionsAccepted()).isEqualTo(1);
      assertThat(info.connectionsRefused()).isEqualTo(1);
      assertThat(info.commands()).isEqualTo(4);
      assertThat(info.failedCommands()).isEqualTo(3);
      assertThat(info.commandTime()).isPositive();
      String told = client.reply("INFO", "stats");
      assertThat(told)
          .contains("total_connections_received:" + info.connectionsAccepted() + "\r\n")
          .contains("rejected_connections:" + info.connectionsRefused() + "\r\n")
          .contains("total_commands_processed:" + info.commands() + "\r\n")
          .contains("total_error_replies:" + info.failedCommands() + "\r\n")
          .contains("total_net_input_bytes:" + server.info().bytesIn() + "\r\n");
      long before = Long.parseLong(told.split("total_net_output_bytes:", 2)[1].split("\r", 2)[0]);
      await().until(() -> server.info().bytesOut() == before + told.length());
      client.reply("CONFIG", "RESETSTAT");
      assertThat(server.info().commands()).isEqualTo(1); // which ends after it has reset
      assertThat(server.info().connections()).isEqualTo(1);
    }
  }

  private static CachingProvider newProvider() {
    return Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
  }
}
