package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which keys a client wants to be told of when they change ({@code CLIENT TRACKING}): those that it
 * has read, once each, or all that begin with some prefix.
 *
 * <p>It also knows what the session does to keys itself while one of its commands runs, so that a
 * client may be left out of what is told of its own changes, and so that those who track prefixes
 * are told of all keys that one command changes at once. Only that thread touches this; other
 * threads send what they have to say.
 */
final class Tracking {
  private static final Reply INVALIDATE = Reply.bulk("invalidate");
  private static final Reply MESSAGE = Reply.bulk("message");
  private static final Reply CHANNEL = Reply.bulk("__redis__:invalidate");
  private static final Reply BROKEN = Reply.bulk("tracking-redir-broken");

  /** Whose command this thread runs, while somebody tracks. */
  private static final ThreadLocal<@Nullable Tracking> RUNNING = new ThreadLocal<>();

  private final Session session;
  private volatile @Nullable Mode mode; // null: off
  private volatile boolean broken;

  private boolean caching; // CLIENT CACHING was sent for the command that comes next
  private boolean runs;
  private boolean flushes;
  private final Set<String> changed = new LinkedHashSet<>(0);

  /** When a key that a client reads is remembered. */
  enum Remembers {
    ALWAYS,
    /** Only after {@code CLIENT CACHING YES}. */
    IF_ASKED,
    /** But after {@code CLIENT CACHING NO}. */
    UNLESS_ASKED
  }

  /**
   * How a client tracks.
   *
   * @param prefixes null: what it reads; else all keys that begin so, each as {@link Channels#text}
   * @param noLoop whether it is not told of what it does itself
   * @param redirection the session that is told instead; 0: this one
   */
  record Mode(
      Remembers remembers, @Nullable List<String> prefixes, boolean noLoop, long redirection) {}

  Tracking(Session session) {
    this.session = session;
  }

  // --------------------------------------------------------------------------- for its commands

  @Nullable Mode mode() {
    return mode;
  }

  /** Begins, or goes on in another way. */
  void begin(Mode mode) {
    this.mode = mode;
    broken = false;
    session.server().trackedKeys().enter(session.id(), this, mode);
  }

  /** Ends it. */
  void end() {
    if (mode != null) {
      mode = null;
      broken = false;
      caching = false;
      session.server().trackedKeys().leave(session.id(), this);
    }
  }

  /** The next command, or all of the next transaction, is the exception. */
  void makeException() {
    caching = true;
  }

  boolean isException() {
    return caching;
  }

  /** Whether the session that was to be told instead of this one was found to be gone. */
  boolean isBroken() {
    return broken;
  }

  /** The session that is told instead of this one; 0: this one; -1: no tracking. */
  long redirection() {
    Mode mode = this.mode;
    return mode == null ? -1 : mode.redirection;
  }

  /** Its letters in {@code CLIENT LIST}. */
  String flags() {
    Mode mode = this.mode;
    return mode == null ? "" : "t" + (broken ? "R" : "") + (mode.prefixes != null ? "B" : "");
  }

  // ----------------------------------------------------------------------- around every command

  /**
   * Before a command runs: whoever reads a key is told if it changes from then on. To remember it
   * only when it was read would be too late for a change in between.
   */
  void begins(Command command, Request request) {
    TrackedKeys all = session.server().trackedKeys();
    if (!all.isActive()) {
      return;
    }
    if (!session.isInTransaction()) {
      runs = true;
      RUNNING.set(this);
    }
    Mode mode = this.mode;
    if (mode != null && mode.prefixes == null && command.reads() && remembers(mode)) {
      command.extent(
          request,
          (word, read, written) -> all.remember(Channels.text(request.bytes(word)), session.id()));
    }
  }

  private boolean remembers(Mode mode) {
    return switch (mode.remembers) {
      case ALWAYS -> true;
      case IF_ASKED -> caching;
      case UNLESS_ASKED -> !caching;
    };
  }

  /**
   * After it ran.
   *
   * @param reply null if it has not, and will be run again
   */
  void ends(Command command, @Nullable Reply reply) {
    TrackedKeys all = session.server().trackedKeys();
    flushes |= all.isActive() && reply == Reply.OK && removesEverything(command);
    if (session.isInTransaction()) {
      return;
    }
    if (runs) {
      runs = false;
      RUNNING.remove();
      if (!changed.isEmpty()) {
        all.broadcast(List.copyOf(changed), this);
        changed.clear();
      }
    }
    if (flushes) {
      flushes = false;
      all.flushed();
    }
    if (caching && reply != null) {
      caching = command.name().startsWith("client|") || session.transaction().isOpen();
    }
  }

  private static boolean removesEverything(Command command) {
    return command.name().equals("flushdb") || command.name().equals("flushall");
  }

  /** On whose behalf this thread changes keys, or null. */
  static @Nullable Tracking running() {
    return RUNNING.get();
  }

  /** The command that runs has changed a key; who tracks prefixes is told when it has ended. */
  void changes(String key) {
    changed.add(key);
  }

  /** The command that runs removes everything; who tracks anything is told when it has ended. */
  void flushes() {
    flushes = true;
  }

  // ----------------------------------------------------------------------------------- any thread

  boolean isNoLoop() {
    Mode mode = this.mode;
    return mode != null && mode.noLoop;
  }

  /** Whether it wants to be told of keys that it has read. */
  boolean tracksReads() {
    Mode mode = this.mode;
    return mode != null && mode.prefixes == null;
  }

  /** Tells that these have changed; null: everything has. */
  void tell(@Nullable List<String> keys) {
    Mode mode = this.mode;
    if (mode == null) {
      return;
    }
    Reply bulks = keys == null ? Reply.NIL : bulks(keys);
    if (mode.redirection == 0) {
      session.wire().push(Reply.push(INVALIDATE, bulks), session::isResp3);
      return;
    }
    Session other = session.server().session(mode.redirection);
    if (other == null) {
      broken = true;
      session.wire().push(Reply.push(BROKEN, Reply.integer(mode.redirection)), session::isResp3);
    } else if (other.isResp3()) {
      other.wire().push(Reply.push(INVALIDATE, bulks), other::isResp3);
    } else {
      other
          .wire()
          .push(
              Reply.push(MESSAGE, CHANNEL, bulks), () -> other.isSubscribed() && !other.isResp3());
    }
  }

  private static Reply bulks(List<String> keys) {
    List<Reply> bulks = new ArrayList<>(keys.size());
    for (String key : keys) {
      bulks.add(Reply.bulk(key.getBytes(StandardCharsets.ISO_8859_1)));
    }
    return Reply.array(bulks);
  }
}
