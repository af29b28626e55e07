package dev.larder.jcache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The order of asynchronous operations on a cache: tasks that share a key run one after the other
 * as they were submitted, others side by side on an executor.
 *
 * <p><b>Order.</b> A task knows its successors and counts the predecessors that it still awaits.
 * Who ends the last of these hands it to the executor, so no thread ever waits here. Nothing is
 * reachable from a task that has ended.
 *
 * <p><b>Monitor.</b> One monitor guards the bookkeeping. Of foreign code only {@code equals} of
 * keys runs under it, and only while a task is submitted.
 *
 * <p><b>Keys</b> must not change while their task is pending, and their methods should not throw.
 * What they throw goes to who submits, and the task is none then. A key that changes loses its
 * order. Neither keeps another task from running: a task ends without asking its keys for anything.
 *
 * <p><b>End of a task.</b> First it is taken out of the bookkeeping, then its successors are handed
 * over, then its futures are completed: a dependent stage does not find its own predecessor
 * pending, and may take its time. What the work throws, an {@link Error} too, is what the futures
 * complete with; successors run all the same. Every receiver has a future of its own; cancelling or
 * completing it abandons only the result, the task is still done in its turn. A receiver whose
 * dependent stages fail to take the outcome keeps no other from being told.
 *
 * <p><b>Executor.</b> It must run a task or throw; with what it throws the task ends as if the work
 * had, and the successors are tried. It may run tasks in the calling thread: a new task then runs
 * inside of {@code submit}, but a successor after its predecessor has returned and not inside it,
 * however long the chain. Work must not wait for a successor of its own, nor must a dependent stage
 * with such an executor.
 */
final class KeyedTasks<K> {
  private final Executor executor;

  private final Object monitor = new Object(); // guards all of the following
  private final Map<Line<K>, Line<K>> lines = new HashMap<>(); // only those after the barrier
  private final Set<Task<?>> ends = new HashSet<>(); // pending, and without a successor
  private @Nullable Task<?> barrier; // the last one pending
  private volatile boolean idle = true; // ends.isEmpty()

  KeyedTasks(Executor executor) {
    this.executor = executor;
  }

  /**
   * Whether nothing is pending or running. Who finds it so may do an operation at once in its own
   * thread, after all that it has submitted before.
   */
  boolean isIdle() {
    return idle;
  }

  /**
   * Runs work after every earlier task that has one of the keys.
   *
   * @throws NullPointerException if a key is null
   */
  <R extends @Nullable Object> CompletableFuture<R> submit(
      Collection<? extends K> keys, Supplier<R> work) {
    Task<R> task = new Task<>(unused -> work.get(), false);
    CompletableFuture<R> receiver = new CompletableFuture<>();
    List<Line<K>> own = new ArrayList<>(keys.size());
    for (K key : keys) {
      own.add(new Line<>(key));
    }
    boolean ready;
    synchronized (monitor) {
      task.receivers.add(receiver);
      ready = append(task, own);
    }
    start(task, ready);
    return receiver;
  }

  /** Runs work after every earlier task and before every later one. */
  <R extends @Nullable Object> CompletableFuture<R> submitForAll(Supplier<R> work) {
    Task<R> task = new Task<>(unused -> work.get(), false);
    CompletableFuture<R> receiver = new CompletableFuture<>();
    boolean ready;
    synchronized (monitor) {
      task.receivers.add(receiver);
      ready = append(task, Set.copyOf(ends));
      lines.clear(); // later tasks come after the barrier, and by it after these
      barrier = task;
    }
    start(task, ready);
    return receiver;
  }

  /**
   * Runs work after every earlier task that has the key, or shares the result or failure of the
   * last of them: if that was submitted by this method, too, its sharing has not ended, and no
   * barrier came after it. All that share a key must mean the same work.
   *
   * @param work is given what ends the sharing, to be run when the result may grow old: who comes
   *     later does the work anew. The end of the task does it at the latest
   * @param joined run by the caller if the result is shared; what it throws goes to the caller
   * @throws NullPointerException if the key is null
   */
  <R extends @Nullable Object> CompletableFuture<R> share(
      K key, Function<? super Runnable, ? extends R> work, Runnable joined) {
    Task<R> own = new Task<>(work, true);
    CompletableFuture<R> receiver = new CompletableFuture<>();
    Line<K> line = new Line<>(key);
    boolean ready = false;
    Task<R> pending;
    synchronized (monitor) {
      pending = shared(line);
      (pending == null ? own : pending).receivers.add(receiver);
      if (pending == null) {
        ready = append(own, List.of(line));
      }
    }
    if (pending == null) {
      start(own, ready);
    } else {
      joined.run();
    }
    return receiver;
  }

  @SuppressWarnings("unchecked") // one key, one work, one type
  private <R extends @Nullable Object> @Nullable Task<R> shared(Line<K> line) {
    Line<K> existing = lines.get(line);
    Task<?> pending = existing == null ? null : existing.last;
    return pending != null && pending.shared ? (Task<R>) pending : null;
  }

  /** Puts a task behind the last ones of its keys; true if it awaits nothing. */
  private boolean append(Task<?> task, List<Line<K>> own) {
    Set<Task<?>> predecessors = new HashSet<>();
    if (barrier != null) {
      predecessors.add(barrier);
    }
    for (Line<K> line : join(own)) {
      if (line.last != null && line.last != task) { // a key may be there twice
        predecessors.add(line.last);
      }
      line.last = task;
      task.ownLines.add(line);
    }
    return append(task, predecessors);
  }

