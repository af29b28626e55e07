package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.Flag.DANGEROUS;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.connection;
import static dev.larder.server.command.Command.other;
import static dev.larder.server.command.Command.write;

import dev.larder.protocol.Reply;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Commands on the server. */
final class ServerCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("INFO",             "[section ...]",             ServerCommands::info).is(DANGEROUS),
      other("TIME",             "",                          ServerCommands::time).is(FAST),
      other("WAIT",             "numreplicas timeout",       ServerCommands::await).in("connection"),
      other("CONFIG GET",       "parameter [parameter ...]", ServerCommands::settings).is(ADMIN),
      other("CONFIG SET",       "parameter value [parameter value ...]",
                                                             ServerCommands::change).is(ADMIN).slow(),
      other("CONFIG RESETSTAT", "",                          ServerCommands::resetStatistics).is(ADMIN),
      other("CONFIG HELP",      "",                          (session, args) -> CommandTable.ALL.help("config")),
      connection("MONITOR",     "",                          ServerCommands::monitor).is(ADMIN),
      write("FUNCTION FLUSH",   "[ASYNC | SYNC]",            ServerCommands::flushFunctions).in("scripting"),
      other("CLUSTER INFO",     "",                          ServerCommands::noCluster));
  // spotless:on

  private ServerCommands() {}

  private static Reply info(Session session, Args args) {
    return Reply.verbatim(Info.text(session, args));
  }

  private static Reply time(Session session, Args args) {
    Instant now = Clock.systemUTC().instant();
    return Reply.array(
        Reply.bulk(String.valueOf(now.getEpochSecond())),
        Reply.bulk(String.valueOf(now.getNano() / 1_000)));
  }

  /** A second time there is no reply, as in Redis: the client is past having any. */
  private static Reply monitor(Session session, Args args) {
    if (session.isInTransaction()) {
      throw Args.error("MONITOR isn't allowed for DENY BLOCKING client");
    }
    return session.monitor() ? Reply.OK : Reply.NONE;
  }

  /** For replicas, of which there are none: who wants some waits for nothing until the end. */
  private static Reply await(Session session, Args args) {
    long replicas = args.nextLong();
    long millis = ClientCommands.nextTimeout(args);
    if (replicas > 0 && !session.isInTransaction()) {
      session.suspend(
          new Session.Suspension(millis == 0 ? Long.MAX_VALUE : millis, Reply.ZERO, true));
    }
    return Reply.ZERO;
  }

  private static Reply settings(Session session, Args args) {
    List<byte[]> patterns = new ArrayList<>();
    while (args.hasNext()) {
      patterns.add(args.next());
    }
    List<Reply> namesAndValues = new ArrayList<>();
    session
        .server()
        .config()
        .matching(patterns)
        .forEach(
            (name, value) -> {
              namesAndValues.add(Reply.bulk(name));
              namesAndValues.add(Reply.bulk(value));
            });
    return new Reply.Map(namesAndValues);
  }

  private static Reply change(Session session, Args args) {
    if (args.left() % 2 != 0) {
      throw args.syntaxError();
    }
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    while (args.hasNext()) {
      names.add(args.nextQuoted());
      values.add(args.nextText());
    }
    Server server = session.server();
    server.config().change(names, values, !session.isInTransaction());
    if (session.isInTransaction()) {
      session.transaction().afterwards(server::limitMemory);
    } else {
      server.limitMemory();
    }
    return Reply.OK;
  }

  /** There are none, but the words must be right. */
  private static Reply flushFunctions(Session session, Args args) {
    if (args.left() > 1) {
      throw args.wrongSubcommand();
    }
    if (args.hasNext() && !args.accept("ASYNC") && !args.accept("SYNC")) {
      throw Args.error("FUNCTION FLUSH only supports SYNC|ASYNC option");
    }
    return Reply.OK;
  }

  private static Reply resetStatistics(Session session, Args args) {
    session.server().resetStatistics();
    return Reply.OK;
  }

  private static Reply noCluster(Session session, Args args) {
    throw Args.error("This instance has cluster support disabled");
  }
}
