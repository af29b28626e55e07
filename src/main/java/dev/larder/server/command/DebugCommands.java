package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.Flag.PROTECTED;
import static dev.larder.server.command.Command.other;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * {@code DEBUG}: for tests. As in Redis its subcommands are no commands of their own, and it is
 * there only where {@code enable-debug-command} says so.
 */
final class DebugCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("DEBUG", "subcommand [argument ...]", DebugCommands::debug)
                     .is(ADMIN, PROTECTED).on(DebugCommands::keys)
                     .slowIf((session, request) -> loads(request) || session.cache().runsUserCode()));
  // spotless:on

  private static final int LONGEST_STRING = 512 << 20;
  private static final long MOST_MILLIS = Integer.MAX_VALUE;

  private static final Reply HELP =
      Reply.array(
          List.of(
              Reply.status("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"),
              Reply.status("CHANGE-REPL-ID"),
              Reply.status("LOADAOF"),
              Reply.status("OBJECT key"),
              Reply.status("RELOAD [NOSAVE]"),
              Reply.status("SET-ACTIVE-EXPIRE 0|1"),
              Reply.status("SLEEP seconds"),
              Reply.status("STRINGMATCH-LEN length pattern"),
              Reply.status("HELP")));

  private DebugCommands() {}

  /** What stands against a protected command; null: nothing. */
  static @Nullable Reply refusal(Session session) {
    String enabled = session.server().config().get("enable-debug-command");
    if (enabled.equals("yes") || enabled.equals("local") && session.wire().isLocal()) {
      return null;
    }
    return Reply.error(
        "DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can"
            + " run it from a local connection, otherwise you need to set this option in the"
            + " configuration file, and then restart the server.");
  }

  private static Reply debug(Session session, Args args) {
    String subcommand = args.nextQuoted();
    int arguments = args.left();
    if (subcommand.equalsIgnoreCase("RELOAD")) {
      return reload(session, args);
    }
    return switch (subcommand.toUpperCase(Locale.ROOT) + "/" + arguments) {
      case "SLEEP/1" -> sleep(session, args);
      case "OBJECT/1" -> describe(session.cache(), args);
      case "SET-ACTIVE-EXPIRE/1" -> setActiveExpiry(session, args);
      case "STRINGMATCH-LEN/2" -> match(args);
      case "LOADAOF/0" -> loadLog(session);
      case "CHANGE-REPL-ID/0" -> {
        session.server().changeReplicationId();
        yield Reply.OK;
      }
      case "HELP/0" -> HELP;
      default ->
          throw Args.error(
              "unknown subcommand or wrong number of arguments for '"
                  + subcommand
                  + "'. Try DEBUG HELP.");
    };
  }

  private static void keys(Request request, Command.Keys keys) {
    if (request.count() == 3 && request.is(1, "OBJECT")) {
      keys.key(2, true, false);
    }
  }

  /** Redis itself sleeps; here only the client waits, and no thread. */
  private static Reply sleep(Session session, Args args) {
    if (session.isInTransaction()) {
      throw Args.error("DEBUG SLEEP cannot be part of a transaction, whose keys it would hold");
    }
    double seconds;
    try {
      seconds = Double.parseDouble(args.nextText());
    } catch (NumberFormatException e) {
      throw Args.error("value is not a valid float");
    }
    long millis = (long) Math.ceil(seconds * 1_000); // 0 for what is no number
    if (millis <= 0) {
      return Reply.OK;
    }
    session.suspend(new Session.Suspension(Math.min(millis, MOST_MILLIS), Reply.OK, false));
    return Reply.NONE;
  }

  private static boolean loads(Request request) {
    return request.count() > 1 && (request.is(1, "RELOAD") || request.is(1, "LOADAOF"));
  }

  private static Reply reload(Session session, Args args) {
    boolean save = true;
    while (args.hasNext()) {
      if (args.accept("MERGE") || args.accept("NOFLUSH")) {
        throw Args.error("DEBUG RELOAD replaces all entries: there is neither MERGE nor NOFLUSH");
      }
      if (!args.accept("NOSAVE")) {
        throw Args.error("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
      }
      save = false;
    }
    requireNoTransaction(session);
    session.server().persistence().reload(save);
    return Reply.OK;
  }

  private static Reply loadLog(Session session) {
    requireNoTransaction(session);
    if (session.server().persistence().status().log() == null) {
      throw Args.error("there is no log to load: 'appendonly' is 'no'");
    }
    session.server().persistence().reloadLog();
    return Reply.OK;
  }

  /** Loading waits for everybody who holds something. */
  private static void requireNoTransaction(Session session) {
    if (session.isInTransaction()) {
      throw Args.error("DEBUG RELOAD cannot be part of a transaction, whose keys it would hold");
    }
  }

  private static Reply describe(CacheOperations<Object, Object> cache, Args args) {
    Object value = cache.keys().peek(args.nextKey(cache));
    if (value == null) {
      throw Args.error("no such key");
    }
    byte[] text = cache.textOrNull(value);
    return Reply.status(
        String.format(
            Locale.ROOT,
            "Value at:0x%08x refcount:1 encoding:%s serializedlength:%d lru:0 lru_seconds_idle:0"
                + " class:%s",
            System.identityHashCode(value),
            ObjectCommands.encoding(cache, value),
            text == null ? 0 : text.length,
            value.getClass().getTypeName()));
  }

  private static Reply setActiveExpiry(Session session, Args args) {
    boolean active = !args.accept("0");
    for (CacheOperations<Object, Object> cache : session.server().caches()) {
      cache.activeExpiry(active);
    }
    return Reply.OK;
  }

  /** Matches a string of this length, all letters alike, as a test of how long that takes. */
  private static Reply match(Args args) {
    long length = args.nextLong();
    if (length < 0 || length > Math.min(LONGEST_STRING, Runtime.getRuntime().maxMemory() / 8)) {
      throw Args.error("value is out of range, must be positive");
    }
    byte[] text = new byte[(int) length];
    Arrays.fill(text, (byte) 'A');
    return Reply.oneIf(Glob.of(args.next()).matches(text));
  }
}
