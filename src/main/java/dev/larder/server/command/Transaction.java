package dev.larder.server.command;

import dev.larder.BusyException;
import dev.larder.OperationException;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Watch;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The {@code MULTI} … {@code EXEC} of a session, and what it watches.
 *
 * <p>{@code EXEC} takes every key that its commands name, and every watched one, before it runs the
 * first of them; so nobody comes in between, and a watched key that has changed is noticed for
 * certain. A command that works on all keys of a cache takes the cache as a whole.
 */
final class Transaction {
  /** Bytes that a queued request costs beside its own, about. */
  private static final int COST = 160;

  private record Queued(Command command, Request request) {}

  private record Place(String cache, Object key) {
    /** Bytes that it costs to watch it, about. */
    long cost() {
      return 2L * COST + (key instanceof String text ? text.length() : 0);
    }
  }

  private record Watched(CacheOperations<Object, Object> cache, Object key, Watch watch) {}

  private final Session session;
  private final Map<Place, Watched> watched = new ConcurrentHashMap<>(); // others look at it
  private volatile List<Queued> queued = new ArrayList<>();
  private long bytes;
  private final AtomicLong watchedBytes = new AtomicLong();
  private volatile AtomicBoolean changed = new AtomicBoolean(); // a watched key; of these watches
  private boolean open;
  private boolean refused;
  private final List<Runnable> afterwards = new ArrayList<>();

  Transaction(Session session) {
    this.session = session;
  }

  boolean isOpen() {
    return open;
  }

  /** How many commands are queued; -1 if it is not open. */
  int size() {
    return open ? queued.size() : -1;
  }

  int watches() {
    return watched.size();
  }

  /** Bytes of heap that the queue takes, about. */
  long bytes() {
    return bytes;
  }

  /** Bytes of heap that the watched keys take, about. */
  long watchedBytes() {
    return watchedBytes.get();
  }

  /** Whether a command writes, or runs queued ones that do. */
  boolean wouldWrite(Command command) {
    return command.name().equals("exec") && queued.stream().anyMatch(next -> next.command.writes());
  }

  /**
   * Whether a command may take memory for more: by what it does, by being queued, or by what is
   * queued. One that ends the transaction never does otherwise.
   */
  boolean mayGrow(Command command) {
    if (!open || command.has(Command.Flag.DENYOOM)) {
      return command.has(Command.Flag.DENYOOM);
    }
    return switch (command.name()) {
      case "exec" -> queued.stream().anyMatch(next -> next.command.has(Command.Flag.DENYOOM));
      case "discard", "quit", "reset" -> false;
      default -> true;
    };
  }

  void begin() {
    if (open) {
      throw Args.error("MULTI calls can not be nested");
    }
    open = true;
  }

  Reply queue(Command command, Request request) {
    queued.add(new Queued(command, request.keep()));
    bytes += COST;
    for (int word = 0; word < request.count(); word++) {
      bytes += request.length(word);
    }
    return Reply.QUEUED;
  }

  /** A command was refused: if that was to be one of ours, nothing is to be run. */
  void refused() {
    refused |= open;
  }

  /** What {@code EXEC} says when it is refused itself. */
  static Reply aborted(Reply refusal) {
    if (!(refusal instanceof Reply.Failure failure)) {
      return refusal;
    }
    String code = failure.code().equals("ERR") ? "" : failure.code() + " ";
    return Reply.error(
        "EXECABORT", "Transaction discarded because of: " + code + failure.message());
  }

  void discard() {
    open = false;
    refused = false;
    queued = new ArrayList<>();
    bytes = 0;
    unwatch();
  }

  // ------------------------------------------------------------------------------------ watching

  /** Watches a key from now on. */
  void watch(CacheOperations<Object, Object> cache, Object key) {
    Place place = new Place(cache.name(), key);
    if (watched.containsKey(place)) {
      return;
    }
    AtomicBoolean changed = this.changed;
    watched.put(place, new Watched(cache, key, cache.watch(key, () -> changed.set(true))));
    watchedBytes.addAndGet(place.cost());
    if (!session.server().shows(cache)) { // it went while we came
      lose(cache.name());
    }
  }

  /**
   * A cache is gone, for any thread to say: nothing of it is kept, and what was watched is lost.
   */
  void lose(String name) {
    AtomicBoolean changed = this.changed;
    for (Place place : watched.keySet()) {
      if (place.cache.equals(name)) {
        changed.set(true);
        unwatch(place);
      }
    }
  }

