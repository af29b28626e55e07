package dev.larder.jcache;

import dev.larder.AsyncLarderCache;
import dev.larder.BusyException;
import dev.larder.CacheInfo;
import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.SetResult;
import dev.larder.ValueType;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.Rules;
import dev.larder.ops.Unkept;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * A cache for callers that must not wait. Each method names the operation of {@link ExtendedCache}
 * that it is, and its keys; the helpers at the end decide where and when that runs.
 *
 * <p><b>At once.</b> While none of this cache's tasks is pending, and no code of the user can run,
 * an operation is tried in the calling thread on a view of the cache that throws {@link
 * BusyException} where it would wait. It has done nothing then. Operations that work entry by entry
 * may have done a part by the time they find a busy one: they are not tried. Nor are those that
 * take their time: on more than {@value #MOST_KEYS_AT_ONCE} keys, or scans of more than {@value
 * #MOST_SCANNED_AT_ONCE} or by a pattern.
 *
 * <p><b>In turn.</b> All else is a {@linkplain KeyedTasks task} of its keys. So what a caller does
 * at once comes after all that it submitted before, and what it submits is in order by its keys.
 *
 * <p><b>Shared loads.</b> In a cache that reads through, a {@code get} that is a task takes the
 * value of the {@code get} before it if nobody has submitted anything else for the key since, and
 * if that has not read yet or is reading: it holds the entry until others can share no more. So
 * nobody gets a value that was replaced before he asked, by whatever door.
 */
final class AsyncCache<K, V> implements AsyncLarderCache<K, V> {
  /** An operation on more keys takes too long for the caller: as for a socket's event loop. */
  private static final int MOST_KEYS_AT_ONCE = 64;

  /** A scan of more does. One by a pattern has a text to be made and matched for each key. */
  private static final int MOST_SCANNED_AT_ONCE = 100;

  private final ExtendedCache<K, V> cache;
  private final ExtendedCache<K, V> eager; // the same cache, but never waits
  private final CacheOperations<K, V> operations;
  private final CacheOperations<K, V> eagerOperations;
  private final Rules<K, V> rules;
  private final KeyedTasks<K> tasks;
  private final Executor executor;

  /** A cache whose constructor makes this. */
  AsyncCache(ExtendedCache<K, V> cache, CacheOperations<K, V> operations, Executor executor) {
    this.cache = cache;
    this.operations = operations;
    this.eagerOperations = operations.forCaller();
    this.eager = new ExtendedCache<>(cache, this, eagerOperations);
    this.rules = operations.entries().rules();
    this.tasks = new KeyedTasks<>(executor);
    this.executor = executor;
  }

  // ------------------------------------------------------------------------------------- JCache's

  @Override
  public CompletionStage<@Nullable V> get(K key) {
    return guard(
        () -> {
          if (!operations.runsUserCode()) {
            return at(key, LarderCache::get);
          }
          V present = presentAtOnce(key);
          if (present != null) {
            return completed(cache.copy(present));
          }
          return rules.readsThrough() ? read(ownKey(key)) : at(key, LarderCache::get);
        });
  }

  @Override
  public CompletionStage<Map<K, V>> getAll(Set<? extends K> keys) {
    // an access may have to wait for an entry, when others have been read already
    return atAll(keys, !rules.movesOnAccess(), (c, own) -> c.getAll(asSet(own)));
  }

  @Override
  public CompletionStage<Boolean> containsKey(K key) {
    return at(key, LarderCache::containsKey);
  }

  @Override
  public CompletionStage<Void> loadAll(Set<? extends K> keys, boolean replaceExisting) {
    return atAll(keys, false, (c, own) -> done(() -> c.loadAll(asSet(own), replaceExisting)));
  }

  @Override
  public CompletionStage<Void> put(K key, V value) {
    return at(key, value, (c, k, v) -> done(() -> c.put(k, v)));
  }

  @Override
  public CompletionStage<@Nullable V> getAndPut(K key, V value) {
    return at(key, value, LarderCache::getAndPut);
  }

  @Override
  public CompletionStage<Void> putAll(Map<? extends K, ? extends V> map) {
    return atAll(map, false, (c, own) -> done(() -> c.putAll(own)));
  }

  @Override
  public CompletionStage<Boolean> putIfAbsent(K key, V value) {
    return at(key, value, LarderCache::putIfAbsent);
  }

  @Override
  public CompletionStage<Boolean> remove(K key) {
    return at(key, LarderCache::remove);
  }

  @Override
  public CompletionStage<Boolean> remove(K key, V oldValue) {
    return at(key, oldValue, LarderCache::remove);
  }

  @Override
  public CompletionStage<@Nullable V> getAndRemove(K key) {
    return at(key, LarderCache::getAndRemove);
  }

  @Override
  public CompletionStage<Boolean> replace(K key, V oldValue, V newValue) {
    return at(key, oldValue, newValue, LarderCache::replace);
  }

  @Override
  public CompletionStage<Boolean> replace(K key, V value) {
    return at(key, value, LarderCache::replace);
  }

  @Override
  public CompletionStage<@Nullable V> getAndReplace(K key, V value) {
    return at(key, value, LarderCache::getAndReplace);
  }

  @Override
  public CompletionStage<Void> removeAll(Set<? extends K> keys) {
    return atAll(keys, false, (c, own) -> done(() -> c.removeAll(asSet(own))));
  }

  @Override
  public CompletionStage<Void> removeAll() {
    return onAll(false, c -> done(c::removeAll));
  }

  @Override
  public CompletionStage<Void> clear() {
    return onAll(false, c -> done(c::clear));
  }

  @Override
  public <T> CompletionStage<@Nullable T> invoke(
      K key, EntryProcessor<K, V, T> processor, Object... arguments) {
    return guard(
        () -> {
          Object[] own = arguments.clone();
          return inTurn(key, (c, k) -> c.invoke(k, processor, own));
        });
  }

  @Override
  public <T> CompletionStage<Map<K, EntryProcessorResult<T>>> invokeAll(
      Set<? extends K> keys, EntryProcessor<K, V, T> processor, Object... arguments) {
    return guard(
        () -> {
          Object[] own = arguments.clone();
          return atAll(keys, false, (c, k) -> c.invokeAll(asSet(k), processor, own));
        });
  }

  // -------------------------------------------------------------------------------------- Redis'

  @Override
  public CompletionStage<Void> set(K key, V value) {
    return at(key, value, (c, k, v) -> done(() -> c.set(k, v)));
  }

  @Override
  public CompletionStage<Void> set(K key, V value, Duration ttl) {
    return at(key, value, (c, k, v) -> done(() -> c.set(k, v, ttl)));
  }

  @Override
  public CompletionStage<SetResult<V>> set(K key, V value, SetOptions options) {
    return at(key, value, (c, k, v) -> c.set(k, v, options));
  }

  @Override
  public CompletionStage<Boolean> setIfAbsent(K key, V value) {
    return at(key, value, LarderCache::setIfAbsent);
  }

  @Override
  public CompletionStage<Boolean> setIfAbsent(K key, V value, Duration ttl) {
    return at(key, value, (c, k, v) -> c.setIfAbsent(k, v, ttl));
  }

  @Override
  public CompletionStage<@Nullable V> getAndExpire(K key, Duration ttl) {
    return at(key, (c, k) -> c.getAndExpire(k, ttl));
  }

  @Override
  public CompletionStage<@Nullable V> getAndExpireAt(K key, Instant deadline) {
    return at(key, (c, k) -> c.getAndExpireAt(k, deadline));
  }

  @Override
  public CompletionStage<@Nullable V> getAndPersist(K key) {
    return at(key, LarderCache::getAndPersist);
  }

  @Override
  public CompletionStage<@Nullable V> getAndDelete(K key) {
    return at(key, LarderCache::getAndDelete);
  }

  @Override
  public CompletionStage<List<@Nullable V>> mget(Collection<? extends K> keys) {
    return atAll(keys, true, LarderCache::mget);
  }

  @Override
  public CompletionStage<Void> mset(Map<? extends K, ? extends V> values) {
    return atAll(values, true, (c, own) -> done(() -> c.mset(own)));
  }

  @Override
  public CompletionStage<Boolean> msetIfAbsent(Map<? extends K, ? extends V> values) {
    return atAll(values, true, LarderCache::msetIfAbsent);
  }

  @Override
  public CompletionStage<Long> append(K key, V suffix) {
    return at(key, suffix, LarderCache::append);
  }

  @Override
  public CompletionStage<Long> strlen(K key) {
    return at(key, LarderCache::strlen);
  }

  @Override
  public CompletionStage<V> getRange(K key, long start, long end) {
    return at(key, (c, k) -> c.getRange(k, start, end));
  }

  @Override
  public CompletionStage<Long> setRange(K key, long offset, V part) {
    return at(key, part, (c, k, v) -> c.setRange(k, offset, v));
  }

  @Override
  public CompletionStage<Boolean> delete(K key) {
    return at(key, LarderCache::delete);
  }

  @Override
  public CompletionStage<Long> deleteAll(Collection<? extends K> keys) {
    return atAll(keys, true, LarderCache::deleteAll);
  }

  @Override
  @SafeVarargs
  public final CompletionStage<Long> delete(K first, K second, K... more) {
    return guard(
        () -> {
          List<K> keys = new ArrayList<>(more.length + 2);
          keys.add(first);
          keys.add(second);
          for (K key : more) {
            keys.add(key);
          }
          return deleteAll(keys);
        });
  }

  @Override
  public CompletionStage<Boolean> exists(K key) {
    return at(key, LarderCache::exists);
  }

  @Override
  public CompletionStage<Long> countExisting(Collection<? extends K> keys) {
    return atAll(keys, true, LarderCache::countExisting);
  }

  @Override
  public CompletionStage<Boolean> touch(K key) {
    return at(key, LarderCache::touch);
  }

  @Override
  public CompletionStage<Long> touchAll(Collection<? extends K> keys) {
    return atAll(keys, true, LarderCache::touchAll);
  }

  @Override
  public CompletionStage<Void> rename(K key, K newKey) {
    return atBoth(key, newKey, (c, k, other) -> done(() -> c.rename(k, other)));
  }

  @Override
  public CompletionStage<Boolean> renameIfAbsent(K key, K newKey) {
    return atBoth(key, newKey, LarderCache::renameIfAbsent);
  }

  @Override
  public CompletionStage<Boolean> copy(K source, K destination) {
    return atBoth(source, destination, LarderCache::copy);
  }

  @Override
  public CompletionStage<Boolean> copy(K source, K destination, boolean replace) {
    return atBoth(source, destination, (c, k, other) -> c.copy(k, other, replace));
  }

  @Override
  public CompletionStage<Void> save(Path file) {
    return later(() -> cache.save(file));
  }

  @Override
  public CompletionStage<Void> load(Path file) {
    return later(() -> cache.load(file));
  }

  /** What takes long, after all that was asked for before. */
  private CompletionStage<Void> later(Runnable work) {
    return guard(() -> tasks.submitForAll(inOpenCache(() -> done(work))));
  }

  /** Not at once, nor is restoring: who knows how large the value is. */
  @Override
  public CompletionStage<byte @Nullable []> dump(K key) {
    return guard(() -> inTurn(key, LarderCache::dump));
  }

  @Override
  public CompletionStage<Void> restore(K key, byte[] dumped, Duration ttl) {
    return restore(key, dumped, ttl, false);
  }

  @Override
  public CompletionStage<Void> restore(K key, byte[] dumped, Duration ttl, boolean replace) {
    return guard(
        () -> {
          byte[] own = dumped.clone();
          return inTurn(key, (c, k) -> done(() -> c.restore(k, own, ttl, replace)));
        });
  }

  @Override
  public CompletionStage<ValueType> type(K key) {
    return at(key, LarderCache::type);
  }

  @Override
  public CompletionStage<@Nullable K> randomKey() {
    return onAll(false, LarderCache::randomKey);
  }

  @Override
  public CompletionStage<ScanPage<K>> scan(long cursor, ScanOptions options) {
    return guard(
        () -> {
          boolean quick = options.count() <= MOST_SCANNED_AT_ONCE && options.match() == null;
          return onAll(quick, c -> c.scan(cursor, options));
        });
  }

  @Override
  public CompletionStage<List<K>> keys(String glob) {
    return onAll(false, c -> c.keys(glob).toList());
  }

  @Override
  public CompletionStage<Long> size() {
    return onAll(true, LarderCache::size);
  }

  @Override
  public CompletionStage<Long> ttl(K key) {
    return at(key, LarderCache::ttl);
  }

  @Override
  public CompletionStage<Long> pttl(K key) {
    return at(key, LarderCache::pttl);
  }

  @Override
  public CompletionStage<Long> expireTime(K key) {
    return at(key, LarderCache::expireTime);
  }

  @Override
  public CompletionStage<Long> pexpireTime(K key) {
    return at(key, LarderCache::pexpireTime);
  }

  @Override
  public CompletionStage<Boolean> expire(K key, Duration ttl, ExpireCondition... conditions) {
    return guard(
        () -> {
          ExpireCondition[] own = conditions.clone();
          return at(key, (c, k) -> c.expire(k, ttl, own));
        });
  }

  @Override
  public CompletionStage<Boolean> expireAt(K key, Instant deadline, ExpireCondition... conditions) {
    return guard(
        () -> {
          ExpireCondition[] own = conditions.clone();
          return at(key, (c, k) -> c.expireAt(k, deadline, own));
        });
  }

  @Override
  public CompletionStage<Boolean> persist(K key) {
    return at(key, LarderCache::persist);
  }

  @Override
  public CompletionStage<Long> incr(K key) {
    return at(key, LarderCache::incr);
  }

  @Override
  public CompletionStage<Long> decr(K key) {
    return at(key, LarderCache::decr);
  }

  @Override
  public CompletionStage<Long> incrBy(K key, long increment) {
    return at(key, (c, k) -> c.incrBy(k, increment));
  }

  @Override
  public CompletionStage<Long> decrBy(K key, long decrement) {
    return at(key, (c, k) -> c.decrBy(k, decrement));
  }

  @Override
  public CompletionStage<BigDecimal> incrByFloat(K key, BigDecimal increment) {
    return at(key, (c, k) -> c.incrByFloat(k, increment));
  }

  @Override
  public CompletionStage<Boolean> compareAndSet(K key, @Nullable V expected, V value) {
    return at(key, expected, value, LarderCache::compareAndSet);
  }

  @Override
  public CompletionStage<Boolean> compareAndSet(
      K key, @Nullable V expected, V value, Duration ttl) {
    return at(key, expected, value, (c, k, e, v) -> c.compareAndSet(k, e, v, ttl));
  }

  @Override
  public CompletionStage<Boolean> compareAndDelete(K key, V expected) {
    return at(key, expected, LarderCache::compareAndDelete);
  }

  @Override
  public CompletionStage<@Nullable V> computeIfAbsent(
      K key, Function<? super K, ? extends @Nullable V> loader) {
    return guard(
        () -> {
          Objects.requireNonNull(loader, "loader is null");
          V present = presentAtOnce(key);
          return present != null
              ? completed(cache.copy(present))
              : inTurn(key, (c, k) -> c.computeIfAbsent(k, loader));
        });
  }

  @Override
  public CompletionStage<@Nullable V> computeIfAbsent(
      K key, Duration ttl, Function<? super K, ? extends @Nullable V> loader) {
    return guard(
        () -> {
          Objects.requireNonNull(loader, "loader is null");
          Deadline.positive(ttl, operations.now(), "set"); // refused, even if there is a value
          V present = presentAtOnce(key);
          return present != null
              ? completed(cache.copy(present))
              : inTurn(key, (c, k) -> c.computeIfAbsent(k, ttl, loader));
        });
  }

  @Override
  public CompletionStage<CacheInfo> info() {
    return onAll(true, LarderCache::info);
  }

  // -------------------------------------------------------------------- where and when they run

  private interface AtValue<K, V, A, R extends @Nullable Object> {
    R on(ExtendedCache<K, V> cache, K key, A argument);
  }

  private interface AtValues<K, V, R extends @Nullable Object> {
    R on(ExtendedCache<K, V> cache, K key, @Nullable V expected, V value);
  }

  /** An operation on a key. */
  private <R extends @Nullable Object> CompletionStage<R> at(
      K key, BiFunction<ExtendedCache<K, V>, K, R> operation) {
    return run(true, () -> operation.apply(eager, key), () -> inTurn(key, operation));
  }

  /** The same, that nobody tries before it is its turn. */
  private <R extends @Nullable Object> CompletionStage<R> inTurn(
      K key, BiFunction<ExtendedCache<K, V>, K, R> operation) {
    K own = ownKey(key);
    return submit(List.of(own), () -> operation.apply(cache, own));
  }

  /** An operation on a key and with a value. */
  private <R extends @Nullable Object> CompletionStage<R> at(
      K key, V value, AtValue<K, V, V, R> operation) {
    return run(
        true,
        () -> operation.on(eager, key, value),
        () -> {
          V own = ownValue(value);
          return inTurn(key, (c, k) -> operation.on(c, k, own));
        });
  }

  /** An operation on a key and with two values, the first of which may be null. */
  private <R extends @Nullable Object> CompletionStage<R> at(
      K key, @Nullable V expected, V value, AtValues<K, V, R> operation) {
    return run(
        true,
        () -> operation.on(eager, key, expected, value),
        () -> {
          V ownExpected = expected == null ? null : rules.copyValue(expected);
          V own = ownValue(value);
          return inTurn(key, (c, k) -> operation.on(c, k, ownExpected, own));
        });
  }

  /** An operation on two keys. */
  private <R extends @Nullable Object> CompletionStage<R> atBoth(
      K key, K other, AtValue<K, V, K, R> operation) {
    return run(
        true,
        () -> operation.on(eager, key, other),
        () -> {
          K own = ownKey(key);
          K ownOther = ownKey(other);
          return submit(List.of(own, ownOther), () -> operation.on(cache, own, ownOther));
        });
  }

  /**
   * An operation on several keys; {@code tries}, unless they are many, if it does all or nothing.
   */
  private <R extends @Nullable Object> CompletionStage<R> atAll(
      Collection<? extends K> keys,
      boolean tries,
      BiFunction<ExtendedCache<K, V>, List<K>, R> operation) {
    return guard(
        () -> {
          List<K> own = new ArrayList<>(keys.size());
          for (K key : keys) {
            own.add(ownKey(key));
          }
          return run(
              tries && own.size() <= MOST_KEYS_AT_ONCE,
              () -> operation.apply(eager, own),
              () -> submit(own, () -> operation.apply(cache, own)));
        });
  }

  /** The same with a value for each. */
  private <R extends @Nullable Object> CompletionStage<R> atAll(
      Map<? extends K, ? extends V> values,
      boolean tries,
      BiFunction<ExtendedCache<K, V>, Map<K, V>, R> operation) {
    return guard(
        () -> {
          Map<K, V> own = new LinkedHashMap<>(); // the order is that of the events
          values.forEach((key, value) -> own.put(ownKey(key), ownValue(value)));
          return run(
              tries && own.size() <= MOST_KEYS_AT_ONCE,
              () -> operation.apply(eager, own),
              () -> submit(own.keySet(), () -> operation.apply(cache, own)));
        });
  }

  /** An operation on all keys; {@code tries} if it takes little time and does not wait. */
  private <R extends @Nullable Object> CompletionStage<R> onAll(
      boolean tries, Function<ExtendedCache<K, V>, R> operation) {
    return run(
        tries,
        () -> operation.apply(eager),
        () -> tasks.submitForAll(inOpenCache(() -> operation.apply(cache))));
  }

  /** Tries an operation at once, if it may, and else does it later. */
  private <R extends @Nullable Object> CompletionStage<R> run(
      boolean tries, Supplier<R> atOnce, Supplier<CompletionStage<R>> later) {
    return guard(
        () -> {
          if (tries && tasks.isIdle() && !operations.runsUserCode()) {
            try {
              return kept(atOnce.get());
            } catch (BusyException e) {
              // nothing has happened; the executor may wait
            }
          }
          return later.get();
        });
  }

  /** A result, as soon as what was changed is on disk, where that is wanted. */
  private <R extends @Nullable Object> CompletionStage<R> kept(R result) {
    Unkept unkept = Unkept.take();
    if (unkept == null) {
      return completed(result);
    }
    CompletableFuture<R> stage = new CompletableFuture<>();
    unkept.whenKept(
        failure -> {
          Runnable complete =
              () -> {
                if (failure == null) {
                  stage.complete(result);
                } else {
                  stage.completeExceptionally(failure);
                }
              };
          try { // what depends on the stage may take its time
            executor.execute(complete);
          } catch (RejectedExecutionException e) {
            complete.run();
          }
        });
    return stage;
  }

  /** Whatever is thrown comes through the stage. */
  private <R extends @Nullable Object> CompletionStage<R> guard(Supplier<CompletionStage<R>> call) {
    try {
      rules.requireOpen();
      return call.get();
    } catch (Throwable t) {
      return CompletableFuture.failedFuture(t);
    }
  }

  private <R extends @Nullable Object> CompletionStage<R> submit(
      Collection<K> keys, Supplier<R> operation) {
    return tasks.submit(keys, inOpenCache(operation));
  }

  /** A task that may find the cache closed. */
  private <R extends @Nullable Object> Supplier<R> inOpenCache(Supplier<R> operation) {
    return () -> {
      rules.requireOpen();
      return operation.get();
    };
  }

  /** The value in its kept form, if there is one that can be read now, before later tasks. */
  private @Nullable V presentAtOnce(K key) {
    Objects.requireNonNull(key, "key is null");
    if (!tasks.isIdle() || rules.movesOnAccess() && operations.runsUserCode()) {
      return null;
    }
    try {
      return eagerOperations.strings().getIfPresent(key);
    } catch (BusyException e) {
      return null;
    }
  }

  // ----------------------------------------------------------------------------- reading through

  /**
   * The value of a key, read by this caller or by one that it shares the task with. Who shares it
   * counts as if it had read itself: not at all if the one has not got to look.
   */
  private CompletionStage<@Nullable V> read(K own) {
    CompletableFuture<@Nullable V> result = new CompletableFuture<>();
    AtomicBoolean joined = new AtomicBoolean();
    CompletableFuture<?> unused = // its outcome goes into the result
        tasks
            .share(own, endSharing -> readThrough(own, endSharing), () -> joined.set(true))
            .whenComplete(
                (read, refusal) -> {
                  if (refusal != null) {
                    result.completeExceptionally(refusal);
                  } else {
                    if (joined.get() && read.looked) {
                      operations.strings().countRead(read.wasPresent);
                    }
                    complete(result, read);
                  }
                });
    return result;
  }

  /** A {@code get} as {@code EntryOperations} does it that tells whether it had to load. */
  private Read<V> readThrough(K key, Runnable endSharing) {
    Read<V> read = new Read<>();
    try {
      operations
          .entries()
          .run(
              key,
              turn -> {
                read.looked = true;
                read.wasPresent = turn.isPresent();
                try {
                  read.value = turn.readThrough();
                } finally {
                  endSharing.run(); // while the entry is held
                }
                return read;
              });
    } catch (Throwable t) { // for all who share it
      read.failure = t;
    }
    return read;
  }

  /** Each of those who share a value gets a copy of its own. */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  private void complete(CompletableFuture<@Nullable V> result, Read<V> read) {
    try {
      if (read.failure == null) {
        result.complete(cache.copy(read.value));
      } else {
        result.completeExceptionally(read.failure);
      }
    } catch (Throwable t) {
      result.completeExceptionally(t);
    }
  }

  /** What became of a read that those share who wait for it; complete when they get it. */
  private static final class Read<V> {
    boolean looked; // and counted, if statistics are on
    boolean wasPresent;
    @Nullable V value;
    @Nullable Throwable failure;
  }

  // ------------------------------------------------------------------------------------ arguments

  private K ownKey(K key) {
    Objects.requireNonNull(key, "key is null");
    return rules.copyKey(key);
  }

  private V ownValue(V value) {
    Objects.requireNonNull(value, "value is null");
    return rules.copyValue(value);
  }

  private static <K> Set<K> asSet(List<K> keys) {
    return new LinkedHashSet<>(keys);
  }

  @SuppressWarnings("NullAway") // the only value of its type
  private static Void done(Runnable operation) {
    operation.run();
    return null;
  }

  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  private static <R extends @Nullable Object> CompletionStage<R> completed(R result) {
    return CompletableFuture.completedFuture(result);
  }
}
