package dev.larder.jcache;

import dev.larder.Codec;
import dev.larder.LarderConfiguration;
import dev.larder.Weigher;
import dev.larder.server.command.Config;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import javax.cache.configuration.Factory;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * A configuration with settings added to it. Some say something only together: the lifetimes are
 * one expiry policy, those about files one {@code PersistenceOptions}, a weigher belongs to a
 * bound.
 *
 * <p>What is named in a file is of types that the compiler does not see; the configuration's own
 * types are checked when the cache is used.
 */
@SuppressWarnings({"unchecked", "rawtypes"})
final class CacheDraft {
  private final LarderConfiguration<Object, Object> given;
  private final LarderConfiguration.Builder<Object, Object> builder;
  private Class<Object> keyType;
  private Class<Object> valueType;
  private @Nullable Duration ttl;
  private boolean lifetimes; // whether any of them was said
  private boolean updates; // whether what an update does was said
  private @Nullable Duration update; // null: keep
  private @Nullable Duration access; // null: keep
  private @Nullable Long maximumWeight;
  private @Nullable Factory<Weigher> weigher;
  private boolean loads;
  private boolean writes;
  private boolean readThrough;
  private boolean writeThrough;
  private @Nullable Config kept;

  CacheDraft(LarderConfiguration<?, ?> given) {
    this.given = (LarderConfiguration<Object, Object>) given;
    builder = this.given.toBuilder();
    keyType = this.given.getKeyType();
    valueType = this.given.getValueType();
    loads = given.getCacheLoaderFactory() != null;
    writes = given.getCacheWriterFactory() != null;
    readThrough = given.isReadThrough();
    writeThrough = given.isWriteThrough();
  }

  /** The configuration without what was added. */
  LarderConfiguration<?, ?> given() {
    return given;
  }

  void keyType(Class<?> type) {
    keyType = (Class<Object>) type;
  }

  void valueType(Class<?> type) {
    valueType = (Class<Object>) type;
  }

  void storeByValue(boolean byValue) {
    builder.storeByValue(byValue);
  }

  void ttl(Duration lifetime) {
    ttl = lifetime;
    lifetimes = true;
  }

  void update(Optional<Duration> lifetime) {
    update = lifetime.orElse(null);
    updates = true;
    lifetimes = true;
  }

  void access(Optional<Duration> lifetime) {
    access = lifetime.orElse(null);
    lifetimes = true;
  }

  void expiry(Factory<ExpiryPolicy> policy) {
    builder.expiry(policy);
  }

  void ttlJitter(double fraction) {
    builder.ttlJitter(fraction);
  }

  /** Of a configuration that has no bound; empty: it stays so. */
  void maximumSize(OptionalLong entries) {
    entries.ifPresent(builder::maximumSize);
  }

  void maximumWeight(OptionalLong bytes) {
    maximumWeight = bytes.isPresent() ? bytes.getAsLong() : null;
  }

  void weigher(Factory<Weigher> weighers) {
    weigher = weighers;
  }

  void statistics(boolean enabled) {
    builder.statistics(enabled);
  }

  void management(boolean enabled) {
    builder.management(enabled);
  }

  void loader(Factory<CacheLoader> loaders) {
    builder.loader((Factory) loaders);
    loads = true;
  }

  void readThrough(boolean through) {
    readThrough = through;
  }

  void writer(Factory<CacheWriter> writers) {
    builder.writer((Factory) writers);
    writes = true;
  }

  void writeThrough(boolean through) {
    writeThrough = through;
  }

  void keyCodec(Factory<Codec> codecs) {
    builder.keyCodec((Factory) codecs);
  }

  void valueCodec(Factory<Codec> codecs) {
    builder.valueCodec((Factory) codecs);
  }

  void allow(List<String> patterns) {
    builder.allow(patterns.toArray(String[]::new));
  }

  /** A setting about files, in the words of {@code redis.conf}. */
  void kept(String setting, String text) {
    if (kept == null) {
      kept = new Config();
    }
    kept.with(setting, text);
  }

  /** What has come of it. A setting that needs another one, which is not there, has no effect. */
  LarderConfiguration<?, ?> finished() {
    builder.types(keyType, valueType);
    if (lifetimes) {
      builder.expiry(expiry());
    }
    if (maximumWeight != null && weigher == null) {
      builder.maximumWeight(maximumWeight);
    } else if (maximumWeight != null) {
      builder.maximumWeight(maximumWeight, (Factory) Objects.requireNonNull(weigher));
    }
    if (kept != null && kept.isKept()) {
      builder.persistence(kept.persistence());
    }
    return builder.readThrough(readThrough && loads).writeThrough(writeThrough && writes).build();
  }

  /**
   * The policy of these lifetimes, one of JCache's where there is such a one. An entry that nobody
   * has read or changed yet lives as long as if it just had been.
   */
  private Factory<? extends ExpiryPolicy> expiry() {
    Duration onAccess = access;
    Duration onCreation =
        Objects.requireNonNullElse(ttl != null ? ttl : onAccess, Duration.ETERNAL);
    Duration onUpdate;
    if (updates) {
      onUpdate = update;
    } else {
      // without deadlines there is none to move
      onUpdate = onCreation.isEternal() && onAccess == null ? null : onCreation;
    }
    boolean updateAsCreation = onCreation.equals(onUpdate);
    if (onAccess == null && onUpdate == null) {
      return onCreation.isEternal()
          ? EternalExpiryPolicy.factoryOf()
          : CreatedExpiryPolicy.factoryOf(onCreation);
    } else if (onAccess == null && updateAsCreation) {
      return ModifiedExpiryPolicy.factoryOf(onCreation);
    } else if (onCreation.equals(onAccess) && onUpdate == null) {
      return AccessedExpiryPolicy.factoryOf(onCreation);
    } else if (onCreation.equals(onAccess) && updateAsCreation) {
      return TouchedExpiryPolicy.factoryOf(onCreation);
    }
    return FactoryBuilder.factoryOf(new FixedExpiry(onCreation, onUpdate, onAccess));
  }

  /** In whole milliseconds, rounded up: a lifetime that is none would delete at once. */
  static Duration millis(java.time.Duration duration) {
    long millis = TimeUnit.MILLISECONDS.convert(duration); // rounds down, and stops at the maximum
    if (millis < Long.MAX_VALUE && java.time.Duration.ofMillis(millis).compareTo(duration) < 0) {
      millis++;
    }
    return new Duration(TimeUnit.MILLISECONDS, millis);
  }
}
