package dev.larder.data;

import org.jspecify.annotations.Nullable;

/**
 * In which order candidates leave for want of room. Each call takes constant time, amortised, and
 * never one in proportion to the number of members.
 *
 * <p>Not safe for use by several threads, but for {@link Candidate#used}.
 */
public interface EvictionOrder<C extends Candidate> {

  /**
   * Takes a new member, which is in no order.
   *
   * @param weight at least 0
   * @param full whether there is no room for it, so that {@link #next} will be called
   */
  void add(C fresh, int weight, boolean full);

  /** A member weighs something else from now on. */
  void reweigh(C member, int weight);

  /** A member has left for another reason. */
  void remove(C member);

  /** Who is to leave: it is no member any more. Null if there is none. */
  @Nullable C next();

  /** Takes back one that was to leave and cannot at present: it is to be one of the last. */
  void putBack(C busy, int weight);

  /** How many members there are. */
  int size();

  /** What all members weigh. */
  long weight();

  /** Whether it is a member; of this order, if it is of any but a {@link SparedOrder}. */
  default boolean contains(C candidate) {
    return candidate.place() != 0 && candidate.place() != SparedOrder.SPARED;
  }
}
