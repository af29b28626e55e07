package dev.larder.jcache;

import dev.larder.Clock;

/**
 * A clock that a test moves. For the thread that sweeps expired entries away time stands still, so
 * that expiry is noticed by the operation under test and by nobody else.
 */
final class HandClock implements Clock {
  static final long START = 1_000_000_000_000L;

  private volatile long now = START;

  @Override
  public long millis() {
    return Thread.currentThread().getName().equals("larder-sweeper") ? START : now;
  }

  void advanceSeconds(long seconds) {
    now += seconds * 1_000;
  }

  void advanceMillis(long millis) {
    now += millis;
  }
}
