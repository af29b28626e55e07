package dev.larder.jcache;

import dev.larder.store.Change;
import dev.larder.store.Subscriber;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * One registered JCache listener, told of the changes of a cache.
 *
 * <p>A synchronous one is called by the thread that made the change, before its operation returns
 * and after the entry was given back; what it throws goes to that caller, and the change stays. An
 * asynchronous one has a queue of its own, worked off by one thread of the executor at a time, so
 * it sees all changes in the order in which they were told; what it throws is logged. Removals to
 * make room, {@code clear()} and changes of a deadline are no events (JSR-107, "Cache Entry
 * Listeners").
 */
final class ListenerRegistration<K, V> implements Subscriber<K, V> {
  private static final Logger LOG = System.getLogger("dev.larder.jcache");

  private final JCache<K, V> source;
  private final CacheEntryListenerConfiguration<K, V> configuration; // may be changed by its maker
  private final boolean synchronous;
  private final boolean oldValueRequired;
  private final CacheEntryListener<? super K, ? super V> listener;
  private final @Nullable CacheEntryEventFilter<? super K, ? super V> filter;
  private final Executor executor;
  private final ArrayDeque<Change<K, V>> queue = new ArrayDeque<>(); // of an asynchronous one
  private boolean working; // guarded by queue
  private volatile boolean closed;

  ListenerRegistration(
      JCache<K, V> source, CacheEntryListenerConfiguration<K, V> configuration, Executor executor) {
    this.source = source;
    this.configuration = configuration;
    this.synchronous = configuration.isSynchronous();
    this.oldValueRequired = configuration.isOldValueRequired();
    this.listener = configuration.getCacheEntryListenerFactory().create();
    this.filter =
        configuration.getCacheEntryEventFilterFactory() == null
            ? null
            : configuration.getCacheEntryEventFilterFactory().create();
    this.executor = executor;
  }

  CacheEntryListenerConfiguration<K, V> configuration() {
    return configuration;
  }

  List<@Nullable Object> customizations() {
    List<@Nullable Object> both = new ArrayList<>(2);
    both.add(listener);
    both.add(filter);
    return both;
  }

  /** No more calls; what is queued is dropped. */
  void close() {
    closed = true;
    synchronized (queue) {
      queue.clear();
    }
  }

  @Override
  public boolean runsUserCode() {
    return synchronous;
  }

  @Override
  public void delivered(Change<K, V> change) {
    if (closed || eventType(change) == null) {
      return;
    }
    if (synchronous) {
      call(change);
      return;
    }
    synchronized (queue) {
      queue.add(change);
      if (working) {
        return;
      }
      working = true;
    }
    try {
      executor.execute(this::workOff);
    } catch (RuntimeException e) {
      synchronized (queue) {
        working = false; // the next change tries again, and takes this one along
      }
      LOG.log(
          Level.WARNING,
          "no thread for an asynchronous listener of cache '" + source.getName() + "'",
          e);
    }
  }

  private void workOff() {
    for (; ; ) {
      Change<K, V> change;
      synchronized (queue) {
        change = queue.poll();
        if (change == null) {
          working = false;
          return;
        }
      }
      try {
        call(change);
      } catch (Throwable t) { // nobody waits for it; the next change is for the same listener
        LOG.log(
            Level.WARNING,
            "an asynchronous listener of cache '" + source.getName() + "' failed",
            t);
      }
    }
  }

  private static @Nullable EventType eventType(Change<?, ?> change) {
    return switch (change.cause()) {
      case CREATED -> EventType.CREATED;
      case UPDATED -> EventType.UPDATED;
      case REMOVED -> EventType.REMOVED;
      case EXPIRED -> EventType.EXPIRED;
      case EVICTED, CLEARED, DEADLINE -> null;
    };
  }

  private void call(Change<K, V> change) {
    EventType type = eventType(change);
    if (type == null || !listensTo(type) || closed) {
      return;
    }
    JCacheEvent<K, V> event = event(type, change);
    try {
      if (filter == null || filter.evaluate(event)) {
        call(type, event);
      }
    } catch (CacheEntryListenerException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new CacheEntryListenerException(e);
    }
  }

  private boolean listensTo(EventType type) {
    return switch (type) {
      case CREATED -> listener instanceof CacheEntryCreatedListener;
      case UPDATED -> listener instanceof CacheEntryUpdatedListener;
      case REMOVED -> listener instanceof CacheEntryRemovedListener;
      case EXPIRED -> listener instanceof CacheEntryExpiredListener;
    };
  }

  @SuppressWarnings("unchecked") // as listensTo has found
  private void call(EventType type, JCacheEvent<K, V> event) {
    switch (type) {
      case CREATED -> ((CacheEntryCreatedListener<K, V>) listener).onCreated(List.of(event));
      case UPDATED -> ((CacheEntryUpdatedListener<K, V>) listener).onUpdated(List.of(event));
      case REMOVED -> ((CacheEntryRemovedListener<K, V>) listener).onRemoved(List.of(event));
      case EXPIRED -> ((CacheEntryExpiredListener<K, V>) listener).onExpired(List.of(event));
    }
  }

  /** A listener that mutates what it is given must not change the cache: it gets copies. */
  private JCacheEvent<K, V> event(EventType type, Change<K, V> change) {
    V old = oldValueRequired ? source.copy(change.oldValue()) : null;
    boolean gone = type == EventType.REMOVED || type == EventType.EXPIRED;
    V value = gone ? old : source.copy(change.newValue());
    return new JCacheEvent<>(source, type, source.copyKey(change.key()), value, old);
  }
}
