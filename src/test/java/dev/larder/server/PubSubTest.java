package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Messages between clients, as redis-server 7 sends them. */
final class PubSubTest {
  private final Caches caches = new Caches();
  private LarderServer server = caches.server().start();

  @AfterEach
  void close() {
    server.close();
  }

  // ---------------------------------------------------------------------------------- subscribing

  @Test
  void channelsAndPatternsAreCountedTogetherInTheConfirmations() throws IOException {
    try (Talk talk = new Talk(server)) {
      talk.send("SUBSCRIBE a b a")
          .send("PSUBSCRIBE a* b*")
          .send("UNSUBSCRIBE")
          .send("PUNSUBSCRIBE");
      assertThat(talk.next(9))
          .containsExactly(
              "[subscribe a :1]",
              "[subscribe b :2]",
              "[subscribe a :2]",
              "[psubscribe a* :3]",
              "[psubscribe b* :4]",
              "[unsubscribe a :3]",
              "[unsubscribe b :2]",
              "[punsubscribe a* :1]",
              "[punsubscribe b* :0]");
      assertThat(talk.call("UNSUBSCRIBE")).isEqualTo("[unsubscribe nil :0]");
      assertThat(talk.call("UNSUBSCRIBE none")).isEqualTo("[unsubscribe none :0]");
      assertThat(talk.call("PUNSUBSCRIBE")).isEqualTo("[punsubscribe nil :0]");
      assertThat(talk.call("SUNSUBSCRIBE")).isEqualTo("[sunsubscribe nil :0]");
      assertThat(talk.call("GET none")).isEqualTo("nil");
    }
  }

  @Test
  void whoHasSubscribedInResp2MayOnlyDoWhatHasToDoWithIt() throws IOException {
    try (Talk talk = new Talk(server)) {
      talk.call("SUBSCRIBE a");
      assertThat(talk.call("GET x"))
          .isEqualTo(
              "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT /"
                  + " RESET are allowed in this context");
      assertThat(talk.call("PING")).isEqualTo("[pong ]");
      assertThat(talk.call("PING hi")).isEqualTo("[pong hi]");
      assertThat(talk.call("SSUBSCRIBE s")).isEqualTo("[ssubscribe s :1]");
      assertThat(talk.call("UNSUBSCRIBE a")).isEqualTo("[unsubscribe a :0]");
      assertThat(talk.call("GET x")).startsWith("-ERR Can't execute 'get'");
      assertThat(talk.call("SUNSUBSCRIBE s")).isEqualTo("[sunsubscribe s :0]");
      assertThat(talk.call("GET x")).isEqualTo("nil");
      assertThat(talk.call("PING")).isEqualTo("PONG");
    }
  }

  @Test
  void resetEndsSubscriptions() throws IOException {
    try (Talk talk = new Talk(server);
        Talk other = new Talk(server)) {
      talk.call("SUBSCRIBE a");
      assertThat(talk.call("RESET")).isEqualTo("RESET");
      assertThat(other.call("PUBLISH a x")).isEqualTo(":0");
      assertThat(talk.call("GET x")).isEqualTo("nil");
    }
  }

  @Test
  void inResp3ASubscriberIsFreeAndItsOwnMessageComesBehindTheReply() throws IOException {
    try (Talk talk = Talk.resp3(server)) {
      assertThat(talk.call("SUBSCRIBE a")).isEqualTo(">[subscribe a :1]");
      talk.send("PUBLISH a hi").send("PING");
      assertThat(talk.next()).isEqualTo(":1");
      assertThat(talk.next(2)).containsExactlyInAnyOrder("PONG", ">[message a hi]");
      assertThat(talk.call("UNSUBSCRIBE")).isEqualTo(">[unsubscribe a :0]");
      assertThat(talk.call("UNSUBSCRIBE")).isEqualTo(">[unsubscribe nil :0]");
    }
  }

  @Test
  void subscribingIsQueuedInATransaction() throws IOException {
    try (Talk talk = Talk.resp3(server)) {
      assertThat(talk.call("MULTI")).isEqualTo("OK");
      assertThat(talk.call("SUBSCRIBE a")).isEqualTo("QUEUED");
      assertThat(talk.call("PUBLISH a x")).isEqualTo("QUEUED");
      assertThat(talk.call("EXEC")).isEqualTo("[>[subscribe a :1] :1]");
      assertThat(talk.next()).isEqualTo(">[message a x]");
    }
  }

