package dev.larder.store;

import dev.larder.DeadlockException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which threads hold something while user code runs, and what they wait for: enough to refuse the
 * wait that would close a circle.
 *
 * <p>A thread notes what it {@linkplain #hold holds} (the lock of an entry, the turn to tell
 * listeners of a key, a whole store) only around code that may come back and ask for more; the list
 * is its own and costs a thread-local look. A thread that holds nothing cannot be part of a circle,
 * so ordinary contention never comes here. One that does hold something enters its wish under a
 * lock common to all caches, and follows holder → wish → holder from there: of several threads that
 * close a circle together, the last one to enter sees the others. Lists of waiting threads stand
 * still, and are the only ones read by others.
 */
final class Waits {
  private static final ThreadLocal<List<Object>> HELD =
      ThreadLocal.withInitial(() -> new ArrayList<>(4));
  private static final Map<Thread, Wish> WISHES = new HashMap<>(); // guarded by itself

  /** Calls of {@link #descend} that take more stack than all from one hold to its end. */
  private static final int HEADROOM = 50;

  private record Wish(List<Object> held, Object wanted) {
    /** What the thread waits for; null if that is over, but the thread is not awake yet. */
    @Nullable Object open() {
      return wanted instanceof Feed.Ticket<?, ?> ticket && ticket.told ? null : thing(wanted);
    }
  }

  private Waits() {}

  static void hold(Object thing) {
    List<Object> held = HELD.get();
    if (!held.isEmpty()) {
      requireStack();
    }
    held.add(thing);
  }

  /**
   * Overflows the stack here, if it is nearly full, rather than a few calls later where somebody
   * could no longer give back what he holds: user code within user code may be a recursion without
   * end.
   */
  static void requireStack() {
    descend(HEADROOM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  }

  /** Takes much stack a call, for the numbers that it hands on, and little time. */
  // spotless:off
  private static long descend(int calls, long a, long b, long c, long d, long e, long f, long g, long h,
      long i, long j, long k, long l, long m, long n, long o, long p) {
    return calls == 0
        ? a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + p
        : 1 + descend(calls - 1, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, a);
  }
  // spotless:on

  static void letGo(Object thing) {
    List<Object> held = HELD.get();
    for (int i = held.size() - 1; i >= 0; i--) {
      if (held.get(i) == thing) {
        held.remove(i);
        return;
      }
    }
  }

  static boolean holds(Object thing) {
    return contains(HELD.get(), thing);
  }

  /** Whether this thread holds something of that kind. */
  static boolean holdsAny(Predicate<Object> kind) {
    return HELD.get().stream().anyMatch(kind);
  }

  /**
   * Enters the wish of this thread, to be withdrawn after the wait.
   *
   * @param wanted a thing, or a ticket in the line that is to be served
   * @return whether there is a wish to withdraw
   * @throws DeadlockException if the wait would never end
   */
  static boolean enter(Object wanted) {
    List<Object> held = HELD.get();
    if (held.isEmpty()) {
      return false;
    }
    synchronized (WISHES) {
      Object thing = thing(wanted);
      Object previous = null;
      while (thing != null) {
        if (contains(held, thing)) {
          throw new DeadlockException(
              previous == null
                  ? describe(wanted)
                      + " is being worked on by this very thread: a processor,"
                      + " loader, writer or listener may not write the key that it was called for"
                  : "waiting for "
                      + describe(wanted)
                      + " would never end: its holder waits for "
                      + describe(thing)
                      + ", which this thread holds");
        }
        previous = thing;
        thing = wishOfHolder(thing);
      }
      WISHES.put(Thread.currentThread(), new Wish(held, wanted));
    }
    return true;
  }

  static void withdraw() {
    synchronized (WISHES) {
      WISHES.remove(Thread.currentThread());
    }
  }

  private static Object thing(Object wanted) {
    return wanted instanceof Feed.Ticket<?, ?> ticket ? ticket.line : wanted;
  }

  private static @Nullable Object wishOfHolder(Object thing) {
    for (Wish wish : WISHES.values()) {
      if (contains(wish.held, thing)) {
        return wish.open();
      }
    }
    return null;
  }

  private static boolean contains(List<Object> held, Object thing) {
    for (int i = 0; i < held.size(); i++) {
      if (held.get(i) == thing) {
        return true;
      }
    }
    return false;
  }

  /** An entry or a line of changes by its key, as a message shows it. */
  private static String describe(Object wanted) {
    Object thing = thing(wanted);
    if (thing instanceof Gate) {
      return "a whole cache";
    }
    Object key = thing instanceof Entry<?, ?> entry ? entry.key() : ((Feed.Line<?, ?>) thing).key;
    String text;
    try {
      text = String.valueOf(key);
    } catch (RuntimeException e) { // a key's toString is user code
      text = key.getClass().getName();
    }
    return "key '" + (text.length() <= 100 ? text : text.substring(0, 100) + "…") + "'";
  }
}
