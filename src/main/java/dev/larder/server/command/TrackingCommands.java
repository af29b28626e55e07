package dev.larder.server.command;

import static dev.larder.server.command.Command.other;

import dev.larder.OperationException;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import dev.larder.server.command.Tracking.Mode;
import dev.larder.server.command.Tracking.Remembers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code CLIENT TRACKING} and its like, for clients that keep a cache of their own. */
final class TrackingCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("CLIENT TRACKING",     "ON|OFF [REDIRECT client-id] [BCAST] [OPTIN] [OPTOUT] [NOLOOP] [PREFIX prefix [PREFIX prefix ...]]",
                                             TrackingCommands::track),
      other("CLIENT CACHING",      "YES|NO", TrackingCommands::cache),
      other("CLIENT GETREDIR",     "",       (session, args) -> Reply.integer(session.tracking().redirection())),
      other("CLIENT TRACKINGINFO", "",       TrackingCommands::info));
  // spotless:on

  private TrackingCommands() {}

  /** What the options say. */
  private static final class Options {
    boolean broadcast;
    boolean optIn;
    boolean optOut;
    boolean noLoop;
    long redirection;
    final List<String> prefixes = new ArrayList<>();

    Options(Session session, Args args) {
      while (args.hasNext()) {
        if (args.left() > 1 && args.accept("REDIRECT")) {
          redirect(session, args);
        } else if (args.left() > 1 && args.accept("PREFIX")) {
          prefixes.add(Channels.text(args.next()));
        } else if (args.accept("BCAST")) {
          broadcast = true;
        } else if (args.accept("OPTIN")) {
          optIn = true;
        } else if (args.accept("OPTOUT")) {
          optOut = true;
        } else if (args.accept("NOLOOP")) {
          noLoop = true;
        } else {
          throw args.syntaxError();
        }
      }
    }

    private void redirect(Session session, Args args) {
      if (redirection != 0) {
        throw Args.error("A client can only redirect to a single other client");
      }
      redirection = args.nextLong();
      if (session.server().session(redirection) == null) {
        throw Args.error("The client ID you want redirect to does not exist");
      }
    }

    Remembers remembers() {
      return optIn ? Remembers.IF_ASKED : optOut ? Remembers.UNLESS_ASKED : Remembers.ALWAYS;
    }
  }

  private static Reply track(Session session, Args args) {
    boolean on = args.accept("ON");
    boolean off = !on && args.accept("OFF");
    if (!on && !off) {
      args.next();
    }
    Options options = new Options(session, args);
    if (on) {
      Mode before = session.tracking().mode();
      refuse(options, before);
      List<String> prefixes = options.broadcast ? prefixes(options.prefixes, before) : null;
      session
          .tracking()
          .begin(new Mode(options.remembers(), prefixes, options.noLoop, options.redirection));
    } else if (off) {
      session.tracking().end();
    } else {
      throw args.syntaxError();
    }
    return Reply.OK;
  }

  /** In the order of Redis, of whose reasons a client sees the first. */
  private static void refuse(Options options, @Nullable Mode before) {
    if (!options.broadcast && !options.prefixes.isEmpty()) {
      throw Args.error("PREFIX option requires BCAST mode to be enabled");
    }
    if (before != null && (before.prefixes() != null) != options.broadcast) {
      throw cannotSwitch("BCAST mode on/off");
    }
    if (options.broadcast && (options.optIn || options.optOut)) {
      throw Args.error("OPTIN and OPTOUT are not compatible with BCAST");
    }
    if (options.optIn && options.optOut) {
      throw Args.error("You can't specify both OPTIN mode and OPTOUT mode");
    }
    if (before != null
        && (options.optIn && before.remembers() == Remembers.UNLESS_ASKED
            || options.optOut && before.remembers() == Remembers.IF_ASKED)) {
      throw cannotSwitch("OPTIN/OPTOUT mode");
    }
  }

  private static OperationException cannotSwitch(String what) {
    return Args.error(
        "You can't switch "
            + what
            + " before disabling tracking for this client, and then re-enabling it with a"
            + " different mode.");
  }

  /** Those that it has, and more; the empty one, for all keys, if none was ever given. */
  private static List<String> prefixes(List<String> more, @Nullable Mode before) {
    List<String> all = new ArrayList<>();
    if (before != null && before.prefixes() != null) {
      all.addAll(before.prefixes());
    }
    for (int i = 0; i < more.size(); i++) {
      refuseOverlap(more.get(i), all, "an existing prefix");
      refuseOverlap(more.get(i), more.subList(i + 1, more.size()), "another provided prefix");
    }
    all.addAll(more);
    if (more.isEmpty() && !all.contains("")) {
      all.add("");
    }
    return List.copyOf(all);
  }

  private static void refuseOverlap(String prefix, List<String> others, String what) {
    for (String other : others) {
      if (other.startsWith(prefix) || prefix.startsWith(other)) {
        throw Args.error(
            "Prefix '"
                + quoted(prefix)
                + "' overlaps with "
                + what
                + " '"
                + quoted(other)
                + "'. Prefixes for a single client must not overlap.");
      }
    }
  }

  /** Bytes as an error shows them. */
  private static String quoted(String prefix) {
    byte[] bytes = prefix.getBytes(StandardCharsets.ISO_8859_1);
    return Args.quoted(Request.of(bytes), 0, bytes.length);
  }

  private static Reply cache(Session session, Args args) {
    Mode mode = session.tracking().mode();
    if (mode == null) {
      throw Args.error(
          "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or"
              + " OPTOUT mode enabled");
    }
    if (args.accept("YES")) {
      if (mode.remembers() != Remembers.IF_ASKED) {
        throw Args.error(
            "CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
      }
    } else if (args.accept("NO")) {
      if (mode.remembers() != Remembers.UNLESS_ASKED) {
        throw Args.error(
            "CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
      }
    } else {
      throw args.syntaxError();
    }
    session.tracking().makeException();
    return Reply.OK;
  }

  private static Reply info(Session session, Args args) {
    Tracking tracking = session.tracking();
    Mode mode = tracking.mode();
    List<Reply> flags = new ArrayList<>();
    flags.add(Reply.bulk(mode == null ? "off" : "on"));
    List<Reply> prefixes = new ArrayList<>();
    if (mode != null) {
      if (mode.prefixes() != null) {
        flags.add(Reply.bulk("bcast"));
        for (String prefix : mode.prefixes()) {
          prefixes.add(Reply.bulk(prefix.getBytes(StandardCharsets.ISO_8859_1)));
        }
      }
      if (mode.remembers() != Remembers.ALWAYS) {
        boolean optIn = mode.remembers() == Remembers.IF_ASKED;
        flags.add(Reply.bulk(optIn ? "optin" : "optout"));
        if (tracking.isException()) {
          flags.add(Reply.bulk(optIn ? "caching-yes" : "caching-no"));
        }
      }
      if (mode.noLoop()) {
        flags.add(Reply.bulk("noloop"));
      }
      if (tracking.isBroken()) {
        flags.add(Reply.bulk("broken_redirect"));
      }
    }
    // spotless:off
    return Reply.map(
        Reply.bulk("flags"),    new Reply.Set(flags),
        Reply.bulk("redirect"), Reply.integer(tracking.redirection()),
        Reply.bulk("prefixes"), Reply.array(prefixes));
    // spotless:on
  }
}
