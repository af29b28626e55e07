package dev.larder.server.command;

import dev.larder.CodecException;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Transaction;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.function.Supplier;

/**
 * The keys of one or several requests, held from before the first until after the last one runs.
 *
 * <p>A text that may mean several keys of a cache stands for all of them: which one it means can
 * change no more, then.
 */
final class HeldKeys {
  private final Session session;
  private final Transaction held = Transaction.changing();

  HeldKeys(Session session) {
    this.session = session;
  }

  /**
   * Whether a request must be run so although it is one: a key of it may mean several; or it swaps
   * caches, which must not happen to a transaction that has its keys.
   */
  static boolean areNeeded(Session session, Command command, Request request) {
    try {
      return (command.reads() || command.writes())
          && (!session.cache().hasExactKeys() && isAmbiguous(session.cache(), command, request)
              || command.name().equals("swapdb"));
    } catch (CodecException | IllegalStateException e) {
      return false; // no key of this cache, or the cache is closed: the command will say so
    }
  }

  private static boolean isAmbiguous(
      CacheOperations<Object, Object> cache, Command command, Request request) {
    boolean[] ambiguous = {false};
    command.extent(
        request,
        (word, read, written) ->
            ambiguous[0] |= ambiguous[0] || cache.mayMeanSeveral(request.bytes(word)));
    return ambiguous[0];
  }

  /** Adds one key. */
  void add(CacheOperations<Object, Object> cache, Object key) {
    held.add(cache, key);
  }

  /** Adds the keys of a request. */
  void add(Command command, Request request, int selected) {
    command.extent(request, new Declaration(request, selected));
  }

  /**
   * Takes all keys, and lets commands of the session work on what it has meanwhile.
   *
   * @throws dev.larder.BusyException before anything has happened, if one is busy and this thread
   *     may not wait
   */
  Reply run(Supplier<Reply> body) {
    return held.run(
        () -> {
          session.within(held);
          try {
            return body.get();
          } finally {
            session.within(null);
          }
        });
  }

  private final class Declaration implements Command.Keys {
    private final Request request;
    private final int selected;

    Declaration(Request request, int selected) {
      this.request = request;
      this.selected = selected;
    }

    @Override
    public void key(int word, boolean read, boolean written) {
      add(selected, word);
    }

    @Override
    public void keyElsewhere(int word, int database) {
      int other = KeyspaceCommands.number(session, request, database);
      if (other >= 0) {
        add(other, word);
      }
    }

    /**
     * A word that is no key of this cache is an error of the command, which will say so; or that
     * there is no cache.
     */
    private void add(int database, int word) {
      CacheOperations<Object, Object> cache = session.cache(database);
      if (!Database.isOpen(cache)) {
        return;
      }
      try {
        for (Object key : cache.keys(request.bytes(word))) {
          held.add(cache, key);
        }
      } catch (CodecException e) {
        // as above
      }
    }

    @Override
    public void all() {
      addAll(selected);
    }

    @Override
    public void everything() {
      for (int i = 0; i < session.server().databases(); i++) {
        addAll(i);
      }
    }

    private void addAll(int database) {
      CacheOperations<Object, Object> cache = session.cache(database);
      if (Database.isOpen(cache)) {
        held.addAll(cache);
      }
    }
  }
}
