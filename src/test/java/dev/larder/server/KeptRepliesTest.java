package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.HandKeeper;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Nobody is told that a change is done before it is on disk, and no loop waits for a disk. All
 * connections share one loop: when another one has been answered, this one has not.
 */
final class KeptRepliesTest {
  private final Caches caches = new Caches();
  private final HandKeeper keeper = new HandKeeper();
  private final LarderServer server = caches.server().eventLoops(1).start();
  private Client writer;
  private Client other;

  @BeforeEach
  void connect() throws IOException {
    keeper.keep(caches.strings);
    writer = new Client(server);
    other = new Client(server);
  }

  @AfterEach
  void close() throws IOException {
    keeper.done(null);
    writer.close();
    other.close();
    server.close();
  }

  private void awaitHeld(int runs) {
    await().until(() -> keeper.waiting() == runs);
  }

  private void assertNothingSent() throws IOException {
    assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
    assertThat(writer.socket.getInputStream().available()).isZero();
  }

  @Test
  void replyComesWhenTheChangeIsKeptAndOthersAreServedMeanwhile() throws IOException {
    writer.call("SET", "k", "v");
    awaitHeld(1);
    assertNothingSent();
    assertThat(other.reply("GET", "k")).isEqualTo("$1\r\nv\r\n");
    keeper.done(null);
    assertThat(writer.reply()).isEqualTo("+OK\r\n");
    assertThat(writer.reply("GET", "k")).isEqualTo("$1\r\nv\r\n"); // which waits for nothing
  }

  @Test
  void aRunOfRequestsWaitsOnceAndWhatFollowsIsNotExecutedBefore() throws IOException {
    writer.send(Client.resp("SET", "a", "1") + Client.resp("GET", "a") + Client.resp("INCR", "a"));
    awaitHeld(1);
    writer.call("INCR", "a").call("GET", "a");
    assertNothingSent();
    assertThat(other.reply("GET", "a")).isEqualTo("$1\r\n2\r\n");
    assertThat(keeper.waiting()).isEqualTo(1);
    keeper.done(null);
    assertThat(writer.reply() + writer.reply() + writer.reply())
        .isEqualTo("+OK\r\n$1\r\n1\r\n:2\r\n");
    awaitHeld(1);
    assertThat(other.reply("GET", "a")).isEqualTo("$1\r\n3\r\n");
    keeper.done(null);
    assertThat(writer.reply() + writer.reply()).isEqualTo(":3\r\n$1\r\n3\r\n");
  }

  @Test
  void connectionWhoseChangeCannotBeKeptIsClosedWithoutAReply() throws IOException {
    try (LogLines log = new LogLines()) {
      writer.send(Client.resp("SET", "a", "1") + Client.resp("PING"));
      awaitHeld(1);
      keeper.done(new IOException("No space left on device"));
      assertThat(writer.rest()).isEmpty();
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(log.lines())
          .containsExactly(
              "connection 1 is closed: what it has changed cannot be kept, and is not answered"
                  + " java.io.IOException: No space left on device");
    }
  }

  @Test
  void clientThatHasGoneIsWaitedForByNobody() throws IOException {
    writer.call("SET", "a", "1");
    awaitHeld(1);
    writer.reset();
    await().until(() -> other.reply("INFO", "clients").contains("connected_clients:1\r"));
    keeper.done(null);
    assertThat(other.reply("GET", "a")).isEqualTo("$1\r\n1\r\n");
  }

  @Test
  void clientThatSendsNoMoreAndOneThatQuitsGetAllTheirReplies() throws IOException {
    writer.send("SET a 1\nGET a\n").end();
    awaitHeld(1);
    assertNothingSent();
    keeper.done(null);
    assertThat(writer.rest()).isEqualTo("OK\r\n1\r\n");
    try (Client quitting = new Client(server)) {
      quitting.send(Client.resp("SET", "a", "2") + Client.resp("QUIT"));
      awaitHeld(1);
      keeper.done(null);
      assertThat(quitting.rest()).isEqualTo("+OK\r\n+OK\r\n");
    }
  }

  @Test
  void messagesComeBehindTheReplyThatIsHeld() throws IOException {
    try (Talk subscriber = Talk.resp3(server)) {
      subscriber.call("SUBSCRIBE news");
      subscriber.send("SET a 1");
      awaitHeld(1);
      assertThat(other.reply("PUBLISH", "news", "hi")).isEqualTo(":1\r\n");
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      keeper.done(null);
      assertThat(subscriber.next()).isEqualTo("OK");
      assertThat(subscriber.next()).isEqualTo(">[message news hi]");
    }
  }

  @Test
  void commandOnAWorkerIsAnsweredWhenItsChangeIsKept() throws IOException {
    writer.send(Client.resp("SET", "a", "1") + Client.resp("COPY", "a", "b", "DB", "0"));
    awaitHeld(2);
    assertNothingSent();
    keeper.done(null);
    assertThat(writer.reply() + writer.reply()).isEqualTo("+OK\r\n:1\r\n");
  }

  @Test
  void requestPutOffByAPauseRunsWhenBothAreOver() throws IOException {
    writer.send(
        Client.resp("SET", "a", "1")
            + Client.resp("CLIENT", "PAUSE", "1000000", "WRITE")
            + Client.resp("INCR", "a"));
    awaitHeld(1);
    assertThat(other.reply("CLIENT", "UNPAUSE")).isEqualTo("+OK\r\n");
    assertThat(other.reply("GET", "a")).isEqualTo("$1\r\n1\r\n");
    keeper.done(null);
    assertThat(writer.reply() + writer.reply()).isEqualTo("+OK\r\n+OK\r\n");
    awaitHeld(1);
    keeper.done(null);
    assertThat(writer.reply()).isEqualTo(":2\r\n");
  }

  @Test
  void closingTheServerWaitsForTheReplyThatIsHeld() throws Exception {
    writer.call("SET", "a", "1");
    awaitHeld(1);
    Thread closing = new Thread(server::close);
    closing.start();
    assertThat(other.rest()).isEmpty();
    keeper.done(null);
    assertThat(writer.rest()).isEqualTo("+OK\r\n");
    closing.join();
  }
}
