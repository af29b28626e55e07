package dev.larder.store;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A growing array of chains of entries: read without a lock, changed under one monitor.
 *
 * <h2>Reading</h2>
 *
 * A reader walks the chain of its bucket. If it finds the key, that is all. If it does not, the
 * chain may have been relinked under its feet, by growth or because the bucket was flooded; both
 * are announced in the array's last slot, the <i>notice</i>, before the first link changes. A
 * reader that met a changed link therefore sees the notice, and looks again. Finding a key never
 * waits.
 *
 * <h2>Growth</h2>
 *
 * When there are more entries than buckets, the number of buckets doubles: the old array gets the
 * notice RETIRED, all entries are linked into the new one, and only then is it published. A thread
 * that misses meanwhile looks again under the monitor. The hash codes, which are user code and may
 * throw, are asked for before anything changes.
 *
 * <h2>Flooding</h2>
 *
 * A chain of more than {@link #FLOODED_AT} entries is the work of a bad hash or of an attacker. Its
 * place is then taken by a {@link Flooded} marker: buckets of its own, chosen by a hash that nobody
 * outside can predict. The notice FLOODS says that an array has such buckets. Growth dissolves them
 * and, where need be, makes new ones.
 */
class Buckets<K, V> {
  private static final int FLOODED_AT = 16;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Entry[].class);

  private static final Entry<?, ?> FLOODS = new Entry<>(null, 0, null);
  private static final Entry<?, ?> RETIRED = new Entry<>(null, 0, null);

  /** A slot whose entries live in buckets of their own. */
  private static final class Flooded<K, V> extends Entry<K, V> {
    final Buckets<K, V> inner;

    Flooded(Buckets<K, V> inner) {
      super(null, 0, null);
      this.inner = inner;
    }
  }

  /** How the hash of a key is found again for growth. */
  interface Hash {
    int of(Object key);
  }

  private final Object monitor;
  private final Hash hash;
  private final @Nullable SecondHash second; // null in the buckets of a flooded slot
  private volatile Entry<K, V>[] table; // buckets, a power of two, and the notice
  private int size; // entries linked, also those in flooded slots; guarded by monitor

  /** Empty buckets, guarded by their own monitor. */
  Buckets(Hash hash, SecondHash second) {
    this.monitor = this;
    this.hash = hash;
    this.second = second;
    this.table = newTable(1);
  }

  /** The buckets of a flooded slot, under the monitor of those outside, which fill them. */
  private Buckets(Object monitor, Hash hash) {
    this.monitor = monitor;
    this.hash = hash;
    this.second = null;
    this.table = retired();
  }

  /**
   * The entry of the key, whatever its state, or null; takes no lock unless the array is moving.
   */
  @Nullable Entry<K, V> find(Object key, int hash, int tag) {
    Entry<K, V>[] table = this.table;
    int i = hash & table.length - 2;
    for (Entry<K, V> e = at(table, i); e != null; e = e.next()) {
      if (e.matches(key, tag)) {
        return e;
      }
    }
    Entry<K, V> notice = at(table, table.length - 1);
    return notice == null ? null : findAgain(table, notice, key, hash, tag);
  }

  /** The first entry of a bucket, or null. */
  @Nullable Entry<K, V> first(int hash) {
    Entry<K, V>[] table = this.table;
    return at(table, hash & table.length - 2);
  }

  /**
   * What to do about a miss, given the notice; in a flooded slot's own buckets, leave it to those
   * outside.
   */
  private @Nullable Entry<K, V> findAgain(
      Entry<K, V>[] table, Entry<K, V> notice, Object key, int hash, int tag) {
    if (second == null) {
      return notice;
    }
    if (notice == FLOODS) {
      Entry<K, V> first = at(table, hash & table.length - 2);
      if (!(first instanceof Flooded<K, V> flooded)) {
        return null;
      }
      Entry<K, V> found = flooded.inner.find(key, second.of(key), tag);
      if (found != RETIRED) {
        return found;
      }
    }
    synchronized (monitor) {
      return search(key, hash, tag);
    }
  }

  /** Finds under the monitor, where nothing moves. */
  private @Nullable Entry<K, V> search(Object key, int hash, int tag) {
    Entry<K, V>[] table = this.table;
    Entry<K, V> first = at(table, hash & table.length - 2);
    if (first instanceof Flooded<K, V> flooded) {
      return flooded.inner.search(key, secondHash(key), tag);
    }
    for (Entry<K, V> e = first; e != null; e = e.next()) {
      if (e.matches(key, tag)) {
        return e;
      }
    }
    return null;
  }

  /**
   * Links an entry unless its key has one that is not dead. The caller holds the monitor.
   *
   * @return the entry that is linked now
   */
  Entry<K, V> link(Entry<K, V> fresh, int hash) {
    Entry<K, V>[] table = this.table;
    int i = hash & table.length - 2;
    Entry<K, V> linked;
    if (at(table, i) instanceof Flooded<K, V> flooded) {
      Buckets<K, V> inner = flooded.inner;
      int before = inner.size;
      linked = inner.link(fresh, secondHash(fresh.key()));
      size += inner.size - before;
    } else {
      linked = linkInChain(table, i, fresh);
    }
    if (size > table.length - 1) {
      grow(table);
    }
    return linked;
  }

  private Entry<K, V> linkInChain(Entry<K, V>[] table, int i, Entry<K, V> fresh) {
    int length = 0;
    for (Entry<K, V> e = at(table, i); e != null; e = e.next()) {
      if (e.hasLabelOf(fresh) && e.isOf(fresh.key())) {
        if (e.lockState() != Entry.DEAD) {
          return e;
        }
        unlinkFromChain(table, i, e); // whoever killed it has not come so far yet
      } else {
        length++;
      }
    }
    fresh.next(at(table, i));
    put(table, i, fresh);
    size++;
    if (length >= FLOODED_AT && second != null) {
      flood(table, i, length + 1);
    }
    return fresh;
  }

  /** Unlinks a dead entry, if nobody did so before. The caller holds the monitor. */
  void unlink(Entry<K, V> dead, int hash) {
    Entry<K, V>[] table = this.table;
    int i = hash & table.length - 2;
    if (at(table, i) instanceof Flooded<K, V> flooded) {
      Buckets<K, V> inner = flooded.inner;
      int before = inner.size;
      inner.unlink(dead, secondHash(dead.key()));
      size += inner.size - before;
    } else {
      unlinkFromChain(table, i, dead);
    }
  }

  /** The dead entry keeps its own link: a reader who stands on it walks on from there. */
  private void unlinkFromChain(Entry<K, V>[] table, int i, Entry<K, V> dead) {
    Entry<K, V> previous = null;
    for (Entry<K, V> e = at(table, i); e != null; previous = e, e = e.next()) {
      if (e == dead) {
        if (previous == null) {
          put(table, i, e.next());
        } else {
          previous.next(e.next());
        }
        size--;
        return;
      }
    }
  }

  /**
   * Doubles the buckets. What can fail comes first and is no reason to fail the write that made the
   * chain too long: without memory, or with a hashCode that throws, the chains just stay longer.
   */
  private void grow(Entry<K, V>[] old) {
    int[] hashes;
    Entry<K, V>[] fresh;
    try {
      hashes = new int[size];
      int n = 0;
      for (int i = 0; i < old.length - 1; i++) {
        n = hashAll(old, i, hash, hashes, n);
      }
      fresh = newTable(2 * (old.length - 1));
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return;
    }
    retire(old);
    int n = 0;
    for (int i = 0; i < old.length - 1; i++) {
      if (at(old, i) instanceof Flooded<K, V> flooded) {
        Entry<K, V>[] inner = flooded.inner.table;
        retire(inner);
        for (int j = 0; j < inner.length - 1; j++) {
          n = relink(at(inner, j), fresh, hashes, n);
        }
        floodIfLong(fresh, i);
        floodIfLong(fresh, i + old.length - 1);
      } else {
        n = relink(at(old, i), fresh, hashes, n);
      }
    }
    table = fresh;
  }

  /**
   * Links a chain into other buckets, by hash codes from {@code hashes[n]} on; returns the next n.
   */
  private static <K, V> int relink(
      @Nullable Entry<K, V> chain, Entry<K, V>[] target, int[] hashes, int n) {
    for (Entry<K, V> e = chain, rest; e != null; e = rest) {
      rest = e.next();
      int i = hashes[n++] & target.length - 2;
      Entry<K, V> next = at(target, i);
      if (rest != next) { // mostly both null: spare the write
        e.next(next);
      }
      put(target, i, e);
    }
    return n;
  }

  private static <K, V> int hashAll(Entry<K, V>[] table, int i, Hash hash, int[] hashes, int n) {
    Entry<K, V> first = at(table, i);
    if (first instanceof Flooded<K, V> flooded) {
      Entry<K, V>[] inner = flooded.inner.table;
      for (int j = 0; j < inner.length - 1; j++) {
        n = hashAll(inner, j, hash, hashes, n);
      }
      return n;
    }
    for (Entry<K, V> e = first; e != null; e = e.next()) {
      hashes[n++] = hash.of(e.key());
    }
    return n;
  }

  private void floodIfLong(Entry<K, V>[] table, int i) {
    int length = 0;
    for (Entry<K, V> e = at(table, i); e != null; e = e.next()) {
      length++;
    }
    if (length > FLOODED_AT) {
      flood(table, i, length);
    }
  }

  /** Moves a chain into buckets of its own; as for growth, what can fail comes first. */
  private void flood(Entry<K, V>[] table, int i, int length) {
    int[] hashes;
    Entry<K, V>[] fresh;
    Buckets<K, V> inner;
    Flooded<K, V> flooded;
    try {
      hashes = new int[length];
      hashAll(table, i, this::secondHash, hashes, 0);
      fresh = newTable(Integer.highestOneBit(length) * 2);
      inner = new Buckets<>(monitor, this::secondHash);
      flooded = new Flooded<>(inner);
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      return;
    }
    Entry<K, V> chain = at(table, i);
    if (at(table, table.length - 1) == null) {
      SLOT.setVolatile(table, table.length - 1, FLOODS);
    }
    put(table, i, flooded);
    relink(chain, fresh, hashes, 0);
    inner.size = length;
    inner.table = fresh;
  }

  /**
   * Calls for each entry of the bucket at {@code cursor} and returns the next cursor, 0 after the
   * last. The caller holds the monitor.
   *
   * <p>The cursor counts with its bits reversed, from the highest bit of the bucket's index
   * downwards: when the array doubles, what was visited is exactly the split of buckets whose
   * cursors lie behind. So every entry that stays is visited, and only once.
   */
  int scan(int cursor, Consumer<? super Entry<K, V>> action) {
    Entry<K, V>[] table = this.table;
    int mask = table.length - 2;
    Entry<K, V> first = at(table, cursor & mask);
    if (first instanceof Flooded<K, V> flooded) {
      for (int i = 0, inner = 1; inner != 0; i = inner) {
        inner = flooded.inner.scan(i, action);
      }
    } else {
      for (Entry<K, V> e = first; e != null; e = e.next()) {
        action.accept(e);
      }
    }
    return Integer.reverse(Integer.reverse(cursor | ~mask) + 1);
  }

  /** Forgets all entries. The caller holds the monitor. */
  void drop() {
    table = newTable(1);
    size = 0;
  }

  /** Entries linked, with reserved and dead ones. The caller holds the monitor. */
  int size() {
    return size;
  }

  private int secondHash(Object key) {
    return second == null ? hash.of(key) : second.of(key);
  }

  private static <K, V> void retire(Entry<K, V>[] table) {
    SLOT.setVolatile(table, table.length - 1, RETIRED);
  }

  @SuppressWarnings("unchecked")
  private static <K, V> Entry<K, V>[] newTable(int buckets) {
    return (Entry<K, V>[]) new Entry<?, ?>[buckets + 1];
  }

  /** An array without entries that sends readers to the monitor. */
  private static <K, V> Entry<K, V>[] retired() {
    Entry<K, V>[] table = newTable(1);
    retire(table);
    return table;
  }

  @SuppressWarnings("unchecked")
  private static <K, V> @Nullable Entry<K, V> at(Entry<K, V>[] table, int i) {
    return (Entry<K, V>) SLOT.getAcquire(table, i);
  }

  private static <K, V> void put(Entry<K, V>[] table, int i, @Nullable Entry<K, V> entry) {
    SLOT.setRelease(table, i, entry);
  }
}
