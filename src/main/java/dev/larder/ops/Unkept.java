package dev.larder.ops;

import dev.larder.store.Keeper;
import dev.larder.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a thread has changed and nobody should be told to be done before it is on disk. Operations
 * that may wait do so themselves before they return; a thread that may not, an event loop, takes
 * this when it has run some, and holds back its replies.
 */
public final class Unkept {
  private static final ThreadLocal<@Nullable Unkept> OF_THREAD = new ThreadLocal<>();

  /** Whether there is any log that is waited for, so that others need not look at the thread. */
  private static volatile boolean inUse;

  private final List<Keeper<?, ?>> keepers = new ArrayList<>(1);
  private final List<Long> positions = new ArrayList<>(1);

  private Unkept() {}

  /** This thread has changed something that is kept at the position; 0: nothing to wait for. */
  static void note(Keeper<?, ?> keeper, long position) {
    if (position == 0) {
      return;
    }
    inUse = true;
    Unkept all = OF_THREAD.get();
    if (all == null) {
      all = new Unkept();
      OF_THREAD.set(all);
    }
    int i = all.keepers.indexOf(keeper);
    if (i < 0) {
      all.keepers.add(keeper);
      all.positions.add(position);
    } else {
      all.positions.set(i, position);
    }
  }

  /** Ends a change of several entries of these stores, all of it, whatever fails. */
  static void endJoint(List<Store<?, ?>> stores) {
    Throwable failure = null;
    for (Store<?, ?> store : stores) {
      try {
        Keeper<?, ?> keeper = store.keeper();
        long position = store.endJoint();
        if (keeper != null) {
          note(keeper, position);
        }
      } catch (RuntimeException | Error e) {
        failure = Claims.withOther(failure, e);
      }
    }
    Claims.rethrow(failure);
  }

  /** What this thread has changed since this was last asked for; null: nothing. */
  public static @Nullable Unkept take() {
    if (!inUse) {
      return null;
    }
    Unkept all = OF_THREAD.get();
    if (all != null) {
      OF_THREAD.remove();
    }
    return all;
  }

  /** Waits until all of it is kept. */
  static void await() {
    Unkept all = take();
    if (all != null) {
      for (int i = 0; i < all.keepers.size(); i++) {
        all.keepers.get(i).await(all.positions.get(i));
      }
    }
  }

  /**
   * Runs the action when all of it is kept: at once, or later on a thread that must not wait.
   *
   * @param action is given the reason if it cannot be kept, else null
   */
  public void whenKept(Consumer<@Nullable Throwable> action) {
    AtomicInteger left = new AtomicInteger(keepers.size());
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    for (int i = 0; i < keepers.size(); i++) {
      keepers
          .get(i)
          .whenKept(
              positions.get(i),
              reason -> {
                if (reason != null) {
                  failure.set(reason);
                }
                if (left.decrementAndGet() == 0) {
                  action.accept(failure.get());
                }
              });
    }
  }
}
