package dev.larder.jcache;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.cache.integration.CacheLoader;

/** A loader of the batches that a function makes; single values are the batch's. */
record BatchLoader(Function<Iterable<? extends String>, Map<String, String>> batch)
    implements CacheLoader<String, String> {

  static BatchLoader of(Function<Iterable<? extends String>, Map<String, String>> batch) {
    return new BatchLoader(batch);
  }

  static BatchLoader failing(Throwable failure) {
    return new BatchLoader(
        keys -> {
          if (failure instanceof Error error) {
            throw error;
          }
          throw (RuntimeException) failure;
        });
  }

  @Override
  public String load(String key) {
    return batch.apply(List.of(key)).get(key);
  }

  @Override
  public Map<String, String> loadAll(Iterable<? extends String> keys) {
    return batch.apply(keys);
  }
}
