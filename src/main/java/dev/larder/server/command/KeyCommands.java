package dev.larder.server.command;

import static dev.larder.server.command.Command.MANY;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.ValueType;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on keys, whatever their values are. */
final class KeyCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("DEL",       "key [key ...]",                KeyCommands::delete).slowBeyond(MANY),
      write("UNLINK",    "key [key ...]",                KeyCommands::delete).slowBeyond(MANY),
      read ("EXISTS",    "key [key ...]",                KeyCommands::exists).slowBeyond(MANY),
      read ("TOUCH",     "key [key ...]",                KeyCommands::touch).slowBeyond(MANY),
      read ("TYPE",      "key",                          KeyCommands::type),
      write("RENAME",    "key newkey",                   KeyCommands::rename),
      write("RENAMENX",  "key newkey",                   KeyCommands::renameIfAbsent),
      write("COPY",      "source destination [REPLACE]", KeyCommands::copy),
      read ("RANDOMKEY", "",                             KeyCommands::random).slow(),
      read ("KEYS",      "pattern",                      KeyCommands::keys).slow(),
      read ("SCAN",      "cursor [MATCH pattern] [COUNT count] [TYPE type]",
                                                         KeyCommands::scan).slowBeyond(1));
  // spotless:on

  private KeyCommands() {}

  private static Reply delete(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().delete(args.next(cache.keyText())));
    }
    return Reply.integer(cache.keys().deleteAll(args.rest(cache.keyText())));
  }

  private static Reply exists(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().exists(args.next(cache.keyText())));
    }
    return Reply.integer(cache.keys().countExisting(args.rest(cache.keyText())));
  }

  private static Reply touch(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    if (args.left() == 1) {
      return Reply.oneIf(cache.keys().touch(args.next(cache.keyText())));
    }
    return Reply.integer(cache.keys().touchAll(args.rest(cache.keyText())));
  }

  private static Reply type(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.status(cache.keys().type(args.next(cache.keyText())).toString());
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
    Object key = args.next(cache.keyText());
    return cache.keys().rename(key, args.next(cache.keyText()), replace);
  }

  private static Reply copy(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object source = args.next(cache.keyText());
    Object destination = args.next(cache.keyText());
    boolean replace = false;
    while (args.hasNext()) {
      if (!args.accept("REPLACE")) {
        throw args.syntaxError();
      }
      replace = true;
    }
    return Reply.oneIf(cache.keys().copy(source, destination, replace));
  }

  private static Reply random(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = cache.keyspace().random();
    return key == null ? Reply.NIL : Reply.bulk(cache.keyText().toBytes(key));
  }

  private static Reply keys(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    List<Object> keys = new ArrayList<>();
    cache.keyspace().forEach(Glob.of(args.next()), keys::add);
    return bulks(cache, keys);
  }

  private static Reply scan(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    long cursor = cursor(args.nextText());
    Glob match = null;
    ValueType type = null;
    boolean anyType = true;
    long count = ScanOptions.DEFAULT_COUNT;
    while (args.hasNext()) {
      if (args.accept("MATCH")) {
        match = Glob.of(args.next());
      } else if (args.accept("TYPE")) {
        type = type(args);
        anyType = false;
      } else if (args.accept("COUNT")) {
        count = args.nextLong();
        if (count < 1) {
          throw args.syntaxError();
        }
      } else {
        throw args.syntaxError();
      }
    }
    ScanPage<Object> page = cache.keyspace().scan(cursor, count, match, type);
    boolean none = !anyType && type == null; // a type that nothing here has
    Reply keys = none ? Reply.EMPTY_ARRAY : bulks(cache, page.keys());
    return Reply.array(Reply.bulk(Long.toUnsignedString(page.cursor())), keys);
  }

  /** As C's strtoul reads it: with a sign, or none at all for 0. */
  private static long cursor(String word) {
    boolean negative = word.startsWith("-");
    String digits = negative || word.startsWith("+") ? word.substring(1) : word;
    try {
      if (word.isEmpty()) {
        return 0;
      }
      if (!digits.startsWith("+")) {
        long cursor = Long.parseUnsignedLong(digits);
        return negative ? -cursor : cursor;
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw Args.error("invalid cursor");
  }

  private static @Nullable ValueType type(Args args) {
    if (args.accept(ValueType.STRING.toString())) {
      return ValueType.STRING;
    }
    args.next();
    return null;
  }

  /** Keys that have no text are left out: nobody could name them. */
  private static Reply bulks(CacheOperations<Object, Object> cache, List<Object> keys) {
    List<Reply> bulks = new ArrayList<>(keys.size());
    for (Object key : keys) {
      byte[] text = cache.keyTextOrNull(key);
      if (text != null) {
        bulks.add(Reply.bulk(text));
      }
    }
    return Reply.array(bulks);
  }
}
