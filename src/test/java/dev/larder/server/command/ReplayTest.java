package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.OperationException;
import dev.larder.codec.Copier;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.EntryOperations;
import dev.larder.ops.Rules;
import dev.larder.ops.Statistics;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The log of another server: commands without a client. */
final class ReplayTest {
  private static final long NOW = 1_700_000_000_000L;

  private final CacheOperations<String, String> zero = cache("zero");
  private final CacheOperations<String, String> one = cache("one");
  private final Replay replay = new Replay(List.of(zero, one));

  private static CacheOperations<String, String> cache(String name) {
    Copier copier = new Copier(ReplayTest.class.getClassLoader());
    return new CacheOperations<>(
        name,
        new EntryOperations<>(
            new Store<>(StoreClock.of(() -> NOW), Runnable::run),
            new Rules<>() {},
            new Statistics()),
        KeyTexts.of(String.class, TextCodecs.of(String.class, copier)),
        TextCodecs.of(String.class, copier));
  }

  private boolean run(int database, String line) {
    return replay.run(
        database,
        Arrays.stream(line.split(" ", -1))
            .map(word -> word.getBytes(StandardCharsets.UTF_8))
            .toList());
  }

  private void runAll(String... lines) {
    for (String line : lines) {
      assertThat(run(0, line)).as(line).isTrue();
    }
  }

  private String value(String key) {
    return zero.strings().get(key);
  }

  @Test
  void writesDoWhatTheyDoForAClient() {
    // spotless:off
    runAll(
        "INCR n", "incrby n 9", "INCRBYFLOAT f 1.5",   "INCRBYFLOAT f 1",
        "SET a hello EX 100",   "APPEND a !",          "SETRANGE a 0 J",
        "SET b 1 PX 100000",    "SET b 2 KEEPTTL GET", "SET c 3",     "GETEX c PX 5000",
        "MSETNX d 4 e 5",       "RENAME d d2",         "COPY e e2",   "GETDEL e",
        "SET gone x",           "DEL gone nothing",    "SET past x",  "PEXPIREAT past 1",
        "SETEX t 10 v",         "PERSIST t");
    // spotless:on
    assertThat(value("n")).isEqualTo("10");
    assertThat(value("f")).isEqualTo("2.5");
    assertThat(value("a")).isEqualTo("Jello!");
    assertThat(zero.expiry().pttl("a")).isEqualTo(100_000);
    assertThat(value("b")).isEqualTo("2");
    assertThat(zero.expiry().pttl("b")).isEqualTo(100_000);
    assertThat(zero.expiry().pttl("c")).isEqualTo(5_000);
    assertThat(zero.expiry().pttl("t")).isEqualTo(-1);
    assertThat(value("d2")).isEqualTo("4");
    assertThat(value("e2")).isEqualTo("5");
    assertThat(zero.keyspace().size()).isEqualTo(8);
  }

  @Test
  void databasesAreTheCachesOfTheList() {
    runAll("SET k 7", "COPY k l DB 1", "SET m 8", "MOVE m 1");
    assertThat(one.strings().get("l")).isEqualTo("7");
    assertThat(one.strings().get("m")).isEqualTo("8");
    assertThat(run(1, "INCR l")).isTrue();
    runAll("SWAPDB 0 1", "INCR l");
    assertThat(one.strings().get("l")).isEqualTo("9");
    assertThat(zero.strings().get("l")).isNull();
    runAll("FLUSHALL");
    assertThat(zero.keyspace().size() + one.keyspace().size()).isZero();
  }

  @Test
  void whatThereIsNotOrChangesNothingIsSaidAndNotDone() {
    for (String line : List.of("XADD s * f v", "LPUSH l a", "NONSENSE", "GET k", "SHUTDOWN", "")) {
      assertThat(run(0, line)).as(line).isFalse();
    }
    assertThat(run(0, "CONFIG SET appendonly yes")).isFalse();
    assertThat(replay.run(0, List.of())).isFalse();
  }

  @Test
  void errorIsThatOfTheReply() {
    runAll("SET k x");
    assertThatThrownBy(() -> run(0, "INCR k"))
        .isInstanceOf(OperationException.class)
        .hasMessage("value is not an integer or out of range");
    assertThatThrownBy(() -> run(0, "SET k"))
        .isInstanceOf(OperationException.class)
        .hasMessage("wrong number of arguments for 'set' command");
    assertThatThrownBy(() -> run(2, "SET k v"))
        .isInstanceOf(OperationException.class)
        .hasMessage("DB index is out of range");
    assertThat(value("k")).isEqualTo("x");
  }

  @Test
  void nothingIsCountedOfACacheWhoseStatisticsAreOff() {
    runAll("SET k v", "GETEX k PERSIST", "DEL k");
    assertThat(zero.statistics().hits()).isZero();
    assertThat(zero.statistics().puts()).isZero();
  }
}
