package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.ChangeListener;
import dev.larder.ops.KeyChange;
import dev.larder.ops.KeyChange.Kind;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The keys that clients want to be told of, and what tells them.
 *
 * <h2>No change is missed</h2>
 *
 * A reader is entered here <i>before</i> it reads, and a change looks here <i>after</i> everybody
 * can see it. If a reader still finds the old value, it was entered before the change looked. If it
 * finds the new one, it may be told nevertheless, and reads once more. Being told removes it, in
 * one step for all readers of the key; what it is told comes behind the reply to its read, because
 * {@link Wire#push} sees to that.
 *
 * <h2>What it costs</h2>
 *
 * The caches are listened to only while somebody tracks. A key that was read is kept until it
 * changes, also if its readers have gone: to look for their keys would take long. {@code
 * tracking-table-max-keys} bounds them; whoever had read a key that must go is told that it has
 * changed. A key is its bytes, in whichever cache, as in Redis.
 */
final class TrackedKeys {
  private final ConcurrentHashMap<String, Readers> readers = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, Tracking> trackers = new ConcurrentHashMap<>();
  private final List<Prefix> prefixes = new CopyOnWriteArrayList<>();
  private final Databases.Listening listening;
  private volatile boolean active;

  private volatile int most; // 0: without bound
  private final Object evicting = new Object();
  private Iterator<String> oldest = readers.keySet().iterator(); // guarded by evicting

  /** Somebody who is told of keys that begin so. */
  private record Prefix(String text, Tracking tracking) {}

  /** The sessions that have read a key; changed only within {@code compute} of its key. */
  private static final class Readers {
    private long[] sessions = new long[1];
    private int count;

    /**
     * @param trackers who is still there: a key that never changes must not keep all who ever read
     *     it
     */
    void add(long session, Map<Long, Tracking> trackers) {
      for (int i = 0; i < count; i++) {
        if (sessions[i] == session) {
          return;
        }
      }
      if (count == sessions.length) {
        forgetGone(trackers);
        if (2 * count > sessions.length) {
          sessions = Arrays.copyOf(sessions, 2 * count);
        }
      }
      sessions[count++] = session;
    }

    private void forgetGone(Map<Long, Tracking> trackers) {
      int kept = 0;
      for (int i = 0; i < count; i++) {
        if (trackers.containsKey(sessions[i])) {
          sessions[kept++] = sessions[i];
        }
      }
      count = kept;
    }
  }

  TrackedKeys(Server server) {
    this.listening = server.listening(Listener::new);
    server
        .config()
        .follow(
            "tracking-table-max-keys",
            value -> {
              most = Integer.parseInt(value);
              evict();
            });
  }

  // ---------------------------------------------------------------------------------- who tracks

  boolean isActive() {
    return active;
  }

  /** From now on, a session is told of what changes. */
  synchronized void enter(long session, Tracking tracking, Tracking.Mode mode) {
    prefixes.removeIf(prefix -> prefix.tracking == tracking);
    if (mode.prefixes() != null) {
      mode.prefixes().forEach(prefix -> prefixes.add(new Prefix(prefix, tracking)));
    }
    trackers.put(session, tracking);
    if (!active) {
      active = true;
      listening.begin();
    }
  }

  synchronized void leave(long session, Tracking tracking) {
    prefixes.removeIf(prefix -> prefix.tracking == tracking);
    trackers.remove(session);
    if (trackers.isEmpty()) {
      end();
    }
  }

  /** Listens to the caches no more, and forgets what was read. */
  synchronized void end() {
    active = false;
    listening.end();
    readers.clear();
  }

  // -------------------------------------------------------------------------------- what is read

  /** A session is about to read a key. */
  void remember(String key, long session) {
    readers.compute(
        key,
        (text, known) -> {
          Readers all = known == null ? new Readers() : known;
          all.add(session, trackers);
          return all;
        });
    evict();
  }

  /** Forgets keys while there are too many: not the oldest, but in an order of no meaning. */
  private void evict() {
    while (most > 0 && readers.size() > most) {
      String key;
      synchronized (evicting) {
        if (!oldest.hasNext()) {
          oldest = readers.keySet().iterator();
        }
        key = oldest.hasNext() ? oldest.next() : null;
      }
      if (key != null) {
        tellReaders(key, null);
      }
    }
  }

  // ------------------------------------------------------------------------------- what changes

  private final class Listener implements ChangeListener<Object> {
    private final CacheOperations<Object, Object> cache;

    Listener(CacheOperations<Object, Object> cache) {
      this.cache = cache;
    }

    @Override
    public @Nullable Object origin() {
      return Tracking.running();
    }

    @Override
    public void changed(KeyChange<Object> change) {
      Tracking origin = (Tracking) change.origin();
      if (change.kind() == Kind.CLEARED && origin != null) {
        if (origin == Tracking.running()) {
          origin.flushes();
        }
        return; // all are told when that command has ended
      }
      byte[] key = cache.keyTextOrNull(change.key());
      if (key != null) {
        boolean byItself = change.event().equals("expired") || change.kind() == Kind.EVICTED;
        changed(Channels.text(key), byItself ? null : origin);
      }
    }

    @Override
    public void replaced() {
      flushed();
    }

    private void changed(String key, @Nullable Tracking origin) {
      tellReaders(key, origin);
      if (prefixes.isEmpty()) {
        return;
      }
      if (origin != null && origin == Tracking.running()) {
        origin.changes(key);
      } else {
        broadcast(List.of(key), origin);
      }
    }
  }

  private void tellReaders(String key, @Nullable Tracking origin) {
    Readers told = readers.remove(key);
    for (int i = 0; told != null && i < told.count; i++) {
      Tracking tracking = trackers.get(told.sessions[i]);
      if (tracking != null && tracking.tracksReads() && !isOwn(tracking, origin)) {
        tracking.tell(List.of(key));
      }
    }
  }

  private static boolean isOwn(Tracking tracking, @Nullable Tracking origin) {
    return tracking == origin && tracking.isNoLoop();
  }

  /** Tells those who track prefixes, one message for each prefix, of keys that have changed. */
  void broadcast(List<String> keys, @Nullable Tracking origin) {
    for (Prefix prefix : prefixes) {
      if (!isOwn(prefix.tracking, origin)) {
        List<String> wanted = keys.stream().filter(key -> key.startsWith(prefix.text)).toList();
        if (!wanted.isEmpty()) {
          prefix.tracking.tell(wanted);
        }
      }
    }
  }

  /** Tells everybody that nothing is as it was. */
  void flushed() {
    readers.clear(); // before: who is entered after that is told, too, and no harm done
    trackers.values().forEach(tracking -> tracking.tell(null));
  }
}
