package dev.larder.jcache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.SetResult;
import dev.larder.ValueType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Runs the commands of a recorded session as calls of {@link LarderCache}, and compares each answer
 * with the one that redis-server 7.0.15 gave:
 *
 * <pre>
 *   redis/commands.txt    redis/replies-7.0.15.txt
 *   set n " 1"            set n  1                  +OK
 *   incr n                incr n                    -ERR value is not an integer or out of range
 * </pre>
 *
 * <p>Not every row can be said in typed Java, or has its answer there. The tables below name those
 * that cannot, exactly, and why. An entry must earn its place: its row is rehearsed on a copy of
 * the cache, and must differ from what the server answered, or be no call at all.
 */
class RecordedRepliesTest {
  /** When the session was recorded, as its own {@code TIME} tells. */
  private static final long RECORDED = 1_795_342_281_232L;

  /** How wide the commands are beside the replies. */
  private static final int COLUMN = 55;

  private static final String EXEMPT =
      """
      # the argument is a long, which holds no other words
      incrby n abc
      incrby n 9223372036854775808
      setex k abc v
      scan abc

      # the argument is a BigDecimal, which is finite
      incrbyfloat f nan
      incrbyfloat f +inf

      # the options are methods, enums and collections, of which there are no others
      expire k 10 foo
      scan 0 match
      scan 0 foo bar
      scan 0 type foo

      # EX and PX are one method, and the last call of it holds
      set k v ex 10 px 10

      # the compiler counts the arguments
      get
      get a b
      GET
      mset a
      mset a 1 b
      expire
      dbsize x
      flushall foo

      # the error names the command, and this one is a form of SET
      setex k 0 v
      psetex k -1 v

      # a list is a value like any other: Java returns it, and replaces it
      set l v get
      get l
      getdel l
      mget l k nokey

      # there are no lists, and so no commands on them
      rpush l a
      rpush words foo bar
      sort nokey
      sort l alpha
      sort l by nosort
      sort words
      hset h a

      # how a value is kept, and how two compare, is no operation on it
      lcs s k
      object encoding s
      object encoding i
      object encoding nokey
      object freq s
      object foo s
      object
      object help

      # there is one database, without connections, replicas and a server's settings
      foo
      foo a b
      "fo\\no" a
      config
      config foo
      client foo
      select 16
      select abc
      select -1
      select 0
      move s 0
      move s 99
      swapdb 0 99
      echo
      ping a b
      ping x
      hello 4
      hello abc
      hello 3 foo
      auth
      auth x
      auth nouser x
      wait 0 10
      debug sleep 0
      time
      lolwut
      """;

  /** Where all values are strings, another one stands for the list. */
  private static final String EXEMPT_WITH_STRINGS =
      """
      # a cache of strings has no value of the wrong type
      incr l
      strlen l
      append l x
      """;

  @RegisterExtension final Caches caches = new Caches();

  @BeforeEach
  void setTheClock() {
    caches.clock.advanceMillis(RECORDED - HandClock.START);
  }

  @Test
  void aCacheOfStringsAnswersAsRedisDoes() {
    Replay replay = new Replay(this::cacheOfStrings, "instead of a list");
    assertThat(replay.run(EXEMPT + EXEMPT_WITH_STRINGS)).as("rows replayed").isEqualTo(159);
  }

  @Test
  void aCacheOfObjectsAnswersAsRedisDoesAlsoIfOneOfThemIsAList() {
    Replay replay =
        new Replay(() -> cache(caches.settings(String.class, Object.class)), List.of("a"));
    assertThat(replay.run(EXEMPT)).as("rows replayed").isEqualTo(162);
  }

  @SuppressWarnings("unchecked") // only strings are stored, so only strings are returned
  private LarderCache<String, Object> cacheOfStrings() {
    return (LarderCache<String, Object>) (LarderCache<String, ?>) cache(caches.settings());
  }

  private <V> LarderCache<String, V> cache(LarderConfiguration.Builder<String, V> settings) {
    return LarderCache.of(caches.create(settings));
  }

  /** A command and what the server answered. */
  private record Row(String command, String reply) {}

