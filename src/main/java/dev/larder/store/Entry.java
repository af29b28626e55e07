package dev.larder.store;

import dev.larder.data.Candidate;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A key, its value and its deadline; at the same time the chain node of the hash table and the lock
 * of that key. Everybody may read; only the holder of the lock may change value and deadline (but
 * for {@link #touch}).
 *
 * <h2>States</h2>
 *
 * <ul>
 *   <li><b>live</b>: it has a value. Readers see it until its deadline passes.
 *   <li><b>reserved</b>: no value, locked. A key that is about to be created, or is being asked for
 *       at its loader: only other lockers of the key notice.
 *   <li><b>dead</b>: no value, for ever. It is, or is about to be, unlinked. A thread that waited
 *       for its lock looks the key up again.
 * </ul>
 *
 * <h2>Order of value and deadline</h2>
 *
 * A writer stores the value, then the deadline; a reader loads the deadline, then the value. So a
 * reader never pairs an old value with a newer deadline, which would let an expired value live on.
 *
 * <h2>Layout</h2>
 *
 * One deadline word holds the time and, as its sign, whether the time was set explicitly ({@code
 * EXPIRE}) or by the expiry policy. With six bits of hash in place of 32 an entry takes 40 bytes
 * beyond key and value, what a bound needs to know of it included. The hash is asked of the key
 * again where it is needed whole (growth, unlinking).
 */
public class Entry<K, V> extends Candidate {
  /** The deadline of an entry that does not expire. */
  public static final long ETERNAL = Long.MAX_VALUE;

  private static final long EXPLICIT = Long.MIN_VALUE;

  static final byte FREE = 0;
  static final byte HELD = 1;
  static final byte AWAITED = 2; // held, and its holder must wake those who wait
  static final byte DEAD = 3;
  private static final byte JOINT = 4; // a mark on HELD or AWAITED: see changesWithOthers

  private static final VarHandle VALUE;
  private static final VarHandle NEXT;
  private static final VarHandle DEADLINE;
  private static final VarHandle LOCK;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      VALUE = lookup.findVarHandle(Entry.class, "value", Object.class);
      NEXT = lookup.findVarHandle(Entry.class, "next", Entry.class);
      DEADLINE = lookup.findVarHandle(Entry.class, "deadline", long.class);
      LOCK = lookup.findVarHandle(Entry.class, "lock", byte.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final @Nullable K key; // null only in the table's own markers

  /** The last snapshot that has it; guarded by the lock. */
  byte seenBy;

  // read and written through the handles above
  @SuppressWarnings("UnusedVariable")
  private byte lock;

  @SuppressWarnings("UnusedVariable")
  private @Nullable Object value;

  @SuppressWarnings("UnusedVariable")
  private @Nullable Entry<K, V> next;

  @SuppressWarnings("UnusedVariable")
  private long deadline;

  /** A reservation, locked by the thread that makes it. */
  Entry(@Nullable K key, int tag, @Nullable Entry<K, V> next) {
    super(tag);
    this.key = key;
    this.next = next;
    this.lock = HELD;
    this.deadline = ETERNAL;
  }

  @SuppressWarnings("NullAway") // entries outside the table's own markers have a key
  public final K key() {
    return key;
  }

  /** The value, or null when reserved or dead. Read the deadline first (see the class comment). */
  @SuppressWarnings("unchecked")
  public final @Nullable V value() {
    return (V) VALUE.getAcquire(this);
  }

  /** The deadline with its explicit mark, to be read by {@link #time} and {@link #isExplicit}. */
  public final long deadline() {
    return (long) DEADLINE.getAcquire(this);
  }

  /** The epoch milliseconds of a deadline word. */
  public static long time(long deadline) {
    return deadline & Long.MAX_VALUE;
  }

  /** Whether a deadline word was set for this entry itself rather than by the expiry policy. */
  public static boolean isExplicit(long deadline) {
    return deadline < 0;
  }

  /** The deadline word of an explicit time; {@link #ETERNAL} is one, too ({@code PERSIST}). */
  public static long explicit(long time) {
    return time | EXPLICIT;
  }

  /**
   * Moves the deadline on behalf of a reader, who holds no lock: only if it is still {@code seen},
   * which the reader loaded before the value, so that the touch of an old value never reaches a new
   * one's deadline.
   */
  public final boolean touch(long seen, long deadline) {
    return DEADLINE.compareAndSet(this, seen, deadline);
  }

  final void value(@Nullable V value) {
    VALUE.setRelease(this, value);
  }

  final void deadline(long deadline) {
    DEADLINE.setRelease(this, deadline);
  }

  @SuppressWarnings("unchecked")
  final @Nullable Entry<K, V> next() {
    return (Entry<K, V>) NEXT.getAcquire(this);
  }

  final void next(@Nullable Entry<K, V> next) {
    NEXT.setRelease(this, next);
  }

  final boolean hasTag(int tag) {
    return hasLabel(tag);
  }

  final boolean matches(Object key, int tag) {
    return hasLabel(tag) && isOf(key);
  }

  final boolean isOf(Object key) {
    return this.key == key || key.equals(this.key);
  }

  final boolean tryHold() {
    return LOCK.compareAndSet(this, FREE, HELD);
  }

  final byte lockState() {
    return (byte) LOCK.getAcquire(this);
  }

  /** Sets the lock's state; returns whether somebody waits for it. */
  final boolean exchangeLock(byte state) {
    return ((byte) LOCK.getAndSet(this, state) & AWAITED) != 0;
  }

  /** For {@link EntryLocks}: asks to be woken, unless the entry died; returns the state before. */
  final byte askForWaking() {
    for (; ; ) {
      byte state = lockState();
      if (state == DEAD || LOCK.compareAndSet(this, state, (byte) (AWAITED | state & JOINT))) {
        return state;
      }
    }
  }

  final boolean isHeld() {
    byte state = lockState();
    return state != FREE && state != DEAD;
  }

  /** For {@link EntryLocks}: asks the holder, if there is one, to wake those who wait. */
  final void askHolderForWaking() {
    byte state = lockState();
    while (state != FREE
        && state != DEAD
        && !LOCK.compareAndSet(this, state, (byte) (AWAITED | state & JOINT))) {
      state = lockState();
    }
  }

  /** Marks the entry, for as long as it is held, as one of several that change as one. */
  final void markJoint() {
    byte state = lockState();
    while (!LOCK.compareAndSet(this, state, (byte) (state | JOINT))) {
      state = lockState(); // somebody asked to be woken
    }
  }

  /**
   * Whether this entry is changing at this moment together with others: who must never see a part
   * of such a change has to wait for the entry's lock before he looks. The mark is there before the
   * first of the entries changes, and stays until the last one has.
   */
  public final boolean changesWithOthers() {
    return lockState() > DEAD;
  }

  @Override
  protected final int keyHash() {
    return key().hashCode();
  }

  @Override
  public String toString() {
    return key + "=" + value();
  }
}
