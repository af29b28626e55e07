package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.Deadline;
import dev.larder.store.Entry;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Deadlines that were set for one entry ({@code EXPIRE}, {@code SET EX}, {@code PERSIST}) against
 * those that come from the cache's policy: a policy never moves an explicit one, but for {@code
 * javax.cache} writes whose update policy gives a duration, and {@code SET}, which asks for a new
 * one.
 */
class ExplicitDeadlineTest {
  @RegisterExtension final Caches caches = new Caches();

  /**
   * All times in seconds since the entry was made, under a policy that gives new entries ten; the
   * operation comes after one second.
   */
  // spotless:off
  @ParameterizedTest(name = "{0}: {1} becomes {4} (update {2}, access {3})")
  @CsvSource(delimiter = '|', textBlock = """
      # operation        | deadline before  | update | access | deadline then
      put                | explicit 100     | -      | -      | explicit 100
      put                | explicit 100     | 20     | -      | policy 21
      put                | explicit eternal | -      | -      | explicit eternal
      put                | explicit eternal | 20     | -      | policy 21
      put                | explicit 100     | 0      | -      | gone
      put                | policy 10        | -      | -      | policy 10
      put                | policy 10        | 20     | -      | policy 21
      putAll             | explicit 100     | -      | 5      | explicit 100
      putAll             | explicit 100     | 20     | -      | policy 21
      getAndPut          | explicit 100     | -      | 5      | explicit 100
      getAndPut          | explicit 100     | 20     | -      | policy 21
      replace if 1       | explicit 100     | -      | 5      | explicit 100
      replace if 1       | explicit 100     | 20     | -      | policy 21
      replace if 9       | explicit 100     | 20     | 5      | explicit 100
      replace if 9       | policy 10        | 20     | 5      | policy 6
      remove if 9        | explicit 100     | 20     | 5      | explicit 100
      putIfAbsent        | explicit 100     | 20     | 5      | explicit 100
      invoke setValue    | explicit 100     | -      | 5      | explicit 100
      invoke setValue    | explicit 100     | 20     | -      | policy 21
      invoke getValue    | explicit 100     | 20     | 5      | explicit 100
      invoke getValue    | policy 10        | 20     | 5      | policy 6
      loadAll replacing  | explicit 100     | -      | 5      | explicit 100
      loadAll replacing  | explicit 100     | 20     | 5      | policy 21
      loadAll replacing  | policy 10        | -      | 5      | policy 10
      loadAll            | policy 10        | 20     | 5      | policy 10
      get                | explicit 100     | -      | 5      | explicit 100
      get                | explicit 100     | -      | 0      | explicit 100
      get                | explicit eternal | -      | 5      | explicit eternal
      get                | policy 10        | -      | 5      | policy 6
      get                | policy 10        | -      | 0      | gone
      get                | policy 10        | -      | -      | policy 10
      getAll             | explicit 100     | -      | 5      | explicit 100
      getAll             | policy 10        | -      | 5      | policy 6
      iterate            | explicit 100     | -      | 5      | explicit 100
      iterate            | policy 10        | -      | 5      | policy 6
      containsKey        | policy 10        | -      | 5      | policy 10
      GET                | explicit 100     | -      | 5      | explicit 100
      GET                | policy 10        | -      | 5      | policy 6
      EXISTS             | policy 10        | -      | 5      | policy 10
      TTL                | policy 10        | -      | 5      | policy 10
      SET                | absent           | 20     | 5      | policy 11
      SET                | explicit 100     | -      | 5      | policy 11
      SET                | explicit 100     | 20     | 5      | policy 21
      SET                | explicit eternal | -      | -      | policy 11
      SET                | policy 10        | -      | -      | policy 11
      SET                | policy 10        | 20     | -      | policy 21
      SET GET            | explicit 100     | -      | 5      | policy 11
      SET NX             | explicit 100     | 20     | 5      | explicit 100
      SET XX             | explicit 100     | -      | 5      | policy 11
      SET KEEPTTL        | absent           | 20     | 5      | policy 11
      SET KEEPTTL        | explicit 100     | 20     | 5      | explicit 100
      SET KEEPTTL        | explicit eternal | 20     | 5      | explicit eternal
      SET KEEPTTL        | policy 10        | 20     | 5      | policy 10
      SET EX             | absent           | 20     | 5      | explicit 51
      SET EX             | explicit 100     | 20     | 5      | explicit 51
      SET EX             | policy 10        | 20     | 5      | explicit 51
      INCR               | absent           | 20     | 5      | policy 11
      INCR               | explicit 100     | 20     | 5      | explicit 100
      INCR               | explicit 100     | 0      | 5      | explicit 100
      INCR               | explicit eternal | 20     | 5      | explicit eternal
      INCR               | policy 10        | 20     | 5      | policy 21
      INCR               | policy 10        | -      | 5      | policy 10
      EXPIRE             | explicit 100     | 20     | 5      | explicit 51
      EXPIRE             | explicit eternal | 20     | 5      | explicit 51
      EXPIRE             | policy 10        | 20     | 5      | explicit 51
      EXPIRE -1          | explicit eternal | 20     | 5      | gone
      PERSIST            | explicit 100     | 20     | 5      | explicit eternal
      PERSIST            | policy 10        | 20     | 5      | explicit eternal
      SETNX              | absent           | 20     | 5      | policy 11
      SETNX              | explicit 100     | 20     | 5      | explicit 100
      MSET               | explicit 100     | -      | 5      | policy 11
      MSET               | explicit 100     | 20     | 5      | policy 21
      MSET               | explicit eternal | -      | 5      | policy 11
      MSETNX             | absent           | 20     | 5      | policy 11
      MGET               | explicit 100     | 20     | 5      | explicit 100
      MGET               | policy 10        | 20     | 5      | policy 6
      APPEND             | absent           | 20     | 5      | policy 11
      APPEND             | explicit 100     | 20     | 5      | explicit 100
      APPEND             | explicit eternal | 20     | 5      | explicit eternal
      APPEND             | policy 10        | 20     | 5      | policy 21
      SETRANGE           | explicit 100     | 20     | 5      | explicit 100
      SETRANGE           | policy 10        | -      | 5      | policy 10
      INCRBYFLOAT        | explicit 100     | 20     | 5      | explicit 100
      INCRBYFLOAT        | policy 10        | 20     | 5      | policy 21
      STRLEN             | policy 10        | 20     | 5      | policy 6
      GETRANGE           | explicit 100     | 20     | 5      | explicit 100
      TOUCH              | explicit 100     | 20     | 5      | explicit 100
      TOUCH              | policy 10        | 20     | 5      | policy 6
      TOUCH k k          | policy 10        | 20     | 5      | policy 6
      TYPE               | policy 10        | 20     | 5      | policy 10
      GETEX              | explicit 100     | 20     | 5      | explicit 51
      GETEX              | policy 10        | 20     | 5      | explicit 51
      GETEX past         | explicit eternal | 20     | 5      | gone
      GETEX PERSIST      | explicit 100     | 20     | 5      | explicit eternal
      GETEX PERSIST      | policy 10        | 20     | 5      | explicit eternal
      COPY to j          | explicit 100     | 20     | 5      | explicit 100
      RESTORE REPLACE    | policy 10        | 20     | 5      | explicit 51
      RESTORE past       | explicit 100     | 20     | 5      | gone
      CAS 1              | explicit 100     | -      | 5      | policy 11
      CAS 1              | explicit 100     | 20     | 5      | policy 21
      CAS 1 EX           | policy 10        | 20     | 5      | explicit 51
      CAS 9              | explicit 100     | 20     | 5      | explicit 100
      CAS 9              | policy 10        | 20     | 5      | policy 6
      computeIfAbsent    | absent           | 20     | 5      | policy 11
      computeIfAbsent    | explicit 100     | 20     | 5      | explicit 100
      computeIfAbsent EX | absent           | 20     | 5      | explicit 51
      computeIfAbsent EX | policy 10        | 20     | 5      | policy 6
      invoke expire      | explicit 100     | 20     | 5      | explicit 51
      invoke expire      | policy 10        | 20     | 5      | explicit 51
      invoke set, expire | absent           | 20     | 5      | explicit 51
      invoke set, expire | policy 10        | 20     | 5      | explicit 51
      invoke persist     | policy 10        | 20     | 5      | explicit eternal
      """)
  // spotless:on
  void deadlineAfterAnOperation(
      String operation, String before, String update, String access, String then) {
    Journal.Policy policy = new Journal().policy(seconds("10"), seconds(update), seconds(access));
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .expiry(() -> policy)
                .loader(new Journal()::loader)
                .executor(() -> Runnable::run));
    make(cache, before);
    assertThat(deadline(cache)).isEqualTo(before.equals("absent") ? "gone" : before);

