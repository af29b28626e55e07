package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The threads that run what a cache does in the background; which they are, depends on the JVM. */
class WorkersTest {
  private static boolean isVirtual(Thread thread) {
    try {
      return (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
    } catch (NoSuchMethodException e) {
      return false; // Java 20 and older have no others
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T run(Supplier<T> task) throws Exception {
    return CompletableFuture.supplyAsync(task, Workers.shared()).get(10, TimeUnit.SECONDS);
  }

  /** What tasks see that run all at once, more of them than there are threads to use again. */
  private static <T> List<T> runOnNewThreadsToo(Supplier<T> task) throws Exception {
    CountDownLatch all = new CountDownLatch(Thread.getAllStackTraces().size() + 1);
    List<CompletableFuture<T>> running = new ArrayList<>();
    for (long i = all.getCount(); i > 0; i--) {
      running.add(
          CompletableFuture.supplyAsync(
              () -> {
                all.countDown();
                awaitAll(all);
                return task.get();
              },
              Workers.shared()));
    }
    List<T> results = new ArrayList<>();
    for (CompletableFuture<T> each : running) {
      results.add(each.get(10, TimeUnit.SECONDS));
    }
    return results;
  }

  private static void awaitAll(CountDownLatch all) {
    try {
      assertThat(all.await(10, TimeUnit.SECONDS)).as("all tasks run at once").isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void threadsAreVirtualWhereAMonitorDoesNotKeepTheirCarrier() throws Exception {
    Thread worker = run(Thread::currentThread);

    assertThat(isVirtual(worker)).isEqualTo(Runtime.version().feature() >= 24);
    assertThat(worker.isDaemon()).isTrue();
  }

  @Test
  void threadsAreNamedAndNumbered() throws Exception {
    List<String> names = runOnNewThreadsToo(() -> Thread.currentThread().getName());

    assertThat(names).allMatch(name -> name.matches("larder-worker-[1-9][0-9]*"));
    assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(1);
  }

  @Test
  void taskDoesNotRunInTheCaller() throws Exception {
    CountDownLatch returned = new CountDownLatch(1);
    CompletableFuture<Thread> worker = new CompletableFuture<>();

    Workers.shared()
        .execute(
            () -> {
              awaitAll(returned);
              worker.complete(Thread.currentThread());
            });
    returned.countDown();

    assertThat(worker.get(10, TimeUnit.SECONDS)).isNotSameAs(Thread.currentThread());
  }

  @Test
  void tasksThatWaitInMonitorsDoNotKeepOthersFromRunning() throws Exception {
    Object monitor = new Object();
    int waiting = 4 * Runtime.getRuntime().availableProcessors();
    CountDownLatch started = new CountDownLatch(waiting);
    List<CompletableFuture<Void>> waiters = new ArrayList<>();
    synchronized (monitor) {
      for (int i = 0; i < waiting; i++) {
        waiters.add(
            CompletableFuture.runAsync(
                () -> {
                  started.countDown();
                  synchronized (monitor) {
                    assertThat(Thread.holdsLock(monitor)).isTrue();
                  }
                },
                Workers.shared()));
      }
      awaitAll(started);
      assertThat(run(() -> "ran")).isEqualTo("ran");
      assertThat(waiters).noneMatch(CompletableFuture::isDone);
    }
    for (CompletableFuture<Void> each : waiters) {
      each.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void threadsTakeNeitherContextClassLoaderNorThreadLocalsOfTheirMaker() throws Exception {
    InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
    local.set("the maker's");
    try {
      assertThat(runOnNewThreadsToo(local::get)).containsOnlyNulls();
    } finally {
      local.remove();
    }
    assertThat(runOnNewThreadsToo(() -> Thread.currentThread().getContextClassLoader()))
        .containsOnlyNulls();
  }

  @Test
  void contextClassLoaderOfATaskDoesNotStayWithItsThread() throws Exception {
    ClassLoader loader = new ClassLoader() {};
    CompletableFuture<ClassLoader> seen = new CompletableFuture<>();

    Workers.inLoader(Workers.shared(), () -> loader)
        .execute(() -> seen.complete(Thread.currentThread().getContextClassLoader()));

    assertThat(seen.get(10, TimeUnit.SECONDS)).isSameAs(loader);
    assertThat(runOnNewThreadsToo(() -> Thread.currentThread().getContextClassLoader()))
        .doesNotContain(loader);
  }
}
