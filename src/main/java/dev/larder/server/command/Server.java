package dev.larder.server.command;

import dev.larder.Persistence;
import dev.larder.PersistenceException;
import dev.larder.PersistenceOptions;
import dev.larder.PersistenceStatus;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.ChangeListener;
import dev.larder.protocol.Reply;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What all sessions of a server share. */
public final class Server {
  private static final String NOT_KEPT = "nothing is kept on disk: the server has no 'dir'";

  private final Config config;
  private final Users users;
  private final Stats stats;
  private final Databases databases;
  private final Object arranging = new Object();
  private final Channels channels = new Channels();
  private final Monitors monitors = new Monitors();
  private final TrackedKeys trackedKeys;
  private final Notifications notifications;
  private final MaxMemory maxMemory;
  private final Pause pause = new Pause();
  private final @Nullable Persistence persistence;
  private final Runnable shutdown;
  private final String version;
  private final BitSet disabled = new BitSet();
  private final long startedNanos = System.nanoTime();
  private final Instant started = Clock.systemUTC().instant();

  private volatile int port;
  private volatile int most;
  private volatile boolean stopsWrites;
  private volatile @Nullable Boolean savesInTheEnd; // null: the persistence knows

  private final ConcurrentSkipListMap<Long, Session> sessions = new ConcurrentSkipListMap<>();
  private volatile long acceptedBefore; // the last reset of statistics
  private long evictedBefore; // likewise; guarded by this

  private final String runId = newId();
  private volatile String replicationId = newId();
  private long rateCommands; // when the rate was asked for last; guarded by this
  private long rateNanos = startedNanos; // guarded by this

  private final AtomicInteger open = new AtomicInteger();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  /**
   * A server without sessions.
   *
   * @param databases the index is the number; some may be {@linkplain Database#reserved reserved}
   * @param persistence what keeps the databases, under the numbers that they have here; null:
   *     nothing does
   * @param version Larder's own
   * @param shutdown ends the program or the server; must return at once
   */
  public Server(
      List<Database> databases,
      Config config,
      Users users,
      @Nullable Persistence persistence,
      String version,
      Runnable shutdown) {
    this.databases = new Databases(databases);
    config.with("databases", String.valueOf(this.databases.count()));
    this.config = config;
    this.users = users;
    this.persistence = persistence;
    this.version = version;
    this.shutdown = shutdown;
    this.stats = new Stats(config);
    this.trackedKeys = new TrackedKeys(this);
    this.notifications = new Notifications(this);
    this.maxMemory = new MaxMemory(config, caches());
    users.listen(new Eviction());
    config.follow("maxclients", value -> most = Integer.parseInt(value));
    config.follow("notify-keyspace-events", notifications::choose);
    config.follow("stop-writes-on-bgsave-error", value -> stopsWrites = value.equals("yes"));
    config.beforeKeepingChanges(this::keep);
    for (String name : config.get("disable-commands").split(",", -1)) {
      CommandTable.ALL.rows(name).forEach(command -> disabled.set(command.number()));
    }
  }

  /** Closes the connections of users who are no more, or may not have what they listen to. */
  private final class Eviction implements Users.Listener {
    @Override
    public void changed(User user) {
      killAll(session -> session.user() == user && !session.subscriptions().areAllowed(user));
    }

    @Override
    public void deleted(User user) {
      killAll(session -> session.user() == user);
    }

    private void killAll(Predicate<Session> condition) {
      sessions.values().stream().filter(condition).forEach(session -> session.wire().kill());
    }
  }

  // -------------------------------------------------------------------------------- its sessions

  /** Lets one more in, and returns its number; 0 if there are too many. */
  public long admit() {
    if (open.getAndIncrement() >= most) {
      open.decrementAndGet();
      refused.incrementAndGet();
      return 0;
    }
    return accepted.incrementAndGet();
  }

  /** A session that was let in has begun. */
  public void enter(Session session) {
    sessions.put(session.id(), session);
  }

  /** One that was let in has ended, or never begun. */
  public void leave(long id) {
    sessions.remove(id);
    open.decrementAndGet();
  }

  /** Those that are open, the oldest first. */
  public Collection<Session> sessions() {
    return Collections.unmodifiableCollection(sessions.values());
  }

  @Nullable Session session(long id) {
    return sessions.get(id);
  }

  /** How many of them have begun a command that waits for something. */
  int waiting() {
    return (int) sessions.values().stream().filter(session -> session.wire().isWaiting()).count();
  }

  /** How many connections are open. */
  public int open() {
    return open.get();
  }

