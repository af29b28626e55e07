package dev.larder.ops;

import dev.larder.CacheInfo;
import dev.larder.Codec;
import dev.larder.CodecException;
import dev.larder.codec.Copier;
import dev.larder.codec.DiskForms;
import dev.larder.codec.HeapSizes;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.store.Entry;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import dev.larder.store.Subscriber;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * All that can be done to one cache, for a door other than {@code javax.cache}: {@code
 * cache.unwrap(CacheOperations.class)}.
 */
public final class CacheOperations<K, V> {
  private final String name;
  private final EntryOperations<K, V> entries;
  private final KeyTexts<K> keyTexts;
  private final Codec<V> valueText;
  private final @Nullable DiskForms<K, V> disk;
  private final StringOperations<K, V> strings;
  private final TextOperations<K, V> texts;
  private final KeyOperations<K, V> keys;
  private final ExpiryOperations<K, V> expiry;
  private final KeyspaceOperations<K, V> keyspace;
  private final CounterOperations<K, V> counters;

  /** All that can be done to a cache that is never on disk. */
  public CacheOperations(
      String name, EntryOperations<K, V> entries, KeyTexts<K> keyTexts, Codec<V> valueText) {
    this(name, entries, keyTexts, valueText, null);
  }

  /**
   * @param disk how its entries are on disk, and in what {@code DUMP} gives; null if never
   */
  public CacheOperations(
      String name,
      EntryOperations<K, V> entries,
      KeyTexts<K> keyTexts,
      Codec<V> valueText,
      @Nullable DiskForms<K, V> disk) {
    this.name = name;
    this.entries = entries;
    this.keyTexts = keyTexts;
    this.valueText = valueText;
    this.disk = disk;
    this.strings = new StringOperations<>(entries);
    this.texts = new TextOperations<>(entries, strings, valueText);
    this.keys = new KeyOperations<>(entries, valueText, disk);
    this.expiry = new ExpiryOperations<>(entries);
    this.keyspace = new KeyspaceOperations<>(entries, keyTexts);
    this.counters = new CounterOperations<>(entries, valueText);
  }

  /**
   * Those of a cache that is not there, which are as those of one that has been closed: whatever
   * needs an entry throws an {@link IllegalStateException}.
   */
  public static CacheOperations<String, String> ofNone() {
    Rules<String, String> closed =
        new Rules<>() {
          @Override
          public void requireOpen() {
            throw new IllegalStateException("there is no cache");
          }
        };
    Copier copier = new Copier(CacheOperations.class.getClassLoader());
    Codec<String> text = TextCodecs.of(String.class, copier);
    Store<String, String> empty = new Store<>(StoreClock.system(), Runnable::run);
    return new CacheOperations<>(
        "",
        new EntryOperations<>(empty, closed, new Statistics()),
        KeyTexts.of(String.class, text),
        text);
  }

  /** The same for a thread that works for a socket: waits for busy entries, counts always. */
  public CacheOperations<K, V> forSocket() {
    return new CacheOperations<>(name, entries.forSocket(), keyTexts, valueText, disk);
  }

  /**
   * The same for an event loop: throws {@link dev.larder.BusyException}, before anything has
   * happened, where it would wait. Not to be used while {@link #runsUserCode}.
   */
  public CacheOperations<K, V> forLoop() {
    return new CacheOperations<>(name, entries.forLoop(), keyTexts, valueText, disk);
  }

  /** The same for a thread of the application that must not wait; as {@link #forLoop}. */
  public CacheOperations<K, V> forCaller() {
    return new CacheOperations<>(name, entries.forCaller(), keyTexts, valueText, disk);
  }

  /** The same, for what a transaction does with the entries that it holds. */
  CacheOperations<K, V> within(Held<K, V> held) {
    return new CacheOperations<>(name, entries.within(held), keyTexts, valueText, disk);
  }

  /**
   * The same for who brings back what was done before: no loader, writer or policy is asked,
   * nothing is counted, and no deadline passes.
   */
  public CacheOperations<K, V> forReplay() {
    EntryOperations<K, V> quiet =
        new EntryOperations<>(
            entries.store(),
            new ReplayRules<>(entries.rules()),
            new Statistics(),
            entries.clock().timeless());
    return new CacheOperations<>(name, quiet, keyTexts, valueText, disk);
  }

  /** The cache's name. */
  public String name() {
    return name;
  }

  /**
   * The key that a text means: of those that are there, the first that it can be read as, or else
   * one that has this text; if there is none, the one that a write makes of it.
   *
   * @param creates whether the operation creates what is absent: then it is the latter also if more
   *     than one is there that the text can be read as
   * @throws CodecException if no key is there, and none can be made of the text
   */
  public K key(byte[] text, boolean creates) {
    return keyTexts.isExact() ? keyTexts.fresh(text) : meant(text, creates);
  }

  /**
   * The same of a text where it was received. If the key is there, the result is the very object
   * that the cache has: nothing is made, and the operation that follows finds it again by identity.
   */
  public K key(TextSlice text, boolean creates) {
    if (!keyTexts.isExact()) {
      return meant(text.bytes(), creates);
    }
    boolean probes = keyTexts.isVerbatim() && text.isAscii();
    Entry<K, V> entry = probes ? entries.store().find(text) : null;
    return entry == null ? text.fresh(keyTexts) : entry.key();
  }

