package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.DANGEROUS;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.OperationException;
import dev.larder.ScanOptions;
import dev.larder.ScanPage;
import dev.larder.ValueType;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Commands on a cache as a whole, and what selects one. */
final class KeyspaceCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read      ("DBSIZE",    "",               (session, args) -> Reply.integer(session.cache().keyspace().size())).is(FAST).onAll(),
      read      ("RANDOMKEY", "",               KeyspaceCommands::random).slow().onAll(),
      read      ("KEYS",      "pattern",        KeyspaceCommands::keys).slow().is(DANGEROUS).onAll(),
      read      ("SCAN",      "cursor [MATCH pattern] [COUNT count] [TYPE type]",
                                                KeyspaceCommands::scan).slowBeyond(1).onAll(),
      write     ("FLUSHDB",   "[ASYNC | SYNC]", KeyspaceCommands::flush).slow().is(DANGEROUS).onAll(),
      write     ("FLUSHALL",  "[ASYNC | SYNC]", KeyspaceCommands::flushAll).slow().is(DANGEROUS).onEverything(),
      write     ("SWAPDB",    "index1 index2",  KeyspaceCommands::swap).slow().is(FAST, DANGEROUS).onEverything());
  // spotless:on

  private static final String NOT_AN_INT =
      "value is out of range, value must between -2147483648 and 2147483647";

  private KeyspaceCommands() {}

  // ----------------------------------------------------------------------------------- selecting

  static Reply select(Session session, Args args) {
    session.select(nextDatabase(session, args));
    return Reply.OK;
  }

  /** The next word as a cache's number, or as its name if it is no number of a cache. */
  static int nextDatabase(Session session, Args args) {
    return nextDatabase(session, args, null);
  }

  /**
   * @param notANumber what is said of a word that is neither; null: what is said of numbers always
   */
  private static int nextDatabase(Session session, Args args, @Nullable String notANumber) {
    int word = args.position();
    OperationException failure;
    try {
      long number = args.nextLong();
      if (number >= 0 && number < session.server().databases()) {
        return (int) number;
      }
      failure =
          number == (int) number
              ? Args.error("DB index is out of range")
              : Args.error(notANumber != null ? notANumber : NOT_AN_INT);
    } catch (OperationException e) {
      failure = notANumber == null ? e : Args.error(notANumber);
    }
    args.position(word);
    int named = session.server().find(args.nextText());
    if (named < 0) {
      throw failure;
    }
    return named;
  }

  /** The number of the cache that a word means, or -1. */
  static int number(Session session, Request request, int word) {
    try {
      long number = request.longAt(word);
      if (number >= 0 && number < session.server().databases()) {
        return (int) number;
      }
    } catch (NumberFormatException e) {
      // a name
    }
    return session.server().find(new String(request.bytes(word), StandardCharsets.UTF_8));
  }

  /** Which cache will be selected when this request has been run. */
  static int selectedAfter(Session session, Command command, Request request, int selected) {
    int number = command.name().equals("select") ? number(session, request, 1) : -1;
    return number < 0 ? selected : number;
  }

  private static Reply swap(Session session, Args args) {
    int one = nextDatabase(session, args, "invalid first DB index");
    int other = nextDatabase(session, args, "invalid second DB index");
    if (one != other) {
      String oneName = session.server().database(one).name();
      String otherName = session.server().database(other).name();
      session.server().sessions().forEach(each -> each.transaction().swapped(oneName, otherName));
      session.server().swap(one, other);
    }
    return Reply.OK;
  }

  // ------------------------------------------------------------------------------------ flushing

  /**
   * Both ways at once: the reply comes when the keys are gone, and no other client waits for it.
   */
  private static Reply flush(Session session, Args args) {
    requireMode(args);
    session.cache().keyspace().clear();
    return Reply.OK;
  }

  private static Reply flushAll(Session session, Args args) {
    requireMode(args);
    for (int i = 0; i < session.server().databases(); i++) {
      CacheOperations<Object, Object> cache = session.cache(i);
      try {
        cache.keyspace().clear();
      } catch (IllegalStateException e) {
        if (Database.isOpen(cache)) {
          throw e;
        }
      }
    }
    return Reply.OK;
  }

  private static void requireMode(Args args) {
    boolean valid = !args.hasNext() || args.accept("ASYNC") || args.accept("SYNC");
    if (!valid || args.hasNext()) {
      throw args.syntaxError();
    }
  }

  // ------------------------------------------------------------------------------------- looking

  private static Reply random(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = cache.keyspace().random();
    byte[] text = key == null ? null : cache.keyTextOrNull(key);
    return text == null ? Reply.NIL : Reply.bulk(text);
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
