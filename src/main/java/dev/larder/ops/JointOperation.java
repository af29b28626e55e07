package dev.larder.ops;

import dev.larder.BusyException;
import dev.larder.store.Entry;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation on several entries, perhaps of several caches, as one: {@code MSET}, {@code
 * RENAME}. It {@linkplain Part#turn() has a turn} at all of them at once, and what it decides
 * happens at all of them, or, if it or a writer throws, at none.
 *
 * <h2>Taking the entries</h2>
 *
 * Absent keys are reserved. The entries are taken in the order of their hashes, but while this
 * holds some, it never waits for another: it gives back what it has, waits for the busy one alone,
 * and goes on from there. So it cannot be part of a circle of waiting, and keys next to one that
 * user code holds for long stay free. One that has gone back {@value #PATIENCE} times holds what it
 * has for some milliseconds while it waits. Only one at a time may do that, and no circle lasts.
 *
 * <h2>Being seen whole</h2>
 *
 * Before the first entry changes, all are marked, and stay so until the last one has changed. Reads
 * from a socket look at the mark and wait; those of {@code javax.cache} do not, and may see some
 * entries as they were and others as they will be.
 */
final class JointOperation {
  private static final int PATIENCE = 16;
  private static final long INSISTS_MILLIS = 5;
  private static final ReentrantLock IMPATIENT = new ReentrantLock();

  private final List<Part<?, ?>> parts = new ArrayList<>(); // as named, which is how they change
  private List<Part<?, ?>> taken = List.of(); // in the order in which they are taken
  private final boolean changes;
  private boolean mayWait = true;
  private boolean runsUserCode;

  private JointOperation(boolean changes) {
    this.changes = changes;
  }

  /** One that may change its entries. */
  static JointOperation changing() {
    return new JointOperation(true);
  }

  /** One that only looks, which even a listener may do that is being told of one of the keys. */
  static JointOperation reading() {
    return new JointOperation(false);
  }

  /** One of the entries. */
  static final class Part<K, V> {
    private final EntryOperations<K, V> operations;
    private final K key;
    private final int hash;
    private @Nullable Entry<K, V> held;
    private boolean noted;
    private @Nullable Turn<K, V> turn;
    private @Nullable Part<?, ?> same; // the part that stands for the same key

    private Part(EntryOperations<K, V> operations, K key) {
      this.operations = operations;
      this.key = key;
      this.hash = key.hashCode();
    }

    /** The turn at this entry, while the operation runs; one for a key that is named twice. */
    @SuppressWarnings("unchecked") // the same key of the same store
    Turn<K, V> turn() {
      Turn<K, V> turn = same == null ? this.turn : (Turn<K, V>) same.turn;
      if (turn == null) {
        throw new IllegalStateException("not running");
      }
      return turn;
    }

    boolean isSameAs(Part<?, ?> other) {
      return hash == other.hash
          && operations.store() == other.operations.store()
          && key.equals(other.key);
    }

    private void begin(boolean changes) {
      turn = new Turn<>(operations, key, held);
      turn.begin(changes);
    }

    private void hold(boolean waits, boolean insists, boolean notes) {
      K kept = operations.rules().copyKey(key); // becomes the entry's, if it is absent
      Store<K, V> store = operations.store();
      held = insists ? store.holdOrReserve(kept, INSISTS_MILLIS) : store.holdOrReserve(kept, waits);
      if (notes) {
        store.noteHeld(held);
        noted = true;
      }
    }

    /** Whether another part holds the entry that this one wants. */
    private boolean isHeldBy(List<Part<?, ?>> parts) {
      Entry<K, V> wanted = operations.store().find(key);
      for (Part<?, ?> part : parts) {
        if (wanted != null && part.held == wanted) {
          return true;
        }
      }
      return false;
    }

    private void letGo() {
      Entry<K, V> entry = held;
      held = null;
      if (entry != null) {
        if (noted) {
          operations.store().dropNote(entry);
          noted = false;
        }
        operations.store().release(entry);
      }
    }
  }

  /** Adds an entry. */
  <K, V> Part<K, V> at(EntryOperations<K, V> operations, K key) {
    operations.admit(key);
    Part<K, V> part = new Part<>(operations, key);
    mayWait &= operations.mayWait();
    runsUserCode = runsUserCode || operations.runsUserCode();
    parts.add(part);
    return part;
  }

  /** Adds an entry for each key, in their order. */
  <K, V> List<Part<K, V>> atEach(EntryOperations<K, V> operations, Collection<? extends K> keys) {
    List<Part<K, V>> added = new ArrayList<>(keys.size());
    for (K key : keys) {
      added.add(at(operations, key));
    }
    return added;
  }

  /**
   * Runs the operation.
   *
   * @throws BusyException if an entry is held by somebody else and a cache's operations do not wait
   * @throws dev.larder.DeadlockException if user code asks for this that holds one of the entries,
   *     or one that their holders wait for
   */
  <R extends @Nullable Object> R run(Supplier<R> operation) {
    Store.requireStack();
    holdAll();
    R result;
    try {
      result = runHolding(operation);
    } catch (Throwable failure) {
      end(failure); // the expiry of values it found happened all the same
      throw failure;
    }
    Throwable failure = end(null);
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (RuntimeException) failure; // neither a subscriber nor a key throws anything else
    }
    return result;
  }

  /** Gives all entries back and tells of all changes, whatever fails; returns what did first. */
  private @Nullable Throwable end(@Nullable Throwable failure) {
    Throwable first = letGoAll(failure);
    for (Part<?, ?> part : parts) {
      try {
        if (part.turn != null) {
          part.turn.deliver();
        }
      } catch (RuntimeException | Error e) {
        first = withOther(first, e);
      }
    }
    return first;
  }

  /** The last one first: what was noted last is found soonest. */
  private @Nullable Throwable letGoAll(@Nullable Throwable failure) {
    Throwable first = failure;
    for (int i = taken.size() - 1; i >= 0; i--) {
      try {
        taken.get(i).letGo();
      } catch (RuntimeException | Error e) { // a hashCode; the entry is given back all the same
        first = withOther(first, e);
      }
    }
    return first;
  }

  private static Throwable withOther(@Nullable Throwable first, Throwable other) {
    if (first != null && first != other) {
      first.addSuppressed(other);
    }
    return first == null ? other : first;
  }

  private void holdAll() {
    taken = new ArrayList<>(parts);
    taken.sort(JointOperation::order);
    if (joinSame()) {
      taken.removeIf(part -> part.same != null);
      parts.removeIf(part -> part.same != null);
    }
    int first = parts.isEmpty() ? -1 : 0;
    for (int retreats = 0; first >= 0; retreats++) {
      boolean insists = retreats >= PATIENCE && IMPATIENT.tryLock();
      try {
        first = holdFrom(first, insists);
      } finally {
        if (insists) {
          IMPATIENT.unlock();
        }
      }
    }
  }

  /**
   * By hash, and among equal hashes as the keys themselves do, if they are the JDK's: whoever sends
   * many keys of one hash must not make this slow.
   */
  @SuppressWarnings({"unchecked", "rawtypes"}) // keys of one class
  private static int order(Part<?, ?> one, Part<?, ?> other) {
    int order = Integer.compare(one.hash, other.hash);
    Class<?> type = one.key.getClass();
    Class<?> otherType = other.key.getClass();
    if (order != 0 || type != otherType) {
      return order != 0 ? order : type.getName().compareTo(otherType.getName());
    }
    return type.getClassLoader() == null && one.key instanceof Comparable comparable
        ? comparable.compareTo(other.key)
        : 0;
  }

  /** Finds the keys that are named more than once; they stand side by side. */
  private boolean joinSame() {
    boolean found = false;
    for (int i = 1; i < taken.size(); i++) {
      Part<?, ?> part = taken.get(i);
      for (int j = i - 1; j >= 0 && order(taken.get(j), part) == 0 && part.same == null; j--) {
        if (taken.get(j).same == null && part.isSameAs(taken.get(j))) {
          part.same = taken.get(j);
          found = true;
        }
      }
    }
    return found;
  }

  /**
   * Takes one entry, waiting for it, and then the others.
   *
   * @return the one that was busy, with nothing held any more; -1 if all are held
   */
  private int holdFrom(int first, boolean insists) {
    int at = first;
    try {
      taken.get(first).hold(mayWait, false, runsUserCode);
      for (at = 0; at < taken.size(); at++) {
        if (at != first) {
          taken.get(at).hold(false, insists, runsUserCode);
        }
      }
      return -1;
    } catch (BusyException e) {
      boolean byItself = taken.get(at).isHeldBy(taken);
      letGoAll(e);
      if (byItself) {
        throw new IllegalStateException("two different keys have become equal meanwhile");
      }
      if (!mayWait) {
        throw e;
      }
      return at;
    } catch (Throwable t) {
      letGoAll(t);
      throw t;
    }
  }

  private <R extends @Nullable Object> R runHolding(Supplier<R> operation) {
    for (Part<?, ?> part : parts) {
      part.begin(changes);
    }
    R result = operation.get();
    // Removals last, so that what fails half-way leaves too much rather than too little.
    writeAll(false);
    writeAll(true);
    for (Part<?, ?> part : parts) {
      part.turn().prepare();
    }
    if (parts.size() > 1 && parts.stream().anyMatch(part -> part.turn().changes())) {
      changeAll();
    } else {
      applyAll(false);
      applyAll(true);
    }
    return result;
  }

  private void writeAll(boolean removals) {
    for (Part<?, ?> part : parts) {
      if (part.turn().removed() == removals) {
        part.turn().write();
      }
    }
  }

  private void applyAll(boolean removals) {
    for (Part<?, ?> part : parts) {
      if (part.turn().removed() == removals) {
        part.turn().apply();
      }
    }
  }

  /** Nothing in here calls user code but hashCode of keys, or may run out of stack. */
  private void changeAll() {
    Store<?, ?>[] stores =
        parts.stream().map(part -> part.operations.store()).distinct().toArray(Store<?, ?>[]::new);
    int begun = 0;
    if (runsUserCode) {
      Store.requireStack(); // again: who knows where this is now
    }
    try {
      for (; begun < stores.length; begun++) {
        stores[begun].beginJoint();
      }
      for (Part<?, ?> part : parts) {
        part.turn().markJoint();
      }
      applyAll(false);
      applyAll(true);
    } finally {
      while (--begun >= 0) {
        stores[begun].endJoint();
      }
    }
  }
}
