package dev.larder.ops;

import dev.larder.store.Bound;
import dev.larder.store.Bound.Victim;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who leaves when there is more than {@code maxmemory}: Redis' {@code maxmemory-policy}, in the
 * order in which Redis lists them.
 */
public enum EvictionPolicy {
  VOLATILE_LRU(Victim.SECOND_CHANCE),
  VOLATILE_LFU(Victim.ADAPTIVE),
  VOLATILE_RANDOM(Victim.RANDOM),
  VOLATILE_TTL(Victim.EARLIEST),
  ALLKEYS_LRU(Victim.SECOND_CHANCE),
  ALLKEYS_LFU(Victim.ADAPTIVE),
  ALLKEYS_RANDOM(Victim.RANDOM),
  /** Nobody: what would need more is refused. */
  NOEVICTION(Victim.NONE);

  private final Victim victim;

  EvictionPolicy(Victim victim) {
    this.victim = victim;
  }

  /** Redis' name of it, such as {@code allkeys-lru}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The one of that name, in any case; null if there is none. */
  public static @Nullable EvictionPolicy of(String text) {
    for (EvictionPolicy policy : values()) {
      if (policy.text().equalsIgnoreCase(text)) {
        return policy;
      }
    }
    return null;
  }

  /** Whether only entries with a deadline leave. */
  public boolean isVolatile() {
    return name().startsWith("VOLATILE");
  }

  Bound bound(long bytes) {
    return new Bound(Bound.Unit.BYTES, bytes, victim, isVolatile());
  }
}
