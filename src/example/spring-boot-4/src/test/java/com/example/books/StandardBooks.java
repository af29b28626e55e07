package com.example.books;

import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.annotation.CacheDefaults;
import javax.cache.annotation.CacheKey;
import javax.cache.annotation.CachePut;
import javax.cache.annotation.CacheRemove;
import javax.cache.annotation.CacheRemoveAll;
import javax.cache.annotation.CacheResult;
import javax.cache.annotation.CacheValue;

/** The annotations of JSR-107. */
@CacheDefaults(cacheName = "standard")
public class StandardBooks {
  final AtomicInteger calls = new AtomicInteger();

  @CacheResult
  public String title(String isbn) {
    return "title " + calls.incrementAndGet();
  }

  @CacheResult(exceptionCacheName = "failures", cachedExceptions = IllegalArgumentException.class)
  public String failing(String isbn) {
    throw new IllegalArgumentException("failure " + calls.incrementAndGet());
  }

  @CachePut
  public void rename(@CacheKey String isbn, @CacheValue String title) {}

  @CacheRemove
  public void remove(String isbn) {}

  @CacheRemoveAll
  public void removeAll() {}
}
