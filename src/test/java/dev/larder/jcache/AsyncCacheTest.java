package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.larder.AsyncLarderCache;
import dev.larder.ExpireCondition;
import dev.larder.LarderCache;
import dev.larder.LarderConfiguration;
import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.SetOptions;
import dev.larder.ValueType;
import dev.larder.ops.Statistics;
import dev.larder.rdb.RdbValue;
import dev.larder.rdb.RdbWriter;
import dev.larder.store.Together;
import java.io.IOException;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;
import javax.cache.processor.MutableEntry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AsyncCacheTest {
  private static final EntryProcessor<String, String, Object> NOTHING = (entry, arguments) -> null;

  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();
  private final ByHand executor = new ByHand();
  private final ExecutorService pool = Executors.newCachedThreadPool();

  @AfterEach
  void stopThreads() {
    pool.shutdownNow();
  }

  /** Runs what it was given when the test says so. */
  private static final class ByHand implements Executor {
    final LinkedBlockingDeque<Runnable> given = new LinkedBlockingDeque<>();
    RuntimeException refusal;

    @Override
    public void execute(Runnable task) {
      if (refusal != null) {
        throw refusal;
      }
      given.add(task);
    }

    void runFirst() {
      given.remove().run();
    }

    void runLast() {
      given.removeLast().run();
    }

    void runAll() {
      while (!given.isEmpty()) {
        runFirst();
      }
    }
  }

  /** Another thread's entry processor, that keeps a key busy until this is closed. */
  private static final class Busy implements AutoCloseable {
    private final CountDownLatch end = new CountDownLatch(1);
    private final Thread thread;

    Busy(Cache<String, String> cache, String key) {
      CountDownLatch begun = new CountDownLatch(1);
      thread =
          new Thread(
              () ->
                  cache.invoke(
                      key,
                      (entry, arguments) -> {
                        begun.countDown();
                        await(end);
                        return null;
                      }));
      thread.setDaemon(true);
      thread.start();
      await(begun);
    }

    @Override
    public void close() {
      end.countDown();
      try {
        thread.join(60_000);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** A key or a value that can be changed. */
  static final class Box implements Serializable {
    private static final long serialVersionUID = 1L;

    String content;

    Box(String content) {
      this.content = content;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Box box && box.content.equals(content);
    }

    @Override
    public int hashCode() {
      return content.hashCode();
    }

    @Override
    public String toString() {
      return "Box " + content;
    }
  }

  // Where an operation runs

  @Test
  void anOperationIsDoneAtOnceInTheCallingThreadIfNothingStandsAgainstIt() {
    AsyncLarderCache<String, String> async = plain().async();
    AtomicReference<Thread> thread = new AtomicReference<>();
    async.put("k", "1").thenRun(() -> thread.set(Thread.currentThread()));
    assertThat(thread).hasValue(Thread.currentThread());
    assertThat(now(async.get("k"))).isEqualTo("1");
    assertThat(now(async.incr("k"))).isEqualTo(2);
    assertThat(now(async.mget(List.of("k", "j")))).containsExactly("2", null);
    assertThat(executor.given).isEmpty();
  }

  @Test
  void aBusyKeyDoesNotBlockTheCallerAndKeepsTheOrderOfItsOperations() {
    LarderCache<String, String> cache = plain();
    AsyncLarderCache<String, String> async = cache.async();
    List<CompletionStage<?>> stages;
    try (Busy busy = new Busy(cache, "k")) {
      stages =
          List.of(
              async.put("k", "1"),
              async.get("k"),
              async.getAndPut("k", "2"),
              async.delete("k"),
              async.get("k"),
              async.putIfAbsent("k", "3"),
              async.get("k"));
      assertThat(stages).noneMatch(AsyncCacheTest::isDone);
      assertThat(executor.given).hasSize(1);
    }
    executor.runAll();
    assertThat(stages.stream().map(AsyncCacheTest::now).toList())
        .isEqualTo(Arrays.asList(null, "1", "1", true, null, true, "3"));
  }

  /** They work entry by entry, and would have done the first when they find the second busy. */
  @Test
  void operationsThatAreNotAtomicAreNotDoneInPart() {
    LarderCache<String, String> cache = plain();
    Map<String, String> map = new LinkedHashMap<>();
    map.put("j", "1");
    map.put("k", "1");
    CompletionStage<Void> put;
    try (Busy busy = new Busy(cache, "k")) {
      put = cache.async().putAll(map);
      assertThat(cache.containsKey("j")).isFalse();
    }
    executor.runAll();
    assertThat(put).isCompleted();
    assertThat(Caches.counts(cache)).isEqualTo("m 2p");
  }

  @Test
  void aFreeKeyIsServedAtOnceWhileAnotherOneIsBusy() {
    LarderCache<String, String> cache = plain();
    try (Busy busy = new Busy(cache, "k")) {
      assertThat(cache.async().put("j", "1")).isCompleted();
    }
  }

  @Test
  void otherKeysDoNotWaitForTheTasksOfABusyOne() {
    LarderCache<String, String> cache = plain();
    AsyncLarderCache<String, String> async = cache.async();
    try (Busy busy = new Busy(cache, "k")) {
      CompletionStage<Void> put = async.put("k", "1");
      CompletionStage<Boolean> other = async.putIfAbsent("j", "1");
      CompletionStage<Map<String, String>> behind = async.getAll(Set.of("k", "j"));
      executor.runLast();
      assertThat(now(other)).isTrue();
      assertThat(isDone(put)).isFalse();
      assertThat(isDone(behind)).isFalse();
    }
  }

  @Test
  void anOperationOnAllKeysIsInOrderWithEveryOther() {
    AsyncLarderCache<String, String> async = plain().async();
    async.invoke("k", (entry, arguments) -> setValue(entry, "1"));
    CompletionStage<Long> before = async.size();
    CompletionStage<Void> cleared = async.clear();
    CompletionStage<Boolean> after = async.exists("k");
    CompletionStage<Void> put = async.put("j", "1");
    CompletionStage<List<String>> keys = async.keys("*");
    executor.runAll();
    assertThat(now(before)).isEqualTo(1);
    assertThat(isDone(cleared)).isTrue();
    assertThat(now(after)).isFalse();
    assertThat(isDone(put)).isTrue();
    assertThat(now(keys)).containsExactly("j");
  }

  @Test
  void operationsOnManyKeysAreLeftToTheExecutor() {
    AsyncLarderCache<String, String> async = plain().async();
    for (int keys : new int[] {64, 65}) {
      Map<String, String> values = new LinkedHashMap<>();
      for (int i = 0; i < keys; i++) {
        values.put("k" + i, "1");
      }
      String first = values.keySet().iterator().next();
      String[] more = values.keySet().stream().skip(2).toArray(String[]::new);
      for (Supplier<CompletionStage<?>> call :
          List.<Supplier<CompletionStage<?>>>of(
              () -> async.mset(values),
              () -> async.msetIfAbsent(values),
              () -> async.mget(values.keySet()),
              () -> async.getAll(values.keySet()),
              () -> async.countExisting(values.keySet()),
              () -> async.touchAll(values.keySet()),
              () -> async.deleteAll(values.keySet()),
              () -> async.deleteAll(Collections.nCopies(keys, first)),
              () -> async.delete(first, first, more))) {
        CompletionStage<?> stage = call.get();
        assertThat(isDone(stage)).isEqualTo(keys == 64);
        executor.runAll();
        assertThat(stage).isCompleted();
      }
    }
  }

  @Test
  void aScanOfManyKeysOrOneThatMatchesThemIsLeftToTheExecutor() {
    AsyncLarderCache<String, String> async = plain().async();
    async.put("k", "1");
    Map<ScanOptions, Boolean> atOnce =
        Map.of(
            ScanOptions.all(), true,
            ScanOptions.all().count(100).type(ValueType.STRING), true,
            ScanOptions.all().count(101), false,
            ScanOptions.all().match("*"), false);
    atOnce.forEach(
        (options, expected) -> {
          CompletionStage<ScanPage<String>> page = async.scan(0, options);
          assertThat(isDone(page)).as(options.toString()).isEqualTo(expected);
          executor.runAll();
          assertThat(page).isCompleted();
        });
  }

  @Test
  void codeOfTheUserRunsOnTheExecutor() {
    for (UserCode.Role role : UserCode.Role.values()) {
      UserCode code = new UserCode(caches);
      AsyncLarderCache<String, String> async =
          role == UserCode.Role.PROCESSOR ? plain().async() : userCode(role).async();
      journal.take();
      CompletionStage<?> stage =
          switch (role) {
            case PROCESSOR -> async.invoke("k", NOTHING);
            case LOADER -> async.get("k");
            default -> async.put("k", "1");
          };
      assertThat(journal.take()).as(role + " " + code).isEmpty();
      assertThat(isDone(stage)).isFalse();
      executor.runAll();
      assertThat(stage).isCompleted();
    }
  }

  @Test
  void anOperationOnAKeyThatTheCallersOwnProcessorHoldsIsDoneAfterwards() {
    LarderCache<String, String> cache = plain();
    AtomicReference<CompletionStage<Void>> put = new AtomicReference<>();
    cache.invoke(
        "k",
        (entry, arguments) -> {
          put.set(cache.async().put("k", "async"));
          return setValue(entry, "processor");
        });
    assertThat(isDone(put.get())).isFalse();
    executor.runAll();
    assertThat(cache.get("k")).isEqualTo("async");
  }

  @Test
  void asyncIsTheSameObjectEachTime() {
    LarderCache<String, String> cache = plain();
    assertThat(cache.async()).isSameAs(cache.async());
    assertThat(LarderCache.of(cache).async()).isSameAs(cache.async());
  }

  @Test
  void withoutAnExecutorOfItsOwnACacheUsesTheSharedThreads() {
    LarderCache<String, String> cache = LarderCache.of(caches.create());
    CompletionStage<Object> thread =
        cache.async().invoke("k", (entry, arguments) -> Thread.currentThread().getName());
    assertThat(await(thread)).asString().startsWith("larder-worker-");
  }

  /**
   * Each caller knows what is at its own keys, and what it appended to a key of all; others keep
   * these keys busy.
   */
  @Test
  void eachCallerSeesItsOwnOperationsInOrderUnderContention() {
    int callers = 4;
    int rounds = 400;
    LarderCache<String, String> cache =
        LarderCache.of(caches.create(caches.settings().executor(() -> pool)));
    AtomicBoolean ended = new AtomicBoolean();
    AtomicInteger running = new AtomicInteger(callers);
    List<Together.Task> tasks = new ArrayList<>();
    for (int i = 0; i < callers; i++) {
      String name = "" + (char) ('a' + i);
      tasks.add(
          () -> {
            try {
              call(cache.async(), name, rounds);
            } finally {
              ended.set(running.decrementAndGet() == 0);
            }
          });
    }
    tasks.add(
        () -> {
          for (int i = 0; !ended.get(); i++) {
            String key = i % 2 == 0 ? "all" : "" + (char) ('a' + i / 2 % callers);
            cache.invoke(
                key,
                (entry, arguments) -> {
                  Thread.yield();
                  return null;
                });
          }
        });
    Together.run(tasks.toArray(new Together.Task[0]));

    List<String> appended = List.of(cache.get("all").split(";"));
    for (int i = 0; i < callers; i++) {
      String name = "" + (char) ('a' + i);
      assertThat(appended.stream().filter(each -> each.startsWith(name)).toList())
          .isEqualTo(Stream.iterate(0, n -> n + 1).limit(rounds).map(n -> name + n).toList());
    }
  }

  private static void call(AsyncLarderCache<String, String> async, String key, int rounds) {
    List<Object> expected = new ArrayList<>();
    List<CompletionStage<?>> stages = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      String value = "" + i;
      stages.addAll(
          List.of(
              async.append("all", key + value + ";"),
              async.put(key, value),
              async.get(key),
              async.invoke(key, (entry, arguments) -> entry.getValue()),
              async.incr(key),
              async.mget(List.of(key)),
              async.getAndRemove(key),
              async.exists(key)));
      String next = "" + (i + 1);
      expected.addAll(Arrays.asList("any", null, value, value, i + 1L, List.of(next), next, false));
    }
    for (int i = 0; i < stages.size(); i++) {
      Object result = await(stages.get(i));
      if (!"any".equals(expected.get(i))) {
        assertThat(result).as(key + " " + i).isEqualTo(expected.get(i));
      }
    }
  }

  // Loading

  @Test
  void aMissingKeyIsLoadedOnceForAllWhoWaitForIt() {
    LarderCache<String, String> cache = loading(journal::loader);
    List<CompletionStage<String>> waiters = get(cache, 100);
    assertThat(executor.given).hasSize(1);
    executor.runAll();
    assertThat(waiters).allMatch(waiter -> "loaded k".equals(now(waiter)));
    assertThat(journal.take()).containsExactly("load k");
    assertThat(Caches.counts(cache)).isEqualTo("100m");
    assertThat(now(cache.async().get("k"))).isEqualTo("loaded k");
    assertThat(Caches.counts(cache)).isEqualTo("h 100m");
  }

  @Test
  void whoAsksWhileTheLoaderRunsWaitsForIt() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    AtomicInteger loads = new AtomicInteger();
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .executor(() -> pool)
                    .readThrough(true)
                    .loader(
                        () ->
                            BatchLoader.of(
                                keys -> {
                                  begun.countDown();
                                  await(end);
                                  return Map.of("k", "loaded " + loads.incrementAndGet());
                                }))));
    List<CompletionStage<String>> waiters = new ArrayList<>(get(cache, 1));
    await(begun);
    waiters.addAll(get(cache, 99));
    assertThat(waiters).noneMatch(AsyncCacheTest::isDone);
    end.countDown();
    assertThat(waiters).allMatch(waiter -> "loaded 1".equals(await(waiter)));
  }

  /** The value has been read, but the listener of its creation keeps the first read from ending. */
  @Test
  void aReadDoesNotShareTheOneWhoseValueIsReplacedBeforeItEnds() {
    List<CompletionStage<String>> asked = new ArrayList<>();
    AtomicReference<LarderCache<String, String>> cache = new AtomicReference<>();
    Journal.Listener<String, String> listener =
        new Journal.Listener<>(journal) {
          @Override
          public void onCreated(
              Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
            pool.execute(() -> cache.get().put("k", "put"));
            await(() -> "put".equals(Caches.peek(cache.get(), "k")));
            asked.addAll(get(cache.get(), 2));
          }
        };
    cache.set(
        LarderCache.of(
            caches.create(
                settings()
                    .loader(journal::loader)
                    .readThrough(true)
                    .listener(
                        new MutableCacheEntryListenerConfiguration<>(
                            () -> listener, null, false, true)))));
    CompletionStage<String> first = cache.get().async().get("k");
    executor.runAll();
    assertThat(now(first)).isEqualTo("loaded k");
    assertThat(asked.stream().map(AsyncCacheTest::now)).containsExactly("put", "put");
    assertThat(Caches.counts(cache.get())).isEqualTo("2h m p");
  }

  @Test
  void aFailureToLoadIsSharedAndTheNextReadLoadsAnew() {
    AtomicInteger loads = new AtomicInteger();
    IllegalArgumentException cause = new IllegalArgumentException("no");
    LarderCache<String, String> cache =
        loading(
            () ->
                BatchLoader.of(
                    keys -> {
                      if (loads.incrementAndGet() == 1) {
                        throw cause;
                      }
                      return Map.of("k", "second");
                    }));
    List<CompletionStage<String>> waiters = get(cache, 3);
    executor.runAll();
    for (CompletionStage<String> waiter : waiters) {
      assertThat(failure(waiter)).isInstanceOf(CacheLoaderException.class).hasCause(cause);
    }
    assertThat(cache.exists("k")).isFalse();
    assertThat(Caches.counts(cache)).isEqualTo("3m");

    CompletionStage<String> next = cache.async().get("k");
    executor.runAll();
    assertThat(now(next)).isEqualTo("second");
    assertThat(loads).hasValue(2);
  }

  @Test
  void anErrorOfALoaderIsSharedAsItIs() {
    Error error = new AssertionError("no");
    LarderCache<String, String> cache = loading(() -> BatchLoader.failing(error));
    List<CompletionStage<String>> waiters = get(cache, 2);
    executor.runAll();
    assertThat(waiters).allMatch(waiter -> failure(waiter) == error);
  }

  @Test
  void aLoaderThatHasNothingIsAskedOnceAndThenAnew() {
    AtomicInteger loads = new AtomicInteger();
    LarderCache<String, String> cache =
        loading(
            () ->
                BatchLoader.of(
                    keys -> {
                      loads.incrementAndGet();
                      return Map.of();
                    }));
    List<CompletionStage<String>> waiters = get(cache, 3);
    executor.runAll();
    assertThat(waiters).allMatch(waiter -> now(waiter) == null);
    assertThat(Caches.counts(cache)).isEqualTo("3m");
    get(cache, 1);
    executor.runAll();
    assertThat(loads).hasValue(2);
  }

  @Test
  void aReadDoesNotShareTheLoadOfOneBeforeAChange() {
    LarderCache<String, String> cache = loading(journal::loader);
    AsyncLarderCache<String, String> async = cache.async();
    CompletionStage<String> before = async.get("k");
    async.put("k", "1");
    CompletionStage<String> after = async.get("k");
    executor.runAll();
    assertThat(now(before)).isEqualTo("loaded k");
    assertThat(now(after)).isEqualTo("1");
  }

  @Test
  void aReadThatSharesAValueThatIsThereCountsAHit() {
    LarderCache<String, String> cache = loading(journal::loader);
    cache.async().put("k", "1");
    get(cache, 3);
    executor.runAll();
    assertThat(Caches.counts(cache)).isEqualTo("3h p");
  }

  @Test
  void aReadThatTheExecutorRefusesIsNotCountedForThoseWhoShareIt() {
    LarderCache<String, String> cache = loading(journal::loader);
    cache.async().put("k", "1");
    List<CompletionStage<String>> waiters = get(cache, 3);
    executor.refusal = new RejectedExecutionException("full");
    executor.runFirst();
    assertThat(waiters).allMatch(waiter -> failure(waiter) == executor.refusal);
    assertThat(Caches.counts(cache)).isEqualTo("p");
  }

  @Test
  void aReadOfAClosedCacheIsNotCountedForThoseWhoShareIt() {
    LarderCache<String, String> cache = loading(journal::loader);
    Statistics statistics = Caches.operations(cache).statistics();
    List<CompletionStage<String>> waiters = get(cache, 3);
    cache.close();
    executor.runAll();
    assertThat(waiters).allMatch(waiter -> failure(waiter) instanceof IllegalStateException);
    assertThat(statistics.misses()).isZero();
  }

  /** The access was the value's last; the listener that is told of it fails. */
  @Test
  void aReadThatFailsAfterItHasFoundAValueCountsAHitForAll() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                settings()
                    .loader(journal::loader)
                    .readThrough(true)
                    .expiry(
                        () ->
                            new Journal.Policy(
                                journal, javax.cache.expiry.Duration.ETERNAL, null, null) {
                              @Override
                              public javax.cache.expiry.Duration getExpiryForAccess() {
                                return javax.cache.expiry.Duration.ZERO;
                              }
                            })
                    .listener(
                        new MutableCacheEntryListenerConfiguration<>(
                            () -> new Journal.FailingListener(journal, new AssertionError("no")),
                            null,
                            false,
                            true))));
    catchThrowable(() -> cache.put("k", "1"));
    List<CompletionStage<String>> waiters = get(cache, 3);
    executor.runAll();
    assertThat(waiters).allMatch(waiter -> failure(waiter) != null);
    assertThat(Caches.counts(cache)).isEqualTo("3h p");
  }

  @Test
  void withStatisticsOffNoSharedLoadIsCounted() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(settings().statistics(false).readThrough(true).loader(journal::loader)));
    get(cache, 3);
    executor.runAll();
    assertThat(Caches.counts(cache)).isEqualTo("-");
  }

  @Test
  void aValueThatIsThereIsReadAtOnceAlsoWhereTheCacheReadsThrough() {
    LarderCache<String, String> cache = loading(journal::loader);
    cache.put("k", "1");
    assertThat(now(cache.async().get("k"))).isEqualTo("1");
    assertThat(now(cache.async().computeIfAbsent("k", key -> "2"))).isEqualTo("1");
    assertThat(executor.given).isEmpty();
    assertThat(Caches.counts(cache)).isEqualTo("2h p");
  }

  @Test
  void anAccessThatMayRunUserCodeIsLeftToTheExecutor() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                settings()
                    .listener(journal.listener())
                    .expiry(AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ZERO))));
    cache.setIfAbsent("k", "1");
    assertThat(isDone(cache.async().get("k"))).isFalse();
  }

  @Test
  void theAccessOfAReadAtOnceMovesTheDeadline() {
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                settings()
                    .expiry(
                        AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_MINUTE))));
    cache.put("k", "1");
    caches.clock.advanceSeconds(40);
    assertThat(now(cache.async().get("k"))).isEqualTo("1");
    caches.clock.advanceSeconds(40);
    assertThat(now(cache.async().computeIfAbsent("k", key -> "2"))).isEqualTo("1");
    caches.clock.advanceSeconds(40);
    assertThat(now(cache.async().get("k"))).isEqualTo("1");
  }

  @Test
  void loadAllCompletesWhenAllIsLoadedAndFailsAsTheLoader() {
    LarderCache<String, String> cache =
        LarderCache.of(caches.create(settings().loader(journal::loader)));
    cache.put("k", "1");
    CompletionStage<Void> kept = cache.async().loadAll(Set.of("k"), false);
    CompletionStage<Void> replaced = cache.async().loadAll(Set.of("k"), true);
    executor.runFirst();
    assertThat(isDone(kept)).isTrue();
    assertThat(cache.get("k")).isEqualTo("1");
    executor.runAll();
    assertThat(isDone(replaced)).isTrue();
    assertThat(cache.get("k")).isEqualTo("loaded k");

    LarderCache<String, String> failing =
        LarderCache.of(
            caches.create(
                settings().loader(() -> BatchLoader.failing(new IllegalStateException("no")))));
    CompletionStage<Void> failed = failing.async().loadAll(Set.of("k"), true);
    executor.runAll();
    assertThat(failure(failed)).isInstanceOf(CacheLoaderException.class);
  }

  // Arguments and copies

  @Test
  void whatTheCallerChangesAfterwardsDoesNotMatterByValue() {
    LarderCache<Box, Box> cache = boxes(true);
    cache.async().invoke(new Box("other"), (entry, arguments) -> null); // keeps it from at once
    Box key = new Box("k");
    Box value = new Box("1");
    cache.async().put(key, value);
    Map<Box, Box> map = new HashMap<>(Map.of(key, value));
    cache.async().replace(key, value, value);
    CompletionStage<Boolean> replaced = cache.async().compareAndSet(key, value, value);
    CompletionStage<Boolean> renamed = cache.async().renameIfAbsent(key, value);
    cache.async().mset(map);
    List<Box> keys = new ArrayList<>(List.of(key));
    CompletionStage<Long> count = cache.async().countExisting(keys);
    key.content = "changed";
    value.content = "changed";
    map.clear();
    keys.clear();
    executor.runAll();
    assertThat(now(replaced)).isTrue();
    assertThat(now(renamed)).isTrue();
    assertThat(now(count)).isEqualTo(1);
    assertThat(cache.get(new Box("k"))).isEqualTo(new Box("1"));
    assertThat(cache.get(new Box("1"))).isEqualTo(new Box("1"));
    assertThat(cache.size()).isEqualTo(2);
  }

  @Test
  void collectionsAndArraysAreCopiedAlsoByReference() {
    LarderCache<Box, Box> cache = boxes(false);
    cache.async().invoke(new Box("other"), (entry, arguments) -> null);
    Box key = new Box("k");
    Box value = new Box("1");
    Map<Box, Box> map = new HashMap<>(Map.of(key, value));
    Set<Box> keys = new HashSet<>(Set.of(key));
    Object[] arguments = {"argument"};
    ExpireCondition[] conditions = {ExpireCondition.NX};
    cache.async().putAll(map);
    CompletionStage<Map<Box, Box>> found = cache.async().getAll(keys);
    CompletionStage<Object> argument = cache.async().invoke(key, (entry, all) -> all[0], arguments);
    CompletionStage<Boolean> expires = cache.async().expire(key, Duration.ofSeconds(5), conditions);
    map.clear();
    keys.clear();
    arguments[0] = null;
    conditions[0] = ExpireCondition.XX;
    executor.runAll();
    assertThat(now(found).get(key)).isSameAs(value);
    assertThat(now(argument)).isEqualTo("argument");
    assertThat(now(expires)).isTrue();
  }

  @Test
  void eachOfThoseWhoShareAValueHasACopyOfItsOwn() {
    LarderCache<Box, Box> cache = boxes(true);
    List<CompletionStage<Box>> waiters = get(cache, new Box("k"), 3);
    executor.runAll();
    Set<Box> copies = Collections.newSetFromMap(new IdentityHashMap<>());
    waiters.forEach(waiter -> copies.add(now(waiter)));
    assertThat(copies).hasSize(3);
    copies.forEach(copy -> copy.content = "changed");
    assertThat(now(cache.async().get(new Box("k"))).content).isEqualTo("loaded k");
  }

  @Test
  void thoseWhoShareAValueHaveTheSameByReference() {
    LarderCache<Box, Box> cache = boxes(false);
    List<CompletionStage<Box>> waiters = get(cache, new Box("k"), 2);
    executor.runAll();
    assertThat(now(waiters.get(0))).isNotNull().isSameAs(now(waiters.get(1)));
  }

  // Cancellation

  @Test
  void cancellingAbandonsTheOutcomeAndTheOperationIsDoneAllTheSame() {
    LarderCache<String, String> cache = withWriter(journal.writer());
    CompletableFuture<Void> put = cache.async().put("k", "1").toCompletableFuture();
    CompletionStage<String> behind = cache.async().get("k");
    put.cancel(true);
    assertThat(failure(put)).isInstanceOf(CancellationException.class);
    executor.runAll();
    assertThat(journal.take()).containsExactly("write k=1");
    assertThat(now(behind)).isEqualTo("1");
  }

  @Test
  void cancellingDoesNotConcernOthersWhoShareTheLoad() {
    LarderCache<String, String> cache = loading(journal::loader);
    List<CompletionStage<String>> waiters = get(cache, 3);
    waiters.get(0).toCompletableFuture().cancel(true); // the one whose task it is
    waiters.get(1).toCompletableFuture().complete("something else");
    executor.runAll();
    assertThat(failure(waiters.get(0))).isInstanceOf(CancellationException.class);
    assertThat(now(waiters.get(1))).isEqualTo("something else");
    assertThat(now(waiters.get(2))).isEqualTo("loaded k");
    assertThat(cache.exists("k")).isTrue();
    assertThat(journal.take()).containsExactly("load k");
  }

  // Failures

  @Test
  void aFailureOfTheWriterLeavesTheCacheAsItWas() {
    LarderCache<String, String> cache =
        withWriter(
            new Journal.Writer(journal) {
              @Override
              public void write(Cache.Entry<? extends String, ? extends String> entry) {
                if (entry.getValue().equals("bad")) {
                  throw new IllegalStateException("no");
                }
              }
            });
    cache.put("k", "1");
    CompletionStage<Void> put = cache.async().put("k", "bad");
    CompletionStage<String> after = cache.async().get("k");
    executor.runAll();
    assertThat(failure(put)).isInstanceOf(CacheWriterException.class);
    assertThat(now(after)).isEqualTo("1");
  }

  @Test
  void failuresAreTheSameAtOnceAndInTurn() {
    AsyncLarderCache<String, String> async = plain().async();
    async.put("k", "text");
    for (boolean atOnce : List.of(true, false)) {
      if (!atOnce) {
        async.invoke("other", NOTHING);
      }
      List<CompletionStage<?>> stages =
          List.of(
              async.incr("k"),
              async.rename("absent", "k"),
              async.set("k", "1", Duration.ZERO),
              async.put(null, "1"),
              async.put("k", null),
              async.getAll(Collections.singleton(null)),
              async.computeIfAbsent("k", Duration.ZERO, key -> "1"),
              async.computeIfAbsent("k", null));
      executor.runAll();
      assertThat(stages.stream().map(stage -> failure(stage).getClass().getSimpleName()).toList())
          .containsExactly(
              "OperationException",
              "OperationException",
              "OperationException",
              "NullPointerException",
              "NullPointerException",
              "NullPointerException",
              "OperationException",
              "NullPointerException");
    }
    assertThat(catchThrowable(() -> join(async.incr("k"))))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(OperationException.class);
  }

  @Test
  void anExecutorThatRefusesFailsTheStageAndNothingIsDone() {
    LarderCache<String, String> cache = loading(journal::loader);
    executor.refusal = new RejectedExecutionException("full");
    assertThat(failure(cache.async().put("k", "1"))).isSameAs(executor.refusal);
    assertThat(failure(cache.async().get("k"))).isSameAs(executor.refusal);
    executor.refusal = null;
    CompletionStage<String> get = cache.async().get("k");
    executor.runAll();
    assertThat(now(get)).isEqualTo("loaded k");
  }

  /** Whatever is given to them, null too: each method returns a stage. */
  @Test
  void noMethodThrows() throws IllegalAccessException {
    for (LarderCache<String, String> cache : List.of(plain(), loading(journal::loader))) {
      for (Method method : asyncMethods()) {
        Object[] nulls = Stream.of(method.getParameterTypes()).map(AsyncCacheTest::zero).toArray();
        try {
          CompletionStage<?> stage = (CompletionStage<?>) method.invoke(cache.async(), nulls);
          executor.runAll();
          assertThat(stage.toCompletableFuture().isDone()).as(method.toString()).isTrue();
          if (method.getParameterCount() > 0) {
            assertThat(failure(stage)).as(method.toString()).isNotNull();
          }
        } catch (InvocationTargetException e) {
          throw new AssertionError(method + " throws", e.getCause());
        }
      }
    }
  }

  private static Object zero(Class<?> type) {
    return type == boolean.class ? (Object) false : type == long.class ? (Object) 0L : null;
  }

  // Closing

  @Test
  void stagesOfAClosedCacheFail() {
    LarderCache<String, String> cache = plain();
    cache.close();
    for (Call call : CALLS) {
      assertThat(failure(call.async(cache.async()))).isInstanceOf(IllegalStateException.class);
    }
    assertThat(executor.given).isEmpty();
  }

  @Test
  void operationsThatWaitForTheirTurnFailWhenTheCacheCloses() {
    for (Call call : CALLS) {
      LarderCache<String, String> cache = loading(journal::loader);
      cache.async().invoke("k", NOTHING);
      CompletionStage<?> pending = call.async(cache.async());
      cache.close();
      journal.take();
      executor.runAll();
      assertThat(failure(pending)).as(call.toString()).isInstanceOf(IllegalStateException.class);
      assertThat(journal.take()).as(call.toString()).isEmpty();
    }
  }

  @Test
  void aLoadThatRunsWhenTheCacheClosesCompletesForAll() {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    LarderCache<String, String> cache =
        LarderCache.of(
            caches.create(
                caches
                    .settings()
                    .executor(() -> pool)
                    .readThrough(true)
                    .loader(
                        () ->
                            BatchLoader.of(
                                keys -> {
                                  begun.countDown();
                                  await(end);
                                  return Map.of("k", "loaded");
                                }))));
    List<CompletionStage<String>> waiters = get(cache, 2);
    CompletionStage<Void> behind = cache.async().put("k", "1");
    await(begun);
    cache.close();
    end.countDown();
    assertThat(catchThrowable(() -> await(behind))).hasCauseInstanceOf(IllegalStateException.class);
    for (CompletionStage<String> waiter : waiters) {
      catchThrowable(() -> await(waiter)); // the value or the closed cache, but an end
      assertThat(isDone(waiter)).isTrue();
    }
  }

  // All operations

  /** A method of the interface with arguments. */
  private record Call(Method method, Object[] arguments) {

    static Call of(String name, Object... arguments) {
      Method best =
          asyncMethods().stream()
              .filter(each -> each.getName().equals(name) && takes(each, arguments))
              .min(Comparator.comparing(Call::vagueness))
              .orElseThrow(() -> new AssertionError("no method " + name));
      return new Call(best, arguments);
    }

    private static boolean takes(Method method, Object[] arguments) {
      Class<?>[] types = method.getParameterTypes();
      boolean takes = types.length == arguments.length;
      for (int i = 0; takes && i < types.length; i++) {
        takes = types[i].isPrimitive() || arguments[i] == null || types[i].isInstance(arguments[i]);
      }
      return takes;
    }

    private static long vagueness(Method method) {
      return Stream.of(method.getParameterTypes()).filter(Object.class::equals).count();
    }

    CompletionStage<?> async(AsyncLarderCache<String, String> cache) {
      try {
        return (CompletionStage<?>) method.invoke(cache, arguments);
      } catch (ReflectiveOperationException e) {
        throw new AssertionError(this + " throws", e);
      }
    }

    Object sync(LarderCache<String, String> cache) throws Throwable {
      if (method.getName().equals("loadAll")) {
        @SuppressWarnings("unchecked")
        Set<String> keys = (Set<String>) arguments[0];
        Completion completion = Completion.ofLoadAll(cache, keys, (Boolean) arguments[1]);
        assertThat(completion.calls).containsExactly("completed");
        return null;
      }
      try {
        return LarderCache.class
            .getMethod(method.getName(), method.getParameterTypes())
            .invoke(cache, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }

    @Override
    public String toString() {
      return method.getName() + Arrays.deepToString(arguments);
    }
  }

  private static final EntryProcessor<String, String, Object> APPEND =
      new EntryProcessor<>() {
        @Override
        public Object process(MutableEntry<String, String> entry, Object... arguments) {
          String value = entry.getValue() + arguments[0];
          entry.setValue(value);
          return "set " + value;
        }

        @Override
        public String toString() {
          return "append";
        }
      };

  private static final Function<String, String> COMPUTED = key -> "7" + key.length();
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Instant LATER = Instant.ofEpochMilli(HandClock.START + 60_000);
  private static final Object[] NONE = {};
  private static final ExpireCondition[] ALWAYS = {};
  private static final ExpireCondition[] NX = {ExpireCondition.NX};

  // spotless:off
  private static final List<Call> CALLS = List.of(
      Call.of("get", "k"),
      Call.of("getAll", Set.of("k", "l")),
      Call.of("containsKey", "k"),
      Call.of("loadAll", Set.of("k", "l"), false),
      Call.of("loadAll", Set.of("k", "l"), true),
      Call.of("put", "k", "2"),
      Call.of("getAndPut", "k", "2"),
      Call.of("putAll", Map.of("k", "2")),
      Call.of("putIfAbsent", "k", "2"),
      Call.of("remove", "k"),
      Call.of("remove", "k", "1"),
      Call.of("remove", "k", "9"),
      Call.of("getAndRemove", "k"),
      Call.of("replace", "k", "1", "2"),
      Call.of("replace", "k", "9", "2"),
      Call.of("replace", "k", "2"),
      Call.of("getAndReplace", "k", "2"),
      Call.of("removeAll", Set.of("k")),
      Call.of("removeAll"),
      Call.of("clear"),
      Call.of("invoke", "k", APPEND, new Object[] {"0"}),
      Call.of("invoke", "k", APPEND, NONE),
      Call.of("invokeAll", Set.of("k"), APPEND, new Object[] {"0"}),
      Call.of("set", "k", "2"),
      Call.of("set", "k", "2", MINUTE),
      Call.of("set", "k", "2", Duration.ZERO),
      Call.of("set", "k", "2", SetOptions.none().xx().get().keepTtl()),
      Call.of("setIfAbsent", "k", "2"),
      Call.of("setIfAbsent", "k", "2", MINUTE),
      Call.of("getAndExpire", "k", MINUTE),
      Call.of("getAndExpireAt", "k", LATER),
      Call.of("getAndPersist", "k"),
      Call.of("getAndDelete", "k"),
      Call.of("mget", List.of("k", "l", "k")),
      Call.of("mset", Map.of("k", "2")),
      Call.of("msetIfAbsent", Map.of("k", "2")),
      Call.of("append", "k", "23"),
      Call.of("strlen", "k"),
      Call.of("getRange", "k", 0L, 0L),
      Call.of("setRange", "k", 1L, "2"),
      Call.of("delete", "k"),
      Call.of("deleteAll", List.of("k", "j", "k")),
      Call.of("delete", "k", "j", new Object[] {"l"}),
      Call.of("exists", "k"),
      Call.of("countExisting", List.of("k", "k", "l")),
      Call.of("touch", "k"),
      Call.of("touchAll", List.of("k", "k", "l")),
      Call.of("rename", "k", "l"),
      Call.of("renameIfAbsent", "k", "l"),
      Call.of("copy", "k", "l"),
      Call.of("copy", "k", "j", true),
      Call.of("copy", "k", "k"),
      Call.of("type", "k"),
      Call.of("randomKey"),
      Call.of("scan", 0L, ScanOptions.all().count(100)),
      Call.of("scan", 0L, ScanOptions.all().count(1_000).match("[jk]")),
      Call.of("keys", "[jk]"),
      Call.of("size"),
      Call.of("ttl", "k"),
      Call.of("pttl", "k"),
      Call.of("expireTime", "k"),
      Call.of("pexpireTime", "k"),
      Call.of("expire", "k", MINUTE, ALWAYS),
      Call.of("expire", "k", MINUTE, NX),
      Call.of("expireAt", "k", LATER, ALWAYS),
      Call.of("expireAt", "k", LATER, NX),
      Call.of("persist", "k"),
      Call.of("incr", "k"),
      Call.of("decr", "k"),
      Call.of("incrBy", "k", 5L),
      Call.of("decrBy", "k", 5L),
      Call.of("incrByFloat", "k", new BigDecimal("0.5")),
      Call.of("compareAndSet", "k", "1", "2"),
      Call.of("compareAndSet", "k", null, "2"),
      Call.of("compareAndSet", "k", "1", "2", MINUTE),
      Call.of("compareAndDelete", "k", "1"),
      Call.of("computeIfAbsent", "k", COMPUTED),
      Call.of("computeIfAbsent", "k", MINUTE, COMPUTED),
      Call.of("save", file("saved")),
      Call.of("load", loadable()),
      Call.of("load", file("not there")),
      Call.of("dump", "k"),
      Call.of("restore", "l", RdbValue.dump(new byte[] {'7'}), MINUTE),
      Call.of("restore", "k", RdbValue.dump(new byte[] {'7'}), MINUTE, true),
      Call.of("info"));
  // spotless:on

  private static Path file(String name) {
    return Path.of(System.getProperty("java.io.tmpdir")).resolve("larder-async-" + name + ".rdb");
  }

  private static Path loadable() {
    Path file = file("loaded");
    try (OutputStream out = Files.newOutputStream(file)) {
      RdbWriter rdb = new RdbWriter(out, true);
      rdb.begin();
      rdb.entry(new byte[] {'j'}, new byte[] {'8'}, HandClock.START + 5_000);
      rdb.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }

  /**
   * Operations that run user code, take their time, or may have done a part when they must wait.
   */
  private static final Set<String> ALWAYS_IN_TURN =
      Set.of(
          "loadAll",
          "putAll",
          "removeAll",
          "clear",
          "invoke",
          "invokeAll",
          "randomKey",
          "keys",
          "save",
          "load",
          "dump",
          "restore");

  static List<Call> calls() {
    return CALLS;
  }

  @ParameterizedTest
  @MethodSource("calls")
  void doesAtOnceWhatTheCachesOwnMethodDoes(Call call) throws Throwable {
    for (String content : List.of("", "k", "kj")) {
      CompletionStage<?> stage = compare(call, this::settings, content, false);
      boolean inTurn =
          ALWAYS_IN_TURN.contains(call.method().getName())
              || call.method().getName().equals("computeIfAbsent") && content.isEmpty()
              || call.toString().contains("match");
      assertThat(stage == null).isEqualTo(inTurn);
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void doesInTurnWhatTheCachesOwnMethodDoes(Call call) throws Throwable {
    for (String content : List.of("", "k", "kj")) {
      assertThat(compare(call, this::settings, content, true)).isNull();
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void doesWithUserCodeWhatTheCachesOwnMethodDoes(Call call) throws Throwable {
    for (String content : List.of("", "k", "kj")) {
      compare(
          call,
          () ->
              settings()
                  .loader(journal::loader)
                  .readThrough(true)
                  .writer(journal::writer)
                  .writeThrough(true)
                  .listener(journal.listener()),
          content,
          false);
    }
  }

  private interface Settings {
    LarderConfiguration.Builder<String, String> make();
  }

  /**
   * Compares outcome, contents, counts and calls of user code. Returns the stage if it was done at
   * once, else null.
   */
  private CompletionStage<?> compare(Call call, Settings settings, String content, boolean behind)
      throws Throwable {
    LarderCache<String, String> one =
        filled(settings.make().executor(() -> Runnable::run), content);
    if (behind) {
      one.invoke("other", NOTHING);
    }
    String expected;
    try {
      expected = text(call.sync(one));
    } catch (Exception e) {
      expected = e.toString();
    }
    expected += " " + state(one) + " " + journal.take();

    LarderCache<String, String> other = filled(settings.make(), content);
    if (behind) {
      other.async().invoke("other", NOTHING);
    }
    CompletionStage<?> stage = call.async(other.async());
    boolean atOnce = isDone(stage);
    executor.runAll();
    Throwable failure = failure(stage);
    String found = failure == null ? text(now(stage)) : failure.toString();
    found += " " + state(other) + " " + journal.take();
    assertThat(found).as(call + " of " + content).isEqualTo(expected);
    return atOnce ? stage : null;
  }

  private LarderCache<String, String> filled(
      LarderConfiguration.Builder<String, String> settings, String content) {
    LarderCache<String, String> cache = LarderCache.of(caches.create(settings));
    for (char key : content.toCharArray()) {
      cache.set("" + key, "1", Duration.ofSeconds(100));
    }
    journal.take();
    return cache;
  }

  private static String state(LarderCache<String, String> cache) {
    Map<String, String> all = new TreeMap<>();
    cache.keys("*").forEach(key -> all.put(key, Caches.peek(cache, key) + " " + cache.pttl(key)));
    return all + " " + Caches.counts(cache);
  }

  private static String text(Object result) {
    if (result instanceof Stream<?> stream) {
      return text(stream.toList());
    }
    if (result instanceof byte[] bytes) {
      return Arrays.toString(bytes);
    }
    if (result instanceof ScanPage<?> page) {
      return page.cursor() + " " + text(page.keys());
    }
    if (result instanceof List<?> list) {
      return list.stream().map(AsyncCacheTest::text).sorted().toList().toString();
    }
    if (result instanceof Map<?, ?> map) {
      Map<String, String> texts = new TreeMap<>();
      map.forEach((key, value) -> texts.put(text(key), text(value)));
      return texts.toString();
    }
    if (result instanceof EntryProcessorResult<?> each) {
      return text(each.get());
    }
    // any of two keys
    return result == null ? "-" : result.equals("j") ? "k" : result.toString();
  }

  @Test
  void allMethodsAreAmongTheCallsAbove() {
    Set<Method> called = new HashSet<>();
    CALLS.forEach(call -> called.add(call.method()));
    assertThat(called).containsExactlyInAnyOrderElementsOf(asyncMethods());
  }

  /** Whatever a cache can do to its entries has its stage, by the same name and arguments. */
  @Test
  void everyOperationOfACacheHasItsStage() {
    Set<String> without =
        Set.of(
            "iterator",
            "spliterator",
            "forEach",
            "unwrap",
            "registerCacheEntryListener",
            "deregisterCacheEntryListener",
            "getName",
            "getConfiguration",
            "getCacheManager",
            "close",
            "isClosed",
            "async");
    Set<String> operations = new HashSet<>();
    for (Method method : LarderCache.class.getMethods()) {
      if (!Modifier.isStatic(method.getModifiers()) && !without.contains(method.getName())) {
        List<Class<?>> types = new ArrayList<>(List.of(method.getParameterTypes()));
        types.remove(CompletionListener.class);
        operations.add(method.getName() + types);
      }
    }
    Set<String> stages = new HashSet<>();
    for (Method method : asyncMethods()) {
      assertThat(method.getReturnType()).isEqualTo(CompletionStage.class);
      stages.add(method.getName() + List.of(method.getParameterTypes()));
    }
    assertThat(stages).isEqualTo(operations);
  }

  // ------------------------------------------------------------------------------------- helpers

  private static Collection<Method> asyncMethods() {
    return List.of(AsyncLarderCache.class.getMethods());
  }

  private LarderConfiguration.Builder<String, String> settings() {
    return caches.settings().executor(() -> executor);
  }

  private LarderCache<String, String> plain() {
    return LarderCache.of(caches.create(settings()));
  }

  private LarderCache<String, String> loading(Factory<CacheLoader<String, String>> loader) {
    return LarderCache.of(caches.create(settings().loader(loader).readThrough(true)));
  }

  private LarderCache<String, String> withWriter(Journal.Writer writer) {
    return LarderCache.of(caches.create(settings().writer(() -> writer).writeThrough(true)));
  }

  private LarderCache<String, String> userCode(UserCode.Role role) {
    LarderConfiguration.Builder<String, String> settings = settings();
    switch (role) {
      case LOADER -> settings.loader(journal::loader).readThrough(true);
      case WRITER -> settings.writer(journal::writer).writeThrough(true);
      case LISTENER -> settings.listener(journal.listener());
      default ->
          settings.expiry(() -> journal.policy(javax.cache.expiry.Duration.ETERNAL, null, null));
    }
    return LarderCache.of(caches.create(settings));
  }

  /** A cache that loads {@code loaded k} for {@code k}. */
  private LarderCache<Box, Box> boxes(boolean byValue) {
    CacheLoader<Box, Box> loader =
        new CacheLoader<>() {
          @Override
          public Box load(Box key) {
            return new Box("loaded " + key.content);
          }

          @Override
          public Map<Box, Box> loadAll(Iterable<? extends Box> keys) {
            Map<Box, Box> loaded = new HashMap<>();
            keys.forEach(key -> loaded.put(key, load(key)));
            return loaded;
          }
        };
    return LarderCache.of(
        caches.create(
            caches
                .settings(Box.class, Box.class)
                .executor(() -> executor)
                .storeByValue(byValue)
                .readThrough(true)
                .loader(() -> loader)));
  }

  private static List<CompletionStage<String>> get(LarderCache<String, String> cache, int times) {
    return get(cache, "k", times);
  }

  private static <K, V> List<CompletionStage<V>> get(LarderCache<K, V> cache, K key, int times) {
    return Stream.generate(() -> cache.async().get(key)).limit(times).toList();
  }

  private static Object setValue(MutableEntry<String, String> entry, String value) {
    entry.setValue(value);
    return value;
  }

  private static boolean isDone(CompletionStage<?> stage) {
    return stage.toCompletableFuture().isDone();
  }

  /** The result of a stage that must be complete. */
  private static <T> T now(CompletionStage<T> stage) {
    assertThat(isDone(stage)).as("done").isTrue();
    return stage.toCompletableFuture().join();
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(1, TimeUnit.MINUTES).join();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).isNegative();
      Thread.onSpinWait();
    }
  }

  /** What a stage that must be complete failed with, as it is; null if it did not. */
  private static Throwable failure(CompletionStage<?> stage) {
    assertThat(isDone(stage)).as("done").isTrue();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    stage.whenComplete((result, thrown) -> failure.set(thrown));
    return failure.get();
  }
}