  /** Connections accepted since statistics were reset. */
  public long accepted() {
    return accepted.get() - acceptedBefore;
  }

  /** Connections refused since then because there were too many. */
  public long refused() {
    return refused.get();
  }

  // ------------------------------------------------------------------------------- its databases

  /** How many numbers can be selected; there may be some without a cache. */
  int databases() {
    return databases.count();
  }

  Database database(int number) {
    return databases.get(number);
  }

  /** The caches that are there. */
  List<CacheOperations<Object, Object>> caches() {
    return databases.caches();
  }

  /** The number that belongs to a cache's name, or -1. */
  int find(String name) {
    return databases.find(name);
  }

  /** Which cache has which number: the same object as long as that stays so. */
  Object arrangement() {
    return databases.arrangement();
  }

  /** Whether these are the operations of a cache that can be selected at present. */
  boolean shows(CacheOperations<Object, Object> operations) {
    return databases.have(operations);
  }

  /** A listener to all caches that has not begun yet. */
  Databases.Listening listening(
      Function<CacheOperations<Object, Object>, ChangeListener<Object>> listeners) {
    return databases.listening(listeners);
  }

  /**
   * Gives a cache the number of its name, or the first that is nobody's. May take long if there is
   * a limit for memory: it looks at every entry.
   *
   * @return its number; nothing happens if the cache has it already
   * @throws IllegalArgumentException if another open cache has its name
   * @throws IllegalStateException if what is on disk has all the numbers, or the server has ended
   */
  public int show(CacheOperations<?, ?> cache) {
    synchronized (arranging) {
      requireUnkept(cache.name());
      int present = find(cache.name());
      Database before = present < 0 ? Database.FREE : database(present);
      if (before.cache() == cache) {
        return present;
      }
      if (before.isShown() && !before.isOpen()) {
        takeAway(before.cache()); // which its owner has not asked for, and cannot mean any more
      }
      Database shown = Database.of(cache);
      int number = databases.show(shown);
      config.with("databases", String.valueOf(databases()));
      countEvictions(shown, 1);
      maxMemory.add(shown.waiting());
      return number;
    }
  }

  /**
   * Takes a cache away, if it is there. Its number stays that of its name. Who watches keys of it
   * has lost them, and who tracks keys is told that all have changed. What is kept on disk cannot
   * be taken away: nothing happens.
   */
  public void hide(CacheOperations<?, ?> cache) {
    synchronized (arranging) {
      if (persistence == null) {
        takeAway(cache);
      }
    }
  }

  private void takeAway(CacheOperations<?, ?> cache) {
    Database gone = databases.hide(cache); // in one step: a client may swap just now
    if (gone != null) {
      String name = Objects.requireNonNull(gone.name());
      sessions.values().forEach(session -> session.transaction().lose(name));
      if (trackedKeys.isActive()) {
        trackedKeys.flushed();
      }
      countEvictions(gone, -1);
      maxMemory.remove(gone.waiting());
    }
  }

  /** What a cache had evicted before it came is not counted, what it did here is also later. */
  private synchronized void countEvictions(Database database, int sign) {
    evictedBefore += sign * database.cache().statistics().evictions();
  }

  private void requireUnkept(String name) {
    if (persistence != null) {
      throw new IllegalStateException(
          "the caches of a server that keeps them on disk ('dir') are those that it starts with:"
              + " '"
              + name
              + "' comes too late");
    }
  }

  /** Gives each of two caches the other's number. The caller holds both as a whole. */
  synchronized void swap(int one, int other) {
    if (persistence != null) {
      persistence.swap(one, other);
    }
    databases.swap(one, other);
  }

  // ------------------------------------------------------------------------------- what is kept

  /** What keeps the caches on disk; null if nothing does. */
  @Nullable Persistence persistenceOrNull() {
    return persistence;
  }

  /** The same for a command that is about it. */
  Persistence persistence() {
    if (persistence == null) {
      throw Args.error(NOT_KEPT);
    }
    return persistence;
  }

  private void keep(PersistenceOptions options) {
    if (persistence != null) {
      persistence.reconfigure(options);
    } else if (options.log() || !options.saveRules().isEmpty()) {
      throw new PersistenceException(NOT_KEPT);
    }
  }

  /** When the last snapshot was written, or this began. */
  Instant lastSave() {
    return persistence == null ? started : persistence.lastSave();
  }

  /** Whether what is changed might not be kept, although it is meant to be. For every request. */
  boolean isFailingToKeep() {
    return persistence != null && persistence.isFailing();
  }

