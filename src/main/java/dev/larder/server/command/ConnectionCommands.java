package dev.larder.server.command;

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
      connection("PING",   "[message]",              ConnectionCommands::ping),
      other     ("ECHO",   "message",                (session, args) -> Reply.bulk(args.next())),
      connection("SELECT", "index-or-name",          ConnectionCommands::select),
      connection("HELLO",  "[protover [option ...]]", ConnectionCommands::hello),
      connection("QUIT",   "[ignored ...]",          ConnectionCommands::quit));
  // spotless:on

  private ConnectionCommands() {}

  private static Reply ping(Session session, Args args) {
    return switch (args.left()) {
      case 0 -> Reply.PONG;
      case 1 -> Reply.bulk(args.next());
      default -> throw args.wrongNumber();
    };
  }

  private static Reply quit(Session session, Args args) {
    session.closeAfterReply();
    return Reply.OK;
  }

  /** By number, or by name if that is no number of a cache. */
  private static Reply select(Session session, Args args) {
    int word = args.position();
    OperationException failure;
    try {
      if (session.select(args.nextLong())) {
        return Reply.OK;
      }
      failure = Args.error("DB index is out of range");
    } catch (OperationException notANumber) {
      failure = notANumber;
    }
    args.position(word);
    if (session.select(args.nextText())) {
      return Reply.OK;
    }
    throw failure;
  }

  /**
   * Tells who we are, and makes a connection of lines one of RESP.
   *
   * <p>To a version that we do not speak the answer is that of a server without this command, and
   * not {@code NOPROTO}: more clients go on with RESP2 after it (go-redis, Jedis), and none fewer.
   */
  private static Reply hello(Session session, Args args) {
    session.speak(Encoding.RESP2);
    if (args.hasNext()) {
      long version = version(args);
      if (version < 2 || version > 3) {
        throw new OperationException("NOPROTO", "unsupported protocol version");
      }
      if (version == 3) {
        throw Args.error("unknown command 'HELLO', with args beginning with: '3' ");
      }
      if (args.hasNext()) {
        throw Args.error("Syntax error in HELLO option '" + args.nextQuoted() + "'");
      }
    }
    // spotless:off
    return Reply.map(
        Reply.bulk("server"),  Reply.bulk("redis"),
        Reply.bulk("version"), Reply.bulk(Info.REDIS_VERSION),
        Reply.bulk("proto"),   Reply.integer(2),
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
