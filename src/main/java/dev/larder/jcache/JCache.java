package dev.larder.jcache;

import dev.larder.LarderConfiguration;
import dev.larder.SetResult;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.EntryOperations;
import dev.larder.ops.StringOperations.When;
import dev.larder.ops.Turn;
import dev.larder.persistence.DiskPersistence;
import dev.larder.store.Keeper;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/**
 * A cache through JCache's door. Each method on one entry is an operation that {@link
 * EntryOperations} runs; what a method does is what its operation says, and the rest (closed and
 * null checks, copies, expiry, writing, statistics, events) is in one place there.
 *
 * <p>Methods on several entries work entry by entry, each atomic, and check all their arguments
 * before the first. Reads of live entries wait for nobody; a read that loads waits for the loader.
 */
class JCache<K, V> implements Cache<K, V> {
  private final LarderCacheManager manager;
  private final String name;
  private final CacheRules<K, V> rules;
  private final EntryOperations<K, V> entries;
  private final CacheOperations<K, V> operations;
  private final Executor executor;
  private final CopyOnWriteArrayList<ListenerRegistration<K, V>> listeners =
      new CopyOnWriteArrayList<>();
  private final ManagementBeans beans;
  private final @Nullable DiskPersistence persistence; // if it has files of its own
  private volatile LarderConfiguration<K, V> configuration; // without its listeners

  JCache(
      LarderCacheManager manager,
      LarderConfiguration<K, V> configuration,
      CacheRules<K, V> rules,
      CacheOperations<K, V> operations,
      Executor executor,
      @Nullable DiskPersistence persistence) {
    this.persistence = persistence;
    this.manager = manager;
    this.name = operations.name();
    this.rules = rules;
    this.operations = operations;
    this.entries = operations.entries();
    this.executor = executor;
    this.beans = new ManagementBeans(manager.getURI(), name, this, operations);
    LarderConfiguration.Builder<K, V> bare = configuration.toBuilder();
    configuration.getCacheEntryListenerConfigurations().forEach(bare::withoutListener);
    this.configuration = bare.build();
    configuration.getCacheEntryListenerConfigurations().forEach(this::addListener);
    enableStatistics(configuration.isStatisticsEnabled());
    enableManagement(configuration.isManagementEnabled());
  }

  /** Another cache's entries and settings, operated on in another manner. */
  JCache(JCache<K, V> other, CacheOperations<K, V> operations) {
    this.manager = other.manager;
    this.name = other.name;
    this.rules = other.rules;
    this.operations = operations;
    this.entries = operations.entries();
    this.executor = other.executor;
    this.beans = other.beans;
    this.persistence = other.persistence;
    this.configuration = other.configuration;
  }

  // ------------------------------------------------------------------------------- on one entry

  @Override
  public @Nullable V get(K key) {
    return copy(entries.get(key));
  }

  @Override
  public boolean containsKey(K key) {
    return entries.contains(key);
  }

  @Override
  public void put(K key, V value) {
    run(
        key,
        value,
        (turn, kept) -> {
          turn.put(kept);
          return key;
        });
  }

  @Override
  public @Nullable V getAndPut(K key, V value) {
    return copy(set(key, value, When.ALWAYS).previous());
  }

  @Override
  public boolean putIfAbsent(K key, V value) {
    return run(
            key,
            value,
            (turn, kept) -> {
              if (turn.lookUp() == null) {
                turn.put(kept);
              }
              return turn;
            })
        .hasStored();
  }

  @Override
  public boolean replace(K key, V value) {
    return set(key, value, When.XX).done();
  }

  @Override
  public boolean replace(K key, V oldValue, V newValue) {
    requireArguments(key, oldValue, "oldValue");
    return operations.strings().compareAndSet(key, oldValue, newValue, Deadline.AS_PUT);
  }

  @Override
  public @Nullable V getAndReplace(K key, V value) {
    return copy(set(key, value, When.XX).previous());
  }

  /** Looks up what is there, and puts. */
  private SetResult<V> set(K key, V value, When when) {
    requireArguments(key, value, "value");
    return operations.strings().set(key, value, when, Deadline.AS_PUT, Function.identity());
  }

