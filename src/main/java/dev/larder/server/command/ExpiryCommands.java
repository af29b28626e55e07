package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.ExpireCondition;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.ExpiryOperations;
import dev.larder.protocol.Reply;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Commands on deadlines. */
final class ExpiryCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("EXPIRE",      "key seconds [NX | XX | GT | LT]",                (session, args) -> expire(session, args, DeadlineUnit.EX)).is(FAST),
      write("PEXPIRE",     "key milliseconds [NX | XX | GT | LT]",           (session, args) -> expire(session, args, DeadlineUnit.PX)).is(FAST),
      write("EXPIREAT",    "key unix-time-seconds [NX | XX | GT | LT]",      (session, args) -> expire(session, args, DeadlineUnit.EXAT)).is(FAST),
      write("PEXPIREAT",   "key unix-time-milliseconds [NX | XX | GT | LT]", (session, args) -> expire(session, args, DeadlineUnit.PXAT)).is(FAST),
      write("PERSIST",     "key",                                            ExpiryCommands::persist).is(FAST),
      read ("TTL",         "key",                                            (session, args) -> seconds(timeToLive(session, args))).is(FAST),
      read ("PTTL",        "key",                                            (session, args) -> Reply.integer(timeToLive(session, args))).is(FAST),
      read ("EXPIRETIME",  "key",                                            (session, args) -> seconds(deadline(session, args))).is(FAST),
      read ("PEXPIRETIME", "key",                                            (session, args) -> Reply.integer(deadline(session, args))).is(FAST));
  // spotless:on

  private ExpiryCommands() {}

  private static Reply expire(Session session, Args args, DeadlineUnit unit) {
    CacheOperations<Object, Object> cache = session.cache();
    Object key = args.nextKey(cache);
    int amount = args.position();
    args.position(amount + 1); // what is wrong with the options is told first
    Set<ExpireCondition> conditions = EnumSet.noneOf(ExpireCondition.class);
    while (args.hasNext()) {
      conditions.add(condition(args));
    }
    ExpiryOperations.requireCompatible(conditions);
    args.position(amount);
    Deadline deadline = unit.next(args, cache.now());
    return Reply.oneIf(cache.expiry().expire(key, deadline, conditions));
  }

  private static ExpireCondition condition(Args args) {
    for (ExpireCondition condition : ExpireCondition.values()) {
      if (args.accept(condition.name())) {
        return condition;
      }
    }
    throw Args.error("Unsupported option " + args.nextQuoted());
  }

  private static Reply persist(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return Reply.oneIf(cache.expiry().persist(args.nextKey(cache)));
  }

  private static long timeToLive(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return cache.expiry().pttl(args.nextKey(cache));
  }

  private static long deadline(Session session, Args args) {
    CacheOperations<Object, Object> cache = session.cache();
    return cache.expiry().expireTime(args.nextKey(cache));
  }

  private static Reply seconds(long millis) {
    return Reply.integer(ExpiryOperations.seconds(millis));
  }
}
