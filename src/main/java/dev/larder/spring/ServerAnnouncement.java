package dev.larder.spring;

import dev.larder.server.LarderServer;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.cache.CacheManager;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.env.MapPropertySource;

/**
 * Tells where the server of the caches listens, when the context is ready: as the property {@code
 * local.larder.port}, as {@code local.server.port} is that of a web server, and by an event. And
 * says in the log that it is about to end: when a JVM ends, Java's own logging, to which the server
 * would say so, may have ended before. The server itself is run, and ended, by the cache manager.
 */
final class ServerAnnouncement implements SmartLifecycle {
  static final String PORT = "local.larder.port";
  private static final Log LOG = LogFactory.getLog(LarderServer.class);

  private final ConfigurableApplicationContext context;
  private final ObjectProvider<CacheManager> managers;
  private volatile boolean running;

  ServerAnnouncement(
      ConfigurableApplicationContext context, ObjectProvider<CacheManager> managers) {
    this.context = context;
    this.managers = managers;
  }

  /** The server that this manager runs; null if it runs none, or is not Larder's. */
  static @Nullable LarderServer serverOf(CacheManager manager) {
    try {
      return manager.unwrap(LarderServer.class);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public void start() {
    running = true;
    server().ifPresent(this::announce);
  }

  private Optional<LarderServer> server() {
    return managers.stream().flatMap(manager -> Stream.ofNullable(serverOf(manager))).findFirst();
  }

  private void announce(LarderServer server) {
    int port = server.port() == 0 ? server.tlsPort() : server.port();
    if (port != 0) { // else it listens on a Unix socket alone
      context
          .getEnvironment()
          .getPropertySources()
          .addFirst(new MapPropertySource("larder.ports", Map.of(PORT, port)));
    }
    context.publishEvent(new LarderServerStartedEvent(context, server));
  }

  @Override
  public void stop() {
    running = false;
    server().ifPresent(server -> LOG.info(server + " ends with " + context.getId()));
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
