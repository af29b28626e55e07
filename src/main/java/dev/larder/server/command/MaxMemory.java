package dev.larder.server.command;

import dev.larder.OperationException;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.EvictionPolicy;
import dev.larder.ops.MemoryLimit;
import dev.larder.protocol.Reply;
import java.util.Collection;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The settings {@code maxmemory} and {@code maxmemory-policy}, and how requests meet them.
 *
 * <p>The operations themselves make room, or refuse what finds none, whichever door it comes
 * through. Requests are asked before that, because Redis refuses more than the operations can know
 * of: a command that may take memory, also if this time it would not; and what is to be queued, or
 * was, as a whole.
 *
 * <p>A setting is changed at once, what it asks for is done by {@link #apply}: by a thread that may
 * wait, and after what it holds has been given back.
 */
final class MaxMemory {
  private static final Reply OUT_OF_MEMORY = outOfMemory();

  /** The share of the heap, in percent, that leaves enough for connections and garbage. */
  private static final int ADVISABLE = 75;

  /** For entries that are busy when the server ends. */
  private static final long PATIENCE_MILLIS = 2_000;

  private final Config config;
  private final MemoryLimit limit;
  private volatile boolean lifted; // for ever

  MaxMemory(Config config, Collection<? extends CacheOperations<?, ?>> caches) {
    this.config = config;
    this.limit = new MemoryLimit(caches);
  }

  private static Reply outOfMemory() {
    OperationException refusal = MemoryLimit.refusal();
    return Reply.error(refusal.code(), String.valueOf(refusal.getMessage()));
  }

  /** Does what the settings say by now. May look at every entry, and wait for each. */
  synchronized void apply() {
    long bytes = config.number("maxmemory");
    EvictionPolicy policy = policy();
    if (lifted || bytes == limit.bytes() && policy == limit.policy()) {
      return;
    }
    if (bytes > limit.bytes()) {
      warn(bytes, Runtime.getRuntime().maxMemory());
    }
    limit.set(bytes, policy);
    if (lifted) { // meanwhile
      limit.set(0, EvictionPolicy.NOEVICTION);
    }
  }

  /**
   * From now on, nothing is evicted or refused: the server ends, its caches may live on. If entries
   * are busy for long, in user code, it comes to that when they are free.
   */
  void lift() {
    lifted = true;
    if (isSet()) {
      inTime(() -> limit.set(0, EvictionPolicy.NOEVICTION));
    }
  }

  /**
   * The limit is for this cache, too, from now on. May look at every entry. If some are busy, here
   * or where another thread sets the limit, it comes to that later: they may be busy because their
   * loader makes this very cache.
   */
  void add(CacheOperations<?, ?> cache) {
    inTime(() -> limit.add(cache));
  }

  /** It is not for this one any more; if entries are busy, it comes to that as in the end. */
  void remove(CacheOperations<?, ?> cache) {
    inTime(() -> limit.remove(cache));
  }

  /** What need not wait is done at once, by this thread. */
  private void inTime(Runnable action) {
    if (!isSet() && limit.tryAlone(action)) {
      return;
    }
    Thread thread = new Thread(action, "larder-server-maxmemory");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void warn(long bytes, long heap) {
    long most = heap / 100 * ADVISABLE;
    if (bytes > most) {
      ServerLog.warn(
          "maxmemory is "
              + Info.human(bytes)
              + ", but the heap of this JVM is at most "
              + Info.human(heap)
              + ", for connections and garbage, too: it may be full before anything is evicted."
              + " Give it more (-Xmx), or set maxmemory to "
              + ADVISABLE
              + " % of it: "
              + most);
    }
  }

  /** Who leaves, by the setting. */
  EvictionPolicy policy() {
    return Objects.requireNonNull(EvictionPolicy.of(config.get("maxmemory-policy")));
  }

  /** Whether entries are chosen by how often they are used. */
  boolean isByFrequency() {
    return policy().text().endsWith("-lfu");
  }

  /** Whether entries are counted. */
  boolean isSet() {
    return limit.bytes() != 0;
  }

  /** The estimated bytes of what is counted; 0 if nothing is. */
  long used() {
    return limit.used();
  }

  /** Why a request that may take memory is not to run, or be queued; null if it is. */
  @Nullable Reply refusal(Command command, Transaction transaction) {
    return isSet() && transaction.mayGrow(command) && limit.refuses() ? OUT_OF_MEMORY : null;
  }
}