  @Test
  void aPersonReadsMessagesAsLines() throws IOException {
    try (Client person = new Client(server);
        Talk other = new Talk(server)) {
      assertThat(person.send("SUBSCRIBE news\r\n").line()).isEqualTo("subscribe news 1");
      assertThat(other.call("PUBLISH news hello")).isEqualTo(":1");
      assertThat(person.line()).isEqualTo("message news hello");
    }
  }

  @Test
  void aMessageOnItsWayToWhoHasLeftIsNotTakenForAReply() throws IOException {
    try (Talk talk = new Talk(server);
        Talk other = new Talk(server)) {
      for (int round = 0; round < 300; round++) {
        assertThat(talk.call("SUBSCRIBE a")).isEqualTo("[subscribe a :1]");
        other.send("PUBLISH a x");
        talk.send("UNSUBSCRIBE a").send("ECHO done");
        String next = talk.next();
        if (next.equals("[message a x]")) {
          next = talk.next();
        }
        assertThat(next).isEqualTo("[unsubscribe a :0]");
        assertThat(talk.next()).isEqualTo("done");
        other.next();
      }
    }
  }

  // ----------------------------------------------------------------------------------- publishing

  @Test
  void whoHasSubscribedTwiceIsToldTwice() throws IOException {
    try (Talk talk = new Talk(server);
        Talk other = new Talk(server)) {
      talk.send("SUBSCRIBE news.a").send("PSUBSCRIBE news.* n?ws.a x*").next(4);
      assertThat(other.call("SELECT 0")).isEqualTo("OK");
      assertThat(other.call("PUBLISH news.a hi")).isEqualTo(":3");
      assertThat(talk.next()).isEqualTo("[message news.a hi]");
      assertThat(talk.next(2))
          .containsExactlyInAnyOrder("[pmessage news.* news.a hi]", "[pmessage n?ws.a news.a hi]");
      assertThat(other.call("PUBLISH nobody hi")).isEqualTo(":0");
    }
  }

  @Test
  void channelsAndMessagesAreBytes() throws IOException {
    String bytes = "\0\u00ff\r\n\u0080";
    try (Client talk = new Client(server);
        Client other = new Client(server)) {
      talk.reply("SUBSCRIBE", bytes);
      assertThat(other.reply("PUBLISH", bytes, bytes)).isEqualTo(":1\r\n");
      assertThat(talk.reply()).isEqualTo(Client.resp("message", bytes, bytes));
    }
  }

  @Test
  void shardChannelsAreChannelsOfTheirOwn() throws IOException {
    try (Talk talk = Talk.resp3(server)) {
      assertThat(talk.call("SUBSCRIBE s")).isEqualTo(">[subscribe s :1]");
      assertThat(talk.call("SSUBSCRIBE s")).isEqualTo(">[ssubscribe s :1]");
      assertThat(talk.call("SPUBLISH s hi")).isEqualTo(":1");
      assertThat(talk.next()).isEqualTo(">[smessage s hi]");
      assertThat(talk.call("PUBSUB SHARDNUMSUB s t")).isEqualTo("[s :1 t :0]");
      assertThat(talk.call("PUBSUB SHARDCHANNELS")).isEqualTo("[s]");
      assertThat(talk.call("CLIENT INFO")).contains(" sub=1 psub=0 ssub=1 ", " flags=P ");
    }
  }

  @Test
  void pubsubTellsWhatHasSubscribers() throws IOException {
    try (Talk one = new Talk(server);
        Talk two = new Talk(server);
        Talk other = new Talk(server)) {
      one.send("SUBSCRIBE a1 b").send("PSUBSCRIBE p*").next(3);
      two.send("SUBSCRIBE a1").send("PSUBSCRIBE p* q*").next(3);
      assertThat(other.call("PUBSUB NUMSUB a1 b none")).isEqualTo("[a1 :2 b :1 none :0]");
      assertThat(other.call("PUBSUB NUMSUB")).isEqualTo("[]");
      assertThat(other.call("PUBSUB NUMPAT")).isEqualTo(":2");
      assertThat(other.call("PUBSUB CHANNELS")).isIn("[a1 b]", "[b a1]");
      assertThat(other.call("PUBSUB CHANNELS a*")).isEqualTo("[a1]");
      assertThat(other.call("PUBSUB CHANNELS a b"))
          .isEqualTo(
              "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB"
                  + " HELP.");
      assertThat(other.call("PUBSUB NUMPAT x"))
          .isEqualTo("-ERR wrong number of arguments for 'pubsub|numpat' command");
      assertThat(other.call("PUBSUB FOO"))
          .isEqualTo("-ERR unknown subcommand 'FOO'. Try PUBSUB HELP.");
      assertThat(other.call("PUBSUB"))
          .isEqualTo("-ERR wrong number of arguments for 'pubsub' command");
      assertThat(other.call("SUBSCRIBE"))
          .isEqualTo("-ERR wrong number of arguments for 'subscribe' command");
    }
  }

