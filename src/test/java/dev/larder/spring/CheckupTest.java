package dev.larder.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.jcache.LarderCachingProvider;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the health indicator says. */
class CheckupTest {
  private final CacheManager manager =
      new LarderCachingProvider()
          .getCacheManager(URI.create("larder:checkup-test"), getClass().getClassLoader());

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void tellsHowManyEntriesThereAre() {
    manager.createCache("books", new MutableConfiguration<String, String>()).put("k", "v");
    Checkup checkup = Checkup.of(manager);
    assertThat(checkup.status()).isEqualTo("UP");
    assertThat(checkup.details()).isEqualTo(Map.of("caches", Map.of("books", 1L)));
  }

  @Test
  void closedManagerIsDown() {
    manager.close();
    Checkup checkup = Checkup.of(manager);
    assertThat(checkup.status()).isEqualTo("DOWN");
    assertThat(checkup.details()).isEqualTo(Map.of("reason", "the cache manager is closed"));
  }

  @Test
  void cacheThatCannotBeWrittenToDiskIsDown(@TempDir Path directory) throws Exception {
    Cache<String, String> cache =
        manager.createCache(
            "kept",
            LarderConfiguration.builder(String.class, String.class)
                .persistence(PersistenceOptions.in(directory))
                .build());
    cache.put("k", "v");
    Persistence persistence = cache.unwrap(Persistence.class);
    Path inTheWay = persistence.options().path().resolve("dump.rdb").resolve("x");
    Files.createDirectories(inTheWay);
    assertThatThrownBy(persistence::save).isInstanceOf(PersistenceException.class);
    Checkup checkup = Checkup.of(manager);
    assertThat(checkup.status()).isEqualTo("DOWN");
    assertThat(checkup.details().get("reason").toString()).startsWith("cache 'kept': snapshot: ");
  }
}
