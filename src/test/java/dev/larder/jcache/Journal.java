package dev.larder.jcache;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;

/**
 * What a cache asks of its policy, loader and writer and tells its listeners, a line for each call,
 * in their order: {@code write k=2}, {@code C} (the policy's creation), {@code CREATED k=2}.
 */
final class Journal {
  private final List<String> lines = new ArrayList<>();

  synchronized void add(String line) {
    lines.add(line);
  }

  synchronized List<String> lines() {
    return List.copyOf(lines);
  }

  /** The lines since the last time. */
  synchronized List<String> take() {
    List<String> taken = List.copyOf(lines);
    lines.clear();
    return taken;
  }

  /** A policy of these lifetimes, null included; calls are C, U and A. */
  Policy policy(Duration creation, Duration update, Duration access) {
    return new Policy(this, creation, update, access);
  }

  static class Policy implements ExpiryPolicy {
    private final Journal journal;
    private final Duration creation;
    private final Duration update;
    private final Duration access;

    Policy(Journal journal, Duration creation, Duration update, Duration access) {
      this.journal = journal;
      this.creation = creation;
      this.update = update;
      this.access = access;
    }

    @Override
    public Duration getExpiryForCreation() {
      journal.add("C");
      return creation;
    }

    @Override
    public Duration getExpiryForUpdate() {
      journal.add("U");
      return update;
    }

    @Override
    public Duration getExpiryForAccess() {
      journal.add("A");
      return access;
    }
  }

  /** A loader that has a value for every key: {@code loaded k} for {@code k}. */
  Loader loader() {
    return new Loader(this);
  }

  static class Loader implements CacheLoader<String, String> {
    private final Journal journal;

    Loader(Journal journal) {
      this.journal = journal;
    }

    @Override
    public String load(String key) {
      journal.add("load " + key);
      return "loaded " + key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      List<String> asked = new ArrayList<>();
      keys.forEach(asked::add);
      journal.add("loadAll " + asked);
      Map<String, String> loaded = new LinkedHashMap<>();
      asked.forEach(key -> loaded.put(key, "loaded " + key));
      return loaded;
    }
  }

  /** A writer that does nothing else. */
  Writer writer() {
    return new Writer(this);
  }

  static class Writer implements CacheWriter<String, String> {
    private final Journal journal;

    Writer(Journal journal) {
      this.journal = journal;
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      journal.add("write " + entry.getKey() + "=" + entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      List<String> written = new ArrayList<>();
      entries.forEach(entry -> written.add(entry.getKey() + "=" + entry.getValue()));
      journal.add("writeAll " + written);
      entries.clear();
    }

    @Override
    public void delete(Object key) {
      journal.add("delete " + key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      journal.add("deleteAll " + keys);
      for (Iterator<?> each = keys.iterator(); each.hasNext(); ) {
        each.next();
        each.remove();
      }
    }
  }

  /** A synchronous listener of all events that is told of old values. */
  <K, V> CacheEntryListenerConfiguration<K, V> listener() {
    return listener(true, true);
  }

  <K, V> CacheEntryListenerConfiguration<K, V> listener(boolean oldValue, boolean synchronous) {
    Listener<K, V> listener = new Listener<>(this);
    return new MutableCacheEntryListenerConfiguration<>(
        () -> listener, null, oldValue, synchronous);
  }

  static class Listener<K, V>
      implements CacheEntryCreatedListener<K, V>,
          CacheEntryUpdatedListener<K, V>,
          CacheEntryRemovedListener<K, V>,
          CacheEntryExpiredListener<K, V> {
    private final Journal journal;

    Listener(Journal journal) {
      this.journal = journal;
    }

    /** To be told of an event; what it throws, the cache gets. */
    void on(CacheEntryEvent<? extends K, ? extends V> event) {
      String text = event.getEventType() + " " + event.getKey() + "=";
      boolean changed = event.isOldValueAvailable() && event.getOldValue() != event.getValue();
      journal.add(text + (changed ? event.getOldValue() + ">" : "") + event.getValue());
    }

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
      events.forEach(this::on);
    }

    @Override
    public void onUpdated(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
      events.forEach(this::on);
    }

    @Override
    public void onRemoved(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
      events.forEach(this::on);
    }

    @Override
    public void onExpired(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
      events.forEach(this::on);
    }
  }

  /** Notes each event and then fails. */
  static final class FailingListener extends Listener<String, String> {
    private final Throwable failure;

    FailingListener(Journal journal, Throwable failure) {
      super(journal);
      this.failure = failure;
    }

    @Override
    void on(CacheEntryEvent<? extends String, ? extends String> event) {
      super.on(event);
      if (failure instanceof Error error) {
        throw error;
      }
      throw (RuntimeException) failure;
    }
  }
}
