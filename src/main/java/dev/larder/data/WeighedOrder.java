package dev.larder.data;

/** Knows how many members there are and what they weigh; who is next, the subclass decides. */
abstract class WeighedOrder<C extends Candidate> implements EvictionOrder<C> {
  private final int place;
  private int size;
  private long weight;

  /**
   * @param place that of every member
   */
  WeighedOrder(int place) {
    this.place = place;
  }

  /** Counts a new member. */
  final void join(C fresh, int weight) {
    fresh.place(place);
    fresh.weight(weight);
    this.weight += weight;
    size++;
  }

  @Override
  public final void reweigh(C member, int weight) {
    this.weight += weight - (long) member.weight();
    member.weight(weight);
  }

  @Override
  public final void remove(C member) {
    member.place(0);
    weight -= member.weight();
    member.weight(0);
    size--;
  }

  @Override
  public final int size() {
    return size;
  }

  @Override
  public final long weight() {
    return weight;
  }
}
