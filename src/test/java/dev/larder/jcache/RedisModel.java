package dev.larder.jcache;

import dev.larder.ExpireCondition;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Redis' strings, counters and deadlines as its documentation describes them, in the plainest way,
 * for a test to compare with. A value is a string with one character for each of its bytes.
 *
 * <p>In one thing it does as javax.cache has it: a value is gone at its deadline, not one
 * millisecond after it.
 */
final class RedisModel {
  static final long NO_DEADLINE = Long.MAX_VALUE;
  static final long KEEP = -1;

  private record Value(String bytes, long deadline) {}

  /** An error reply. */
  static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refusal(String message) {
      super("ERR " + message, null, false, false);
    }
  }

  private final TreeMap<String, Value> values = new TreeMap<>();
  private long now;
  private int expired;

  RedisModel(long now) {
    this.now = now;
  }

  // --------------------------------------------------------------------------------------- time

  long now() {
    return now;
  }

  void advance(long millis) {
    now += millis;
    removeExpired();
  }

  /** How many values have reached their deadline. */
  int expired() {
    return expired;
  }

  private void removeExpired() {
    int before = values.size();
    values.values().removeIf(value -> value.deadline <= now);
    expired += before - values.size();
  }

  /** The deadline after a time to live that has to be positive. */
  long after(long ttl, String command) {
    return positive(ttl, ttl > Long.MAX_VALUE - now ? 0 : now + ttl, command);
  }

  /** A deadline that has to be positive. */
  long at(long time, String command) {
    return positive(time, time, command);
  }

  private static long positive(long given, long deadline, String command) {
    if (given <= 0 || deadline <= 0) {
      throw new Refusal("invalid expire time in '" + command + "' command");
    }
    return deadline;
  }

  // ------------------------------------------------------------------------------------- values

  private void store(String key, String bytes, long deadline) {
    values.put(key, new Value(bytes, deadline));
    removeExpired();
  }

  /** A new value for a key that keeps its deadline. */
  private void change(String key, String bytes) {
    store(key, bytes, deadline(key));
  }

  private long deadline(String key) {
    return exists(key) ? values.get(key).deadline : NO_DEADLINE;
  }

  String get(String key) {
    return exists(key) ? values.get(key).bytes : null;
  }

  /** The text of a key, which is empty if there is none. */
  private String text(String key) {
    return exists(key) ? get(key) : "";
  }

  /**
   * SET, with a deadline or one of the constants above.
   *
   * @param present XX if true, NX if false, neither if null
   * @return whether it set, and for GET what was there
   */
  List<Object> set(String key, String value, Boolean present, boolean get, long deadline) {
    List<Object> reply = new ArrayList<>();
    boolean sets = present == null || present == exists(key);
    reply.add(sets);
    if (get) {
      reply.add(get(key));
    }
    if (sets) {
      store(key, value, deadline == KEEP ? deadline(key) : deadline);
    }
    return reply;
  }

  /** GETEX, with a deadline, or none for PERSIST. */
  String getAndExpire(String key, long deadline) {
    String value = get(key);
    if (value != null) {
      store(key, value, deadline);
    }
    return value;
  }

  String getAndDelete(String key) {
    String value = get(key);
    values.remove(key);
    return value;
  }

  List<String> mget(List<String> keys) {
    return keys.stream().map(this::get).toList();
  }

  void mset(Map<String, String> pairs) {
    pairs.forEach((key, value) -> store(key, value, NO_DEADLINE));
  }

  boolean msetIfAbsent(Map<String, String> pairs) {
    boolean sets = pairs.keySet().stream().noneMatch(this::exists);
    if (sets) {
      mset(pairs);
    }
    return sets;
  }

  /** Larder's own, for what takes a script in Redis; null expects the key to be absent. */
  boolean compareAndSet(String key, String expected, String value, long deadline) {
    boolean same = expected == null ? !exists(key) : expected.equals(get(key));
    if (same) {
      store(key, value, deadline);
    }
    return same;
  }

  boolean compareAndDelete(String key, String expected) {
    return expected.equals(get(key)) && delete(List.of(key)) == 1;
  }

  // --------------------------------------------------------------------------------------- texts

  long append(String key, String suffix) {
    change(key, text(key) + suffix);
    return strlen(key);
  }

  long strlen(String key) {
    return text(key).length();
  }

  /** As up to Redis 7: an end before the first byte counts as the first byte. */
  String getRange(String key, long start, long end) {
    String text = text(key);
    if (start < 0 && end < 0 && start > end) {
      return "";
    }
    long from = Math.max(0, start < 0 ? text.length() + start : start);
    long to = Math.max(0, end < 0 ? text.length() + end : end);
    StringBuilder range = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (from <= i && i <= to) {
        range.append(text.charAt(i));
      }
    }
    return range.toString();
  }

  long setRange(String key, long offset, String part) {
    if (offset < 0) {
      throw new Refusal("offset is out of range");
    }
    if (part.isEmpty()) {
      return strlen(key);
    }
    if (offset + part.length() > 512 << 20) {
      throw new Refusal("string exceeds maximum allowed size (proto-max-bulk-len)");
    }
    StringBuilder text = new StringBuilder(text(key));
    while (text.length() < offset) {
      text.append('\0');
    }
    text.replace((int) offset, (int) offset + part.length(), part);
    change(key, text.toString());
    return text.length();
  }

  // ------------------------------------------------------------------------------------ counters

  long incrBy(String key, long increment) {
    long old = 0;
    if (exists(key)) {
      String text = get(key);
      if (!text.matches("0|-?[1-9][0-9]*") || new BigInteger(text).bitLength() > 63) {
        throw new Refusal("value is not an integer or out of range");
      }
      old = Long.parseLong(text);
    }
    BigInteger sum = BigInteger.valueOf(old).add(BigInteger.valueOf(increment));
    if (sum.bitLength() > 63) {
      throw new Refusal("increment or decrement would overflow");
    }
    change(key, sum.toString());
    return sum.longValueExact();
  }

  long decrBy(String key, long decrement) {
    if (decrement == Long.MIN_VALUE) {
      throw new Refusal("decrement would overflow");
    }
    return incrBy(key, -decrement);
  }

  String incrByFloat(String key, String increment) {
    String old = exists(key) ? get(key) : "0";
    if (!old.matches("[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)")) {
      throw new Refusal("value is not a valid float");
    }
    BigDecimal sum =
        new BigDecimal(old).add(new BigDecimal(increment)).setScale(17, RoundingMode.HALF_EVEN);
    change(key, sum.signum() == 0 ? "0" : sum.stripTrailingZeros().toPlainString());
    return get(key);
  }

  // ---------------------------------------------------------------------------------------- keys

  Set<String> keys() {
    return values.keySet();
  }

  boolean exists(String key) {
    return values.containsKey(key);
  }

  /** A key that is named twice counts twice. */
  long exists(List<String> keys) {
    return keys.stream().filter(this::exists).count();
  }

  /** A key that is named twice counts once. */
  long delete(List<String> keys) {
    return keys.stream().filter(key -> values.remove(key) != null).count();
  }

  boolean rename(String key, String newKey, boolean replace) {
    if (!exists(key)) {
      throw new Refusal("no such key");
    }
    boolean renames = replace || !exists(newKey);
    if (renames) {
      values.put(newKey, values.remove(key));
    }
    return renames;
  }

  boolean copy(String source, String destination, boolean replace) {
    if (source.equals(destination)) {
      throw new Refusal("source and destination objects are the same");
    }
    boolean copies = exists(source) && (replace || !exists(destination));
    if (copies) {
      values.put(destination, values.get(source));
    }
    return copies;
  }

  String type(String key) {
    return exists(key) ? "string" : "none";
  }

  // -------------------------------------------------------------------------------------- expiry

  long pttl(String key) {
    long time = pexpireTime(key);
    return time < 0 ? time : time - now;
  }

  long pexpireTime(String key) {
    if (!exists(key)) {
      return -2;
    }
    return deadline(key) == NO_DEADLINE ? -1 : deadline(key);
  }

  /** Milliseconds, if they are such, as seconds. */
  static long seconds(long millis) {
    return millis < 0 ? millis : (millis + 500) / 1_000;
  }

  boolean expire(String key, long ttl, Set<ExpireCondition> conditions) {
    if (ttl > Long.MAX_VALUE - now) {
      throw new Refusal("invalid expire time in 'expire' command");
    }
    return expireAt(key, now + ttl, conditions);
  }

  boolean expireAt(String key, long time, Set<ExpireCondition> conditions) {
    boolean nx = conditions.contains(ExpireCondition.NX);
    boolean xx = conditions.contains(ExpireCondition.XX);
    boolean gt = conditions.contains(ExpireCondition.GT);
    boolean lt = conditions.contains(ExpireCondition.LT);
    if (nx && (xx || gt || lt)) {
      throw new Refusal("NX and XX, GT or LT options at the same time are not compatible");
    }
    if (gt && lt) {
      throw new Refusal("GT and LT options at the same time are not compatible");
    }
    if (!exists(key)) {
      return false;
    }
    long old = deadline(key);
    boolean none = old == NO_DEADLINE;
    if (nx && !none || xx && none || gt && (none || time <= old) || lt && !none && time >= old) {
      return false;
    }
    store(key, get(key), time);
    return true;
  }

  boolean persist(String key) {
    boolean persists = deadline(key) != NO_DEADLINE;
    if (persists) {
      store(key, get(key), NO_DEADLINE);
    }
    return persists;
  }
}
