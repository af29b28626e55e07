package dev.larder.data;

import org.jspecify.annotations.Nullable;

/** Those who need not leave; they are weighed all the same. */
public final class SparedOrder<C extends Candidate> extends WeighedOrder<C> {
  static final int SPARED = 3; // a place that no other order has

  public SparedOrder() {
    super(SPARED);
  }

  @Override
  public void add(C fresh, int weight, boolean full) {
    join(fresh, weight);
  }

  @Override
  public @Nullable C next() {
    return null;
  }

  @Override
  public void putBack(C busy, int weight) {
    add(busy, weight, false);
  }

  @Override
  public boolean contains(C candidate) {
    return candidate.place() == SPARED;
  }
}
