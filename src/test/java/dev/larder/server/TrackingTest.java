package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.Codec;
import dev.larder.codec.Copier;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.Rules;
import dev.larder.ops.StringOperations.When;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients with a cache of their own are told what is stale in it. */
final class TrackingTest {
  private final Caches caches = new Caches();
  private LarderServer server;
  private Talk talk;
  private Talk other;

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("other", new Rules<>() {}));
    server = caches.server().start();
    talk = Talk.resp3(server);
    other = new Talk(server);
  }

  @AfterEach
  void close() throws IOException {
    talk.close();
    other.close();
    server.close();
  }

  /** Sends each line's command, and compares the reply behind {@code ->}. */
  private static void run(Talk talk, String script) throws IOException {
    for (String line : script.lines().toList()) {
      String[] parts = line.split(" +-> ", 2);
      assertThat(talk.call(parts[0])).as(line).isEqualTo(parts[1]);
    }
  }

  /**
   * What a client is told until now. An event loop that has both before it reads a request first,
   * and then has a message sent; so it takes two requests.
   */
  private static List<String> told(Talk talk) throws IOException {
    List<String> told = new ArrayList<>();
    for (String end : new String[] {"end", "really"}) {
      talk.send("ECHO " + end);
      for (String next = talk.next(); !next.equals(end); next = talk.next()) {
        told.add(next);
      }
    }
    return told;
  }

  // --------------------------------------------------------------------------------- keys it read

  @Test
  void aKeyThatWasReadIsToldOnceWhenItChanges() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKING ON -> OK
        SET a 1            -> OK
        GET a              -> 1
        EXISTS b           -> :0
        """);
    assertThat(told(talk)).isEmpty();
    run(other, "INCR a -> :2\nINCR a -> :3\nSET b 1 -> OK\nSET c 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]", ">[invalidate [b]]");
  }

  @Test
  void changesThroughEveryDoorAreTold() throws IOException {
    run(talk, "CLIENT TRACKING ON -> OK\nSET a 1 PX 100 -> OK\nSET b 1 -> OK");
    talk.send("MGET a b c d").next();
    caches.set("c", "java");
    assertThat(told(talk)).containsExactly(">[invalidate [c]]");
    caches.now.addAndGet(101);
    assertThat(other.call("GET a")).isEqualTo("nil");
    assertThat(other.call("EXPIRE b 100")).isEqualTo(":1");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]", ">[invalidate [b]]");
    run(other, "SELECT 1 -> OK\nSET d 1 -> OK"); // as in Redis, in whichever database
    assertThat(told(talk)).containsExactly(">[invalidate [d]]");
    talk.call("GET c");
    caches.strings.keyspace().clear();
    assertThat(told(talk)).containsExactly(">[invalidate [c]]");
  }

  @Test
  void whatAClientDoesItselfIsToldBehindTheReplyUnlessItWantsNoLoop() throws IOException {
    run(talk, "CLIENT TRACKING ON -> OK\nGET a -> nil\nSET a 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]");
    run(talk, "CLIENT TRACKING ON NOLOOP -> OK\nGET a -> 1\nSET a 2 -> OK\nGET b -> nil");
    assertThat(told(talk)).isEmpty();
    run(other, "MSET a 1 b 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [b]]");
    run(talk, "CLIENT TRACKING OFF -> OK\nCLIENT TRACKING ON BCAST NOLOOP -> OK\nSET a 1 -> OK");
    assertThat(told(talk)).isEmpty();
    run(other, "SET a 1 -> OK");
    caches.set("b", "java");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]", ">[invalidate [b]]");
  }

  @Test
  void commandsThatWriteAreNotReads() throws IOException {
    run(talk, "CLIENT TRACKING ON -> OK\nGETSET a 1 -> nil\nINCR n -> :1");
    run(other, "SET a 2 -> OK\nSET n 2 -> OK");
    assertThat(told(talk)).isEmpty();
  }

  @Test
  void withOptInOnlyTheCommandBehindCachingYesIsRemembered() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKING ON OPTIN -> OK
        GET a                    -> nil
        CLIENT CACHING YES       -> OK
        CLIENT TRACKINGINFO      -> {flags ~[on optin caching-yes] redirect :0 prefixes []}
        GET b                    -> nil
        CLIENT TRACKINGINFO      -> {flags ~[on optin] redirect :0 prefixes []}
        GET c                    -> nil
        """);
    run(other, "MSET a 1 b 1 c 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [b]]");
  }

  @Test
  void cachingYesBeforeATransactionIsForAllOfIt() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKING ON OPTIN -> OK
        CLIENT CACHING YES       -> OK
        MULTI                    -> OK
        GET a                    -> QUEUED
        GET b                    -> QUEUED
        EXEC                     -> [nil nil]
        GET c                    -> nil
        """);
    run(other, "MSET a 1 b 1 c 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]", ">[invalidate [b]]");
  }

  @Test
  void withOptOutOnlyTheCommandBehindCachingNoIsNotRemembered() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKING ON OPTOUT -> OK
        GET a                     -> nil
        CLIENT CACHING NO         -> OK
        GET b                     -> nil
        GET c                     -> nil
        """);
    run(other, "MSET a 1 b 1 c 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [a]]", ">[invalidate [c]]");
  }

  @Test
  void keysBeyondTheBoundAreForgottenAndToldOf() throws IOException {
    run(other, "CONFIG SET tracking-table-max-keys 10 -> OK");
    run(talk, "CLIENT TRACKING ON -> OK");
    int told = 0;
    for (int i = 0; i < 100; i++) {
      talk.call("GET k" + i);
      told += told(talk).size();
    }
    assertThat(told).isEqualTo(90);
    run(other, "CONFIG SET tracking-table-max-keys 1 -> OK");
    assertThat(told(talk)).hasSize(9);
  }

  /** Texts that take some time to be made of a value: between a read and the end of its command. */
  private static final Codec<String> SLOW =
      new Codec<>() {
        private final Random random = new Random(1);

        @Override
        public String copy(String value) {
          return value;
        }

        @Override
        public byte[] toBytes(String value) {
          spin(random, 20_000);
          return value.getBytes(StandardCharsets.ISO_8859_1);
        }

        @Override
        public String fromBytes(byte[] bytes) {
          return new String(bytes, StandardCharsets.ISO_8859_1);
        }
      };

  private static void spin(Random random, int most) {
    for (int spins = random.nextInt(most); spins > 0; spins--) {
      Thread.onSpinWait();
    }
  }

  @Test
  void noChangeBetweenTheBeginningAndTheEndOfAReadIsMissed() throws Exception {
    int rounds = 1_000;
    server.close();
    CacheOperations<String, String> numbers = caches.cache("numbers", new Rules<>() {});
    caches.all.set(
        0,
        new CacheOperations<>(
            "numbers",
            numbers.entries(),
            KeyTexts.of(String.class, TextCodecs.of(String.class, new Copier(null))),
            SLOW));
    server = caches.server().start();
    talk = Talk.resp3(server);
    talk.call("CLIENT TRACKING ON");
    CyclicBarrier both = new CyclicBarrier(2);
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try {
      Future<?> writing =
          writer.submit(
              () -> {
                Random random = new Random(42);
                for (int round = 1; round <= rounds; round++) {
                  both.await();
                  spin(random, 20_000);
                  numbers.strings().set("k", "" + round, When.ALWAYS, Deadline.BY_POLICY, null);
                  both.await();
                }
                return null;
              });
      for (int round = 1; round <= rounds; round++) {
        both.await();
        String value = talk.call("GET k");
        both.await();
        List<String> told = told(talk);
        if (!value.equals("" + round)) {
          assertThat(told).as("after " + value + " in round " + round).isNotEmpty();
        }
      }
      writing.get();
    } finally {
      writer.shutdownNow();
    }
  }

  // ------------------------------------------------------------------------------------- prefixes

  @Test
  void allKeysWithAPrefixAreToldOneMessageForACommandAndPrefix() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKING ON BCAST PREFIX a: PREFIX b: -> OK
        CLIENT TRACKINGINFO -> {flags ~[on bcast] redirect :0 prefixes [a: b:]}
        """);
    run(other, "MSET a:1 1 a:2 1 b:1 1 c:1 1 -> OK\nINCR a:1 -> :2");
    assertThat(told(talk))
        .containsExactly(">[invalidate [a:1 a:2]]", ">[invalidate [b:1]]", ">[invalidate [a:1]]");
    run(talk, "CLIENT TRACKING ON BCAST PREFIX c: -> OK");
    run(other, "MSET a:1 1 c:1 1 -> OK");
    assertThat(told(talk)).containsExactly(">[invalidate [a:1]]", ">[invalidate [c:1]]");
    run(talk, "CLIENT TRACKING OFF -> OK");
    run(other, "MSET a:1 1 c:1 1 -> OK");
    assertThat(told(talk)).isEmpty();
  }

  @Test
  void flushingTellsEverybodyThatEverythingIsStale() throws IOException {
    try (Talk broadcast = Talk.resp3(server)) {
      run(talk, "CLIENT TRACKING ON NOLOOP -> OK\nSET a 1 -> OK\nGET a -> 1");
      run(broadcast, "CLIENT TRACKING ON BCAST PREFIX none -> OK");
      run(talk, "FLUSHDB -> OK");
      assertThat(told(talk)).containsExactly(">[invalidate nil]");
      assertThat(told(broadcast)).containsExactly(">[invalidate nil]");
      run(other, "SET a 1 -> OK\nFLUSHALL -> OK");
      assertThat(told(talk)).containsExactly(">[invalidate nil]");
      assertThat(told(broadcast)).containsExactly(">[invalidate nil]");
    }
  }

  // ---------------------------------------------------------------------------------- redirection

  @Test
  void aSubscriberInResp2IsToldInsteadOfTheReader() throws IOException {
    try (Talk subscriber = new Talk(server)) {
      String id = subscriber.call("CLIENT ID").substring(1);
      subscriber.call("SUBSCRIBE __redis__:invalidate");
      try (Talk reader = new Talk(server)) {
        run(reader, "CLIENT TRACKING ON REDIRECT " + id + " -> OK");
        assertThat(reader.call("CLIENT GETREDIR")).isEqualTo(":" + id);
        assertThat(reader.call("CLIENT INFO")).contains(" flags=t ", " redir=" + id + " ");
        run(reader, "GET a -> nil");
        run(other, "SET a 1 -> OK");
        assertThat(subscriber.next()).isEqualTo("[message __redis__:invalidate [a]]");
        run(other, "FLUSHALL -> OK");
        assertThat(subscriber.next()).isEqualTo("[message __redis__:invalidate nil]");
      }
    }
  }

  @Test
  void aClientInResp3IsToldInsteadAlsoIfItHasNotSubscribed() throws IOException {
    try (Talk reader = new Talk(server)) {
      String id = talk.call("CLIENT ID").substring(1);
      run(reader, "CLIENT TRACKING ON REDIRECT " + id + " -> OK\nGET a -> nil");
      run(other, "SET a 1 -> OK");
      assertThat(talk.next()).isEqualTo(">[invalidate [a]]");
    }
  }

  @Test
  void theReaderIsToldThatItsRedirectionIsBroken() throws IOException {
    String id;
    try (Talk subscriber = new Talk(server)) {
      id = subscriber.call("CLIENT ID").substring(1);
      run(talk, "CLIENT TRACKING ON REDIRECT " + id + " -> OK\nGET a -> nil");
      assertThat(subscriber.call("QUIT")).isEqualTo("OK");
    }
    await().until(() -> other.call("CLIENT LIST ID " + id).isEmpty());
    run(other, "SET a 1 -> OK");
    assertThat(told(talk)).containsExactly(">[tracking-redir-broken :" + id + "]");
    assertThat(talk.call("CLIENT TRACKINGINFO"))
        .isEqualTo("{flags ~[on broken_redirect] redirect :" + id + " prefixes []}");
    assertThat(talk.call("CLIENT INFO")).contains(" flags=tR ");
  }

  @Test
  void inResp2WithoutRedirectionNothingIsTold() throws IOException {
    try (Talk reader = new Talk(server)) {
      run(reader, "CLIENT TRACKING ON -> OK\nGET a -> nil");
      run(other, "SET a 1 -> OK\nFLUSHALL -> OK");
      assertThat(told(reader)).isEmpty();
    }
  }

  // ------------------------------------------------------------------------------------- commands

  @Test
  void optionsThatExcludeEachOtherAreRefusedInRedisWords() throws IOException {
    run(
        talk,
        """
        CLIENT TRACKINGINFO                          -> {flags ~[off] redirect :-1 prefixes []}
        CLIENT GETREDIR                              -> :-1
        CLIENT CACHING YES                           -> -ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled
        CLIENT CACHING                               -> -ERR wrong number of arguments for 'client|caching' command
        CLIENT TRACKING                              -> -ERR wrong number of arguments for 'client|tracking' command
        CLIENT TRACKING MAYBE                        -> -ERR syntax error
        CLIENT TRACKING OFF FOO                      -> -ERR syntax error
        CLIENT TRACKING ON REDIRECT                  -> -ERR syntax error
        CLIENT TRACKING ON REDIRECT abc              -> -ERR value is not an integer or out of range
        CLIENT TRACKING ON REDIRECT 99999            -> -ERR The client ID you want redirect to does not exist
        CLIENT TRACKING ON PREFIX a                  -> -ERR PREFIX option requires BCAST mode to be enabled
        CLIENT TRACKING ON BCAST OPTIN               -> -ERR OPTIN and OPTOUT are not compatible with BCAST
        CLIENT TRACKING ON OPTIN OPTOUT              -> -ERR You can't specify both OPTIN mode and OPTOUT mode
        CLIENT TRACKING ON BCAST PREFIX a PREFIX ab  -> -ERR Prefix 'a' overlaps with another provided prefix 'ab'. Prefixes for a single client must not overlap.
        CLIENT TRACKING ON OPTIN                     -> OK
        CLIENT CACHING NO                            -> -ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.
        CLIENT CACHING MAYBE                         -> -ERR syntax error
        CLIENT TRACKING ON OPTOUT                    -> -ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.
        CLIENT TRACKING ON BCAST                     -> -ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.
        CLIENT TRACKING ON                           -> OK
        CLIENT CACHING YES                           -> -ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.
        CLIENT GETREDIR                              -> :0
        CLIENT TRACKING OFF                          -> OK
        CLIENT TRACKING ON BCAST PREFIX b NOLOOP     -> OK
        CLIENT TRACKING ON BCAST PREFIX bc           -> -ERR Prefix 'bc' overlaps with an existing prefix 'b'. Prefixes for a single client must not overlap.
        CLIENT TRACKINGINFO                          -> {flags ~[on bcast noloop] redirect :0 prefixes [b]}
        RESET                                        -> RESET
        CLIENT GETREDIR                              -> :-1
        """);
  }

  @Test
  void theCachesAreListenedToOnlyWhileSomebodyTracks() throws IOException {
    assertThat(isListenedTo()).isFalse();
    run(talk, "CLIENT TRACKING ON -> OK\nGET a -> nil");
    assertThat(isListenedTo()).isTrue();
    run(other, "CLIENT TRACKING ON -> OK");
    run(talk, "CLIENT TRACKING OFF -> OK");
    assertThat(isListenedTo()).isTrue();
    other.client().reset();
    await().until(() -> !isListenedTo());
    run(talk, "CLIENT TRACKING ON -> OK");
    server.close();
    assertThat(isListenedTo()).isFalse();
  }

  private boolean isListenedTo() {
    return caches.strings.entries().store().feed().isActive();
  }
}
