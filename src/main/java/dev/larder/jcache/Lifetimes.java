package dev.larder.jcache;

import dev.larder.ops.Rules;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The lifetimes that an expiry policy gives, in the milliseconds of {@link Rules}.
 *
 * <p>The policies that come with JCache, and those of the settings' file, always give the same
 * answers, so they are asked once, here; a read then runs no user code. A policy of the user's is
 * asked each time. One that throws gets the default: eternal for a new entry, and no change for an
 * existing one (JSR-107, {@code ExpiryPolicy}); so does a null for a new entry, which the
 * specification leaves open.
 *
 * <p>With a jitter, what the policy says on creation and update is shortened by a random part, anew
 * for each entry: what was stored together is not to expire, and be loaded again, together. An
 * access gives what the policy says: it only moves the deadline of an entry in use, at times that
 * are spread already, a shorter answer could bring that deadline nearer, and reads stay as fast.
 */
final class Lifetimes {
  private static final List<Class<?>> CONSTANT =
      List.of(
          CreatedExpiryPolicy.class,
          ModifiedExpiryPolicy.class,
          AccessedExpiryPolicy.class,
          TouchedExpiryPolicy.class,
          EternalExpiryPolicy.class,
          FixedExpiry.class);

  private final ExpiryPolicy policy;
  private final @Nullable ExpiryPolicy custom; // null if the answers are known
  private final double jitter; // at least 0, less than 1
  private final long creation;
  private final long update;
  private final long access;

  /** The lifetimes of a policy, each on creation and update up to this part of it shorter. */
  Lifetimes(ExpiryPolicy policy, double jitter) {
    boolean constant = CONSTANT.contains(policy.getClass());
    this.policy = policy;
    custom = constant ? null : policy;
    this.jitter = jitter;
    creation = constant ? creationOf(policy) : Rules.ETERNAL;
    update = constant ? millis(policy.getExpiryForUpdate(), Rules.KEEP) : Rules.KEEP;
    access = constant ? millis(policy.getExpiryForAccess(), Rules.KEEP) : Rules.KEEP;
  }

  ExpiryPolicy policy() {
    return policy;
  }

  boolean isCustom() {
    return custom != null;
  }

  boolean movesOnAccess() {
    return custom != null || access != Rules.KEEP;
  }

  long creation() {
    return shortened(custom == null ? creation : creationOf(custom));
  }

  long update() {
    if (custom == null) {
      return shortened(update);
    }
    try {
      return shortened(millis(custom.getExpiryForUpdate(), Rules.KEEP));
    } catch (Exception e) {
      return Rules.KEEP;
    }
  }

  long access() {
    if (custom == null) {
      return access;
    }
    try {
      return millis(custom.getExpiryForAccess(), Rules.KEEP);
    } catch (Exception e) {
      return Rules.KEEP;
    }
  }

  private long shortened(long lifetime) {
    // ETERNAL and KEEP are no lengths, and 0 would stay 0
    if (jitter == 0 || lifetime <= 0 || lifetime == Rules.ETERNAL) {
      return lifetime;
    }
    long cut = (long) (lifetime * jitter * ThreadLocalRandom.current().nextDouble());
    return lifetime - cut; // at least 1: the cut is rounded down from less than the lifetime
  }

  private static long creationOf(ExpiryPolicy policy) {
    try {
      return millis(policy.getExpiryForCreation(), Rules.ETERNAL);
    } catch (Exception e) {
      return Rules.ETERNAL;
    }
  }

  private static long millis(@Nullable Duration duration, long ifNull) {
    if (duration == null) {
      return ifNull;
    }
    // toMillis gives Long.MAX_VALUE, which is ETERNAL, for what does not fit
    return duration.isEternal()
        ? Rules.ETERNAL
        : duration.getTimeUnit().toMillis(duration.getDurationAmount());
  }
}
