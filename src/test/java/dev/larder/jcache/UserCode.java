package dev.larder.jcache;

import static org.assertj.core.api.Assertions.catchThrowable;

import dev.larder.LarderConfiguration;
import java.util.Collection;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import javax.cache.expiry.Duration;

/**
 * Code of a test that runs wherever a cache calls user code: in an entry processor, loader, writer,
 * listener or policy.
 */
final class UserCode {
  final Journal journal = new Journal();
  private final Caches caches;

  /** What is called, with the key, where user code is; the outermost call of a thread only. */
  volatile Consumer<String> inside = key -> {};

  final ThreadLocal<Boolean> within = ThreadLocal.withInitial(() -> false);

  UserCode(Caches caches) {
    this.caches = caches;
  }

  private void enter(String key) {
    if (!within.get()) {
      within.set(true);
      try {
        inside.accept(key);
      } finally {
        within.set(false);
      }
    }
  }

  /** Where user code is called. */
  enum Role {
    PROCESSOR,
    LOADER,
    WRITER,
    LISTENER,
    POLICY
  }

  /** A cache whose user code of that role enters {@link #inside}. */
  Cache<String, String> cache(Role role) {
    LarderConfiguration.Builder<String, String> settings =
        caches.settings().executor(() -> Runnable::run);
    switch (role) {
      case PROCESSOR -> {}
      case LOADER -> settings.loader(EnteringLoader::new).readThrough(true);
      case WRITER -> settings.writer(EnteringWriter::new).writeThrough(true);
      case LISTENER -> settings.listener(new EnteringListener().configuration());
      case POLICY -> settings.expiry(EnteringPolicy::new);
    }
    return caches.create(settings);
  }

  /** An operation on the key that calls user code of that role. */
  void provoke(Cache<String, String> cache, Role role, String key) {
    switch (role) {
      case PROCESSOR ->
          cache.invoke(
              key,
              (entry, arguments) -> {
                enter(key);
                entry.setValue("1");
                return null;
              });
      case LOADER -> cache.get(key);
      case WRITER, LISTENER, POLICY -> cache.put(key, "1");
    }
  }

  private final class EnteringLoader extends Journal.Loader {
    EnteringLoader() {
      super(journal);
    }

    @Override
    public String load(String key) {
      enter(key);
      return "1";
    }
  }

  private final class EnteringWriter extends Journal.Writer {
    EnteringWriter() {
      super(journal);
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      enter(entry.getKey());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      entries.forEach(entry -> enter(entry.getKey()));
    }
  }

  final class EnteringListener extends Journal.Listener<String, String> {
    EnteringListener() {
      super(journal);
    }

    CacheEntryListenerConfiguration<String, String> configuration() {
      return new MutableCacheEntryListenerConfiguration<>(() -> this, null, true, true);
    }

    @Override
    void on(CacheEntryEvent<? extends String, ? extends String> event) {
      super.on(event);
      if (event.getEventType() == EventType.CREATED) {
        enter(event.getKey());
      }
    }
  }

  private final class EnteringPolicy extends Journal.Policy {
    EnteringPolicy() {
      super(journal, Duration.ETERNAL, null, null);
    }

    @Override
    public Duration getExpiryForCreation() {
      enter("k");
      return super.getExpiryForCreation();
    }
  }

  /** What a task threw, or null. */
  static Throwable result(Future<?> task) {
    return catchThrowable(() -> task.get(1, TimeUnit.MINUTES));
  }
}
