package dev.larder.store;

import dev.larder.Weigher;
import dev.larder.data.AdaptiveOrder;
import dev.larder.data.EvictionOrder;
import dev.larder.data.SampledOrder;
import dev.larder.data.SecondChanceOrder;
import dev.larder.data.SparedOrder;
import dev.larder.store.Bound.Victim;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one store under its {@link Bound}: what they weigh, and in which order they leave.
 *
 * <p>An entry is counted from when it gets a value to when it loses it; both, and every change
 * between them, are told by the holder of its lock. The monitor of this object guards the orders,
 * for a moment each time: nobody waits for an entry in it, and no user code runs in it but {@code
 * hashCode} of keys.
 *
 * <p>A victim is taken out of its order first, and its lock only tried afterwards, outside of the
 * monitor. If somebody holds it, it is put back, unless it has died meanwhile or was counted anew.
 *
 * <p>Where only entries with a deadline may leave, the others are <i>spared</i>: weighed, but in no
 * order. One that loses its deadline stays in its order until its turn comes, so that an entry
 * whose deadline comes and goes is not there many times.
 */
final class Evictor<K, V> {
  private final Store<K, V> store;
  private final Bound bound;
  private final @Nullable Weigher<? super K, ? super V> weigher;
  private final EvictionOrder<Entry<K, V>> order;
  private final EvictionOrder<Entry<K, V>> spared = new SparedOrder<>();
  private final Queue<Entry<K, V>> outsized = new ArrayDeque<>(0); // heavier than the whole bound
  private @Nullable Entry<K, V> stuck; // an outsized one that was just found busy
  private volatile long counted; // what the bound has of this store's; guarded by this
  private volatile long candidates;
  private boolean closed; // guarded by this

  /**
   * @param weigher null: each entry weighs 1
   */
  Evictor(Store<K, V> store, Bound bound, @Nullable Weigher<? super K, ? super V> weigher) {
    this.store = store;
    this.bound = bound;
    this.weigher = weigher;
    this.order =
        switch (bound.victim()) {
          case ADAPTIVE -> new AdaptiveOrder<>();
          case SECOND_CHANCE -> new SecondChanceOrder<>();
          case RANDOM -> new SampledOrder<>(new SplittableRandom(), null);
          case EARLIEST ->
              new SampledOrder<>(new SplittableRandom(), entry -> Entry.time(entry.deadline()));
          case NONE -> spared;
        };
    bound.join(this);
  }

  /** Counts nothing any more. */
  synchronized void close() {
    if (!closed) {
      closed = true;
      bound.leave(this);
      bound.count(-counted);
      candidates = 0;
    }
  }

  /** After it was closed: an entry is in no order any more, and may come into another one. */
  synchronized void dismiss(Entry<K, V> entry) {
    remove(entry);
  }

  Bound bound() {
    return bound;
  }

  /** What an entry is to weigh, at least 0; may run user code. */
  int weigh(K key, V value) {
    return weigher == null ? 1 : weigher.weigh(key, value);
  }

  /** What those weigh that may leave, and at least 1 for each of them. */
  long candidates() {
    return candidates;
  }

  /** What all entries weigh; waits for nobody. */
  long weight() {
    return counted;
  }

  /** A held entry has got a value, or another one. */
  synchronized void stored(Entry<K, V> held, int weight) {
    if (closed) {
      return;
    }
    try {
      boolean mayLeave = mayLeave(held);
      if (spared.contains(held)) {
        spared.reweigh(held, weight);
        if (mayLeave) {
          enlist(held);
        }
      } else if (order.contains(held)) {
        order.reweigh(held, weight);
      } else {
        add(held, weight);
      }
      if (weight > bound.limit() && mayLeave) {
        forgetGone();
        outsized.add(held);
      }
    } finally {
      recount();
    }
  }

  /** A held entry has got another deadline. */
  void timed(Entry<K, V> held) {
    if (bound.timedOnly()) {
      synchronized (this) {
        if (!closed && spared.contains(held) && mayLeave(held)) {
          try {
            enlist(held);
          } finally {
            recount();
          }
        }
      }
    }
  }

  /** A held entry has lost its value. */
  synchronized void gone(Entry<K, V> held) {
    if (closed) {
      return;
    }
    remove(held);
    forgetGone();
    recount();
  }

  private void remove(Entry<K, V> entry) {
    if (spared.contains(entry)) {
      spared.remove(entry);
    } else if (order.contains(entry)) {
      order.remove(entry);
    }
  }

  /** Keeps no entry alive that is not in the order. */
  private void forgetGone() {
    while (!outsized.isEmpty() && !order.contains(outsized.element())) {
      outsized.remove();
    }
  }

  /**
   * Evicts an entry, if there is too much.
   *
   * @return false if nobody may leave, or who was to is busy
   */
  boolean evictOne() {
    Entry<K, V> victim;
    int weight;
    synchronized (this) {
      if (closed || !bound.isOver()) {
        return !closed;
      }
      try {
        long before = order.weight();
        victim = take();
        if (victim == null) {
          return false;
        }
        weight = (int) (before - order.weight());
        if (!mayLeave(victim)) {
          spared.add(victim, weight, false);
          return false;
        }
      } finally {
        recount();
      }
    }
    boolean left = false;
    try {
      left = store.evict(victim);
    } finally {
      if (!left) {
        putBack(victim, weight);
      }
    }
    return left;
  }

  /**
   * The outsized go first, so that nobody leaves for their sake. Where one is busy, it has every
   * second turn, if there is too much even without it.
   */
  private @Nullable Entry<K, V> take() {
    Entry<K, V> busy = stuck;
    stuck = null;
    if (busy != null && order.contains(busy) && bound.isOver(-busy.weight())) {
      return order.next();
    }
    for (Entry<K, V> entry = outsized.poll(); entry != null; entry = outsized.poll()) {
      if (entry.weight() > bound.limit() && order.contains(entry)) {
        order.remove(entry);
        return entry;
      }
    }
    return order.next();
  }

  private synchronized void putBack(Entry<K, V> busy, int weight) {
    if (!closed && busy.value() != null && !spared.contains(busy) && !order.contains(busy)) {
      try {
        if (mayLeave(busy)) {
          order.putBack(busy, weight);
          if (weight > bound.limit()) {
            outsized.add(busy);
            stuck = busy;
          }
        } else {
          spared.add(busy, weight, false);
        }
      } finally {
        recount();
      }
    }
  }

  private void add(Entry<K, V> fresh, int weight) {
    (mayLeave(fresh) ? order : spared).add(fresh, weight, bound.isOver(weight));
  }

  /** From now on, one that was spared may leave. */
  private void enlist(Entry<K, V> entry) {
    int weight = entry.weight();
    spared.remove(entry);
    order.add(entry, weight, bound.isOver());
  }

  private boolean mayLeave(Entry<K, V> entry) {
    return bound.victim() != Victim.NONE
        && (!bound.timedOnly() || Entry.time(entry.deadline()) != Entry.ETERNAL);
  }

  /** Whatever happened, even if it failed half-way: the bound has what the orders have. */
  private void recount() {
    long weight = order.weight() + (order == spared ? 0 : spared.weight());
    bound.count(weight - counted);
    counted = weight;
    candidates = order == spared ? 0 : order.weight() + order.size();
  }
}
