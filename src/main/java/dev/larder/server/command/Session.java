package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Encoding;
import dev.larder.protocol.Lookahead;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import org.jspecify.annotations.Nullable;

/**
 * What the server remembers of a client, and what stands between a request and its command.
 *
 * <p>A session runs one command at a time, each on whichever thread suits it, so that nothing here
 * need be guarded; what other sessions look at ({@code CLIENT LIST}) or change ({@code CLIENT
 * KILL}) is volatile.
 */
public final class Session {
  private final long id;
  private final Server server;
  private final Wire wire;

  private final Transaction transaction = new Transaction(this);
  private final Subscriptions subscriptions = new Subscriptions(this);
  private final Tracking tracking = new Tracking(this);

  private volatile int database;
  private volatile User user;
  private volatile boolean authenticated;
  private volatile String name = "";
  private volatile String library = "";
  private volatile String libraryVersion = "";
  private volatile @Nullable Command last;
  private volatile boolean noEvict;
  private volatile boolean noTouch;
  private volatile @Nullable Suspension suspension;

  @SuppressWarnings("UnusedVariable") // without it, nobody would need what anticipate looks at
  private int fetched;

  private boolean ending;
  private volatile boolean ended;
  private boolean waits;
  private Object arrangement; // of the caches, when what runs, or its EXEC, began
  private long clock; // of System.nanoTime: when what ran last ended, or a run of requests began
  private volatile Muted muted = Muted.NOT;
  private volatile boolean monitors;
  private dev.larder.ops.@Nullable Transaction running;

  /** Whether replies are left out ({@code CLIENT REPLY}). */
  enum Muted {
    NOT,
    /** The reply to this command, and the one to the next. */
    SKIP_NEXT,
    SKIP,
    OFF
  }

  /**
   * A command that waits for time to pass, and for nothing else.
   *
   * @param reply what it is answered in the end
   * @param mayBeCutShort whether {@code CLIENT UNBLOCK} ends it
   */
  public record Suspension(long millis, Reply reply, boolean mayBeCutShort) {
    /** Whether only another client can end it. */
    public boolean isEndless() {
      return millis == Long.MAX_VALUE;
    }
  }

  /**
   * A session with a client that has just connected.
   *
   * @param id given to no other session of this server
   */
  public Session(long id, Server server, Wire wire) {
    this.id = id;
    this.server = server;
    this.wire = wire;
    this.user = server.users().defaultUser();
    this.authenticated = !server.users().mustLogIn();
    this.arrangement = server.arrangement();
  }

  // ------------------------------------------------------------------------ for the connection

  /**
   * What stands against a request, as the reply to it; null if it may run, or be queued.
   *
   * @param command null if there is none of that name
   */
  public @Nullable Reply refusal(@Nullable Command command, Request request) {
    Reply refusal = reasonAgainst(command, request);
    if (refusal == null) {
      return null;
    }
    if (command != null && command.name().equals("exec")) {
      transaction.discard(); // and not only refused: the client takes it to be over
      refusal = Transaction.aborted(refusal);
    } else {
      transaction.refused();
    }
    server.stats().rejected(command, refusal);
    return heard(refusal);
  }