  /**
   * Takes from memory what several keys need that are soon to be looked up; see {@link
   * dev.larder.store.Store#anticipate}.
   *
   * @param hashes of the keys, if they are strings
   */
  public int anticipate(int[] hashes, int count) {
    return keyTexts.isVerbatim() ? entries.store().anticipate(hashes, count) : 0;
  }

  private K meant(byte[] text, boolean creates) {
    K first = null;
    int present = 0;
    for (K candidate : keyTexts.candidates(text.clone())) {
      if (entries.contains(candidate)) {
        first = first == null ? candidate : first;
        present++;
      }
    }
    if (present == 0 && entries.rules().holdsObjects()) {
      first = keyspace.find(text);
    }
    return first == null || present > 1 && creates ? keyTexts.fresh(text) : first;
  }

  /** All keys that a text may mean, to be held while it is found out which one it does. */
  public List<K> keys(byte[] text) {
    if (keyTexts.isExact()) {
      return List.of(keyTexts.fresh(text));
    }
    List<K> keys = new ArrayList<>(keyTexts.candidates(text.clone()));
    K other = entries.rules().holdsObjects() ? keyspace.find(text) : null;
    if (other != null) {
      keys.add(other);
    }
    return keys;
  }

  /** Whether there may be more than one of {@link #keys}; finds out without a look at any. */
  public boolean mayMeanSeveral(byte[] text) {
    return !keyTexts.isExact() && (holdsObjects() || keyTexts.candidates(text).size() > 1);
  }

  /** Whether each text can mean only one key. */
  public boolean hasExactKeys() {
    return keyTexts.isExact();
  }

  /** Values as a socket shows and accepts them. */
  public Codec<V> valueText() {
    return valueText;
  }

  /**
   * How keys and values are on disk.
   *
   * @throws IllegalStateException if they never are
   */
  public DiskForms<K, V> disk() {
    if (disk == null) {
      throw new IllegalStateException("cache '" + name + "' has no form for disk");
    }
    return disk;
  }

  /** The text of a key, or null if it has none. */
  public byte @Nullable [] keyTextOrNull(K key) {
    return keyTexts.text(key);
  }

  /** The text of a value, or null if it has none. */
  public byte @Nullable [] textOrNull(V value) {
    try {
      return valueText.toBytes(value);
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
        entries.isWithin() ? entries.store().size() : keyspace.size(),
        keyspace.sizeWithDeadline(),
        counts.hits(),
        counts.misses(),
        counts.puts(),
        counts.removals(),
        counts.evictions(),
        expirations(),
        counts.loads(),
        counts.loadTime(),
        entries.store().weight(),
        Duration.ofMillis(now() - entries.store().since()),
        counts.isEnabled());
  }

  /**
   * The estimated bytes of heap that an entry takes with its key and its value, without an access
   * to it; empty if it is not there.
   */
  public OptionalLong weight(K key) {
    V value = keys.peek(key);
    return value == null ? OptionalLong.empty() : OptionalLong.of(HeapSizes.of(key, value));
  }

  /** Entries that have expired and been removed. */
  public long expirations() {
    return entries.store().expirations();
  }

  /** Whether operations run loaders, writers, policies or synchronous listeners. */
  public boolean runsUserCode() {
    return entries.runsUserCode();
  }

  /** Whether keys are found, or values shown, by code of the user's. */
  public boolean holdsObjects() {
    return entries.rules().holdsObjects();
  }

  /**
   * The time, by the cache's clock, in epoch milliseconds. Within a transaction it stands still.
   */
  public long now() {
    return entries.clock().now();
  }

  /** Tells of every change, whichever door it came through. */
  public void subscribe(Subscriber<K, V> subscriber) {
    entries.store().feed().subscribe(subscriber);
  }

  /** Tells of every change in Redis' words, from now on until what is returned is closed. */
  public ChangeSubscription<K, V> onChange(ChangeListener<? super K> listener) {
    return new ChangeSubscription<>(entries.store().feed(), listener);
  }

  /**
   * Whether expired entries are removed in the background, as they are unless somebody turns it
   * off, for tests. Nobody sees them in either case.
   */
  public void activeExpiry(boolean active) {
    entries.store().sweepsAtLeisure(active);
  }

  /**
   * Watches a key ({@code WATCH}): every change of it from now on, through whichever door, runs the
   * action, also expiry, a new deadline, or a value that equals the old one. A value whose deadline
   * has passed by now expires before.
   *
   * @param onChange runs under the entry's lock; it may only take note
   * @throws dev.larder.BusyException if somebody else holds the entry and this does not wait
   */
  public Watch watch(K key, Runnable onChange) {
    K kept = entries.rules().copyKey(key);
    List<Watch> added = new ArrayList<>(1);
    try {
      return entries.run(
          key,
          turn -> {
            Watch watch = entries.watches().add(kept, onChange);
            added.add(watch);
            return watch;
          });
    } catch (Throwable t) { // a listener that was told of the expiry
      added.forEach(Watch::close);
      throw t;
    }
  }
}
