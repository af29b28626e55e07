package dev.larder.store;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * How much there may be in a store, or in several together, and who leaves when there is more.
 *
 * <p>Whoever stores something counts it, gives its entry back and then, if there is too much now,
 * evicts until there is not. So there is never more than the limit and what the threads that write
 * at this moment have stored, one change each; plus what nobody may evict, because somebody holds
 * it. Stores that share a bound lose in proportion to what they have.
 */
public final class Bound {
  private static final Logger LOG = System.getLogger("dev.larder.store");

  /** So many victims in a row may be busy, or be allowed to stay, before a thread gives up. */
  private static final int MOST_MISSES = 64;

  /** What a writer evicts at most while somebody who has lowered the limit is at it. */
  private static final int SHARE = 16;

  /** What is counted. */
  public enum Unit {
    ENTRIES,
    BYTES
  }

  /** Who leaves. */
  public enum Victim {
    /** Who is likely to be of the least use, by how recently and how often it was used. */
    ADAPTIVE,
    /** Who came first, unless it was used since it was last considered. */
    SECOND_CHANCE,
    RANDOM,
    /** Who would expire first, of some. */
    EARLIEST,
    /** Nobody: what would need room is refused. */
    NONE
  }

  private final Unit unit;
  private final Victim victim;
  private final boolean timedOnly;
  private final List<Evictor<?, ?>> evictors = new CopyOnWriteArrayList<>();
  private final AtomicLong weight = new AtomicLong();
  private volatile long limit;
  private final AtomicBoolean lowering = new AtomicBoolean();
  private final AtomicBoolean failed = new AtomicBoolean();

  /** One that holds for all entries, and refuses nothing. */
  public Bound(Unit unit, long limit) {
    this(unit, limit, Victim.ADAPTIVE, false);
  }

  /**
   * @param timedOnly whether only entries with a deadline leave
   */
  public Bound(Unit unit, long limit, Victim victim, boolean timedOnly) {
    this.unit = unit;
    this.limit = limit;
    this.victim = victim;
    this.timedOnly = timedOnly;
  }

  /** Entries or bytes. */
  public long limit() {
    return limit;
  }

  /** What there is now: entries or bytes. */
  public long weight() {
    return weight.get();
  }

  /** Sets another limit and evicts what is too much then; others who write help a little. */
  public void limit(long limit) {
    this.limit = limit;
    shrink();
  }

  /** Evicts what is too much, which may be any amount; others who write help a little. */
  void shrink() {
    if (!lowering.compareAndSet(false, true)) {
      evict(false); // who is at it does not stop before there is room
      return;
    }
    try {
      evict(true);
    } finally {
      lowering.set(false);
    }
  }

  /**
   * Whether what needs room is to be refused: there is more than the limit, and nobody who may
   * leave. Evicts, if that is what is needed to say no.
   */
  public boolean refuses() {
    return (timedOnly || victim == Victim.NONE) && isOver() && !makeRoom() && !hasCandidates();
  }

  Unit unit() {
    return unit;
  }

  Victim victim() {
    return victim;
  }

  boolean timedOnly() {
    return timedOnly;
  }

  void join(Evictor<?, ?> evictor) {
    evictors.add(evictor);
  }

  /** How many it holds for. */
  int stores() {
    return evictors.size();
  }

  void leave(Evictor<?, ?> evictor) {
    evictors.remove(evictor);
  }

  /** Counts what has come or, if it is negative, gone. */
  void count(long change) {
    weight.addAndGet(change);
  }

  boolean isOver() {
    return isOver(0);
  }

  /** Whether it would be, with so much more; or less, if it is negative. */
  boolean isOver(long more) {
    return weight.get() + more > limit;
  }

  /**
   * Evicts until there is room; the caller holds nothing.
   *
   * @return false if there is still too much
   */
  boolean makeRoom() {
    return evict(false);
  }

  private boolean evict(boolean all) {
    int misses = 0;
    for (long done = 0; isOver(); ) {
      Evictor<?, ?> evictor = any();
      boolean hasHelped = !all && done >= SHARE && lowering.get();
      if (evictor == null || misses == MOST_MISSES || hasHelped) {
        return false;
      }
      if (tryEvict(evictor)) {
        done++;
        misses = 0;
      } else {
        misses++;
      }
    }
    return true;
  }

  /** What fails, for a victim's sake, is not the fault of who has stored something else. */
  private boolean tryEvict(Evictor<?, ?> evictor) {
    try {
      return evictor.evictOne();
    } catch (RuntimeException | Error e) { // a hashCode, a keeper, a subscriber
      if (failed.compareAndSet(false, true)) {
        LOG.log(Level.WARNING, "evicting an entry failed, and may fail again unnoticed", e);
      }
      return false;
    }
  }

  private boolean hasCandidates() {
    for (Evictor<?, ?> evictor : evictors) {
      if (evictor.candidates() > 0) {
        return true;
      }
    }
    return false;
  }

  /** One of those that have candidates, each as likely as its candidates weigh; null: none has. */
  private @Nullable Evictor<?, ?> any() {
    long all = 0;
    for (Evictor<?, ?> evictor : evictors) {
      all += evictor.candidates();
    }
    long left = all <= 0 ? 0 : ThreadLocalRandom.current().nextLong(all);
    Evictor<?, ?> last = null;
    for (Evictor<?, ?> evictor : evictors) {
      long share = evictor.candidates();
      left -= share;
      if (share > 0) {
        last = evictor;
        if (left < 0) {
          break;
        }
      }
    }
    return last;
  }
}
