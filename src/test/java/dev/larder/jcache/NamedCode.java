package dev.larder.jcache;

import dev.larder.Codec;
import dev.larder.Weigher;
import dev.larder.codec.TextCodecs;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.configuration.Factory;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;

/** Classes that settings name. */
public final class NamedCode {
  /** What {@link LoaderFactory} makes; set by the test that names it. */
  static final AtomicReference<Supplier<Object>> MADE = new AtomicReference<>(Loader::new);

  static final AtomicInteger CLOSED = new AtomicInteger();

  private NamedCode() {}

  static String name(Class<?> type) {
    return type.getName();
  }

  /** Loads each key as its own value. */
  public static class Loader implements CacheLoader<Object, Object>, AutoCloseable {
    @Override
    public Object load(Object key) {
      return key + " loaded";
    }

    @Override
    public Map<Object, Object> loadAll(Iterable<?> keys) {
      Map<Object, Object> all = new HashMap<>();
      keys.forEach(key -> all.put(key, load(key)));
      return all;
    }

    @Override
    public void close() {
      CLOSED.incrementAndGet();
    }
  }

  /** Makes what a test wants. */
  public static final class LoaderFactory implements Factory<Object> {
    private static final long serialVersionUID = 1L;

    @Override
    public Object create() {
      return MADE.get().get();
    }
  }

  /** Cannot be made. */
  public static final class BadLoader extends Loader {
    public BadLoader() {
      throw new IllegalStateException("no database");
    }
  }

  /** Has no constructor that could be used. */
  public static final class ClosedLoader extends Loader {
    private ClosedLoader() {}
  }

  /** A class of nothing. */
  public abstract static class AbstractLoader extends Loader {}

  /** Refuses all. */
  public static final class Writer implements CacheWriter<Object, Object> {
    @Override
    public void write(Cache.Entry<?, ?> entry) {
      throw new IllegalStateException("read-only");
    }

    @Override
    public void writeAll(Collection<Cache.Entry<?, ?>> entries) {
      throw new IllegalStateException("read-only");
    }

    @Override
    public void delete(Object key) {
      throw new IllegalStateException("read-only");
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      throw new IllegalStateException("read-only");
    }
  }

  /** All entries weigh ten. */
  public static final class Ten implements Weigher<Object, Object> {
    @Override
    public int weigh(Object key, Object value) {
      return 10;
    }
  }

  /** A minute for all. */
  public static final class Minute implements ExpiryPolicy {
    @Override
    public Duration getExpiryForCreation() {
      return Duration.ONE_MINUTE;
    }

    @Override
    public Duration getExpiryForAccess() {
      return Duration.ONE_MINUTE;
    }

    @Override
    public Duration getExpiryForUpdate() {
      return Duration.ONE_MINUTE;
    }
  }

  /** Makes the codec of strings. */
  public static final class StringCodec implements Factory<Codec<String>> {
    private static final long serialVersionUID = 1L;

    @Override
    public Codec<String> create() {
      return TextCodecs.of(String.class, null);
    }
  }
}
