package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Asynchronous listeners: told later, in order, and without any effect on who made the change.
 *
 * <p>Left open by JSR-107 and chosen here: what they throw is logged; events that no thread can be
 * found for wait for the next one.
 */
class AsynchronousListenerTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private static CacheEntryListenerConfiguration<String, String> asynchronously(
      Journal.Listener<String, String> listener) {
    return new MutableCacheEntryListenerConfiguration<>(() -> listener, null, true, false);
  }

  /** Runs what it is given when told to. */
  private static final class HandExecutor implements Executor {
    final Queue<Runnable> tasks = new ArrayDeque<>();
    boolean rejects;

    @Override
    public void execute(Runnable task) {
      if (rejects) {
        throw new RejectedExecutionException("full");
      }
      tasks.add(task);
    }

    void runAll() {
      for (Runnable task; (task = tasks.poll()) != null; ) {
        task.run();
      }
    }
  }

  @Test
  void asynchronousListenerIsToldLaterInOrderByOneTask() {
    HandExecutor executor = new HandExecutor();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .executor(() -> executor)
                .listener(asynchronously(new Journal.Listener<>(journal))));

    cache.put("a", "1");
    cache.put("b", "1");
    cache.put("a", "2");
    assertThat(journal.take()).isEmpty();
    assertThat(executor.tasks).hasSize(1);

    executor.runAll();
    assertThat(journal.take()).containsExactly("CREATED a=1", "CREATED b=1", "UPDATED a=1>2");
  }

  @Test
  void nothingIsToldAfterCloseNotEvenWhatIsQueued() {
    HandExecutor executor = new HandExecutor();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .executor(() -> executor)
                .listener(asynchronously(new Journal.Listener<>(journal)))
                .listener(journal.listener(false, true)));
    cache.put("k", "1");
    assertThat(journal.take()).containsExactly("CREATED k=1"); // the synchronous one

    cache.close();
    executor.runAll();

    assertThat(journal.take()).isEmpty();
  }

  @Test
  void failureOfAnAsynchronousListenerIsLoggedAndDoesNotStopIt() {
    HandExecutor executor = new HandExecutor();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .executor(() -> executor)
                .listener(
                    asynchronously(
                        new Journal.FailingListener(journal, new AssertionError("bug")))));

    cache.put("k", "1");
    cache.put("k", "2");

    assertThat(logged(executor::runAll)).hasSize(2);
    assertThat(journal.take()).containsExactly("CREATED k=1", "UPDATED k=1>2");
  }

  @Test
  void eventsThatTheExecutorRejectsAreToldWithTheNextOne() {
    HandExecutor executor = new HandExecutor();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .executor(() -> executor)
                .listener(asynchronously(new Journal.Listener<>(journal))));

    executor.rejects = true;
    assertThat(logged(() -> cache.put("k", "1"))).hasSize(1);
    executor.rejects = false;
    cache.put("k", "2");
    executor.runAll();

    assertThat(journal.take()).containsExactly("CREATED k=1", "UPDATED k=1>2");
  }

  /** What Larder logs meanwhile, kept from the console. */
  private static List<LogRecord> logged(Runnable action) {
    List<LogRecord> records = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            records.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.larder.jcache");
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      action.run();
    } finally {
      logger.setUseParentHandlers(true);
      logger.removeHandler(handler);
    }
    return records;
  }
}
