package dev.larder.server.command;

import static dev.larder.server.command.Command.other;
import static dev.larder.server.command.Command.read;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code MEMORY}: what entries take, about. Java tells nobody how large an object is, so sizes are
 * those that the usual classes have on a 64-bit JVM with a heap below 32 GB; for others the length
 * of their text stands in.
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

  /** An entry, and its share of the hash table. */
  private static final int ENTRY = 40 + 8;

  private static final int STRING = 24;
  private static final int ARRAY = 16;
  private static final int BOX = 24;
  private static final int UNKNOWN = 64;

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
    Object value = cache.keys().peek(key);
    if (value == null) {
      return Reply.NIL;
    }
    byte[] keyText = key instanceof String ? null : cache.keyTextOrNull(key);
    byte[] valueText = value instanceof String ? null : cache.textOrNull(value);
    return Reply.integer(
        ENTRY
            + size(key, keyText == null ? UNKNOWN : keyText.length)
            + size(value, valueText == null ? UNKNOWN : valueText.length));
  }

  /** Bytes of heap that an object takes, if its text has so many. */
  private static long size(Object object, int text) {
    if (object instanceof String string) {
      boolean narrow = string.chars().allMatch(c -> c < 256); // a byte for each character
      return STRING + ARRAY + aligned(string.length() * (narrow ? 1L : 2L));
    }
    if (object instanceof byte[] bytes) {
      return ARRAY + aligned(bytes.length);
    }
    return object instanceof Number ? BOX : BOX + aligned(text);
  }

  private static long aligned(long bytes) {
    return (bytes + 7) & -8;
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
    return Reply.verbatim(text + "\n");
  }
}
