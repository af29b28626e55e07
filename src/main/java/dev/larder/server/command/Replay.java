package dev.larder.server.command;

import dev.larder.OperationException;
import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs write commands that no client has sent: those of a log that another server has written. They
 * do what they do for a client, by the same tables, but nobody is asked whether they may, nothing
 * is counted beyond what the caches count, and no client is told.
 *
 * <p>It begins with the caches in the order given and follows {@code SWAPDB}. {@code SELECT},
 * {@code MULTI} and {@code EXEC} are for the caller to follow; whoever wants several commands as
 * one must see to it that nobody looks meanwhile. For one thread.
 */
public final class Replay {
  private final Server server;
  private final Session session;
  private final Args args = new Args();

  /**
   * @param caches the index is the number; used just as they are
   */
  public Replay(List<? extends CacheOperations<?, ?>> caches) {
    List<Database> databases = new ArrayList<>(caches.size());
    caches.forEach(cache -> databases.add(Database.asItIs(cache)));
    Users anybody = new Users(CommandTable.ALL.commands(), Clock.systemUTC()::millis, null);
    server = new Server(databases, new Config(), anybody, null, "", () -> {});
    session = new Session(0, server, new NoClient());
  }

  /**
   * Runs one command.
   *
   * @param words the command's name and what follows it
   * @return false if there is no such command, or it is none that changes entries; nothing has
   *     happened then
   * @throws OperationException if it is answered with an error, with the text of that
   */
  public boolean run(int database, List<byte[]> words) {
    Request request = Request.of(words.toArray(byte[][]::new));
    Command command = words.isEmpty() ? null : CommandTable.ALL.find(request);
    if (command == null || !command.writes()) {
      return false;
    }
    if (database < 0 || database >= server.databases()) {
      throw Args.error("DB index is out of range");
    }
    if (!command.takes(request.count() - command.words())) {
      throw Args.error(Command.wrongNumberOfArguments(command.name()));
    }
    session.select(database);
    if (command.run(session, request, args) instanceof Reply.Failure failure) {
      throw new OperationException(failure.code(), failure.message());
    }
    return true;
  }
}
