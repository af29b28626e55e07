package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.Flag.DANGEROUS;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.NO_MULTI;
import static dev.larder.server.command.Command.other;

import dev.larder.Persistence;
import dev.larder.PersistenceStatus;
import dev.larder.protocol.Reply;
import java.util.List;

/**
 * What is kept on disk, and the end of the server. All that waits for files runs on a worker; a
 * snapshot or a rewriting that a transaction asks for begins when its keys have been given back.
 */
final class PersistenceCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("SAVE",         "",           PersistenceCommands::save).is(ADMIN, NO_MULTI).slow(),
      other("BGSAVE",       "[SCHEDULE]", PersistenceCommands::saveInBackground).is(ADMIN).slow(),
      other("LASTSAVE",     "",           (session, args) -> Reply.integer(session.server().lastSave().getEpochSecond())).is(FAST, DANGEROUS).in("admin"),
      other("BGREWRITEAOF", "",           PersistenceCommands::rewriteLog).is(ADMIN).slow(),
      other("SHUTDOWN",     "[NOSAVE | SAVE] [NOW] [FORCE] [ABORT]",
                                          PersistenceCommands::shutDown).is(ADMIN, NO_MULTI).slow());
  // spotless:on

  private PersistenceCommands() {}

  private static Reply save(Session session, Args args) {
    Persistence persistence = session.server().persistence();
    requireNoSnapshot(persistence.status());
    persistence.save();
    return Reply.OK;
  }

  private static void requireNoSnapshot(PersistenceStatus status) {
    if (status.save().began() != null) {
      throw Args.error("Background save already in progress");
    }
  }

  private static Reply saveInBackground(Session session, Args args) {
    boolean later = args.accept("SCHEDULE");
    if (args.hasNext()) {
      throw args.syntaxError();
    }
    Persistence persistence = session.server().persistence();
    PersistenceStatus status = persistence.status();
    requireNoSnapshot(status);
    if (session.isInTransaction()) {
      session.transaction().afterwards(() -> persistence.saveInBackground(true));
      return Reply.status("Background saving scheduled");
    }
    PersistenceStatus.Log log = status.log();
    if (!later && log != null && log.rewriteBegan() != null) {
      throw Args.error(
          "Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in"
              + " order to schedule a BGSAVE whenever possible.");
    }
    return Reply.status(
        persistence.saveInBackground(later)
            ? "Background saving started"
            : "Background saving scheduled");
  }

  private static Reply rewriteLog(Session session, Args args) {
    Persistence persistence = session.server().persistence();
    PersistenceStatus.Log log = persistence.status().log();
    if (log == null) {
      throw Args.error("there is no log to rewrite: 'appendonly' is 'no'");
    }
    if (log.rewriteBegan() != null) {
      throw Args.error("Background append only file rewriting already in progress");
    }
    boolean scheduled = session.isInTransaction();
    if (scheduled) {
      session.transaction().afterwards(persistence::rewriteLog);
    } else {
      scheduled = !persistence.rewriteLog();
    }
    return Reply.status(
        "Background append only file rewriting " + (scheduled ? "scheduled" : "started"));
  }

  /** Ends the server as a signal would; its client sees the connection close. */
  private static Reply shutDown(Session session, Args args) {
    boolean noSave = false;
    boolean save = false;
    boolean force = false;
    boolean abort = false;
    int words = args.left();
    while (args.hasNext()) {
      if (args.accept("NOSAVE")) {
        noSave = true;
      } else if (args.accept("SAVE")) {
        save = true;
      } else if (args.accept("FORCE")) {
        force = true;
      } else if (args.accept("ABORT")) {
        abort = true;
      } else if (!args.accept("NOW")) {
        throw args.syntaxError();
      }
    }
    if (noSave && save || abort && words > 1) {
      throw args.syntaxError();
    }
    if (abort) {
      throw Args.error("No shutdown in progress.");
    }
    boolean saved = !noSave && saveBeforeTheEnd(session.server(), save, force);
    session.closeAfterReply();
    session.server().shutDown(saved);
    return Reply.NONE;
  }

  /**
   * Writes a snapshot if one is wanted, while there is still somebody to be told that it failed.
   * Whoever writes meanwhile is not lost: {@link Server#endPersistence} sees to that.
   */
  private static boolean saveBeforeTheEnd(Server server, boolean asked, boolean force) {
    Persistence persistence = server.persistenceOrNull();
    if (persistence == null && asked && !force) {
      server.persistence(); // says why not
    }
    if (persistence == null || !asked && persistence.options().saveRules().isEmpty()) {
      return false;
    }
    try {
      persistence.save();
      return true;
    } catch (RuntimeException e) {
      ServerLog.warn("the snapshot that SHUTDOWN has asked for failed", e);
      if (!force) {
        throw Args.error("Errors trying to SHUTDOWN. Check logs.");
      }
      return false;
    }
  }
}
