package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;

/**
 * Several threads show and hide caches, each its own, while clients use all numbers. Whoever has
 * shown a cache finds it at once under its number, and who has hidden it finds it no more; nobody
 * ever finds another cache under a number; nobody is told of a failure, or disconnected.
 */
final class ComingAndGoingTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d");
  private static final int ROUNDS = 150;
  private static final int CLIENTS = 3;

  private final CachingProvider provider =
      Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
  private final CacheManager manager = provider.getCacheManager();
  private final AtomicBoolean over = new AtomicBoolean();

  private static String absence(int number) {
    return "-ERR number "
        + number
        + " has no cache now: '"
        + NAMES.get(number)
        + "' is closed, or not made yet\r\n";
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }

  /**
   * Shows a cache of this name, takes it away and closes it, many times.
   *
   * @return how many increments of its own were answered
   */
  private long comeAndGo(LarderServer server, int number) throws IOException {
    String name = NAMES.get(number);
    long counted = 0;
    try (Client client = new Client(server)) {
      client.reply("SELECT", String.valueOf(number));
      for (int i = 0; i < ROUNDS; i++) {
        Cache<String, String> cache =
            manager.createCache(
                name,
                new MutableConfiguration<String, String>()
                    .setTypes(String.class, String.class)
                    .setStoreByValue(false));
        cache.put("name", name);
        assertThat(server.show(cache)).isEqualTo(number);
        assertThat(client.reply("GET", "name")).isEqualTo(bulk(name));
        assertThat(client.reply("INCR", "own")).isEqualTo(":1\r\n");
        counted += Long.parseLong(cache.get("own"));
        client.reply("WATCH", "name");
        server.hide(cache);
        assertThat(client.reply("GET", "name")).isEqualTo(absence(number));
        client.reply("MULTI");
        assertThat(client.reply("EXEC")).isEqualTo("*-1\r\n");
        cache.close();
      }
    }
    return counted;
  }

  /** Uses every number in turn; returns how many increments were answered. */
  private long use(LarderServer server) throws IOException {
    long answered = 0;
    try (Client client = new Client(server)) {
      for (int i = 0; !over.get(); i++) {
        int number = i % NAMES.size();
        String name = NAMES.get(number);
        assertThat(client.reply("SELECT", i % 8 < 4 ? name : String.valueOf(number)))
            .isEqualTo("+OK\r\n");
        assertThat(client.reply("GET", "name")).isIn(bulk(name), absence(number));
        String count = client.reply("INCR", "count");
        answered += count.startsWith(":") ? 1 : 0;
        assertThat(count).matches(reply -> reply.startsWith(":") || reply.equals(absence(number)));
        client.reply("WATCH", "name");
        client.reply("MULTI");
        client.reply("GET", "name");
        client.reply("DBSIZE");
        assertThat(client.reply("EXEC")).doesNotContain("internal").startsWith("*");
        assertThat(client.reply("COPY", "name", "copy", "DB", "0")).doesNotContain("internal");
        assertThat(client.reply("INFO")).contains("# Keyspace");
      }
    }
    return answered;
  }

  @Test
  void nobodyFindsAnotherCacheUnderANumberOrOneThatHasGone() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (LogLines log = new LogLines();
        LarderServer server =
            LarderServer.builder(manager)
                .port(0)
                .reserve(NAMES)
                .config("notify-keyspace-events", "KEA")
                .maxMemory(64 << 20, "allkeys-lfu")
                .start();
        Talk tracking = Talk.resp3(server)) {
      tracking.call("CLIENT TRACKING ON BCAST PREFIX none");
      List<Future<Long>> clients = start(threads, CLIENTS, number -> use(server));
      List<Future<Long>> owners = start(threads, NAMES.size(), number -> comeAndGo(server, number));
      assertThat(sum(owners)).isEqualTo((long) NAMES.size() * ROUNDS);
      over.set(true);
      assertThat(sum(clients)).isPositive();
      assertThat(log.lines()).noneMatch(line -> line.contains("failed"));
    } finally {
      over.set(true);
      threads.shutdownNow();
      provider.close();
    }
  }

  private interface Role {
    long play(int number) throws IOException;
  }

  private static List<Future<Long>> start(ExecutorService threads, int count, Role role) {
    List<Future<Long>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int number = i;
      Callable<Long> task = () -> role.play(number);
      all.add(threads.submit(task));
    }
    return all;
  }

  private static long sum(List<Future<Long>> all) throws InterruptedException, ExecutionException {
    long sum = 0;
    for (Future<Long> each : all) {
      sum += each.get();
    }
    return sum;
  }
}