  @Override
  public boolean remove(K key) {
    return operations.keys().delete(key);
  }

  @Override
  public boolean remove(K key, V oldValue) {
    return operations.strings().compareAndDelete(key, oldValue);
  }

  @Override
  public @Nullable V getAndRemove(K key) {
    return copy(operations.strings().getAndDelete(key, Function.identity()));
  }

  /** Runs an operation that may store a value, which is checked and copied before. */
  private <R extends @Nullable Object> R run(
      K key, V value, BiFunction<Turn<K, V>, V, R> operation) {
    V kept = admit(key, value);
    return entries.run(key, turn -> operation.apply(turn, kept));
  }

  private V admit(K key, V value) {
    requireArguments(key, value, "value");
    rules.requireTypes(key, value);
    return rules.copyValue(value);
  }

  private void requireArguments(K key, Object other, String name) {
    rules.requireOpen();
    Objects.requireNonNull(key, "key is null");
    if (other == null) {
      throw new NullPointerException(name + " is null");
    }
  }

  // --------------------------------------------------------------------------- entry processors

  @Override
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  public <T> @Nullable T invoke(K key, EntryProcessor<K, V, T> processor, Object... arguments) {
    requireArguments(key, processor, "entryProcessor");
    try {
      return entries.run(key, turn -> process(turn, processor, arguments));
    } catch (EntryProcessorException | CacheEntryListenerException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new EntryProcessorException(e);
    }
  }

  private <T> @Nullable T process(
      Turn<K, V> turn, EntryProcessor<K, V, T> processor, Object[] arguments) {
    turn.lookUp();
    ProcessorEntry<K, V> entry = new ProcessorEntry<>(this, turn);
    T result;
    turn.beginUserCode();
    try {
      result = processor.process(entry, arguments);
    } catch (EntryProcessorException e) {
      throw e;
    } catch (RuntimeException e) { // also a listener's: it was told of something else
      throw new EntryProcessorException(e);
    } finally {
      turn.endUserCode();
    }
    entry.decide();
    return result;
  }

  @Override
  public <T> Map<K, EntryProcessorResult<T>> invokeAll(
      Set<? extends K> keys, EntryProcessor<K, V, T> processor, Object... arguments) {
    rules.requireOpen();
    Objects.requireNonNull(processor, "entryProcessor is null");
    Map<K, EntryProcessorResult<T>> results = new LinkedHashMap<>();
    for (K key : copyOfKeys(keys)) {
      try {
        T result = invoke(key, processor, arguments);
        if (result != null) {
          results.put(key, () -> result);
        }
      } catch (RuntimeException e) {
        EntryProcessorException failure =
            e instanceof EntryProcessorException same ? same : new EntryProcessorException(e);
        results.put(
            key,
            () -> {
              throw failure;
            });
      }
    }
    return results;
  }

  /** What a processor set, as a put of its turn. */
  void put(Turn<K, V> turn, V value) {
    rules.requireTypes(turn.key(), value);
    turn.put(rules.copyValue(value));
  }

  void requireOpen() {
    rules.requireOpen();
  }

  long now() {
    return operations.now();
  }

  boolean readsThrough() {
    return rules.readsThrough();
  }

  // ---------------------------------------------------------------------------- on many entries

  @Override
  public Map<K, V> getAll(Set<? extends K> keys) {
    rules.requireOpen();
    Map<K, V> found = operations.strings().getEach(copyOfKeys(keys));
    found.replaceAll((key, value) -> copy(value));
    return found;
  }

