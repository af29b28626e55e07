package dev.larder.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Rules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who waits when a command has to, and who does not. All connections share one loop. */
final class WaitingTest {
  private final Caches caches = new Caches();
  private final KeyHolder keys = new KeyHolder(caches.strings);
  private LarderServer server = caches.server().start();

  @AfterEach
  void close() throws InterruptedException {
    keys.release();
    server.close();
    keys.close();
  }

  /** Waits until so many connections wait for a worker. */
  private void awaitWaiting(Client other, int connections) {
    await()
        .until(
            () -> other.reply("INFO", "clients").contains("blocked_clients:" + connections + "\r"));
  }

  @Test
  void busyKeyMakesItsOwnConnectionWaitAndNoOther() throws Exception {
    caches.set("free", "f");
    keys.hold("busy");
    try (Client waiting = new Client(server);
        Client other = new Client(server)) {
      waiting.send(
          Client.resp("ECHO", "before")
              + Client.resp("INCR", "busy")
              + Client.resp("GET", "free")
              + Client.resp("INCR", "busy")
              + Client.resp("ECHO", "after"));
      assertThat(waiting.reply()).isEqualTo("$6\r\nbefore\r\n");
      awaitWaiting(other, 1);
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(other.reply("GET", "free")).isEqualTo("$1\r\nf\r\n");
      assertThat(other.reply("GET", "busy")).isEqualTo("$-1\r\n");
      waiting.send(Client.resp("ECHO", "later"));

      keys.release();

      assertThat(waiting.reply()).isEqualTo(":1\r\n");
      assertThat(waiting.reply()).isEqualTo("$1\r\nf\r\n");
      assertThat(waiting.reply()).isEqualTo(":2\r\n");
      assertThat(waiting.reply()).isEqualTo("$5\r\nafter\r\n");
      assertThat(waiting.reply()).isEqualTo("$5\r\nlater\r\n");
      awaitWaiting(other, 0);
    }
  }

  @Test
  void everyConnectionCanWaitForTheSameKey() throws Exception {
    keys.hold("busy");
    List<Client> clients = new ArrayList<>();
    try (Client other = new Client(server)) {
      for (int i = 0; i < 50; i++) {
        clients.add(new Client(server).call("INCR", "busy"));
      }
      awaitWaiting(other, 50);
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      keys.release();
      for (Client client : clients) {
        assertThat(client.reply()).startsWith(":");
        client.close();
      }
      assertThat(other.reply("GET", "busy")).isEqualTo("$2\r\n50\r\n");
    }
  }

  @Test
  void delOfManyKeysAndFlushWaitForABusyOneAndThenCountRight() throws Exception {
    try (Client waiting = new Client(server);
        Client flushing = new Client(server);
        Client other = new Client(server)) {
      for (String key : List.of("a", "busy", "z")) {
        other.reply("SET", key, "1");
      }
      keys.hold("busy");
      waiting.call("DEL", "a", "busy", "z");
      awaitWaiting(other, 1);
      flushing.call("FLUSHDB");
      awaitWaiting(other, 2);
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      keys.release();
      assertThat(flushing.reply()).isEqualTo("+OK\r\n");
      assertThat(waiting.reply()).matches(":[0-3]\r\n");
      assertThat(other.reply("DBSIZE")).isEqualTo(":0\r\n");
    }
  }

  @Test
  void clientThatLeavesWhileItsCommandWaitsHarmsNobody() throws Exception {
    keys.hold("busy");
    try (Client other = new Client(server)) {
      Client reset = new Client(server).call("INCR", "busy");
      Client gone = new Client(server).call("INCR", "busy");
      awaitWaiting(other, 2);
      reset.reset();
      gone.close();
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      keys.release();
      await().until(() -> other.reply("INFO", "clients").contains("connected_clients:1\r"));
      assertThat(other.reply("GET", "busy")).isEqualTo("$1\r\n2\r\n");
    }
  }

  @Test
  void halfClosedConnectionGetsTheReplyItWaitsForAndItsFollowers() throws Exception {
    keys.hold("busy");
    try (Client waiting = new Client(server);
        Client other = new Client(server)) {
      waiting.send("INCR busy\nGET busy\n").end();
      awaitWaiting(other, 1);
      keys.release();
      assertThat(waiting.rest()).isEqualTo(":1\r\n1\r\n");
    }
  }

