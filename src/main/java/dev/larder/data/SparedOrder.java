package dev.larder.data;

import org.jspecify.annotations.Nullable;

/** Those who need not leave; they are weighed all the same. */
public final class SparedOrder<C extends Candidate> implements EvictionOrder<C> {
  static final int SPARED = 3; // a place that no other order has

  private long weight;
  private int size;

  @Override
  public void add(C fresh, int weight, boolean full) {
    fresh.place(SPARED);
    fresh.weight(weight);
    this.weight += weight;
    size++;
  }

  @Override
  public void reweigh(C member, int weight) {
    this.weight += weight - (long) member.weight();
    member.weight(weight);
  }

  @Override
  public void remove(C member) {
    member.place(0);
    weight -= member.weight();
    member.weight(0);
    size--;
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
  public int size() {
    return size;
  }

  @Override
  public long weight() {
    return weight;
  }

  @Override
  public boolean contains(C candidate) {
    return candidate.place() == SPARED;
  }
}
