package dev.larder;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When a value is set, what is returned, and how long it lives: the options of {@code SET}.
 * Immutable; each method returns a changed copy:
 *
 * <pre>{@code
 * cache.set("lock", token, SetOptions.none().nx().ex(Duration.ofSeconds(30)))
 * }</pre>
 *
 * <p>What Redis calls a syntax error is an {@code IllegalArgumentException} here: {@code NX} with
 * {@code XX}, and more than one of {@link #ex}, {@link #exAt} and {@link #keepTtl}.
 */
public final class SetOptions {
  private static final SetOptions NONE = new SetOptions(null, false, null, null, false);

  private final @Nullable Boolean present; // whether the key must be there, or must not
  private final boolean get;
  private final @Nullable Duration ttl;
  private final @Nullable Instant deadline;
  private final boolean keepTtl;

  private SetOptions(
      @Nullable Boolean present,
      boolean get,
      @Nullable Duration ttl,
      @Nullable Instant deadline,
      boolean keepTtl) {
    int deadlines = (ttl == null ? 0 : 1) + (deadline == null ? 0 : 1) + (keepTtl ? 1 : 0);
    if (deadlines > 1) {
      throw new IllegalArgumentException("expected one of ex, exAt and keepTtl, found two");
    }
    this.present = present;
    this.get = get;
    this.ttl = ttl;
    this.deadline = deadline;
    this.keepTtl = keepTtl;
  }

  /** A plain {@code SET}: always, no answer, and the cache's expiry policy decides. */
  public static SetOptions none() {
    return NONE;
  }

  /** Only if the key is absent. */
  public SetOptions nx() {
    return when(false);
  }

  /** Only if the key is there. */
  public SetOptions xx() {
    return when(true);
  }

  private SetOptions when(boolean present) {
    if (this.present != null && this.present != present) {
      throw new IllegalArgumentException("expected nx or xx, found both");
    }
    return new SetOptions(present, get, ttl, deadline, keepTtl);
  }

  /** Return what was there before, which counts as a look-up in the statistics. */
  public SetOptions get() {
    return new SetOptions(present, true, ttl, deadline, keepTtl);
  }

  /**
   * Live for this long ({@code EX}, {@code PX}), rounded up to milliseconds; {@code set} refuses
   * zero or less.
   */
  public SetOptions ex(Duration ttl) {
    return new SetOptions(present, get, Objects.requireNonNull(ttl, "ttl"), deadline, keepTtl);
  }

  /**
   * Live until then ({@code EXAT}, {@code PXAT}), in milliseconds; one that has passed leaves no
   * value.
   */
  public SetOptions exAt(Instant deadline) {
    Objects.requireNonNull(deadline, "deadline");
    return new SetOptions(present, get, ttl, deadline, keepTtl);
  }

  /** Keep the deadline that there is. */
  public SetOptions keepTtl() {
    return new SetOptions(present, get, ttl, deadline, true);
  }

  /** Whether the key must be there (true) or absent (false); null if that does not matter. */
  public @Nullable Boolean requiresPresence() {
    return present;
  }

  /** Whether what was there before is asked for. */
  public boolean returnsPrevious() {
    return get;
  }

  /** The time to live, or null. */
  public @Nullable Duration ttl() {
    return ttl;
  }

  /** The deadline, or null. */
  public @Nullable Instant deadline() {
    return deadline;
  }

  /** Whether the deadline that there is stays. */
  public boolean keepsTtl() {
    return keepTtl;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SetOptions that
        && Objects.equals(present, that.present)
        && get == that.get
        && Objects.equals(ttl, that.ttl)
        && Objects.equals(deadline, that.deadline)
        && keepTtl == that.keepTtl;
  }

  @Override
  public int hashCode() {
    return Objects.hash(present, get, ttl, deadline, keepTtl);
  }

  @Override
  public String toString() {
    return "SetOptions["
        + (present == null ? "" : present ? " XX" : " NX")
        + (get ? " GET" : "")
        + (ttl == null ? "" : " EX " + ttl)
        + (deadline == null ? "" : " EXAT " + deadline)
        + (keepTtl ? " KEEPTTL" : "")
        + " ]";
  }
}
