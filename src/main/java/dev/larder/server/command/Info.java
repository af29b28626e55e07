package dev.larder.server.command;

import dev.larder.CacheInfo;
import dev.larder.Persistence;
import dev.larder.PersistenceStatus;
import dev.larder.ops.CacheOperations;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code INFO}, in the sections and with the field names of Redis, because tools look
 * for those; a field that would not be true here is left out. Hits, misses and expiries are sums
 * over all caches, whichever door they came through, but {@code javax.cache} counts only while a
 * cache's statistics are on; {@code CONFIG RESETSTAT} leaves them alone, for they are not the
 * server's. Evictions it begins to count anew, because {@code maxmemory} is.
 */
final class Info {
  /** Whose commands, replies and errors we follow; clients decide by it what they may use. */
  static final String REDIS_VERSION = "7.2.6";

  private static final int SECONDS_PER_DAY = 86_400;

  /** Units in which Linux tells of processor time: so many a second, on every machine. */
  private static final double TICKS = 100;

  private interface Section {
    void describe(Session session, Info info);
  }

  private record Row(String title, boolean byDefault, Section section) {}

  // spotless:off
  private static final List<Row> SECTIONS = List.of(
      new Row("Server",       true,  Info::server),
      new Row("Clients",      true,  Info::clients),
      new Row("Memory",       true,  Info::memory),
      new Row("Persistence",  true,  Info::persistence),
      new Row("Stats",        true,  Info::stats),
      new Row("Replication",  true,  Info::replication),
      new Row("CPU",          true,  (session, info) -> info.processor()),
      new Row("Modules",      true,  (session, info) -> {}),
      new Row("Commandstats", false, Info::commands),
      new Row("Errorstats",   true,  Info::errors),
      new Row("Latencystats", false, Info::latencies),
      new Row("Cluster",      true,  (session, info) -> info.field("cluster_enabled", 0)),
      new Row("Keyspace",     true,  Info::keyspace));
  // spotless:on

  private final StringBuilder text = new StringBuilder();

  private Info() {}

