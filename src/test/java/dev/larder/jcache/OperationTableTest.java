package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.larder.LarderConfiguration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheWriterException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What each operation counts, calls and tells, for an absent key, a present one and one whose value
 * has expired without anybody's notice.
 *
 * <p>Where JSR-107 leaves it open, this is what Larder does: whoever meets an expired value (also
 * {@code containsKey} and an iterator) removes it and tells of it, before what it does itself; only
 * {@code clear} drops it silently. {@code putIfAbsent} on a present key, {@code exists()} and an
 * entry processor that does nothing are no accesses.
 */
class OperationTableTest {
  private static final Set<String> READS =
      Set.of(
          "get",
          "getAll",
          "invoke getValue",
          "invoke get, set",
          "GET",
          "GETEX",
          "GETEX past",
          "GETEX PERSIST",
          "MGET",
          "STRLEN",
          "GETRANGE");

  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();
  private LarderConfiguration.Builder<String, String> settings;

  @BeforeEach
  void keepsForTenSecondsAndWritesThrough() {
    settings =
        caches
            .settings()
            .expiry(() -> journal.policy(seconds(10), seconds(20), seconds(5)))
            .writer(journal::writer)
            .writeThrough(true)
            .listener(journal.listener());
  }

  private static Duration seconds(long amount) {
    return new Duration(TimeUnit.SECONDS, amount);
  }

  /** A cache in which {@code k} is absent, present or expired; with nothing counted or noted. */
  private Cache<String, String> cacheWhere(String state) {
    Cache<String, String> cache = caches.create(settings);
    if (!state.equals("absent")) {
      cache.put("k", "1");
      caches.clock.advanceSeconds(state.equals("expired") ? 10 : 1);
    }
    Caches.operations(cache).statistics().clear();
    journal.take();
    return cache;
  }

