package dev.larder.ops;

import dev.larder.OperationException;
import dev.larder.codec.HeapSizes;
import dev.larder.store.Bound;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the caches of a server may take together ({@code maxmemory}): the sum of the estimated heap
 * bytes of their keys, values and entries. Caches with a bound of their own take no part.
 *
 * <p>What a change would need beyond that is made room for, or refused, whichever door it comes
 * through.
 */
public final class MemoryLimit {
  private final List<CacheOperations<?, ?>> caches;
  private volatile EvictionPolicy policy = EvictionPolicy.NOEVICTION;
  private volatile @Nullable Bound bound;

  public MemoryLimit(Collection<? extends CacheOperations<?, ?>> caches) {
    this.caches =
        caches.stream()
            .filter(cache -> cache.entries().store().bound() == null)
            .collect(Collectors.toUnmodifiableList());
  }

  /**
   * Sets or lifts the limit, and evicts what is too much now. Looks at every entry when it begins
   * to count or to choose otherwise: not for an event loop.
   *
   * @param bytes 0: no limit
   */
  public synchronized void set(long bytes, EvictionPolicy policy) {
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

  /**
   * Refuses what needs memory, in Redis' words.
   *
   * @throws OperationException OOM, if it {@link #refuses}
   */
  public void requireRoom() {
    if (refuses()) {
      throw refusal();
    }
  }

  static OperationException refusal() {
    return new OperationException("OOM", "command not allowed when used memory > 'maxmemory'.");
  }
}
