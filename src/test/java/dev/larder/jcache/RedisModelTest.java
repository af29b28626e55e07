package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.SetResult;
import dev.larder.codec.ByteText;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Random operations on four keys, on a cache and on {@link RedisModel}: each answer must be the
 * same, and every few steps all that there is.
 *
 * <p>A sequence is what its seed says, whichever others ran before it. One half of the seeds is the
 * same each time, the other is new. A failure names the seed and tells the steps.
 */
class RedisModelTest {
  private static final int STEPS = 60;
  private static final int STEPS_BETWEEN_LOOKS = 6;

  private static final List<String> KEYS = List.of("a", "b", "c", "d");

  // Few enough that deadlines meet each other and the clock, and that seconds are rounded both
  // ways.
  private static final long[] TIMES = {1, 2, 100, 499, 500, 1_000, 1_500, 3_000, 10_000};
  private static final long[] NO_TIMES = {0, -1, -1_000, Long.MIN_VALUE / 2};
  private static final long[] INTEGERS = {
    0, 1, -1, 7, -10, 100, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 1
  };
  private static final List<String> DECIMALS =
      List.of("0", "1", "-1", "0.1", "-0.1", "2.50", "0.00000000000000001", "-4.1", "1e3");
  private static final long[] POSITIONS = {0, 1, 2, 5, 12, 1_000, -1, -2, -5, -100};

  @RegisterExtension final Caches caches = new Caches();

  @Test
  void aCacheOfStringsIsRedis() {
    check(String.class, new Strings(), true, 1_500);
  }

  @Test
  void aCacheOfBytesIsRedis() {
    check(byte[].class, new Bytes(), true, 750);
  }

  @Test
  void aCacheOfNumbersIsRedisForCounters() {
    check(Long.class, new Numbers(), false, 750);
  }

  private <V> void check(Class<V> type, Form<V> form, boolean texts, int sequences) {
    LarderCache<String, V> cache =
        LarderCache.of(caches.create(caches.settings(String.class, type)));
    int refused = 0;
    int expired = 0;
    int fresh = (int) System.nanoTime() >>> 1;
    for (int i = 0; i < sequences; i++) {
      int seed = i < sequences / 2 ? i : fresh + i;
      Sequence<V> sequence = new Sequence<>(seed, cache, form, texts);
      sequence.run();
      refused += sequence.refused;
      expired += sequence.model.expired();
    }
    // Neither so wild that all is refused or gone, nor so tame that nothing is.
    assertThat(refused).as("refused").isBetween(sequences, sequences * STEPS / 3);
    assertThat(expired).as("expired").isBetween(sequences, sequences * STEPS / 3);
  }

  // ------------------------------------------------------------------------------- kinds of values

  /** How a cache's values are made from bytes, one in each character of a string, and shown so. */
  private interface Form<V> {
    V of(String bytes);

    String bytes(V value);

    /** Values to choose from, as bytes. */
    List<String> samples();
  }

