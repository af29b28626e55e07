package dev.larder.server;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.RequestLimits;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.jspecify.annotations.Nullable;

/**
 * Shows caches on a socket: to a person with telnet or nc, and to any Redis client. They see the
 * very entries that the Java code of this JVM sees.
 *
 * <pre>{@code
 * try (LarderServer server = LarderServer.builder(cache).port(6379).start()) {
 *   …
 * }
 * }</pre>
 *
 * <p>A client selects a cache by name ({@code SELECT users}) or by number ({@code SELECT 1}); it
 * begins with number 0. All threads are daemons, so that a server does not keep a JVM alive.
 */
public final class LarderServer implements AutoCloseable {
  /** Redis' port. */
  public static final int DEFAULT_PORT = 6379;

  /** Connections that may be open at a time. */
  public static final int DEFAULT_MAX_CLIENTS = 10_000;

  static final String VERSION = "0.1.0";

  /** Connections that the system holds for us until they are accepted; it may allow fewer. */
  private static final int BACKLOG = 1_024;

  /** For replies in flight when the server is closed. */
  private static final long GRACE_MILLIS = 2_000;

  private final String name;
  private final InetSocketAddress address;
  private final EventLoop loop;
  private final Workers workers;
  private boolean closed;

  private LarderServer(Builder builder, List<Database> databases) throws IOException {
    ServerSocketChannel listening = ServerSocketChannel.open();
    try {
      listening.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listening.configureBlocking(false);
      listening.bind(new InetSocketAddress(builder.bind, builder.port), BACKLOG);
      address = (InetSocketAddress) listening.getLocalAddress();
      name = builder.name == null ? String.valueOf(address.getPort()) : builder.name;
      loop = new EventLoop("larder-server-" + name + "-loop");
      workers = new Workers("larder-server-" + name);
      OpenConnections connections =
          new OpenConnections(databases, address.getPort(), builder.maxClients);
      Connection.Setting setting =
          new Connection.Setting(
              connections,
              workers,
              RequestLimits.forHeap(Runtime.getRuntime().maxMemory()),
              builder.inlineReplies);
      Acceptor acceptor =
          new Acceptor(
              listening,
              loop,
              connections,
              (channel, number) ->
                  welcome(channel, new Connection(number, channel, loop, setting)));
      loop.register(listening, SelectionKey.OP_ACCEPT, acceptor);
    } catch (IOException | RuntimeException e) {
      listening.close();
      throw e;
    }
    loop.start();
    ServerLog.info(this + " shows " + shown(databases));
  }

