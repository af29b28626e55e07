package dev.larder.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Runs things at the same time, and fails if one of them fails or does not end. */
public final class Together {
  private static final long PATIENCE_SECONDS = 30;

  /** Something that a thread does. */
  @FunctionalInterface
  public interface Task {
    void run() throws Exception;
  }

  private Together() {}

  /** Starts all tasks at once and returns when all have ended. */
  public static void run(Task... tasks) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    CyclicBarrier start = new CyclicBarrier(tasks.length);
    List<Thread> threads = new ArrayList<>();
    for (Task task : tasks) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  start.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
                  task.run();
                } catch (Throwable t) {
                  failure.compareAndSet(null, t);
                }
              });
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (Thread thread : threads) {
      join(thread, end);
    }
    if (failure.get() != null) {
      throw new AssertionError("a thread failed: " + failure.get(), failure.get());
    }
  }

  private static void join(Thread thread, long end) {
    try {
      long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
      thread.join(left);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (thread.isAlive()) {
      AssertionError hung = new AssertionError("a thread does not end; it is at the cause");
      Throwable at = new Throwable("here");
      at.setStackTrace(thread.getStackTrace());
      throw (AssertionError) hung.initCause(at);
    }
  }
}
