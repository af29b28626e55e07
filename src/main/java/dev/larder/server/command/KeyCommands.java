package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.DANGEROUS;
import static dev.larder.server.command.Command.Flag.DENYOOM;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.READS_TOO;
import static dev.larder.server.command.Command.MANY;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.List;

/** Commands on keys, whatever their values are. */
final class KeyCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("DEL",       "key [key ...]",                KeyCommands::delete).slowBeyond(MANY),
      write("UNLINK",    "key [key ...]",                KeyCommands::delete).slowBeyond(MANY).is(FAST),
      read ("EXISTS",    "key [key ...]",                KeyCommands::exists).slowBeyond(MANY).is(FAST),
      read ("TOUCH",     "key [key ...]",                KeyCommands::touch).slowBeyond(MANY).is(FAST),
      read ("TYPE",      "key",                          KeyCommands::type).is(FAST),
      write("RENAME",    "key newkey",                   KeyCommands::rename).is(READS_TOO).on(KeyCommands::renamed),
      write("RENAMENX",  "key newkey",                   KeyCommands::renameIfAbsent).is(FAST, READS_TOO).on(KeyCommands::renamed),
      write("COPY",      "source destination [DB destination-db] [REPLACE]",
                                                         KeyCommands::copy).slowBeyond(3).is(DENYOOM).on(KeyCommands::copied),
      write("MOVE",      "key db",                       KeyCommands::move).slow().is(FAST, READS_TOO).on(KeyCommands::moved),
      read ("DUMP",      "key",                          KeyCommands::dump),
      write("RESTORE",   "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]",
                                                         KeyCommands::restore).slow().is(DENYOOM, DANGEROUS));
  // spotless:on

  private KeyCommands() {}

  private static Reply delete(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().delete(args.nextKey(cache)));
    }
    return Reply.integer(cache.keys().deleteAll(args.restKeys(cache)));
  }

  private static Reply exists(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().exists(args.nextKey(cache)));
    }
    return Reply.integer(cache.keys().countExisting(args.restKeys(cache)));
  }

  private static Reply touch(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().touch(args.nextKey(cache)));
    }
    return Reply.integer(cache.keys().touchAll(args.restKeys(cache)));
  }

  private static Reply type(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.status(cache.keys().type(args.nextKey(cache)).toString());
  }

  private static Reply rename(Session session, Args args) {
    rename(session, args, true);
    return Reply.OK;
  }

  private static Reply renameIfAbsent(Session session, Args args) {
    return Reply.oneIf(rename(session, args, false));
  }

  private static boolean rename(Session session, Args args, boolean replace) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    return cache.keys().rename(key, args.nextKey(cache), replace);
  }

  private static Reply copy(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    byte[] source = args.next();
    byte[] destination = args.next();
    int other = session.database();
    boolean replace = false;
    while (args.hasNext()) {
      if (args.accept("REPLACE")) {
        replace = true;
      } else if (args.left() > 1 && args.accept("DB")) {
        other = KeyspaceCommands.nextDatabase(session, args);
      } else {
        throw args.syntaxError();
      }
    }
    CacheOperations<Object, Object> target = session.openCache(other);
    return Reply.oneIf(
        cache
            .keys()
            .copyTo(cache.key(source, false), target, target.key(destination, true), replace));
  }

  private static void renamed(Request request, Command.Keys keys) {
    keys.key(1, true, true);
    keys.key(2, false, true);
  }

  private static void copied(Request request, Command.Keys keys) {
    keys.key(1, true, false);
    int database = 0;
    for (int word = 3; word < request.count() - 1; word++) {
      database = request.is(word, "DB") ? ++word : database;
    }
    if (database == 0) {
      keys.key(2, false, true);
    } else {
      keys.keyElsewhere(2, database);
    }
  }

  private static Reply move(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    byte[] key = args.next();
    CacheOperations<Object, Object> target =
        session.openCache(KeyspaceCommands.nextDatabase(session, args));
    return Reply.oneIf(cache.keys().moveTo(cache.key(key, false), target, target.key(key, true)));
  }

  private static void moved(Request request, Command.Keys keys) {
    keys.key(1, true, true);
    keys.keyElsewhere(1, 2);
  }

  private static Reply dump(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    byte[] dumped = cache.keys().dump(args.nextKey(cache));
    return dumped == null ? Reply.NIL : Reply.bulk(dumped);
  }

  /** Idle time and frequency are checked, as Redis does, and forgotten: nothing tracks them. */
  private static Reply restore(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    byte[] text = args.next();
    int ttlWord = args.position();
    args.next();
    byte[] payload = args.next();
    boolean replace = false;
    boolean absolute = false;
    boolean idle = false;
    boolean frequent = false;
    while (args.hasNext()) {
      if (args.accept("REPLACE")) {
        replace = true;
      } else if (args.accept("ABSTTL")) {
        absolute = true;
      } else if (!frequent && args.left() > 1 && args.accept("IDLETIME")) {
        idle = true;
        nextWithin(args, "IDLETIME", Long.MAX_VALUE, "");
      } else if (!idle && args.left() > 1 && args.accept("FREQ")) {
        frequent = true;
        nextWithin(args, "FREQ", 255, " and <= 255");
      } else {
        throw args.syntaxError();
      }
    }
    Object key = cache.key(text, true);
    if (!replace) {
      cache.keys().requireAbsent(key); // which is told before what is wrong with the TTL
    }
    args.position(ttlWord);
    long ttl = nextWithin(args, "TTL", Long.MAX_VALUE, "");
    Deadline deadline = ttl == 0 ? Deadline.NONE : absolute ? Deadline.at(ttl) : Deadline.in(ttl);
    cache.keys().restore(key, payload, deadline, replace);
    return Reply.OK;
  }

  private static long nextWithin(Args args, String what, long most, String limit) {
    long number = args.nextLong();
    if (number < 0 || number > most) {
      throw Args.error("Invalid " + what + " value, must be >= 0" + limit);
    }
    return number;
  }
}
