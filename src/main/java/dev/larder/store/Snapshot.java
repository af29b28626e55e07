package dev.larder.store;

import dev.larder.BusyException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one or several stores as they are at one moment, the <i>cut</i>, handed out while
 * writers go on.
 *
 * <h2>How it comes to be of one moment</h2>
 *
 * One thread {@linkplain #forEach walks} through all entries and marks each that it has seen with
 * the number of this snapshot. Whoever changes an entry after the cut that has no such mark yet,
 * sets the mark, and hands over what the entry was before; an entry created after the cut is born
 * with the mark. Both look at the mark under the entry's lock, and so every entry that was there at
 * the cut is handed out once, and none that was not. Nothing depends on where in the table an entry
 * is, so growth does no harm.
 *
 * <p>A change that began before the cut and ends after it belongs before it: its entries are held
 * all the while, and the walk comes back for entries that are held. For several entries that change
 * as one, this is decided once: they are marked as such first, and then {@linkplain #decide one
 * look} tells for all of them whether the cut has been. The cut of several stores is one write.
 *
 * <h2>Memory</h2>
 *
 * What was handed over is taken by the walking thread between two buckets. Writers who are ahead of
 * it by too much {@linkplain #awaitRoom wait}, before they hold anything; the walking thread waits
 * for nobody but by looking again, so this has an end.
 */
public final class Snapshot implements AutoCloseable {
  /** Estimated bytes that may be handed over and not taken. */
  private static final long MOST_WAITING = 32 << 20;

  private static final long TRIFLE = 64; // what an entry takes beside its value
  private static final long UNKNOWN = 1_024; // what a value is taken for whose size nobody knows
  private static final long LOOK_AGAIN_NANOS = 200_000;

  /** Guards which snapshot each store has: several are taken together. */
  private static final Object SLOTS = new Object();

  private final List<Store<?, ?>> stores;
  private volatile boolean cut;

  private final ArrayDeque<Found> handed = new ArrayDeque<>(); // guarded by this
  private volatile long waiting; // estimated bytes in it; written under this
  private boolean ended; // guarded by this

  /** Takes the entries. */
  @FunctionalInterface
  public interface Sink {
    /**
     * An entry as it was at the cut.
     *
     * @param store index of its store
     * @param deadline its deadline word; the time may have passed
     */
    void accept(int store, Object key, Object value, long deadline) throws IOException;
  }

  private record Found(int store, Object key, Object value, long deadline) {}

  private Snapshot(List<Store<?, ?>> stores) {
    this.stores = stores;
  }

  /**
   * A snapshot to be taken of these stores. Until it is closed, no other one is begun of any of
   * them; this waits for one that has.
   *
   * @throws dev.larder.DeadlockException if this thread holds an entry, in user code
   */
  public static Snapshot of(Collection<? extends Store<?, ?>> stores) {
    requireNoneMine(stores);
    Snapshot snapshot = new Snapshot(List.copyOf(stores));
    synchronized (SLOTS) {
      await(SLOTS, () -> snapshot.stores.stream().allMatch(store -> store.snapshot() == null));
      for (Store<?, ?> store : snapshot.stores) {
        store.beginSnapshot(snapshot);
      }
    }
    return snapshot;
  }

  /** Waits on a monitor that this thread has; who is interrupted meanwhile finds out afterwards. */
  private static void await(Object monitor, BooleanSupplier isOver) {
    boolean interrupted = false;
    while (!isOver.getAsBoolean()) {
      try {
        monitor.wait();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Refuses what waits for a snapshot of these stores.
   *
   * @throws dev.larder.DeadlockException if this thread holds an entry, in user code
   */
  public static void requireNoneMine(Collection<? extends Store<?, ?>> stores) {
    stores.forEach(Store::requireNoneMine);
  }

  /** From now on changes are not part of it. */
  public void cut() {
    cut = true;
  }

  boolean isCut() {
    return cut;
  }

  /**
   * Hands out every entry that was there at the cut, on this thread.
   *
   * @param progress told now and then how many have been
   * @throws IOException what the sink throws; then it is over
   */
  public void forEach(Sink sink, LongConsumer progress) throws IOException {
    long[] count = {0};
    Sink counting =
        (store, key, value, deadline) -> {
          sink.accept(store, key, value, deadline);
          count[0]++;
        };
    for (int i = 0; i < stores.size(); i++) {
      new Walk<>(stores.get(i), i).run(counting, () -> progress.accept(count[0]));
    }
    cut = false; // everything has the mark: nobody hands over any more
    take(counting);
    progress.accept(count[0]);
  }

  /** The way through one store. */
  private final class Walk<K, V> {
    private static final int BUCKETS_A_TAKE = 64;

    private final Store<K, V> store;
    private final int index;
    private final List<Entry<K, V>> bucket = new ArrayList<>();
    private final List<Entry<K, V>> busy = new ArrayList<>();
    private final ArrayDeque<Found> found = new ArrayDeque<>();

    Walk(Store<K, V> store, int index) {
      this.store = store;
      this.index = index;
    }

    void run(Sink sink, Runnable progress) throws IOException {
      long cursor = 0;
      int buckets = 0;
      do {
        awaitOpen(sink);
        cursor = store.scan(cursor, bucket::add);
        for (Entry<K, V> entry : bucket) {
          if (!visit(entry)) {
            busy.add(entry);
          }
        }
        bucket.clear();
        if (++buckets % BUCKETS_A_TAKE == 0 || cursor == 0) {
          hand(sink);
          progress.run();
        }
      } while (cursor != 0);
      while (!busy.isEmpty()) {
        busy.removeIf(this::visit);
        hand(sink);
        if (!busy.isEmpty()) {
          LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
      }
      store.requireThere();
    }

    /** While one thread has the store to itself, no entry can be looked at. */
    private void awaitOpen(Sink sink) throws IOException {
      while (!store.isOpenToMe()) {
        take(sink);
        LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      }
    }

    /** Looks at an entry, unless it was seen; false if somebody holds it. */
    private boolean visit(Entry<K, V> entry) {
      if (!store.tryHold(entry)) {
        return entry.lockState() == Entry.DEAD; // who removed it has handed it over
      }
      V value = entry.value();
      if (value != null && store.markSeen(entry)) {
        found.add(new Found(index, entry.key(), value, entry.deadline()));
      }
      store.release(entry);
      return true;
    }

    private void hand(Sink sink) throws IOException {
      for (Found one; (one = found.poll()) != null; ) {
        sink.accept(one.store, one.key, one.value, one.deadline);
      }
      take(sink);
    }
  }

  /** Hands out what was handed over. */
  private void take(Sink sink) throws IOException {
    if (waiting == 0) {
      return;
    }
    for (Found one; (one = poll()) != null; ) {
      sink.accept(one.store, one.key, one.value, one.deadline);
    }
  }

  private synchronized @Nullable Found poll() {
    Found first = handed.poll();
    if (first != null) {
      waiting -= weight(first.value);
      if (waiting <= MOST_WAITING / 2) {
        notifyAll();
      }
    }
    return first;
  }

  /** An entry is about to change that its holder has just marked; this is what it was. */
  synchronized void handOver(Store<?, ?> store, Object key, Object value, long deadline) {
    if (!ended) {
      handed.add(new Found(stores.indexOf(store), key, value, deadline));
      waiting += weight(value);
    }
  }

  private static long weight(Object value) {
    if (value instanceof String text) {
      return TRIFLE + text.length();
    }
    if (value instanceof byte[] bytes) {
      return TRIFLE + bytes.length;
    }
    return value instanceof Number ? TRIFLE : UNKNOWN;
  }

  /**
   * Waits while too much is handed over; the caller holds no entry.
   *
   * @throws BusyException if it would wait and {@code mayWait} is false
   */
  void awaitRoom(boolean mayWait) {
    if (waiting <= MOST_WAITING) {
      return;
    }
    if (!mayWait) {
      throw BusyException.INSTANCE;
    }
    synchronized (this) {
      await(this, () -> waiting <= MOST_WAITING || ended);
    }
  }

  /**
   * Those snapshots of the stores whose cut has been, by one look at each: what is about to change
   * as one belongs, for all of its entries, behind these and before the others.
   */
  public static List<Snapshot> decide(Collection<? extends Store<?, ?>> stores) {
    List<Snapshot> seen = List.of();
    List<Snapshot> decided = List.of();
    for (Store<?, ?> store : stores) {
      Snapshot snapshot = store.snapshot();
      if (snapshot != null && !seen.contains(snapshot)) {
        seen = with(seen, snapshot);
        if (snapshot.isCut()) {
          decided = with(decided, snapshot);
        }
      }
    }
    return decided;
  }

  private static List<Snapshot> with(List<Snapshot> some, Snapshot one) {
    List<Snapshot> more = new ArrayList<>(some);
    more.add(one);
    return more;
  }

  /** Ends it, complete or not. */
  @Override
  public void close() {
    cut = false;
    synchronized (this) {
      ended = true;
      handed.clear();
      waiting = 0;
      notifyAll();
    }
    synchronized (SLOTS) {
      for (Store<?, ?> store : stores) {
        store.endSnapshot();
      }
      SLOTS.notifyAll();
    }
  }
}