  /** Why nothing may be changed at present; null if it may. */
  @Nullable Reply refusalToWrite() {
    if (persistence == null) {
      return null;
    }
    PersistenceStatus status = persistence.status();
    PersistenceStatus.Log log = status.log();
    if (stopsWrites
        && status.save().failure() != null
        && !persistence.options().saveRules().isEmpty()) {
      return Reply.error(
          "MISCONF",
          "Larder is configured to save RDB snapshots, but it's currently unable to persist to disk."
              + " Commands that may modify the data set are disabled, because this instance is"
              + " configured to report errors during writes if RDB snapshotting fails"
              + " (stop-writes-on-bgsave-error option). Please check the log, or INFO persistence,"
              + " for details about the error.");
    }
    if (log != null && log.failure() != null) {
      return Reply.error("MISCONF", "Errors writing to the AOF file: " + log.failure());
    }
    return null;
  }

  /**
   * Ends what keeps the caches, as {@code SHUTDOWN} has said. No command runs any more.
   *
   * @throws RuntimeException if the last snapshot, or the log, could not be written; it has ended
   *     nevertheless
   */
  public void endPersistence() {
    Boolean saves = savesInTheEnd;
    if (persistence == null) {
      return;
    }
    try {
      if (saves == null) {
        persistence.close();
      } else { // what was written since SHUTDOWN's own snapshot was acknowledged, too
        persistence.close(saves && persistence.status().changes() > 0);
      }
    } catch (RuntimeException e) {
      try {
        persistence.close(false);
      } catch (RuntimeException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
  }

  // -------------------------------------------------------------------------------------- itself

  /** How it is to be. */
  public Config config() {
    return config;
  }

  /** Who may do what. */
  public Users users() {
    return users;
  }

  /** What was done. */
  public Stats stats() {
    return stats;
  }

  /** Whether commands have to wait. */
  public Pause pause() {
    return pause;
  }

  Channels channels() {
    return channels;
  }

  Monitors monitors() {
    return monitors;
  }

  Notifications notifications() {
    return notifications;
  }

  TrackedKeys trackedKeys() {
    return trackedKeys;
  }

  /** What the caches may take together. */
  MaxMemory maxMemory() {
    return maxMemory;
  }

  /**
   * Sees to it that the caches take no more than the settings say by now. May take long, and wait
   * for every entry. To be called once all that is kept on disk is there.
   */
  public void limitMemory() {
    maxMemory.apply();
  }

  boolean isDisabled(Command command) {
    return !disabled.isEmpty() && disabled.get(command.number());
  }

  /** The TCP port that it listens on; 0: none. */
  int port() {
    return port;
  }

  /** It has begun to listen. */
  public void listens(int port) {
    this.port = port;
  }

  String version() {
    return version;
  }

  Duration uptime() {
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  /** Ends the server soon, and what keeps the caches with or without a snapshot. */
  void shutDown(boolean save) {
    savesInTheEnd = save;
    shutdown.run();
  }

  /** Forgets what was counted, but of what the caches count themselves only the evictions. */
  synchronized void resetStatistics() {
    stats.reset();
    evictedBefore = allEvicted();
    acceptedBefore = accepted.get();
    refused.set(0);
    rateCommands = 0;
    rateNanos = System.nanoTime();
  }

  /** Entries evicted since statistics were reset, here or where a cache's own are. */
  synchronized long evicted() {
    long all = allEvicted();
    evictedBefore = Math.min(evictedBefore, all);
    return all - evictedBefore;
  }

  private long allEvicted() {
    return caches().stream().mapToLong(cache -> cache.statistics().evictions()).sum();
  }

  /**
   * Commands a second, since somebody asked for this last: nothing counts time for it, so it means
   * the more the more often a tool asks.
   */
  synchronized long rate() {
    long commands = stats.commands();
    long now = System.nanoTime();
    double seconds = (now - rateNanos) / 1e9;
    long rate = seconds <= 0 ? 0 : Math.round((commands - rateCommands) / seconds);
    rateCommands = commands;
    rateNanos = now;
    return Math.max(0, rate);
  }

  private static String newId() {
    byte[] bytes = new byte[20];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Names this run of the server. */
  String runId() {
    return runId;
  }

  /** Names the history of its data, for replicas, of which there are none. */
  String replicationId() {
    return replicationId;
  }

  void changeReplicationId() {
    replicationId = newId();
  }

  /** It has ended: caches need not tell it of changes any more, and may grow. */
  public void end() {
    databases.end();
    maxMemory.lift();
    trackedKeys.end();
  }
}
