package dev.larder.ops;

import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation on several entries, perhaps of several caches, as one: {@code MSET}, {@code
 * RENAME}. It {@linkplain Part#turn() has a turn} at all of them at once, and what it decides
 * happens at all of them, or, if it or a writer throws, at none. How it takes them: {@link Claims}.
 *
 * <h2>Being seen whole</h2>
 *
 * Before the first entry changes, all are marked, and stay so until the last one has changed. Reads
 * from a socket look at the mark and wait; those of {@code javax.cache} do not, and may see some
 * entries as they were and others as they will be.
 */
final class JointOperation {
  private final Claims<Part<?, ?>> claims = new Claims<>();
  private final boolean changes;

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
  static final class Part<K, V> extends Claims.Claim<K, V> {
    private @Nullable Turn<K, V> turn;

    private Part(EntryOperations<K, V> operations, K key) {
      super(operations, key);
    }

    /** The turn at this entry, while the operation runs; one for a key that is named twice. */
    @SuppressWarnings("unchecked") // the same key of the same store
    Turn<K, V> turn() {
      Part<K, V> same = (Part<K, V>) same();
      Turn<K, V> turn = same == null ? this.turn : same.turn;
      if (turn == null) {
        throw new IllegalStateException("not running");
      }
      return turn;
    }

    private void begin(boolean changes) {
      turn = new Turn<>(operations, key, entry());
      turn.begin(changes);
    }
  }

  /** Adds an entry. */
  <K, V> Part<K, V> at(EntryOperations<K, V> operations, K key) {
    operations.admit(key);
    Part<K, V> part = new Part<>(operations, key);
    claims.add(part);
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
   * @throws dev.larder.BusyException if an entry is held by somebody else and a cache's operations
   *     do not wait
   * @throws dev.larder.DeadlockException if user code asks for this that holds one of the entries,
   *     or one that their holders wait for
   */
  <R extends @Nullable Object> R run(Supplier<R> operation) {
    Store.requireStack();
    claims.admitWriter();
    claims.takeAll();
    R result;
    try {
      result = runHolding(operation);
    } catch (Throwable failure) {
      end(failure); // the expiry of values it found happened all the same
      throw failure;
    }
    Throwable failure = end(null);
    claims.awaitKept();
    Claims.rethrow(failure);
    return result;
  }

  /** Gives all entries back and tells of all changes, whatever fails; returns what did first. */
  private @Nullable Throwable end(@Nullable Throwable failure) {
    Throwable first = claims.letGoAll(failure);
    for (Part<?, ?> part : claims.all()) {
      try {
        if (part.turn != null) {
          part.turn.deliver();
        }
      } catch (RuntimeException | Error e) {
        first = Claims.withOther(first, e);
      }
    }
    return first;
  }

  private <R extends @Nullable Object> R runHolding(Supplier<R> operation) {
    for (Part<?, ?> part : claims.all()) {
      part.begin(changes);
    }
    R result = operation.get();
    for (Part<?, ?> part : claims.all()) {
      part.turn().requirePossible();
    }
    // Removals last, so that what fails half-way leaves too much rather than too little.
    writeAll(false);
    writeAll(true);
    for (Part<?, ?> part : claims.all()) {
      part.turn().prepare();
    }
    if (claims.all().size() > 1 && claims.all().stream().anyMatch(part -> part.turn().changes())) {
      changeAll();
    } else {
      applyAll(false);
      applyAll(true);
    }
    return result;
  }

  private void writeAll(boolean removals) {
    for (Part<?, ?> part : claims.all()) {
      if (part.turn().removed() == removals) {
        part.turn().write();
      }
    }
  }

  private void applyAll(boolean removals) {
    for (Part<?, ?> part : claims.all()) {
      if (part.turn().removed() == removals) {
        part.turn().apply();
      }
    }
  }

  /** Nothing in here calls user code but hashCode of keys, or may run out of stack. */
  private void changeAll() {
    List<Store<?, ?>> stores = claims.stores();
    int begun = 0;
    if (claims.runsUserCode()) {
      Store.requireStack(); // again: who knows where this is now
    }
    try {
      for (; begun < stores.size(); begun++) {
        stores.get(begun).beginJoint();
      }
      for (Part<?, ?> part : claims.all()) {
        part.turn().markJoint();
      }
      List<Snapshot> after = Snapshot.decide(stores);
      for (Part<?, ?> part : claims.all()) {
        part.turn().preserve(after);
      }
      applyAll(false);
      applyAll(true);
    } finally {
      Unkept.endJoint(stores.subList(0, begun));
    }
  }
}
