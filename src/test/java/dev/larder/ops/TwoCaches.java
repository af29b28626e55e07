package dev.larder.ops;

import dev.larder.codec.Copier;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.store.Change;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import dev.larder.store.Subscriber;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A cache of strings and one of numbers, with one clock, and what was told of their changes. */
final class TwoCaches {
  final HandClock clock = new HandClock(1_000_000);
  final List<String> told = Collections.synchronizedList(new ArrayList<>());
  final CacheOperations<String, String> strings = cache("strings", String.class);
  final CacheOperations<String, Long> numbers = cache("numbers", Long.class);

  private <V> CacheOperations<String, V> cache(String name, Class<V> type) {
    return cache(
        name,
        type,
        new Rules<>() {
          @Override
          public void requireTypes(String key, V value) {
            type.cast(value);
          }
        });
  }

  /** Another one with the same clock. */
  <V> CacheOperations<String, V> cache(String name, Class<V> type, Rules<String, V> rules) {
    Store<String, V> store = new Store<>(StoreClock.of(clock), Runnable::run);
    return new CacheOperations<>(
        name,
        new EntryOperations<>(store, rules, new Statistics()),
        KeyTexts.of(String.class, TextCodecs.of(String.class, new Copier(null))),
        TextCodecs.of(type, new Copier(null)));
  }

  /** From now on, notes the changes of a cache. */
  <V> void listen(CacheOperations<String, V> cache) {
    cache.subscribe(
        new Subscriber<>() {
          @Override
          public void delivered(Change<String, V> change) {
            told.add(change.event() + " " + change.key());
          }
        });
  }

  static <V> void set(CacheOperations<String, V> cache, String key, V value) {
    cache.strings().set(key, value, StringOperations.When.ALWAYS, Deadline.BY_POLICY, null);
  }

  static <V> void setUntil(CacheOperations<String, V> cache, String key, V value, long time) {
    cache.strings().set(key, value, StringOperations.When.ALWAYS, Deadline.at(time), null);
  }

  /** Holds a key, as user code does, until the returned latch is open. */
  static CountDownLatch hold(CacheOperations<String, ?> cache, String key) {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch enough = new CountDownLatch(1);
    start(
        () ->
            cache
                .entries()
                .run(
                    key,
                    turn ->
                        turn.inUserCode(
                            () -> {
                              held.countDown();
                              return await(enough);
                            })));
    await(held);
    return enough;
  }

  static boolean await(CountDownLatch latch) {
    try {
      return latch.await(50, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static Thread start(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  static void awaitParked(Thread thread) {
    while (thread.getState() != Thread.State.WAITING) {
      if (!thread.isAlive()) {
        throw new AssertionError("it has ended rather than wait");
      }
      Thread.onSpinWait();
    }
  }
}