  private @Nullable Reply reasonAgainst(@Nullable Command command, Request request) {
    if (command == null) {
      return CommandTable.ALL.unknown(request);
    }
    if (server.isDisabled(command)) {
      return CommandTable.ALL.missing(request);
    }
    if (!command.takes(request.count() - command.words())) {
      return Reply.error(Command.wrongNumberOfArguments(command.name()));
    }
    Reply forbidden = command.has(Command.Flag.PROTECTED) ? DebugCommands.refusal(this) : null;
    if (forbidden != null) {
      return forbidden;
    }
    if (!authenticated && !command.has(Command.Flag.NO_AUTH)) {
      return Reply.error("NOAUTH", "Authentication required.");
    }
    Reply denial = denial(command, request, AclLog.Context.TOPLEVEL);
    if (denial != null) {
      return denial;
    }
    Reply outOfMemory = server.maxMemory().refusal(command, transaction);
    if (outOfMemory != null) {
      return outOfMemory;
    }
    if (server.isFailingToKeep() && needsKeeping(command)) {
      Reply misconfiguration = server.refusalToWrite();
      if (misconfiguration != null) {
        return misconfiguration;
      }
    }
    if (subscriptions.restrict() && !command.has(Command.Flag.SUBSCRIBED_TOO)) {
      return Reply.error(
          "Can't execute '"
              + command.name()
              + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this"
              + " context");
    }
    if (transaction.isOpen() && command.has(Command.Flag.NO_MULTI)) {
      return Reply.error("Command not allowed inside a transaction");
    }
    if (monitors && (command.reads() || command.writes() || command.publishes())) {
      return Reply.error("Replica can't interact with the keyspace"); // Redis' word for monitors
    }
    return null;
  }

  /** Whether a command needs that changes are kept; PING tells whether they are, as in Redis. */
  private boolean needsKeeping(Command command) {
    return command.writes() || command.name().equals("ping") || transaction.wouldWrite(command);
  }

  /** What the user may not do of a request, as the reply to it; null if nothing. */
  private @Nullable Reply denial(Command command, Request request, AclLog.Context context) {
    User user = this.user;
    User.Denial denial = user.check(command, request);
    if (denial == null) {
      return null;
    }
    byte[] object = denial.object(command, request);
    server.users().log().add(denial.reason(), context, object, user.name(), ClientText.of(this));
    return denial.reply(user, command);
  }

  /**
   * A run of requests begins, of which each {@link #run}s at once when the one before has. Reading
   * the clock costs as much as looking up a key, so it is read once a command: where one ends the
   * next begins. The time of a command is then that of its own work, of finding its request among
   * the bytes received, and of putting the reply before it into the buffer; it never includes a
   * system call, or the time between two runs.
   */
  public void beginRun() {
    clock = System.nanoTime();
  }

  /** Has what the next requests are likely to need fetched from memory, all at once. */
  public void anticipate(Lookahead requests) {
    fetched += server.database(database).onLoop().anticipate(requests.hashes(), requests.count());
  }

  /**
   * Runs a command that may run, or queues it. Whatever goes wrong is a reply. On a loop, {@link
   * #beginRun} comes first.
   *
   * @param waits whether this thread may wait; if not, it must expect a {@link
   *     dev.larder.BusyException}, before anything has happened
   */
  public Reply run(Command command, Request request, Args args, boolean waits) {
    if (transaction.isOpen() && !command.has(Command.Flag.UNQUEUED)) {
      return heard(transaction.queue(command, request));
    }
    this.waits = waits;
    if (waits) {
      beginRun();
    }
    if (last != command) { // a volatile write is not free, and clients repeat themselves
      last = command;
    }
    return heard(runNow(command, request, args));
  }

  private Reply heard(Reply reply) {
    return muted == Muted.NOT ? reply : unlessMuted(reply);
  }

  /** Runs a command that {@code EXEC} has come to, if its sender may run it by now. */
  Reply runQueued(Command command, Request request, Args args) {
    Reply denial = denial(command, request, AclLog.Context.MULTI);
    if (denial != null) {
      server.stats().rejectedQueued(command, denial);
      return denial;
    }
    return runNow(command, request, args);
  }

  private Reply runNow(Command command, Request request, Args args) {
    Reply reply = null;
    if (running == null) { // a cache that comes during a transaction is none of it
      arrangement = server.arrangement();
    }
    tracking.begins(command, request);
    try {
      server.notifications().begins(this, command, request);
      long begun = clock;
      reply =
          running == null && HeldKeys.areNeeded(this, command, request)
              ? runHolding(command, request, args)
              : command.run(this, request, args);
      clock = System.nanoTime();
      server.stats().ran(this, command, request, reply, clock - begun);
      if (!server.monitors().isEmpty()) {
        server.monitors().ran(this, command, request);
      }
      return reply;
    } finally {
      tracking.ends(command, reply);
    }
  }

