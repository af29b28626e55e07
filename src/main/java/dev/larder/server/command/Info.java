package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * The text of {@code INFO}, in the sections and with the field names of Redis, because tools look
 * for those. Hits, misses and expiries are sums over all caches, whichever door they came through,
 * but {@code javax.cache} counts only while a cache's statistics are on.
 */
final class Info {
  /** Whose commands, replies and errors we follow; clients decide by it what they may use. */
  static final String REDIS_VERSION = "7.2.6";

  private static final int MEGABYTE = 1 << 20;

  private interface Section {
    void describe(Connections connections, Info info);
  }

  private record Row(String title, Section section) {}

  // spotless:off
  private static final List<Row> SECTIONS = List.of(
      new Row("Server",      Info::server),
      new Row("Clients",     Info::clients),
      new Row("Memory",      Info::memory),
      new Row("Persistence", (connections, info) -> info.field("loading", 0)),
      new Row("Stats",       Info::stats),
      new Row("Replication", Info::replication),
      new Row("Cluster",     (connections, info) -> info.field("cluster_enabled", 0)),
      new Row("Keyspace",    Info::keyspace));
  // spotless:on

  private final StringBuilder text = new StringBuilder();

  private Info() {}

  /** The sections that the words name, once each and in Redis' order; without words, all. */
  static String text(Connections connections, Args names) {
    boolean[] wanted = new boolean[SECTIONS.size()];
    boolean all = !names.hasNext();
    while (names.hasNext()) {
      int section = section(names);
      if (section >= 0) {
        wanted[section] = true;
      } else if (names.accept("all") || names.accept("default") || names.accept("everything")) {
        all = true;
      } else {
        names.position(names.position() + 1);
      }
    }
    Info info = new Info();
    for (int i = 0; i < wanted.length; i++) {
      if (all || wanted[i]) {
        info.section(SECTIONS.get(i), connections);
      }
    }
    return info.text.toString();
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

  private void section(Row row, Connections connections) {
    text.append(text.length() == 0 ? "" : "\r\n").append("# ").append(row.title()).append("\r\n");
    row.section().describe(connections, this);
  }

  private Info field(String name, Object value) {
    text.append(name).append(':').append(value).append("\r\n");
    return this;
  }

  private static void server(Connections connections, Info info) {
    long seconds = connections.uptime().toSeconds();
    info.field("redis_version", REDIS_VERSION)
        .field("larder_version", connections.version())
        .field("redis_mode", "standalone")
        .field("os", property("os.name") + " " + property("os.version") + " " + property("os.arch"))
        .field("arch_bits", property("sun.arch.data.model"))
        .field("java_version", property("java.version"))
        .field("process_id", ProcessHandle.current().pid())
        .field("tcp_port", connections.port())
        .field("uptime_in_seconds", seconds)
        .field("uptime_in_days", seconds / 86_400);
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private static void clients(Connections connections, Info info) {
    info.field("connected_clients", connections.open())
        .field("maxclients", connections.most())
        .field("blocked_clients", connections.waiting());
  }

  /** Of the whole JVM: nobody can say whose an object on the heap is. */
  private static void memory(Connections connections, Info info) {
    Runtime jvm = Runtime.getRuntime();
    long used = jvm.totalMemory() - jvm.freeMemory();
    info.field("used_memory", used)
        .field("used_memory_human", megabytes(used))
        .field("maxmemory", 0)
        .field("maxmemory_human", "0B")
        .field("maxmemory_policy", "noeviction")
        .field("jvm_heap_max", jvm.maxMemory())
        .field("jvm_heap_max_human", megabytes(jvm.maxMemory()));
  }

  private static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2fM", (double) bytes / MEGABYTE);
  }

  private static void stats(Connections connections, Info info) {
    info.field("total_connections_received", connections.accepted())
        .field("total_commands_processed", connections.commands())
        .field("rejected_connections", connections.refused())
        .field("expired_keys", sum(connections, CacheOperations::expirations))
        .field("evicted_keys", sum(connections, cache -> cache.statistics().evictions()))
        .field("keyspace_hits", sum(connections, cache -> cache.statistics().hits()))
        .field("keyspace_misses", sum(connections, cache -> cache.statistics().misses()));
  }

  private static long sum(Connections connections, ToLongFunction<CacheOperations<?, ?>> number) {
    return connections.caches().stream().mapToLong(number).sum();
  }

  private static void replication(Connections connections, Info info) {
    info.field("role", "master").field("connected_slaves", 0);
  }

  /** Caches that are empty, or closed by now, are left out. */
  private static void keyspace(Connections connections, Info info) {
    List<CacheOperations<?, ?>> caches = connections.caches();
    for (int i = 0; i < caches.size(); i++) {
      try {
        long size = caches.get(i).keyspace().size();
        long expires = caches.get(i).keyspace().sizeWithDeadline();
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
