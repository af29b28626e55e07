package dev.larder.data;

import org.jspecify.annotations.Nullable;

/**
 * First in, first out, but who was used since it came, or since it was last considered, goes to the
 * end of the line once more: what is known as CLOCK, and comes near to least recently used.
 */
public final class SecondChanceOrder<C extends Candidate> implements EvictionOrder<C> {
  /** So many get a second chance in a row; then the next one leaves even if it was used. */
  private static final int MOST_CHANCES = 64;

  private final MemberQueue<C> line = new MemberQueue<>(1);

  @Override
  public void add(C fresh, int weight, boolean full) {
    fresh.uses(0);
    line.add(fresh, weight);
  }

  @Override
  public void reweigh(C member, int weight) {
    line.reweigh(member, weight);
  }

  @Override
  public void remove(C member) {
    line.leave(member);
    member.weight(0);
  }

  @Override
  public @Nullable C next() {
    C first = line.poll();
    for (int chances = 0; first != null && first.uses() > 0 && chances < MOST_CHANCES; chances++) {
      first.uses(0);
      line.add(first, first.weight());
      first = line.poll();
    }
    if (first != null) {
      first.weight(0);
    }
    return first;
  }

  @Override
  public void putBack(C busy, int weight) {
    line.add(busy, weight);
  }

  @Override
  public int size() {
    return line.size();
  }

  @Override
  public long weight() {
    return line.weight();
  }
}
