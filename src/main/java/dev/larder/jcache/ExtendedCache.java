package dev.larder.jcache;

import dev.larder.AsyncLarderCache;
import dev.larder.CacheInfo;
import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.SetResult;
import dev.larder.ValueType;
import dev.larder.codec.ByteText;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.ExpiryOperations;
import dev.larder.ops.Glob;
import dev.larder.ops.StringOperations.When;
import dev.larder.persistence.DiskPersistence;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A cache through both of Java's doors: JCache's, which it inherits, and Redis'. Each method names
 * the operation that it is, makes a deadline of a {@code Duration} or {@code Instant}, and copies
 * what it returns where the cache stores by value.
 */
final class ExtendedCache<K, V> extends JCache<K, V> implements LarderCache<K, V> {
  private final CacheOperations<K, V> operations;
  private final AsyncCache<K, V> async;

  ExtendedCache(
      LarderCacheManager manager,
      LarderConfiguration<K, V> configuration,
      CacheRules<K, V> rules,
      CacheOperations<K, V> operations,
      Executor executor,
      @Nullable DiskPersistence persistence) {
    super(manager, configuration, rules, operations, executor, persistence);
    this.operations = operations;
    this.async = new AsyncCache<>(this, operations, executor);
  }

  /** The same cache, for another way of running its operations. */
  ExtendedCache(
      ExtendedCache<K, V> other, AsyncCache<K, V> async, CacheOperations<K, V> operations) {
    super(other, operations);
    this.operations = operations;
    this.async = async;
  }

  @Override
  public AsyncLarderCache<K, V> async() {
    return async;
  }

  // -------------------------------------------------------------------------------------- values

  @Override
  public void set(K key, V value) {
    set(key, value, When.ALWAYS, Deadline.BY_POLICY, false);
  }

  @Override
  public void set(K key, V value, Duration ttl) {
    set(key, value, When.ALWAYS, after(ttl), false);
  }

  @Override
  public SetResult<V> set(K key, V value, SetOptions options) {
    requireOpen();
    Boolean present = options.requiresPresence();
    When when = present == null ? When.ALWAYS : present ? When.XX : When.NX;
    SetResult<V> result = set(key, value, when, deadline(options), options.returnsPrevious());
    return new SetResult<>(result.done(), copy(result.previous()));
  }

  @Override
  public boolean setIfAbsent(K key, V value) {
    return set(key, value, When.NX, Deadline.BY_POLICY, false).done();
  }

  @Override
  public boolean setIfAbsent(K key, V value, Duration ttl) {
    return set(key, value, When.NX, after(ttl), false).done();
  }

  private SetResult<V> set(K key, V value, When when, Deadline deadline, boolean get) {
    return operations.strings().set(key, value, when, deadline, get ? Function.identity() : null);
  }

  private Deadline deadline(SetOptions options) {
    Duration ttl = options.ttl();
    Instant deadline = options.deadline();
    if (ttl != null) {
      return after(ttl);
    }
    if (deadline != null) {
      return Deadline.positive(deadline, "set");
    }
    return options.keepsTtl() ? Deadline.KEEP : Deadline.BY_POLICY;
  }

  private Deadline after(Duration ttl) {
    requireOpen();
    return Deadline.positive(ttl, operations.now(), "set");
  }

  @Override
  public @Nullable V getAndExpire(K key, Duration ttl) {
    requireOpen();
    Deadline deadline = Deadline.positive(ttl, operations.now(), "getex");
    return copy(operations.strings().getAndExpire(key, deadline, Function.identity()));
  }

  @Override
  public @Nullable V getAndExpireAt(K key, Instant deadline) {
    requireOpen();
    return copy(
        operations
            .strings()
            .getAndExpire(key, Deadline.positive(deadline, "getex"), Function.identity()));
  }

  @Override
  public @Nullable V getAndPersist(K key) {
    return copy(operations.strings().getAndExpire(key, Deadline.NONE, Function.identity()));
  }

  @Override
  public @Nullable V getAndDelete(K key) {
    return getAndRemove(key);
  }

  @Override
  public List<@Nullable V> mget(Collection<? extends K> keys) {
    requireOpen();
    List<@Nullable V> values = operations.strings().getAll(List.copyOf(keys));
    values.replaceAll(this::copy);
    return values;
  }

  @Override
  public void mset(Map<? extends K, ? extends V> values) {
    operations.strings().setAll(values);
  }

  @Override
  public boolean msetIfAbsent(Map<? extends K, ? extends V> values) {
    return operations.strings().setAllIfAbsent(values);
  }

  // ------------------------------------------------------------------------------- parts of text

  @Override
  public long append(K key, V suffix) {
    return operations.texts().append(key, suffix);
  }

  @Override
  public long strlen(K key) {
    return operations.texts().length(key);
  }

  @Override
  public V getRange(K key, long start, long end) {
    return operations.texts().rangeAsValue(key, start, end);
  }

  @Override
  public long setRange(K key, long offset, V part) {
    return operations.texts().setRange(key, offset, part);
  }

  // ---------------------------------------------------------------------------------------- keys

  @Override
  public boolean delete(K key) {
    return remove(key);
  }

  @Override
  public long deleteAll(Collection<? extends K> keys) {
    return operations.keys().deleteAll(keys);
  }

  @Override
  public boolean exists(K key) {
    return containsKey(key);
  }

  @Override
  public long countExisting(Collection<? extends K> keys) {
    return operations.keys().countExisting(keys);
  }

  @Override
  public boolean touch(K key) {
    return operations.keys().touch(key);
  }