  // spotless:off
  @ParameterizedTest(name = "{0}, {1}")
  @CsvSource(delimiter = '|', textBlock = """
      # operation         | k is    | returns | counts | calls, in this order                  | k then
      put                 | absent  | -       | p      | write k=2, C, CREATED k=2             | 2
      put                 | present | -       | p      | write k=2, U, UPDATED k=1>2           | 2
      put                 | expired | -       | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      putAll              | absent  | -       | p      | writeAll [k=2], C, CREATED k=2        | 2
      putAll              | present | -       | p      | writeAll [k=2], U, UPDATED k=1>2      | 2
      putAll              | expired | -       | p      | writeAll [k=2], C, EXPIRED k=1, CREATED k=2 | 2
      putIfAbsent         | absent  | true    | m p    | write k=2, C, CREATED k=2             | 2
      putIfAbsent         | present | false   | h      | -                                     | 1
      putIfAbsent         | expired | true    | m p    | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      getAndPut           | absent  | -       | m p    | write k=2, C, CREATED k=2             | 2
      getAndPut           | present | 1       | h p    | write k=2, U, UPDATED k=1>2           | 2
      getAndPut           | expired | -       | m p    | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      replace             | absent  | false   | m      | -                                     | -
      replace             | present | true    | h p    | write k=2, U, UPDATED k=1>2           | 2
      replace             | expired | false   | m      | EXPIRED k=1                           | -
      replace if 1        | absent  | false   | m      | -                                     | -
      replace if 1        | present | true    | h p    | write k=2, U, UPDATED k=1>2           | 2
      replace if 1        | expired | false   | m      | EXPIRED k=1                           | -
      replace if 9        | absent  | false   | m      | -                                     | -
      replace if 9        | present | false   | h      | A                                     | 1
      replace if 9        | expired | false   | m      | EXPIRED k=1                           | -
      getAndReplace       | absent  | -       | m      | -                                     | -
      getAndReplace       | present | 1       | h p    | write k=2, U, UPDATED k=1>2           | 2
      getAndReplace       | expired | -       | m      | EXPIRED k=1                           | -
      remove              | absent  | false   | -      | delete k                              | -
      remove              | present | true    | r      | delete k, REMOVED k=1                 | -
      remove              | expired | false   | -      | delete k, EXPIRED k=1                 | -
      remove if 1         | absent  | false   | m      | -                                     | -
      remove if 1         | present | true    | h r    | delete k, REMOVED k=1                 | -
      remove if 1         | expired | false   | m      | EXPIRED k=1                           | -
      remove if 9         | absent  | false   | m      | -                                     | -
      remove if 9         | present | false   | h      | A                                     | 1
      remove if 9         | expired | false   | m      | EXPIRED k=1                           | -
      getAndRemove        | absent  | -       | m      | delete k                              | -
      getAndRemove        | present | 1       | h r    | delete k, REMOVED k=1                 | -
      getAndRemove        | expired | -       | m      | delete k, EXPIRED k=1                 | -
      removeAll of it     | absent  | -       | -      | deleteAll [k]                         | -
      removeAll of it     | present | -       | r      | deleteAll [k], REMOVED k=1            | -
      removeAll of it     | expired | -       | -      | deleteAll [k], EXPIRED k=1            | -
      removeAll           | absent  | -       | -      | -                                     | -
      removeAll           | present | -       | r      | deleteAll [k], REMOVED k=1            | -
      removeAll           | expired | -       | -      | EXPIRED k=1                           | -
      clear               | absent  | -       | -      | -                                     | -
      clear               | present | -       | -      | -                                     | -
      clear               | expired | -       | -      | -                                     | -
      get                 | absent  | -       | m      | -                                     | -
      get                 | present | 1       | h      | A                                     | 1
      get                 | expired | -       | m      | EXPIRED k=1                           | -
      getAll              | absent  | {}      | m      | -                                     | -
      getAll              | present | {k=1}   | h      | A                                     | 1
      getAll              | expired | {}      | m      | EXPIRED k=1                           | -
      containsKey         | absent  | false   | -      | -                                     | -
      containsKey         | present | true    | -      | -                                     | 1
      containsKey         | expired | false   | -      | EXPIRED k=1                           | -
      iterate             | absent  | []      | -      | -                                     | -
      iterate             | present | [k=1]   | h      | A                                     | 1
      iterate             | expired | []      | -      | EXPIRED k=1                           | -
      iterator.remove     | present | [k=1]   | h r    | A, delete k, REMOVED k=1              | -
      iterator.remove     | expired | []      | -      | EXPIRED k=1                           | -
      invoke nothing      | absent  | -       | m      | -                                     | -
      invoke nothing      | present | -       | h      | -                                     | 1
      invoke nothing      | expired | -       | m      | EXPIRED k=1                           | -
      invoke exists       | absent  | false   | m      | -                                     | -
      invoke exists       | present | true    | h      | -                                     | 1
      invoke exists       | expired | false   | m      | EXPIRED k=1                           | -
      invoke getValue     | absent  | -       | m      | -                                     | -
      invoke getValue     | present | 1       | h      | A                                     | 1
      invoke getValue     | expired | -       | m      | EXPIRED k=1                           | -
      invoke setValue     | absent  | -       | m p    | write k=2, C, CREATED k=2             | 2
      invoke setValue     | present | -       | h p    | write k=2, U, UPDATED k=1>2           | 2
      invoke setValue     | expired | -       | m p    | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      invoke remove       | absent  | -       | m      | delete k                              | -
      invoke remove       | present | -       | h r    | delete k, REMOVED k=1                 | -
      invoke remove       | expired | -       | m      | delete k, EXPIRED k=1                 | -
      invoke get, set     | absent  | -       | m p    | write k=2, C, CREATED k=2             | 2
      invoke get, set     | present | -       | h p    | write k=2, U, UPDATED k=1>2           | 2
      invoke set, get     | absent  | 2       | m p    | write k=2, C, CREATED k=2             | 2
      invoke set, get     | present | 2       | h p    | write k=2, U, UPDATED k=1>2           | 2
      invoke set twice    | present | -       | h p    | write k=2, U, UPDATED k=1>2           | 2
      invoke set, remove  | absent  | -       | m      | -                                     | -
      invoke set, remove  | present | -       | h r    | delete k, REMOVED k=1                 | -
      invoke remove, set  | absent  | -       | m p    | write k=2, C, CREATED k=2             | 2
      invoke remove, set  | present | -       | h p    | write k=2, U, UPDATED k=1>2           | 2
      invoke remove, get  | present | -       | h r    | delete k, REMOVED k=1                 | -
      invokeAll setValue  | absent  | {}      | m p    | write k=2, C, CREATED k=2             | 2
      invokeAll setValue  | present | {}      | h p    | write k=2, U, UPDATED k=1>2           | 2
      GET                 | absent  | -       | m      | -                                     | -
      GET                 | present | 1       | h      | A                                     | 1
      GET                 | expired | -       | m      | EXPIRED k=1                           | -
      SET                 | absent  | true    | p      | write k=2, C, CREATED k=2             | 2
      SET                 | present | true    | p      | write k=2, U, UPDATED k=1>2           | 2
      SET                 | expired | true    | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      SET EX              | absent  | true    | p      | write k=2, CREATED k=2                | 2
      SET EX              | present | true    | p      | write k=2, UPDATED k=1>2              | 2
      SET EX              | expired | true    | p      | write k=2, EXPIRED k=1, CREATED k=2   | 2
      SET EX 0            | absent  | true    | -      | write k=2                             | -
      SET EX 0            | present | true    | p      | write k=2, UPDATED k=1>2, EXPIRED k=2 | -
      SET KEEPTTL         | absent  | true    | p      | write k=2, C, CREATED k=2             | 2
      SET KEEPTTL         | present | true    | p      | write k=2, UPDATED k=1>2              | 2
      SET KEEPTTL         | expired | true    | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      SET NX              | absent  | true    | p      | write k=2, C, CREATED k=2             | 2
      SET NX              | present | false   | -      | -                                     | 1
      SET NX              | expired | true    | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      SET XX              | absent  | false   | -      | -                                     | -
      SET XX              | present | true    | p      | write k=2, U, UPDATED k=1>2           | 2
      SET XX              | expired | false   | -      | EXPIRED k=1                           | -
      SET GET             | absent  | -       | m p    | write k=2, C, CREATED k=2             | 2
      SET GET             | present | 1       | h p    | write k=2, U, UPDATED k=1>2           | 2
      SET NX GET          | present | 1       | h      | -                                     | 1
      SET XX GET          | absent  | -       | m      | -                                     | -
      DEL                 | absent  | false   | -      | delete k                              | -
      DEL                 | present | true    | r      | delete k, REMOVED k=1                 | -
      DEL                 | expired | false   | -      | delete k, EXPIRED k=1                 | -
      EXISTS              | absent  | false   | -      | -                                     | -
      EXISTS              | present | true    | -      | -                                     | 1
      EXISTS              | expired | false   | -      | EXPIRED k=1                           | -
      TTL                 | absent  | -2      | -      | -                                     | -
      TTL                 | present | 9       | -      | -                                     | 1
      TTL                 | expired | -2      | -      | EXPIRED k=1                           | -
      EXPIRE              | absent  | false   | -      | -                                     | -
      EXPIRE              | present | true    | -      | -                                     | 1
      EXPIRE              | expired | false   | -      | EXPIRED k=1                           | -
      EXPIRE -1           | absent  | false   | -      | -                                     | -
      EXPIRE -1           | present | true    | -      | EXPIRED k=1                           | -
      PERSIST             | absent  | false   | -      | -                                     | -
      PERSIST             | present | true    | -      | -                                     | 1
      PERSIST             | expired | false   | -      | EXPIRED k=1                           | -
      INCR                | absent  | 1       | p      | write k=1, C, CREATED k=1             | 1
      INCR                | present | 2       | p      | write k=2, U, UPDATED k=1>2           | 2
      INCR                | expired | 1       | p      | write k=1, C, EXPIRED k=1, CREATED k=1 | 1
      SETNX               | absent  | true    | p      | write k=2, C, CREATED k=2             | 2
      SETNX               | present | false   | -      | -                                     | 1
      SETNX               | expired | true    | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      GETEX               | absent  | -       | m      | -                                     | -
      GETEX               | present | 1       | h      | -                                     | 1
      GETEX               | expired | -       | m      | EXPIRED k=1                           | -
      GETEX past          | absent  | -       | m      | -                                     | -
      GETEX past          | present | 1       | h      | EXPIRED k=1                           | -
      GETEX past          | expired | -       | m      | EXPIRED k=1                           | -
      GETEX PERSIST       | absent  | -       | m      | -                                     | -
      GETEX PERSIST       | present | 1       | h      | -                                     | 1
      GETEX PERSIST       | expired | -       | m      | EXPIRED k=1                           | -
      GETDEL              | absent  | -       | m      | delete k                              | -
      GETDEL              | present | 1       | h r    | delete k, REMOVED k=1                 | -
      GETDEL              | expired | -       | m      | delete k, EXPIRED k=1                 | -
      APPEND              | absent  | 1       | p      | write k=2, C, CREATED k=2             | 2
      APPEND              | present | 2       | p      | write k=12, U, UPDATED k=1>12         | 12
      APPEND              | expired | 1       | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      STRLEN              | absent  | 0       | m      | -                                     | -
      STRLEN              | present | 1       | h      | A                                     | 1
      STRLEN              | expired | 0       | m      | EXPIRED k=1                           | -
      GETRANGE            | absent  | ''      | m      | -                                     | -
      GETRANGE            | present | 1       | h      | A                                     | 1
      GETRANGE            | expired | ''      | m      | EXPIRED k=1                           | -
      SETRANGE            | absent  | 1       | p      | write k=2, C, CREATED k=2             | 2
      SETRANGE            | present | 1       | p      | write k=2, U, UPDATED k=1>2           | 2
      SETRANGE            | expired | 1       | p      | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      SETRANGE of nothing | absent  | 0       | -      | -                                     | -
      SETRANGE of nothing | present | 1       | -      | -                                     | 1
      SETRANGE of nothing | expired | 0       | -      | EXPIRED k=1                           | -
      MGET                | absent  | [null]  | m      | -                                     | -
      MGET                | present | [1]     | h      | A                                     | 1
      MGET                | expired | [null]  | m      | EXPIRED k=1                           | -
      MSET                | absent  | -       | p      | writeAll [k=2], C, CREATED k=2        | 2
      MSET                | present | -       | p      | writeAll [k=2], U, UPDATED k=1>2      | 2
      MSET                | expired | -       | p      | writeAll [k=2], C, EXPIRED k=1, CREATED k=2 | 2
      MSETNX              | absent  | true    | p      | writeAll [k=2], C, CREATED k=2        | 2
      MSETNX              | present | false   | -      | -                                     | 1
      MSETNX              | expired | true    | p      | writeAll [k=2], C, EXPIRED k=1, CREATED k=2 | 2
      DEL k j             | absent  | 0       | -      | deleteAll [k, j]                      | -
      DEL k j             | present | 1       | r      | deleteAll [k, j], REMOVED k=1         | -
      DEL k j             | expired | 0       | -      | deleteAll [k, j], EXPIRED k=1         | -
      EXISTS k k          | absent  | 0       | -      | -                                     | -
      EXISTS k k          | present | 2       | -      | -                                     | 1
      EXISTS k k          | expired | 0       | -      | EXPIRED k=1                           | -
      TOUCH               | absent  | false   | -      | -                                     | -
      TOUCH               | present | true    | -      | A                                     | 1
      TOUCH               | expired | false   | -      | EXPIRED k=1                           | -
      TOUCH k k           | absent  | 0       | -      | -                                     | -
      TOUCH k k           | present | 2       | -      | A                                     | 1
      TOUCH k k           | expired | 0       | -      | EXPIRED k=1                           | -
      RENAME to j         | absent  | ERR no such key | -      | -                                     | -
      RENAME to j         | present | -       | p r    | write j=1, delete k, REMOVED k=1, CREATED j=1 | -
      RENAME to j         | expired | ERR no such key | -      | EXPIRED k=1                           | -
      RENAMENX to j       | absent  | ERR no such key | -      | -                                     | -
      RENAMENX to j       | present | true    | p r    | write j=1, delete k, REMOVED k=1, CREATED j=1 | -
      RENAMENX to j       | expired | ERR no such key | -      | EXPIRED k=1                           | -
      COPY to j           | absent  | false   | -      | -                                     | -
      COPY to j           | present | true    | p      | write j=1, CREATED j=1                | 1
      COPY to j           | expired | false   | -      | EXPIRED k=1                           | -
      DUMP                | absent  | false   | m      | -                                     | -
      DUMP                | present | true    | h      | A                                     | 1
      DUMP                | expired | false   | m      | EXPIRED k=1                           | -
      RESTORE             | absent  | -       | p      | write k=2, CREATED k=2                | 2
      RESTORE             | present | BUSYKEY Target key name already exists. | - | -            | 1
      RESTORE             | expired | -       | p      | EXPIRED k=1, write k=2, CREATED k=2   | 2
      RESTORE REPLACE     | absent  | -       | p      | write k=2, CREATED k=2                | 2
      RESTORE REPLACE     | present | -       | p      | write k=2, UPDATED k=1>2              | 2
      RESTORE REPLACE     | expired | -       | p      | write k=2, EXPIRED k=1, CREATED k=2   | 2
      RESTORE past        | absent  | -       | -      | -                                     | -
      RESTORE past        | present | -       | r      | delete k, REMOVED k=1                 | -
      RESTORE past        | expired | -       | -      | EXPIRED k=1                           | -
      TYPE                | absent  | none    | -      | -                                     | -
      TYPE                | present | string  | -      | -                                     | 1
      TYPE                | expired | none    | -      | EXPIRED k=1                           | -
      RANDOMKEY           | absent  | -       | -      | -                                     | -
      RANDOMKEY           | present | k       | -      | -                                     | 1
      RANDOMKEY           | expired | -       | -      | EXPIRED k=1                           | -
      SCAN                | absent  | []      | -      | -                                     | -
      SCAN                | present | [k]     | -      | -                                     | 1
      SCAN                | expired | []      | -      | EXPIRED k=1                           | -
      KEYS                | absent  | []      | -      | -                                     | -
      KEYS                | present | [k]     | -      | -                                     | 1
      KEYS                | expired | []      | -      | EXPIRED k=1                           | -
      DBSIZE              | absent  | true    | -      | -                                     | -
      DBSIZE              | present | true    | -      | -                                     | 1
      DBSIZE              | expired | true    | -      | -                                     | -
      info                | absent  | false   | -      | -                                     | -
      info                | present | false   | -      | -                                     | 1
      info                | expired | false   | -      | -                                     | -
      EXPIRETIME          | absent  | none    | -      | -                                     | -
      EXPIRETIME          | present | some    | -      | -                                     | 1
      EXPIRETIME          | expired | none    | -      | EXPIRED k=1                           | -
      EXPIREAT past       | absent  | false   | -      | -                                     | -
      EXPIREAT past       | present | true    | -      | EXPIRED k=1                           | -
      EXPIREAT past       | expired | false   | -      | EXPIRED k=1                           | -
      INCRBYFLOAT         | absent  | 1       | p      | write k=1, C, CREATED k=1             | 1
      INCRBYFLOAT         | present | 2       | p      | write k=2, U, UPDATED k=1>2           | 2
      INCRBYFLOAT         | expired | 1       | p      | write k=1, C, EXPIRED k=1, CREATED k=1 | 1
      CAS 1               | absent  | false   | m      | -                                     | -
      CAS 1               | present | true    | h p    | write k=2, U, UPDATED k=1>2           | 2
      CAS 1               | expired | false   | m      | EXPIRED k=1                           | -
      CAS 9               | absent  | false   | m      | -                                     | -
      CAS 9               | present | false   | h      | A                                     | 1
      CAS 9               | expired | false   | m      | EXPIRED k=1                           | -
      CAS absent          | absent  | true    | m p    | write k=2, C, CREATED k=2             | 2
      CAS absent          | present | false   | h      | A                                     | 1
      CAS absent          | expired | true    | m p    | write k=2, C, EXPIRED k=1, CREATED k=2 | 2
      CAS 1 EX            | absent  | false   | m      | -                                     | -
      CAS 1 EX            | present | true    | h p    | write k=2, UPDATED k=1>2              | 2
      CAS 1 EX            | expired | false   | m      | EXPIRED k=1                           | -
      CAD 1               | absent  | false   | m      | -                                     | -
      CAD 1               | present | true    | h r    | delete k, REMOVED k=1                 | -
      CAD 1               | expired | false   | m      | EXPIRED k=1                           | -
      CAD 9               | absent  | false   | m      | -                                     | -
      CAD 9               | present | false   | h      | A                                     | 1
      CAD 9               | expired | false   | m      | EXPIRED k=1                           | -
      computeIfAbsent     | absent  | 2       | m      | C, CREATED k=2                        | 2
      computeIfAbsent     | present | 1       | h      | A                                     | 1
      computeIfAbsent     | expired | 2       | m      | C, EXPIRED k=1, CREATED k=2           | 2
      computeIfAbsent EX  | absent  | 2       | m      | CREATED k=2                           | 2
      computeIfAbsent EX  | present | 1       | h      | A                                     | 1
      computeIfAbsent EX  | expired | 2       | m      | EXPIRED k=1, CREATED k=2              | 2
      invoke ttl          | absent  | -2      | m      | -                                     | -
      invoke ttl          | present | 9       | h      | -                                     | 1
      invoke ttl          | expired | -2      | m      | EXPIRED k=1                           | -
      invoke expire       | absent  | false   | m      | -                                     | -
      invoke expire       | present | true    | h      | -                                     | 1
      invoke expire       | expired | false   | m      | EXPIRED k=1                           | -
      invoke expire 0     | absent  | false   | m      | -                                     | -
      invoke expire 0     | present | true    | h      | EXPIRED k=1                           | -
      invoke expire 0     | expired | false   | m      | EXPIRED k=1                           | -
      invoke set, expire  | absent  | true    | m p    | write k=2, CREATED k=2                | 2
      invoke set, expire  | present | true    | h p    | write k=2, UPDATED k=1>2              | 2
      invoke set, expire  | expired | true    | m p    | write k=2, EXPIRED k=1, CREATED k=2   | 2
      invoke persist      | absent  | false   | m      | -                                     | -
      invoke persist      | present | true    | h      | -                                     | 1
      invoke persist      | expired | false   | m      | EXPIRED k=1                           | -
      """)
  // spotless:on
  void operationCountsCallsAndTells(
      String operation, String state, String returns, String counts, String calls, String then) {
    Cache<String, String> cache = cacheWhere(state);

    assertThat(Operations.named(operation).on(cache)).isEqualTo(returns);

    assertThat(String.join(", ", journal.lines())).isEqualTo(calls.equals("-") ? "" : calls);
    assertThat(Caches.counts(cache)).isEqualTo(counts);
    assertThat(Caches.peek(cache, "k")).isEqualTo(then.equals("-") ? null : then);
  }

