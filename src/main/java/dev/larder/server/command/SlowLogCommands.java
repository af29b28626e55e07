package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.other;

import dev.larder.OperationException;
import dev.larder.protocol.Reply;
import java.util.List;

/** {@code SLOWLOG}: the commands that took long. */
final class SlowLogCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("SLOWLOG GET",   "[count]", SlowLogCommands::get).is(ADMIN),
      other("SLOWLOG LEN",   "",        (session, args) -> Reply.integer(log(session).size())).is(ADMIN),
      other("SLOWLOG RESET", "",        SlowLogCommands::reset).is(ADMIN),
      other("SLOWLOG HELP",  "",        (session, args) -> CommandTable.ALL.help("slowlog")));
  // spotless:on

  private static final long FEW = 10;

  private SlowLogCommands() {}

  private static SlowLog log(Session session) {
    return session.server().stats().slowLog();
  }

  private static Reply get(Session session, Args args) {
    long count = args.hasNext() ? nextCount(args) : FEW;
    if (args.hasNext()) {
      throw Args.error(
          "unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
    }
    return Reply.array(log(session).latest(count == -1 ? Long.MAX_VALUE : count));
  }

  private static long nextCount(Args args) {
    try {
      long count = args.nextLong();
      if (count >= -1) {
        return count;
      }
    } catch (OperationException e) {
      // as below
    }
    throw Args.error("count should be greater than or equal to -1");
  }

  private static Reply reset(Session session, Args args) {
    log(session).clear();
    return Reply.OK;
  }
}