  private Reply runHolding(Command command, Request request, Args args) {
    try {
      HeldKeys held = new HeldKeys(this);
      held.add(command, request, database);
      return held.run(() -> command.run(this, request, args));
    } catch (Throwable e) { // nothing has happened: a key could not be had
      return command.failure(this, e);
    }
  }

  /** What is told of a reply. Pushes are told always: no request is waiting for them. */
  private Reply unlessMuted(Reply reply) {
    Suspension later = suspension;
    if (later != null) {
      suspension = new Suspension(later.millis, Reply.NONE, later.mayBeCutShort);
    }
    if (muted == Muted.SKIP) {
      muted = Muted.NOT;
    } else if (muted == Muted.SKIP_NEXT) {
      muted = Muted.SKIP;
    }
    return reply instanceof Reply.Sequence ? reply : Reply.NONE;
  }

  /** Whether a thread that runs this request might have to wait, or to work for long. */
  public boolean mayWait(Command command, Request request) {
    return (!transaction.isOpen() || command.has(Command.Flag.UNQUEUED))
        && command.mayWait(this, request);
  }

  /** Takes the suspension that the command has asked for that has just run; null: none. */
  public @Nullable Suspension suspension() {
    return suspension;
  }

  /** The command is answered. */
  public void endSuspension() {
    suspension = null;
  }

  /** Whether the connection is to be closed when the reply has been sent. */
  public boolean isEnding() {
    return ending;
  }

  /** Whether the client has said who it is, or need not. */
  public boolean isAuthenticated() {
    return authenticated;
  }

  /** Whether messages may come to it at any time. */
  public boolean isSubscribed() {
    return subscriptions.count() > 0;
  }

  /** Whether the client waits for what others do, and need not say anything itself. */
  public boolean isListening() {
    return monitors || isSubscribed();
  }

  /** Whether the client is shown what all do ({@code MONITOR}). */
  boolean isMonitoring() {
    return monitors;
  }

  /** Bytes of heap that it keeps of requests, of what it watches and has subscribed to, about. */
  public long heldBytes() {
    return transaction.bytes() + transaction.watchedBytes() + subscriptions.bytes();
  }

  /** Whether nobody may close it for taking too much memory. */
  public boolean isKept() {
    return noEvict;
  }

  /** The connection is about to be closed: no message counts as sent to it any more. */
  public void endSubscriptions() {
    subscriptions.end();
  }

  /**
   * The connection is closed. To be called once more when a command comes to its end after that:
   * what it has begun to watch or to track would never end.
   */
  public void end() {
    if (!ended) {
      ended = true;
      server.leave(id);
    }
    transaction.discard();
    subscriptions.end();
    tracking.end();
    endMonitoring();
  }

  /** Whether {@link #end} was called. */
  public boolean hasEnded() {
    return ended;
  }

  /** How the connection carries on. */
  public Wire wire() {
    return wire;
  }

  // -------------------------------------------------------------------------------- for commands

  /** The number of the session, given to no other one of this server. */
  public long id() {
    return id;
  }

  /** What all sessions share. */
  Server server() {
    return server;
  }

  /**
   * The operations of the selected cache: such that never wait while the command runs on an event
   * loop, else such that do; within {@code EXEC}, such that work on what it holds. Keys and values
   * are those that the cache's own codecs make.
   */
  CacheOperations<Object, Object> cache() {
    return cache(database);
  }

  /** The same of another cache. */
  CacheOperations<Object, Object> cache(int number) {
    Database selected = server.database(number);
    CacheOperations<Object, Object> cache = waits ? selected.waiting() : selected.onLoop();
    return running == null ? cache : running.within(cache);
  }

