package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.Test;

/** The removal of expired entries in the background, which can be turned off for tests. */
final class ActiveExpiryTest {
  private final HandClock clock = new HandClock(1_000);

  @Test
  void sweeperLeavesWhatHasExpiredUntilItIsTurnedOnAgain() {
    try (Store<String, String> store = new Store<>(StoreClock.of(clock), Runnable::run)) {
      store.sweepsAtLeisure(false);
      Entry<String, String> entry = store.holdOrReserve("a", true);
      store.set(entry, "1", 1_500);
      store.release(entry);
      clock.set(2_000);

      assertThat(store.sweepAtLeisure()).as("there is something to come back for").isTrue();
      assertThat(store.find("a")).isSameAs(entry);

      store.sweepsAtLeisure(true);
      await().until(() -> store.size() == 0 || !store.sweepAtLeisure());
    }
  }
}