  private static List<Row> rows() {
    List<String> commands = lines("commands.txt");
    List<String> replies = lines("replies-7.0.15.txt");
    assertThat(commands).hasSameSizeAs(replies);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      String command = commands.get(i);
      if (!command.startsWith("#")) {
        // The other file shows the words as the server got them, in a column.
        String shown = escaped(String.join(" ", words(command))) + " ".repeat(COLUMN);
        assertThat(replies.get(i)).startsWith(shown.substring(0, COLUMN) + " ");
        rows.add(new Row(command, replies.get(i).substring(COLUMN + 1)));
      }
    }
    return rows;
  }

  private static List<String> lines(String name) {
    try (InputStream in = RecordedRepliesTest.class.getResourceAsStream("/redis/" + name)) {
      return new String(in.readAllBytes(), US_ASCII).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Commands, each with the reason above it. */
  private static Map<String, String> exempt(String table) {
    Map<String, String> reasons = new LinkedHashMap<>();
    String reason = null;
    for (String line : table.lines().filter(line -> !line.isEmpty()).toList()) {
      if (line.startsWith("# ")) {
        reason = line.substring(2);
      } else {
        assertThat(reasons.put(line, reason)).as("earlier reason of " + line).isNull();
      }
    }
    return reasons;
  }

  // ----------------------------------------------------------------------------------- the replay

  /** One run of all the rows against one cache. */
  private static final class Replay {
    private final Supplier<LarderCache<String, Object>> caches;
    private final LarderCache<String, Object> cache;
    private final Object list;

    /**
     * @param list what is stored where the server has a list
     */
    Replay(Supplier<LarderCache<String, Object>> caches, Object list) {
      this.caches = caches;
      this.cache = caches.get();
      this.list = list;
    }

    /** Returns how many rows were replayed. */
    int run(String table) {
      Map<String, String> exempt = exempt(table);
      Set<String> unused = new LinkedHashSet<>(exempt.keySet());
      List<String> differences = new ArrayList<>();
      int replayed = 0;
      for (Row row : rows()) {
        boolean replays = !exempt.containsKey(row.command);
        String reply = replays ? reply(cache, row) : reply(copy(), row);
        if (!reply.equals(row.reply) == replays) {
          differences.add(
              row.command
                  + (replays
                      ? ": expected " + row.reply + ", found " + reply
                      : ": needs no exemption, found " + reply));
        }
        if (replays) {
          replayed++;
        } else {
          unused.remove(row.command);
          standIn(row);
        }
      }
      assertThat(differences).isEmpty();
      assertThat(unused).as("exempt commands that are in no row").isEmpty();
      return replayed;
    }

    /** A cache with the same in it, to rehearse on. */
    private LarderCache<String, Object> copy() {
      LarderCache<String, Object> copy = caches.get();
      cache
          .keys("*")
          .forEach(
              key -> {
                copy.set(key, cache.get(key));
                long deadline = cache.pexpireTime(key);
                if (deadline != LarderCache.NO_DEADLINE) {
                  copy.expireAt(key, Instant.ofEpochMilli(deadline));
                }
              });
      return copy;
    }

    /** Does for later rows what one did that has no call: of those, only RPUSH left a trace. */
    private void standIn(Row row) {
      if (row.command.startsWith("rpush ") && row.reply.startsWith(":")) {
        cache.set(words(row.command).get(1), list);
      }
    }

    private static String reply(LarderCache<String, Object> cache, Row row) {
      try {
        return call(cache, new Words(row.command));
      } catch (OperationException e) {
        return "-" + e.code() + " " + e.getMessage();
      } catch (NoCallException e) {
        return "no call: " + e.getMessage();
      }
    }
  }

  /** There is no call that says this. */
  private static final class NoCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoCallException(String message) {
      super(message);
    }
  }

  // ---------------------------------------------------------------------- from commands to calls

  private static String call(LarderCache<String, Object> cache, Words words) {
    String name = words.next().toLowerCase(Locale.ROOT);
    return switch (name) {
      case "get" -> bulk(cache.get(words.last()));
      case "set" -> set(cache, words.next(), words.next(), words);
      case "setnx" -> integer(cache.setIfAbsent(words.next(), words.last()));
      case "setex", "psetex" -> {
        String key = words.next();
        Duration ttl = words.duration(name.equals("setex") ? 1_000 : 1);
        cache.set(key, words.last(), ttl);
        yield "+OK";
      }
      // Not getAndPut: that leaves an explicit deadline, as javax.cache has no reason to move it.
      case "getset" ->
          bulk(cache.set(words.next(), words.last(), SetOptions.none().get()).previous());
      case "getex" -> bulk(getEx(cache, words.next(), words));
      case "getdel" -> bulk(cache.getAndDelete(words.last()));
      case "mget" -> array(cache.mget(words.rest()));
      case "mset" -> {
        cache.mset(words.pairs());
        yield "+OK";
      }
      case "msetnx" -> integer(cache.msetIfAbsent(words.pairs()));

      case "append" -> integer(cache.append(words.next(), words.last()));
      case "strlen" -> integer(cache.strlen(words.last()));
      case "getrange", "substr" ->
          bulk(cache.getRange(words.next(), words.number(), words.lastNumber()));
      case "setrange" -> integer(cache.setRange(words.next(), words.number(), words.last()));

      case "del", "unlink" -> {
        List<String> keys = words.rest();
        yield keys.size() == 1
            ? integer(cache.delete(keys.get(0)))
            : integer(cache.deleteAll(keys));
      }
      case "exists" -> {
        List<String> keys = words.rest();
        yield keys.size() == 1
            ? integer(cache.exists(keys.get(0)))
            : integer(cache.countExisting(keys));
      }
      case "touch" -> integer(cache.touchAll(words.rest()));
      case "rename" -> {
        cache.rename(words.next(), words.last());
        yield "+OK";
      }
      case "renamenx" -> integer(cache.renameIfAbsent(words.next(), words.last()));
      case "copy" -> {
        String source = words.next();
        String destination = words.next();
        yield words.hasNext()
            ? integer(cache.copy(source, destination, words.lastIs("replace")))
            : integer(cache.copy(source, destination));
      }
      case "type" -> "+" + cache.type(words.last());
      case "randomkey" -> bulk(words.end(cache::randomKey));
      case "keys" -> array(cache.keys(words.last()).toList());
      case "scan" -> scan(cache, words.number(), words);
      case "dbsize" -> integer(words.end(cache::size));
      case "flushall" -> {
        if (words.hasNext()) {
          words.lastIs("async"); // that it need not wait makes no difference to the answer
        }
        cache.clear();
        yield "+OK";
      }

      case "ttl" -> integer(cache.ttl(words.last()));
      case "pttl" -> integer(cache.pttl(words.last()));
      case "expiretime" -> integer(cache.expireTime(words.last()));
      case "pexpiretime" -> integer(cache.pexpireTime(words.last()));
      case "expire" ->
          integer(cache.expire(words.next(), words.duration(1_000), words.conditions()));
      case "persist" -> integer(cache.persist(words.last()));

      case "incr" -> integer(cache.incr(words.last()));
      case "decr" -> integer(cache.decr(words.last()));
      case "incrby" -> integer(cache.incrBy(words.next(), words.lastNumber()));
      case "decrby" -> integer(cache.decrBy(words.next(), words.lastNumber()));
      case "incrbyfloat" ->
          bulk(cache.incrByFloat(words.next(), words.lastDecimal()).toPlainString());
      default -> throw new NoCallException("no method for " + name);
    };
  }

  private static String set(
      LarderCache<String, Object> cache, String key, String value, Words words) {
    if (!words.hasNext()) {
      cache.set(key, value);
      return "+OK";
    }
    SetOptions options = SetOptions.none();
    try {
      while (words.hasNext()) {
        String word = words.next();
        options =
            switch (word) {
              case "nx" -> options.nx();
              case "xx" -> options.xx();
              case "get" -> options.get();
              case "keepttl" -> options.keepTtl();
              case "ex" -> options.ex(words.duration(1_000));
              case "px" -> options.ex(words.duration(1));
              case "exat" -> options.exAt(words.instant(1_000));
              case "pxat" -> options.exAt(words.instant(1));
              default -> throw new NoCallException("no option " + word);
            };
      }
    } catch (IllegalArgumentException e) {
      throw new OperationException("ERR", "syntax error"); // what Redis calls it, see SetOptions
    }
    SetResult<Object> result = cache.set(key, value, options);
    if (options.returnsPrevious()) {
      return bulk(result.previous());
    }
    return result.done() ? "+OK" : bulk(null);
  }

  private static Object getEx(LarderCache<String, Object> cache, String key, Words words) {
    if (!words.hasNext()) {
      return cache.get(key);
    }
    String word = words.next();
    return switch (word) {
      case "ex" -> cache.getAndExpire(key, words.duration(1_000));
      case "px" -> cache.getAndExpire(key, words.duration(1));
      case "exat" -> cache.getAndExpireAt(key, words.instant(1_000));
      case "pxat" -> cache.getAndExpireAt(key, words.instant(1));
      case "persist" -> cache.getAndPersist(key);
      default -> throw new NoCallException("no option " + word);
    };
  }

  private static String scan(LarderCache<String, Object> cache, long cursor, Words words) {
    ScanOptions options = ScanOptions.all();
    try {
      while (words.hasNext()) {
        String word = words.next();
        options =
            switch (word) {
              case "match" -> options.match(words.next());
              case "count" -> options.count(Math.toIntExact(words.number()));
              case "type" -> options.type(type(words.next()));
              default -> throw new NoCallException("no option " + word);
            };
      }
    } catch (IllegalArgumentException e) {
      throw new OperationException("ERR", "syntax error");
    }
    ScanPage<String> page = cache.scan(cursor, options);
    return "*[" + bulk(Long.toUnsignedString(page.cursor())) + ", " + array(page.keys()) + "]";
  }

  private static ValueType type(String word) {
    return Stream.of(ValueType.values())
        .filter(type -> type.toString().equals(word))
        .findAny()
        .orElseThrow(() -> new NoCallException("no type " + word));
  }

  /** The words of a command, taken one after the other as arguments of a call. */
  private static final class Words {
    private final Iterator<String> words;

    Words(String command) {
      this.words = words(command).iterator();
    }

    boolean hasNext() {
      return words.hasNext();
    }

    String next() {
      if (!words.hasNext()) {
        throw new NoCallException("an argument is missing");
      }
      return words.next();
    }

    <T> T end(Supplier<T> call) {
      if (words.hasNext()) {
        throw new NoCallException("no parameter for " + words.next());
      }
      return call.get();
    }

    String last() {
      String last = next();
      return end(() -> last);
    }

    boolean lastIs(String word) {
      if (!last().equals(word)) {
        throw new NoCallException("no option but " + word);
      }
      return true;
    }

    List<String> rest() {
      List<String> rest = new ArrayList<>(List.of(next()));
      words.forEachRemaining(rest::add);
      return rest;
    }

    Map<String, String> pairs() {
      Map<String, String> pairs = new LinkedHashMap<>();
      do {
        pairs.put(next(), next());
      } while (words.hasNext());
      return pairs;
    }

    long number() {
      return number(next());
    }

    long lastNumber() {
      return number(last());
    }

    BigDecimal lastDecimal() {
      try {
        return new BigDecimal(last());
      } catch (NumberFormatException e) {
        throw new NoCallException("no BigDecimal");
      }
    }

    private static long number(String word) {
      try {
        return Long.parseLong(word);
      } catch (NumberFormatException e) {
        throw new NoCallException("no long: " + word);
      }
    }

    /** A number of units, of so many milliseconds each. */
    Duration duration(int unit) {
      long number = number();
      return unit == 1 ? Duration.ofMillis(number) : Duration.ofSeconds(number);
    }

    Instant instant(int unit) {
      long number = number();
      return unit == 1 ? Instant.ofEpochMilli(number) : Instant.ofEpochSecond(number);
    }

    ExpireCondition[] conditions() {
      List<ExpireCondition> conditions = new ArrayList<>();
      while (words.hasNext()) {
        String word = words.next();
        conditions.add(
            Arrays.stream(ExpireCondition.values())
                .filter(condition -> condition.name().equalsIgnoreCase(word))
                .findAny()
                .orElseThrow(() -> new NoCallException("no condition " + word)));
      }
      return conditions.toArray(ExpireCondition[]::new);
    }
  }

  private static final Pattern WORD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S+)");

  /** The words of a line, as redis-cli splits it; of its escapes, the one that is used. */
  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(line);
    while (matcher.find()) {
      String quoted = matcher.group(1);
      words.add(quoted == null ? matcher.group(2) : quoted.replace("\\n", "\n"));
    }
    return words;
  }

  // --------------------------------------------------------------------- from results to replies

  private static String integer(long number) {
    return ":" + number;
  }

  private static String integer(boolean truth) {
    return truth ? ":1" : ":0";
  }

  private static String bulk(Object value) {
    return value == null ? "$-1" : "$'" + escaped(value.toString()) + "'";
  }

  private static String array(Collection<?> values) {
    return values.stream().map(RecordedRepliesTest::bulk).toList().toString().replaceFirst("", "*");
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      if (c == '\n') {
        escaped.append("\\n");
      } else if (c < ' ') {
        escaped.append(String.format(Locale.ROOT, "\\x%02x", (int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
