package dev.larder.jcache;

import static java.util.Map.entry;

import dev.larder.LarderCache;
import dev.larder.LarderEntry;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.ExpiryOperations;
import dev.larder.ops.StringOperations;
import dev.larder.rdb.RdbValue;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;

/**
 * Everything that can be done to the key {@code k} of a cache of strings, by name: what sets a
 * value sets {@code 2}, what compares compares with {@code 1} or {@code 9}. Upper case is Redis'
 * door.
 */
final class Operations {
  interface Operation {
    /** What the operation returns, as text; {@code -} for null and for nothing. */
    String on(Cache<String, String> cache);
  }

  private static final StringOperations.When ALWAYS = StringOperations.When.ALWAYS;
  private static final StringOperations.When NX = StringOperations.When.NX;
  private static final StringOperations.When XX = StringOperations.When.XX;
  private static final Deadline POLICY = Deadline.BY_POLICY;
  private static final Deadline KEEP = Deadline.KEEP;

  /** What {@code DUMP} gives for a 2. */
  private static final byte[] TWO = RdbValue.dump(new byte[] {'2'});

  // spotless:off
  private static final Map<String, Operation> BY_NAME = new TreeMap<>(Map.ofEntries(
      entry("put",               does(c -> c.put("k", "2"))),
      entry("putAll",            does(c -> c.putAll(Map.of("k", "2")))),
      entry("putIfAbsent",       tells(c -> c.putIfAbsent("k", "2"))),
      entry("getAndPut",         tells(c -> c.getAndPut("k", "2"))),
      entry("replace",           tells(c -> c.replace("k", "2"))),
      entry("replace if 1",      tells(c -> c.replace("k", "1", "2"))),
      entry("replace if 9",      tells(c -> c.replace("k", "9", "2"))),
      entry("getAndReplace",     tells(c -> c.getAndReplace("k", "2"))),
      entry("remove",            tells(c -> c.remove("k"))),
      entry("remove if 1",       tells(c -> c.remove("k", "1"))),
      entry("remove if 9",       tells(c -> c.remove("k", "9"))),
      entry("getAndRemove",      tells(c -> c.getAndRemove("k"))),
      entry("removeAll of it",   does(c -> c.removeAll(Set.of("k")))),
      entry("removeAll",         does(Cache::removeAll)),
      entry("clear",             does(Cache::clear)),
      entry("get",               tells(c -> c.get("k"))),
      entry("getAll",            tells(c -> c.getAll(Set.of("k")))),
      entry("containsKey",       tells(c -> c.containsKey("k"))),
      entry("iterate",           tells(c -> iterate(c, false))),
      entry("iterator.remove",   tells(c -> iterate(c, true))),
      entry("loadAll",           does(c -> c.loadAll(Set.of("k"), false, null))),
      entry("loadAll replacing", does(c -> c.loadAll(Set.of("k"), true, null))),
      entry("invoke nothing",    invokes((e, a) -> null)),
      entry("invoke exists",     invokes((e, a) -> e.exists())),
      entry("invoke getValue",   invokes((e, a) -> e.getValue())),
      entry("invoke setValue",   invokes((e, a) -> { e.setValue("2"); return null; })),
      entry("invoke remove",     invokes((e, a) -> { e.remove(); return null; })),
      entry("invoke get, set",   invokes((e, a) -> { e.getValue(); e.setValue("2"); return null; })),
      entry("invoke set, get",   invokes((e, a) -> { e.setValue("2"); return e.getValue(); })),
      entry("invoke set twice",  invokes((e, a) -> { e.setValue("x"); e.setValue("2"); return null; })),
      entry("invoke set, remove", invokes((e, a) -> { e.setValue("2"); e.remove(); return null; })),
      entry("invoke remove, set", invokes((e, a) -> { e.remove(); e.setValue("2"); return null; })),
      entry("invoke remove, get", invokes((e, a) -> { e.remove(); return e.getValue(); })),
      entry("invokeAll setValue", tells(Operations::setByInvokeAll)),
      entry("GET",               redis(o -> o.strings().get("k"))),
      entry("SET",               sets(ALWAYS, POLICY, false)),
      entry("SET EX",            setsEx()),
      entry("SET EX 0",          redis(o -> o.strings().set("k", "2", ALWAYS, Deadline.in(0), null).done())),
      entry("SET KEEPTTL",       sets(ALWAYS, KEEP, false)),
      entry("SET NX",            sets(NX, POLICY, false)),
      entry("SET XX",            sets(XX, POLICY, false)),
      entry("SET GET",           sets(ALWAYS, POLICY, true)),
      entry("SET NX GET",        sets(NX, POLICY, true)),
      entry("SET XX GET",        sets(XX, POLICY, true)),
      entry("DEL",               redis(o -> o.keys().delete("k"))),
      entry("EXISTS",            redis(o -> o.keys().exists("k"))),
      entry("TTL",               redis(o -> ExpiryOperations.seconds(o.expiry().pttl("k")))),
      entry("EXPIRE",            expires(50)),
      entry("EXPIRE -1",         expires(-1)),
      entry("PERSIST",           redis(o -> o.expiry().persist("k"))),
      entry("INCR",              redis(o -> o.counters().add("k", 1))),
      entry("SETNX",             larder(c -> c.setIfAbsent("k", "2"))),
      entry("GETEX",             larder(c -> c.getAndExpire("k", Duration.ofSeconds(50)))),
      entry("GETEX past",        larder(c -> c.getAndExpireAt("k", Instant.ofEpochSecond(1)))),
      entry("GETEX PERSIST",     larder(c -> c.getAndPersist("k"))),
      entry("GETDEL",            larder(c -> c.getAndDelete("k"))),
      entry("APPEND",            larder(c -> c.append("k", "2"))),
      entry("STRLEN",            larder(c -> c.strlen("k"))),
      entry("GETRANGE",          larder(c -> c.getRange("k", 0, -1))),
      entry("SETRANGE",          larder(c -> c.setRange("k", 0, "2"))),
      entry("SETRANGE of nothing", larder(c -> c.setRange("k", 0, ""))),
      entry("MGET",              larder(c -> c.mget(List.of("k")))),
      entry("MSET",              larder(c -> { c.mset(Map.of("k", "2")); return null; })),
      entry("MSETNX",            larder(c -> c.msetIfAbsent(Map.of("k", "2")))),
      entry("DEL k j",           larder(c -> c.delete("k", "j"))),
      entry("EXISTS k k",        larder(c -> c.countExisting(List.of("k", "k")))),
      entry("TOUCH",             larder(c -> c.touch("k"))),
      entry("TOUCH k k",         larder(c -> c.touchAll(List.of("k", "k")))),
      entry("RENAME to j",       larder(c -> { c.rename("k", "j"); return null; })),
      entry("RENAMENX to j",     larder(c -> c.renameIfAbsent("k", "j"))),
      entry("COPY to j",         larder(c -> c.copy("k", "j"))),
      entry("DUMP",              larder(c -> c.dump("k") != null)),
      entry("RESTORE",           larder(c -> { c.restore("k", TWO, Duration.ZERO); return null; })),
      entry("RESTORE REPLACE",   larder(c -> { c.restore("k", TWO, Duration.ofSeconds(50), true); return null; })),
      entry("RESTORE past",      redis(o -> { o.keys().restore("k", TWO, Deadline.at(1), true); return null; })),
      entry("TYPE",              larder(c -> c.type("k"))),
      entry("RANDOMKEY",         larder(c -> c.randomKey())),
      entry("SCAN",              larder(c -> c.scan(0, ScanOptions.all().count(1_000)).keys())),
      entry("KEYS",              larder(c -> c.keys("*").toList())),
      entry("EXPIRETIME",        larder(c -> c.expireTime("k") < 0 ? "none" : "some")),
      entry("EXPIREAT past",     larder(c -> c.expireAt("k", Instant.ofEpochSecond(1)))),
      entry("INCRBYFLOAT",       larder(c -> c.incrByFloat("k", new BigDecimal("1")))),
      entry("CAS 1",             larder(c -> c.compareAndSet("k", "1", "2"))),
      entry("CAS 9",             larder(c -> c.compareAndSet("k", "9", "2"))),
      entry("CAS absent",        larder(c -> c.compareAndSet("k", null, "2"))),
      entry("CAS 1 EX",          larder(c -> c.compareAndSet("k", "1", "2", Duration.ofSeconds(50)))),
      entry("CAD 1",             larder(c -> c.compareAndDelete("k", "1"))),
      entry("CAD 9",             larder(c -> c.compareAndDelete("k", "9"))),
      entry("computeIfAbsent",   larder(c -> c.computeIfAbsent("k", key -> "2"))),
      entry("computeIfAbsent EX", larder(c -> c.computeIfAbsent("k", Duration.ofSeconds(50), key -> "2"))),
      entry("DBSIZE",            larder(c -> c.size() >= 0)),
      entry("info",              larder(c -> c.info().uptime().isNegative())),
      entry("invoke ttl",        invokes((e, a) -> e.unwrap(LarderEntry.class).ttl())),
      entry("invoke expire",     invokes((e, a) -> e.unwrap(LarderEntry.class).expire(Duration.ofSeconds(50)))),
      entry("invoke expire 0",   invokes((e, a) -> e.unwrap(LarderEntry.class).expire(Duration.ZERO))),
      entry("invoke set, expire", invokes((e, a) -> { e.setValue("2"); return e.unwrap(LarderEntry.class).expire(Duration.ofSeconds(50)); })),
      entry("invoke persist",    invokes((e, a) -> e.unwrap(LarderEntry.class).persist()))));
  // spotless:on

