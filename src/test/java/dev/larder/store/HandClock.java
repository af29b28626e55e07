package dev.larder.store;

import dev.larder.Clock;

/** A clock that stands until a test moves it. */
public final class HandClock implements Clock {
  private volatile long millis;

  public HandClock(long millis) {
    this.millis = millis;
  }

  @Override
  public long millis() {
    return millis;
  }

  public void set(long millis) {
    this.millis = millis;
  }
}
