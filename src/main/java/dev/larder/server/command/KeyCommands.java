package dev.larder.server.command;

import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.KeyOperations;
import dev.larder.ops.KeyOperations.When;
import dev.larder.protocol.Reply;
import java.util.List;

/** Commands on keys, whatever their values are. */
final class KeyCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("DEL",     "key [key ...]",                    KeyCommands::delete).slowBeyond(1),
      read ("EXISTS",  "key [key ...]",                    KeyCommands::exists),
      write("EXPIRE",  "key seconds [NX | XX | GT | LT]",  KeyCommands::expire),
      read ("TTL",     "key",                              KeyCommands::ttl),
      read ("PTTL",    "key",                              KeyCommands::pttl),
      write("PERSIST", "key",                              KeyCommands::persist));
  // spotless:on

  private KeyCommands() {}

  private static Reply delete(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    long deleted = 0;
    while (args.hasNext()) {
      deleted += cache.keys().delete(args.next(cache.keyText())) ? 1 : 0;
    }
    return Reply.integer(deleted);
  }

  /** Counts a key as often as it is named. */
  private static Reply exists(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    long found = 0;
    while (args.hasNext()) {
      found += cache.keys().exists(args.next(cache.keyText())) ? 1 : 0;
    }
    return Reply.integer(found);
  }

  private static Reply expire(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.next(cache.keyText());
    int amount = args.position();
    args.position(amount + 1); // what is wrong with the options is told first
    boolean nx = false;
    boolean xx = false;
    boolean gt = false;
    boolean lt = false;
    while (args.hasNext()) {
      if (args.accept("NX")) {
        nx = true;
      } else if (args.accept("XX")) {
        xx = true;
      } else if (args.accept("GT")) {
        gt = true;
      } else if (args.accept("LT")) {
        lt = true;
      } else {
        throw Args.error("Unsupported option " + args.nextQuoted());
      }
    }
    if (nx && (xx || gt || lt)) {
      throw Args.error("NX and XX, GT or LT options at the same time are not compatible");
    }
    if (gt && lt) {
      throw Args.error("GT and LT options at the same time are not compatible");
    }
    args.position(amount);
    long deadline = DeadlineUnit.EX.next(args, cache.now());
    if (xx && lt && cache.keys().pttl(key) == KeyOperations.NO_DEADLINE) {
      return Reply.ZERO;
    }
    // GT implies XX: no deadline at all is later than any.
    When when = nx ? When.NX : gt ? When.GT : lt ? When.LT : xx ? When.XX : When.ALWAYS;
    return Reply.oneIf(cache.keys().expireAt(key, deadline, when));
  }

  private static Reply ttl(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.integer(cache.keys().ttl(args.next(cache.keyText())));
  }

  private static Reply pttl(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.integer(cache.keys().pttl(args.next(cache.keyText())));
  }

  private static Reply persist(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.oneIf(cache.keys().persist(args.next(cache.keyText())));
  }
}
