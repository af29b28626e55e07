package dev.larder.store;

import dev.larder.BusyException;
import dev.larder.DeadlockException;
import dev.larder.Weigher;
import dev.larder.store.Change.Cause;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache.
 *
 * <h2>Two kinds of lock</h2>
 *
 * Each entry has a lock, held while it is looked at and changed, also while user code computes its
 * value. Each of 16 stripes has a monitor, held for the short work of linking and unlinking entries
 * and of growth; no user code but {@code equals} and {@code hashCode} of keys runs under it. The
 * order is entry, then stripe; under a monitor nobody waits for an entry. Reading takes neither.
 *
 * <h2>Absent keys</h2>
 *
 * Work on an absent key links a <i>reservation</i>: an entry without a value, locked from birth.
 * Others who want the same key wait for its lock; readers, scans and sizes do not see it. Given
 * back without a value, as after a removal, it dies and is unlinked, and those who waited look
 * again.
 *
 * <h2>Stripes</h2>
 *
 * A stripe is a part of the keys with buckets of its own, chosen by bits of a second mix of the
 * hash, so that neither multiples of a power of two nor neighbours crowd one stripe. Within it, the
 * bucket comes from the hash as it is, so that keys 1, 2, 3… lie near each other in memory. Stripes
 * grow one by one, each on the thread that made it too full: growth is shared among writers, and
 * the longest pause is that of one stripe.
 *
 * <h2>One thread alone</h2>
 *
 * A thread may {@linkplain #exclude exclude} all others, see {@link Gate}: they wait before they
 * hold any entry. Only who holds one already, and in user code takes another one, may pass: he has
 * given back both before the owner is alone. The order is gates, in the order of their stores, then
 * entries.
 */
public final class Store<K, V> implements AutoCloseable {
  private static final int STRIPE_BITS = 4;
  private static final int GOLDEN = 0x9E3779B9;
  private static final SecureRandom SEEDS = new SecureRandom();
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** Buckets looked at before a search for any entry becomes a walk. */
  private static final int RANDOM_DRAWS = 100;

  /** Until the next try to count between two changes. */
  private static final long RECOUNT_NANOS = 10_000;

  private final Stripe<K, V>[] stripes;
  private final StoreClock clock;
  private final long since;
  private final long number = NUMBERS.getAndIncrement(); // for the order of excludeAll
  private final Feed<K, V> feed = new Feed<>();
  private final Gate gate = new Gate();
  private final Executor executor;
  private final LongAdder expirations = new LongAdder();
  private final LongAdder evictions = new LongAdder();
  private final AtomicLong jointBegun = new AtomicLong(); // changes of several entries as one
  private final AtomicLong jointEnded = new AtomicLong();
  private volatile @Nullable Keeper<K, V> keeper;
  private volatile @Nullable Evictor<K, V> evictor; // written by who is alone in here
  private boolean bounded; // the same for readers, who may learn of it late
  private volatile @Nullable Taken taken; // written by Snapshot, under its lock
  private byte snapshots; // the number of the last one: 1 to 127, then 1 again
  private List<Snapshot> decided = List.of(); // by who is alone in here
  private volatile boolean filling; // whether there may be more than the bound says
  private volatile boolean idle; // whether the sweeper is to leave everything as it is
  private volatile boolean swept; // whether the sweeper knows of this store
  private volatile boolean closed;
  private volatile boolean discarded;

  /**
   * An empty store.
   *
   * @param executor tells subscribers of entries that expired in the background
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  public Store(StoreClock clock, Executor executor) {
    this.clock = clock;
    this.since = clock.now();
    this.executor = executor;
    SecondHash second = new SecondHash(SEEDS);
    stripes = new Stripe[1 << STRIPE_BITS];
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe<>(second);
    }
  }

  static int spread(Object key) {
    return spread(key.hashCode());
  }

  private static int spread(int hash) {
    return hash ^ hash >>> 16;
  }

  static int bucketHash(int spread) {
    return spread >>> STRIPE_BITS;
  }

  private static int tag(int spread) {
    return spread * GOLDEN >>> 32 - STRIPE_BITS - 6; // the six bits after those of the stripe
  }

  private Stripe<K, V> stripe(Entry<K, V> entry) {
    return stripe(spread(entry.key()));
  }

  private Stripe<K, V> stripe(int spread) {
    return stripes[spread * GOLDEN >>> 32 - STRIPE_BITS];
  }

  // ---------------------------------------------------------------------------------- finding

  /** The key's entry, in whatever state, or null. Waits for nobody. */
  public @Nullable Entry<K, V> find(Object key) {
    int spread = spread(key);
    return stripe(spread).find(key, bucketHash(spread), tag(spread));
  }

  /**
   * Looks at what finding these keys will look at, and does nothing with it but bring it into the
   * processor's cache. A look-up waits for memory four times, each time for where to look next;
   * done in step for several keys, the waits of all of them are one.
   *
   * @param hashes of the keys, which are strings
   * @return something that depends on all that was looked at; nobody needs it
   */
  public int anticipate(int[] hashes, int count) {
    Entry<?, ?>[] chains = new Entry<?, ?>[count];
    for (int i = 0; i < count; i++) {
      int spread = spread(hashes[i]);
      chains[i] = stripe(spread).first(bucketHash(spread));
    }
    int seen = 0;
    for (int i = 0; i < count; i++) {
      int tag = tag(spread(hashes[i]));
      Entry<?, ?> entry = chains[i];
      while (entry != null && !entry.hasTag(tag)) {
        entry = entry.next();
      }
      chains[i] = entry;
    }
    for (Entry<?, ?> entry : chains) {
      if (entry != null) {
        seen += length(entry.key) + length(entry.value());
      }
    }
    return seen;
  }

  private static int length(@Nullable Object text) {
    return text instanceof String string ? string.length() : 0;
  }

  /** Entries with a value; those whose deadline has passed count until they are removed. */
  public long size() {
    long size = 0;
    for (Stripe<K, V> stripe : stripes) {
      size += stripe.live();
    }
    return size;
  }

  /**
   * As {@link #size}, but never with a part of what {@link #beginJoint several entries} change as
   * one.
   *
   * @throws BusyException if {@code mayWait} is false and such a change is under way
   */
  public long wholeSize(boolean mayWait) {
    for (; ; ) {
      long before = jointChanges();
      long size = size();
      if (before >= 0 && before == jointChanges()) {
        return size;
      }
      if (!mayWait || !gate.isOpen()) {
        gate.await(mayWait);
      }
      LockSupport.parkNanos(RECOUNT_NANOS);
    }
  }

  /** Entries with a value and a deadline. */
  public long timed() {
    long timed = 0;
    for (Stripe<K, V> stripe : stripes) {
      timed += stripe.timed();
    }
    return timed;
  }

  /**
   * Calls for the entries of one bucket, in whatever state, and returns the cursor of the next one;
   * 0 begins, and 0 returned is the end. Needs no memory of the scan: any cursor is accepted at any
   * time. Entries that are there from the begin to the end are visited exactly once, however the
   * table grows meanwhile; others perhaps. The action runs under the stripe's monitor: it may only
   * take the entries down.
   */
  public long scan(long cursor, Consumer<? super Entry<K, V>> action) {
    int i = (int) (cursor >>> 32) & stripes.length - 1;
    Stripe<K, V> stripe = stripes[i];
    int next;
    synchronized (stripe) {
      next = stripe.scan((int) cursor, action);
    }
    if (next == 0 && ++i == stripes.length) {
      return 0;
    }
    return (long) i << 32 | Integer.toUnsignedLong(next);
  }

  /**
   * An entry with a value, each about as likely as the others, or null if there is none. Those that
   * share a bucket share the chance of their bucket.
   */
  public @Nullable Entry<K, V> random(RandomGenerator random) {
    List<Entry<K, V>> found = new ArrayList<>();
    for (int draws = 0; draws < RANDOM_DRAWS && found.isEmpty(); draws++) {
      Stripe<K, V> stripe = randomStripe(random);
      synchronized (stripe) {
        stripe.scan(random.nextInt(), entry -> addLive(entry, found));
      }
    }
    // most buckets are empty: the next one that is not
    long cursor = found.isEmpty() ? random.nextLong() : 0;
    for (int rounds = 0; found.isEmpty() && rounds < 2; rounds += cursor == 0 ? 1 : 0) {
      cursor = scan(cursor, entry -> addLive(entry, found));
    }
    return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
  }

  private static <K, V> void addLive(Entry<K, V> entry, List<Entry<K, V>> found) {
    if (entry.value() != null) {
      found.add(entry);
    }
  }

  private Stripe<K, V> randomStripe(RandomGenerator random) {
    long left = random.nextLong(Math.max(1, size()));
    for (Stripe<K, V> stripe : stripes) {
      left -= stripe.live();
      if (left < 0) {
        return stripe;
      }
    }
    return stripes[0];
  }

  // ---------------------------------------------------------------------------------- locking

  /**
   * Locks the key's entry, live or reserved by nobody else.
   *
   * @return the entry, held; null if the key is absent
   * @throws BusyException if {@code mayWait} is false and somebody else holds it
   * @throws dev.larder.DeadlockException if the wait would never end
   */
  public @Nullable Entry<K, V> hold(Object key, boolean mayWait) {
    for (; ; ) {
      Entry<K, V> entry = find(key);
      if (entry == null || entry.lockState() == Entry.DEAD) {
        return null;
      }
      if (hold(entry, mayWait)) {
        return entry;
      }
    }
  }

  /**
   * Locks the key's entry, or a reservation if the key is absent.
   *
   * @param key becomes the key of the entry if it is absent
   * @throws BusyException if {@code mayWait} is false and somebody else holds it
   * @throws dev.larder.DeadlockException if the wait would never end
   */
  public Entry<K, V> holdOrReserve(K key, boolean mayWait) {
    int spread = spread(key);
    Stripe<K, V> stripe = stripe(spread);
    Entry<K, V> fresh = null;
    boolean passes = false;
    for (; ; ) {
      Entry<K, V> entry = stripe.find(key, bucketHash(spread), tag(spread));
      if (entry == null || entry.lockState() == Entry.DEAD) {
        if (fresh == null) {
          fresh = new Entry<>(key, tag(spread), null);
        }
        try {
          synchronized (stripe) {
            if (discarded) {
              throw new IllegalStateException("the cache is closed");
            }
            entry = stripe.link(fresh, bucketHash(spread));
          }
        } catch (Throwable t) { // an equals or hashCode: linked or not, nobody will hold it
          EntryLocks.release(fresh, Entry.DEAD);
          throw t;
        }
        if (entry == fresh) {
          if (passes || gate.isOpen() || gate.isMine()) {
            return fresh;
          }
          release(fresh);
          fresh = null;
          passes = awaitPassage(mayWait);
          continue;
        }
      }
      if (hold(entry, mayWait)) {
        return entry;
      }
    }
  }

  /** Locks an entry already found; false if it died. See {@link #hold(Object, boolean)}. */
  public boolean hold(Entry<K, V> entry, boolean mayWait) {
    boolean passes = false;
    while (lock(entry, mayWait)) {
      if (passes || gate.isOpen() || gate.isMine()) {
        return true;
      }
      release(entry);
      passes = awaitPassage(mayWait);
    }
    return false;
  }

  private static boolean lock(Entry<?, ?> entry, boolean mayWait) {
    if (mayWait) {
      return EntryLocks.hold(entry);
    }
    Boolean held = EntryLocks.tryHold(entry);
    if (held == null) {
      throw BusyException.INSTANCE;
    }
    return held;
  }

  /** Locks the entry if nobody holds it; false if somebody does or it is dead. */
  public boolean tryHold(Entry<K, V> entry) {
    if (!entry.tryHold()) {
      return false;
    }
    if (gate.isOpen() || gate.isMine()) {
      return true;
    }
    release(entry);
    return false;
  }

  /** Waits until the gate is open; true if this thread need not. */
  private boolean awaitPassage(boolean mayWait) {
    if (holdsOne()) {
      return true;
    }
    gate.await(mayWait);
    return false;
  }

  /** Whether this thread holds an entry of this store while it runs user code. */
  private boolean holdsOne() {
    return Waits.holdsAny(
        thing -> thing instanceof Entry<?, ?> entry && find(entry.key()) == entry);
  }

  /** Overflows the stack here, if it is nearly full, rather than in the midst of a change. */
  public static void requireStack() {
    Waits.requireStack();
  }

  /**
   * As {@link #holdOrReserve(Object, boolean)}, but waits only for so long.
   *
   * @throws BusyException if somebody else holds it all the time
   */
  public Entry<K, V> holdOrReserve(K key, long millis) {
    long end = System.nanoTime() + millis * 1_000_000;
    for (; ; ) {
      try {
        return holdOrReserve(key, false);
      } catch (BusyException e) {
        Entry<K, V> busy = find(key);
        boolean free =
            gate.isOpen() || holdsOne()
                ? busy == null || EntryLocks.awaitFree(busy, end)
                : gate.await(end);
        if (!free) {
          throw e;
        }
      }
    }
  }

  /**
   * Waits until this thread is alone: from now on no other one holds an entry, until it {@linkplain
   * #admit admits} them. Reads without a lock go on, also expiry found by them, which is then left
   * to the owner.
   *
   * @throws BusyException if {@code mayWait} is false and this would wait
   * @throws dev.larder.DeadlockException if the wait would never end
   */
  public void exclude(boolean mayWait) {
    gate.close(mayWait);
    try {
      List<Entry<K, V>> held = new ArrayList<>();
      long cursor = 0;
      do {
        cursor = scan(cursor, entry -> addHeld(entry, held));
        for (Entry<K, V> entry : held) {
          if (lock(entry, mayWait)) {
            release(entry);
          }
        }
        held.clear();
      } while (cursor != 0);
    } catch (Throwable t) {
      gate.open();
      throw t;
    }
  }

  private static <K, V> void addHeld(Entry<K, V> entry, List<Entry<K, V>> held) {
    if (entry.isHeld()) {
      held.add(entry);
    }
  }

  /** Ends it. */
  public void admit() {
    gate.open();
    makeRoom();
  }

  /**
   * {@linkplain #exclude Excludes} all others from several stores, in the one order in which
   * everybody takes them. If it throws, it has taken none.
   *
   * @return the stores, each to be {@linkplain #admit admitted} to again
   */
  public static List<Store<?, ?>> excludeAll(
      Collection<? extends Store<?, ?>> stores, boolean mayWait) {
    List<Store<?, ?>> ordered = new ArrayList<>(stores);
    ordered.sort(Comparator.comparingLong(store -> store.number));
    int taken = 0;
    try {
      for (; taken < ordered.size(); taken++) {
        ordered.get(taken).exclude(mayWait);
      }
    } catch (Throwable t) {
      ordered.subList(0, taken).forEach(Store::admit);
      throw t;
    }
    return ordered;
  }

  /** Runs something while no other thread holds an entry of these stores; waits for that. */
  public static void alone(Collection<? extends Store<?, ?>> stores, Runnable action) {
    List<Store<?, ?>> excluded = excludeAll(stores, true);
    try {
      action.run();
    } finally {
      excluded.forEach(Store::admit);
    }
  }

  /** Whether nobody else is alone in here. */
  boolean isOpenToMe() {
    return gate.isOpen() || gate.isMine();
  }

  /**
   * Counts the transactions that have {@linkplain #settle settled}, and how often all were
   * {@linkplain #exclude excluded} and admitted. Who reads an entry without a lock between two
   * equal stamps, and finds it {@linkplain Entry#changesWithOthers unmarked} both times, has not
   * seen what a transaction changed once more.
   */
  public long stamp() {
    return gate.stamp();
  }

  /** The same, when nobody is alone in here; waits for that. */
  public long stampOfAll(boolean mayWait) {
    long stamp = gate.stamp();
    while (!Gate.isOpen(stamp)) {
      gate.await(mayWait);
      stamp = gate.stamp();
    }
    return stamp;
  }

  /** Whether all were excluded between two stamps. */
  public static boolean excludes(long stamp, long later) {
    return (int) stamp != (int) later;
  }

  /** To be called after the last change of a transaction, before it gives its entries back. */
  public void settle() {
    gate.settle();
  }

  /**
   * Begins a change of several entries as one. Each of them is held, and is {@linkplain #markJoint
   * marked} between this and the first change; or this thread is alone in here. Then it is
   * {@linkplain Snapshot#decide decided} which snapshots it comes after, and each entry {@linkplain
   * #preserve(Entry, List) preserved}.
   */
  public void beginJoint() {
    Keeper<K, V> keeper = this.keeper;
    if (keeper != null) {
      keeper.begin(); // may lack memory: before it counts as begun
    }
    jointBegun.incrementAndGet();
  }

  /** Ends it, after the last change; returns its position for the {@link #keeper}. */
  public long endJoint() {
    Keeper<K, V> keeper = this.keeper;
    try {
      return keeper == null ? 0 : keeper.end();
    } finally {
      jointEnded.incrementAndGet();
    }
  }

  /** How many changes of several entries have begun so far, or -1 if one is under way. */
  public long jointChanges() {
    long ended = jointEnded.get();
    long begun = jointBegun.get();
    return begun == ended ? begun : -1;
  }

  /** See {@link Entry#changesWithOthers}. */
  public void markJoint(Entry<K, V> held) {
    held.markJoint();
  }

  // ---------------------------------------------------------------- keeping, and snapshots

  /** Who keeps the changes; null: nobody. */
  public @Nullable Keeper<K, V> keeper() {
    return keeper;
  }

  /** From now on this one keeps the changes; the caller is alone in here. */
  public void keeper(@Nullable Keeper<K, V> keeper) {
    this.keeper = keeper;
  }

  /**
   * Lets a thread pass that is about to change something and holds nothing here; it waits while
   * those are far behind who write everything down.
   *
   * @throws BusyException if it would wait and {@code mayWait} is false
   */
  public void admitWriter(boolean mayWait) {
    Keeper<K, V> keeper = this.keeper;
    if (keeper != null) {
      keeper.admit(mayWait);
    }
    Snapshot snapshot = snapshot();
    if (snapshot != null) {
      snapshot.awaitRoom(mayWait);
    }
  }

  @Nullable Snapshot snapshot() {
    Taken taken = this.taken;
    return taken == null ? null : taken.snapshot;
  }

  /** A snapshot being taken, and the number that its entries are marked with. */
  private record Taken(Snapshot snapshot, byte number) {}

  /** Its entries have a mark that is not this snapshot's. */
  void beginSnapshot(Snapshot snapshot) {
    if (++snapshots < 0) { // the numbers begin again, and none may have been left behind
      forEach(entry -> entry.seenBy = 0);
      snapshots = 1;
    }
    taken = new Taken(snapshot, snapshots);
  }

  void endSnapshot() {
    taken = null;
  }

  /** Marks an entry as one that the present snapshot has; false if it was. Who takes it asks. */
  boolean markSeen(Entry<K, V> held) {
    return markSeen(held, snapshots);
  }

  private static boolean markSeen(Entry<?, ?> held, byte number) {
    boolean fresh = held.seenBy != number;
    held.seenBy = number;
    return fresh;
  }

  /** An entry is about to change alone. */
  private void preserve(Entry<K, V> held) {
    Taken taken = this.taken;
    if (taken != null && taken.snapshot.isCut() && !held.changesWithOthers()) {
      if (!gate.isMine() || decided.contains(taken.snapshot)) {
        preserve(held, taken);
      }
    }
  }

  /** A held entry is about to change together with others, after these snapshots. */
  public void preserve(Entry<K, V> held, List<Snapshot> after) {
    Taken taken = this.taken;
    if (taken != null && after.contains(taken.snapshot)) {
      preserve(held, taken);
    }
  }

  /**
   * If another snapshot is begun meanwhile, this was before its cut: what takes it will wait for
   * the entry, and does not take the mark for its own.
   *
   * <p>A value whose deadline has passed is handed over, too: it may do so while its holder, who
   * has found it alive, is about to give it more time.
   */
  private void preserve(Entry<K, V> held, Taken taken) {
    V value = held.value();
    long deadline = held.deadline();
    boolean isOver = Entry.time(deadline) == 0; // see clearIfPassed
    if (markSeen(held, taken.number) && value != null && !isOver) {
      taken.snapshot.handOver(this, held.key(), value, deadline);
    }
  }

  /** This thread is alone in here, and what it is about to change comes after these snapshots. */
  public void decide(List<Snapshot> after) {
    decided = after;
  }

  /** Refuses to wait for all entries on a thread that holds one and runs user code. */
  void requireNoneMine() {
    if (holdsOne()) {
      throw new DeadlockException(
          "a processor, loader or writer may not save the cache that it was called by:"
              + " that would wait for the entry it works on");
    }
  }

  /** Refuses a store whose entries were dropped. */
  void requireThere() {
    if (discarded) {
      throw new IllegalStateException("the cache was closed meanwhile");
    }
  }

  /**
   * Gives the lock back. An entry without a value dies and is unlinked. If there is too much in the
   * store now, evicts what is.
   */
  public void release(Entry<K, V> held) {
    giveBack(held);
    Evictor<K, V> evictor = this.evictor;
    if (evictor != null && evictor.bound().isOver() && gate.isOpen() && !filling) {
      evictor.bound().makeRoom();
    }
  }

  private void giveBack(Entry<K, V> held) {
    if (held.value() != null) {
      EntryLocks.release(held, Entry.FREE);
      return;
    }
    Evictor<K, V> evictor = this.evictor;
    if (evictor != null) {
      evictor.gone(held);
    }
    EntryLocks.release(held, Entry.DEAD);
    int spread = spread(held.key());
    Stripe<K, V> stripe = stripe(spread);
    synchronized (stripe) {
      stripe.unlink(held, bucketHash(spread));
    }
  }

  /**
   * Notes that this thread holds the entry while it may wait for others, itself or in user code
   * that it runs, so that circles are found.
   */
  public void noteHeld(Entry<K, V> held) {
    Waits.hold(held);
  }

  public void dropNote(Entry<K, V> held) {
    Waits.letGo(held);
  }

  // ------------------------------------------------------------------ changes by the lock's holder

  /** Stores a value, weighed here, and its deadline word. */
  void set(Entry<K, V> held, V value, long deadline) {
    set(held, value, deadline, weigh(held.key(), value));
  }

  /**
   * Stores a value and its deadline word.
   *
   * @param weight as {@link #weigh} said
   */
  public void set(Entry<K, V> held, V value, long deadline, int weight) {
    preserve(held);
    boolean created = held.value() == null;
    boolean wasTimed = !created && Entry.time(held.deadline()) != Entry.ETERNAL;
    // a hashCode may throw: before anything changes
    Stripe<K, V> stripe = created || isOrWasTimed(wasTimed, deadline) ? stripe(held) : null;
    held.value(value);
    if (held.deadline() != deadline) {
      held.deadline(deadline);
    }
    if (stripe != null) {
      if (created) {
        stripe.countLive(1);
      }
      countTimed(stripe, wasTimed, deadline);
    }
    count(held, weight);
  }

  /** Stores a value and leaves the deadline as it is, whatever readers do to it meanwhile. */
  public void setValue(Entry<K, V> held, V value, int weight) {
    preserve(held);
    held.value(value);
    count(held, weight);
  }

  private void count(Entry<K, V> held, int weight) {
    Evictor<K, V> evictor = this.evictor;
    if (evictor != null) {
      evictor.stored(held, weight);
    }
  }

  /** Stores a deadline word; there is a value. */
  public void setDeadline(Entry<K, V> held, long deadline) {
    preserve(held);
    boolean wasTimed = Entry.time(held.deadline()) != Entry.ETERNAL;
    Stripe<K, V> stripe = isOrWasTimed(wasTimed, deadline) ? stripe(held) : null;
    held.deadline(deadline);
    if (stripe != null) {
      countTimed(stripe, wasTimed, deadline);
      Evictor<K, V> evictor = this.evictor;
      if (evictor != null) {
        evictor.timed(held);
      }
    }
  }

  /**
   * Moves the deadline on behalf of a reader, who holds no lock. See {@link Entry#touch}; neither
   * word is eternal or explicit.
   */
  public void touch(Entry<K, V> entry, long seen, long deadline) {
    if (entry.touch(seen, deadline)
        && deadline < seen) { // the sweeper need not come for a later one
      due(stripe(entry), deadline);
    }
  }

  private static boolean isOrWasTimed(boolean wasTimed, long deadline) {
    return wasTimed || Entry.time(deadline) != Entry.ETERNAL;
  }

  private void countTimed(Stripe<K, V> stripe, boolean wasTimed, long deadline) {
    long time = Entry.time(deadline);
    boolean isTimed = time != Entry.ETERNAL;
    if (isTimed != wasTimed) {
      stripe.countTimed(isTimed ? 1 : -1);
    }
    if (isTimed) {
      due(stripe, time);
    }
  }

  /** Takes the value away: the entry is a reservation until it gets another one or is released. */
  public void clear(Entry<K, V> held) {
    Stripe<K, V> stripe = stripe(held); // a hashCode may throw: before anything changes
    preserve(held);
    held.value(null);
    stripe.countLive(-1);
    if (Entry.time(held.deadline()) != Entry.ETERNAL) {
      stripe.countTimed(-1);
    }
  }

  /**
   * Takes the value away if its deadline has passed. Moving the deadline into the past first makes
   * this certain against a reader who just touches the entry: one of the two is first.
   *
   * @return whether it was; the change is not recorded yet
   */
  public boolean clearIfPassed(Entry<K, V> held) {
    return clearIfPassed(held, clock);
  }

  /** The same by another clock. */
  public boolean clearIfPassed(Entry<K, V> held, StoreClock clock) {
    long deadline = held.deadline();
    if (!clock.passed(deadline) || !held.touch(deadline, 0)) {
      return false;
    }
    clear(held);
    expirations.increment();
    return true;
  }

  /** A deadline has been set in a stripe. */
  void due(Stripe<K, V> stripe, long time) {
    stripe.due(time);
    if (!swept && time != Entry.ETERNAL) {
      synchronized (this) {
        if (!swept && !closed) {
          swept = true;
          Sweeper.watch(this);
        }
      }
    }
  }

  // --------------------------------------------------------------------------- a bound, eviction

  /**
   * From now on this is how much there may be; null: any amount. Waits until this thread is alone
   * in here, and looks at every entry.
   *
   * @param weigher null: each entry weighs 1
   */
  public void bound(@Nullable Bound bound, @Nullable Weigher<? super K, ? super V> weigher) {
    exclude(true);
    try {
      Evictor<K, V> old = evictor;
      if (old != null) {
        evictor = null;
        old.close(); // first: another thread may be about to put a victim back
        forEach(old::dismiss);
      }
      if (bound != null) {
        Evictor<K, V> fresh = new Evictor<>(this, bound, weigher);
        evictor = fresh;
        if (discarded) { // meanwhile: it must not stay known to a bound that lives on
          fresh.close();
        }
        forEach(entry -> count(entry, fresh));
      }
      bounded = bound != null;
    } finally {
      admit();
    }
  }

  private void count(Entry<K, V> entry, Evictor<K, V> evictor) {
    V value = entry.value();
    if (value != null) {
      evictor.stored(entry, evictor.weigh(entry.key(), value));
    }
  }

  /** Calls for every entry, in whatever state, as {@link #scan} does, but under no monitor. */
  void forEach(Consumer<? super Entry<K, V>> action) {
    List<Entry<K, V>> bucket = new ArrayList<>();
    long cursor = 0;
    do {
      cursor = scan(cursor, bucket::add);
      bucket.forEach(action);
      bucket.clear();
    } while (cursor != 0);
  }

  /** Whether readers are to say which entries were {@linkplain Entry#used of use}. */
  public boolean isBounded() {
    return bounded;
  }

  /** How much there may be, and is; null: any amount. */
  public @Nullable Bound bound() {
    Evictor<K, V> evictor = this.evictor;
    return evictor == null ? null : evictor.bound();
  }

  /**
   * What an entry with this value is to weigh, for {@link #set}; the caller holds it. May run user
   * code, before anything changes.
   */
  public int weigh(K key, V value) {
    Evictor<K, V> evictor = this.evictor;
    return evictor == null ? 0 : evictor.weigh(key, value);
  }

  /** What all entries weigh, in bytes; empty unless there is a bound in bytes. */
  public OptionalLong weight() {
    Evictor<K, V> evictor = this.evictor;
    return evictor == null || evictor.bound().unit() != Bound.Unit.BYTES
        ? OptionalLong.empty()
        : OptionalLong.of(evictor.weight());
  }

  /** How many entries have been removed to make room. */
  public long evictions() {
    return evictions.sum();
  }

  /**
   * Whether it is being filled from disk: then nobody is evicted. A log says itself who was, and
   * who is evicted beyond that, when the filling ends, has to be told to the {@link #keeper}, which
   * comes in between.
   */
  public void fills(boolean fills) {
    filling = fills;
    makeRoom();
  }

  /** Evicts what is too much; the caller holds nothing. */
  private void makeRoom() {
    Evictor<K, V> evictor = this.evictor;
    if (evictor != null && !filling) {
      evictor.bound().shrink();
    }
  }

  /**
   * Removes an entry to make room.
   *
   * @return false if somebody holds it; true also if it was dead
   */
  boolean evict(Entry<K, V> entry) {
    // who is alone in here may be in the midst of something, and make room for another store
    if (filling || !gate.isOpen() || !tryHold(entry)) {
      return entry.value() == null;
    }
    Feed.Ticket<K, V> ticket = end(entry, true);
    if (ticket != null) {
      if (feed.runsUserCode()) {
        tellInBackground(ticket); // for all its cache knows, this thread may be an event loop
      } else {
        feed.deliver(ticket);
      }
    }
    return true;
  }

  // ------------------------------------------------------------------------ time and background

  public StoreClock clock() {
    return clock;
  }

  /** When the store was made, in epoch milliseconds by its clock. */
  public long since() {
    return since;
  }

  /** The changes of this store, for those who want to know. */
  public Feed<K, V> feed() {
    return feed;
  }

  /** How many entries have expired and been removed. */
  public long expirations() {
    return expirations.sum();
  }

  /** Removes every entry whose deadline has passed, now; busy ones are left to their holders. */
  public void sweep() {
    for (Stripe<K, V> stripe : stripes) {
      if (stripe.timed() > 0) {
        new Sweep<>(this, stripe).run();
      }
    }
  }

  /** Whether the sweeper does its work. */
  public void sweepsAtLeisure(boolean sweeps) {
    idle = !sweeps;
  }

  /**
   * The sweeper's turn.
   *
   * @return whether there are deadlines to come back for
   */
  boolean sweepAtLeisure() {
    if (closed) {
      return false;
    }
    if (!idle) {
      long now = clock.now();
      for (Stripe<K, V> stripe : stripes) {
        if (stripe.earliest() <= now && stripe.maySweep()) {
          stripe.sweepAgainIn(new Sweep<>(this, stripe).run());
        }
      }
    }
    return idle || hasDeadlines();
  }

  /** Looks once more before the sweeper leaves; a writer who comes later asks for it again. */
  private synchronized boolean hasDeadlines() {
    swept = false;
    for (Stripe<K, V> stripe : stripes) {
      swept |= stripe.earliest() != Entry.ETERNAL;
    }
    return swept;
  }

  /** Tells of a change through the executor; here, if that is too busy or shut down. */
  void tellInBackground(Feed.Ticket<K, V> ticket) {
    try {
      executor.execute(() -> feed.deliver(ticket));
    } catch (RejectedExecutionException e) { // a ticket that nobody delivers is a change lost
      feed.deliver(ticket);
    }
  }

  /**
   * Removes an entry whose deadline has passed, unless somebody holds it.
   *
   * @return what is to be delivered now, if there is anybody to tell
   */
  public Feed.@Nullable Ticket<K, V> expire(Entry<K, V> entry) {
    return tryHold(entry) ? end(entry, false) : null;
  }

  /**
   * Removes a held entry whose deadline has passed or, if so told, any other one, and gives it
   * back.
   */
  private Feed.@Nullable Ticket<K, V> end(Entry<K, V> held, boolean evicts) {
    try {
      V value = held.value();
      long deadline = held.deadline();
      if (value == null) {
        return null;
      }
      Change<K, V> change;
      if (clearIfPassed(held)) {
        change = expired(held.key(), value, deadline);
      } else if (evicts) {
        clear(held);
        evictions.increment();
        change = evicted(held.key(), value, deadline);
      } else {
        return null;
      }
      Keeper<K, V> keeper = this.keeper;
      if (keeper != null) {
        keeper.removed(held.key());
      }
      return feed.isActive() ? feed.record(change) : null;
    } finally {
      giveBack(held);
    }
  }

  private static <K, V> Change<K, V> evicted(K key, V value, long deadline) {
    return new Change<>(key, value, deadline, null, Entry.ETERNAL, Cause.EVICTED, "evicted");
  }

  /** The change that an expiry is. */
  public Change<K, V> expired(K key, V value, long deadline) {
    return new Change<>(key, value, deadline, null, Entry.ETERNAL, Cause.EXPIRED, "expired");
  }

  /**
   * Drops all entries, without a word to anybody, and refuses new ones: from now on nothing is
   * found, so that whoever finds something need not ask whether the cache is open.
   */
  public void discard() {
    close();
    discarded = true;
    Evictor<K, V> evictor = this.evictor;
    if (evictor != null) {
      evictor.close();
    }
    for (Stripe<K, V> stripe : stripes) {
      synchronized (stripe) {
        stripe.drop();
      }
    }
  }

  /** Ends background work. Entries stay readable. */
  @Override
  public void close() {
    closed = true;
  }
}
