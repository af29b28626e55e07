package dev.larder;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/**
 * A cache with Redis' operations beside JCache's: {@code LarderCache.of(cache)}.
 *
 * <p>Each method does what the Redis command in its description does, with the reply and, in an
 * {@link OperationException}, the error text of Redis 7.2; and it is the operation that this
 * command runs when it comes through the socket. It is a JCache operation at the same time: the
 * cache's expiry policy, writer, listeners, statistics and store-by-value hold for it.
 *
 * <h2>What they have in common</h2>
 *
 * <ul>
 *   <li><b>Atomicity.</b> Every operation is atomic at each key. Those on several keys are atomic
 *       as a whole where they say so; clients of a socket then never see a part of it, while reads
 *       from Java, which wait for nobody, may.
 *   <li><b>Events.</b> "Stores" below means: the writer is told ({@code write}), the listeners are
 *       told CREATED or UPDATED, a put is counted. "Removes": {@code delete}, REMOVED, a removal.
 *       "Reads": a hit or a miss is counted, the expiry policy is told of an access, and a missing
 *       value is loaded where the cache reads through. A deadline that is set or taken away alone
 *       fires no JCache event. A value found expired fires EXPIRED first.
 *   <li><b>Deadlines.</b> A time to live given here overrides the expiry policy for that entry,
 *       which then neither an update nor an access changes; {@link #set(Object, Object)}, {@link
 *       #mset} and a new value by {@code javax.cache} with a policy that has an answer end that.
 *       Times to live begin when the value is there, after any waiting, loading and writing. They
 *       are rounded up to milliseconds; unless said otherwise, zero or less is refused with {@code
 *       ERR invalid expire time in '…' command}.
 *   <li><b>Errors.</b> Null as key, value or option is a {@code NullPointerException}; a closed
 *       cache an {@code IllegalStateException}, before anything else; a key or value not of the
 *       cache's types a {@code ClassCastException} where it would be stored; an array as a key an
 *       {@code IllegalArgumentException} there; what a loader or writer throws comes as {@code
 *       CacheLoaderException} or {@code CacheWriterException}. After any of them, nothing has
 *       changed.
 * </ul>
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public interface LarderCache<K, V> extends Cache<K, V> {

  /**
   * A cache's further operations.
   *
   * @throws IllegalArgumentException if the cache is of another provider
   */
  @SuppressWarnings("unchecked")
  static <K, V> LarderCache<K, V> of(Cache<K, V> cache) {
    return cache.unwrap(LarderCache.class);
  }

  /** The same operations without waiting. */
  AsyncLarderCache<K, V> async();

  // -------------------------------------------------------------------------------------- values

  /**
   * Sets a value, whatever was there. The deadline is the expiry policy's for an update or, where
   * that has none, for a creation: an explicit one does not stay. Stores.
   *
   * <p>Redis: {@code SET key value}
   */
  void set(K key, V value);

  /**
   * Sets a value that lives for this long. Stores.
   *
   * <p>Redis: {@code SET key value PX milliseconds}
   *
   * @throws OperationException if {@code ttl} is zero or less, or too long; before anything else
   */
  void set(K key, V value, Duration ttl);

  /**
   * Sets a value under conditions, and tells what was there. Stores, if it does; {@code get} counts
   * a hit or a miss, but is no access and does not load.
   *
   * <p>Redis: {@code SET key value [NX | XX] [GET] [EX | PX | EXAT | PXAT | KEEPTTL]}
   *
   * @throws OperationException if the time to live is zero or less, the deadline before 1970, or
   *     either too late; before anything else
   */
  SetResult<V> set(K key, V value, SetOptions options);

  /**
   * Sets a value if the key is absent. Stores, if it does; no look-up is counted.
   *
   * <p>Redis: {@code SETNX key value}
   *
   * @return whether it was
   */
  boolean setIfAbsent(K key, V value);

  /**
   * Sets a value that lives for this long if the key is absent. Stores, if it does.
   *
   * <p>Redis: {@code SET key value NX PX milliseconds}
   *
   * @return whether it was
   */
  boolean setIfAbsent(K key, V value, Duration ttl);

  /**
   * The value, which from now on lives for this long. Reads; a value that is loaded gets this time
   * to live, too.
   *
   * <p>Redis: {@code GETEX key PX milliseconds}
   *
   * @return null if there is none
   */
  @Nullable V getAndExpire(K key, Duration ttl);

  /**
   * The value, which lives until then; if that has passed, this was the last read. Reads.
   *
   * <p>Redis: {@code GETEX key PXAT unix-time-milliseconds}
   *
   * @return null if there is none
   */
  @Nullable V getAndExpireAt(K key, Instant deadline);

  /**
   * The value, whose deadline is taken away. Reads.
   *
   * <p>Redis: {@code GETEX key PERSIST}
   *
   * @return null if there is none
   */
  @Nullable V getAndPersist(K key);

  /**
   * Removes a value and returns it; the same as {@code getAndRemove}. A hit or a miss is counted,
   * and the writer is told even if there is none. Removes.
   *
   * <p>Redis: {@code GETDEL key}
   *
   * @return null if there was none
   */
  @Nullable V getAndDelete(K key);

  /**
   * The values of these keys, in their order, null for those that are absent. Each is read. Atomic
   * as a whole, and so waits for keys that are being changed; where the cache reads through it is
   * not, and missing values are loaded together ({@code loadAll}).
   *
   * <p>Redis: {@code MGET key [key ...]}
   */
  List<@Nullable V> mget(Collection<? extends K> keys);

  /**
   * Sets several values, as {@link #set(Object, Object)} each, atomically as a whole. The writer is
   * told of all at once ({@code writeAll}), before; if it throws, nothing is set. Stores.
   *
   * <p>Redis: {@code MSET key value [key value ...]}
   */
  void mset(Map<? extends K, ? extends V> values);

  /**
   * Sets several values as {@link #mset} if all the keys are absent, else none. Stores, if it does.
   *
   * <p>Redis: {@code MSETNX key value [key value ...]}
   *
   * @return whether they were
   */
  boolean msetIfAbsent(Map<? extends K, ? extends V> values);

  // ------------------------------------------------------------------------------- parts of text

  /**
   * Appends to a text; an absent key gets the value as it is. An explicit deadline stays. Texts are
   * sequences of bytes here and in the next three methods: those of the value as a socket shows it,
   * UTF-8 for a {@code String}. A {@code byte[]} is its own text, a number the decimal one; the
   * type stays if it can. Stores.
   *
   * <p>Redis: {@code APPEND key value}
   *
   * @return the length now, in bytes
   * @throws OperationException {@code WRONGTYPE} if a value has no text; if the result would be
   *     longer than 512 MB or an eighth of the heap
   */
  long append(K key, V suffix);

  /**
   * The length of a text in bytes; 0 if the key is absent. Reads.
   *
   * <p>Redis: {@code STRLEN key}
   *
   * @throws OperationException {@code WRONGTYPE} if the value has no text
   */
  long strlen(K key);

  /**
   * A part of a text, from the byte at {@code start} to that at {@code end}, both included;
   * negative positions count from the end (-1 is the last byte), those outside are cut off. Bytes
   * that are a part of a character are kept as such: putting the parts together again gives the
   * text. An absent key is the empty text. Reads.
   *
   * <p>Redis: {@code GETRANGE key start end}
   *
   * @throws OperationException {@code WRONGTYPE} if the value has no text
   * @throws CodecException if the part is no value of the cache's type: an empty one is no number
   */
  V getRange(K key, long start, long end);

  /**
   * Overwrites a part of a text from the byte at {@code offset} on, with zeros in a gap; an empty
   * part changes nothing and creates nothing. An explicit deadline stays. Stores.
   *
   * <p>Redis: {@code SETRANGE key offset value}
   *
   * @return the length now, in bytes
   * @throws OperationException {@code WRONGTYPE} if a value has no text; if the offset is negative,
   *     or the result too long as for {@link #append}
   */
  long setRange(K key, long offset, V part);

  // ---------------------------------------------------------------------------------------- keys

  /**
   * Removes a key; the same as {@code remove}. Removes; the writer is told even if it is absent.
   *
   * <p>Redis: {@code DEL key}, {@code UNLINK key}
   *
   * @return whether there was a value
   */
  boolean delete(K key);

  /**
   * Removes several keys, atomically as a whole; the writer is told of all at once ({@code
   * deleteAll}), before; if it throws, nothing is removed. Removes.
   *
   * <p>Redis: {@code DEL key [key ...]}
   *
   * @return how many had a value; a key named twice counts once
   */
  long deleteAll(Collection<? extends K> keys);

  /** As {@link #deleteAll}. */
  @SuppressWarnings("unchecked")
  default long delete(K first, K second, K... more) {
    List<K> keys = new ArrayList<>(more.length + 2);
    keys.add(first);
    keys.add(second);
    keys.addAll(List.of(more));
    return deleteAll(keys);
  }

  /**
   * Whether a key has a value; the same as {@code containsKey}. Not counted, no access.
   *
   * <p>Redis: {@code EXISTS key}
   */
  boolean exists(K key);

  /**
   * How many of these keys have a value, at one moment; a key named twice counts twice. Not
   * counted, no access.
   *
   * <p>Redis: {@code EXISTS key [key ...]}
   */
  long countExisting(Collection<? extends K> keys);

  /**
   * Tells the expiry policy of an access, and nothing else. Not counted.
   *
   * <p>Redis: {@code TOUCH key}
   *
   * @return whether there is a value
   */
  boolean touch(K key);

  /**
   * As {@link #touch}, for several keys at one moment.
   *
   * <p>Redis: {@code TOUCH key [key ...]}
   *
   * @return how many have a value; a key named twice counts twice
   */
  long touchAll(Collection<? extends K> keys);

  /**
   * Gives the value of a key, with its deadline, to another one, whatever was there. Atomic as a
   * whole. Removes the one and stores the other; onto itself it does nothing.
   *
   * <p>Redis: {@code RENAME key newkey}
   *
   * @throws OperationException {@code ERR no such key} if there is no value
   */
  void rename(K key, K newKey);

  /**
   * As {@link #rename}, but only if the new key is absent.
   *
   * <p>Redis: {@code RENAMENX key newkey}
   *
   * @return whether it was; onto itself, false
   * @throws OperationException {@code ERR no such key} if there is no value
   */
  boolean renameIfAbsent(K key, K newKey);

  /**
   * Gives the value of a key, with its deadline, also to another one, if that is absent. Atomic as
   * a whole. Stores, if it does.
   *
   * <p>Redis: {@code COPY source destination}
   *
   * @return whether it did; false also if there is no value
   * @throws OperationException if both keys are the same
   */
  boolean copy(K source, K destination);

  /**
   * As {@link #copy(Object, Object)}; if {@code replace}, whatever was there.
   *
   * <p>Redis: {@code COPY source destination [REPLACE]}
   */
  boolean copy(K source, K destination, boolean replace);

  /**
   * Writes all entries to a file in Redis' format (RDB, version 9), which {@code redis-server}
   * loads as database 0. They are as they were at one moment; writers go on meanwhile. The file is
   * written beside, forced to disk, and then takes the name, in one step.
   *
   * @throws PersistenceException if it cannot be written, or an entry has no form on disk; a file
   *     that was there before is still there
   * @throws IllegalStateException if the cache is closed
   */
  void save(Path file);

  /**
   * Puts the entries of a file in Redis' format in the place of all that there are: one that {@link
   * #save} has written, or the snapshot of a Redis (to version 12 of the format) or Valkey with
   * strings in one database. The file is read to its end before anything changes; all entries then
   * change as one. Entries whose time has passed are left out; others keep their deadlines, which
   * are explicit. No loader, writer, policy or listener is called, and statistics do not count it.
   *
   * @throws PersistenceException if the file cannot be read, is damaged, or has keys or values of
   *     other types; the entries are as before
   * @throws IllegalStateException if the cache is closed
   */
  void load(Path file);

  /**
   * The value of a key as bytes that {@link #restore} takes, here and, if it has a text, in Redis.
   * They hold neither the key nor the deadline. Reads, but never loads.
   *
   * <p>Redis: {@code DUMP key}
   *
   * @return null if there is no value
   * @throws CodecException if the value cannot be saved: it is neither of a type with a text nor
   *     serializable, or its class is not {@linkplain LarderConfiguration.Builder#allow allowed}
   */
  byte @Nullable [] dump(K key);

  /**
   * Sets a value that was dumped, by this or another cache, or by Redis; the key must be absent.
   * Stores.
   *
   * <p>Redis: {@code RESTORE key ttl serialized-value}
   *
   * @param ttl its explicit time to live, rounded up to milliseconds; zero: it has no deadline
   * @throws OperationException {@code BUSYKEY} if there is a value; {@code ERR} if the TTL is
   *     negative, the bytes are damaged, or are those of a list, set or other value that there is
   *     not yet
   * @throws CodecException if the bytes are sound, but no value of the cache's type, or one of a
   *     class that is not {@linkplain LarderConfiguration.Builder#allow allowed}
   */
  void restore(K key, byte[] dumped, Duration ttl);

  /**
   * As {@link #restore(Object, byte[], Duration)}; if {@code replace}, whatever was there.
   *
   * <p>Redis: {@code RESTORE key ttl serialized-value [REPLACE]}
   */
  void restore(K key, byte[] dumped, Duration ttl, boolean replace);

  /**
   * What kind of value a key has. Not counted, no access.
   *
   * <p>Redis: {@code TYPE key}
   */
  ValueType type(K key);

  /**
   * Any key that has a value, each about as likely as the others. Not counted, no access.
   *
   * <p>Redis: {@code RANDOMKEY}
   *
   * @return null if there is none
   */
  @Nullable K randomKey();

  /**
   * The next keys of a walk through all of them, which begins with cursor 0 and ends when it is 0
   * again. Keys that are there from begin to end are returned at least once, however the cache
   * grows meanwhile; others perhaps. Nothing is kept between the calls: any cursor is accepted at
   * any time. Not counted, no access.
   *
   * <p>Redis: {@code SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]}
   */
  ScanPage<K> scan(long cursor, ScanOptions options);

  /**
   * The keys whose text matches a glob pattern, see {@link ScanOptions#match}; found while the
   * stream is read, each that is there throughout exactly once. Not a snapshot; ends early if the
   * cache is closed meanwhile. Not counted, no access.
   *
   * <p>Redis: {@code KEYS pattern}
   */
  Stream<K> keys(String glob);

  /**
   * How many keys there are, with those that have expired and not been removed yet, which usually
   * takes less than a second.
   *
   * <p>Redis: {@code DBSIZE}
   */
  long size();

  // -------------------------------------------------------------------------------------- expiry

  /** {@link #ttl}, {@link #pttl} and {@link #expireTime} of a key without a deadline: -1. */
  long NO_DEADLINE = -1;

  /** {@link #ttl}, {@link #pttl} and {@link #expireTime} of an absent key: -2. */
  long NO_KEY = -2;

  /**
   * Seconds to live, rounded to the nearest; {@link #NO_DEADLINE} or {@link #NO_KEY}. Not counted,
   * no access, like all of the following but those that set a deadline.
   *
   * <p>Redis: {@code TTL key}
   */
  long ttl(K key);

  /**
   * Milliseconds to live; {@link #NO_DEADLINE} or {@link #NO_KEY}.
   *
   * <p>Redis: {@code PTTL key}
   */
  long pttl(K key);

  /**
   * The deadline in seconds since 1970, rounded to the nearest; {@link #NO_DEADLINE} or {@link
   * #NO_KEY}.
   *
   * <p>Redis: {@code EXPIRETIME key}
   */
  long expireTime(K key);

  /**
   * The deadline in milliseconds since 1970; {@link #NO_DEADLINE} or {@link #NO_KEY}.
   *
   * <p>Redis: {@code PEXPIRETIME key}
   */
  long pexpireTime(K key);

  /**
   * Sets an explicit deadline that far from now. Zero or less removes the key: EXPIRED is told, no
   * writer, no removal is counted.
   *
   * <p>Redis: {@code PEXPIRE key milliseconds [NX | XX | GT | LT]}
   *
   * @return whether there is a value and all conditions hold
   * @throws OperationException if the conditions exclude each other, or the deadline is too late
   */
  boolean expire(K key, Duration ttl, ExpireCondition... conditions);

  /**
   * Sets an explicit deadline, as {@link #expire}.
   *
   * <p>Redis: {@code PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]}
   */
  boolean expireAt(K key, Instant deadline, ExpireCondition... conditions);

  /**
   * Takes the deadline away; the expiry policy gives none on access or by {@link #incr} any more.
   *
   * <p>Redis: {@code PERSIST key}
   *
   * @return whether there was one
   */
  boolean persist(K key);

  // ------------------------------------------------------------------------------------ counters

  /**
   * Adds one, see {@link #incrBy}.
   *
   * <p>Redis: {@code INCR key}
   */
  long incr(K key);

  /**
   * Takes one away, see {@link #incrBy}.
   *
   * <p>Redis: {@code DECR key}
   */
  long decr(K key);

  /**
   * Adds to an integer, whatever type holds it: {@code Long}, {@code Integer}, …, or decimal text;
   * the type stays. An absent key counts from 0 and becomes what the cache's values are. An
   * explicit deadline stays. Stores; no look-up is counted.
   *
   * <p>Redis: {@code INCRBY key increment}
   *
   * @return the sum
   * @throws OperationException if the value is not an integer, or the sum does not fit into 64 bits
   *     or the value's type
   */
  long incrBy(K key, long increment);

  /**
   * Takes from an integer, see {@link #incrBy}.
   *
   * <p>Redis: {@code DECRBY key decrement}
   */
  long decrBy(K key, long decrement);

  /**
   * Adds to a number, see {@link #incrBy}. The sum is exact, then rounded to 17 digits behind the
   * point; text gets no exponent and no trailing zeros.
   *
   * <p>Redis: {@code INCRBYFLOAT key increment}
   *
   * @return the sum, as it was stored
   * @throws OperationException if the value is not a number, or the sum does not fit into the
   *     value's type
   */
  BigDecimal incrByFloat(K key, BigDecimal increment);

  // ----------------------------------------------------------------------------- compare and set

  /**
   * Sets a value if the present one equals the one expected; null expects the key to be absent. As
   * {@code replace(key, expected, value)}, but the deadline is as for {@link #set(Object, Object)}.
   * Reads, without loading; stores, if it does.
   *
   * @return whether it did
   */
  boolean compareAndSet(K key, @Nullable V expected, V value);

  /**
   * As {@link #compareAndSet(Object, Object, Object)}, with a time to live. With a token as value
   * this is a lock: {@code compareAndSet(name, null, token, lease)} takes it, {@code
   * compareAndSet(name, token, token, lease)} keeps it longer, {@link #compareAndDelete} gives it
   * back.
   */
  boolean compareAndSet(K key, @Nullable V expected, V value, Duration ttl);

  /**
   * Removes a key if its value equals the one expected; the same as {@code remove(key, expected)}.
   * Reads, without loading; removes, if it does.
   *
   * @return whether it did
   */
  boolean compareAndDelete(K key, V expected);

  /**
   * The value, or if there is none the one that {@code loader} makes, which is kept: however many
   * threads ask, one calls its loader while the others wait for it. What is made counts as loaded:
   * the listeners are told CREATED, but the writer is not told, and no put is counted. Reads; the
   * cache's own loader is not asked. The loader must not use this key of the cache.
   *
   * @return null if the loader made null; nothing is kept then
   * @throws RuntimeException what the loader throws, unchanged; nothing is kept, and one of those
   *     who waited asks its own loader
   */
  @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> loader);

  /** As {@link #computeIfAbsent(Object, Function)}; what is made lives for this long. */
  @Nullable V computeIfAbsent(
      K key, Duration ttl, Function<? super K, ? extends @Nullable V> loader);

  // ------------------------------------------------------------------------------------ the whole

  /** What is in the cache and what happened to it. Counts are exact, but not of one moment. */
  CacheInfo info();
}
