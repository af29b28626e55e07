package dev.larder;

import java.io.ObjectInputFilter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a cache: JCache's, and those that JCache has no word for. Immutable; {@link
 * #builder} makes one from nothing, {@link #of} takes over any JCache configuration.
 *
 * <p>What is code rather than data (a clock, an executor, codecs) enters as a {@link Factory}, as
 * JCache does it with loaders, so that a configuration can be serialized as far as its factories
 * can. Two configurations are equal if all their settings are; factories are compared by {@code
 * equals}, which lambdas do not have.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public final class LarderConfiguration<K, V> implements CompleteConfiguration<K, V> {
  private static final long serialVersionUID = 1L;

  /** The {@link #ttlJitter} of a cache that is not told any: lifetimes are what the policy says. */
  public static final double DEFAULT_TTL_JITTER = 0;

  private static final long UNBOUNDED = -1;

  private final Class<K> keyType;
  private final Class<V> valueType;
  private final boolean storeByValue;
  private final boolean readThrough;
  private final boolean writeThrough;
  private final boolean statisticsEnabled;
  private final boolean managementEnabled;
  private final @Nullable Factory<CacheLoader<K, V>> loader;
  private final @Nullable Factory<CacheWriter<? super K, ? super V>> writer;
  private final Factory<ExpiryPolicy> expiry;
  private final double ttlJitter;
  private final long maximumSize; // UNBOUNDED, or only one of the two is not
  private final long maximumWeight;
  private final @Nullable Factory<? extends Weigher<? super K, ? super V>> weigher;

  @SuppressWarnings("serial") // the list is serializable as far as what is in it is
  private final List<CacheEntryListenerConfiguration<K, V>> listeners;

  private final @Nullable Factory<? extends Codec<K>> keyCodec;
  private final @Nullable Factory<? extends Codec<V>> valueCodec;
  private final @Nullable Factory<? extends Executor> executor;
  private final @Nullable Factory<? extends Clock> clock;
  private final @Nullable PersistenceOptions persistence;

  @SuppressWarnings("serial") // what List.copyOf returns is
  private final List<String> allowed;

  private LarderConfiguration(Builder<K, V> builder) {
    keyType = builder.keyType;
    valueType = builder.valueType;
    storeByValue = builder.storeByValue;
    readThrough = builder.readThrough;
    writeThrough = builder.writeThrough;
    statisticsEnabled = builder.statisticsEnabled;
    managementEnabled = builder.managementEnabled;
    loader = builder.loader;
    writer = builder.writer;
    expiry = builder.expiry;
    ttlJitter = builder.ttlJitter;
    maximumSize = builder.maximumSize;
    maximumWeight = builder.maximumWeight;
    weigher = builder.weigher;
    listeners = List.copyOf(builder.listeners);
    keyCodec = builder.keyCodec;
    valueCodec = builder.valueCodec;
    executor = builder.executor;
    clock = builder.clock;
    persistence = builder.persistence;
    allowed = List.copyOf(builder.allowed);
  }

  /** Settings to choose, for keys and values of these types; {@code Object} is any type. */
  public static <K, V> Builder<K, V> builder(Class<K> keyType, Class<V> valueType) {
    return new Builder<>(keyType, valueType);
  }

  /** The settings of another configuration; what it does not say has its default. */
  public static <K, V> LarderConfiguration<K, V> of(Configuration<K, V> configuration) {
    if (configuration instanceof LarderConfiguration<K, V> same) {
      return same;
    }
    Builder<K, V> builder = builder(configuration.getKeyType(), configuration.getValueType());
    builder.storeByValue(configuration.isStoreByValue());
    if (configuration instanceof CompleteConfiguration<K, V> complete) {
      builder
          .readThrough(complete.isReadThrough())
          .writeThrough(complete.isWriteThrough())
          .statistics(complete.isStatisticsEnabled())
          .management(complete.isManagementEnabled())
          .loader(complete.getCacheLoaderFactory())
          .writer(complete.getCacheWriterFactory());
      if (complete.getExpiryPolicyFactory() != null) {
        builder.expiry(complete.getExpiryPolicyFactory());
      }
      complete.getCacheEntryListenerConfigurations().forEach(builder::listener);
    }
    return builder.build();
  }

  /** These settings, to change some of them. */
  public Builder<K, V> toBuilder() {
    Builder<K, V> builder = new Builder<>(keyType, valueType);
    builder.storeByValue = storeByValue;
    builder.readThrough = readThrough;
    builder.writeThrough = writeThrough;
    builder.statisticsEnabled = statisticsEnabled;
    builder.managementEnabled = managementEnabled;
    builder.loader = loader;
    builder.writer = writer;
    builder.expiry = expiry;
    builder.ttlJitter = ttlJitter;
    builder.maximumSize = maximumSize;
    builder.maximumWeight = maximumWeight;
    builder.weigher = weigher;
    builder.listeners.addAll(listeners);
    builder.keyCodec = keyCodec;
    builder.valueCodec = valueCodec;
    builder.executor = executor;
    builder.clock = clock;
    builder.persistence = persistence;
    builder.allowed.addAll(allowed);
    return builder;
  }

  @Override
  public Class<K> getKeyType() {
    return keyType;
  }

  @Override
  public Class<V> getValueType() {
    return valueType;
  }

  @Override
  public boolean isStoreByValue() {
    return storeByValue;
  }

  @Override
  public boolean isReadThrough() {
    return readThrough;
  }

  @Override
  public boolean isWriteThrough() {
    return writeThrough;
  }

  @Override
  public boolean isStatisticsEnabled() {
    return statisticsEnabled;
  }

  @Override
  public boolean isManagementEnabled() {
    return managementEnabled;
  }

  /** The listeners, in the order in which they were added; unmodifiable. */
  @Override
  public Iterable<CacheEntryListenerConfiguration<K, V>> getCacheEntryListenerConfigurations() {
    return listeners;
  }

  /** The factory of the loader, or null. */
  @Override
  @SuppressWarnings("NullAway") // JCache's own contract
  public Factory<CacheLoader<K, V>> getCacheLoaderFactory() {
    return loader;
  }

  /** The factory of the writer, or null. */
  @Override
  @SuppressWarnings("NullAway") // JCache's own contract
  public Factory<CacheWriter<? super K, ? super V>> getCacheWriterFactory() {
    return writer;
  }

  @Override
  public Factory<ExpiryPolicy> getExpiryPolicyFactory() {
    return expiry;
  }

  /**
   * The part of a lifetime, at least 0 and less than 1, by up to which it is shortened at random;
   * {@value #DEFAULT_TTL_JITTER} unless set. See {@link Builder#ttlJitter}.
   */
  public double ttlJitter() {
    return ttlJitter;
  }

  /**
   * How many entries there may be; empty where that is not what bounds the cache. See {@link
   * Builder#maximumSize}.
   */
  public OptionalLong maximumSize() {
    return optional(maximumSize);
  }

  /**
   * How much all entries together may weigh, in bytes; empty where that is not what bounds the
   * cache. See {@link Builder#maximumWeight(long)}.
   */
  public OptionalLong maximumWeight() {
    return optional(maximumWeight);
  }

  /**
   * The factory of what weighs the entries of a cache that is bounded by weight; null for the
   * built-in estimate of the bytes that they take on the heap.
   */
  public @Nullable Factory<? extends Weigher<? super K, ? super V>> weigher() {
    return weigher;
  }

  private static OptionalLong optional(long bound) {
    return bound == UNBOUNDED ? OptionalLong.empty() : OptionalLong.of(bound);
  }

  /** The factory of the keys' codec; null for the built-in one of their type. */
  public @Nullable Factory<? extends Codec<K>> keyCodec() {
    return keyCodec;
  }

  /** The factory of the values' codec; null for the built-in one of their type. */
  public @Nullable Factory<? extends Codec<V>> valueCodec() {
    return valueCodec;
  }

  /**
   * The factory of what runs loads in the background, asynchronous listeners and tidings of expiry;
   * null for threads that all caches share. Those are made when needed and do not keep the JVM from
   * ending: virtual threads on Java 24 and newer, a pool of daemon threads on older ones.
   */
  public @Nullable Factory<? extends Executor> executor() {
    return executor;
  }

  /** The factory of the clock; null for the system's. */
  public @Nullable Factory<? extends Clock> clock() {
    return clock;
  }

  /** How the cache is kept on disk; null: not at all. */
  public @Nullable PersistenceOptions persistence() {
    return persistence;
  }

  /**
   * The patterns of classes whose objects may be saved and loaded beyond the declared types and
   * their parts, in the order in which they were given; unmodifiable. See {@link Builder#allow}.
   */
  public List<String> allowed() {
    return allowed;
  }

  private List<@Nullable Object> settings() {
    // a list of all, so that equals, hashCode and toString cannot miss different ones
    List<@Nullable Object> settings = new ArrayList<>();
    settings.add(keyType);
    settings.add(valueType);
    settings.add(storeByValue);
    settings.add(readThrough);
    settings.add(writeThrough);
    settings.add(statisticsEnabled);
    settings.add(managementEnabled);
    settings.add(loader);
    settings.add(writer);
    settings.add(expiry);
    settings.add(ttlJitter);
    settings.add(maximumSize);
    settings.add(maximumWeight);
    settings.add(weigher);
    settings.add(Set.copyOf(listeners));
    settings.add(keyCodec);
    settings.add(valueCodec);
    settings.add(executor);
    settings.add(clock);
    settings.add(persistence);
    settings.add(allowed);
    return settings;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LarderConfiguration<?, ?> that && settings().equals(that.settings());
  }

  @Override
  public int hashCode() {
    return settings().hashCode();
  }

  /** The settings that are not left at their default. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("LarderConfiguration[");
    text.append(keyType.getSimpleName()).append(" → ").append(valueType.getSimpleName());
    text.append(storeByValue ? ", by value" : ", by reference");
    append(text, "read-through", readThrough ? loader : null);
    append(text, "write-through", writeThrough ? writer : null);
    append(text, "expiry", expiry.equals(Builder.ETERNAL) ? null : expiry);
    append(text, "ttl jitter", ttlJitter == DEFAULT_TTL_JITTER ? null : ttlJitter);
    append(text, "maximum size", maximumSize == UNBOUNDED ? null : maximumSize);
    append(text, "maximum weight", maximumWeight == UNBOUNDED ? null : maximumWeight);
    append(text, "weigher", weigher);
    append(text, "statistics", statisticsEnabled ? "on" : null);
    append(text, "management", managementEnabled ? "on" : null);
    append(text, "listeners", listeners.isEmpty() ? null : listeners.size());
    append(text, "key codec", keyCodec);
    append(text, "value codec", valueCodec);
    append(text, "executor", executor);
    append(text, "clock", clock);
    append(text, "persistence", persistence);
    append(text, "allowed", allowed.isEmpty() ? null : allowed);
    return text.append(']').toString();
  }

  private static void append(StringBuilder text, String name, @Nullable Object setting) {
    if (setting != null) {
      text.append(", ").append(name).append(' ').append(setting);
    }
  }

  /**
   * Collects the settings of a cache. The defaults are JCache's: by value, eternal, no statistics,
   * no management, neither read-through nor write-through.
   */
  public static final class Builder<K, V> {
    static final Factory<ExpiryPolicy> ETERNAL = EternalExpiryPolicy.factoryOf();

    private Class<K> keyType;
    private Class<V> valueType;
    private boolean storeByValue = true;
    private boolean readThrough;
    private boolean writeThrough;
    private boolean statisticsEnabled;
    private boolean managementEnabled;
    private @Nullable Factory<CacheLoader<K, V>> loader;
    private @Nullable Factory<CacheWriter<? super K, ? super V>> writer;
    private Factory<ExpiryPolicy> expiry = ETERNAL;
    private double ttlJitter = DEFAULT_TTL_JITTER;
    private long maximumSize = UNBOUNDED;
    private long maximumWeight = UNBOUNDED;
    private @Nullable Factory<? extends Weigher<? super K, ? super V>> weigher;
    private final Set<CacheEntryListenerConfiguration<K, V>> listeners = new LinkedHashSet<>();
    private @Nullable Factory<? extends Codec<K>> keyCodec;
    private @Nullable Factory<? extends Codec<V>> valueCodec;
    private @Nullable Factory<? extends Executor> executor;
    private @Nullable Factory<? extends Clock> clock;
    private @Nullable PersistenceOptions persistence;
    private final List<String> allowed = new ArrayList<>();

    private Builder(Class<K> keyType, Class<V> valueType) {
      this.keyType = Objects.requireNonNull(keyType, "keyType");
      this.valueType = Objects.requireNonNull(valueType, "valueType");
    }

    /** Other types of keys and values; {@code Object} is any type. */
    public Builder<K, V> types(Class<K> keyType, Class<V> valueType) {
      this.keyType = Objects.requireNonNull(keyType, "keyType");
      this.valueType = Objects.requireNonNull(valueType, "valueType");
      return this;
    }

    /** Whether keys and values are copied in and out, if they can change. */
    public Builder<K, V> storeByValue(boolean byValue) {
      this.storeByValue = byValue;
      return this;
    }

    /** Whether a missing value is loaded by {@code get}; needs a {@link #loader}. */
    public Builder<K, V> readThrough(boolean readThrough) {
      this.readThrough = readThrough;
      return this;
    }

    /** Whether changes are written before they are stored; needs a {@link #writer}. */
    public Builder<K, V> writeThrough(boolean writeThrough) {
      this.writeThrough = writeThrough;
      return this;
    }

    /** Whether {@code javax.cache} operations are counted, and shown by JMX. */
    public Builder<K, V> statistics(boolean enabled) {
      this.statisticsEnabled = enabled;
      return this;
    }

    /** Whether the configuration is shown by JMX. */
    public Builder<K, V> management(boolean enabled) {
      this.managementEnabled = enabled;
      return this;
    }

    /** Makes what {@code loadAll} and read-through ask; null for none. */
    @SuppressWarnings("unchecked") // a Factory only produces
    public Builder<K, V> loader(@Nullable Factory<? extends CacheLoader<K, V>> loader) {
      this.loader = (Factory<CacheLoader<K, V>>) loader;
      return this;
    }

    /** Makes what write-through tells; null for none. */
    @SuppressWarnings("unchecked") // a Factory only produces
    public Builder<K, V> writer(
        @Nullable Factory<? extends CacheWriter<? super K, ? super V>> writer) {
      this.writer = (Factory<CacheWriter<? super K, ? super V>>) writer;
      return this;
    }

    /** Makes the policy that gives entries their lifetimes. */
    public Builder<K, V> expiry(Factory<? extends ExpiryPolicy> expiry) {
      Objects.requireNonNull(expiry, "expiry");
      @SuppressWarnings("unchecked") // a Factory only produces
      Factory<ExpiryPolicy> policies = (Factory<ExpiryPolicy>) expiry;
      this.expiry = policies;
      return this;
    }

    /**
     * How long entries that get no TTL of their own live after their value was last set; reads do
     * not prolong it. Short for {@link #expiry} with a {@link ModifiedExpiryPolicy}, so that of the
     * two the one called last counts. In whole milliseconds, rounded up; 2<sup>63</sup> - 1 of them
     * and more are eternal.
     *
     * @throws IllegalArgumentException if it is not positive
     */
    public Builder<K, V> defaultTtl(Duration ttl) {
      if (ttl.isNegative() || ttl.isZero()) {
        throw new IllegalArgumentException("default TTL must be positive, found " + ttl);
      }
      long millis = TimeUnit.MILLISECONDS.convert(ttl); // rounds down, and stops at the maximum
      if (millis < Long.MAX_VALUE && Duration.ofMillis(millis).compareTo(ttl) < 0) {
        millis++;
      }
      return expiry(
          ModifiedExpiryPolicy.factoryOf(
              new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, millis)));
    }

    /**
     * Shortens each lifetime that the expiry policy gives on creation and on update by a random
     * part of it, up to this fraction: with 0.2, a TTL of ten minutes is one of eight to ten. So
     * entries that were stored together, as after a cold start, do not all expire, and have to be
     * loaded again, together. {@value LarderConfiguration#DEFAULT_TTL_JITTER} unless set.
     *
     * <p>The policy's lifetime stays the longest, and 1 ms the shortest. Eternal entries stay
     * eternal, and lifetimes of zero, those that a policy gives on access and explicit ones ({@code
     * SET … EX}, {@code EXPIRE}) are never changed.
     *
     * @throws IllegalArgumentException unless {@code 0 <= fraction < 1}
     */
    public Builder<K, V> ttlJitter(double fraction) {
      if (!(fraction >= 0 && fraction < 1)) { // so put, it refuses NaN as well
        throw new IllegalArgumentException(
            "TTL jitter must be at least 0 and less than 1, found " + fraction);
      }
      this.ttlJitter = fraction + 0.0; // makes 0.0 of -0.0, which is not equal to it
      return this;
    }

    /**
     * Bounds the cache to so many entries. Beyond that, entries leave that have been of least use;
     * which these are is the cache's choice. Without this and {@link #maximumWeight(long)}, nobody
     * leaves. Of the calls of these methods the last one counts.
     *
     * <p><b>What leaves</b> is <i>evicted</i>: it counts as {@code CacheEvictions} and is published
     * as {@code evicted}, but no writer is called, no listener of {@code javax.cache} is told (it
     * knows no such event), and a cache that reads through loads it again when asked. On disk it is
     * deleted, too. An entry whose deadline has passed leaves first where it is met; that is
     * expiry, and counts as such.
     *
     * <p><b>What is promised</b>: the writer who stores one too many makes room before he returns,
     * so that at rest there are no more than the bound. While others write, there may be one more
     * for each of them, or as many more as the operation has keys that he is in ({@code mset},
     * {@code MULTI}). An entry on which somebody works at the time, such as an entry processor,
     * does not leave until he has finished.
     *
     * @param entries at least 1
     * @throws IllegalArgumentException for less: unlike Caffeine's, a bound of 0 is no way to have
     *     a cache that keeps nothing
     */
    public Builder<K, V> maximumSize(long entries) {
      if (entries < 1) {
        throw new IllegalArgumentException(
            "maximum size must be at least 1 entry, found " + entries);
      }
      this.maximumSize = entries;
      this.maximumWeight = UNBOUNDED;
      this.weigher = null;
      return this;
    }

    /**
     * Bounds the cache to entries that take so many bytes of the heap. What each one takes is
     * estimated when its value is stored: key, value and the cache's own entry (56 bytes on most
     * JVMs). That is near the truth for strings, arrays, numbers, records and plain objects made of
     * those, and the usual collections of the JDK, but not for its synchronized and checked
     * wrappers and blocking queues; where a class does not let its fields be read, use {@link
     * #maximumWeight(long, Factory)}. What a value gains after it was stored, as is possible where
     * it is stored by reference, is not noticed.
     *
     * <p>Otherwise as {@link #maximumSize}. An entry that weighs more than the bound leaves as soon
     * as it was stored, and makes no other leave.
     *
     * @param bytes at least 1
     * @throws IllegalArgumentException for less
     */
    public Builder<K, V> maximumWeight(long bytes) {
      return boundWeight(bytes, null);
    }

    /**
     * As {@link #maximumWeight(long)}, for entries that weigh what this says; in bytes, or whatever
     * else both numbers count.
     *
     * <p>What a weigher throws reaches the caller as the cause of a {@code CacheException}, a
     * negative weight as an {@code IllegalArgumentException}; the operation has then had no effect.
     * A weigher that is {@code AutoCloseable} is closed with the cache.
     *
     * @throws IllegalArgumentException for a bound of less than 1
     */
    public Builder<K, V> maximumWeight(
        long bytes, Factory<? extends Weigher<? super K, ? super V>> weigher) {
      return boundWeight(bytes, Objects.requireNonNull(weigher, "weigher"));
    }

    private Builder<K, V> boundWeight(
        long bytes, @Nullable Factory<? extends Weigher<? super K, ? super V>> weigher) {
      if (bytes < 1) {
        throw new IllegalArgumentException(
            "maximum weight must be at least 1 byte, found " + bytes);
      }
      this.maximumSize = UNBOUNDED;
      this.maximumWeight = bytes;
      this.weigher = weigher;
      return this;
    }

    /** Adds a listener; an equal one is only added once. */
    public Builder<K, V> listener(CacheEntryListenerConfiguration<K, V> listener) {
      this.listeners.add(Objects.requireNonNull(listener, "listener"));
      return this;
    }

    /** Takes a listener away again. */
    public Builder<K, V> withoutListener(CacheEntryListenerConfiguration<K, V> listener) {
      this.listeners.remove(listener);
      return this;
    }

    /** How keys are copied and shown; null for what is built in for their type. */
    public Builder<K, V> keyCodec(@Nullable Factory<? extends Codec<K>> codec) {
      this.keyCodec = codec;
      return this;
    }

    /** How values are copied and shown; null for what is built in for their type. */
    public Builder<K, V> valueCodec(@Nullable Factory<? extends Codec<V>> codec) {
      this.valueCodec = codec;
      return this;
    }

    /** What runs background work, see {@link LarderConfiguration#executor}. */
    public Builder<K, V> executor(@Nullable Factory<? extends Executor> executor) {
      this.executor = executor;
      return this;
    }

    /** The time by which entries expire; null for the system's. */
    public Builder<K, V> clock(@Nullable Factory<? extends Clock> clock) {
      this.clock = clock;
      return this;
    }

    /**
     * Keeps the cache on disk, in files of its own: what is there is loaded when the cache is made;
     * {@code cache.unwrap(Persistence.class)} tells of it. Null for a cache that is in memory
     * alone, as it is unless set.
     *
     * <p>What is of no type that has a text ({@code String}, {@code Long}, {@code Instant}, an
     * enum, …) and has no codec is saved as Java serialization has it, and must be {@link #allow
     * allowed}.
     */
    public Builder<K, V> persistence(@Nullable PersistenceOptions options) {
      this.persistence = options;
      return this;
    }

    /**
     * Allows classes to be saved and loaded with Java serialization: in the cache's files, and by
     * {@code DUMP} and {@code RESTORE}. Of themselves are allowed the declared types and what they
     * are made of, that is the types of their fields, with the usual collections of the JDK where
     * those are of a collection type, and immutable values of the JDK. To be named here are classes
     * that a declared type does not tell of: subclasses, what is in a cache of {@code Object}.
     *
     * <p>A pattern is a class ({@code com.acme.Order}), the classes of a package ({@code
     * com.acme.*}), those below it as well ({@code com.acme.**}), or all that begin so ({@code
     * com.acme.Or*}); behind {@code !} it refuses them. The first one that a class matches decides,
     * also over what is allowed of itself. The syntax is that of {@code jdk.serialFilter}, without
     * its limits; such a filter of the whole process still applies.
     *
     * <p>Whoever can write to the files, or send {@code RESTORE}, chooses which of these classes
     * are instantiated, and so which of their {@code readObject} methods run. Allow no more than
     * there is in the cache; {@code *} allows everything, and with it every known attack.
     *
     * @param patterns one or, between semicolons, several each; added to those given before
     * @throws IllegalArgumentException for what is no such pattern
     */
    public Builder<K, V> allow(String... patterns) {
      for (String pattern : patterns) {
        if (pattern.isBlank() || pattern.indexOf('=') >= 0) {
          throw new IllegalArgumentException(
              "expected a pattern of classes like com.acme.*, found '" + pattern + "'");
        }
        // throws for a bad one; a null says that it has none
        if (ObjectInputFilter.Config.createFilter(pattern) == null) {
          throw new IllegalArgumentException(
              "expected a pattern of classes, found '" + pattern + "'");
        }
      }
      allowed.addAll(List.of(patterns));
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException for read-through without a loader, or write-through without
     *     a writer
     */
    public LarderConfiguration<K, V> build() {
      if (readThrough && loader == null) {
        throw new IllegalArgumentException(
            "read-through needs a CacheLoader factory, there is none");
      }
      if (writeThrough && writer == null) {
        throw new IllegalArgumentException(
            "write-through needs a CacheWriter factory, there is none");
      }
      return new LarderConfiguration<>(this);
    }
  }
}