    caches.clock.advanceSeconds(1);
    Operations.named(operation).on(cache);

    assertThat(deadline(cache)).isEqualTo(then);
  }

  private static Duration seconds(String amount) {
    return amount.equals("-") ? null : new Duration(TimeUnit.SECONDS, Long.parseLong(amount));
  }

  private void make(Cache<String, String> cache, String deadline) {
    if (deadline.equals("absent")) {
      return;
    }
    cache.put("k", "1");
    var keys = Caches.operations(cache).expiry();
    switch (deadline) {
      case "explicit 100" -> keys.expire("k", Deadline.at(HandClock.START + 100_000), Set.of());
      case "explicit eternal" -> keys.persist("k");
      default -> assertThat(deadline).isEqualTo("policy 10");
    }
  }

  private static String deadline(Cache<String, String> cache) {
    Entry<String, String> entry = Caches.operations(cache).entries().peek("k");
    if (entry == null) {
      return "gone";
    }
    long time = Entry.time(entry.deadline());
    return (Entry.isExplicit(entry.deadline()) ? "explicit " : "policy ")
        + (time == Entry.ETERNAL ? "eternal" : (time - HandClock.START) / 1_000);
  }

  @Test
  void entryWithAnExplicitDeadlineExpiresThenAndNotByThePolicy() {
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .expiry(() -> new Journal().policy(seconds("10"), null, seconds("10"))));
    cache.put("k", "1");
    Caches.operations(cache).expiry().expire("k", Deadline.at(HandClock.START + 5_000), Set.of());

    caches.clock.advanceMillis(4_999);
    assertThat(cache.get("k")).isEqualTo("1");
    caches.clock.advanceMillis(1);
    assertThat(cache.get("k")).isNull();
  }

  @Test
  void persistIsNoChangeForAnEntryWithoutDeadline() {
    Cache<String, String> cache = caches.create();
    cache.put("k", "1");

    assertThat(Caches.operations(cache).expiry().persist("k")).isFalse();
    assertThat(deadline(cache)).isEqualTo("policy eternal");
  }
}
