package dev.larder.data;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * At random; or, of a few that are drawn at random, the one of the lowest rank, which is what Redis
 * does, too.
 *
 * <p>The members are in pages of a list, in no order. One that was removed stays in its slot until
 * it is drawn or a hand comes by that looks at some slots with each new member; so there are hardly
 * ever more of those than there are members.
 */
public final class SampledOrder<C extends Candidate> extends WeighedOrder<C> {
  private static final int DRAWS = 16;
  private static final int TIDIED = 4;
  private static final int PAGE_BITS = 9;
  private static final int PAGE = 1 << PAGE_BITS;
  private static final int MEMBER = 1;

  private final RandomGenerator random;
  private final @Nullable ToLongFunction<? super C> rank;
  private final List<Candidate[]> pages = new ArrayList<>();
  private int slots;
  private int hand;

  /**
   * @param rank null: at random
   */
  public SampledOrder(RandomGenerator random, @Nullable ToLongFunction<? super C> rank) {
    super(MEMBER);
    this.random = random;
    this.rank = rank;
  }

  @Override
  public void add(C fresh, int weight, boolean full) {
    for (int i = 0; i < TIDIED; i++) {
      tidy();
    }
    if (slots == pages.size() << PAGE_BITS) {
      pages.add(new Candidate[PAGE]);
    }
    set(slots++, fresh);
    join(fresh, weight);
  }

  @Override
  public @Nullable C next() {
    int best = -1;
    long lowest = Long.MAX_VALUE;
    for (int draws = rank == null ? 1 : DRAWS; draws > 0 && size() > 0; ) {
      int slot = random.nextInt(slots);
      C drawn = get(slot);
      if (drawn.place() != MEMBER) {
        best = best == slots - 1 ? slot : best; // where the last one moves to
        empty(slot);
        continue;
      }
      long drawnRank = rank == null ? 0 : rank.applyAsLong(drawn);
      if (best < 0 || drawnRank < lowest) {
        best = slot;
        lowest = drawnRank;
      }
      draws--;
    }
    if (best < 0) {
      return null;
    }
    C next = get(best);
    empty(best);
    remove(next);
    return next;
  }

  @Override
  public void putBack(C busy, int weight) {
    add(busy, weight, true);
  }

  /** Slots in use, those of members that were removed included. */
  int slots() {
    return slots;
  }

  private void tidy() {
    if (slots > 0) {
      hand = hand < slots ? hand : 0;
      if (get(hand).place() == MEMBER) {
        hand++;
      } else {
        empty(hand);
      }
    }
  }

  /** The last one moves into the slot. */
  private void empty(int slot) {
    int last = --slots;
    set(slot, get(last));
    pages.get(last >>> PAGE_BITS)[last & PAGE - 1] = null;
    if (last >>> PAGE_BITS < pages.size() - 2) {
      pages.remove(pages.size() - 1); // one is kept, lest one is made and dropped in turns
    }
  }

  @SuppressWarnings("unchecked") // all were put there by add
  private C get(int slot) {
    return (C) pages.get(slot >>> PAGE_BITS)[slot & PAGE - 1];
  }

  private void set(int slot, C candidate) {
    pages.get(slot >>> PAGE_BITS)[slot & PAGE - 1] = candidate;
  }
}
