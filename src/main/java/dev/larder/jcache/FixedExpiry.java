package dev.larder.jcache;

import java.io.Serializable;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Lifetimes that are always the same, in a combination that none of JCache's policies has: half an
 * hour at first, five minutes after an access.
 *
 * @param creation of a new entry
 * @param update from a new value on; null: the deadline stays
 * @param access from an access on; null: the deadline stays
 */
record FixedExpiry(Duration creation, @Nullable Duration update, @Nullable Duration access)
    implements ExpiryPolicy, Serializable {

  @Override
  public Duration getExpiryForCreation() {
    return creation;
  }

  @Override
  public @Nullable Duration getExpiryForUpdate() {
    return update;
  }

  @Override
  public @Nullable Duration getExpiryForAccess() {
    return access;
  }
}
