package dev.larder.server;

import dev.larder.OperationException;
import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.ops.CacheOperations;
import dev.larder.server.command.CommandTable;
import dev.larder.server.command.Config;
import dev.larder.server.command.Database;
import dev.larder.server.command.Server;
import dev.larder.server.command.ServerLog;
import dev.larder.server.command.Session;
import dev.larder.server.command.Stats;
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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
 * begins with number 0. Caches may {@linkplain #show come} and {@linkplain #hide go} while the
 * server runs; a number keeps its meaning, and where it has no cache at present, commands on keys
 * are answered with an error that says so. All threads are daemons, so that a server does not keep
 * a JVM alive.
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

  private LarderServer(Builder builder, Shown shown) throws IOException {
    Config config = new Config(builder.config);
    doors = Doors.open(builder.bind, config, builder.tls);
    Persistence kept = null;
    Server begun = null;
    try {
      name = builder.name == null ? doors.name() : builder.name;
      whenAsked = builder.whenAsked == null ? this::closeInBackground : builder.whenAsked;
      workers = new Workers("larder-server-" + name);
      Users users = builder.users(config);
      requireProtection(builder.bind, config, users);
      for (int i = 0; i < config.number("io-threads"); i++) {
        loops.add(new EventLoop("larder-server-" + name + "-loop-" + (i + 1)));
      }
      kept = builder.open("larder-server-" + name, config, shown);
      List<Database> databases = shown.arranged(kept);
      begun = new Server(databases, config, users, kept, VERSION, () -> whenAsked.run());
      server = begun;
      server.limitMemory();
      doors.admit(server, new Crowd(server, workers), loops);
    } catch (IOException | RuntimeException e) {
      doors.close();
      loops.forEach(EventLoop::end);
      if (begun != null) {
        begun.end();
      }
      if (kept != null) {
        kept.close(false);
      }
      throw e;
    }
    loops.forEach(EventLoop::start);
    ServerLog.info(this + " shows " + shown.text());
  }

  private static void requireProtection(InetAddress bind, Config config, Users users) {
    boolean open = !bind.isLoopbackAddress() && !users.mustLogIn();
    if (open && config.isYes("protected-mode")) {
      throw new ServerException(
          "expected a password (requirepass) to listen on "
              + bind.getHostAddress()
              + ", where other machines may reach the caches; without one, only 127.0.0.1");
    }
  }

  /**
   * The caches to show.
   *
   * @param databases those that have a cache, in the order of their numbers
   * @param reserved whose the first numbers are
   * @param caches the same as {@code javax.cache} has them; none if it does not
   */
  private record Shown(List<Database> databases, List<String> reserved, List<Cache<?, ?>> caches) {
    /** The databases in the order of the numbers that they have on disk. */
    List<Database> arranged(@Nullable Persistence kept) {
      Map<String, Database> byName = new LinkedHashMap<>();
      databases.forEach(database -> byName.put(database.cache().name(), database));
      if (kept == null) {
        return amongReserved(byName);
      }
      List<Database> arranged = new ArrayList<>();
      for (String name : kept.numbers()) {
        Database database = byName.remove(name);
        if (database == null) {
          throw new ServerException(
              "expected the cache '" + name + "' that the files are of, found none to show");
        }
        arranged.add(database);
      }
      if (!byName.isEmpty()) {
        throw new ServerException("the files have no number for the caches " + byName.keySet());
      }
      List<String> numbers = kept.numbers();
      if (reserved.size() > numbers.size()
          || !reserved.equals(numbers.subList(0, reserved.size()))) {
        throw new ServerException(
            "expected the caches "
                + reserved
                + " to have the first numbers, as reserved, but on"
                + " disk the numbers are those of "
                + numbers);
      }
      return arranged;
    }

    /** Each cache under its own number or, behind those, in the order in which they were given. */
    private List<Database> amongReserved(Map<String, Database> byName) {
      List<Database> arranged = new ArrayList<>();
      for (String name : reserved) {
        Database database = byName.remove(name);
        arranged.add(database == null ? Database.reserved(name) : database);
      }
      arranged.addAll(byName.values());
      return arranged;
    }

    String text() {
      return switch (databases.size()) {
        case 0 -> "no cache yet";
        case 1 -> "cache " + databases.get(0).name();
        default ->
            String.format(
                Locale.ROOT,
                "%d caches, %s to %s",
                databases.size(),
                databases.get(0).name(),
                databases.get(databases.size() - 1).name());
      };
    }
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
    return new Builder(() -> given, List::of, false);
  }

  /**
   * A server for the caches that this manager of Larder has when the server starts. They get the
   * numbers 0, 1, 2… in the order of their names, as strings are ordered. There may be none yet:
   * those that are made later are shown with {@link #show}.
   */
  public static Builder builder(CacheManager manager) {
    Objects.requireNonNull(manager, "manager");
    return new Builder(
        () ->
            StreamSupport.stream(manager.getCacheNames().spliterator(), false)
                .sorted()
                .<Cache<?, ?>>map(manager::getCache)
                .filter(Objects::nonNull) // destroyed meanwhile
                .toList(),
        List::of,
        true);
  }

  /** The same for what the caches are made of. */
  static Builder builder(List<? extends CacheOperations<?, ?>> caches) {
    return new Builder(List::of, () -> List.copyOf(caches), false);
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

  /**
   * Shows a cache of Larder from now on, under the number that was {@linkplain Builder#reserve
   * reserved} for its name, or that a cache of its name had before; else under the next one that is
   * free. Clients may select it at once. It is counted for {@code maxmemory} unless it has a bound
   * of its own.
   *
   * @return its number; nothing happens if it is shown already
   * @throws IllegalArgumentException if another open cache of its name is shown
   * @throws IllegalStateException if this server keeps its caches on disk: these are those that it
   *     started with; or if it has ended
   * @throws ServerException if it is no cache of Larder
   */
  public int show(Cache<?, ?> cache) {
    return server.show(ops(cache));
  }

  /**
   * Shows a cache no more, which may be closed already. Its number stays its own: clients that have
   * selected it are told that there is no cache, until one of the same name is {@linkplain #show
   * shown}. A transaction that runs just now may find it gone in its middle, as if it were closed.
   * Does nothing if it is not shown, or if this server keeps its caches on disk.
   *
   * @throws ServerException if it is no cache of Larder
   */
  public void hide(Cache<?, ?> cache) {
    server.hide(ops(cache));
  }

  /** What the server does and has done; the same numbers as in {@code INFO}. Never waits. */
  public ServerInfo info() {
    Stats stats = server.stats();
    return new ServerInfo(
        server.open(),
        server.accepted(),
        server.refused(),
        stats.commands(),
        stats.allErrors(),
        Duration.ofNanos(stats.nanos()),
        stats.bytesReceived(),
        stats.bytesSent());
  }

  /** What threads and log call it: {@code larder-server-6379}. */
  public String name() {
    return "larder-server-" + name;
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
   * answered, for at most two seconds, and all connections and threads end. Then what it keeps on
   * disk is completed: all changes are in the log, if there is one, and a snapshot is written if
   * there are save rules. The caches stay open. Does nothing the second time.
   *
   * @throws ServerException if that could not be written; the server has ended nevertheless
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
    try {
      server.endPersistence();
    } catch (RuntimeException e) {
      throw new ServerException("what is kept on disk is not complete: " + e.getMessage(), e);
    } finally {
      ServerLog.info(this + " has ended");
    }
  }

  /** Whether it has ended, or is about to: by {@link #close}, or by a client's {@code SHUTDOWN}. */
  public boolean isClosed() {
    return closed.get();
  }

  private void closeInBackground() {
    Thread thread =
        new Thread(
            () -> {
              try {
                close();
              } catch (ServerException e) {
                ServerLog.error(this + " has ended", e);
              }
            },
            "larder-server-" + name + "-close");
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
    private final Supplier<List<Cache<?, ?>>> caches;
    private final Supplier<List<CacheOperations<?, ?>>> others; // that are not of javax.cache
    private final Config config = new Config();
    private final List<String> users = new ArrayList<>();
    private final boolean mayBeginEmpty;
    private List<String> reserved = List.of();
    private boolean onlyReserved;
    private InetAddress bind = InetAddress.getLoopbackAddress();
    private @Nullable Tls tls;
    private @Nullable String name;
    private @Nullable Runnable whenAsked;
    private Persistence.@Nullable Opener opener;

    private Builder(
        Supplier<List<Cache<?, ?>>> caches,
        Supplier<List<CacheOperations<?, ?>>> others,
        boolean mayBeginEmpty) {
      this.caches = caches;
      this.others = others;
      this.mayBeginEmpty = mayBeginEmpty;
    }

    /**
     * Whose the numbers 0, 1, 2… are: the caches of these names have them, whenever they come;
     * others have those behind them.
     *
     * @throws IllegalArgumentException if a name is there twice
     */
    public Builder reserve(List<String> names) {
      List<String> reserved = List.copyOf(names);
      if (Set.copyOf(reserved).size() < reserved.size()) {
        throw new IllegalArgumentException(
            "expected each name once to reserve numbers for, found " + reserved);
      }
      this.reserved = reserved;
      return this;
    }

    /**
     * Shows, of the caches that there are when the server starts, only those that numbers are
     * {@linkplain #reserve reserved} for.
     */
    public Builder onlyReserved() {
      this.onlyReserved = true;
      return this;
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
     * What the entries of all caches that have no bound of their own may take of the heap, together
     * and by estimate: keys, values and what holds them. By default there is no limit. It holds for
     * what Java writes, too, from the start of the server to its end.
     *
     * @param bytes 0: no limit
     * @param policy who leaves when there is more, in Redis' words: {@code allkeys-lfu} for who is
     *     of least use, {@code noeviction} to refuse writes ({@code OOM}), or {@code allkeys-lru},
     *     {@code allkeys-random}; {@code volatile-lfu}, {@code volatile-lru}, {@code
     *     volatile-random}, {@code volatile-ttl} for those with a deadline only
     */
    public Builder maxMemory(long bytes, String policy) {
      config("maxmemory-policy", policy);
      return config("maxmemory", String.valueOf(bytes));
    }

    /**
     * Keeps all caches of this server on disk: what is there is loaded when the server starts, into
     * the caches, which must be empty. By default nothing is kept.
     */
    public Builder persistence(PersistenceOptions options) {
      config.with(options);
      return this;
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

    /** Keeps the caches, in place of the one that the manager of Larder's caches has. */
    Builder opener(Persistence.Opener opener) {
      this.opener = opener;
      return this;
    }

    /**
     * Starts the server. What is kept on disk is loaded before the first client is let in.
     *
     * @throws ServerException if it cannot listen on that address, there is no cache to show, or
     *     what is on disk cannot be loaded
     */
    public LarderServer start() {
      Shown shown = shown();
      if (tls == null && !config.get("tls-port").equals("0")) {
        tls = Tls.of(config);
      }
      try {
        return new LarderServer(this, shown);
      } catch (IOException | PersistenceException e) {
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

    private Shown shown() {
      List<Cache<?, ?>> caches = new ArrayList<>(this.caches.get());
      if (onlyReserved) {
        caches.removeIf(cache -> !reserved.contains(cache.getName()));
      }
      caches.sort(Comparator.comparingInt(this::rank)); // what is on disk is numbered so, too
      List<CacheOperations<?, ?>> all = new ArrayList<>(others.get());
      caches.forEach(cache -> all.add(ops(cache)));
      List<Database> databases = new ArrayList<>();
      Set<String> names = new LinkedHashSet<>();
      for (CacheOperations<?, ?> cache : all) {
        if (!names.add(cache.name())) {
          throw new ServerException("there are two caches '" + cache.name() + "' to show");
        }
        databases.add(Database.of(cache));
      }
      if (databases.isEmpty() && (!mayBeginEmpty || config.isKept())) {
        throw new ServerException("there is no cache to show");
      }
      if (config.isKept() && !names.containsAll(reserved)) {
        throw new ServerException(
            "expected all the caches "
                + reserved
                + " when the server starts, because it keeps them"
                + " on disk, found only "
                + names);
      }
      return new Shown(databases, reserved, caches);
    }

    private int rank(Cache<?, ?> cache) {
      int reserved = this.reserved.indexOf(cache.getName());
      return reserved < 0 ? Integer.MAX_VALUE : reserved;
    }

    /** Loads what is on disk, and keeps the caches from then on; null if they are not to be. */
    private @Nullable Persistence open(String name, Config config, Shown shown) {
      PersistenceOptions options = config.persistence();
      if (config.isKept()) {
        return opener(shown.caches).open(name, options, shown.caches);
      }
      if (options.log() || !options.saveRules().isEmpty()) {
        throw new ServerException(
            "expected a directory (dir) for what "
                + (options.log() ? "appendonly" : "save")
                + " asks for");
      }
      return null;
    }

    private Persistence.Opener opener(List<Cache<?, ?>> caches) {
      return opener != null
          ? opener
          : caches.get(0).getCacheManager().unwrap(Persistence.Opener.class);
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