  /** The sections that the words name, once each and in Redis' order; without words, most. */
  static String text(Session session, Args names) {
    boolean[] wanted = new boolean[SECTIONS.size()];
    if (!names.hasNext()) {
      want(wanted, false);
    }
    while (names.hasNext()) {
      int section = section(names);
      if (section >= 0) {
        wanted[section] = true;
      } else if (names.accept("all") || names.accept("everything")) {
        want(wanted, true);
      } else if (names.accept("default")) {
        want(wanted, false);
      } else {
        names.position(names.position() + 1);
      }
    }
    Info info = new Info();
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i]) {
        info.section(SECTIONS.get(i), session);
      }
    }
    return info.text.toString();
  }

  private static void want(boolean[] wanted, boolean all) {
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] |= all || SECTIONS.get(i).byDefault();
    }
  }

  /** Which section the next word names, taking it; -1: none. */
  private static int section(Args names) {
    for (int i = 0; i < SECTIONS.size(); i++) {
      if (names.accept(SECTIONS.get(i).title())) {
        return i;
      }
    }
    return -1;
  }

  private void section(Row row, Session session) {
    text.append(text.length() == 0 ? "" : "\r\n").append("# ").append(row.title()).append("\r\n");
    row.section().describe(session, this);
  }

  private Info field(String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
    return this;
  }

  /** The same number twice: for programs, and for people. */
  private Info bytes(String name, long bytes) {
    return field(name, bytes).field(name + "_human", human(bytes));
  }

  static String human(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + "B";
    }
    int unit = Math.min(5, (Long.SIZE - 1 - Long.numberOfLeadingZeros(bytes)) / 10);
    double amount = (double) bytes / (1L << 10 * unit);
    return String.format(Locale.ROOT, "%.2f%c", amount, "BKMGTP".charAt(unit));
  }

  // ------------------------------------------------------------------------------- the sections

  private static void server(Session session, Info info) {
    Server server = session.server();
    Instant now = Clock.systemUTC().instant();
    long seconds = server.uptime().toSeconds();
    info.field("redis_version", REDIS_VERSION)
        .field("larder_version", server.version())
        .field("redis_mode", "standalone")
        .field("os", property("os.name") + " " + property("os.version") + " " + property("os.arch"))
        .field("arch_bits", property("sun.arch.data.model"))
        .field("java_version", property("java.version"))
        .field("multiplexing_api", "nio")
        .field("process_id", ProcessHandle.current().pid())
        .field("process_supervised", "no")
        .field("run_id", server.runId())
        .field("tcp_port", server.port())
        .field("server_time_usec", now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000)
        .field("uptime_in_seconds", seconds)
        .field("uptime_in_days", seconds / SECONDS_PER_DAY)
        .field("io_threads_active", server.config().number("io-threads") > 1 ? 1 : 0);
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  /** Blocked is who waits for a worker to answer, or for time to pass; not who asks just now. */
  private static void clients(Session session, Info info) {
    Server server = session.server();
    int waiting = server.waiting() - (session.wire().isWaiting() ? 1 : 0);
    info.field("connected_clients", server.open())
        .field("cluster_connections", 0)
        .field("maxclients", server.config().get("maxclients"))
        .field("client_recent_max_input_buffer", most(server, Wire::unread))
        .field("client_recent_max_output_buffer", most(server, Wire::unsent))
        .field("blocked_clients", waiting)
        .field("tracking_clients", count(server, other -> other.tracking().redirection() >= 0))
        .field("pubsub_clients", count(server, other -> other.subscriptions().count() > 0))
        .field("watching_clients", count(server, other -> other.transaction().watches() > 0));
  }

  private static long count(Server server, Predicate<Session> condition) {
    return server.sessions().stream().filter(condition).count();
  }

  private static long most(Server server, ToLongFunction<Wire> size) {
    return server.sessions().stream().map(Session::wire).mapToLong(size).max().orElse(0);
  }

  /**
   * Of the whole JVM's heap, garbage included: nobody can say whose an object on it is. What {@code
   * maxmemory} holds for is an estimate, the data set; as in Redis, it is also what is used less
   * what is not counted.
   */
  private static void memory(Session session, Info info) {
    Server server = session.server();
    Runtime jvm = Runtime.getRuntime();
    long used = jvm.totalMemory() - jvm.freeMemory();
    info.bytes("used_memory", used);
    long resident = kilobytes("/proc/self/status", "VmRSS:");
    if (resident > 0) {
      info.bytes("used_memory_rss", resident << 10);
    }
    info.bytes("used_memory_peak", Math.max(used, peak()));
    long system = kilobytes("/proc/meminfo", "MemTotal:");
    if (system > 0) {
      info.bytes("total_system_memory", system << 10);
    }
    long clients = 0;
    for (Session other : server.sessions()) {
      clients += other.wire().unread() + other.wire().unsent();
    }
    long counted = server.maxMemory().used();
    if (server.maxMemory().isSet()) {
      info.field("used_memory_dataset", counted);
    }
    info.bytes("maxmemory", server.config().number("maxmemory"))
        .field("maxmemory_policy", server.config().get("maxmemory-policy"))
        .field(
            "mem_not_counted_for_evict",
            server.maxMemory().isSet() ? Math.max(0, used - counted) : 0)
        .field("mem_clients_slaves", 0)
        .field("mem_clients_normal", clients)
        .field("mem_allocator", "jvm")
        .bytes("jvm_heap_max", jvm.maxMemory());
  }

  /** The sum of what each part of the heap had at most: no less than the heap's own most. */
  private static long peak() {
    long peak = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage most = pool.getType() == MemoryType.HEAP ? pool.getPeakUsage() : null;
      peak += most == null ? 0 : most.getUsed();
    }
    return peak;
  }

  private static void persistence(Session session, Info info) {
    Persistence persistence = session.server().persistenceOrNull();
    if (persistence == null) {
      info.field("loading", 0)
          .field("async_loading", 0)
          .field("rdb_bgsave_in_progress", 0)
          .field("aof_enabled", 0);
      return;
    }
    PersistenceStatus status = persistence.status();
    PersistenceStatus.Snapshots save = status.save();
    info.field("loading", status.loading() ? 1 : 0)
        .field("async_loading", 0)
        .field("current_save_keys_processed", save.done())
        .field("current_save_keys_total", save.total())
        .field("rdb_changes_since_last_save", status.changes())
        .field("rdb_bgsave_in_progress", save.began() == null ? 0 : 1)
        .field("rdb_last_save_time", save.last().getEpochSecond())
        .field("rdb_last_bgsave_status", save.failure() == null ? "ok" : "err")
        .field("rdb_last_bgsave_time_sec", seconds(save.took()))
        .field("rdb_current_bgsave_time_sec", secondsSince(save.began()))
        .field("rdb_saves", save.written())
        .field("rdb_last_load_keys_expired", save.expired())
        .field("rdb_last_load_keys_loaded", save.loaded());
    info.reason("larder_last_save_error", save.failure());
    info.log(status.log());
  }

  private void log(PersistenceStatus.@Nullable Log log) {
    if (log == null) {
      field("aof_enabled", 0)
          .field("aof_rewrite_in_progress", 0)
          .field("aof_rewrite_scheduled", 0)
          .field("aof_last_rewrite_time_sec", -1)
          .field("aof_current_rewrite_time_sec", -1)
          .field("aof_last_bgrewrite_status", "ok")
          .field("aof_rewrites", 0)
          .field("aof_last_write_status", "ok");
      return;
    }
    boolean writes = log.failure() == null;
    field("aof_enabled", 1)
        .field("aof_rewrite_in_progress", log.rewriteBegan() == null ? 0 : 1)
        .field("aof_rewrite_scheduled", log.rewriteLater() ? 1 : 0)
        .field("aof_last_rewrite_time_sec", seconds(log.rewriteTook()))
        .field("aof_current_rewrite_time_sec", secondsSince(log.rewriteBegan()))
        .field("aof_last_bgrewrite_status", log.rewriteFailure() == null ? "ok" : "err")
        .field("aof_rewrites", log.rewritten())
        .field("aof_last_write_status", writes ? "ok" : "err")
        .field("aof_current_size", log.bytes())
        .field("aof_base_size", log.baseBytes())
        .field("aof_pending_rewrite", log.rewriteLater() ? 1 : 0)
        .field("aof_buffer_length", log.unwritten())
        .field("aof_delayed_fsync", log.delayed());
    reason("larder_log_error", writes ? log.rewriteFailure() : log.failure());
  }

  private void reason(String name, @Nullable String failure) {
    if (failure != null) {
      field(name, failure.replaceAll("[\\r\\n]+", " ")); // a field is a line
    }
  }

  private static long seconds(@Nullable Duration duration) {
    return duration == null ? -1 : duration.toSeconds();
  }

  private static long secondsSince(@Nullable Instant instant) {
    return instant == null
        ? -1
        : Math.max(0, Duration.between(instant, Clock.systemUTC().instant()).toSeconds());
  }

  private static void stats(Session session, Info info) {
    Server server = session.server();
    Stats stats = server.stats();
    info.field("total_connections_received", server.accepted())
        .field("total_commands_processed", stats.commands())
        .field("instantaneous_ops_per_sec", server.rate())
        .field("total_net_input_bytes", stats.bytesReceived())
        .field("total_net_output_bytes", stats.bytesSent())
        .field("rejected_connections", server.refused())
        .field("expired_keys", sum(server, CacheOperations::expirations))
        .field("evicted_keys", server.evicted())
        .field("evicted_clients", stats.evictedClients())
        .field("keyspace_hits", sum(server, cache -> cache.statistics().hits()))
        .field("keyspace_misses", sum(server, cache -> cache.statistics().misses()))
        .field("total_error_replies", stats.allErrors());
  }

  private static long sum(Server server, ToLongFunction<CacheOperations<?, ?>> number) {
    return server.caches().stream().mapToLong(number).sum();
  }

  private static void replication(Session session, Info info) {
    info.field("role", "master")
        .field("connected_slaves", 0)
        .field("master_failover_state", "no-failover")
        .field("master_replid", session.server().replicationId())
        .field("master_replid2", "0".repeat(40))
        .field("master_repl_offset", 0)
        .field("second_repl_offset", -1)
        .field("repl_backlog_active", 0);
  }

  /** Of the process, its garbage collector included; only where the system tells of it. */
  private void processor() {
    // pid (name) state ... with the times in the system and of the user as the 12th and 13th words
    String[] words = read("/proc/self/stat").replaceFirst("(?s).*\\) ", "").split(" ", -1);
    if (words.length > 12) {
      field("used_cpu_sys", seconds(words[12])).field("used_cpu_user", seconds(words[11]));
    }
  }

  private static String seconds(String ticks) {
    return String.format(Locale.ROOT, "%.6f", Long.parseLong(ticks) / TICKS);
  }

  private static long kilobytes(String file, String field) {
    Matcher line =
        Pattern.compile("^" + field + "\\s*(\\d+) kB$", Pattern.MULTILINE).matcher(read(file));
    return line.find() ? Long.parseLong(line.group(1)) : 0;
  }

  /** A file of the system's, or nothing where there is none. */
  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      return "";
    }
  }

  private static void commands(Session session, Info info) {
    for (Stats.Calls calls : session.server().stats().calls()) {
      long micros = calls.nanos() / 1_000;
      info.field(
          "cmdstat_" + calls.command().name(),
          String.format(
              Locale.ROOT,
              "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
              calls.count(),
              micros,
              calls.count() == 0 ? 0 : calls.nanos() / 1_000.0 / calls.count(),
              calls.rejected(),
              calls.failed()));
    }
  }

  private static void errors(Session session, Info info) {
    session
        .server()
        .stats()
        .errors()
        .forEach((code, count) -> info.field("errorstat_" + code, "count=" + count));
  }

  /** Not of a finer grain than powers of two: so many microseconds, or less. */
  private static void latencies(Session session, Info info) {
    for (Stats.Calls calls : session.server().stats().calls()) {
      if (calls.count() > 0) {
        info.field(
            "latency_percentiles_usec_" + calls.command().name(),
            String.format(
                Locale.ROOT,
                "p50=%d.000,p99=%d.000,p99.9=%d.000",
                calls.percentile(0.5),
                calls.percentile(0.99),
                calls.percentile(0.999)));
      }
    }
  }

  /**
   * Caches that are empty, or closed by now, are left out. They are asked as any command asks them:
   * on a loop, and within a transaction, to wait for a size would be to wait for ever.
   */
  private static void keyspace(Session session, Info info) {
    for (int i = 0; i < session.server().databases(); i++) {
      try {
        CacheInfo cache = session.cache(i).info();
        long size = cache.entries();
        long expires = cache.entriesWithDeadline();
        if (size > 0) {
          // 0 is what Redis says, too, as long as it has no average
          info.field("db" + i, "keys=" + size + ",expires=" + expires + ",avg_ttl=0");
        }
      } catch (IllegalStateException e) {
        // closed
      }
    }
  }
}
