package dev.larder.ops;

import dev.larder.store.Entry;
import dev.larder.store.Feed;
import dev.larder.store.Snapshot;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Operations on entries of one or several caches, one after another and as one ({@code EXEC}).
 *
 * <p>The keys are declared before it runs; or whole caches are. All of them are taken, as {@link
 * Claims} says; values whose deadline has passed expire; and the body runs, which gets at the
 * entries with {@link #within}. What it does happens at once, and a later operation finds it, but
 * no other one comes between; time stands still. When the body has ended, all entries are given
 * back, and then the changes are told, in their order. There is no going back: if an operation
 * fails, or the body does, what was done before it stays done.
 *
 * <h2>Who sees what</h2>
 *
 * A socket sees the entries as they were before or as they are in the end, and waits while it runs.
 * Readers of {@code javax.cache} do not wait, and may see any state between.
 *
 * <h2>Whole caches</h2>
 *
 * A transaction that has a whole cache is {@linkplain Store#exclude alone} in it. It takes all such
 * caches first, in a fixed order, and waits for them while it holds no entry.
 *
 * <p>An object of this class runs once, on one thread.
 */
public final class Transaction {
  private final boolean changes;
  private final List<Declared<?, ?>> keys = new ArrayList<>();
  private final Map<Store<?, ?>, CacheOperations<?, ?>> wholes = new LinkedHashMap<>();
  private final Claims<Declared<?, ?>> claims = new Claims<>();

  private final Map<Store<?, ?>, Held<?, ?>> helds = new HashMap<>();
  private final Map<CacheOperations<?, ?>, CacheOperations<?, ?>> within = new HashMap<>();
  private final Map<StoreClock, StoreClock> clocks = new HashMap<>();
  private final List<Runnable> deliveries = new ArrayList<>();
  private State state = State.DECLARING;

  private enum State {
    DECLARING,
    TAKING,
    RUNNING,
    OVER
  }

  private Transaction(boolean changes) {
    this.changes = changes;
  }

  /** One that may change its entries. */
  public static Transaction changing() {
    return new Transaction(true);
  }

  /** One that only looks. What it changes all the same, others may see one by one. */
  public static Transaction reading() {
    return new Transaction(false);
  }

  /** A key, and the claim to its entry. */
  private static final class Declared<K, V> extends Claims.Claim<K, V> {
    private final CacheOperations<K, V> cache;

    Declared(CacheOperations<K, V> cache, K key) {
      super(cache.entries(), key);
      this.cache = cache;
    }
  }

  /**
   * Declares a key.
   *
   * @throws IllegalStateException if the cache is closed
   */
  public <K, V> void add(CacheOperations<K, V> cache, K key) {
    require(State.DECLARING);
    cache.entries().admit(key);
    keys.add(new Declared<>(cache, key));
    claims.involve(cache.entries());
  }

  /**
   * Declares all keys of a cache, for operations on its {@linkplain KeyspaceOperations keyspace}.
   */
  public void addAll(CacheOperations<?, ?> cache) {
    require(State.DECLARING);
    cache.entries().rules().requireOpen();
    wholes.put(cache.entries().store(), cache);
    claims.involve(cache.entries());
  }

  /**
   * Takes the entries and runs the body.
   *
   * @throws dev.larder.BusyException before anything has happened, if an entry is held by somebody
   *     else and a cache's operations do not wait
   * @throws dev.larder.DeadlockException if user code asks for this that holds one of the entries,
   *     or one that their holders wait for
   */
  public <R extends @Nullable Object> R run(Supplier<R> body) {
    require(State.DECLARING);
    state = State.TAKING;
    Store.requireStack();
    keys.forEach(declared -> declared.operations.admitWriter());
    wholes.values().forEach(cache -> cache.entries().admitWriter());
    List<Store<?, ?>> alone = takeAll();
    R result;
    try {
      result = runHolding(body);
    } catch (Throwable failure) {
      end(alone, failure);
      throw failure;
    }
    Throwable failure = end(alone, null);
    claims.awaitKept();
    Claims.rethrow(failure);
    return result;
  }

  /**
   * A cache's operations on what this transaction holds of it, while it runs.
   *
   * <p>One that wants another key throws an {@link IllegalStateException}.
   */
  @SuppressWarnings("unchecked") // made of that very one
  public <K, V> CacheOperations<K, V> within(CacheOperations<K, V> cache) {
    require(State.RUNNING);
    return (CacheOperations<K, V>) within.computeIfAbsent(cache, same -> cache.within(held(cache)));
  }

  @SuppressWarnings("unchecked") // of the same store
  private <K, V> Held<K, V> held(CacheOperations<K, V> cache) {
    Store<K, V> store = cache.entries().store();
    Held<K, V> held = (Held<K, V>) helds.get(store);
    if (held == null) {
      StoreClock clock = clocks.computeIfAbsent(store.clock(), StoreClock::stopped);
      held = new Held<>(cache, this, clock, wholes.containsKey(store));
      helds.put(store, held);
    }
    return held;
  }

  /** Whole stores first, then entries; returns the former. */
  private List<Store<?, ?>> takeAll() {
    for (Declared<?, ?> declared : keys) {
      if (!wholes.containsKey(declared.operations.store())) {
        claims.add(declared);
      }
    }
    List<Store<?, ?>> alone = Store.excludeAll(wholes.keySet(), claims.mayWait());
    try {
      claims.takeAll();
    } catch (Throwable t) {
      alone.forEach(Store::admit);
      throw t;
    }
    return alone;
  }

  private <R extends @Nullable Object> R runHolding(Supplier<R> body) {
    List<Store<?, ?>> stores = claims.stores();
    stores.addAll(wholes.keySet());
    int begun = 0;
    try {
      for (; changes && begun < stores.size(); begun++) {
        stores.get(begun).beginJoint();
      }
      state = State.RUNNING;
      for (Declared<?, ?> declared : claims.all()) {
        hold(declared);
      }
      decide(stores);
      for (Declared<?, ?> declared : keys) {
        expire(declared);
      }
      return body.get();
    } finally {
      state = State.OVER;
      helds.values().forEach(Held::end);
      List<Store<?, ?>> ending = stores.subList(0, begun);
      ending.forEach(Store::settle);
      Unkept.endJoint(ending);
    }
  }

  /** Finds out which snapshots this comes after, once for all that it will change. */
  private void decide(List<Store<?, ?>> stores) {
    if (changes) {
      List<Snapshot> after = Snapshot.decide(stores);
      wholes.keySet().forEach(store -> store.decide(after));
      claims.all().forEach(declared -> preserve(declared, after));
    }
  }

  private static <K, V> void preserve(Declared<K, V> declared, List<Snapshot> after) {
    declared.operations.store().preserve(Objects.requireNonNull(declared.entry()), after);
  }

  private <K, V> void hold(Declared<K, V> declared) {
    Entry<K, V> entry = Objects.requireNonNull(declared.entry());
    if (changes) {
      declared.operations.store().markJoint(entry);
    }
    held(declared.cache).add(declared.key, entry);
  }

  /** Lets the value expire if its time has come; a listener must not change what it is told of. */
  private <K, V> void expire(Declared<K, V> declared) {
    EntryOperations<K, V> entries = within(declared.cache).entries();
    Entry<K, V> entry = entries.takeOrReserve(declared.key, true, 0);
    Turn<K, V> turn = entries.turn(declared.key, entry);
    try {
      turn.begin(changes);
    } finally {
      turn.end();
      turn.deliver();
    }
  }

  /** Kept until the entries have been given back. */
  <K, V> void deliverLater(Feed<K, V> feed, Feed.Ticket<K, V> ticket) {
    deliveries.add(() -> feed.deliver(ticket));
  }

  /** Gives everything back and tells of all changes, whatever fails; returns what did first. */
  private @Nullable Throwable end(List<Store<?, ?>> alone, @Nullable Throwable failure) {
    Throwable first = claims.letGoAll(failure);
    alone.forEach(Store::admit);
    for (Runnable delivery : deliveries) {
      try {
        delivery.run();
      } catch (RuntimeException | Error e) {
        first = Claims.withOther(first, e);
      }
    }
    return first;
  }

  private void require(State expected) {
    if (state != expected) {
      throw new IllegalStateException("the transaction is " + state + ", not " + expected);
    }
  }
}
