package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.LarderServer;
import dev.larder.server.Tls;
import java.net.ServerSocket;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import javax.cache.Cache;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;

/** {@code redis-cli --tls}. Skipped where it is not installed. */
final class TlsToolsTest {

  private static Path file(String name) throws URISyntaxException {
    return Path.of(Objects.requireNonNull(TlsToolsTest.class.getResource("/tls/" + name)).toURI());
  }

  @Test
  void redisCliSpeaksTlsAndShowsItsCertificate() throws Exception {
    Programs.need("redis-cli ", "redis-cli", "--version");
    Programs.need("--tls", "redis-cli", "--help");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Tls tls =
        Tls.builder()
            .certFile(file("server.crt"))
            .keyFile(file("server.key"))
            .caCertFile(file("ca.crt"))
            .build();
    try (CachingProvider provider =
            Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider");
        Cache<String, String> cache =
            provider
                .getCacheManager()
                .createCache(
                    "tls",
                    new MutableConfiguration<String, String>()
                        .setTypes(String.class, String.class));
        LarderServer server =
            LarderServer.builder(cache).noPort().tls(port, tls).password("secret").start()) {
      assertThat(server.tlsPort()).isEqualTo(port);
      String[] known = {"--cert", file("client.crt").toString(), "--key", file("client.key") + ""};
      assertThat(cli(port, known, "SET", "k", "v")).isEqualTo("OK");
      assertThat(cache.get("k")).isEqualTo("v");
      assertThat(cli(port, known, "GET", "k")).isEqualTo("v");
      cache.put("large", "x".repeat(1 << 20));
      assertThat(cli(port, known, "GET", "large")).hasSize(1 << 20);
    }
  }

  private static String cli(int port, String[] known, String... words) throws Exception {
    String[] first = {
      "redis-cli",
      "--no-auth-warning",
      "-a",
      "secret",
      "--tls",
      "-p",
      String.valueOf(port),
      "--cacert",
      file("ca.crt").toString()
    };
    String[] all = new String[first.length + known.length + words.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(known, 0, all, first.length, known.length);
    System.arraycopy(words, 0, all, first.length + known.length, words.length);
    return Programs.run(all);
  }
}