  private static void welcome(SocketChannel channel, Connection connection) {
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    } catch (IOException e) { // the client is gone
      connection.close();
      return;
    }
    connection.open();
  }

  private static String shown(List<Database> databases) {
    String first = databases.get(0).name();
    return databases.size() == 1
        ? "cache " + first
        : String.format(
            Locale.ROOT,
            "%d caches, %s to %s",
            databases.size(),
            first,
            databases.get(databases.size() - 1).name());
  }

  /**
   * A server for these caches of Larder, which get the numbers 0, 1, 2… in this order.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Builder builder(Cache<?, ?>... caches) {
    List<Cache<?, ?>> given = List.of(caches);
    if (given.isEmpty()) {
      throw new IllegalArgumentException("expected at least one cache to show");
    }
    return new Builder(() -> given.stream().<CacheOperations<?, ?>>map(LarderServer::ops).toList());
  }

  /**
   * A server for the caches that this manager of Larder has when the server starts. They get the
   * numbers 0, 1, 2… in the order of their names, as strings are ordered.
   */
  public static Builder builder(CacheManager manager) {
    Objects.requireNonNull(manager, "manager");
    return new Builder(
        () ->
            StreamSupport.stream(manager.getCacheNames().spliterator(), false)
                .sorted()
                .map(manager::<Object, Object>getCache)
                .filter(Objects::nonNull) // destroyed meanwhile
                .<CacheOperations<?, ?>>map(LarderServer::ops)
                .toList());
  }

  /** The same for what the caches are made of. */
  static Builder builder(List<? extends CacheOperations<?, ?>> caches) {
    return new Builder(() -> List.copyOf(caches));
  }

  private static CacheOperations<?, ?> ops(Cache<?, ?> cache) {
    try {
      return cache.unwrap(CacheOperations.class);
    } catch (IllegalArgumentException e) {
      throw new ServerException(
          "expected caches of Larder, found '"
              + cache.getName()
              + "', which is a "
              + cache.getClass().getName(),
          e);
    }
  }

  /** The port that it listens on, also if any free one was asked for. */
  public int port() {
    return address.getPort();
  }

  /** The address that it listens on. */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Ends the server: no connection is accepted any more, commands that have begun are finished and
   * answered, for at most two seconds, and all connections and threads end. The caches stay open.
   * Does nothing the second time.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    loop.stop(GRACE_MILLIS);
    loop.join(2 * GRACE_MILLIS);
    workers.close(GRACE_MILLIS / 10);
    ServerLog.info(this + " has ended");
  }

  /** {@code larder-server-6379 (127.0.0.1:6379)}. */
  @Override
  public String toString() {
    return "larder-server-" + name + " (" + text(address) + ")";
  }

  /** An address as one writes it; numbers only. */
  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /** How a server is to be. */
  public static final class Builder {
    private final Supplier<List<CacheOperations<?, ?>>> caches;
    private int port = DEFAULT_PORT;
    private InetAddress bind = InetAddress.getLoopbackAddress();
    private int maxClients = DEFAULT_MAX_CLIENTS;
    private InlineReplies inlineReplies = InlineReplies.LINE;
    private @Nullable String name;

    private Builder(Supplier<List<CacheOperations<?, ?>>> caches) {
      this.caches = caches;
    }

    /** The port to listen on, {@value #DEFAULT_PORT} by default; 0: any that is free. */
    public Builder port(int port) {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("expected a port of 0 to 65535 but was " + port);
      }
      this.port = port;
      return this;
    }

    /**
     * The address to listen on: one of this machine's own, 127.0.0.1 by default.
     *
     * @throws IllegalArgumentException if it could be reached from another machine: there is no
     *     password yet to protect it
     */
    public Builder bind(InetAddress address) {
      if (!address.isLoopbackAddress()) {
        throw new IllegalArgumentException(
            "expected a loopback address such as 127.0.0.1 but was "
                + address.getHostAddress()
                + ": without a password, nobody else may reach the caches");
      }
      this.bind = address;
      return this;
    }

    /** As {@link #bind(InetAddress)}, by name or in numbers. */
    public Builder bind(String host) {
      try {
        return bind(InetAddress.getByName(host));
      } catch (UnknownHostException e) {
        throw new IllegalArgumentException(
            "expected an address to listen on but was '" + host + "', which is not known", e);
      }
    }

    /**
     * How many connections may be open at a time, {@value #DEFAULT_MAX_CLIENTS} by default. More
     * are refused with {@code -ERR max number of clients reached}.
     */
    public Builder maxClients(int maxClients) {
      if (maxClients < 1) {
        throw new IllegalArgumentException("expected at least 1 client but was " + maxClients);
      }
      this.maxClients = maxClients;
      return this;
    }

    /** How commands typed as lines are answered, {@link InlineReplies#LINE} by default. */
    public Builder inlineReplies(InlineReplies inlineReplies) {
      this.inlineReplies = Objects.requireNonNull(inlineReplies, "inlineReplies");
      return this;
    }

    /**
     * What threads and log call the server, by default its port: {@code larder-server-6379-loop}.
     */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * Starts the server.
     *
     * @throws ServerException if it cannot listen on that address, or there is no cache to show
     */
    public LarderServer start() {
      List<Database> databases = databases();
      try {
        return new LarderServer(this, databases);
      } catch (IOException e) {
        throw new ServerException(
            "cannot listen on "
                + text(new InetSocketAddress(bind, port))
                + ": "
                + Objects.requireNonNullElse(e.getMessage(), e.toString()),
            e);
      }
    }

    private List<Database> databases() {
      List<Database> databases = new ArrayList<>();
      Set<String> names = new HashSet<>();
      for (CacheOperations<?, ?> cache : caches.get()) {
        if (!names.add(cache.name())) {
          throw new ServerException("there are two caches '" + cache.name() + "' to show");
        }
        databases.add(Database.of(cache));
      }
      if (databases.isEmpty()) {
        throw new ServerException("there is no cache to show");
      }
      return databases;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "LarderServer.Builder[port=%d, bind=%s, maxClients=%d, inlineReplies=%s, name=%s]",
          port,
          bind.getHostAddress(),
          maxClients,
          inlineReplies,
          name);
    }
  }
}
