package dev.larder.ops;

import static dev.larder.ops.TwoCaches.hold;
import static dev.larder.ops.TwoCaches.set;
import static dev.larder.ops.TwoCaches.setUntil;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.BusyException;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watched key tells of every change, and of nothing else. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatchTest {
  private final TwoCaches caches = new TwoCaches();
  private final CacheOperations<String, String> cache = caches.strings;
  private final AtomicInteger changes = new AtomicInteger();

  private int since(Runnable operation) {
    changes.set(0);
    operation.run();
    return changes.get();
  }

  @Test
  void everyChangeOfTheKeyIsTold() {
    set(cache, "a", "1");
    cache.watch("a", changes::incrementAndGet);

    assertThat(since(() -> set(cache, "a", "1"))).as("the same value").isOne();
    assertThat(since(() -> cache.expiry().expire("a", Deadline.at(2_000_000), Set.of()))).isOne();
    assertThat(since(() -> cache.expiry().persist("a"))).isOne();
    assertThat(since(() -> cache.keys().rename("a", "b", true))).isOne();
    assertThat(since(() -> cache.keys().rename("b", "a", true))).isOne();
    assertThat(since(() -> cache.keyspace().clear())).isOne();
    assertThat(since(() -> set(cache, "a", "1"))).isOne();
    assertThat(since(() -> cache.keys().delete("a"))).isOne();
  }

  @Test
  void readsAndOtherKeysAreNotTold() {
    cache.watch("a", changes::incrementAndGet);

    set(cache, "b", "1");
    cache.strings().get("a");
    cache.keys().delete("a");
    cache.keyspace().clear();

    assertThat(changes).hasValue(0);
  }

  @Test
  void expiryIsToldButNotOfWhatHadExpiredBefore() {
    setUntil(cache, "a", "1", 1_000_010);
    setUntil(cache, "b", "1", 1_000_001);
    caches.clock.set(1_000_002);
    AtomicBoolean late = new AtomicBoolean();
    cache.watch("a", changes::incrementAndGet);
    cache.watch("b", () -> late.set(true));

    caches.clock.set(1_000_011);
    cache.entries().store().sweep();

    assertThat(changes).hasValue(1);
    assertThat(late).isFalse();
  }

  @Test
  void severalWatchAndTheLastOneThatLeavesTakesTheSubscriberAlong() {
    AtomicInteger other = new AtomicInteger();
    Watch first = cache.watch("a", changes::incrementAndGet);
    Watch second = cache.forSocket().watch("a", other::incrementAndGet);
    set(cache, "a", "1");
    first.close();
    first.close();
    set(cache, "a", "2");
    assertThat(changes).hasValue(1);
    assertThat(other).hasValue(2);
    assertThat(cache.entries().store().feed().isActive()).isTrue();

    second.close();

    set(cache, "a", "3");
    assertThat(other).hasValue(2);
    assertThat(cache.entries().store().feed().isActive()).isFalse();
  }

  @Test
  void aLoopDoesNotWaitForABusyKey() {
    CountDownLatch enough = hold(cache, "a");

    assertThatThrownBy(() -> cache.forLoop().watch("a", changes::incrementAndGet))
        .isInstanceOf(BusyException.class);

    assertThat(cache.entries().store().feed().isActive()).isFalse();
    enough.countDown();
  }
}
