package dev.larder.server.command;

import static dev.larder.server.command.Command.other;
import static dev.larder.server.command.Command.read;
import static dev.larder.server.command.Command.write;

import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Commands on the server, and on a cache as a whole. */
final class ServerCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      read ("DBSIZE",        "",                          (session, args) -> Reply.integer(session.cache().keyspace().size())),
      write("FLUSHDB",       "[ASYNC | SYNC]",            ServerCommands::flush).slow(),
      other("INFO",          "[section ...]",             ServerCommands::info),
      other("CONFIG GET",    "parameter [parameter ...]", ServerCommands::settings),
      other("COMMAND",       "",                          (session, args) -> Reply.EMPTY_ARRAY),
      other("COMMAND COUNT", "",                          (session, args) -> Reply.integer(CommandTable.ALL.size())),
      other("COMMAND DOCS",  "[command-name ...]",        (session, args) -> Reply.map()));
  // spotless:on

  private ServerCommands() {}

  /**
   * Both ways at once: the reply comes when the keys are gone, and no other client waits for it.
   */
  private static Reply flush(Session session, Args args) {
    boolean valid = !args.hasNext() || args.accept("ASYNC") || args.accept("SYNC");
    if (!valid || args.hasNext()) {
      throw args.syntaxError();
    }
    session.cache().keyspace().clear();
    return Reply.OK;
  }

  /** Settings by their whole names; those that there are not are left out. */
  private static Reply settings(Session session, Args args) {
    Map<String, String> settings = session.connections().settings();
    List<Reply> namesAndValues = new ArrayList<>();
    while (args.hasNext()) {
      String name = args.nextText().toLowerCase(Locale.ROOT);
      String value = settings.get(name);
      if (value != null) {
        namesAndValues.add(Reply.bulk(name));
        namesAndValues.add(Reply.bulk(value));
      }
    }
    return new Reply.Map(namesAndValues);
  }

  private static Reply info(Session session, Args args) {
    return Reply.verbatim(Info.text(session.connections(), args));
  }
}
