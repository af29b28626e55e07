package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.DENYOOM;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.READS_TOO;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.SetResult;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.CommonSubsequence;
import dev.larder.ops.Deadline;
import dev.larder.ops.StringOperations.When;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Commands on values as a whole, and on parts of their text. */
final class StringCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("GET",      "key",                           StringCommands::get).is(FAST),
      write("SET",      "key value [NX | XX] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                        + " | PXAT unix-time-milliseconds | KEEPTTL]",
                                                         StringCommands::set).is(DENYOOM, READS_TOO).on(StringCommands::setKey),
      write("SETNX",    "key value",                     StringCommands::setIfAbsent).is(FAST, DENYOOM),
      write("SETEX",    "key seconds value",             (session, args) -> setUntil(session, args, DeadlineUnit.EX)).is(DENYOOM),
      write("PSETEX",   "key milliseconds value",        (session, args) -> setUntil(session, args, DeadlineUnit.PX)).is(DENYOOM),
      write("GETSET",   "key value",                     StringCommands::getAndSet).is(FAST, DENYOOM, READS_TOO),
      write("GETDEL",   "key",                           StringCommands::getAndDelete).is(FAST, READS_TOO),
      write("GETEX",    "key [EX seconds | PX milliseconds | EXAT unix-time-seconds"
                        + " | PXAT unix-time-milliseconds | PERSIST]",
                                                         StringCommands::getAndExpire).is(FAST, READS_TOO),
      read ("MGET",     "key [key ...]",                 StringCommands::getAll).slowBeyond(Command.MANY).is(FAST),
      write("MSET",     "key value [key value ...]",     StringCommands::setAll).slowBeyond(Command.MANY).is(DENYOOM),
      write("MSETNX",   "key value [key value ...]",     StringCommands::setAllIfAbsent).slowBeyond(Command.MANY).is(DENYOOM),
      write("APPEND",   "key value",                     StringCommands::append).is(FAST, DENYOOM),
      read ("STRLEN",   "key",                           StringCommands::length).is(FAST),
      read ("GETRANGE", "key start end",                 StringCommands::range),
      read ("SUBSTR",   "key start end",                 StringCommands::range),
      write("SETRANGE", "key offset value",              StringCommands::setRange).is(DENYOOM),
      read ("LCS",      "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
                                                         StringCommands::common).slow());
  // spotless:on

  private StringCommands() {}

  private static Reply get(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return get(cache, args.nextKey(cache));
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
    Object key = args.nextKey(cache);
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

  /** It shows the value that there was only if asked to. */
  private static void setKey(Request request, Command.Keys keys) {
    boolean get = false;
    for (int word = 3; word < request.count(); word++) {
      get |= request.is(word, "GET");
    }
    keys.key(1, get, true);
  }

  private static Reply setIfAbsent(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    Object value = args.next(cache.valueText());
    return Reply.oneIf(cache.strings().set(key, value, When.NX, Deadline.BY_POLICY, null).done());
  }

  private static Reply setUntil(Session session, Args args, DeadlineUnit unit) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    Deadline deadline = unit.nextPositive(args, cache.now());
    Object value = args.next(cache.valueText());
    cache.strings().set(key, value, When.ALWAYS, deadline, null);
    return Reply.OK;
  }

  private static Reply getAndSet(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    Object value = args.next(cache.valueText());
    return bulkOrNil(
        cache
            .strings()
            .set(key, value, When.ALWAYS, Deadline.BY_POLICY, cache.valueText()::toBytes)
            .previous());
  }

  private static Reply getAndDelete(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    return bulkOrNil(cache.strings().getAndDelete(key, cache.valueText()::toBytes));
  }

  private static Reply getAndExpire(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return get(session, args);
    }
    Object key = args.nextKey(cache);
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
    for (Object value : cache.strings().getAll(args.restKeys(cache))) {
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
      pairs.put(args.nextKey(cache), args.next(cache.valueText()));
    }
    return pairs;
  }

  // ------------------------------------------------------------------------------- parts of text

  private static Reply append(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    return Reply.integer(cache.texts().append(key, args.next(cache.valueText())));
  }

  private static Reply length(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.integer(cache.texts().length(args.nextKey(cache)));
  }

  private static Reply range(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    return Reply.bulk(cache.texts().range(key, args.nextLong(), args.nextLong()));
  }

  private static Reply setRange(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    long offset = args.nextLong();
    return Reply.integer(cache.texts().setRange(key, offset, args.next(cache.valueText())));
  }

  private static Reply common(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object one = args.nextKey(cache);
    Object other = args.nextKey(cache);
    boolean length = false;
    boolean matches = false;
    boolean withLength = false;
    long least = 0;
    while (args.hasNext()) {
      if (args.accept("LEN")) {
        length = true;
      } else if (args.accept("IDX")) {
        matches = true;
      } else if (args.accept("WITHMATCHLEN")) {
        withLength = true;
      } else if (args.left() > 1 && args.accept("MINMATCHLEN")) {
        least = args.nextLong();
      } else {
        throw args.syntaxError();
      }
    }
    if (length && matches) {
      throw Args.error("If you want both the length and indexes, please just use IDX.");
    }
    CommonSubsequence common = cache.texts().commonSubsequence(one, other);
    if (matches) {
      return Reply.map(
          Reply.bulk("matches"),
          matches(common, least, withLength),
          Reply.bulk("len"),
          Reply.integer(common.length()));
    }
    return length ? Reply.integer(common.length()) : Reply.bulk(common.text());
  }

  private static Reply matches(CommonSubsequence common, long least, boolean withLength) {
    List<Reply> matches = new ArrayList<>();
    for (CommonSubsequence.Match match : common.matches()) {
      if (match.length() >= least) {
        List<Reply> parts = new ArrayList<>();
        parts.add(Reply.array(Reply.integer(match.from()), Reply.integer(match.to())));
        parts.add(Reply.array(Reply.integer(match.otherFrom()), Reply.integer(match.otherTo())));
        if (withLength) {
          parts.add(Reply.integer(match.length()));
        }
        matches.add(Reply.array(parts));
      }
    }
    return Reply.array(matches);
  }
}
