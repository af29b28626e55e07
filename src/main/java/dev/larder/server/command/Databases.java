package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.ChangeListener;
import dev.larder.ops.ChangeSubscription;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which cache has which number, and who listens to all of them.
 *
 * <p>Every request looks here, so that is one volatile read: the array is never changed but
 * replaced by a changed copy, under the lock of this. It never gets shorter, and a name keeps its
 * number when its cache is gone; so a number that was right once, as that of what a session has
 * selected, can always be looked up. What is found may be gone a moment later: a command that has
 * begun goes on with the cache that it has found, or is told that it is closed.
 *
 * <p>A listener is added to a cache before anybody can find that, in the same step: a client cannot
 * have read what it would not be told of.
 */
final class Databases {
  private final List<Listening> listening = new ArrayList<>(); // guarded by this
  private volatile Database[] all;
  private boolean ended; // guarded by this

  /**
   * @param first in the order of their numbers; if there is none, number 0 is there all the same,
   *     because every client begins with it
   */
  Databases(List<Database> first) {
    all = first.isEmpty() ? new Database[] {Database.FREE} : first.toArray(Database[]::new);
  }

  /** How many numbers can be selected. */
  int count() {
    return all.length;
  }

  Database get(int number) {
    return all[number];
  }

  /** The number that belongs to a cache's name, or -1. */
  int find(String name) {
    return find(all, name);
  }

  private static int find(Database[] all, @Nullable String name) {
    for (int i = 0; i < all.length; i++) {
      if (Objects.equals(all[i].name(), name)) {
        return i;
      }
    }
    return -1;
  }

  /** The caches that are there, in the order of their numbers. */
  List<CacheOperations<Object, Object>> caches() {
    return Arrays.stream(all).filter(Database::isShown).map(Database::waiting).toList();
  }

  /** Whether these are the operations of a cache that is there. */
  boolean have(CacheOperations<Object, Object> operations) {
    for (Database database : all) {
      if (database.onLoop() == operations || database.waiting() == operations) {
        return true;
      }
    }
    return false;
  }

  /** Which cache has which number: the same object as long as that stays so. */
  Object arrangement() {
    return all;
  }

  // ---------------------------------------------------------------------------------- changes

  /**
   * Adds a cache, under the number of its name or else the first that is nobody's.
   *
   * @return its number
   * @throws IllegalArgumentException if another one of its name is there
   */
  synchronized int show(Database added) {
    if (ended) {
      throw new IllegalStateException("the server has ended");
    }
    Database[] next = all;
    int number = find(next, added.name());
    if (number >= 0 && next[number].isShown()) {
      throw new IllegalArgumentException(
          "expected one cache '" + added.name() + "' to show, but another one is shown already");
    }
    number = number < 0 ? find(next, null) : number;
    if (number < 0) {
      number = next.length;
      next = Arrays.copyOf(next, number + 1);
    } else {
      next = next.clone();
    }
    next[number] = added;
    listening.forEach(each -> each.begin(added));
    all = next;
    return number;
  }

  /** Takes a cache away, under whichever number it is, and returns it; null if it is not there. */
  synchronized @Nullable Database hide(CacheOperations<?, ?> cache) {
    int number = find(all, cache.name());
    if (number < 0 || all[number].cache() != cache) {
      return null;
    }
    Database gone = all[number];
    Database[] next = all.clone();
    next[number] = Database.reserved(Objects.requireNonNull(gone.name()));
    all = next;
    listening.forEach(each -> each.end(gone));
    return gone;
  }

  /** Gives what is under each of two numbers the other one. */
  synchronized void swap(int one, int other) {
    Database[] swapped = all.clone();
    swapped[one] = all[other];
    swapped[other] = all[one];
    all = swapped;
  }

  /** Nobody is told of changes any more, and no cache is added. */
  synchronized void end() {
    ended = true;
    List.copyOf(listening).forEach(Listening::end);
  }

  // -------------------------------------------------------------------------------- listening

  /** Listens to all caches, also to those that come later, from its beginning to its end. */
  final class Listening {
    private final Function<CacheOperations<Object, Object>, ChangeListener<Object>> listeners;
    private final Map<CacheOperations<?, ?>, ChangeSubscription<?, ?>> subscriptions =
        new HashMap<>();

    private Listening(Function<CacheOperations<Object, Object>, ChangeListener<Object>> listeners) {
      this.listeners = listeners;
    }

    /** Begins, unless it has. */
    void begin() {
      synchronized (Databases.this) {
        if (!ended && !listening.contains(this)) {
          listening.add(this);
          Arrays.stream(all).filter(Database::isShown).forEach(this::begin);
        }
      }
    }

    private void begin(Database database) {
      CacheOperations<Object, Object> cache = database.waiting();
      subscriptions.put(database.cache(), cache.onChange(listeners.apply(cache)));
    }

    private void end(Database database) {
      ChangeSubscription<?, ?> subscription = subscriptions.remove(database.cache());
      if (subscription != null) {
        subscription.close();
      }
    }

    /** Ends, if it has begun. */
    void end() {
      synchronized (Databases.this) {
        listening.remove(this);
        subscriptions.values().forEach(ChangeSubscription::close);
        subscriptions.clear();
      }
    }
  }

  /**
   * @param listeners gives the one for a cache
   */
  Listening listening(Function<CacheOperations<Object, Object>, ChangeListener<Object>> listeners) {
    return new Listening(listeners);
  }
}
