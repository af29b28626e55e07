package dev.larder.data;

import org.jspecify.annotations.Nullable;

/**
 * Keeps who is likely to be used again, be it soon after the last time or again and again. Learns
 * from those who come back after they had to leave, so that no setting has to say what kind of
 * traffic there is.
 *
 * <h2>Two queues and those who left</h2>
 *
 * A new member enters the queue of the <em>fresh</em>, for a share of the room. At its end it goes
 * on to the <em>main</em> queue if it was used twice; if not, it has to win a contest against the
 * member of main whose turn it is, or leave. Main is a clock: who was used since his last turn
 * gives up one use and goes round again.
 *
 * <p>The contest is about <em>merit</em>: how often a member was asked for, as far as is known.
 * Merit is not lost by leaving: {@link Ghosts} remember it, for about twice as many as there are
 * members. Who is asked for the first time has no chance in main. Merit is halved from time to
 * time, or main would be full of past merit; and that of the ghosts with it, or whoever comes back
 * would beat those who stayed.
 *
 * <ul>
 *   <li>A <b>scan</b> passes through the fresh queue, and main never sees it.
 *   <li>In a <b>loop</b> over more than there is room for, all merits are the same. Nobody wins a
 *       contest, so a part of the loop stays and is hit each time round, where the least recently
 *       used would always be the next one needed.
 *   <li>What is <b>used for a short while</b> only is hit in the fresh queue, if that is long
 *       enough; which is why its share is learned.
 * </ul>
 *
 * <h2>What is learned</h2>
 *
 * A use is no event here, just a count that is found later. But coming back is one. The share is
 * right when those who leave from either queue are equally likely to come back soon ({@link
 * Regret}): then a slot more would be worth the same to either. So with each newcomer the share
 * moves a little to where regret is greater. Likewise for the <em>lead</em> that a challenger needs
 * to win a contest: it is right when those who lost one and those who left main are equally likely
 * to come back soon. It may fall below zero: then the newer one wins though it has less merit. In
 * doubt it grows, as in a loop, where nobody comes back soon and nobody is to be replaced.
 *
 * <h2>Cost</h2>
 *
 * A member has four bytes in a queue and four for the ghosts. No call gives more than a few times
 * {@link #MOST_STEPS} turns: whoever is at the head then has to leave. The key is asked for its
 * hash once when a member comes, when the caller has just used it, and once when it leaves. Shares
 * are of the weight; the order knows no limit, and what there is when it is asked for the next to
 * leave is taken for one.
 */
public final class AdaptiveOrder<C extends Candidate> implements EvictionOrder<C> {
  private static final int FRESH = 1;
  private static final int MAIN = 2;

  /** A note is the merit, up to this, and a bit or two more. */
  private static final int MOST_MERIT = Ghosts.MOST_MERIT;

  /** The bits more in the note of a member: in which age its merit was last halved, of four. */
  private static final int AGES = 24;

  private static final int ONE_AGE = 8;

  /** The bit more in the note of a ghost. */
  private static final int WAS_IN_MAIN = 8;

  /** So many uses bring a fresh member into main without a contest. */
  private static final int USES_FOR_MAIN = 2;

  /** The merit that is allowed to a contest: once is no merit. */
  private static final int MERIT_FOR_CONTEST = 2;

  /** An age ends, and merit is halved, when so many times the members were asked for. */
  private static final int USES_IN_AGE = 10;

  /** Who comes back in the first quarter of what ghosts last comes back soon. */
  private static final int SOON = 0;

  /**
   * How many members the share moves at once, where all of one queue come back and none of main.
   */
  private static final double PACE = 0.3;

  private static final double FIRST_SHARE = 0.1;
  private static final double LEAST_SHARE = 0.01;
  private static final double GREATEST_SHARE = 0.9;

  /** How fast the lead moves, where all who left main come back and no losers. */
  private static final double LEAD_PACE = 2;

  /** So much less must main be regretted than losers, before it is easier to win. */
  private static final double DOUBT = 0.01;

  private static final double FIRST_LEAD = 1;
  private static final double LEAST_LEAD = -2;
  private static final double GREATEST_LEAD = 2;

  /**
   * What is learned counts for about as many newcomers as there are members. Where there are fewer
   * members than this, it would be chance.
   */
  private static final double FEW = 20;

  /** So many turns one call gives at most; then a member has to leave though it was used. */
  static final int MOST_STEPS = 32;

  private final MemberQueue<C> fresh = new MemberQueue<>(FRESH);
  private final MemberQueue<C> main = new MemberQueue<>(MAIN);
  private final Ghosts ghosts = new Ghosts();

  private final Regret freshLeavers = new Regret();
  private final Regret mainLeavers = new Regret();
  private final Regret losers = new Regret();
  private double share = FIRST_SHARE;
  private double lead = FIRST_LEAD;

  private int age; // in the bits of AGES
  private long usesInAge;

  @Override
  public void add(C member, int weight, boolean full) {
    int merit = 1;
    if (full) {
      merit = Math.min(MOST_MERIT, meritBefore(member) + 1);
      learn();
    }
    countUses(1);
    member.noteUnused(merit | age);
    fresh.add(member, weight);
    if (!full) {
      fillMain();
    }
  }

  /** While there is room all go to main in their turn, and none is judged. */
  private void fillMain() {
    long room = roomForFresh();
    for (int i = 0; i < 2 && isFreshOver(room); i++) {
      C oldest = fresh.poll();
      if (oldest != null) {
        main.add(oldest, oldest.weight());
      }
    }
  }

