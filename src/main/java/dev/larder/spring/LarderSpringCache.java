package dev.larder.spring;

import dev.larder.AsyncLarderCache;
import dev.larder.LarderCache;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.jcache.JCacheCache;

/**
 * A cache as Spring sees it. What it adds to Spring's own is reading, and loading, without waiting.
 *
 * <p><b>A load</b> is what a method with {@code @Cacheable(sync = true)} does that returns a
 * future: it may go on long after the method has returned, so no lock of an entry can be held
 * meanwhile. Instead, the load itself is in a map by its key from before the method is called until
 * after its value is in the cache, and whoever misses the key in between waits for it, by a future.
 *
 * <p><b>Who changes the key meanwhile</b> takes the load out of that map first. Those who wait for
 * it still get its value, but it is not to stay in the cache: it is older than the change. Removing
 * comes after that, and the load looks at the map again after storing, so one of both takes an old
 * value away, whatever the order. Between the two a reader may see it. Changes by other doors, the
 * socket or {@code javax.cache}, do not know of loads: a key that is deleted there while it is
 * being loaded is there again afterwards.
 */
final class LarderSpringCache extends JCacheCache {
  private final AsyncLarderCache<Object, Object> async;
  private final ConcurrentHashMap<Object, Load> loads = new ConcurrentHashMap<>();

  LarderSpringCache(Cache<Object, Object> cache, boolean allowNullValues) {
    super(cache, allowNullValues);
    this.async = LarderCache.of(cache).async();
  }

  /** Null, or a future of null, if there is none; else of what holds the value. */
  @Override
  public @Nullable CompletableFuture<?> retrieve(Object key) {
    CompletableFuture<@Nullable Object> stored = async.get(key).toCompletableFuture();
    if (stored.isDone() && !stored.isCompletedExceptionally() && stored.join() == null) {
      return null;
    }
    CompletableFuture<@Nullable Object> wrapped = new CompletableFuture<>();
    handle(stored, wrapped, value -> wrapped.complete(toValueWrapper(value)));
    return wrapped;
  }

  @Override
  public <T> CompletableFuture<T> retrieve(Object key, Supplier<CompletableFuture<T>> loader) {
    CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
    handle(
        async.get(key),
        result,
        value -> {
          if (value == null) {
            load(key, loader, result);
          } else {
            result.complete(fromStoreValue(value));
          }
        });
    @SuppressWarnings("unchecked") // what the method returns is what it loaded before
    CompletableFuture<T> typed = (CompletableFuture<T>) result;
    return typed;
  }

  /** Loads the value, or shares the load that is under way. */
  private <T> void load(
      Object key,
      Supplier<CompletableFuture<T>> loader,
      CompletableFuture<@Nullable Object> result) {
    Load mine = new Load(key);
    Load others = loads.putIfAbsent(key, mine);
    // Each has a future of its own: whoever cancels his does not take the value from the others.
    handle(others == null ? mine : others, result, result::complete);
    if (others != null) {
      return;
    }
    handle(
        async.containsKey(key), // not get, for what was missed already is not to count again
        mine,
        there -> {
          if (there) { // another load has ended between our look and our entry in the map
            loads.remove(key, mine);
            again(key, loader, mine);
          } else {
            begin(key, loader, mine);
          }
        });
  }

  private <T> void again(Object key, Supplier<CompletableFuture<T>> loader, Load mine) {
    CompletableFuture<T> second = retrieve(key, loader);
    handle(second, mine, mine::complete);
  }

  private <T> void begin(Object key, Supplier<CompletableFuture<T>> loader, Load mine) {
    handle(
        Objects.requireNonNull(loader.get(), "expected a future of the method, found null"),
        mine,
        value -> {
          if (loads.get(key) != mine) {
            mine.complete(value);
            return;
          }
          Object stored = toStoreValue(value);
          handle(
              async.putIfAbsent(key, stored),
              mine,
              put -> {
                if (!loads.remove(key, mine) && put) {
                  async.remove(key, stored);
                }
                mine.complete(value);
              });
        });
  }

  /** A load under way, and in the end what it has loaded. One that fails is under way no more. */
  private final class Load extends CompletableFuture<@Nullable Object> {
    private final Object key;

    Load(Object key) {
      this.key = key;
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      loads.remove(key, this); // first, for whoever is told may try again at once
      return super.completeExceptionally(failure);
    }
  }

  /**
   * Goes on with the outcome of a stage; a failure of it, or of going on, becomes the {@code
   * target}'s, not wrapped.
   */
  private static <T extends @Nullable Object> void handle(
      CompletionStage<T> stage, CompletableFuture<?> target, Continuation<? super T> next) {
    BiConsumer<T, @Nullable Throwable> both =
        (value, failure) -> {
          if (failure != null) {
            target.completeExceptionally(unwrapped(failure));
            return;
          }
          try {
            next.accept(value);
          } catch (Throwable e) { // of the application's method
            target.completeExceptionally(e);
          }
        };
    stage.whenComplete(both);
  }

  private static Throwable unwrapped(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  /** What comes after a stage. */
  private interface Continuation<T extends @Nullable Object> {
    void accept(T value);
  }

  // ----------------------------------------------------------------- changes, which outdate a load

  @Override
  public void put(Object key, @Nullable Object value) {
    loads.remove(key);
    super.put(key, value);
  }

  @Override
  public void evict(Object key) {
    loads.remove(key);
    super.evict(key);
  }

  @Override
  public boolean evictIfPresent(Object key) {
    loads.remove(key);
    return super.evictIfPresent(key);
  }

  @Override
  public void clear() {
    loads.clear();
    super.clear();
  }

  @Override
  public boolean invalidate() {
    loads.clear();
    return super.invalidate();
  }
}
