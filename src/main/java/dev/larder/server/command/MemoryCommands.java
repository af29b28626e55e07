package dev.larder.server.command;

import static dev.larder.server.command.Command.other;
import static dev.larder.server.command.Command.read;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.EvictionPolicy;
import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * {@code MEMORY}: what entries take, about. Java tells nobody how large an object is, so that of an
 * entry is an estimate, the one that {@code maxmemory} counts with; that of all of them is known
 * only while it does.
 */
final class MemoryCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("MEMORY USAGE",        "key [SAMPLES count]", MemoryCommands::usage),
      other("MEMORY STATS",        "",                    MemoryCommands::statistics),
      other("MEMORY DOCTOR",       "",                    MemoryCommands::doctor),
      other("MEMORY MALLOC-STATS", "",                    (session, args) -> Reply.verbatim("Stats not supported for the current allocator")),
      other("MEMORY PURGE",        "",                    (session, args) -> Reply.OK),
      other("MEMORY HELP",         "",                    (session, args) -> CommandTable.ALL.help("memory")));
  // spotless:on

  private static final double SMALL = 0.5;
  private static final double LARGE = 0.9;

  private MemoryCommands() {}

  private static Reply usage(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    while (args.hasNext()) {
      if (!args.accept("SAMPLES") || !args.hasNext() || args.nextLong() < 0) {
        throw args.syntaxError();
      }
    }
    OptionalLong weight = cache.weight(key);
    return weight.isPresent() ? Reply.integer(weight.getAsLong()) : Reply.NIL;
  }

  private static Reply statistics(Session session, Args args) {
    Runtime jvm = Runtime.getRuntime();
    long used = jvm.totalMemory() - jvm.freeMemory();
    long clients = 0;
    for (Session client : session.server().sessions()) {
      clients += client.wire().unread() + client.wire().unsent();
    }
    long keys = 0;
    for (int i = 0; i < session.server().databases(); i++) {
      keys += size(session.cache(i));
    }
    List<Reply> fields = new ArrayList<>();
    field(fields, "total.allocated", used);
    field(fields, "clients.normal", clients);
    field(fields, "keys.count", keys);
    MaxMemory most = session.server().maxMemory();
    if (most.isSet()) {
      field(fields, "keys.bytes-per-key", keys == 0 ? 0 : most.used() / keys);
      field(fields, "dataset.bytes", most.used());
    }
    field(fields, "allocator.active", jvm.totalMemory());
    field(fields, "allocator.resident", jvm.totalMemory());
    field(fields, "heap.max", jvm.maxMemory());
    return new Reply.Map(fields);
  }

  private static void field(List<Reply> fields, String name, long value) {
    fields.add(Reply.bulk(name));
    fields.add(Reply.integer(value));
  }

  /** None, if the cache is closed by now. */
  private static long size(CacheOperations<Object, Object> cache) {
    try {
      return cache.info().entries();
    } catch (IllegalStateException e) {
      return 0;
    }
  }

  private static Reply doctor(Session session, Args args) {
    Runtime jvm = Runtime.getRuntime();
    double share = (double) (jvm.totalMemory() - jvm.freeMemory()) / jvm.maxMemory();
    String text = "The heap is " + Math.round(100 * share) + " % full, garbage included.";
    if (share < SMALL) {
      text += " There is nothing to worry about.";
    } else if (share > LARGE) {
      text += " If it stays so, give the JVM a larger one (-Xmx) or the cache a bound.";
    }
    return Reply.verbatim(text + limit(session.server()) + "\n");
  }

  private static String limit(Server server) {
    if (!server.maxMemory().isSet()) {
      return "";
    }
    long used = server.maxMemory().used();
    long most = server.config().number("maxmemory");
    String text =
        " Keys and values take "
            + Info.human(used)
            + " of a maxmemory of "
            + Info.human(most)
            + ".";
    boolean refuses = server.maxMemory().policy() == EvictionPolicy.NOEVICTION;
    return refuses && used > LARGE * most
        ? text + " Beyond that, writes are refused: the maxmemory-policy is noeviction."
        : text;
  }
}
