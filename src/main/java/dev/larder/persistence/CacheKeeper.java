package dev.larder.persistence;

import dev.larder.BusyException;
import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions.Fsync;
import dev.larder.store.Entry;
import dev.larder.store.Keeper;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Counts the changes of one cache, and writes them to the log, if there is one. */
final class CacheKeeper<K, V> implements Keeper<K, V> {
  private static final Object UNLOGGED = new Object();

  private final KeptCache<K, V> cache;
  private final LongAdder changes;
  private final Runnable end;
  private volatile int number; // changes only while nobody changes the cache
  private volatile @Nullable AppendLog log; // the same
  private volatile boolean isAwaited;
  private volatile @Nullable Era era; // of the log, or of the last one that there was

  /**
   * A log, and the position at which it began: each goes on counting where the one before ended,
   * whose positions some thread may still have.
   */
  private record Era(AppendLog log, long begins) {}

  /** What is to be written of an entry. */
  private static final class Prepared {
    final byte[] key;
    final byte[] value;

    Prepared(byte[] key, byte[] value) {
      this.key = key;
      this.value = value;
    }
  }

  /**
   * @param changes where they are counted
   * @param end what is to be done before the cache closes
   */
  CacheKeeper(KeptCache<K, V> cache, int number, LongAdder changes, Runnable end) {
    this.end = end;
    this.cache = cache;
    this.number = number;
    this.changes = changes;
  }

  KeptCache<K, V> cache() {
    return cache;
  }

  /** The cache's number in the files. */
  int number() {
    return number;
  }

  void number(int number) {
    this.number = number;
  }

  /** From now on changes go to this log; null: to none. Nobody changes the cache just now. */
  void log(@Nullable AppendLog log, Fsync fsync) {
    Era last = era;
    if (log != null && (last == null || last.log != log)) {
      era = new Era(log, last == null ? 0 : last.begins + last.log.position());
    }
    this.log = log;
    isAwaited = fsync == Fsync.ALWAYS;
  }

  @Override
  public void admit(boolean mayWait) {
    AppendLog log = this.log;
    if (log != null && log.isBehind()) {
      if (!mayWait) {
        throw BusyException.INSTANCE;
      }
      try {
        log.awaitRoom();
      } catch (PersistenceException e) {
        throw notKept(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public void requireAble() {
    AppendLog log = this.log;
    PersistenceException failure = log == null ? null : log.failure();
    if (failure != null) {
      throw notKept(String.valueOf(failure.getMessage()));
    }
  }

  private static OperationException notKept(String failure) {
    return new OperationException("MISCONF", "Errors writing to the AOF file: " + failure);
  }

  @Override
  public Object prepare(K key, V value) {
    return log == null ? UNLOGGED : new Prepared(cache.keyBytes(key), cache.valueBytes(key, value));
  }

  @Override
  public long stored(Object prepared, long deadline) {
    changes.increment();
    AppendLog log = this.log;
    return log == null || !(prepared instanceof Prepared made)
        ? 0
        : awaited(log.set(number, made.key, made.value, Entry.time(deadline)));
  }

  @Override
  public long removed(K key) {
    changes.increment();
    AppendLog log = this.log;
    return log == null ? 0 : awaited(log.delete(number, keyBytes(log, key)));
  }

  /** The key of a change that has happened. */
  private byte[] keyBytes(AppendLog log, K key) {
    try {
      return cache.keyBytes(key);
    } catch (Throwable t) {
      log.lose(t);
      throw t;
    }
  }

  @Override
  public long cleared() {
    changes.increment();
    AppendLog log = this.log;
    return log == null ? 0 : awaited(log.flush(number));
  }

  @Override
  public long timed(K key, long deadline) {
    changes.increment();
    AppendLog log = this.log;
    if (log == null) {
      return 0;
    }
    byte[] bytes = keyBytes(log, key);
    long time = Entry.time(deadline);
    return awaited(
        time == Entry.ETERNAL ? log.persist(number, bytes) : log.expireAt(number, bytes, time));
  }

  @Override
  public void touched(K key, long deadline) {
    AppendLog log = this.log;
    if (log == null || log.failure() == null && !log.isBehind()) {
      timed(key, deadline);
    }
  }

  @Override
  public void begin() {
    AppendLog log = this.log;
    if (log != null) {
      log.begin();
    }
  }

  @Override
  public long end() {
    AppendLog log = this.log;
    return log == null ? 0 : awaited(log.end());
  }

  private long awaited(long position) {
    Era era = this.era;
    return isAwaited && position != 0 && era != null ? era.begins + position : 0;
  }

  @Override
  public void await(long position) {
    Era era = this.era;
    if (era != null && position > era.begins) { // who has closed an earlier one has waited
      try {
        era.log.await(position - era.begins);
      } catch (PersistenceException e) {
        throw notKept(String.valueOf(e.getMessage()));
      }
    }
  }

  @Override
  public void whenKept(long position, Consumer<@Nullable Throwable> action) {
    Era era = this.era;
    if (era == null || position <= era.begins) {
      action.accept(null);
    } else {
      era.log.whenKept(position - era.begins, action);
    }
  }

  @Override
  public @Nullable Object suspend() {
    AppendLog log = this.log;
    return log == null ? null : log.suspend();
  }

  @Override
  public void resume(@Nullable Object suspended) {
    AppendLog log = this.log;
    if (log != null && suspended != null) {
      log.resume(suspended);
    }
  }

  @Override
  public void closing() {
    end.run();
  }
}