  /**
   * Two caches change places: what is watched in either of them is elsewhere now. Redis leaves out
   * keys that neither has, since it watches the number rather than the cache.
   */
  void swapped(@Nullable String one, @Nullable String other) {
    AtomicBoolean changed = this.changed;
    for (Place place : watched.keySet()) {
      if (place.cache.equals(one) || place.cache.equals(other)) {
        changed.set(true);
      }
    }
  }

  void unwatch() {
    if (watched.isEmpty() && !changed.get()) {
      return;
    }
    watched.keySet().forEach(this::unwatch);
    changed = new AtomicBoolean(); // what is still being told is told of the old ones
  }

  private void unwatch(Place place) {
    Watched known = watched.remove(place);
    if (known != null) {
      known.watch.close();
      watchedBytes.addAndGet(-place.cost());
    }
  }

  /** Whether a watched key has changed. */
  boolean hasLost() {
    return changed.get();
  }

  // ----------------------------------------------------------------------------------- executing

  /** Whether it takes long, or may have to wait, to run what is queued. */
  boolean mayWait() {
    if (!open) {
      return false;
    }
    boolean[] waits = {queued.size() > Command.MANY};
    for (Queued next : queued) {
      waits[0] |= next.command.mayWait(session, next.request);
    }
    eachCache(cache -> waits[0] |= cache.runsUserCode());
    return waits[0];
  }

  /** Tells of every cache that the queued commands may come to. */
  private void eachCache(Consumer<CacheOperations<Object, Object>> action) {
    int[] selected = {session.database()};
    for (Queued next : queued) {
      selected[0] =
          KeyspaceCommands.selectedAfter(session, next.command, next.request, selected[0]);
      action.accept(session.cache(selected[0]));
    }
  }

  /**
   * Runs all that is queued.
   *
   * @return an array of their replies; nil if a watched key has changed
   * @throws BusyException if a key is busy and this thread may not wait; all is as it was
   */
  Reply execute() {
    if (!open) {
      throw Args.error("EXEC without MULTI");
    }
    if (refused) {
      discard();
      throw new OperationException(
          "EXECABORT", "Transaction discarded because of previous errors.");
    }
    boolean later = false;
    try {
      return executeHolding();
    } catch (BusyException e) {
      later = true;
      throw e;
    } finally {
      if (!later) {
        discard();
        runAfterwards();
      }
    }
  }

  /** Has something done when all keys have been given back, which would wait for them now. */
  void afterwards(Runnable action) {
    afterwards.add(action);
  }

  private void runAfterwards() {
    for (Runnable action : afterwards) {
      try {
        action.run();
      } catch (RuntimeException e) { // it was answered before
        ServerLog.warn("what a transaction has asked for was not done", e);
      }
    }
    afterwards.clear();
  }

  private Reply executeHolding() {
    if (hasLost()) {
      return Reply.NIL_ARRAY;
    }
    if (queued.isEmpty() && watched.isEmpty()) {
      return Reply.EMPTY_ARRAY;
    }
    for (; ; ) {
      Reply reply = executeAsArranged(session.server().arrangement());
      if (reply != Reply.NONE) {
        return reply;
      }
    }
  }

  /** Returns NONE, with nothing done, if caches were swapped while it waited for its keys. */
  private Reply executeAsArranged(Object arrangement) {
    HeldKeys held = new HeldKeys(session);
    for (Watched known : watched.values()) {
      if (!Database.isOpen(known.cache)) {
        return Reply.NIL_ARRAY;
      }
      held.add(session.waits() ? known.cache.forSocket() : known.cache.forLoop(), known.key);
    }
    int selected = session.database();
    for (Queued next : queued) {
      held.add(next.command, next.request, selected);
      selected = KeyspaceCommands.selectedAfter(session, next.command, next.request, selected);
    }
    return held.run(
        () -> {
          if (hasLost()) {
            return Reply.NIL_ARRAY;
          }
          return session.server().arrangement() == arrangement ? runAll() : Reply.NONE;
        });
  }

  private Reply runAll() {
    List<Reply> replies = new ArrayList<>(queued.size());
    Args args = new Args();
    for (Queued next : queued) {
      replies.add(session.runQueued(next.command, next.request, args));
    }
    return Reply.array(replies);
  }
}
