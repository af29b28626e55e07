package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.Rules;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Events of keys. Both scripts are also run against a redis-server, where there is one. */
final class NotificationsTest {
  /** What each command makes known in database 0, all classes chosen. */
  private static final String EVENTS =
      """
      SET k v                    -> new:k set:k
      SET k w                    -> set:k
      SET k v EX 100             -> set:k expire:k
      SET k v KEEPTTL            -> set:k
      SET k v NX                 ->
      SET nx v NX PX 5000        -> new:nx set:nx expire:nx
      SET nx v XX GET            -> set:nx
      SET none v XX              ->
      SET got v GET              -> keymiss:got new:got set:got
      SETNX k v                  ->
      SETNX snx v                -> new:snx set:snx
      SETEX k 100 v              -> set:k expire:k
      PSETEX ps 10000 v          -> new:ps set:ps expire:ps
      GETEX k                    ->
      GETEX k EX 50              -> expire:k
      GETEX k PERSIST            -> persist:k
      GETEX k PERSIST            ->
      GETEX missing EX 5         -> keymiss:missing
      GETEX ps PXAT 1            -> del:ps
      GETSET k w                 -> set:k
      GETSET gs w                -> keymiss:gs new:gs set:gs
      GETDEL gs                  -> del:gs
      GETDEL gs                  -> keymiss:gs
      MSET a 1 b 2 k 3           -> new:a set:a new:b set:b set:k
      MSETNX a 1 c 2             ->
      MSETNX d 1 e 2             -> new:d set:d new:e set:e
      GET k                      ->
      GET missing                -> keymiss:missing
      MGET k missing missing2    -> keymiss:missing keymiss:missing2
      STRLEN missing             -> keymiss:missing
      GETRANGE missing 0 1       -> keymiss:missing
      EXISTS k missing           -> keymiss:missing
      TTL missing                -> keymiss:missing
      EXPIRETIME missing         -> keymiss:missing
      TYPE missing               -> keymiss:missing
      TOUCH missing k            -> keymiss:missing
      APPEND k xyz               -> append:k
      APPEND ap x                -> new:ap append:ap
      SETRANGE k 1 abc           -> setrange:k
      SETRANGE sr 2 abc          -> new:sr setrange:sr
      INCR n                     -> new:n incrby:n
      INCR n                     -> incrby:n
      DECR n                     -> incrby:n
      INCRBY n 5                 -> incrby:n
      DECRBY n2 5                -> new:n2 incrby:n2
      INCRBYFLOAT n 1.5          -> incrbyfloat:n
      INCRBYFLOAT f 1.5          -> new:f incrbyfloat:f
      INCR k                     ->
      EXPIRE k 100               -> expire:k
      EXPIRE k 100 NX            ->
      PEXPIRE k 100000           -> expire:k
      EXPIREAT k 99999999999     -> expire:k
      EXPIRE missing 100         ->
      PERSIST k                  -> persist:k
      PERSIST k                  ->
      EXPIRE k -1                -> del:k
      DEL a b missing            -> del:a del:b
      UNLINK d e                 -> del:d del:e
      SET r v                    -> new:r set:r
      COPY r r2                  -> new:r2 copy_to:r2
      COPY r r2                  ->
      COPY r r2 REPLACE          -> new:r2 copy_to:r2
      COPY missing r3            -> keymiss:missing
      EXPIRE r 50                -> expire:r
      COPY r r3                  -> new:r3 copy_to:r3
      SET x 1                    -> new:x set:x
      FLUSHDB                    ->
      SET x 1                    -> new:x set:x
      FLUSHALL                   ->
      """;

  /** Redis tells of the new key before it tells where the value has come from, Larder behind. */
  private static final String EVENTS_WITHOUT_NEW =
      """
      SET a v EX 100             -> set:a expire:a
      RENAME a b                 -> rename_from:a rename_to:b
      SET a v                    -> set:a
      RENAME a b                 -> rename_from:a rename_to:b
      RENAME b b                 ->
      RENAME missing b           ->
      SET a v                    -> set:a
      RENAMENX a b               ->
      RENAMENX a c               -> rename_from:a rename_to:c
      """;

  private final Caches caches = new Caches();
  private LarderServer server;
  private Talk talk;

  @BeforeEach
  void start() throws IOException {
    caches.add(caches.cache("other", new Rules<>() {}));
    server = caches.server().start();
    talk = new Talk(server);
  }

  @AfterEach
  void close() throws IOException {
    talk.close();
    server.close();
  }

  private static void run(InetSocketAddress address, String classes, String script)
      throws IOException {
    try (Talk talk = new Talk(address);
        Talk listener = new Talk(address)) {
      assertThat(talk.call("CONFIG SET notify-keyspace-events " + classes)).isEqualTo("OK");
      listener.call("PSUBSCRIBE *");
      for (String line : script.lines().toList()) {
        String[] parts = line.split(" +-> ?", 2);
        talk.call(parts[0]);
        assertThat(events(talk, listener)).as(line).isEqualTo(parts[1]);
      }
    }
  }