  @Test
  void aSubscriberThatIsGoneLeavesNothingBehind() throws IOException {
    try (Talk other = new Talk(server)) {
      try (Talk talk = new Talk(server)) {
        talk.send("SUBSCRIBE a").send("PSUBSCRIBE *").send("SSUBSCRIBE s").next(3);
        talk.client().reset();
      }
      await().until(() -> other.call("PUBSUB NUMSUB a").equals("[a :0]"));
      await().until(() -> other.call("PUBSUB NUMPAT").equals(":0"));
      await().until(() -> other.call("PUBSUB SHARDNUMSUB s").equals("[s :0]"));
      assertThat(other.call("PUBSUB CHANNELS")).isEqualTo("[]");
      assertThat(other.call("PUBLISH a x")).isEqualTo(":0");
    }
  }

  @Test
  void aSubscriberThatDoesNotReadHoldsNobodyUpAndIsClosed() throws IOException {
    server.close();
    server = caches.server().config("client-output-buffer-limit", "pubsub 1mb 0 0").start();
    String payload = "x".repeat(100_000);
    try (Talk slow = new Talk(server);
        Talk quick = new Talk(server);
        Talk publisher = new Talk(server)) {
      slow.call("SUBSCRIBE a");
      quick.call("SUBSCRIBE a");
      int closed = 0;
      for (int i = 0; i < 500; i++) {
        closed += publisher.call("PUBLISH a " + payload).equals(":1") ? 1 : 0;
        assertThat(quick.next()).hasSize(payload.length() + "[message a ]".length());
      }
      assertThat(closed).as("messages that went to the quick one alone").isPositive();
    }
  }

  @Test
  void everySubscriberGetsWhatAPublisherSendsInItsOrder() throws Exception {
    server.close();
    server = caches.server().eventLoops(2).start();
    int publishers = 4;
    int messages = 1_000;
    List<Talk> subscribers = new ArrayList<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (int i = 0; i < 3; i++) {
        Talk subscriber = new Talk(server);
        subscriber.call(i == 0 ? "PSUBSCRIBE c*" : "SUBSCRIBE c");
        subscribers.add(subscriber);
      }
      List<Future<?>> running = new ArrayList<>();
      for (int p = 0; p < publishers; p++) {
        String name = "p" + p;
        running.add(
            threads.submit(
                () -> {
                  try (Talk talk = new Talk(server)) {
                    for (int i = 0; i < messages; i++) {
                      talk.send("PUBLISH c " + name + ":" + i);
                    }
                    return talk.next(messages);
                  }
                }));
      }
      for (Talk subscriber : subscribers) {
        Map<String, Integer> next = new HashMap<>();
        for (String message : subscriber.next(publishers * messages)) {
          String[] sent = message.replaceAll(".* |]", "").split(":");
          assertThat(Integer.parseInt(sent[1])).isEqualTo(next.getOrDefault(sent[0], 0));
          next.merge(sent[0], 1, Integer::sum);
        }
      }
      for (Future<?> publisher : running) {
        assertThat((List<?>) publisher.get()).allMatch(":3"::equals);
      }
    } finally {
      threads.shutdownNow();
      for (Talk subscriber : subscribers) {
        subscriber.close();
      }
    }
  }

  @Test
  void aPatternThatTakesLongToMatchHoldsUpOnlyThePublisher() throws IOException {
    try (Client subscriber = new Client(server);
        Client publisher = new Client(server);
        Client other = new Client(server)) {
      String pattern = "*" + "a*".repeat(20_000) + "b";
      assertThat(subscriber.reply("PSUBSCRIBE", pattern)).startsWith("*3");
      publisher.call("PUBLISH", "a".repeat(40_000), "x");
      assertThat(other.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(publisher.reply()).isEqualTo(":0\r\n");
    }
  }
}
