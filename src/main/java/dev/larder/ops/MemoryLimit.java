package dev.larder.ops;

import dev.larder.OperationException;
import dev.larder.codec.HeapSizes;
import dev.larder.store.Bound;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the caches of a server may take together ({@code maxmemory}): the sum of the estimated heap
 * bytes of their keys, values and entries. Caches with a bound of their own take no part.
 *
 * <p>What a change would need beyond that is made room for, or refused, whichever door it comes
 * through.
 */
public final class MemoryLimit {
  private final List<CacheOperations<?, ?>> caches = new CopyOnWriteArrayList<>();
  private volatile EvictionPolicy policy = EvictionPolicy.NOEVICTION;
  private volatile @Nullable Bound bound;

  /** Fair: what was added and then removed is not there in the end, however long both waited. */
  private final ReentrantLock lock = new ReentrantLock(true);

  public MemoryLimit(Collection<? extends CacheOperations<?, ?>> caches) {
    caches.forEach(this::add);
  }

  /**
   * From now on, this cache takes part, too, unless it has a bound of its own. Looks at every entry
   * of it if there is a limit.
   */
  public void add(CacheOperations<?, ?> cache) {
    alone(
        () -> {
          if (cache.entries().store().bound() == null) {
            caches.add(cache);
            if (bound != null) {
              cache.entries().store().bound(bound, HeapSizes::of);
            }
          }
        });
  }

  /** From now on, this cache takes no part and may grow. Waits until nobody is at work in it. */
  public void remove(CacheOperations<?, ?> cache) {
    alone(
        () -> {
          if (caches.remove(cache) && bound != null) {
            cache.entries().store().bound(null, null);
          }
        });
  }

  private void alone(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Does something of this while nobody else does.
   *
   * @return false, and nothing is done, if that would have to be waited for
   */
  public boolean tryAlone(Runnable action) {
    if (!lock.tryLock()) {
      return false;
    }
    try {
      action.run();
    } finally {
      lock.unlock();
    }
    return true;
  }

  /**
   * Sets or lifts the limit, and evicts what is too much now. Looks at every entry when it begins
   * to count or to choose otherwise: not for an event loop.
   *
   * @param bytes 0: no limit
   */
  public void set(long bytes, EvictionPolicy policy) {
    alone(() -> change(bytes, policy));
  }

  private void change(long bytes, EvictionPolicy policy) {
    Bound present = bound;
    if (bytes != 0 && present != null && policy == this.policy) {
      present.limit(bytes);
      return;
    }
    this.policy = policy;
    if (bytes == 0 && present == null) {
      return;
    }
    Bound next = bytes == 0 ? null : policy.bound(bytes);
    bound = next;
    for (CacheOperations<?, ?> cache : caches) {
      cache.entries().store().bound(next, HeapSizes::of);
    }
  }

  /** The limit in bytes; 0: none. */
  public long bytes() {
    Bound bound = this.bound;
    return bound == null ? 0 : bound.limit();
  }

  public EvictionPolicy policy() {
    return policy;
  }

  /** The estimated bytes of all entries of those caches; 0 while there is no limit. */
  public long used() {
    Bound bound = this.bound;
    return bound == null ? 0 : bound.weight();
  }

  /**
   * Whether what needs memory is to be refused now: there is more than the limit, and nobody who
   * may leave. Evicts, if that is what is needed to answer no; never waits.
   */
  public boolean refuses() {
    Bound bound = this.bound;
    return bound != null && bound.refuses();
  }

  /** What whoever needs memory is told then, in Redis' words. */
  public static OperationException refusal() {
    return new OperationException("OOM", "command not allowed when used memory > 'maxmemory'.");
  }
}
