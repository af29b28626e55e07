package dev.larder.server;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads for commands that may wait. A connection has at most one command here at a time, so there
 * are never more threads than connections; no command queues behind another one, which might be the
 * one that it waits for.
 *
 * <p>Virtual threads, where waiting costs them nothing: on JDK 24 and later. Before that, one that
 * waits for a monitor, as for a busy entry, keeps a processor's carrier thread for itself.
 */
final class Workers implements Executor {
  private static final int FIRST_JDK = 24;
  private static final long IDLE_SECONDS = 10;

  private final ExecutorService executor;

  Workers(String name) {
    executor = Runtime.version().feature() >= FIRST_JDK ? virtual(name) : platform(name);
  }

  private static ExecutorService platform(String name) {
    AtomicInteger number = new AtomicInteger();
    ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, name + "-worker-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        };
    return new ThreadPoolExecutor(
        0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
  }

  /** {@code newThreadPerTaskExecutor(Thread.ofVirtual().name(name, 1).factory())}. */
  private static ExecutorService virtual(String name) {
    try {
      Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Object named =
          builder
              .getMethod("name", String.class, long.class)
              .invoke(Thread.class.getMethod("ofVirtual").invoke(null), name + "-worker-", 1L);
      ThreadFactory threads =
          (ThreadFactory)
              Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(named);
      return (ExecutorService)
          Executors.class
              .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
              .invoke(null, threads);
    } catch (ReflectiveOperationException e) {
      return platform(name);
    }
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  /** Ends the threads; one that waits for something else is interrupted, and left. */
  void close(long millis) {
    executor.shutdown();
    try {
      if (executor.awaitTermination(millis, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    executor.shutdownNow();
  }
}
