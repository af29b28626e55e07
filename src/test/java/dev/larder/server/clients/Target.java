package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.server.LarderServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * A fresh server that a client talks to, with 16 databases: Larder, in this JVM.
 *
 * <p>With {@code -Dlarder.target=redis-server} it is a real Redis instead, which shows that a test
 * asks for nothing that Redis does not do.
 */
final class Target implements AutoCloseable {
  static final String HOST = "127.0.0.1";

  private static final boolean REDIS = "redis-server".equals(System.getProperty("larder.target"));
  private static final int DATABASES = 16;

  private final int port;
  private final List<AutoCloseable> parts;

  private Target(int port, List<AutoCloseable> parts) {
    this.port = port;
    this.parts = parts;
  }

  /**
   * A server that lets in who comes with this login, and nobody without a password if it has one.
   */
  static Target start(Login login) {
    return start(login, null);
  }

  /** The same, which also listens on a Unix socket. */
  static Target start(Login login, @Nullable Path unixSocket) {
    return REDIS ? redis(login, unixSocket) : larder(login, unixSocket);
  }

  private static Target larder(Login login, @Nullable Path unixSocket) {
    CacheManager manager =
        Caching.getCachingProvider("dev.larder.jcache.LarderCachingProvider")
            .getCacheManager(URI.create("clients"), null);
    Cache<?, ?>[] caches = new Cache<?, ?>[DATABASES];
    for (int i = 0; i < DATABASES; i++) {
      caches[i] =
          manager.createCache(
              String.valueOf(i),
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStoreByValue(false));
    }
    LarderServer.Builder builder = LarderServer.builder(caches).port(0);
    if (login.password != null) {
      builder.password("secret");
    }
    if (login.user != null) {
      builder.user(login.user, "on", ">" + login.password, "~*", "&*", "+@all");
    }
    if (unixSocket != null) {
      builder.unixSocket(unixSocket);
    }
    LarderServer server = builder.start();
    return new Target(server.port(), List.of(server, manager));
  }

  private static Target redis(Login login, @Nullable Path unixSocket) {
    int port = freePort();
    List<String> command = new ArrayList<>(List.of("redis-server", "--port", "" + port));
    command.addAll(List.of("--save", "", "--databases", "" + DATABASES));
    if (login.password != null) {
      command.addAll(List.of("--requirepass", "secret"));
    }
    if (login.user != null) {
      command.addAll(
          List.of("--user", login.user, "on", ">" + login.password, "~*", "&*", "+@all"));
    }
    if (unixSocket != null) {
      command.addAll(List.of("--unixsocket", unixSocket.toString()));
    }
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      await().until(() -> answers(port) || !process.isAlive());
      return new Target(port, List.of(() -> process.destroyForcibly().waitFor()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean answers(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(HOST, port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  int port() {
    return port;
  }

  /** What the server says of every connection, one line each. */
  String clientList(Login login) throws IOException {
    try (RawClient asking = new RawClient(port)) {
      if (login.password != null) {
        assertThat(asking.ask("AUTH", login.userName(), login.password)).isEqualTo("+OK");
      }
      return asking.ask("CLIENT", "LIST");
    }
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable part : parts) {
      part.close();
    }
  }
}
