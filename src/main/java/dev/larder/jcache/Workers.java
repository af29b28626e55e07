package dev.larder.jcache;

import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Threads for background work, shared by all caches that bring no executor of their own.
 *
 * <p>On Java 24 and newer each task has a virtual thread: work in the background mostly waits, for
 * what a loader asks. On older ones there is a pool of daemon threads, made when needed and gone
 * after half a minute without work. That includes Java 21 to 23, which have virtual threads: there,
 * one that waits in a monitor keeps its carrier thread, and our entry locks wait in monitors. A few
 * waiting tasks could hold all carriers, and so stop the one whose end they wait for (JEP 491).
 *
 * <p>Either kind takes neither the context class loader nor the inheritable thread locals of the
 * thread that happens to make it, which may be a user's. (Before Java 24 every thread does keep, as
 * its access control context, the loaders of the code that was on the stack when it was made; so do
 * ours of the pool, until they end.)
 *
 * <p>User code runs under the context class loader of its cache manager, wherever it runs; the
 * factories of JCache's {@code FactoryBuilder} look classes up there.
 */
final class Workers {
  private static final String NAME = "larder-worker-"; // and a number, from 1
  private static final int WAITS_WITHOUT_CARRIER = 24; // the Java version, by JEP 491
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Executor SHARED =
      Runtime.version().feature() >= WAITS_WITHOUT_CARRIER ? virtualThreads() : daemonThreads();

  private Workers() {}

  static Executor shared() {
    return SHARED;
  }

  /** By reflection, as this is compiled for Java 17. */
  private static Executor virtualThreads() {
    ThreadFactory threads;
    try {
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      type.getMethod("name", String.class, long.class).invoke(builder, NAME, 1L);
      type.getMethod("inheritInheritableThreadLocals", boolean.class).invoke(builder, false);
      threads = (ThreadFactory) type.getMethod("factory").invoke(builder);
    } catch (ReflectiveOperationException e) {
      return daemonThreads(); // a native image may have left these methods out
    }
    return task -> withoutLoader(threads.newThread(task)).start();
  }

  private static Executor daemonThreads() {
    return new ThreadPoolExecutor(
        0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), Workers::daemon);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(null, task, NAME + COUNT.incrementAndGet(), 0, false);
    thread.setDaemon(true);
    return withoutLoader(thread);
  }

  private static Thread withoutLoader(Thread thread) {
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
