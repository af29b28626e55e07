package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

class StoreClockTest {
  private final HandClock hand = new HandClock(1_000_000);
  private final StoreClock clock = StoreClock.of(hand);

  @Test
  void aDeadlineHasPassedFromItsOwnMillisecondOn() {
    assertThat(clock.passed(999_999)).isTrue();
    assertThat(clock.passed(1_000_000)).isTrue();
    assertThat(clock.passed(1_000_001)).isFalse();
    hand.set(1_000_001);
    assertThat(clock.passed(1_000_001)).isTrue();
  }

  @Test
  void anExplicitDeadlinePassesLikeAnyOther() {
    assertThat(clock.passed(Entry.explicit(1_000_000))).isTrue();
    assertThat(clock.passed(Entry.explicit(1_000_001))).isFalse();
  }

  @Test
  void eternityNeverPasses() {
    hand.set(Long.MAX_VALUE);
    assertThat(clock.passed(Entry.ETERNAL)).isFalse();
    assertThat(clock.passed(Entry.explicit(Entry.ETERNAL))).isFalse();
    assertThat(clock.passed(Entry.ETERNAL - 1)).isTrue();
  }

  @Test
  void aClockThatWasSetBackMakesDeadlinesComeAgain() {
    assertThat(clock.passed(1_000_000)).isTrue();
    hand.set(0);
    assertThat(clock.passed(1_000_000)).isFalse();
    assertThat(clock.nowFor(1)).isZero();
    assertThat(clock.nowFor(1_000_000)).isZero();
  }

  @Test
  void theSystemClockIsExactNearADeadlineAndCloseToItElsewhere() {
    StoreClock system = StoreClock.system();
    for (int i = 0; i < 100_000; i++) {
      long now = System.currentTimeMillis();
      assertThat(system.passed(now) && !system.passed(now + 10_000)).isTrue();
      assertThat(Math.abs(system.nowFor(60_000) - now)).isLessThan(10_000);
    }
  }

  /** And is right in every state of the ticker. */
  @Test
  void theTickerSleepsWhileNobodyLooksAndWakesForWhoDoes() {
    StoreClock system = StoreClock.system();
    for (int round = 0; round < 3; round++) {
      long now = System.currentTimeMillis();
      awaitThat(() -> system.passed(now) && !system.passed(now + 3_600_000) && !isAsleep());
      awaitThat(StoreClockTest::isAsleep); // nobody looks
    }
  }

  /**
   * Whether the ticker is there and waits for somebody who looks, rather than for the next tick.
   */
  private static boolean isAsleep() {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("larder-clock")) {
        return LockSupport.getBlocker(thread) != null;
      }
    }
    return false;
  }

  private static void awaitThat(BooleanSupplier condition) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(5))
        .until(condition::getAsBoolean);
  }
}
