package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.UNQUEUED;
import static dev.larder.server.command.Command.other;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import java.util.List;

/** Several commands as one. */
final class TransactionCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("MULTI",   "",              TransactionCommands::multi).is(FAST, UNQUEUED),
      other("EXEC",    "",              (session, args) -> session.transaction().execute())
                                        .is(UNQUEUED).slowIf((session, request) -> session.transaction().mayWait()),
      other("DISCARD", "",              TransactionCommands::discard).is(FAST, UNQUEUED),
      other("WATCH",   "key [key ...]", TransactionCommands::watch).is(FAST, UNQUEUED)
                                        .slowIf((session, request) -> request.count() > Command.MANY || session.cache().runsUserCode()),
      other("UNWATCH", "",              TransactionCommands::unwatch).is(FAST));
  // spotless:on

  private TransactionCommands() {}

  private static Reply multi(Session session, Args args) {
    session.transaction().begin();
    return Reply.OK;
  }

  private static Reply discard(Session session, Args args) {
    if (!session.transaction().isOpen()) {
      throw Args.error("DISCARD without MULTI");
    }
    session.transaction().discard();
    return Reply.OK;
  }

  private static Reply watch(Session session, Args args) {
    if (session.transaction().isOpen()) {
      throw Args.error("WATCH inside MULTI is not allowed");
    }
    CacheOperations<Object, Object> cache = session.cache();
    for (Object key : args.restKeys(cache)) {
      session.transaction().watch(cache, key);
    }
    return Reply.OK;
  }

  private static Reply unwatch(Session session, Args args) {
    session.transaction().unwatch();
    return Reply.OK;
  }
}