  static Set<String> all() {
    return Operations.names();
  }

  static Stream<String> ofJCache() {
    return Operations.names().stream().filter(Operations::isJCache);
  }

  @ParameterizedTest
  @MethodSource("all")
  void onlyGetGetAllGetValueAndLoadAllAskTheLoader(String operation) {
    settings.loader(journal::loader).readThrough(true).executor(() -> Runnable::run);
    Cache<String, String> cache = cacheWhere("absent");

    Operations.named(operation).on(cache);

    boolean loads = READS.contains(operation) || operation.startsWith("loadAll");
    assertThat(journal.lines().stream().anyMatch(line -> line.startsWith("load"))).isEqualTo(loads);
  }

  /** Whatever the writer refuses has not happened: no put, no removal, no event, no change. */
  @ParameterizedTest
  @MethodSource("all")
  void failureOfTheWriterPreventsEverything(String operation) {
    RefusingWriter writer = new RefusingWriter();
    settings.writer(() -> writer);
    for (String state : List.of("absent", "present")) {
      writer.refuses = false;
      Cache<String, String> cache = cacheWhere(state);
      writer.refuses = true;

      Throwable failure = catchThrowable(() -> Operations.named(operation).on(cache));

      List<String> lines = journal.take();
      if (lines.contains("refused")) {
        assertThat(failure).isInstanceOf(CacheException.class).hasStackTraceContaining("no disk");
        assertThat(lines).noneMatch(line -> line.contains("="));
        assertThat(Caches.counts(cache)).doesNotContain("p", "r");
        assertThat(Caches.peek(cache, "k")).isEqualTo(state.equals("absent") ? null : "1");
      } else {
        assertThat(failure).isNull();
      }
    }
  }

  private final class RefusingWriter extends Journal.Writer {
    boolean refuses;

    RefusingWriter() {
      super(journal);
    }

    private void refuse() {
      if (refuses) {
        journal.add("refused");
        throw new CacheWriterException("no disk");
      }
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      refuse();
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      refuse();
    }

    @Override
    public void delete(Object key) {
      refuse();
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      refuse();
    }
  }
}