  /** The lines of some keys, each new or the one that is there; all of them or none. */
  private List<Line<K>> join(List<Line<K>> own) {
    List<Line<K>> joined = new ArrayList<>(own.size());
    try {
      for (Line<K> line : own) {
        Line<K> existing = lines.putIfAbsent(line, line);
        joined.add(existing == null ? line : existing);
      }
    } catch (Throwable t) { // from a key's equals
      joined.forEach(line -> leave(line, null));
      throw t;
    }
    return joined;
  }

  /** Removes the line of a key if the task is its last one. Runs no code of the key. */
  private void leave(Line<K> line, @Nullable Task<?> task) {
    if (line.last == task) {
      line.last = null;
      line.ended = true;
      lines.remove(line);
    }
  }

  private boolean append(Task<?> task, Set<Task<?>> predecessors) {
    for (Task<?> predecessor : predecessors) {
      predecessor.successors.add(task);
      ends.remove(predecessor);
    }
    ends.add(task);
    idle = false;
    task.awaited = predecessors.size();
    return predecessors.isEmpty();
  }

  /** Takes a task that has ended out of the bookkeeping; returns the successors now ready. */
  private List<Task<?>> remove(Task<?> task) {
    synchronized (monitor) {
      for (Line<K> line : task.ownLines) {
        leave(line, task);
      }
      task.ownLines = List.of();
      task.shared = false;
      if (barrier == task) {
        barrier = null;
      }
      ends.remove(task);
      idle = ends.isEmpty();
      List<Task<?>> ready = task.successors;
      task.successors = List.of(); // an executor that keeps the task must not keep the chain
      ready.removeIf(successor -> --successor.awaited != 0);
      return ready;
    }
  }

  private void start(Task<?> task, boolean ready) {
    if (ready && !hand(task, null)) {
      end(task, null);
    }
  }

  /**
   * Gives a task to the executor; false if that refused. A caller that works off a queue gets the
   * task there if the executor would run it inside of this call: chains do not grow the stack.
   */
  private boolean hand(Task<?> task, @Nullable Queue<Task<?>> here) {
    task.giver = here == null ? null : Thread.currentThread();
    try {
      executor.execute(task);
    } catch (Throwable t) {
      if (task.taken.compareAndSet(false, true)) {
        task.failure = t;
        return false;
      }
    } finally {
      task.giver = null;
    }
    if (here != null && task.givenBack) {
      here.add(task);
    }
    return true;
  }

  /** Runs a task in this thread, and the successors that the executor gives to the same thread. */
  private void run(Task<?> first) {
    Queue<Task<?>> here = new ArrayDeque<>(2);
    for (Task<?> task = first; task != null; task = here.poll()) {
      task.work();
      end(task, here);
    }
  }

  private void end(Task<?> task, @Nullable Queue<Task<?>> here) {
    List<Task<?>> ended = new ArrayList<>(1); // grows by those that the executor refuses
    ended.add(task);
    for (int i = 0; i < ended.size(); i++) {
      for (Task<?> successor : remove(ended.get(i))) {
        if (!hand(successor, here)) {
          ended.add(successor);
        }
      }
    }
    ended.forEach(Task::tell);
  }

  /**
   * The pending tasks of a key: of them it knows the last. It is its own key in a map, and equals
   * others by their keys until it has ended; then only itself, so that it can be removed whatever
   * its key has become.
   */
  private static final class Line<K> {
    final K key;
    final int hash;

    // Guarded by the monitor.
    KeyedTasks<K>.@Nullable Task<?> last;
    boolean ended;

    Line(K key) {
      this.key = Objects.requireNonNull(key);
      this.hash = key.hashCode();
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other || !ended && other instanceof Line<?> line && key.equals(line.key);
    }
  }

  private final class Task<R extends @Nullable Object> implements Runnable {
    final Function<? super Runnable, ? extends R> work;
    final AtomicBoolean taken = new AtomicBoolean(); // by who runs it or finds it refused

    // Guarded by the monitor until the task has ended.
    boolean shared;
    List<Line<K>> ownLines = new ArrayList<>(1);
    final List<CompletableFuture<R>> receivers = new ArrayList<>(1);
    List<Task<?>> successors = new ArrayList<>(1);
    int awaited;

    volatile @Nullable Thread giver; // the thread that is just handing it over from a queue
    private boolean givenBack; // written and read by the giver

    private @Nullable R result;
    private @Nullable Throwable failure;

    Task(Function<? super Runnable, ? extends R> work, boolean shared) {
      this.work = work;
      this.shared = shared;
    }

    @Override
    public void run() {
      if (!taken.compareAndSet(false, true)) {
        return; // an executor that threw has run it all the same
      }
      if (giver == Thread.currentThread()) {
        givenBack = true;
      } else {
        KeyedTasks.this.run(this);
      }
    }

    void work() {
      try {
        result = work.apply((Runnable) this::endSharing);
      } catch (Throwable t) { // the receivers are to have it, and the successors to run
        failure = t;
      }
    }

    private void endSharing() {
      synchronized (monitor) {
        shared = false;
      }
    }

    void tell() {
      for (CompletableFuture<R> receiver : receivers) {
        try {
          tell(receiver);
        } catch (Throwable t) {
          // it is complete; a dependent stage could not take it, which concerns nobody else
        }
      }
    }

    @SuppressWarnings("NullAway") // a null result is one of R
    private void tell(CompletableFuture<R> receiver) {
      if (failure == null) {
        receiver.complete(result);
      } else {
        receiver.completeExceptionally(failure);
      }
    }
  }
}
