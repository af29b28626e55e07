package dev.larder.server.command;

import dev.larder.BusyException;
import dev.larder.CodecException;
import dev.larder.DeadlockException;
import dev.larder.OperationException;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.Locale;

/**
 * One row of a command table.
 *
 * <p>The syntax is written as in Redis' documentation, and says how many words are needed: {@code
 * "key increment"} exactly two, {@code "key value [NX | XX]"} at least two. What follows then is
 * for the function to check, which alone knows whether it is wrong in number or in syntax.
 */
public final class Command {
  /** A command with more arguments than these takes too long for a thread that serves others. */
  static final int MANY = 64;

  /** What a command is about. */
  enum Kind {
    /** The selected cache, which it only reads. */
    READ,
    /** The selected cache, which it may change. */
    WRITE,
    /** The connection itself: replies keep their RESP form even among lines. */
    CONNECTION,
    /** Anything else. */
    OTHER
  }

  /** Does what the command says. Throws what {@link #run} makes replies of. */
  @FunctionalInterface
  interface Function {
    Reply run(Session session, Args args);
  }

  private final String name;
  private final String syntax;
  private final Kind kind;
  private final int mostOnLoop;
  private final Function function;
  private final int words;
  private final int required;
  private final boolean exact;

  private Command(String name, String syntax, Kind kind, int mostOnLoop, Function function) {
    this.name = name;
    this.syntax = syntax;
    this.kind = kind;
    this.mostOnLoop = mostOnLoop;
    this.function = function;
    this.words = 1 + (int) name.chars().filter(c -> c == '|').count();
    this.required = required(syntax);
    this.exact = syntax.indexOf('[') < 0;
  }

  private static Command command(String name, String syntax, Kind kind, Function function) {
    String lower = name.toLowerCase(Locale.ROOT).replace(' ', '|');
    return new Command(lower, syntax, kind, Integer.MAX_VALUE, function);
  }

  static Command read(String name, String syntax, Function function) {
    return command(name, syntax, Kind.READ, function);
  }

  static Command write(String name, String syntax, Function function) {
    return command(name, syntax, Kind.WRITE, function);
  }

  static Command connection(String name, String syntax, Function function) {
    return command(name, syntax, Kind.CONNECTION, function);
  }

  static Command other(String name, String syntax, Function function) {
    return command(name, syntax, Kind.OTHER, function);
  }

  /** The same row for a command that may wait, or takes long, whatever its arguments are. */
  Command slow() {
    return slowBeyond(-1);
  }

  /** The same row for a command that takes long with more arguments than these. */
  Command slowBeyond(int arguments) {
    return new Command(name, syntax, kind, arguments, function);
  }

  /** Words outside of brackets. */
  private static int required(String syntax) {
    int count = 0;
    int depth = 0;
    for (String word : syntax.split(" ", -1)) {
      depth += word.startsWith("[") ? 1 : 0;
      count += depth == 0 && !word.isEmpty() ? 1 : 0;
      depth -= word.endsWith("]") ? 1 : 0;
    }
    return count;
  }

  /** Lower case; with a subcommand, {@code config|get}. */
  public String name() {
    return name;
  }

  /** What follows the name. */
  public String syntax() {
    return syntax;
  }

  /** How many words the name has. */
  int words() {
    return words;
  }

  /** Whether it is about the connection, so that its reply is in RESP even among lines. */
  public boolean isControl() {
    return kind == Kind.CONNECTION;
  }

  /**
   * Whether a thread that runs this request might have to wait, or to work for long. If not, an
   * event loop may {@link #run} it, but must expect a {@link BusyException}.
   */
  public boolean mayWait(Session session, Request request) {
    return request.count() - words > mostOnLoop
        || (kind == Kind.READ || kind == Kind.WRITE) && session.cache().runsUserCode();
  }

  /**
   * Runs the command. Whatever goes wrong is a reply.
   *
   * @param args its words are read with this
   * @throws BusyException if the session's cache does not wait but would have to; nothing has
   *     happened then
   */
  public Reply run(Session session, Request request, Args args) {
    int given = request.count() - words;
    if (given < required || exact && given > required) {
      return Reply.error(wrongNumberOfArguments(name));
    }
    args.begin(request, this);
    try {
      return function.run(session, args);
    } catch (BusyException e) {
      throw e;
    } catch (OperationException e) {
      return Reply.error(e.code(), String.valueOf(e.getMessage()));
    } catch (CodecException e) {
      return Reply.error(String.valueOf(e.getMessage()));
    } catch (DeadlockException e) {
      return Reply.error(String.valueOf(e.getMessage()));
    } catch (Throwable e) { // of user code, or of ours: the connection and its thread live on
      if (e instanceof IllegalStateException && isClosed(session)) {
        return Reply.error("cache '" + session.cache().name() + "' is closed");
      }
      ServerLog.warn("command '" + name + "' failed", e);
      return Reply.error("internal error");
    }
  }

  private static boolean isClosed(Session session) {
    try {
      session.cache().entries().rules().requireOpen();
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  static String wrongNumberOfArguments(String command) {
    return "wrong number of arguments for '" + command + "' command";
  }

  @Override
  public String toString() {
    return (name + " " + syntax).trim();
  }
}
