package dev.larder.ops;

import dev.larder.CacheInfo;
import dev.larder.Codec;
import dev.larder.CodecException;
import dev.larder.store.Subscriber;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * All that can be done to one cache, for a door other than {@code javax.cache}: {@code
 * cache.unwrap(CacheOperations.class)}.
 */
public final class CacheOperations<K, V> {
  private final String name;
  private final EntryOperations<K, V> entries;
  private final Codec<K> keyText;
  private final Codec<V> valueText;
  private final StringOperations<K, V> strings;
  private final TextOperations<K, V> texts;
  private final KeyOperations<K, V> keys;
  private final ExpiryOperations<K, V> expiry;
  private final KeyspaceOperations<K, V> keyspace;
  private final CounterOperations<K, V> counters;

  public CacheOperations(
      String name, EntryOperations<K, V> entries, Codec<K> keyText, Codec<V> valueText) {
    this.name = name;
    this.entries = entries;
    this.keyText = keyText;
    this.valueText = valueText;
    this.strings = new StringOperations<>(entries);
    this.texts = new TextOperations<>(entries, valueText);
    this.keys = new KeyOperations<>(entries);
    this.expiry = new ExpiryOperations<>(entries);
    this.keyspace = new KeyspaceOperations<>(entries, keyText);
    this.counters = new CounterOperations<>(entries, valueText);
  }

  /** The same for a thread that works for a socket: waits for busy entries, counts always. */
  public CacheOperations<K, V> forSocket() {
    return new CacheOperations<>(name, entries.forSocket(), keyText, valueText);
  }

  /**
   * The same for an event loop: throws {@link dev.larder.BusyException}, before anything has
   * happened, where it would wait. Not to be used while {@link #runsUserCode}.
   */
  public CacheOperations<K, V> forLoop() {
    return new CacheOperations<>(name, entries.forLoop(), keyText, valueText);
  }

  /** The same for a thread of the application that must not wait; as {@link #forLoop}. */
  public CacheOperations<K, V> forCaller() {
    return new CacheOperations<>(name, entries.forCaller(), keyText, valueText);
  }

  /** The cache's name. */
  public String name() {
    return name;
  }

  /** Keys as a socket shows and accepts them. */
  public Codec<K> keyText() {
    return keyText;
  }

  /** Values as a socket shows and accepts them. */
  public Codec<V> valueText() {
    return valueText;
  }

  /** The text of a key, or null if it has none. */
  public byte @Nullable [] keyTextOrNull(K key) {
    return textOrNull(key, keyText);
  }

  /** The text of a value, or null if it has none. */
  public byte @Nullable [] textOrNull(V value) {
    return textOrNull(value, valueText);
  }

  private static <T> byte @Nullable [] textOrNull(T value, Codec<T> codec) {
    try {
      return codec.toBytes(value);
    } catch (CodecException e) {
      return null;
    }
  }

  public EntryOperations<K, V> entries() {
    return entries;
  }

  public StringOperations<K, V> strings() {
    return strings;
  }

  public TextOperations<K, V> texts() {
    return texts;
  }

  public KeyOperations<K, V> keys() {
    return keys;
  }

  public ExpiryOperations<K, V> expiry() {
    return expiry;
  }

  public KeyspaceOperations<K, V> keyspace() {
    return keyspace;
  }

  public CounterOperations<K, V> counters() {
    return counters;
  }

  public Statistics statistics() {
    return entries.statistics();
  }

  /** What is in the cache and what happened to it. */
  public CacheInfo info() {
    entries.rules().requireOpen();
    Statistics counts = entries.statistics();
    return new CacheInfo(
        keyspace.size(),
        keyspace.sizeWithDeadline(),
        counts.hits(),
        counts.misses(),
        counts.puts(),
        counts.removals(),
        counts.evictions(),
        expirations(),
        OptionalLong.empty(),
        Duration.ofMillis(now() - entries.store().since()),
        counts.isEnabled());
  }

  /** Entries that have expired and been removed. */
  public long expirations() {
    return entries.store().expirations();
  }

  /** Whether operations run loaders, writers, policies or synchronous listeners. */
  public boolean runsUserCode() {
    return entries.runsUserCode();
  }

  /** The time, by the cache's clock, in epoch milliseconds. */
  public long now() {
    return entries.store().clock().now();
  }

  /** Tells of every change, whichever door it came through. */
  public void subscribe(Subscriber<K, V> subscriber) {
    entries.store().feed().subscribe(subscriber);
  }
}
