package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.other;

import dev.larder.OperationException;
import dev.larder.protocol.Reply;
import dev.larder.server.command.Session.Muted;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** {@code CLIENT}: what a client says of itself, and what may be done to others. */
final class ClientCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("CLIENT ID",       "",                  (session, args) -> Reply.integer(session.id())),
      other("CLIENT SETNAME",  "connection-name",   ClientCommands::setName),
      other("CLIENT GETNAME",  "",                  ClientCommands::getName),
      other("CLIENT SETINFO",  "LIB-NAME|LIB-VER libname-or-libver",
                                                    ClientCommands::setInfo),
      other("CLIENT INFO",     "",                  (session, args) -> Reply.verbatim(ClientText.of(session) + "\n")),
      other("CLIENT LIST",     "[TYPE NORMAL | MASTER | REPLICA | PUBSUB] [ID client-id [client-id ...]]",
                                                    ClientCommands::list).is(ADMIN).slowIf((session, request) -> session.server().open() > Command.MANY),
      other("CLIENT KILL",     "ip:port-or-filter [value ...]",
                                                    ClientCommands::kill).is(ADMIN),
      other("CLIENT NO-EVICT", "ON|OFF",            (session, args) -> onOff(args, session::noEvict)).is(ADMIN),
      other("CLIENT NO-TOUCH", "ON|OFF",            (session, args) -> onOff(args, session::noTouch)),
      other("CLIENT REPLY",    "ON|OFF|SKIP",       ClientCommands::reply),
      other("CLIENT PAUSE",    "timeout [WRITE | ALL]",
                                                    ClientCommands::pause).is(ADMIN),
      other("CLIENT UNPAUSE",  "",                  ClientCommands::unpause).is(ADMIN),
      other("CLIENT UNBLOCK",  "client-id [TIMEOUT | ERROR]",
                                                    ClientCommands::unblock).is(ADMIN),
      other("CLIENT HELP",     "",                  (session, args) -> CommandTable.ALL.help("client")));
  // spotless:on

  private static final Reply UNBLOCKED =
      Reply.error("UNBLOCKED", "client unblocked via CLIENT UNBLOCK");

  private ClientCommands() {}

  // -------------------------------------------------------------------------------------- itself

  private static Reply setName(Session session, Args args) {
    session.name(nextName(args, "Client names"));
    return Reply.OK;
  }

  private static Reply getName(Session session, Args args) {
    return session.name().isEmpty() ? Reply.NIL : Reply.bulk(session.name());
  }

  private static Reply setInfo(Session session, Args args) {
    if (args.accept("LIB-NAME")) {
      session.library(nextName(args, "lib-name"));
    } else if (args.accept("LIB-VER")) {
      session.libraryVersion(nextName(args, "lib-ver"));
    } else {
      throw Args.error("Unrecognized option '" + args.nextQuoted() + "'");
    }
    return Reply.OK;
  }

  /** A word that can stand in a line of {@code CLIENT LIST}: without blanks. */
  static String nextName(Args args, String what) {
    String name = args.nextText();
    if (!name.chars().allMatch(c -> c >= '!' && c <= '~')) {
      throw Args.error(what + " cannot contain spaces, newlines or special characters.");
    }
    return name;
  }

  private interface Switch {
    void set(boolean on);
  }

  private static Reply onOff(Args args, Switch target) {
    boolean on = args.accept("ON");
    if (!on && !args.accept("OFF")) {
      throw args.syntaxError();
    }
    target.set(on);
    return Reply.OK;
  }

  private static Reply reply(Session session, Args args) {
    if (args.accept("ON")) {
      session.mute(Muted.NOT);
      return Reply.OK;
    } else if (args.accept("OFF")) {
      session.mute(Muted.OFF);
    } else if (args.accept("SKIP")) {
      session.skipReply();
    } else {
      throw args.syntaxError();
    }
    return Reply.NONE;
  }

  // -------------------------------------------------------------------------------------- others

  private static Reply list(Session session, Args args) {
    Predicate<Session> wanted = other -> true;
    if (args.left() == 2 && args.accept("TYPE")) {
      wanted = ofType(args);
    } else if (args.left() > 1 && args.accept("ID")) {
      Set<Long> ids = new HashSet<>();
      while (args.hasNext()) {
        ids.add(nextNumber(args, "Invalid client ID"));
      }
      wanted = other -> ids.contains(other.id());
    } else if (args.hasNext()) {
      throw args.syntaxError();
    }
    StringBuilder lines = new StringBuilder();
    for (Session other : session.server().sessions()) {
      if (wanted.test(other)) {
        lines.append(ClientText.of(other)).append('\n');
      }
    }
    return Reply.verbatim(lines.toString());
  }

  private static Predicate<Session> ofType(Args args) {
    if (args.accept("NORMAL")) {
      return other -> other.subscriptions().count() == 0;
    } else if (args.accept("PUBSUB")) {
      return other -> other.subscriptions().count() > 0;
    } else if (args.accept("MASTER") || args.accept("REPLICA") || args.accept("SLAVE")) {
      return other -> false;
    }
    throw Args.error("Unknown client type '" + args.nextQuoted() + "'");
  }

  private static long nextNumber(Args args, String message) {
    try {
      return args.nextLong();
    } catch (OperationException e) {
      throw Args.error(message);
    }
  }

  private static Reply kill(Session session, Args args) {
    if (args.left() == 1) {
      String address = args.nextText();
      if (killAll(session, other -> other.wire().peer().equals(address), false) == 0) {
        throw Args.error("No such client");
      }
      return Reply.OK;
    }
    Predicate<Session> wanted = other -> true;
    boolean skipMe = true;
    while (args.hasNext()) {
      if (args.left() < 2) {
        throw args.syntaxError();
      }
      if (args.accept("ID")) {
        String message = "client-id should be greater than 0";
        long id = nextNumber(args, message);
        if (id < 1) {
          throw Args.error(message);
        }
        wanted = wanted.and(other -> other.id() == id);
      } else if (args.accept("TYPE")) {
        wanted = wanted.and(ofType(args));
      } else if (args.accept("ADDR")) {
        String address = args.nextText();
        wanted = wanted.and(other -> other.wire().peer().equals(address));
      } else if (args.accept("LADDR")) {
        String address = args.nextText();
        wanted = wanted.and(other -> other.wire().local().equals(address));
      } else if (args.accept("USER")) {
        wanted = wanted.and(isUser(session, args.nextText()));
      } else if (args.accept("SKIPME")) {
        skipMe = args.accept("YES");
        if (!skipMe && !args.accept("NO")) {
          throw args.syntaxError();
        }
      } else {
        throw args.syntaxError();
      }
    }
    return Reply.integer(killAll(session, wanted, skipMe));
  }

  private static Predicate<Session> isUser(Session session, String name) {
    if (session.server().users().find(name) == null) {
      throw Args.error("No such user '" + name + "'");
    }
    return other -> other.user().name().equals(name);
  }

  private static int killAll(Session me, Predicate<Session> wanted, boolean skipMe) {
    int killed = 0;
    for (Session other : me.server().sessions()) {
      if (wanted.test(other) && !(skipMe && other == me)) {
        killed++;
        if (other == me) {
          me.closeAfterReply();
        } else {
          other.wire().kill();
        }
      }
    }
    return killed;
  }

  private static Reply pause(Session session, Args args) {
    if (args.left() > 2) {
      throw args.wrongSubcommand();
    }
    int timeout = args.position();
    args.position(timeout + 1);
    boolean all = !args.accept("WRITE");
    if (args.hasNext() && !args.accept("ALL")) {
      throw Args.error("CLIENT PAUSE mode must be WRITE or ALL");
    }
    args.position(timeout);
    session.server().pause().begin(nextTimeout(args), all);
    return Reply.OK;
  }

  /** The next word as so many milliseconds. */
  static long nextTimeout(Args args) {
    long millis;
    try {
      millis = args.nextLong();
    } catch (OperationException e) {
      throw Args.error("timeout is not an integer or out of range");
    }
    if (millis < 0) {
      throw Args.error("timeout is negative");
    }
    return millis;
  }

  private static Reply unpause(Session session, Args args) {
    session.server().pause().end(session.server().sessions());
    return Reply.OK;
  }

  private static Reply unblock(Session session, Args args) {
    if (args.left() > 2) {
      throw args.wrongSubcommand();
    }
    int number = args.position();
    args.position(number + 1);
    boolean error = args.accept("ERROR");
    if (args.hasNext() && !args.accept("TIMEOUT")) {
      throw Args.error("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
    args.position(number);
    long id = args.nextLong();
    Session other = session.server().session(id);
    Session.Suspension suspension = other == null ? null : other.suspension();
    if (other == null || suspension == null || !suspension.mayBeCutShort()) {
      return Reply.ZERO;
    }
    boolean told = error && suspension.reply() != Reply.NONE; // CLIENT REPLY OFF
    other.wire().answer(told ? UNBLOCKED : suspension.reply());
    return Reply.ONE;
  }
}