  @Override
  public long touchAll(Collection<? extends K> keys) {
    return operations.keys().touchAll(keys);
  }

  @Override
  public void rename(K key, K newKey) {
    operations.keys().rename(key, newKey, true);
  }

  @Override
  public boolean renameIfAbsent(K key, K newKey) {
    return operations.keys().rename(key, newKey, false);
  }

  @Override
  public boolean copy(K source, K destination) {
    return copy(source, destination, false);
  }

  @Override
  public boolean copy(K source, K destination, boolean replace) {
    return operations.keys().copy(source, destination, replace);
  }

  @Override
  public void save(Path file) {
    operations.entries().rules().requireOpen();
    CacheFiles.kept(operations).save(file);
  }

  @Override
  public void load(Path file) {
    operations.entries().rules().requireOpen();
    CacheFiles.kept(operations).load(file);
  }

  @Override
  public byte @Nullable [] dump(K key) {
    return operations.keys().dump(key);
  }

  @Override
  public void restore(K key, byte[] dumped, Duration ttl) {
    restore(key, dumped, ttl, false);
  }

  @Override
  public void restore(K key, byte[] dumped, Duration ttl, boolean replace) {
    requireOpen();
    Objects.requireNonNull(dumped, "dumped is null");
    if (ttl.isNegative()) {
      throw new OperationException("ERR", "Invalid TTL value, must be >= 0");
    }
    Deadline deadline =
        ttl.isZero() ? Deadline.NONE : Deadline.in(ttl, operations.now(), "restore");
    operations.keys().restore(key, dumped, deadline, replace);
  }

  @Override
  public ValueType type(K key) {
    return operations.keys().type(key);
  }

  @Override
  public @Nullable K randomKey() {
    K key = operations.keyspace().random();
    return key == null ? null : copyKey(key);
  }

  @Override
  public ScanPage<K> scan(long cursor, ScanOptions options) {
    requireOpen();
    String match = options.match();
    ScanPage<K> page =
        operations
            .keyspace()
            .scan(cursor, options.count(), match == null ? null : glob(match), options.type());
    List<K> keys = new ArrayList<>(page.keys());
    keys.replaceAll(this::copyKey);
    return new ScanPage<>(page.cursor(), keys);
  }

  @Override
  public Stream<K> keys(String glob) {
    requireOpen();
    return operations.keyspace().keys(glob(glob)).map(this::copyKey);
  }

  private static Glob glob(String pattern) {
    return Glob.of(ByteText.encode(pattern));
  }

  @Override
  public long size() {
    return operations.keyspace().size();
  }

  // -------------------------------------------------------------------------------------- expiry

  @Override
  public long ttl(K key) {
    return ExpiryOperations.seconds(pttl(key));
  }

  @Override
  public long pttl(K key) {
    return operations.expiry().pttl(key);
  }

  @Override
  public long expireTime(K key) {
    return ExpiryOperations.seconds(pexpireTime(key));
  }

  @Override
  public long pexpireTime(K key) {
    return operations.expiry().expireTime(key);
  }

  @Override
  public boolean expire(K key, Duration ttl, ExpireCondition... conditions) {
    requireOpen();
    Deadline deadline = Deadline.in(ttl, operations.now(), "expire");
    return operations.expiry().expire(key, deadline, set(conditions));
  }

  @Override
  public boolean expireAt(K key, Instant deadline, ExpireCondition... conditions) {
    requireOpen();
    return operations.expiry().expire(key, Deadline.at(deadline, "expireat"), set(conditions));
  }

  private static Set<ExpireCondition> set(ExpireCondition[] conditions) {
    Set<ExpireCondition> set = EnumSet.noneOf(ExpireCondition.class);
    set.addAll(List.of(conditions));
    return set;
  }

  @Override
  public boolean persist(K key) {
    return operations.expiry().persist(key);
  }

  // ------------------------------------------------------------------------------------ counters

  @Override
  public long incr(K key) {
    return incrBy(key, 1);
  }

  @Override
  public long decr(K key) {
    return incrBy(key, -1);
  }

  @Override
  public long incrBy(K key, long increment) {
    return operations.counters().add(key, increment);
  }

  @Override
  public long decrBy(K key, long decrement) {
    requireOpen();
    return operations.counters().subtract(key, decrement);
  }

  @Override
  public BigDecimal incrByFloat(K key, BigDecimal increment) {
    requireOpen();
    return operations.counters().add(key, Objects.requireNonNull(increment, "increment is null"));
  }

  // ----------------------------------------------------------------------------- compare and set

  @Override
  public boolean compareAndSet(K key, @Nullable V expected, V value) {
    return operations.strings().compareAndSet(key, expected, value, Deadline.BY_POLICY);
  }

  @Override
  public boolean compareAndSet(K key, @Nullable V expected, V value, Duration ttl) {
    return operations.strings().compareAndSet(key, expected, value, after(ttl));
  }

  @Override
  public boolean compareAndDelete(K key, V expected) {
    return remove(key, expected);
  }

  @Override
  public @Nullable V computeIfAbsent(K key, Function<? super K, ? extends @Nullable V> loader) {
    return copy(operations.strings().computeIfAbsent(key, null, loader));
  }

  @Override
  public @Nullable V computeIfAbsent(
      K key, Duration ttl, Function<? super K, ? extends @Nullable V> loader) {
    requireOpen();
    Objects.requireNonNull(ttl, "ttl is null");
    return copy(operations.strings().computeIfAbsent(key, ttl, loader));
  }

  // ------------------------------------------------------------------------------------ the whole

  @Override
  public CacheInfo info() {
    return operations.info();
  }
}
