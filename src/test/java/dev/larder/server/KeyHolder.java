package dev.larder.server;

import dev.larder.ops.CacheOperations;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Lets threads of its own work on keys for as long as a test wants them to be busy. */
final class KeyHolder implements AutoCloseable {
  private final CacheOperations<String, String> cache;
  private final CountDownLatch release = new CountDownLatch(1);
  private final List<Thread> holders = new ArrayList<>();

  KeyHolder(CacheOperations<String, String> cache) {
    this.cache = cache;
  }

  /** Lets another thread work on a key until it is released, and returns when it does. */
  void hold(String key) throws InterruptedException {
    CountDownLatch held = new CountDownLatch(1);
    Thread holder =
        new Thread(
            () ->
                cache
                    .entries()
                    .run(
                        key,
                        turn -> {
                          held.countDown();
                          awaitRelease();
                          return null;
                        }));
    holders.add(holder);
    holder.start();
    held.await();
  }

  void awaitRelease() {
    try {
      release.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void release() {
    release.countDown();
  }

  /** Releases all, and waits for their threads. */
  @Override
  public void close() throws InterruptedException {
    release();
    for (Thread holder : holders) {
      holder.join();
    }
  }
}
