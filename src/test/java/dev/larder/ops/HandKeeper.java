package dev.larder.ops;

import dev.larder.store.Change;
import dev.larder.store.Keeper;
import dev.larder.store.Subscriber;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Changes of a cache are kept when a test says so. */
public final class HandKeeper {
  private final Queue<Consumer<@Nullable Throwable>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicLong position = new AtomicLong();
  private final Keeper<?, ?> keeper =
      (Keeper<?, ?>)
          Proxy.newProxyInstance(
              Keeper.class.getClassLoader(), new Class<?>[] {Keeper.class}, this::call);

  /** From now on, whoever changes this cache is to wait. */
  public <K, V> void keep(CacheOperations<K, V> cache) {
    cache.subscribe(
        new Subscriber<>() {
          @Override
          public void recorded(Change<K, V> change) {
            Unkept.note(keeper, position.incrementAndGet());
          }
        });
  }

  @SuppressWarnings("unchecked")
  private @Nullable Object call(Object proxy, Method method, Object @Nullable [] arguments) {
    switch (method.getName()) {
      case "whenKept" -> waiting.add((Consumer<@Nullable Throwable>) arguments[1]);
      case "await" -> {
        CompletableFuture<Void> kept = new CompletableFuture<>();
        waiting.add(reason -> kept.complete(null));
        kept.join();
      }
      case "equals" -> {
        return proxy == arguments[0];
      }
      default -> throw new UnsupportedOperationException(method.getName());
    }
    return null;
  }

  /** How many wait for something to be kept. */
  public int waiting() {
    return waiting.size();
  }

  /**
   * All that was changed until now is kept; or, if there is a reason, will never be. What those who
   * waited change next is not among it.
   */
  public void done(@Nullable Throwable reason) {
    List<Consumer<@Nullable Throwable>> all = new ArrayList<>();
    for (Consumer<@Nullable Throwable> next = waiting.poll(); next != null; next = waiting.poll()) {
      all.add(next);
    }
    all.forEach(each -> each.accept(reason));
  }
}