  private static final class Strings implements Form<String> {
    @Override
    public String of(String bytes) {
      return ByteText.decode(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public String bytes(String value) {
      return new String(ByteText.encode(value), StandardCharsets.ISO_8859_1);
    }

    @Override
    public List<String> samples() {
      // Some numbers, some that are none, and two characters that ranges cut in pieces.
      return List.of(
          "",
          "a",
          "hello",
          "0",
          "7",
          "-3",
          "10",
          "007",
          "+1",
          "-0",
          " 1",
          "1.5",
          "-0.25",
          ".5",
          "9223372036854775807",
          "-9223372036854775808",
          "9223372036854775808",
          "\u00c3\u00a9",
          "x\u00e2\u0082\u00ac");
    }
  }

  private static final class Bytes implements Form<byte[]> {
    @Override
    public byte[] of(String bytes) {
      return bytes.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String bytes(byte[] value) {
      return new String(value, StandardCharsets.ISO_8859_1);
    }

    @Override
    public List<String> samples() {
      return List.of("", "a", "\u0000\u00ff", "hello", "0", "7", "-3", "1.5", "\u00c3\u0028");
    }
  }

  private static final class Numbers implements Form<Long> {
    @Override
    public Long of(String bytes) {
      return Long.valueOf(bytes);
    }

    @Override
    public String bytes(Long value) {
      return value.toString();
    }

    @Override
    public List<String> samples() {
      return List.of("0", "7", "-3", "10", "9223372036854775807", "-9223372036854775808");
    }
  }

  // ------------------------------------------------------------------------------------- sequences

  private final class Sequence<V> {
    private final int seed;
    private final SplittableRandom random;
    private final LarderCache<String, V> cache;
    private final Form<V> form;
    private final RedisModel model;
    private final List<String> log = new ArrayList<>();
    private final List<Runnable> steps;
    private int refused;

    Sequence(int seed, LarderCache<String, V> cache, Form<V> form, boolean texts) {
      this.seed = seed;
      this.random = new SplittableRandom(seed);
      this.cache = cache;
      this.form = form;
      this.steps = new ArrayList<>(stepsOnAll());
      if (texts) {
        steps.addAll(stepsOnTexts());
      }
      // What came before must not show: seconds are rounded, so all begin with a full one.
      caches.clock.advanceMillis(1_000 - caches.clock.millis() % 1_000);
      this.model = new RedisModel(caches.clock.millis());
      cache.clear();
    }

    void run() {
      for (int i = 1; i <= STEPS; i++) {
        steps.get(random.nextInt(steps.size())).run();
        if (i % STEPS_BETWEEN_LOOKS == 0) {
          look();
        }
      }
    }

    private List<Runnable> stepsOnAll() {
      return List.of(
          this::advance,
          this::advance,
          this::advance,
          this::set,
          this::set,
          this::set,
          this::setWithOptions,
          this::setWithOptions,
          this::setWithOptions,
          this::setWithOptions,
          this::setIfAbsent,
          this::get,
          this::getAndExpire,
          this::getAndExpire,
          this::getAndDelete,
          this::mget,
          this::mset,
          this::compareAndSet,
          this::compareAndDelete,
          this::incrBy,
          this::incrBy,
          this::delete,
          this::exists,
          this::rename,
          this::rename,
          this::copy,
          this::copy,
          this::type,
          this::times,
          this::expire,
          this::expire,
          this::expire,
          this::persist);
    }

    private List<Runnable> stepsOnTexts() {
      return List.of(
          this::append,
          this::append,
          this::strlen,
          this::getRange,
          this::getRange,
          this::setRange,
          this::setRange,
          this::incrByFloat,
          this::incrByFloat);
    }

    // ------------------------------------------------------------------------------------- values

    private void advance() {
      long millis = time();
      caches.clock.advanceMillis(millis);
      model.advance(millis);
      log.add(millis + " ms later");
    }

    private void set() {
      String key = key();
      String value = sample();
      switch (random.nextInt(3)) {
        case 0 -> {
          long ttl = timeOrNone();
          compare(
              "SET " + key + " " + quoted(value) + " PX " + ttl,
              () -> done(() -> cache.set(key, form.of(value), Duration.ofMillis(ttl))),
              () -> done(() -> model.set(key, value, null, false, model.after(ttl, "set"))));
        }
        default ->
            compare(
                "SET " + key + " " + quoted(value),
                () -> done(() -> cache.set(key, form.of(value))),
                () -> done(() -> model.set(key, value, null, false, RedisModel.NO_DEADLINE)));
      }
    }

    private void setWithOptions() {
      String key = key();
      String value = sample();
      String command = "SET " + key + " " + quoted(value);
      SetOptions options = SetOptions.none();
      Boolean present = null;
      switch (random.nextInt(4)) {
        case 0 -> {
          options = options.nx();
          present = false;
          command += " NX";
        }
        case 1 -> {
          options = options.xx();
          present = true;
          command += " XX";
        }
        default -> {}
      }
      boolean get = random.nextBoolean();
      if (get) {
        options = options.get();
        command += " GET";
      }
      Supplier<Long> deadline;
      switch (random.nextInt(4)) {
        case 0 -> {
          options = options.keepTtl();
          deadline = () -> RedisModel.KEEP;
          command += " KEEPTTL";
        }
        case 1 -> {
          long ttl = timeOrNone();
          options = options.ex(Duration.ofMillis(ttl));
          deadline = () -> model.after(ttl, "set");
          command += " PX " + ttl;
        }
        case 2 -> {
          long time = pastOrFuture();
          options = options.exAt(Instant.ofEpochMilli(time));
          deadline = () -> model.at(time, "set");
          command += " PXAT " + time;
        }
        default -> deadline = () -> RedisModel.NO_DEADLINE;
      }
      SetOptions all = options;
      Boolean when = present;
      compare(
          command,
          () -> {
            SetResult<V> result = cache.set(key, form.of(value), all);
            List<Object> reply = new ArrayList<>(List.of(result.done()));
            if (get) {
              reply.add(bytes(result.previous()));
            } else {
              assertThat(result.previous()).isNull();
            }
            return reply;
          },
          () -> model.set(key, value, when, get, deadline.get()));
    }

    private void setIfAbsent() {
      String key = key();
      String value = sample();
      if (random.nextBoolean()) {
        compare(
            "SETNX " + key + " " + quoted(value),
            () -> cache.setIfAbsent(key, form.of(value)),
            () -> model.set(key, value, false, false, RedisModel.NO_DEADLINE).get(0));
      } else {
        long ttl = timeOrNone();
        compare(
            "SET " + key + " " + quoted(value) + " NX PX " + ttl,
            () -> cache.setIfAbsent(key, form.of(value), Duration.ofMillis(ttl)),
            () -> model.set(key, value, false, false, model.after(ttl, "set")).get(0));
      }
    }

    private void get() {
      String key = key();
      compare("GET " + key, () -> bytes(cache.get(key)), () -> model.get(key));
    }

    // A time that is none is refused here, while Redis does not look at it if the key is absent.
    private void getAndExpire() {
      String key = key();
      switch (random.nextInt(3)) {
        case 0 -> {
          long ttl = timeOrNone();
          compare(
              "GETEX " + key + " PX " + ttl,
              () -> bytes(cache.getAndExpire(key, Duration.ofMillis(ttl))),
              () -> model.getAndExpire(key, model.after(ttl, "getex")));
        }
        case 1 -> {
          long time = pastOrFuture();
          compare(
              "GETEX " + key + " PXAT " + time,
              () -> bytes(cache.getAndExpireAt(key, Instant.ofEpochMilli(time))),
              () -> model.getAndExpire(key, model.at(time, "getex")));
        }
        default ->
            compare(
                "GETEX " + key + " PERSIST",
                () -> bytes(cache.getAndPersist(key)),
                () -> model.getAndExpire(key, RedisModel.NO_DEADLINE));
      }
    }

    private void getAndDelete() {
      String key = key();
      compare("GETDEL " + key, () -> bytes(cache.getAndDelete(key)), () -> model.getAndDelete(key));
    }

    private void mget() {
      List<String> keys = someKeys();
      compare(
          "MGET " + keys,
          () -> cache.mget(keys).stream().map(this::bytes).toList(),
          () -> model.mget(keys));
    }

    private void mset() {
      Map<String, String> pairs = new LinkedHashMap<>();
      Map<String, V> values = new LinkedHashMap<>();
      for (String key : someKeys()) {
        String value = sample();
        pairs.put(key, value);
        values.put(key, form.of(value));
      }
      if (random.nextInt(3) == 0) {
        compare(
            "MSET " + pairs,
            () -> done(() -> cache.mset(values)),
            () -> done(() -> model.mset(pairs)));
      } else {
        compare(
            "MSETNX " + pairs, () -> cache.msetIfAbsent(values), () -> model.msetIfAbsent(pairs));
      }
    }

    private void compareAndSet() {
      String key = key();
      String value = sample();
      String expected = random.nextInt(3) > 0 ? model.get(key) : sample();
      V expectedValue = expected == null ? null : form.of(expected);
      String command = "compareAndSet " + key + " " + expected + " " + quoted(value);
      if (random.nextBoolean()) {
        compare(
            command,
            () -> cache.compareAndSet(key, expectedValue, form.of(value)),
            () -> model.compareAndSet(key, expected, value, RedisModel.NO_DEADLINE));
      } else {
        long ttl = timeOrNone();
        compare(
            command + " " + ttl,
            () -> cache.compareAndSet(key, expectedValue, form.of(value), Duration.ofMillis(ttl)),
            () -> model.compareAndSet(key, expected, value, model.after(ttl, "set")));
      }
    }

    private void compareAndDelete() {
      String key = key();
      String present = model.get(key);
      String expected = present != null && random.nextBoolean() ? present : sample();
      compare(
          "compareAndDelete " + key + " " + quoted(expected),
          () -> cache.compareAndDelete(key, form.of(expected)),
          () -> model.compareAndDelete(key, expected));
    }

    // -------------------------------------------------------------------------- texts and counters

    private void append() {
      String key = key();
      String suffix = shortSample();
      compare(
          "APPEND " + key + " " + quoted(suffix),
          () -> cache.append(key, form.of(suffix)),
          () -> model.append(key, suffix));
    }

    private void strlen() {
      String key = key();
      compare("STRLEN " + key, () -> cache.strlen(key), () -> model.strlen(key));
    }

    private void getRange() {
      String key = key();
      long start = any(POSITIONS);
      long end = any(POSITIONS);
      compare(
          "GETRANGE " + key + " " + start + " " + end,
          () -> bytes(cache.getRange(key, start, end)),
          () -> model.getRange(key, start, end));
    }

    private void setRange() {
      String key = key();
      long offset =
          random.nextInt(8) == 0 ? (random.nextBoolean() ? -1 : 512 << 20) : random.nextInt(12);
      String part = shortSample();
      compare(
          "SETRANGE " + key + " " + offset + " " + quoted(part),
          () -> cache.setRange(key, offset, form.of(part)),
          () -> model.setRange(key, offset, part));
    }

    private void incrBy() {
      String key = key();
      long by = any(INTEGERS);
      switch (random.nextInt(4)) {
        case 0 -> compare("INCR " + key, () -> cache.incr(key), () -> model.incrBy(key, 1));
        case 1 -> compare("DECR " + key, () -> cache.decr(key), () -> model.decrBy(key, 1));
        case 2 ->
            compare(
                "INCRBY " + key + " " + by,
                () -> cache.incrBy(key, by),
                () -> model.incrBy(key, by));
        default ->
            compare(
                "DECRBY " + key + " " + by,
                () -> cache.decrBy(key, by),
                () -> model.decrBy(key, by));
      }
    }

    private void incrByFloat() {
      String key = key();
      String by = any(DECIMALS);
      compare(
          "INCRBYFLOAT " + key + " " + by,
          () -> cache.incrByFloat(key, new BigDecimal(by)).toPlainString(),
          () -> model.incrByFloat(key, by));
    }

    // ---------------------------------------------------------------------------- keys and
    // deadlines

    private void delete() {
      List<String> keys = someKeys();
      String first = keys.get(0);
      if (keys.size() == 1) {
        compare("DEL " + first, () -> cache.delete(first), () -> model.delete(keys) == 1);
      } else {
        compare("DEL " + keys, () -> cache.deleteAll(keys), () -> model.delete(keys));
      }
    }

    private void exists() {
      List<String> keys = someKeys();
      if (random.nextBoolean()) {
        compare("EXISTS " + keys, () -> cache.countExisting(keys), () -> model.exists(keys));
      } else {
        compare("TOUCH " + keys, () -> cache.touchAll(keys), () -> model.exists(keys));
      }
    }

    private void rename() {
      String key = key();
      String other = key();
      if (random.nextBoolean()) {
        compare(
            "RENAME " + key + " " + other,
            () -> done(() -> cache.rename(key, other)),
            () -> done(() -> model.rename(key, other, true)));
      } else {
        compare(
            "RENAMENX " + key + " " + other,
            () -> cache.renameIfAbsent(key, other),
            () -> model.rename(key, other, false));
      }
    }

    private void copy() {
      String key = key();
      String other = key();
      boolean replace = random.nextBoolean();
      compare(
          "COPY " + key + " " + other + (replace ? " REPLACE" : ""),
          () -> replace ? cache.copy(key, other, true) : cache.copy(key, other),
          () -> model.copy(key, other, replace));
    }

    private void type() {
      String key = key();
      compare("TYPE " + key, () -> cache.type(key).toString(), () -> model.type(key));
    }

    private void times() {
      String key = key();
      compare("PTTL " + key, () -> cache.pttl(key), () -> model.pttl(key));
      compare("TTL " + key, () -> cache.ttl(key), () -> RedisModel.seconds(model.pttl(key)));
      compare("PEXPIRETIME " + key, () -> cache.pexpireTime(key), () -> model.pexpireTime(key));
      compare(
          "EXPIRETIME " + key,
          () -> cache.expireTime(key),
          () -> RedisModel.seconds(model.pexpireTime(key)));
    }

    private void expire() {
      String key = key();
      Set<ExpireCondition> conditions = EnumSet.noneOf(ExpireCondition.class);
      for (int i = random.nextInt(4); i > 1; i--) { // often none, seldom two
        conditions.add(ExpireCondition.values()[random.nextInt(4)]);
      }
      if (conditions.isEmpty() && random.nextBoolean()) {
        conditions.add(ExpireCondition.values()[random.nextInt(4)]);
      }
      ExpireCondition[] array = conditions.toArray(ExpireCondition[]::new);
      if (random.nextBoolean()) {
        // Of two errors at once, it does not matter which comes first.
        long ttl = conditions.size() < 2 && random.nextInt(20) == 0 ? Long.MAX_VALUE : timeOrNone();
        compare(
            "PEXPIRE " + key + " " + ttl + " " + conditions,
            () -> cache.expire(key, Duration.ofMillis(ttl), array),
            () -> model.expire(key, ttl, conditions));
      } else {
        long time = pastOrFuture();
        compare(
            "PEXPIREAT " + key + " " + time + " " + conditions,
            () -> cache.expireAt(key, Instant.ofEpochMilli(time), array),
            () -> model.expireAt(key, time, conditions));
      }
    }

    private void persist() {
      String key = key();
      compare("PERSIST " + key, () -> cache.persist(key), () -> model.persist(key));
    }

    // ----------------------------------------------------------------------------------- comparing

    /** Compares all that there is. */
    private void look() {
      verify("all keys", () -> sorted(cache.keys("*").toList()), model::keys);
      verify("all keys, scanned", () -> sorted(scan()), model::keys);
      // What has expired is removed when it is looked for, so that the size is exact after this.
      for (String key : KEYS) {
        verify("exists " + key, () -> cache.exists(key), () -> model.exists(key));
        verify("value of " + key, () -> bytes(cache.get(key)), () -> model.get(key));
        verify("time of " + key, () -> cache.pttl(key), () -> model.pttl(key));
      }
      verify("size", cache::size, () -> model.keys().size());
    }

    private List<String> scan() {
      List<String> keys = new ArrayList<>();
      long cursor = 0;
      do {
        ScanPage<String> page = cache.scan(cursor, ScanOptions.all().count(1));
        keys.addAll(page.keys());
        cursor = page.cursor();
      } while (cursor != 0);
      return keys;
    }

    private Set<String> sorted(Collection<String> keys) {
      return new TreeSet<>(keys);
    }

    private void compare(String command, Supplier<?> real, Supplier<?> expected) {
      String answer = verify(command, real, expected);
      log.add(command + " -> " + answer);
      if (answer.startsWith("-ERR")) {
        refused++;
      }
    }

    private String verify(String command, Supplier<?> real, Supplier<?> expected) {
      String found = reply(real);
      String wanted = reply(expected);
      if (!found.equals(wanted)) {
        throw new AssertionError(
            String.format(
                Locale.ROOT,
                "seed %d: %s: expected %s, found %s, after these steps:%n  %s",
                seed,
                command,
                wanted,
                found,
                String.join(System.lineSeparator() + "  ", log)));
      }
      return found;
    }

    private String reply(Supplier<?> call) {
      try {
        return quoted(String.valueOf(call.get()));
      } catch (OperationException e) {
        return "-" + e.code() + " " + e.getMessage();
      } catch (RedisModel.Refusal e) {
        return "-" + e.getMessage();
      } catch (RuntimeException e) { // an answer as well: a wrong one, to be shown with its steps
        return "a " + e;
      }
    }

    private String done(Runnable call) {
      call.run();
      return "OK";
    }

    private String bytes(V value) {
      return value == null ? null : form.bytes(value);
    }

    /** Printable, as the bytes are not all. */
    private static String quoted(String bytes) {
      StringBuilder quoted = new StringBuilder();
      for (char c : bytes.toCharArray()) {
        quoted.append(c >= ' ' && c <= '~' ? c : String.format(Locale.ROOT, "\\x%02x", (int) c));
      }
      return quoted.isEmpty() ? "''" : quoted.toString();
    }

    // ------------------------------------------------------------------------------------ choosing

    private String key() {
      return any(KEYS);
    }

    /** One to three keys, perhaps the same ones. */
    private List<String> someKeys() {
      List<String> keys = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        keys.add(key());
      }
      return keys;
    }

    private String sample() {
      return any(form.samples());
    }

    /** So short that what is appended to never gets too long to be a number. */
    private String shortSample() {
      String sample = sample();
      return sample.length() < 6 ? sample : "42";
    }

    private long time() {
      return any(TIMES);
    }

    /** A time to live, now and then none. */
    private long timeOrNone() {
      return random.nextInt(6) == 0 ? any(NO_TIMES) : time();
    }

    /** A point in time around now, now and then long ago. */
    private long pastOrFuture() {
      return switch (random.nextInt(8)) {
        case 0 -> any(NO_TIMES);
        case 1 -> model.now();
        case 2, 3 -> model.now() - time();
        default -> model.now() + time();
      };
    }

    private <T> T any(List<T> list) {
      return list.get(random.nextInt(list.size()));
    }

    private long any(long[] array) {
      return array[random.nextInt(array.length)];
    }
  }
}
