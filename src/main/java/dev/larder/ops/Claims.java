package dev.larder.ops;

import dev.larder.BusyException;
import dev.larder.store.Entry;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The entries that an operation takes all together, perhaps from several caches.
 *
 * <p>Absent keys are reserved. The entries are taken in the order of their hashes, but while this
 * holds some, it never waits for another: it gives back what it has, waits for the busy one alone,
 * and goes on from there. So it cannot be part of a circle of waiting, and keys next to one that
 * user code holds for long stay free. One that has gone back {@value #PATIENCE} times holds what it
 * has for some milliseconds while it waits. Only one at a time may do that, and no circle lasts.
 *
 * @param <C> what the operation knows of each of them
 */
final class Claims<C extends Claims.Claim<?, ?>> {
  private static final int PATIENCE = 16;
  private static final long INSISTS_MILLIS = 5;
  private static final ReentrantLock IMPATIENT = new ReentrantLock();

  private final List<C> named = new ArrayList<>();
  private List<Claim<?, ?>> taken = List.of(); // in the order in which they are taken
  private boolean mayWait = true;
  private boolean runsUserCode;

  /** The claim to one entry. */
  static class Claim<K, V> {
    final EntryOperations<K, V> operations;
    final K key;
    private final int hash;
    private @Nullable Entry<K, V> held;
    private boolean noted;
    private @Nullable Claim<?, ?> same; // the one that stands for the same key

    Claim(EntryOperations<K, V> operations, K key) {
      this.operations = operations;
      this.key = key;
      this.hash = key.hashCode();
    }

    /** The entry, while it is held. */
    final @Nullable Entry<K, V> entry() {
      return held;
    }

    /** Another claim, to the same entry, that was named before and stands for this one; or null. */
    final @Nullable Claim<?, ?> same() {
      return same;
    }

    final boolean isSameAs(Claim<?, ?> other) {
      return hash == other.hash
          && operations.store() == other.operations.store()
          && key.equals(other.key);
    }

    private void hold(boolean waits, boolean insists, boolean notes) {
      held = operations.takeOrReserve(key, waits, insists ? INSISTS_MILLIS : 0);
      if (notes) {
        operations.store().noteHeld(held);
        noted = true;
      }
    }

    /** Whether another claim holds the entry that this one wants. */
    private boolean isHeldBy(List<Claim<?, ?>> others) {
      Entry<K, V> wanted = operations.store().find(key);
      for (Claim<?, ?> other : others) {
        if (wanted != null && other.held == wanted) {
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
        operations.giveBack(entry);
      }
    }
  }

  void add(C claim) {
    named.add(claim);
    involve(claim.operations);
  }

  /** Minds how the operations of a cache are to work. */
  void involve(EntryOperations<?, ?> operations) {
    mayWait &= operations.mayWait();
    runsUserCode = runsUserCode || operations.runsUserCode();
  }

  /** As they were named; once they have been taken, each key once. */
  List<C> all() {
    return named;
  }

  boolean mayWait() {
    return mayWait;
  }

  boolean runsUserCode() {
    return runsUserCode;
  }

  /** Waits while those are far behind who write changes down; nothing is held yet. */
  void admitWriter() {
    for (C claim : named) {
      claim.operations.admitWriter();
    }
  }

  /** Waits until what was changed is on disk, where that is wanted. */
  void awaitKept() {
    if (mayWait) {
      Unkept.await();
    }
  }

  /**
   * Takes all of them, or throws and holds none.
   *
   * @throws BusyException if an entry is held by somebody else and a cache's operations do not wait
   * @throws dev.larder.DeadlockException if user code asks for this that holds one of the entries,
   *     or one that their holders wait for
   */
  void takeAll() {
    taken = new ArrayList<>(named);
    taken.sort(Claims::order);
    if (joinSame()) {
      taken.removeIf(claim -> claim.same != null);
      named.removeIf(claim -> claim.same() != null);
    }
    int first = taken.isEmpty() ? -1 : 0;
    for (int retreats = 0; first >= 0; retreats++) {
      boolean insists = retreats >= PATIENCE && IMPATIENT.tryLock();
      try {
        first = takeFrom(first, insists);
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
  private static int order(Claim<?, ?> one, Claim<?, ?> other) {
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
      Claim<?, ?> claim = taken.get(i);
      for (int j = i - 1; j >= 0 && order(taken.get(j), claim) == 0 && claim.same == null; j--) {
        if (taken.get(j).same == null && claim.isSameAs(taken.get(j))) {
          claim.same = taken.get(j);
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
  private int takeFrom(int first, boolean insists) {
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

  /**
   * Gives all back, whatever fails; returns what did first. The last one first: what was noted last
   * is found soonest.
   */
  @Nullable Throwable letGoAll(@Nullable Throwable failure) {
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

  static Throwable withOther(@Nullable Throwable first, Throwable other) {
    if (first != null && first != other) {
      first.addSuppressed(other);
    }
    return first == null ? other : first;
  }

  /** Throws what a subscriber or a key has thrown, if one has. */
  static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure != null) {
      throw (RuntimeException) failure; // they throw nothing else
    }
  }

  /** The stores of all of them, each once. */
  List<Store<?, ?>> stores() {
    List<Store<?, ?>> stores = new ArrayList<>(2);
    for (C claim : named) {
      Store<?, ?> store = claim.operations.store();
      if (!stores.contains(store)) {
        stores.add(store);
      }
    }
    return stores;
  }
}
