package dev.larder.server.command;

import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.SetResult;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.StringOperations.When;
import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Commands on values as a whole, and on parts of their text. */
final class StringCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("GET",      "key",                           StringCommands::get),
      write("SET",      "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                        + " | PXAT unix-time-milliseconds | KEEPTTL]",
                                                         StringCommands::set),
      write("SETNX",    "key value",                     StringCommands::setIfAbsent),
      write("SETEX",    "key seconds value",             (session, args) -> setUntil(session, args, DeadlineUnit.EX)),
      write("PSETEX",   "key milliseconds value",        (session, args) -> setUntil(session, args, DeadlineUnit.PX)),
      write("GETSET",   "key value",                     StringCommands::getAndSet),
      write("GETDEL",   "key",                           StringCommands::getAndDelete),
      write("GETEX",    "key [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                        + " | PXAT unix-time-milliseconds | PERSIST]",
                                                         StringCommands::getAndExpire),
      read ("MGET",     "key [key ...]",                 StringCommands::getAll).slowBeyond(Command.MANY),
      write("MSET",     "key value [key value ...]",     StringCommands::setAll).slowBeyond(Command.MANY),
      write("MSETNX",   "key value [key value ...]",     StringCommands::setAllIfAbsent).slowBeyond(Command.MANY),
      write("APPEND",   "key value",                     StringCommands::append),
      read ("STRLEN",   "key",                           StringCommands::length),
      read ("GETRANGE", "key start end",                 StringCommands::range),
      read ("SUBSTR",   "key start end",                 StringCommands::range),
      write("SETRANGE", "key offset value",              StringCommands::setRange));
  // spotless:on

  private StringCommands() {}

  private static Reply get(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return get(cache, args.next(cache.keyText()));
  }

  private static Reply get(CacheOperations<Object, Object> cache, Object key) {
    Object value = cache.strings().get(key);
    return value == null ? Reply.NIL : Reply.bulk(cache.valueText().toBytes(value));
  }

  private static Reply bulkOrNil(byte @Nullable [] bytes) {
    return bytes == null ? Reply.NIL : Reply.bulk(bytes);
  }

  private static Reply set(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    Object value = args.next(cache.valueText());
    When when = When.ALWAYS;
    boolean get = false;
    boolean keep = false;
    DeadlineUnit unit = null;
    int amount = 0;
    while (args.hasNext()) {
      if (when != When.XX && args.accept("NX")) {
        when = When.NX;
      } else if (when != When.NX && args.accept("XX")) {
        when = When.XX;
      } else if (args.accept("GET")) {
        get = true;
      } else if (unit == null && args.accept("KEEPTTL")) {
        keep = true;
      } else if (!keep) {
        // One unit alone, though perhaps several times: the last one counts.
        unit = DeadlineUnit.next(args, unit);
        amount = args.position();
        args.next();
      } else {
        throw args.syntaxError();
      }
    }
    Deadline deadline = keep ? Deadline.KEEP : Deadline.BY_POLICY;
    if (unit != null) { // what is wrong with the options was told first
      args.position(amount);
      deadline = unit.nextPositive(args, cache.now());
    }
    SetResult<byte[]> result =
        cache.strings().set(key, value, when, deadline, get ? cache.valueText()::toBytes : null);
    if (get) {
      return bulkOrNil(result.previous());
    }
    return result.done() ? Reply.OK : Reply.NIL;
  }

  private static Reply setIfAbsent(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    Object value = args.next(cache.valueText());
    return Reply.oneIf(cache.strings().set(key, value, When.NX, Deadline.BY_POLICY, null).done());
  }

  private static Reply setUntil(Session session, Args args, DeadlineUnit unit) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    Deadline deadline = unit.nextPositive(args, cache.now());
    Object value = args.next(cache.valueText());
    cache.strings().set(key, value, When.ALWAYS, deadline, null);
    return Reply.OK;
  }

  private static Reply getAndSet(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    Object value = args.next(cache.valueText());
    return bulkOrNil(
        cache
            .strings()
            .set(key, value, When.ALWAYS, Deadline.BY_POLICY, cache.valueText()::toBytes)
            .previous());
  }

  private static Reply getAndDelete(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    return bulkOrNil(cache.strings().getAndDelete(key, cache.valueText()::toBytes));
  }

  private static Reply getAndExpire(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return get(session, args);
    }
    Object key = args.next(cache.keyText());
    boolean persist = false;
    DeadlineUnit unit = null;
    int amount = 0;
    while (args.hasNext()) {
      if (unit == null && args.accept("PERSIST")) {
        persist = true;
      } else if (!persist) {
        unit = DeadlineUnit.next(args, unit);
        amount = args.position();
        args.next();
      } else {
        throw args.syntaxError();
      }
    }
    Deadline deadline = Deadline.NONE;
    if (unit != null) {
      if (!cache.keys().exists(key) && !cache.entries().rules().readsThrough()) {
        return get(cache, key); // an absent key is told before a wrong time
      }
      args.position(amount);
      deadline = unit.nextPositive(args, cache.now());
    }
    return bulkOrNil(cache.strings().getAndExpire(key, deadline, cache.valueText()::toBytes));
  }

  // ------------------------------------------------------------------------------------- several

  /** A value that has no text is nil here, as one of another kind is in Redis. */
  private static Reply getAll(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    List<Reply> values = new ArrayList<>();
    for (Object value : cache.strings().getAll(args.rest(cache.keyText()))) {
      values.add(bulkOrNil(value == null ? null : cache.textOrNull(value)));
    }
    return Reply.array(values);
  }

  private static Reply setAll(Session session, Args args) {
    session.cache().strings().setAll(pairs(session, args));
    return Reply.OK;
  }

  private static Reply setAllIfAbsent(Session session, Args args) {
    return Reply.oneIf(session.cache().strings().setAllIfAbsent(pairs(session, args)));
  }

  /** Of a key that is named twice, the last value. */
  private static Map<Object, Object> pairs(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() % 2 != 0) {
      throw args.wrongNumber();
    }
    Map<Object, Object> pairs = new LinkedHashMap<>();
    while (args.hasNext()) {
      pairs.put(args.next(cache.keyText()), args.next(cache.valueText()));
    }
    return pairs;
  }

  // ------------------------------------------------------------------------------- parts of text

  private static Reply append(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    return Reply.integer(cache.texts().append(key, args.next(cache.valueText())));
  }

  private static Reply length(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.integer(cache.texts().length(args.next(cache.keyText())));
  }

  private static Reply range(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    return Reply.bulk(cache.texts().range(key, args.nextLong(), args.nextLong()));
  }

  private static Reply setRange(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    long offset = args.nextLong();
    return Reply.integer(cache.texts().setRange(key, offset, args.next(cache.valueText())));
  }
}
