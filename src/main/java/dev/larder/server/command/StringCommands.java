package dev.larder.server.command;

import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.StringOperations;
import dev.larder.ops.StringOperations.Outcome;
import dev.larder.ops.StringOperations.When;
import dev.larder.protocol.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on values as a whole, and on counters. */
final class StringCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("GET",    "key",            StringCommands::get),
      write("SET",    "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                      + " | PXAT unix-time-milliseconds | KEEPTTL]",
                                        StringCommands::set),
      write("INCR",   "key",            (session, args) -> add(session, args, 1)),
      write("DECR",   "key",            (session, args) -> add(session, args, -1)),
      write("INCRBY", "key increment",  StringCommands::incrementBy),
      write("DECRBY", "key decrement",  StringCommands::decrementBy));
  // spotless:on

  private StringCommands() {}

  private static Reply get(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return bulkOrNil(cache, cache.strings().get(args.next(cache.keyText())));
  }

  private static Reply bulkOrNil(CacheOperations<?, Object> cache, @Nullable Object value) {
    return value == null ? Reply.NIL : Reply.bulk(cache.valueText().toBytes(value));
  }

  private static Reply set(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    Object value = args.next(cache.valueText());
    When when = When.ALWAYS;
    boolean get = false;
    boolean keep = false;
    DeadlineUnit unit = null;
    long deadline = StringOperations.BY_POLICY;
    while (args.hasNext()) {
      if (when != When.XX && args.accept("NX")) {
        when = When.NX;
      } else if (when != When.NX && args.accept("XX")) {
        when = When.XX;
      } else if (args.accept("GET")) {
        get = true;
      } else if (unit == null && args.accept("KEEPTTL")) {
        keep = true;
        deadline = StringOperations.KEEP_DEADLINE;
      } else if (!keep) {
        // One unit alone, though perhaps several times: the last one counts.
        unit = unit(args, unit);
        deadline = unit.nextPositive(args, cache.now());
      } else {
        throw args.syntaxError();
      }
    }
    Outcome<Object> outcome = cache.strings().set(key, value, when, deadline, get);
    if (get) {
      return bulkOrNil(cache, outcome.previous());
    }
    return outcome.set() ? Reply.OK : Reply.NIL;
  }

  private static DeadlineUnit unit(Args args, @Nullable DeadlineUnit before) {
    for (DeadlineUnit unit : DeadlineUnit.values()) {
      if ((before == null || before == unit) && args.accept(unit.name())) {
        return unit;
      }
    }
    throw args.syntaxError();
  }

  private static Reply incrementBy(Session session, Args args) {
    Object key = args.next(session.cache().keyText());
    return add(session, key, args.nextLong());
  }

  private static Reply decrementBy(Session session, Args args) {
    Object key = args.next(session.cache().keyText());
    long decrement = args.nextLong();
    if (decrement == Long.MIN_VALUE) {
      throw Args.error("decrement would overflow");
    }
    return add(session, key, -decrement);
  }

  private static Reply add(Session session, Args args, long increment) {
    return add(session, args.next(session.cache().keyText()), increment);
  }

  private static Reply add(Session session, Object key, long increment) {
    return Reply.integer(session.cache().counters().add(key, increment));
  }
}
