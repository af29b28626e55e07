package dev.larder.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceOptions.Fsync;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every byte of the files is changed in turn, and every end cut off: what is loaded is what was
 * kept, or with the end of a log what was kept at an earlier moment; or nothing is loaded, and it
 * is said why.
 */
@ExtendWith(QuietLog.class)
@Timeout(value = 240, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamagedFilesTest {
  @TempDir Path directory;

  private final Set<Map<String, String>> states = new HashSet<>();

  private static Map<String, String> load(PersistenceOptions options) {
    OneCache cache = new OneCache("cache");
    DiskPersistence.open("test", options, List.of(cache.kept), OneCache.replay(cache)).close();
    return cache.entries();
  }

  @Test
  void aSnapshotIsLoadedAsItWasOrNotAtAll() throws IOException {
    OneCache cache = new OneCache("cache");
    PersistenceOptions options = PersistenceOptions.in(directory);
    DiskPersistence persistence =
        DiskPersistence.open("test", options, List.of(cache.kept), OneCache.replay(cache));
    cache.set("key", "value");
    cache.set("number", "12345");
    cache.set("long", "ab".repeat(40));
    cache.setUntil("timed", "v", OneCache.NOW + 1_000_000);
    persistence.save();
    persistence.close();
    Path file = directory.resolve("dump.rdb");
    byte[] good = Files.readAllBytes(file);
    assertThat(load(options)).hasSize(4);
    for (int at = 0; at < good.length; at++) {
      for (int change = 1; change < 256; change += at < 16 ? 1 : 51) {
        byte[] damaged = good.clone();
        damaged[at] ^= (byte) change;
        Files.write(file, damaged);
        requireRefused(options, "byte " + at + " changed by " + change);
      }
      Files.write(file, Arrays.copyOf(good, at));
      requireRefused(options, "only " + at + " bytes");
    }
  }

  private static void requireRefused(PersistenceOptions options, String what) {
    Map<String, String> loaded;
    try {
      loaded = load(options);
    } catch (PersistenceException e) {
      assertThat(e).as(what).hasMessageContaining("dump.rdb");
      return;
    }
    fail(what + " was loaded: " + loaded);
  }

  private void change(OneCache cache, Runnable change) {
    change.run();
    states.add(cache.entries());
  }

  /** The increment has one write for each change, as each was waited for. */
  private Path writeLog(PersistenceOptions options) {
    OneCache cache = new OneCache("cache");
    DiskPersistence persistence =
        DiskPersistence.open("test", options, List.of(cache.kept), OneCache.replay(cache));
    states.add(Map.of());
    change(cache, () -> cache.set("a", "1"));
    change(cache, () -> cache.operations.counters().add("a", 41));
    change(
        cache, () -> cache.operations.strings().setAll(new TreeMap<>(Map.of("x", "1", "y", "1"))));
    change(cache, () -> cache.setUntil("t", "v", OneCache.NOW + 1_000_000));
    change(cache, () -> cache.operations.expiry().persist("t"));
    change(cache, () -> cache.operations.keys().rename("t", "u", false));
    change(cache, () -> cache.operations.keys().delete("a"));
    persistence.close();
    return directory.resolve("appendonlydir").resolve("appendonly.aof.1.incr.aof");
  }

  @Test
  void aLogWithoutItsEndIsLoadedAsItWasAtAnEarlierMoment() throws IOException {
    PersistenceOptions options = PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS);
    Path file = writeLog(options);
    byte[] good = Files.readAllBytes(file);
    for (int length = 0; length <= good.length; length++) {
      Files.write(file, Arrays.copyOf(good, length));
      assertThat(states).as("only %s bytes", length).contains(load(options));
    }
  }

  @Test
  void aLogWithAChangedByteIsLoadedAsItWasOrNotAtAll() throws IOException {
    PersistenceOptions options = PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS);
    Path file = writeLog(options);
    byte[] good = Files.readAllBytes(file);
    int refused = 0;
    for (int at = 0; at < good.length; at++) {
      for (int change : new int[] {1, 2, 4, 8, 16, 32, 64, 128, 255, '0' ^ '9'}) {
        byte[] damaged = good.clone();
        damaged[at] ^= (byte) change;
        Files.write(file, damaged);
        try {
          assertThat(states).as("byte %s changed by %s", at, change).contains(load(options));
        } catch (PersistenceException e) {
          assertThat(e).hasMessageContaining("appendonly.aof.1.incr.aof, byte ");
          refused++;
        }
      }
    }
    assertThat(refused).isGreaterThan(5 * good.length);
  }

  @Test
  void aManifestThatIsDamagedIsRefused() throws IOException {
    PersistenceOptions options = PersistenceOptions.in(directory).appendOnly(Fsync.ALWAYS);
    writeLog(options);
    Map<String, String> all = load(options);
    Path file = directory.resolve("appendonlydir").resolve("appendonly.aof.manifest");
    byte[] good = Files.readAllBytes(file);
    for (int at = 0; at < good.length; at++) {
      for (int change : new int[] {1, 2, 4, 8, 16, 32, 64, 128}) {
        byte[] damaged = good.clone();
        damaged[at] ^= (byte) change;
        Files.write(file, damaged);
        try {
          assertThat(load(options)).as("byte %s changed by %s", at, change).isEqualTo(all);
        } catch (PersistenceException e) {
          assertThat(e).hasMessageContaining("appendonly");
        }
        Files.write(file, good);
      }
    }
  }
}