  @Override
  public void putAll(Map<? extends K, ? extends V> map) {
    rules.requireOpen();
    Map<K, V> all = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          V kept = admit(key, value);
          all.put(
              rules.copyKey(key), kept); // what cannot be copied fails before anything is written
        });
    RuntimeException failure = null;
    if (rules.writesThrough() && !all.isEmpty()) {
      List<Cache.Entry<? extends K, ? extends V>> batch = new ArrayList<>(all.size());
      all.forEach((key, kept) -> batch.add(new JCacheEntry<>(key, rules.copyValue(kept))));
      failure = attempt(() -> rules.writeAll(batch), null);
      if (failure != null) {
        // the entries left in the collection are those that were not written
        batch.forEach(entry -> all.remove(entry.getKey()));
      }
    }
    for (Map.Entry<K, V> each : all.entrySet()) {
      failure = attempt(() -> putWritten(each.getKey(), each.getValue()), failure);
    }
    rethrow(failure);
  }

  private void putWritten(K key, V kept) {
    entries.run(
        key,
        turn -> {
          turn.withoutWriter();
          turn.put(kept);
          return key;
        });
  }

  @Override
  public void removeAll(Set<? extends K> keys) {
    rules.requireOpen();
    removeEach(copyOfKeys(keys));
  }

  @Override
  public void removeAll() {
    rules.requireOpen();
    Set<K> keys = new LinkedHashSet<>();
    operations.keyspace().forEach(key -> keys.add(rules.copyKey(key)));
    removeEach(keys);
  }

  private void removeEach(Set<K> keys) {
    RuntimeException failure = null;
    if (rules.writesThrough() && !keys.isEmpty()) {
      Collection<K> batch = new ArrayList<>(keys);
      failure = attempt(() -> rules.deleteAll(batch), null);
      if (failure != null) {
        keys.removeAll(new HashSet<>(batch));
      }
    }
    for (K key : keys) {
      failure = attempt(() -> removeWritten(key), failure);
    }
    rethrow(failure);
  }

  private void removeWritten(K key) {
    entries.runIfPresent(
        key,
        turn -> {
          turn.withoutWriter();
          turn.remove();
          return key;
        });
  }

  /**
   * A step of a batch. One that fails, perhaps by a listener, must not end it: the writer has done
   * the others already. Returns the first failure.
   */
  private static @Nullable RuntimeException attempt(
      Runnable step, @Nullable RuntimeException failure) {
    try {
      step.run();
      return failure;
    } catch (RuntimeException e) {
      if (failure == null || failure == e) {
        return e;
      }
      failure.addSuppressed(e);
      return failure;
    }
  }

  private static void rethrow(@Nullable RuntimeException failure) {
    if (failure != null) {
      throw failure;
    }
  }

  @Override
  public void clear() {
    operations.keyspace().clear();
  }

  private static <K> Set<K> copyOfKeys(Set<? extends K> keys) {
    Set<K> copy = new LinkedHashSet<>(keys);
    for (K key : copy) {
      Objects.requireNonNull(key, "null among the keys");
    }
    return copy;
  }

  /**
   * Loads in the background. An entry that is there is replaced only if asked for; one that is put
   * meanwhile is then kept. Values for keys that were not asked for are dropped.
   */
  @Override
  public void loadAll(
      Set<? extends K> keys, boolean replaceExisting, @Nullable CompletionListener completion) {
    rules.requireOpen();
    Set<K> wanted = new LinkedHashSet<>();
    copyOfKeys(keys).forEach(key -> wanted.add(rules.copyKey(key))); // they may change meanwhile
    Runnable load =
        () -> {
          Exception failure = null;
          try {
            loadAll(wanted, replaceExisting);
          } catch (CacheLoaderException e) {
            failure = e;
          } catch (Throwable t) { // an Error, too: whoever waits for the answer must get one
            failure = new CacheLoaderException(t);
          }
          if (completion != null && failure == null) {
            completion.onCompletion();
          } else if (completion != null) {
            completion.onException(failure);
          }
        };
    executor.execute(load);
  }

  /** The same in the calling thread; throws what the loader does. */
  void loadAll(Set<K> wanted, boolean replaceExisting) {
    if (!rules.canLoad()) {
      return;
    }
    List<K> missing = new ArrayList<>();
    for (K key : wanted) {
      if (replaceExisting || !entries.contains(key)) {
        missing.add(key);
      }
    }
    if (!missing.isEmpty()) {
      entries
          .loadAll(missing)
          .forEach((key, value) -> operations.strings().keepLoaded(key, value, replaceExisting));
    }
  }

  @Override
  public Iterator<Cache.Entry<K, V>> iterator() {
    rules.requireOpen();
    return new LiveEntries<>(this, operations);
  }

  // -------------------------------------------------------------------------------- listeners

  @Override
  public synchronized void registerCacheEntryListener(
      CacheEntryListenerConfiguration<K, V> listener) {
    rules.requireOpen();
    Objects.requireNonNull(listener, "listener configuration is null");
    for (ListenerRegistration<K, V> registered : listeners) {
      if (registered.configuration().equals(listener)) {
        throw new IllegalArgumentException("this listener is registered already: " + listener);
      }
    }
    addListener(listener);
  }

  private void addListener(CacheEntryListenerConfiguration<K, V> listener) {
    ListenerRegistration<K, V> registration =
        manager.inLoader(() -> new ListenerRegistration<>(this, listener, executor));
    listeners.add(registration);
    entries.store().feed().subscribe(registration);
  }

  @Override
  public synchronized void deregisterCacheEntryListener(
      CacheEntryListenerConfiguration<K, V> listener) {
    rules.requireOpen();
    Objects.requireNonNull(listener, "listener configuration is null");
    for (ListenerRegistration<K, V> registered : listeners) {
      if (registered.configuration().equals(listener)) {
        listeners.remove(registered);
        entries.store().feed().unsubscribe(registered);
        registered.close();
      }
    }
  }

  // ----------------------------------------------------------------------- life and description

  @Override
  public String getName() {
    return name;
  }

  @Override
  public CacheManager getCacheManager() {
    return manager;
  }

  @Override
  public <C extends Configuration<K, V>> C getConfiguration(Class<C> type) {
    LarderConfiguration.Builder<K, V> current = configuration.toBuilder();
    listeners.forEach(registered -> current.listener(registered.configuration()));
    return Unwrap.unwrap(type, current.build());
  }

  synchronized void enableStatistics(boolean enabled) {
    rules.requireOpen();
    configuration = configuration.toBuilder().statistics(enabled).build();
    operations.statistics().enable(enabled);
    beans.showStatistics(enabled);
  }

  synchronized void enableManagement(boolean enabled) {
    rules.requireOpen();
    configuration = configuration.toBuilder().management(enabled).build();
    beans.showConfiguration(enabled);
  }

  @Override
  public boolean isClosed() {
    return rules.isClosed();
  }

  /**
   * Closes the cache and everything that it was given to work with and that can be closed. Loads
   * and listeners that run go on to their end; what asynchronous listeners were not told yet is
   * dropped.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (rules.isClosed()) {
        return;
      }
      rules.close();
    }
    manager.forget(this);
    beans.showStatistics(false);
    beans.showConfiguration(false);
    List<@Nullable Object> closing = new ArrayList<>(rules.customizations());
    for (ListenerRegistration<K, V> registered : listeners) {
      registered.close();
      closing.addAll(registered.customizations());
    }
    Keeper<K, V> keeper = entries.store().keeper();
    try {
      if (keeper != null) {
        keeper.closing();
      }
    } finally {
      entries.store().discard();
      closeAll(closing);
    }
  }

  /** All entries are gone, and are not to come back from the cache's own files. */
  void forgetFiles() {
    if (persistence != null) {
      persistence.destroyed();
    }
  }

  private void closeAll(Collection<@Nullable Object> customizations) {
    CacheException failure = null;
    Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Object customization : customizations) {
      if (customization instanceof AutoCloseable closeable && seen.add(closeable)) {
        try {
          manager.inLoader(
              () -> {
                close(closeable);
                return null;
              });
        } catch (RuntimeException e) {
          if (failure == null) {
            failure = new CacheException("cache '" + name + "' did not close cleanly");
          }
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void close(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CacheException(e);
    }
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    return persistence == null
        ? Unwrap.unwrap(type, this, operations)
        : Unwrap.unwrap(type, this, operations, persistence);
  }

  /** A kept value as the application gets it: itself or, by value, a copy. */
  @NullUnmarked
  V copy(V kept) {
    return kept == null ? null : rules.copyValue(kept);
  }

  K copyKey(K key) {
    return rules.copyKey(key);
  }

  @Override
  public String toString() {
    return "cache '"
        + name
        + "' (Larder"
        + (isClosed() ? ", closed)" : ", " + operations.keyspace().size() + " entries)");
  }
}