  private Operations() {}

  static Operation named(String name) {
    Operation operation = BY_NAME.get(name);
    if (operation == null) {
      throw new IllegalArgumentException("no operation is named '" + name + "'");
    }
    return operation;
  }

  static Set<String> names() {
    return BY_NAME.keySet();
  }

  /** Whether an operation belongs to {@code javax.cache}. */
  static boolean isJCache(String name) {
    return Character.isLowerCase(name.charAt(0));
  }

  private interface Action {
    void on(Cache<String, String> cache);
  }

  private static Operation does(Action action) {
    return cache -> {
      action.on(cache);
      return "-";
    };
  }

  private static Operation tells(Function<Cache<String, String>, Object> query) {
    return cache -> {
      Object result = query.apply(cache);
      return result == null ? "-" : result.toString();
    };
  }

  private static Operation invokes(EntryProcessor<String, String, Object> processor) {
    return tells(cache -> cache.invoke("k", processor));
  }

  private static Operation redis(Function<CacheOperations<String, String>, Object> query) {
    return tells(cache -> query.apply(Caches.operations(cache)));
  }

  private static Operation larder(Function<LarderCache<String, String>, Object> query) {
    return tells(
        cache -> {
          try {
            return query.apply(LarderCache.of(cache));
          } catch (OperationException e) {
            return e.code() + " " + e.getMessage();
          }
        });
  }

