package dev.larder.server;

import dev.larder.OperationException;
import dev.larder.ops.CacheOperations;
import dev.larder.server.command.CommandTable;
import dev.larder.server.command.Config;
import dev.larder.server.command.Database;
import dev.larder.server.command.Server;
import dev.larder.server.command.ServerLog;
import dev.larder.server.command.Session;
import dev.larder.server.command.Users;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** For replies in flight when the server is closed. */
  private static final long GRACE_MILLIS = 2_000;

  private final String name;
  private final Server server;
  private final List<EventLoop> loops = new ArrayList<>();
  private final Workers workers;
  private final Doors doors;
  private final Runnable whenAsked;
  private final AtomicBoolean closed = new AtomicBoolean();

  private LarderServer(Builder builder, List<Database> databases) throws IOException {
    Config config = new Config(builder.config);
    doors = Doors.open(builder.bind, config, builder.tls);
    Server begun = null;
    try {
      name = builder.name == null ? doors.name() : builder.name;
      whenAsked = builder.whenAsked == null ? this::closeInBackground : builder.whenAsked;
      workers = new Workers("larder-server-" + name);
      begun = new Server(databases, config, builder.users(config), VERSION, () -> whenAsked.run());
      server = begun;
      requireProtection(builder.bind, config);
      for (int i = 0; i < config.number("io-threads"); i++) {
        loops.add(new EventLoop("larder-server-" + name + "-loop-" + (i + 1)));
      }
      doors.admit(server, new Crowd(server, workers), loops);
    } catch (IOException | RuntimeException e) {
      doors.close();
      loops.forEach(EventLoop::end);
      if (begun != null) {
        begun.end();
      }
      throw e;
    }
    loops.forEach(EventLoop::start);
    ServerLog.info(this + " shows " + shown(databases));
  }

  private void requireProtection(InetAddress bind, Config config) {
    boolean open = !bind.isLoopbackAddress() && !server.users().mustLogIn();
    if (open && config.isYes("protected-mode")) {
      throw new ServerException(
          "expected a password (requirepass) to listen on "
              + bind.getHostAddress()
              + ", where other machines may reach the caches; without one, only 127.0.0.1");
    }
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

  /** The port that it listens on, also if any free one was asked for; 0 if it listens on none. */
  public int port() {
    return doors.port();
  }

  /** The port that it listens on for TLS; 0 if it does not. */
  public int tlsPort() {
    return doors.tlsPort();
  }

  /**
   * The address that it listens on.
   *
   * @throws IllegalStateException if it listens on a Unix socket alone
   */
  public InetSocketAddress address() {
    return doors.address();
  }

  /**
   * Ends the server: no connection is accepted any more, commands that have begun are finished and
   * answered, for at most two seconds, and all connections and threads end. The caches stay open.
   * Does nothing the second time.
   */
  @Override
  public synchronized void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    doors.close(); // before the loop does it, which knows no more than the channel of a file's
    loops.get(0).closeDoors(GRACE_MILLIS);
    loops.forEach(loop -> loop.stop(GRACE_MILLIS));
    loops.forEach(loop -> loop.join(2 * GRACE_MILLIS));
    workers.close(GRACE_MILLIS / 10);
    List.copyOf(server.sessions()).forEach(Session::end); // their commands have not come back
    server.end();
    ServerLog.info(this + " has ended");
  }

  private void closeInBackground() {
    Thread thread = new Thread(this::close, "larder-server-" + name + "-close");
    thread.setDaemon(true);
    thread.start();
  }

  /** {@code larder-server-6379 (127.0.0.1:6379)}. */
  @Override
  public String toString() {
    return "larder-server-" + name + " (" + doors + ")";
  }

  /** Where it listens, as a person reads it. */
  String listensOn() {
    return doors.toString();
  }

  /**
   * How a server is to be. What has no method here is a setting, called as in {@code redis.conf}:
   * see {@link #config}.
   */
  public static final class Builder {
    private final Supplier<List<CacheOperations<?, ?>>> caches;
    private final Config config = new Config();
    private final List<String> users = new ArrayList<>();
    private InetAddress bind = InetAddress.getLoopbackAddress();
    private @Nullable Tls tls;
    private @Nullable String name;
    private @Nullable Runnable whenAsked;

    private Builder(Supplier<List<CacheOperations<?, ?>>> caches) {
      this.caches = caches;
    }

    /** The port to listen on, {@value #DEFAULT_PORT} by default; 0: any that is free. */
    public Builder port(int port) {
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException("expected a port of 0 to 65535 but was " + port);
      }
      return config("port", String.valueOf(port));
    }

    /** Listens on no TCP port without TLS: on a Unix socket or for TLS alone. */
    public Builder noPort() {
      return config("port", "no");
    }

    /**
     * The address to listen on: 127.0.0.1 by default. One that can be reached from another machine
     * needs a {@link #password} or {@link #user users}.
     */
    public Builder bind(InetAddress address) {
      this.bind = Objects.requireNonNull(address, "address");
      return config("bind", address.getHostAddress());
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
     * Listens on a Unix socket, too, for programs of this machine's same user. The file is removed
     * at the end.
     */
    public Builder unixSocket(Path path) {
      return config("unixsocket", path.toString());
    }

    /**
     * Listens for TLS, too.
     *
     * @param port 1 to 65535
     */
    public Builder tls(int port, Tls tls) {
      this.tls = Objects.requireNonNull(tls, "tls");
      return config("tls-port", String.valueOf(port));
    }

    /** What clients must say ({@code AUTH password}) before they may do anything. */
    public Builder password(String password) {
      return config("requirepass", Objects.requireNonNull(password, "password"));
    }

    /**
     * A user and what it may do, in the words of {@code ACL SETUSER}: {@code user("ann", "on",
     * ">secret", "~ann:*", "+@read")}. A rule for {@code default} is one for those who have not
     * said who they are.
     */
    public Builder user(String name, String... rules) {
      users.add("user " + name + " " + String.join(" ", rules));
      return this;
    }

    /** Commands that are not to be there: {@code disable("FLUSHALL", "DEBUG")}. */
    public Builder disable(String... commands) {
      return config("disable-commands", String.join(",", commands));
    }

    /**
     * How many connections may be open at a time, {@value #DEFAULT_MAX_CLIENTS} by default. More
     * are refused with {@code -ERR max number of clients reached}.
     */
    public Builder maxClients(int maxClients) {
      if (maxClients < 1) {
        throw new IllegalArgumentException("expected at least 1 client but was " + maxClients);
      }
      return config("maxclients", String.valueOf(maxClients));
    }

    /** How many threads serve the connections; by default, one for each two processors. */
    public Builder eventLoops(int loops) {
      return config("io-threads", String.valueOf(loops));
    }

    /** Closes clients that have been silent for so long, in whole seconds; zero: never. */
    public Builder idleTimeout(Duration timeout) {
      return config("timeout", String.valueOf(timeout.toSeconds()));
    }

    /** How commands typed as lines are answered, {@link InlineReplies#LINE} by default. */
    public Builder inlineReplies(InlineReplies inlineReplies) {
      return config("inline-replies", inlineReplies.name().toLowerCase(Locale.ROOT));
    }

    /**
     * Any setting of the program and of {@code CONFIG SET}, such as {@code notify-keyspace-events}.
     *
     * @throws IllegalArgumentException if there is no such setting, or that is no value for it
     */
    public Builder config(String setting, String value) {
      config.with(setting, value);
      return this;
    }

    /**
     * What threads and log call the server, by default its port: {@code larder-server-6379-loop-1}.
     */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /** What {@code SHUTDOWN} does, at once; by default it closes the server. */
    Builder whenAsked(Runnable action) {
      this.whenAsked = action;
      return this;
    }

    /**
     * Starts the server.
     *
     * @throws ServerException if it cannot listen on that address, or there is no cache to show
     */
    public LarderServer start() {
      List<Database> databases = databases();
      if (tls == null && !config.get("tls-port").equals("0")) {
        tls = Tls.of(config);
      }
      try {
        return new LarderServer(this, databases);
      } catch (IOException e) {
        throw new ServerException(Objects.requireNonNullElse(e.getMessage(), e.toString()), e);
      }
    }

    private Users users(Config config) {
      String file = config.get("aclfile");
      Users users =
          new Users(
              CommandTable.ALL.commands(),
              Clock.systemUTC()::millis,
              file.isEmpty() ? null : Path.of(file));
      if (!config.get("requirepass").isEmpty()) {
        users.requirePassword(bytes(config.get("requirepass")));
      }
      config.onChange("requirepass", value -> users.requirePassword(bytes(value)));
      try {
        users.configure("the users given", this.users);
        if (!file.isEmpty()) {
          users.load();
        }
      } catch (OperationException e) {
        throw new ServerException(String.valueOf(e.getMessage()), e);
      }
      return users;
    }

    private static byte @Nullable [] bytes(String text) {
      return text.isEmpty() ? null : text.getBytes(StandardCharsets.UTF_8);
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
      config.with("databases", String.valueOf(databases.size()));
      return databases;
    }

    @Override
    public String toString() {
      Stream<String> given =
          Config.ALL.stream()
              .filter(setting -> !config.get(setting.name()).equals(setting.byDefault()))
              .map(
                  setting ->
                      setting.name()
                          + "="
                          + (setting.isSecret() ? "..." : config.get(setting.name())));
      return Stream.concat(given, Stream.ofNullable(name).map(text -> "name=" + text))
          .collect(Collectors.joining(", ", "LarderServer.Builder[", "]"));
    }
  }
}
