package dev.larder.persistence;

import dev.larder.CodecException;
import dev.larder.DeadlockException;
import dev.larder.PersistenceException;
import dev.larder.codec.DiskForm;
import dev.larder.store.Entry;
import dev.larder.store.Filling;
import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/** A cache as persistence knows it: its entries, and what they look like on disk. */
public final class KeptCache<K, V> {
  private final String name;
  private final Store<K, V> store;
  private final DiskForm<K> keys;
  private final DiskForm<V> values;
  private final BiConsumer<? super K, ? super V> kept;
  private final Filling<K, V> filling;

  /**
   * A cache.
   *
   * @param kept is told of every entry that comes from disk
   */
  public KeptCache(
      String name,
      Store<K, V> store,
      DiskForm<K> keys,
      DiskForm<V> values,
      BiConsumer<? super K, ? super V> kept) {
    this.name = name;
    this.store = store;
    this.keys = keys;
    this.values = values;
    this.kept = kept;
    this.filling = new Filling<>(store);
  }

  String name() {
    return name;
  }

  /**
   * Writes all entries, as they are at one moment, to a file in Redis' format, which is complete
   * and on disk when it gets that name.
   *
   * @throws PersistenceException if that fails; a file that was there is as before
   */
  public void save(Path file) {
    Disk disk = Disk.REAL;
    Path target = file.toAbsolutePath();
    Path temporary = target.resolveSibling("temp-" + UUID.randomUUID() + ".rdb");
    SnapshotFile writer = new SnapshotFile(disk, true, false);
    try (Snapshot snapshot = Snapshot.of(List.of(store))) {
      snapshot.cut();
      long now = store.clock().now();
      SnapshotFile.replace(
          disk,
          target,
          temporary,
          () -> writer.write(temporary, snapshot, List.of(this), new int[1], now, done -> {}));
    } catch (DeadlockException e) {
      throw e;
    } catch (IOException | RuntimeException e) { // also what a user's codec throws
      throw new PersistenceException("writing " + file + " failed: " + Failures.reason(e), e);
    }
  }

  /**
   * Puts the entries of a file in Redis' format in the place of all that there are.
   *
   * @throws PersistenceException if it cannot be read, or is for other keys or values; the entries
   *     are as before
   */
  public void load(Path file) {
    Replacement replacement = new Replacement(Disk.REAL, List.of(this), store.clock(), false, true);
    replacement.read(file);
    Snapshot none = Snapshot.of(List.of(store)); // keeps others from being taken
    try {
      Store.alone(List.of(store), replacement::replace);
    } finally {
      none.close();
    }
    replacement.awaitKept();
  }

  Store<K, V> store() {
    return store;
  }

  DiskForm<K> keys() {
    return keys;
  }

  DiskForm<V> values() {
    return values;
  }

  /** The key as it is on disk, for an entry that the store has handed out. */
  @SuppressWarnings("unchecked") // it is this store's
  byte[] keyBytes(Object key) {
    try {
      return keys.toBytes((K) key);
    } catch (CodecException e) {
      throw new CodecException(
          "a key of cache '" + name + "' cannot be kept: " + e.getMessage(), e);
    }
  }

  /** The same for a value. */
  @SuppressWarnings("unchecked")
  byte[] valueBytes(Object key, Object value) {
    try {
      byte[] bytes = values.toBytes((V) value);
      return bytes == value ? bytes.clone() : bytes; // the application may still change its array
    } catch (CodecException e) {
      throw new CodecException(
          "the value of key '"
              + Failures.shown(key)
              + "' in cache '"
              + name
              + "' cannot be kept: "
              + e.getMessage(),
          e);
    }
  }

  /** A key that is on disk. */
  K key(byte[] bytes, boolean ours) {
    return keys.fromBytes(bytes, ours);
  }

  /** A value that is on disk. */
  V value(byte[] bytes, boolean ours) {
    return values.fromBytes(bytes, ours);
  }

  /**
   * Puts an entry from disk.
   *
   * @param time epoch milliseconds, {@link Entry#ETERNAL} if it has no deadline
   * @return false if it has taken the place of another one
   */
  boolean put(K key, V value, long time) {
    kept.accept(key, value);
    return filling.put(key, value, time == Entry.ETERNAL ? time : Entry.explicit(time));
  }

  Filling<K, V> filling() {
    return filling;
  }

  @Override
  public String toString() {
    return "cache '" + name + "'";
  }
}
