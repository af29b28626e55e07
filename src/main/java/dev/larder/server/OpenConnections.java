package dev.larder.server;

import dev.larder.ops.CacheOperations;
import dev.larder.server.command.Connections;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What all connections of a server share: the caches they see, and how many they are. */
final class OpenConnections implements Connections {
  private final List<Database> databases;
  private final List<CacheOperations<?, ?>> caches;
  private final int port;
  private final int most;
  private final long startedNanos = System.nanoTime();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final LongAdder commands = new LongAdder();

  OpenConnections(List<Database> databases, int port, int most) {
    this.databases = databases;
    this.caches = databases.stream().<CacheOperations<?, ?>>map(Database::waiting).toList();
    this.port = port;
    this.most = most;
  }

  /** Lets one more in, and returns its number; 0 if there are too many. */
  long admit() {
    int before = open.getAndIncrement();
    if (before >= most) {
      open.decrementAndGet();
      refused.incrementAndGet();
      return 0;
    }
    return accepted.incrementAndGet();
  }

  void leave() {
    open.decrementAndGet();
  }

  void beginWaiting() {
    waiting.incrementAndGet();
  }

  void endWaiting() {
    waiting.decrementAndGet();
  }

  void countCommands(int number) {
    commands.add(number);
  }

  /** The one that a connection begins with. */
  Database first() {
    return databases.get(0);
  }

  @Nullable Database find(long number) {
    return number >= 0 && number < databases.size() ? databases.get((int) number) : null;
  }

  @Nullable Database find(String name) {
    for (Database database : databases) {
      if (database.name().equals(name)) {
        return database;
      }
    }
    return null;
  }

  @Override
  public List<CacheOperations<?, ?>> caches() {
    return caches;
  }

  @Override
  public Map<String, String> settings() {
    // spotless:off
    return Map.of(
        "appendonly", "no",
        "databases",  String.valueOf(databases.size()),
        "maxclients", String.valueOf(most),
        "maxmemory",  "0",
        "port",       String.valueOf(port),
        "save",       "",
        "timeout",    "0");
    // spotless:on
  }

  @Override
  public String version() {
    return LarderServer.VERSION;
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public Duration uptime() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  @Override
  public int open() {
    return open.get();
  }

  @Override
  public int most() {
    return most;
  }

  @Override
  public int waiting() {
    return waiting.get();
  }

  @Override
  public long accepted() {
    return accepted.get();
  }

  @Override
  public long refused() {
    return refused.get();
  }

  @Override
  public long commands() {
    return commands.sum();
  }
}