  /** The same, of a cache that the request names beside the selected one. */
  CacheOperations<Object, Object> openCache(int number) {
    CacheOperations<Object, Object> cache = cache(number);
    if (!Database.isOpen(cache)) {
      throw Args.error(server.database(number).absence(number));
    }
    return cache;
  }

  /**
   * Why there is no cache for the command that runs, or was none; null if there is. What it works
   * on may have gone after it began, and another one may have come.
   */
  @Nullable String absence() {
    Database selected = server.database(database);
    if (!selected.isOpen() || server.arrangement() != arrangement) {
      return selected.absence(database);
    }
    for (int i = 0; i < server.databases(); i++) { // one of those that EXEC had asked for
      Database other = server.database(i);
      if (other.isShown() && !other.isOpen()) {
        return other.absence(i);
      }
    }
    return null;
  }

  /** Which cache is selected. */
  int database() {
    return database;
  }

  void select(int number) {
    database = number;
  }

  /** From now on until null is given, commands work on what a transaction holds. */
  void within(dev.larder.ops.@Nullable Transaction running) {
    this.running = running;
  }

  /** Whether the command that runs is one of an {@code EXEC}. */
  boolean isInTransaction() {
    return running != null;
  }

  boolean waits() {
    return waits;
  }

  Transaction transaction() {
    return transaction;
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  Tracking tracking() {
    return tracking;
  }

  /** Whom the client acts for. */
  User user() {
    return user;
  }

  /** The client has said who it is. */
  void login(User user) {
    this.user = user;
    authenticated = true;
  }

  boolean isResp3() {
    return wire.encoding() == Encoding.RESP3;
  }

  /** Ends the connection when the reply has been sent; what came after this is not looked at. */
  void closeAfterReply() {
    ending = true;
  }

  /** Lets time pass before the reply, without a thread that waits; not within {@code EXEC}. */
  void suspend(Suspension suspension) {
    this.suspension = suspension;
  }

  /** The client is shown from now on what all do; false if it was before. */
  boolean monitor() {
    boolean begins = !monitors;
    if (begins) {
      monitors = true;
      server.monitors().add(this);
    }
    return begins;
  }

  private void endMonitoring() {
    if (monitors) {
      monitors = false;
      server.monitors().remove(this);
    }
  }

  /** Whether it may be shown something now; between two commands. */
  boolean wantsLines() {
    return monitors && muted != Muted.OFF;
  }

  /** Leaves out the reply to this command and to the next one, unless none is written anyway. */
  void skipReply() {
    muted = muted == Muted.OFF ? Muted.OFF : Muted.SKIP_NEXT;
  }

  void mute(Muted muted) {
    this.muted = muted;
  }

  String name() {
    return name;
  }

  void name(String name) {
    this.name = name;
  }

  String library() {
    return library;
  }

  void library(String library) {
    this.library = library;
  }

  String libraryVersion() {
    return libraryVersion;
  }

  void libraryVersion(String version) {
    libraryVersion = version;
  }

  boolean noTouch() {
    return noTouch;
  }

  void noTouch(boolean noTouch) {
    this.noTouch = noTouch;
  }

  void noEvict(boolean noEvict) {
    this.noEvict = noEvict;
  }

  /** The command that ran last, or runs. */
  @Nullable Command last() {
    return last;
  }

  /** As a new connection ({@code RESET}). */
  void reset() {
    transaction.discard();
    subscriptions.end();
    tracking.end();
    endMonitoring();
    database = 0;
    name = "";
    noEvict = false;
    noTouch = false;
    muted = muted == Muted.SKIP ? muted : Muted.NOT; // its own reply, too, was not wanted
    user = server.users().defaultUser();
    authenticated = !server.users().mustLogIn();
    if (isResp3()) {
      wire.speak(Encoding.RESP2);
    }
  }
}