  private int meritBefore(C member) {
    ghosts.fit(size());
    int found = ghosts.take(hashOf(member));
    int merit = found & MOST_MERIT;
    if (merit > 0 && found >> Ghosts.NOTE_BITS <= SOON) {
      if ((found & WAS_IN_MAIN) != 0) {
        mainLeavers.back();
      } else {
        freshLeavers.back();
        if (merit >= MERIT_FOR_CONTEST) {
          losers.back();
        }
      }
    }
    return merit;
  }

  private void learn() {
    double members = Math.max(FEW, size());
    double factor = 1 - 1 / members;
    freshLeavers.fade(factor);
    mainLeavers.fade(factor);
    losers.fade(factor);
    double regret = mainLeavers.now();
    share += PACE / members * (freshLeavers.now() - regret);
    share = Math.max(LEAST_SHARE, Math.min(GREATEST_SHARE, share));
    lead += LEAD_PACE / members * (regret + DOUBT - losers.now());
    lead = Math.max(LEAST_LEAD, Math.min(GREATEST_LEAD, lead));
  }

  private void countUses(int uses) {
    usesInAge += uses;
    if (usesInAge >= (long) USES_IN_AGE * size()) {
      usesInAge /= 2;
      age = age + ONE_AGE & AGES;
      ghosts.endAge();
    }
  }

  private long roomForFresh() {
    return (long) (share * weight());
  }

  /** Whether there is more in the queue of the fresh; a newcomer alone is never too much. */
  private boolean isFreshOver(long room) {
    return fresh.size() > 1 && fresh.weight() > room;
  }

  @Override
  public @Nullable C next() {
    C next = null;
    while (next == null && size() > 0) { // twice only if both queues are full of gaps
      next = leaver();
    }
    return next;
  }

  private @Nullable C leaver() {
    long room = roomForFresh();
    for (int steps = 0; steps < MOST_STEPS && (isFreshOver(room) || main.size() == 0); steps++) {
      C oldest = fresh.poll();
      if (oldest == null) {
        break;
      }
      int uses = oldest.uses();
      int merit = merit(oldest);
      countUses(uses);
      oldest.noteUnused(Math.min(MOST_MERIT, merit + uses) | age);
      if (uses < USES_FOR_MAIN && !isFreshOver(room)) {
        return contest(oldest, merit);
      }
      main.add(oldest, oldest.weight());
    }
    C turn = turnOfMain();
    if (turn != null) {
      return leave(turn, MAIN);
    }
    C oldest = fresh.poll();
    return oldest == null ? null : leave(oldest, FRESH);
  }

  /**
   * Who leaves: a fresh member, or the one of main whose slot it gets. The merit is that with which
   * it came, as a use so soon after it says little about later.
   */
  private C contest(C challenger, int merit) {
    C holder = merit < MERIT_FOR_CONTEST ? null : turnOfMain();
    if (holder == null) {
      return leave(challenger, FRESH);
    }
    boolean won = merit > merit(holder) + lead;
    C stays = won ? challenger : holder;
    main.add(stays, stays.weight());
    return won ? leave(holder, MAIN) : leave(challenger, FRESH);
  }

  /** Takes out of main the next one that was not used since its last turn. */
  private @Nullable C turnOfMain() {
    C first = main.poll();
    for (int steps = 0; first != null && first.uses() > 0 && steps < MOST_STEPS; steps++) {
      int uses = first.uses() - 1;
      first.noteUnused(Math.min(MOST_MERIT, agedMerit(first) + 1) | age);
      first.uses(uses);
      countUses(1);
      main.add(first, first.weight());
      first = main.poll();
    }
    if (first != null) {
      first.noteUnused(agedMerit(first) | age);
    }
    return first;
  }

  private int agedMerit(C member) {
    int ages = (age - (member.note() & AGES) & AGES) / ONE_AGE;
    return merit(member) >> ages;
  }

  private int merit(C member) {
    return member.note() & MOST_MERIT;
  }

  private C leave(C member, int from) {
    int merit = Math.max(1, merit(member));
    if (from == MAIN) {
      mainLeavers.left();
    } else {
      freshLeavers.left();
      if (merit >= MERIT_FOR_CONTEST) {
        losers.left();
      }
    }
    ghosts.fit(size() + 1);
    ghosts.add(hashOf(member), from == MAIN ? merit | WAS_IN_MAIN : merit);
    member.weight(0);
    return member;
  }

  /** The key's hash; where the key fails to tell it, one that is as good as any. */
  private int hashOf(C member) {
    try {
      return member.keyHash();
    } catch (RuntimeException | StackOverflowError broken) {
      return System.identityHashCode(member);
    }
  }

  @Override
  public void putBack(C busy, int weight) {
    main.add(busy, weight);
  }

  @Override
  public void reweigh(C member, int weight) {
    queueOf(member).reweigh(member, weight);
  }

  @Override
  public void remove(C member) {
    queueOf(member).leave(member);
    member.weight(0);
  }

  private MemberQueue<C> queueOf(C member) {
    return member.place() == FRESH ? fresh : main;
  }

  @Override
  public int size() {
    return fresh.size() + main.size();
  }

  @Override
  public long weight() {
    return fresh.weight() + main.weight();
  }

  /** About how many bytes it takes, without the members. */
  long bytes() {
    return 4 * (fresh.slots() + main.slots()) + ghosts.bytes();
  }
}
