package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.NO_AUTH;
import static dev.larder.server.command.Command.Flag.SUBSCRIBED_TOO;
import static dev.larder.server.command.Command.Flag.UNQUEUED;
import static dev.larder.server.command.Command.connection;
import static dev.larder.server.command.Command.other;

import dev.larder.OperationException;
import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import java.util.List;

/** Commands on the connection itself. */
final class ConnectionCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      connection("PING",  "[message]",    ConnectionCommands::ping).is(FAST, SUBSCRIBED_TOO),
      other     ("ECHO",  "message",      (session, args) -> Reply.bulk(args.next())).is(FAST),
      connection("SELECT", "index-or-name", KeyspaceCommands::select).is(FAST),
      connection("HELLO", "[protover [AUTH username password] [SETNAME clientname]]",
                                          ConnectionCommands::hello).is(FAST, NO_AUTH),
      connection("RESET", "",             ConnectionCommands::reset).is(FAST, NO_AUTH, SUBSCRIBED_TOO, UNQUEUED),
      connection("QUIT",  "[ignored ...]", ConnectionCommands::quit).is(FAST, NO_AUTH, SUBSCRIBED_TOO, UNQUEUED));
  // spotless:on

  private ConnectionCommands() {}

  private static Reply ping(Session session, Args args) {
    if (args.left() > 1) {
      throw args.wrongNumber();
    }
    if (session.subscriptions().restrict()) { // where a bare PONG could be taken for a message
      return Reply.array(
          Reply.bulk("pong"), args.hasNext() ? Reply.bulk(args.next()) : Reply.bulk(""));
    }
    return args.hasNext() ? Reply.bulk(args.next()) : Reply.PONG;
  }

  private static Reply quit(Session session, Args args) {
    session.closeAfterReply();
    return Reply.OK;
  }

  private static Reply reset(Session session, Args args) {
    session.reset();
    return Reply.status("RESET");
  }

  /** Tells who we are, and makes a connection of lines one of RESP. */
  private static Reply hello(Session session, Args args) {
    boolean resp3 = session.isResp3();
    if (args.hasNext()) {
      long version = version(args);
      if (version < 2 || version > 3) {
        throw new OperationException("NOPROTO", "unsupported protocol version");
      }
      resp3 = version == 3;
    }
    String name = null;
    while (args.hasNext()) {
      if (args.left() > 2 && args.accept("AUTH")) {
        AclCommands.logIn(session, args.nextText(), args.next(), "hello");
      } else if (args.left() > 1 && args.accept("SETNAME")) {
        name = ClientCommands.nextName(args, "Client names");
      } else {
        throw Args.error("Syntax error in HELLO option '" + args.nextQuoted() + "'");
      }
    }
    if (!session.isAuthenticated()) {
      throw new OperationException(
          "NOAUTH",
          "HELLO must be called with the client already authenticated, otherwise the HELLO <proto>"
              + " AUTH <user> <pass> option can be used to authenticate the client and select the"
              + " RESP protocol version at the same time");
    }
    if (name != null) {
      session.name(name);
    }
    session.wire().speak(resp3 ? Encoding.RESP3 : Encoding.RESP2);
    // spotless:off
    return Reply.map(
        Reply.bulk("server"),  Reply.bulk("redis"),
        Reply.bulk("version"), Reply.bulk(Info.REDIS_VERSION),
        Reply.bulk("proto"),   Reply.integer(resp3 ? 3 : 2),
        Reply.bulk("id"),      Reply.integer(session.id()),
        Reply.bulk("mode"),    Reply.bulk("standalone"),
        Reply.bulk("role"),    Reply.bulk("master"),
        Reply.bulk("modules"), Reply.EMPTY_ARRAY);
    // spotless:on
  }

  private static long version(Args args) {
    try {
      return args.nextLong();
    } catch (OperationException e) {
      throw Args.error("Protocol version is not an integer or out of range");
    }
  }
}
