package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.DANGEROUS;
import static dev.larder.server.command.Command.Flag.DENYOOM;
import static dev.larder.server.command.Command.Flag.MOVABLE_KEYS;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.OperationException;
import dev.larder.ValueType;
import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.List;

/**
 * {@code SORT}. A cache has nothing that could be sorted, but for what is absent, which is an empty
 * list to Redis.
 */
final class SortCommands {
  private static final String OPTIONS =
      "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]";

  // spotless:off
  static final List<Command> ALL = List.of(
      write("SORT",    OPTIONS + " [STORE destination]", (session, args) -> sort(session, args, true))
                                                         .is(DENYOOM, DANGEROUS, MOVABLE_KEYS).on(SortCommands::keys),
      read ("SORT_RO", OPTIONS,                          (session, args) -> sort(session, args, false))
                                                         .is(DANGEROUS, MOVABLE_KEYS));
  // spotless:on

  private SortCommands() {}

  private static Reply sort(Session session, Args args, boolean mayStore) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    Object destination = null;
    while (args.hasNext()) {
      if (args.accept("ASC") || args.accept("DESC") || args.accept("ALPHA")) {
        continue;
      }
      if (args.left() > 2 && args.accept("LIMIT")) {
        args.nextLong();
        args.nextLong();
      } else if (mayStore && args.left() > 1 && args.accept("STORE")) {
        destination = args.nextKey(cache);
      } else if (args.left() > 1 && (args.accept("BY") || args.accept("GET"))) {
        args.next();
      } else {
        throw args.syntaxError();
      }
    }
    if (cache.keys().type(key) != ValueType.NONE) {
      throw new OperationException(
          "WRONGTYPE", "Operation against a key holding the wrong kind of value");
    }
    if (destination == null) {
      return Reply.EMPTY_ARRAY;
    }
    cache.keys().delete(destination); // which nothing is stored into
    return Reply.ZERO;
  }

  /** As Redis finds them: whatever stands behind the last {@code STORE} that is no option's own. */
  private static void keys(Request request, Command.Keys keys) {
    keys.key(1, true, false);
    int destination = 0;
    for (int word = 2; word < request.count() - 1; word++) {
      if (request.is(word, "LIMIT")) {
        word += 2;
      } else if (request.is(word, "BY") || request.is(word, "GET")) {
        word++;
      } else if (request.is(word, "STORE")) {
        destination = ++word;
      }
    }
    if (destination > 0) {
      keys.key(destination, false, true);
    }
  }
}
