package dev.larder;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * The operations of a cache for threads that must not wait: {@link LarderCache#async()}. Each does
 * what the method of the same name does, and tells the outcome by a stage.
 *
 * <ul>
 *   <li><b>Threads.</b> What can be done without waiting and without code of the user is done in
 *       the calling thread; the stage is complete when it is returned. All else runs on the cache's
 *       {@linkplain LarderConfiguration#executor executor}: operations on a busy entry and those
 *       behind them, loaders, writers, policies, synchronous listeners and entry processors. So
 *       does what takes its time: operations on more than 64 keys, {@code scan} with a count above
 *       100 or a pattern, {@code keys}, {@code clear}. Arguments are copied in the calling thread,
 *       with codecs where the cache stores by value, however many they are. Dependent stages run in
 *       the thread that completes the stage, or in the one that adds them; long work belongs to
 *       their {@code …Async} forms. Code of the user that runs on the executor must not wait for a
 *       stage of the same cache.
 *   <li><b>Order.</b> Operations of one caller on one key happen in the order of the calls. Those
 *       on different keys may not. Those on several keys are in order with each of them, those on
 *       all keys ({@code clear}, {@code removeAll}, {@code keys}, {@code randomKey}, {@code scan},
 *       {@code size}, {@code info}) with every other. What is done directly on the cache has no
 *       order with stages that are not complete.
 *   <li><b>Arguments.</b> When a method has returned, its arguments may be changed: collections are
 *       copied, and keys and values where the cache stores by value.
 *   <li><b>Loading.</b> Whoever asks by {@link #get} for a key that another {@code get} is about to
 *       load or loading gets that value, or a copy of its own by value, or that failure; each
 *       counts a miss. It is one whose read has not begun to end, with the entry still held: nobody
 *       gets a value older than one that was there when he asked. The next {@code get} after a
 *       failure, or after the loader had no value, loads anew.
 *   <li><b>Failures.</b> No method throws. A stage fails with what the method of the cache throws,
 *       not wrapped: {@code NullPointerException}, {@link OperationException}, {@code
 *       CacheLoaderException}, {@code CacheWriterException} … (stages that depend on it wrap it in
 *       a {@code CompletionException}); with what the executor throws if it refuses the operation,
 *       which then was not done, nor counted. A failure does not keep later operations from being
 *       done; nor do keys whose {@code equals} or {@code hashCode} throws.
 *   <li><b>Cancellation.</b> Cancelling or completing {@code toCompletableFuture()} abandons the
 *       outcome and nothing else: the operation is done in its turn, and others who share its load
 *       get their value.
 *   <li><b>Closing.</b> Stages of a closed cache fail with {@code IllegalStateException}, also
 *       those that wait for their turn when it is closed. What runs by then goes on to its end.
 * </ul>
 *
 * <p>The methods of a cache that are missing here do not wait (listeners, configuration), or are
 * the cache's own (closing, iterators).
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public interface AsyncLarderCache<K, V> {

  // --------------------------------------------------------------------------------------- values

  /** As {@link Cache#get}; those who wait for the same missing value share one load. */
  CompletionStage<@Nullable V> get(K key);

  /** As {@link Cache#getAll}. */
  CompletionStage<Map<K, V>> getAll(Set<? extends K> keys);

  /** As {@link Cache#containsKey}. */
  CompletionStage<Boolean> containsKey(K key);

  /** As {@link Cache#loadAll}; completes when all is loaded. */
  CompletionStage<Void> loadAll(Set<? extends K> keys, boolean replaceExisting);

  /** As {@link Cache#put}. */
  CompletionStage<Void> put(K key, V value);

  /** As {@link Cache#getAndPut}. */
  CompletionStage<@Nullable V> getAndPut(K key, V value);

  /** As {@link Cache#putAll}. */
  CompletionStage<Void> putAll(Map<? extends K, ? extends V> map);

  /** As {@link Cache#putIfAbsent}. */
  CompletionStage<Boolean> putIfAbsent(K key, V value);

  /** As {@link Cache#remove(Object)}. */
  CompletionStage<Boolean> remove(K key);

  /** As {@link Cache#remove(Object, Object)}. */
  CompletionStage<Boolean> remove(K key, V oldValue);

  /** As {@link Cache#getAndRemove}. */
  CompletionStage<@Nullable V> getAndRemove(K key);

  /** As {@link Cache#replace(Object, Object, Object)}. */
  CompletionStage<Boolean> replace(K key, V oldValue, V newValue);

  /** As {@link Cache#replace(Object, Object)}. */
  CompletionStage<Boolean> replace(K key, V value);

  /** As {@link Cache#getAndReplace}. */
  CompletionStage<@Nullable V> getAndReplace(K key, V value);

  /** As {@link Cache#removeAll(Set)}. */
  CompletionStage<Void> removeAll(Set<? extends K> keys);

  /** As {@link Cache#removeAll()}. */
  CompletionStage<Void> removeAll();

  /** As {@link Cache#clear}. */
  CompletionStage<Void> clear();

  /** As {@link Cache#invoke}; the processor runs on the executor. */
  <T> CompletionStage<@Nullable T> invoke(
      K key, EntryProcessor<K, V, T> processor, Object... arguments);

  /** As {@link Cache#invokeAll}; the processor runs on the executor. */
  <T> CompletionStage<Map<K, EntryProcessorResult<T>>> invokeAll(
      Set<? extends K> keys, EntryProcessor<K, V, T> processor, Object... arguments);

  // -------------------------------------------------------------------------------- Redis' values

  /** As {@link LarderCache#set(Object, Object)}. */
  CompletionStage<Void> set(K key, V value);

  /** As {@link LarderCache#set(Object, Object, Duration)}. */
  CompletionStage<Void> set(K key, V value, Duration ttl);

  /** As {@link LarderCache#set(Object, Object, SetOptions)}. */
  CompletionStage<SetResult<V>> set(K key, V value, SetOptions options);

  /** As {@link LarderCache#setIfAbsent(Object, Object)}. */
  CompletionStage<Boolean> setIfAbsent(K key, V value);

  /** As {@link LarderCache#setIfAbsent(Object, Object, Duration)}. */
  CompletionStage<Boolean> setIfAbsent(K key, V value, Duration ttl);

  /** As {@link LarderCache#getAndExpire}. */
  CompletionStage<@Nullable V> getAndExpire(K key, Duration ttl);

  /** As {@link LarderCache#getAndExpireAt}. */
  CompletionStage<@Nullable V> getAndExpireAt(K key, Instant deadline);

  /** As {@link LarderCache#getAndPersist}. */
  CompletionStage<@Nullable V> getAndPersist(K key);

  /** As {@link LarderCache#getAndDelete}. */
  CompletionStage<@Nullable V> getAndDelete(K key);

  /** As {@link LarderCache#mget}. */
  CompletionStage<List<@Nullable V>> mget(Collection<? extends K> keys);

  /** As {@link LarderCache#mset}. */
  CompletionStage<Void> mset(Map<? extends K, ? extends V> values);

  /** As {@link LarderCache#msetIfAbsent}. */
  CompletionStage<Boolean> msetIfAbsent(Map<? extends K, ? extends V> values);

  // -------------------------------------------------------------------------------- parts of text

  /** As {@link LarderCache#append}. */
  CompletionStage<Long> append(K key, V suffix);

  /** As {@link LarderCache#strlen}. */
  CompletionStage<Long> strlen(K key);

  /** As {@link LarderCache#getRange}. */
  CompletionStage<V> getRange(K key, long start, long end);

  /** As {@link LarderCache#setRange}. */
  CompletionStage<Long> setRange(K key, long offset, V part);

  // ----------------------------------------------------------------------------------------- keys

  /** As {@link LarderCache#delete(Object)}. */
  CompletionStage<Boolean> delete(K key);

  /** As {@link LarderCache#deleteAll}. */
  CompletionStage<Long> deleteAll(Collection<? extends K> keys);

  /** As {@link LarderCache#delete(Object, Object, Object[])}. */
  @SuppressWarnings("unchecked")
  CompletionStage<Long> delete(K first, K second, K... more);

  /** As {@link LarderCache#exists(Object)}. */
  CompletionStage<Boolean> exists(K key);

  /** As {@link LarderCache#countExisting}. */
  CompletionStage<Long> countExisting(Collection<? extends K> keys);

  /** As {@link LarderCache#touch(Object)}. */
  CompletionStage<Boolean> touch(K key);

  /** As {@link LarderCache#touchAll}. */
  CompletionStage<Long> touchAll(Collection<? extends K> keys);

  /** As {@link LarderCache#rename}. */
  CompletionStage<Void> rename(K key, K newKey);

  /** As {@link LarderCache#renameIfAbsent}. */
  CompletionStage<Boolean> renameIfAbsent(K key, K newKey);

  /** As {@link LarderCache#copy(Object, Object)}. */
  CompletionStage<Boolean> copy(K source, K destination);

  /** As {@link LarderCache#copy(Object, Object, boolean)}. */
  CompletionStage<Boolean> copy(K source, K destination, boolean replace);

  /** As {@link LarderCache#save}, on the cache's executor. */
  CompletionStage<Void> save(Path file);

  /** As {@link LarderCache#load}, on the cache's executor. */
  CompletionStage<Void> load(Path file);

  /** As {@link LarderCache#dump}. */
  CompletionStage<byte @Nullable []> dump(K key);

  /** As {@link LarderCache#restore(Object, byte[], Duration)}. */
  CompletionStage<Void> restore(K key, byte[] dumped, Duration ttl);

  /** As {@link LarderCache#restore(Object, byte[], Duration, boolean)}. */
  CompletionStage<Void> restore(K key, byte[] dumped, Duration ttl, boolean replace);

  /** As {@link LarderCache#type}. */
  CompletionStage<ValueType> type(K key);

  /** As {@link LarderCache#randomKey}. */
  CompletionStage<@Nullable K> randomKey();

  /** As {@link LarderCache#scan}. */
  CompletionStage<ScanPage<K>> scan(long cursor, ScanOptions options);

  /** As {@link LarderCache#keys}, but all of them in a list, found before any later operation. */
  CompletionStage<List<K>> keys(String glob);

  /** As {@link LarderCache#size}. */
  CompletionStage<Long> size();

  // --------------------------------------------------------------------------------------- expiry

  /** As {@link LarderCache#ttl}. */
  CompletionStage<Long> ttl(K key);

  /** As {@link LarderCache#pttl}. */
  CompletionStage<Long> pttl(K key);

  /** As {@link LarderCache#expireTime}. */
  CompletionStage<Long> expireTime(K key);

  /** As {@link LarderCache#pexpireTime}. */
  CompletionStage<Long> pexpireTime(K key);

  /** As {@link LarderCache#expire}. */
  CompletionStage<Boolean> expire(K key, Duration ttl, ExpireCondition... conditions);

  /** As {@link LarderCache#expireAt}. */
  CompletionStage<Boolean> expireAt(K key, Instant deadline, ExpireCondition... conditions);

  /** As {@link LarderCache#persist}. */
  CompletionStage<Boolean> persist(K key);

  // ------------------------------------------------------------------------------------- counters

  /** As {@link LarderCache#incr}. */
  CompletionStage<Long> incr(K key);

  /** As {@link LarderCache#decr}. */
  CompletionStage<Long> decr(K key);

  /** As {@link LarderCache#incrBy}. */
  CompletionStage<Long> incrBy(K key, long increment);

  /** As {@link LarderCache#decrBy}. */
  CompletionStage<Long> decrBy(K key, long decrement);

  /** As {@link LarderCache#incrByFloat}. */
  CompletionStage<BigDecimal> incrByFloat(K key, BigDecimal increment);

  // ------------------------------------------------------------------------------ compare and set

  /** As {@link LarderCache#compareAndSet(Object, Object, Object)}. */
  CompletionStage<Boolean> compareAndSet(K key, @Nullable V expected, V value);

  /** As {@link LarderCache#compareAndSet(Object, Object, Object, Duration)}. */
  CompletionStage<Boolean> compareAndSet(K key, @Nullable V expected, V value, Duration ttl);

  /** As {@link LarderCache#compareAndDelete}. */
  CompletionStage<Boolean> compareAndDelete(K key, V expected);

  /** As {@link LarderCache#computeIfAbsent(Object, Function)}; the loader runs on the executor. */
  CompletionStage<@Nullable V> computeIfAbsent(
      K key, Function<? super K, ? extends @Nullable V> loader);

  /**
   * As {@link LarderCache#computeIfAbsent(Object, Duration, Function)}; the loader runs on the
   * executor.
   */
  CompletionStage<@Nullable V> computeIfAbsent(
      K key, Duration ttl, Function<? super K, ? extends @Nullable V> loader);

  // ------------------------------------------------------------------------------------ the whole

  /** As {@link LarderCache#info}. */
  CompletionStage<CacheInfo> info();
}