  @Test
  void inputBehindAWaitingCommandIsLeftInTheSocketBeyondALimit() throws Exception {
    keys.hold("busy");
    ByteBuffer echoes =
        ByteBuffer.wrap(Client.resp("ECHO", "x".repeat(1_000)).repeat(30_000).getBytes(US_ASCII));
    try (SocketChannel waiting = SocketChannel.open(server.address());
        Client other = new Client(server)) {
      waiting.write(ByteBuffer.wrap(Client.resp("INCR", "busy").getBytes(US_ASCII)));
      awaitWaiting(other, 1);
      waiting.configureBlocking(false);
      // The server takes little more than its limit, then the sockets' own buffers fill up.
      await().during(200, MILLISECONDS).until(() -> waiting.write(echoes) == 0);
      assertThat(echoes.remaining()).isPositive();
      keys.release();
      waiting.configureBlocking(true);
      Thread writer = new Thread(() -> write(waiting, echoes));
      writer.start();
      long expected = ":1\r\n".length() + 30_000L * ("$1000\r\n\r\n".length() + 1_000);
      ByteBuffer replies = ByteBuffer.allocate(1 << 16);
      for (long read = 0; read < expected; read += waiting.read(replies.clear())) {
        assertThat(replies.get(0)).isNotEqualTo((byte) '-');
      }
      writer.join();
    }
  }

  private static void write(SocketChannel channel, ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void loaderOfACacheRunsOnAWorker() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CacheOperations<String, String> loaded =
        caches.add(
            caches.cache(
                "loaded",
                new Rules<>() {
                  @Override
                  public boolean readsThrough() {
                    return true;
                  }

                  @Override
                  public String load(String key) {
                    loading.countDown();
                    keys.awaitRelease();
                    return key + " by " + Thread.currentThread().getName();
                  }
                }));
    server.close();
    server = caches.server().start();
    try (Client waiting = new Client(server);
        Client other = new Client(server)) {
      waiting.reply("SELECT", loaded.name());
      waiting.call("GET", "k");
      loading.await();
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      keys.release();
      assertThat(waiting.reply()).contains("k by larder-server-" + server.port() + "-worker-");
    }
  }

  @Test
  void failureOnAWorkerIsToldWithoutDetailsAndTheConnectionLivesOn() throws Exception {
    caches.add(
        caches.cache(
            "failing",
            new Rules<>() {
              @Override
              public boolean readsThrough() {
                return true;
              }

              @Override
              public String load(String key) {
                throw new IllegalArgumentException("the secret");
              }
            }));
    server.close();
    server = caches.server().start();
    try (Client client = new Client(server)) {
      client.reply("SELECT", "failing");
      client.send(Client.resp("GET", "k") + Client.resp("PING"));
      assertThat(client.line()).isEqualTo("-ERR internal error");
      assertThat(client.line()).isEqualTo("+PONG");
    }
  }

  @Test
  void countersStayRightWhileJavaAndManyConnectionsChangeThem() throws Exception {
    int connections = 20;
    int each = 1_000;
    String[] keys = {"a", "b", "c"};
    List<Thread> threads = new ArrayList<>();
    AtomicInteger wrong = new AtomicInteger();
    for (int i = 0; i < connections; i++) {
      threads.add(
          new Thread(
              () -> {
                try (Client client = new Client(server)) {
                  long[] last = new long[keys.length];
                  for (int n = 0; n < each; n += 10) {
                    StringBuilder pipeline = new StringBuilder();
                    for (int k = 0; k < 10; k++) {
                      pipeline.append(Client.resp("INCR", keys[k % keys.length]));
                    }
                    client.send(pipeline.toString());
                    for (int k = 0; k < 10; k++) {
                      long value = Long.parseLong(client.line().substring(1));
                      if (value <= last[k % keys.length]) {
                        wrong.incrementAndGet();
                      }
                      last[k % keys.length] = value;
                    }
                  }
                } catch (IOException | RuntimeException e) {
                  wrong.incrementAndGet();
                }
              }));
    }
    for (int i = 0; i < 2; i++) {
      threads.add(
          new Thread(
              () -> {
                for (int n = 0; n < each; n++) {
                  caches
                      .strings
                      .entries()
                      .run(
                          keys[n % keys.length],
                          turn -> {
                            Thread.yield(); // long enough for a loop to find it busy
                            String value = turn.value();
                            long next = value == null ? 1 : Long.parseLong(value) + 1;
                            turn.modify(String.valueOf(next), "incrby");
                            return null;
                          });
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(wrong).hasValue(0);
    long sum = 0;
    for (String key : keys) {
      sum += Long.parseLong(String.valueOf(caches.strings.strings().get(key)));
    }
    assertThat(sum).isEqualTo(connections * each + 2L * each);
  }

  @Test
  void closingTheServerWaitsForTheReplyInFlight() throws Exception {
    keys.hold("busy");
    try (Client waiting = new Client(server);
        Client other = new Client(server)) {
      waiting.call("INCR", "busy").call("PING");
      awaitWaiting(other, 1);
      Thread closing = new Thread(server::close);
      closing.start();
      assertThat(other.rest()).isEmpty(); // has nothing in flight, so is closed at once
      keys.release();
      assertThat(waiting.rest()).isEqualTo(":1\r\n");
      closing.join();
    }
  }

  @Test
  void closingTheServerDoesNotWaitForEver() throws Exception {
    keys.hold("busy");
    try (Client waiting = new Client(server);
        Client other = new Client(server)) {
      waiting.call("INCR", "busy");
      awaitWaiting(other, 1);
      server.close();
      assertThat(waiting.rest()).isEmpty();
    }
  }
}
