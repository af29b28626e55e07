package dev.larder.server.command;

import static dev.larder.server.command.Command.write;

import dev.larder.protocol.Reply;
import java.util.List;

/** Commands on numbers that are changed in place. */
final class CounterCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      write("INCR",        "key",            (session, args) -> add(session, args, 1)),
      write("DECR",        "key",            (session, args) -> add(session, args, -1)),
      write("INCRBY",      "key increment",  CounterCommands::incrementBy),
      write("DECRBY",      "key decrement",  CounterCommands::decrementBy),
      write("INCRBYFLOAT", "key increment",  CounterCommands::incrementByFloat));
  // spotless:on

  private CounterCommands() {}

  private static Reply add(Session session, Args args, long increment) {
    Object key = args.next(session.cache().keyText());
    return Reply.integer(session.cache().counters().add(key, increment));
  }

  private static Reply incrementBy(Session session, Args args) {
    Object key = args.next(session.cache().keyText());
    return Reply.integer(session.cache().counters().add(key, args.nextLong()));
  }

  private static Reply decrementBy(Session session, Args args) {
    Object key = args.next(session.cache().keyText());
    return Reply.integer(session.cache().counters().subtract(key, args.nextLong()));
  }

  private static Reply incrementByFloat(Session session, Args args) {
    Object key = args.next(session.cache().keyText());
    return Reply.bulk(session.cache().counters().addText(key, args.next()));
  }
}
