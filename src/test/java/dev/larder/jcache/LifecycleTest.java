package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Closing. Whatever a cache was given to work with is closed with it, if it can be: also what is
 * only {@code AutoCloseable}, and a writer that was configured but not used.
 */
class LifecycleTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private final class Loader extends Journal.Loader implements Closeable {
    Loader() {
      super(journal);
    }

    @Override
    public void close() {
      journal.add("loader closed");
    }
  }

  private final class Writer extends Journal.Writer implements AutoCloseable {
    Writer() {
      super(journal);
    }

    @Override
    public void close() {
      journal.add("writer closed");
    }
  }

  private final class Policy extends Journal.Policy implements Closeable {
    Policy() {
      super(journal, null, null, null);
    }

    @Override
    public void close() {
      journal.add("policy closed");
    }
  }

  private final class Filter implements CacheEntryEventFilter<String, String>, Closeable {
    @Override
    public boolean evaluate(CacheEntryEvent<? extends String, ? extends String> event) {
      return true;
    }

    @Override
    public void close() {
      journal.add("filter closed");
    }
  }

  private final class Listener extends Journal.Listener<String, String> implements Closeable {
    Listener() {
      super(journal);
    }

    @Override
    public void close() {
      journal.add("listener closed");
    }
  }

  private LarderConfiguration.Builder<String, String> closeables() {
    return caches
        .settings()
        .loader(Loader::new)
        .writer(Writer::new)
        .expiry(Policy::new)
        .listener(
            new MutableCacheEntryListenerConfiguration<>(Listener::new, Filter::new, true, true));
  }

  // ------------------------------------------------------------------------------ customizations

  @ParameterizedTest
  @ValueSource(strings = {"cache", "destroy", "manager", "provider"})
  void everythingThatTheCacheWasGivenIsClosedOnce(String way) {
    Cache<String, String> cache = caches.create(closeables());

    for (int i = 0; i < 2; i++) {
      switch (way) {
        case "cache" -> cache.close();
        case "destroy" -> caches.manager().destroyCache(cache.getName());
        case "manager" -> cache.getCacheManager().close();
        default -> caches.provider.close();
      }
    }

    assertThat(cache.isClosed()).isTrue();
    assertThat(journal.take())
        .containsExactlyInAnyOrder(
            "loader closed", "writer closed", "policy closed", "listener closed", "filter closed");
  }

  @Test
  void objectOfTwoRolesIsClosedOnce() {
    Listener one = new Listener();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .listener(new MutableCacheEntryListenerConfiguration<>(() -> one, null, true, true))
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(() -> one, null, true, false)));

    cache.close();

    assertThat(journal.take()).containsExactly("listener closed");
  }

  @Test
  void listenerRegisteredLaterIsClosedToo() {
    Cache<String, String> cache = caches.create();
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(Listener::new, null, true, true));

    cache.close();

    assertThat(journal.take()).containsExactly("listener closed");
  }

  @Test
  void oneThatDoesNotCloseDoesNotKeepTheOthersOpen() {
    Cache<String, String> first = caches.create(closeables().loader(FailingLoader::new));
    Cache<String, String> second = caches.create(closeables());

    assertThatThrownBy(() -> caches.manager().close())
        .isInstanceOf(CacheException.class)
        .hasStackTraceContaining("no disk");

    assertThat(first.isClosed() && second.isClosed()).isTrue();
    assertThat(journal.take()).hasSize(4 + 5);
  }

  private final class FailingLoader extends Journal.Loader implements Closeable {
    FailingLoader() {
      super(journal);
    }

    @Override
    public void close() throws IOException {
      throw new IOException("no disk");
    }
  }

  @Test
  void customizationsAreClosedUnderTheManagersClassLoader() {
    List<ClassLoader> seen = new ArrayList<>();
    ClassLoader loader = new ClassLoader(getClass().getClassLoader()) {};
    class Noting extends Journal.Loader implements Closeable {
      Noting() {
        super(journal);
      }

      @Override
      public void close() {
        seen.add(Thread.currentThread().getContextClassLoader());
      }
    }
    Cache<String, String> cache =
        caches
            .provider
            .getCacheManager(null, loader)
            .createCache("a", caches.settings().loader(Noting::new).build());

    cache.close();

    assertThat(seen).containsExactly(loader);
  }

  // -------------------------------------------------------------------------------- afterwards

  @Test
  void closedCacheLeavesItsManagerAndItsNameIsFree() {
    Cache<String, String> cache = caches.create();
    String name = cache.getName();

    cache.close();
    cache.close(); // once more does nothing

    assertThat((Object) caches.manager().getCache(name)).isNull();
    assertThat(caches.manager().getCacheNames()).isEmpty();
    Cache<String, String> next = caches.manager().createCache(name, caches.settings().build());
    cache.close();
    assertThat((Object) caches.manager().getCache(name)).isSameAs(next);
  }

  static Set<String> operations() {
    return Operations.names();
  }

  @ParameterizedTest
  @MethodSource("operations")
  void noOperationWorksOnAClosedCache(String operation) {
    Cache<String, String> cache = caches.create();
    cache.put("k", "1");
    cache.close();

    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("cache '" + cache.getName() + "' is closed");
  }

  static Stream<Consumer<Cache<String, String>>> usesWithNulls() {
    return Stream.of(
        c -> c.get(null),
        c -> c.getAll(null),
        c -> c.containsKey(null),
        c -> c.loadAll(null, true, null),
        c -> c.put(null, null),
        c -> c.getAndPut(null, null),
        c -> c.putAll(null),
        c -> c.putIfAbsent(null, null),
        c -> c.remove(null),
        c -> c.remove(null, null),
        c -> c.getAndRemove(null),
        c -> c.replace(null, null),
        c -> c.replace(null, null, null),
        c -> c.getAndReplace(null, null),
        c -> c.removeAll(null),
        c -> c.invoke(null, null),
        c -> c.invokeAll(null, null),
        c -> c.registerCacheEntryListener(null),
        c -> c.deregisterCacheEntryListener(null));
  }

  @ParameterizedTest
  @MethodSource("usesWithNulls")
  void closedCacheSaysSoBeforeItLooksAtArguments(Consumer<Cache<String, String>> use) {
    Cache<String, String> cache = caches.create();
    assertThatThrownBy(() -> use.accept(cache)).isInstanceOf(NullPointerException.class);

    cache.close();

    assertThatThrownBy(() -> use.accept(cache)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @SuppressWarnings("unchecked")
  void closedCacheStillSaysWhatItIs() {
    Cache<String, String> cache = caches.create();
    cache.close();

    assertThatCode(
            () -> {
              assertThat(cache.isClosed()).isTrue();
              assertThat(cache.getName()).isEqualTo("cache1");
              assertThat(cache.getCacheManager()).isSameAs(caches.manager());
              assertThat(cache.getConfiguration(Configuration.class)).isNotNull();
              assertThat((Object) cache.unwrap(Cache.class)).isSameAs(cache);
              assertThat(cache.toString()).contains("cache1", "closed");
            })
        .doesNotThrowAnyException();
  }
}
