package dev.larder.jcache;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads for background work, shared by all caches that bring no executor of their own: daemons,
 * made when needed and gone after half a minute without work.
 *
 * <p>User code runs under the context class loader of its cache manager, wherever it runs; the
 * factories of JCache's {@code FactoryBuilder} look classes up there.
 */
final class Workers {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final ExecutorService SHARED =
      new ThreadPoolExecutor(
          0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), Workers::thread);

  private Workers() {}

  static Executor shared() {
    return SHARED;
  }

  private static Thread thread(Runnable task) {
    Thread thread = new Thread(null, task, "larder-worker-" + COUNT.incrementAndGet(), 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null); // it must not keep the maker's loader alive
    return thread;
  }

  /** The executor, with tasks that see the given context class loader. */
  static Executor inLoader(Executor executor, Supplier<@Nullable ClassLoader> loader) {
    return task ->
        executor.execute(
            () ->
                inLoader(
                    loader.get(),
                    () -> {
                      task.run();
                      return null;
                    }));
  }

  /** Runs user code under a context class loader, and puts the old one back. */
  static <T extends @Nullable Object> T inLoader(@Nullable ClassLoader loader, Supplier<T> code) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader);
    try {
      return code.get();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
