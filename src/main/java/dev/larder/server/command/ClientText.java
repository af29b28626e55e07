package dev.larder.server.command;

import dev.larder.protocol.Encoding;
import java.util.Locale;

/** A session as a line of {@code CLIENT LIST}. */
final class ClientText {
  private ClientText() {}

  static String of(Session session) {
    Wire wire = session.wire();
    Command last = session.last();
    return String.format(
        Locale.ROOT,
        "id=%d addr=%s laddr=%s fd=-1 name=%s age=%d idle=%d flags=%s db=%d sub=%d psub=%d ssub=%d"
            + " multi=%d watch=%d qbuf=%d qbuf-free=0 argv-mem=0 multi-mem=%d rbs=0 rbp=0 obl=0"
            + " oll=0 omem=%d tot-mem=%d events=r cmd=%s user=%s redir=%d resp=%d lib-name=%s"
            + " lib-ver=%s",
        session.id(),
        wire.peer(),
        wire.local(),
        session.name(),
        wire.age(),
        wire.idle(),
        flags(session),
        session.database(),
        session.subscriptions().channels(),
        session.subscriptions().patterns(),
        session.subscriptions().shards(),
        session.transaction().size(),
        session.transaction().watches(),
        wire.unread(),
        session.transaction().bytes(),
        wire.unsent(),
        wire.unread() + wire.unsent(),
        last == null ? "NULL" : last.name(),
        session.isAuthenticated() ? session.user().name() : "(none)",
        session.tracking().redirection(),
        wire.encoding() == Encoding.RESP3 ? 3 : 2,
        session.library(),
        session.libraryVersion());
  }

  /** One letter for each state, {@code N} for none of them. */
  private static String flags(Session session) {
    StringBuilder flags = new StringBuilder();
    flags.append(session.isMonitoring() ? "O" : "");
    flags.append(session.subscriptions().count() > 0 ? "P" : "");
    flags.append(session.transaction().isOpen() ? "x" : "");
    flags.append(session.suspension() != null ? "b" : "");
    flags.append(session.tracking().flags());
    flags.append(session.transaction().hasLost() ? "d" : "");
    flags.append(session.isEnding() ? "c" : "");
    flags.append(session.isKept() ? "e" : "");
    flags.append(session.noTouch() ? "T" : "");
    return flags.length() == 0 ? "N" : flags.toString();
  }
}
