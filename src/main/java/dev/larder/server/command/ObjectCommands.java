package dev.larder.server.command;

import static dev.larder.server.command.Command.other;
import static dev.larder.server.command.Command.read;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code OBJECT}: what is to be known of a value beyond its text, without an access to it. Values
 * are Java objects; the encoding is the one that Redis would choose for the same text, because
 * tools ask for it.
 */
final class ObjectCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("OBJECT ENCODING", "key", ObjectCommands::encoding),
      read ("OBJECT REFCOUNT", "key", ObjectCommands::references),
      read ("OBJECT FREQ",     "key", ObjectCommands::frequency),
      read ("OBJECT IDLETIME", "key", ObjectCommands::idleTime),
      other("OBJECT HELP",     "",    (session, args) -> CommandTable.ALL.help("object")));
  // spotless:on

  /** The longest text that Redis keeps next to its header. */
  private static final int MOST_EMBEDDED = 44;

  private static final String NOT_TRACKED =
      " not tracked. Please note that when switching between policies at runtime LRU and LFU data"
          + " will take some time to adjust.";

  private ObjectCommands() {}

  private static @Nullable Object nextValue(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return cache.keys().peek(args.nextKey(cache));
  }

  private static Reply encoding(Session session, Args args) {
    Object value = nextValue(session, args);
    return value == null ? Reply.NIL : Reply.bulk(encoding(session.cache(), value));
  }

  static String encoding(CacheOperations<Object, Object> cache, Object value) {
    byte[] text = cache.textOrNull(value);
    if (text == null) {
      return "raw"; // an object without a text
    }
    if (isInteger(text)) {
      return "int";
    }
    return text.length <= MOST_EMBEDDED ? "embstr" : "raw";
  }

  private static boolean isInteger(byte[] text) {
    try {
      Request.of(text).longAt(0);
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static Reply references(Session session, Args args) {
    return nextValue(session, args) == null ? Reply.NIL : Reply.ONE;
  }

  private static Reply frequency(Session session, Args args) {
    if (nextValue(session, args) == null) {
      return Reply.NIL;
    }
    if (session.server().maxMemory().isByFrequency()) {
      throw Args.error(
          "access frequency is not tracked as a number: who is evicted is not chosen by one");
    }
    throw Args.error("An LFU maxmemory policy is not selected, access frequency" + NOT_TRACKED);
  }

  private static Reply idleTime(Session session, Args args) {
    if (nextValue(session, args) == null) {
      return Reply.NIL;
    }
    if (session.server().maxMemory().isByFrequency()) {
      throw Args.error("An LFU maxmemory policy is selected, idle time" + NOT_TRACKED);
    }
    throw Args.error("idle time is not tracked: a read does not leave the time at the entry");
  }
}
