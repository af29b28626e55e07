package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.DENYOOM;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.READS_TOO;
import static dev.larder.server.command.Command.write;

import dev.larder.protocol.Reply;
import java.util.List;

/** Commands on numbers that are changed in place. */
final class CounterCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("INCR",        "key",            (session, args) -> add(session, args, 1)).is(DENYOOM, FAST, READS_TOO),
      write("DECR",        "key",            (session, args) -> add(session, args, -1)).is(DENYOOM, FAST, READS_TOO),
      write("INCRBY",      "key increment",  CounterCommands::incrementBy).is(DENYOOM, FAST, READS_TOO),
      write("DECRBY",      "key decrement",  CounterCommands::decrementBy).is(DENYOOM, FAST, READS_TOO),
      write("INCRBYFLOAT", "key increment",  CounterCommands::incrementByFloat).is(DENYOOM, FAST, READS_TOO));
  // spotless:on

  private CounterCommands() {}

  private static Reply add(Session session, Args args, long increment) {
    Object key = args.nextKey(session.cache());
    return Reply.integer(session.cache().counters().add(key, increment));
  }

  private static Reply incrementBy(Session session, Args args) {
    Object key = args.nextKey(session.cache());
    return Reply.integer(session.cache().counters().add(key, args.nextLong()));
  }

  private static Reply decrementBy(Session session, Args args) {
    Object key = args.nextKey(session.cache());
    return Reply.integer(session.cache().counters().subtract(key, args.nextLong()));
  }

  private static Reply incrementByFloat(Session session, Args args) {
    Object key = args.nextKey(session.cache());
    return Reply.bulk(session.cache().counters().addText(key, args.next()));
  }
}