  /** The key events told of so far, of database 0 without its number. */
  private static String events(Talk talk, Talk listener) throws IOException {
    talk.call("PUBLISH end .");
    StringBuilder events = new StringBuilder();
    for (String next = ""; !next.equals("[pmessage * end .]"); next = listener.next()) {
      if (next.contains("__keyevent@")) {
        String event = next.replaceAll(".*__keyevent@(.*)__:(.*) (.*)]", "$1:$2:$3");
        events.append(' ').append(event.startsWith("0:") ? event.substring(2) : event);
      }
    }
    return events.toString().strip();
  }

  @Test
  void everyCommandMakesKnownWhatItDoesInRedisWords() throws IOException {
    run(server.address(), "EAnm", EVENTS);
    run(server.address(), "EAm", EVENTS_WITHOUT_NEW);
  }

  @Test
  void redisServerMakesKnownTheSame(@TempDir Path directory) throws Exception {
    try (RedisServer redis = new RedisServer(directory)) {
      run(redis.address(), "EAnm", EVENTS);
      run(redis.address(), "EAm", EVENTS_WITHOUT_NEW);
    }
  }

  @Test
  void anEventIsToldByKeyAndThenByItsName() throws IOException {
    talk.call("CONFIG SET notify-keyspace-events KEg$");
    try (Talk listener = new Talk(server)) {
      listener.call("PSUBSCRIBE __key*");
      talk.call("SET k v EX 10");
      assertThat(listener.next(4))
          .containsExactly(
              "[pmessage __key* __keyspace@0__:k set]",
              "[pmessage __key* __keyevent@0__:set k]",
              "[pmessage __key* __keyspace@0__:k expire]",
              "[pmessage __key* __keyevent@0__:expire k]");
      talk.call("CONFIG SET notify-keyspace-events Kg");
      talk.send("SET k v").send("SELECT 1").send("DEL k").send("SET k v").send("DEL k").next(5);
      assertThat(listener.next()).isEqualTo("[pmessage __key* __keyspace@1__:k del]");
    }
  }

  @Test
  void theNumberIsTheOneThatTheCacheHasJustThen() throws IOException {
    talk.call("CONFIG SET notify-keyspace-events EA");
    try (Talk listener = new Talk(server)) {
      listener.call("PSUBSCRIBE *");
      talk.send("SET k v").send("SWAPDB 0 1").send("SET k v").next(3);
      caches.set("k", "w"); // in the cache that has number 1 by now
      assertThat(events(talk, listener)).isEqualTo("set:k set:k 1:set:k");
    }
  }

  @Test
  void whatHappensWithoutAClientIsToldToo() throws IOException {
    talk.call("CONFIG SET notify-keyspace-events EA");
    try (Talk listener = new Talk(server)) {
      listener.call("PSUBSCRIBE *");
      caches.set("java", "1");
      caches.strings.keys().delete("java");
      talk.call("SET k v PX 10");
      assertThat(events(talk, listener)).isEqualTo("set:java del:java set:k expire:k");
      caches.now.addAndGet(11);
      talk.call("GET k");
      assertThat(events(talk, listener)).isEqualTo("expired:k");
      caches.set("k", "v");
      caches.strings.keyspace().clear();
      assertThat(events(talk, listener)).isEqualTo("set:k");
    }
  }

  @Test
  void theCachesAreListenedToOnlyWhileEventsAreWanted() throws IOException {
    assertThat(isListenedTo()).isFalse();
    for (String some : new String[] {"KA", "Ex", "K$"}) {
      talk.call("CONFIG SET notify-keyspace-events " + some);
      assertThat(isListenedTo()).as(some).isTrue();
    }
    for (String none : new String[] {"A", "KEm", "KE"}) {
      talk.call("CONFIG SET notify-keyspace-events " + none);
      assertThat(isListenedTo()).as(none).isFalse();
    }
    talk.call("CONFIG SET notify-keyspace-events KA");
    server.close();
    assertThat(isListenedTo()).isFalse();
  }

  private boolean isListenedTo() {
    return caches.strings.entries().store().feed().isActive();
  }

  @Test
  void theSettingReadsBackInRedisOrder() throws IOException {
    String[] rows = {"KA AK", "AKEmn AnKEm", "mEKndtexzhsl$g AnKEm", "$Kg g$K", "Kn nK", "xE xE"};
    for (String row : rows) {
      String[] words = row.split(" ");
      assertThat(talk.call("CONFIG SET notify-keyspace-events " + words[0])).isEqualTo("OK");
      assertThat(talk.call("CONFIG GET notify-keyspace-events"))
          .isEqualTo("[notify-keyspace-events " + words[1] + "]");
    }
    assertThat(talk.call("CONFIG SET notify-keyspace-events Kq"))
        .isEqualTo(
            "-ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') -"
                + " Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    assertThat(talk.call("CONFIG GET notify-keyspace-events"))
        .isEqualTo("[notify-keyspace-events xE]");
  }
}