  private static Operation sets(StringOperations.When when, Deadline deadline, boolean get) {
    return redis(
        operations -> {
          var outcome =
              operations
                  .strings()
                  .set("k", "2", when, deadline, get ? Function.<String>identity() : null);
          return get ? outcome.previous() : outcome.done();
        });
  }

  private static Operation setsEx() {
    return redis(o -> o.strings().set("k", "2", ALWAYS, Deadline.in(50_000), null).done());
  }

  private static Operation expires(long seconds) {
    return redis(o -> o.expiry().expire("k", Deadline.in(seconds * 1_000), Set.of()));
  }

  private static Object setByInvokeAll(Cache<String, String> cache) {
    EntryProcessor<String, String, Object> processor =
        (entry, arguments) -> {
          entry.setValue("2");
          return null;
        };
    var results = cache.invokeAll(Set.of("k"), processor);
    results.values().forEach(EntryProcessorResult::get); // throws what the processor's turn threw
    return results;
  }

  private static List<String> iterate(Cache<String, String> cache, boolean remove) {
    List<String> met = new ArrayList<>();
    for (Iterator<Cache.Entry<String, String>> all = cache.iterator(); all.hasNext(); ) {
      Cache.Entry<String, String> entry = all.next();
      met.add(entry.getKey() + "=" + entry.getValue());
      if (remove) {
        all.remove();
      }
    }
    return met;
  }
}
