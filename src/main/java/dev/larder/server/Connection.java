package dev.larder.server;

import dev.larder.BusyException;
import dev.larder.ops.Unkept;
import dev.larder.protocol.Encoding;
import dev.larder.protocol.Lookahead;
import dev.larder.protocol.ProtocolException;
import dev.larder.protocol.Reply;
import dev.larder.protocol.ReplyBuffer;
import dev.larder.protocol.Request;
import dev.larder.protocol.RequestLimits;
import dev.larder.protocol.RequestReader;
import dev.larder.server.command.Args;
import dev.larder.server.command.Command;
import dev.larder.server.command.CommandTable;
import dev.larder.server.command.ServerLog;
import dev.larder.server.command.Session;
import dev.larder.server.command.Wire;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One client. What it sends is executed in order, every complete request of a read before the
 * replies to all of them are written at once.
 *
 * <h2>How it is answered</h2>
 *
 * A connection has no {@link #encoding} until its first request, whose form decides: an array means
 * RESP, a line means lines for people. RESP is for good; an array or HELLO makes RESP of lines.
 *
 * <h2>When it has to wait</h2>
 *
 * Requests are executed only while nothing stands against it:
 *
 * <ul>
 *   <li><b>parked</b>: the last one is not answered yet. It may have to wait and is run by a worker
 *       (until its reply is here the connection is the worker's, and the loop only reads); or it is
 *       suspended for some time; or held up by {@code CLIENT PAUSE}.
 *   <li><b>held</b>: what it has changed must be on disk before anybody is told that it is done.
 *       The loop does not wait for that: it keeps the replies, serves others, and sends them when
 *       it is told that all is kept. If it cannot be, nobody is ever told, and the connection is
 *       closed.
 *   <li><b>owing too much</b>: the client does not read its replies.
 *   <li><b>ending</b>: QUIT, or bytes that are no request.
 * </ul>
 *
 * Input that comes meanwhile is kept in {@link #backlog}, up to a limit beyond which it is left in
 * the socket, so that the client's own writes begin to wait. Messages for it that come while it is
 * parked or held are sent behind the reply: whoever reads a key and is told that it changed must
 * not be told first.
 *
 * <h2>How it ends</h2>
 *
 * When the client has closed its side: as soon as the complete requests are answered (input from
 * {@code nc} ends like that). When we do: the replies are sent, our side is closed, and what the
 * client still sends is thrown away for a while; to close at once with input unread would reset the
 * connection, and the client might never see the last reply.
 */
final class Connection implements EventLoop.Peer, Wire {
  /** Unread requests that are kept for later. */
  static final int MOST_KEPT = 64 << 10;

  /** After that a client that has not ended its TLS handshake is closed. */
  private static final long HANDSHAKE_SECONDS = 10;

  private static final long LINGER_MILLIS = 1_000;

  /** Reads of a whole buffer before a connection is closed nevertheless. */
  private static final int MOST_SKIPPED = 16;

  /** Reads in a row of what a transport has decrypted already. */
  private static final int MOST_READS = 16;

  /** Messages that are written before others have their turn. */
  private static final int MOST_MESSAGES = 1_000;

  private interface Step {
    void run() throws IOException;
  }

  private final long id;
  private final SocketChannel channel;
  private final Transport transport;
  private final EventLoop loop;
  private final Crowd crowd;
  private final Session session;
  private final Ends ends;
  private final RequestReader reader;
  private final long begunNanos = System.nanoTime();
  private @Nullable SelectionKey key;

  private volatile @Nullable Encoding encoding;
  private RequestLimits limits;
  private boolean authenticated;
  private @Nullable ByteBuffer backlog; // input received and not executed yet
  private @Nullable ReplyBuffer owed; // replies that the socket did not take yet
  private @Nullable ReplyBuffer messages; // that have come while it is parked or held
  private @Nullable Request postponed; // by CLIENT PAUSE
  private EventLoop.@Nullable Timer timer; // ends what it is parked for
  private volatile boolean parked;
  private boolean held; // until what it has changed is kept
  private boolean working; // a worker has the session
  private boolean ending;
  private boolean lingering;
  private boolean inputEnded;
  private boolean closed;
  private boolean goesOn; // a task to go on with the backlog is on its way
  private long overSince; // when unsent bytes went over the soft limit; 0: they are not

  private volatile long lastRead; // of System.nanoTime
  private volatile long unread;
  private volatile long unsent;
  private volatile boolean condemned;

  private final Queue<Message> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean called = new AtomicBoolean(); // to look there

  /** What was pushed, and whether it is wanted. */
  private record Message(Reply content, BooleanSupplier wanted) {}

  /** Both addresses, as they are shown. */
  record Ends(String peer, String local, boolean isLocal) {}

  Connection(
      long id, SocketChannel channel, Transport transport, Ends ends, EventLoop loop, Crowd crowd) {
    this.id = id;
    this.channel = channel;
    this.transport = transport;
    this.ends = ends;
    this.loop = loop;
    this.crowd = crowd;
    session = new Session(id, crowd.server(), this);
    authenticated = session.isAuthenticated();
    limits = crowd.limits();
    reader = new RequestReader(limits, authenticated);
    lastRead = begunNanos;
  }

  /** Begins to listen to the client. On the loop, as all but {@link #work}. */
  void open() {
    crowd.enter(session);
    if (loop.isStopping()) {
      close();
      return;
    }
    step(() -> key = loop.register(channel, transport.interest(true, false), this));
  }

  /** Runs a part of this connection's work; whatever goes wrong in it ends this connection only. */
  private void step(Step step) {
    try {
      step.run();
    } catch (IOException e) { // the client is gone
      close();
    } catch (RuntimeException | Error e) {
      ServerLog.error("connection " + id + " is closed after a failure", e);
      close();
    } finally {
      Unkept unused = Unkept.take(); // of a step that has failed: nobody else is to wait for it
    }
  }

  // -------------------------------------------------------------------------------------- input

  @Override
  public void ready(SelectionKey key) {
    step(
        () -> {
          if (!closed && (key.isReadable() || transport.hasInput())) {
            read();
          }
          settle();
        });
  }

  private void read() throws IOException {
    for (int i = 0; i < MOST_READS && !closed; i++) {
      readOnce();
      if (inputEnded || !transport.hasInput() || !wantsInput()) {
        return;
      }
    }
  }

  private void readOnce() throws IOException {
    ByteBuffer in = loop.input().clear();
    int received = transport.read(in);
    inputEnded = received < 0;
    if (received > 0) {
      lastRead = loop.now();
      crowd.server().stats().received(received);
    }
    in.flip();
    if (ending) {
      return; // lingering
    }
    if (backlog != null) {
      keep(in);
      return;
    }
    if (encoding == null && reader.heldBytes() == 0 && in.hasRemaining() && in.get(0) == '*') {
      encoding = Encoding.RESP2; // also if what it begins is empty, and so no request
    }
    answer(in);
    if (in.hasRemaining()) {
      keep(in);
    }
  }

  private void keep(ByteBuffer in) {
    int kept = backlog == null ? 0 : backlog.remaining();
    ByteBuffer all = ByteBuffer.allocate(kept + in.remaining());
    if (backlog != null) {
      all.put(backlog);
    }
    backlog = all.put(in).flip();
  }

  /** Executes requests while there are complete ones and nothing stands against it. */
  private void answer(ByteBuffer in) {
    RequestLimits limits = crowd.limits();
    if (!limits.equals(this.limits)) {
      this.limits = limits;
      reader.limits(limits);
    }
    Request request = loop.request();
    ReplyBuffer out = out();
    Lookahead lookahead = loop.lookahead();
    lookahead.begin();
    session.beginRun();
    try {
      while (mayExecute(out)) {
        if (lookahead.next(in)) {
          session.anticipate(lookahead);
        }
        if (!reader.read(in, request)) {
          break;
        }
        execute(request, out);
      }
    } catch (ProtocolException e) {
      Reply reply = e.reply();
      if (reply == null) {
        close();
      } else {
        Encoding.RESP2.write(reply, out);
        ending = true;
      }
    }
    if (ending || closed) {
      in.position(in.limit());
    }
  }

  private boolean mayExecute(ReplyBuffer out) {
    return !parked && !held && !ending && !closed && out.size() <= crowd.mostOwed();
  }

  private void execute(Request request, ReplyBuffer out) {
    Encoding spoken = encoding;
    if (spoken == null || spoken == Encoding.LINE && !request.inline()) {
      encoding = request.inline() && crowd.linesForPeople() ? Encoding.LINE : Encoding.RESP2;
    }
    Command command = CommandTable.ALL.find(request);
    if (command == null && request.isHttp()) {
      close();
      return;
    }
    Reply refusal = session.refusal(command, request);
    if (refusal != null || command == null) {
      write(refusal == null ? Reply.NONE : refusal, false, out);
      return;
    }
    long pause = crowd.server().pause().millis(session, command);
    if (pause > 0) {
      postpone(request, pause);
    } else if (session.mayWait(command, request)) {
      park(command, request, out);
    } else {
      try {
        ran(session.run(command, request, loop.args(), false), command.isControl(), out);
      } catch (BusyException e) {
        park(command, request, out);
      }
    }
  }

  /** A command has run, on whichever thread: its reply, and what it has changed of the session. */
  private void ran(Reply reply, boolean control, ReplyBuffer out) {
    Session.Suspension suspension = session.suspension();
    if (suspension == null) {
      write(reply, control, out);
    } else {
      parked = true;
      if (suspension.millis() < Long.MAX_VALUE) {
        timer =
            loop.after(suspension.millis(), () -> endSuspension(suspension, suspension.reply()));
      }
    }
    ending |= session.isEnding();
    if (session.isAuthenticated() != authenticated) {
      authenticated = !authenticated;
      reader.authenticated(authenticated);
    }
  }

  // -------------------------------------------------------------------------------------- output

  private ReplyBuffer out() {
    return owed != null ? owed : loop.output();
  }

  private void write(Reply reply, boolean control, ReplyBuffer out) {
    Encoding spoken = encoding == null ? Encoding.RESP2 : encoding;
    (control ? spoken.forControl() : spoken).write(reply, out);
    limit(out.size());
  }

  /** Closes the connection if the client leaves too much unread, or leaves much for too long. */
  private void limit(long size) {
    OutputLimits most = crowd.outputLimits(session.isSubscribed());
    boolean over = size > most.soft() && most.soft() > 0;
    if (!over) {
      overSince = 0;
    } else if (overSince == 0) {
      overSince = System.nanoTime();
    }
    if (size > most.hard() && most.hard() > 0
        || over && System.nanoTime() - overSince >= TimeUnit.SECONDS.toNanos(most.seconds())) {
      ServerLog.warn(
          "connection " + id + " is closed: " + size + " bytes of replies are unread or too long");
      close();
    }
  }

  /** Sends what can be sent, and sees to what is to happen next. The end of every step. */
  private void settle() throws IOException {
    if (closed) {
      return;
    }
    Unkept unkept = Unkept.take();
    if (unkept != null) {
      held = true;
      unkept.whenKept(reason -> loop.execute(() -> letGo(reason)));
    }
    send();
    if (owed == null && messages == null) {
      overSince = 0;
    }
    Session.Suspension suspension = session.suspension();
    if (inputEnded && owed == null && suspension != null && suspension.isEndless()) {
      close(); // nobody would ever read the reply, nor end the wait
      return;
    }
    if (backlog != null && !goesOn && mayExecute(out())) {
      goesOn = true;
      loop.execute(() -> step(this::goOn)); // others have their turn before that
    }
    if (!parked && !held && owed == null && backlog == null) {
      if (inputEnded) {
        close();
      } else if (ending && loop.isStopping()) {
        skipInput();
        close();
      } else if (ending && !lingering) {
        linger();
      }
    }
    weigh();
    listen();
  }

  private void send() throws IOException {
    ReplyBuffer out = out();
    long before = out.size();
    if (held) {
      if (owed == null && before > 0) {
        owed = new ReplyBuffer();
        out.moveTo(owed);
      }
      return;
    }
    boolean done = transport.write(out);
    crowd.server().stats().sent(before - out.size());
    if (done) {
      owed = null;
    } else if (owed == null) {
      owed = new ReplyBuffer();
      out.moveTo(owed);
    }
  }

  private void linger() throws IOException {
    lingering = true;
    session.endSubscriptions();
    transport.shutdownOutput();
    loop.after(LINGER_MILLIS, this::close);
  }

  /** Reads what is there and forgets it, so that closing does not reset the connection. */
  private void skipInput() throws IOException {
    for (int i = 0; i < MOST_SKIPPED && transport.read(loop.input().clear()) > 0; i++) {}
  }

  private boolean wantsInput() {
    return !inputEnded && (backlog == null || backlog.remaining() < MOST_KEPT);
  }

  /** Tells the selector what this connection waits for. */
  private void listen() {
    SelectionKey key = this.key;
    if (closed || key == null) {
      return;
    }
    boolean reads = wantsInput();
    int operations = transport.interest(reads, owed != null && !held);
    if (key.interestOps() != operations) {
      key.interestOps(operations);
    }
    if (reads && transport.hasInput() && !goesOn) {
      loop.execute(() -> ready(key));
    }
  }

  private void goOn() throws IOException {
    goesOn = false;
    if (closed) {
      return;
    }
    ByteBuffer in = backlog;
    if (in != null) {
      answer(in);
      if (!in.hasRemaining()) {
        backlog = null;
      }
    }
    settle();
  }

  /** Tells what it takes of memory, if that has changed. */
  private void weigh() {
    ByteBuffer in = backlog;
    ReplyBuffer out = owed;
    ReplyBuffer more = messages;
    long unread = reader.heldBytes() + (in == null ? 0 : in.capacity()) + session.heldBytes();
    long unsent = (out == null ? 0 : out.size()) + (more == null ? 0 : more.size());
    long change = unread + unsent - this.unread - this.unsent;
    if (change != 0) {
      this.unread = unread;
      this.unsent = unsent;
      crowd.weigh(change);
    }
  }

  // ------------------------------------------------------------------------------------- parking

  private void park(Command command, Request request, ReplyBuffer out) {
    Request kept = request.keep();
    parked = true;
    working = true;
    try {
      crowd.workers().execute(() -> work(command, kept));
    } catch (RuntimeException | Error e) { // no thread to be had
      ServerLog.warn("no worker for command '" + command.name() + "'", e);
      parked = false;
      working = false;
      write(Reply.error("the server has no thread for this command"), false, out);
    }
  }

  /** On a worker. What it changes is kept when the command has run: it waits for that itself. */
  private void work(Command command, Request request) {
    Reply reply = null;
    try {
      reply = session.run(command, request, new Args(), true);
    } catch (RuntimeException | Error e) {
      ServerLog.error("connection " + id + " is closed after a failure", e);
    }
    Unkept unkept = Unkept.take();
    if (unkept == null) {
      workDone(command, reply);
      return;
    }
    Reply result = reply; // of what did not wait
    unkept.whenKept(reason -> workDone(command, reason == null ? result : notKept(reason)));
  }

  private @Nullable Reply notKept(Throwable reason) {
    ServerLog.warn(
        "connection " + id + " is closed: what it has changed cannot be kept, and is not answered",
        reason);
    return null;
  }

  private void workDone(Command command, @Nullable Reply reply) {
    if (session.hasEnded()) { // the server has: no loop is there any more
      session.end();
      return;
    }
    loop.execute(() -> worked(command, reply));
  }

  /**
   * The worker has given the session back.
   *
   * @param reply null if it has failed
   */
  private void worked(Command command, @Nullable Reply reply) {
    working = false;
    if (closed) {
      session.end();
    } else if (reply == null) {
      close();
    } else {
      step(() -> unpark(reply, command.isControl()));
    }
  }

  private void unpark(Reply reply, boolean control) throws IOException {
    parked = false;
    ran(reply, control, out());
    moveMessages();
    goOn();
  }

  /**
   * What it has changed is kept.
   *
   * @param reason why it cannot be; null if it is
   */
  private void letGo(@Nullable Throwable reason) {
    held = false;
    if (closed) {
      return;
    }
    if (reason != null) {
      notKept(reason);
      close();
    } else {
      step(
          () -> {
            moveMessages();
            if (!closed) {
              send(); // now, for what runs next may have to be kept, too
            }
            if (postponed != null) {
              runPostponed(); // its time may have come meanwhile; if not, it is postponed again
            } else {
              goOn();
            }
          });
    }
  }

  /** What has come while it was parked goes behind the reply. */
  private void moveMessages() {
    ReplyBuffer later = messages;
    if (!parked && !held && later != null) {
      messages = null;
      later.moveTo(out());
      limit(out().size());
    }
  }

  @SuppressWarnings("ReferenceEquality") // this very one, and not another one like it
  private void endSuspension(Session.Suspension suspension, Reply reply) {
    if (!closed && session.suspension() == suspension) {
      session.endSuspension();
      endTimer();
      step(() -> unpark(reply, false));
    }
  }

  /** Keeps a request until the pause is over. */
  private void postpone(Request request, long millis) {
    postponed = request.keep();
    parked = true;
    timer = loop.after(millis, this::runPostponed);
  }

  private void endTimer() {
    loop.cancel(timer);
    timer = null;
  }

  private void runPostponed() {
    Request request = postponed;
    if (request != null && !closed && !held) {
      postponed = null;
      parked = false;
      endTimer();
      step(
          () -> {
            session.beginRun();
            execute(request, out());
            moveMessages();
            goOn();
          });
    }
  }

  // ------------------------------------------------------------------------- for its session

  @Override
  public @Nullable Encoding encoding() {
    return encoding;
  }

  @Override
  public void speak(@Nullable Encoding encoding) {
    this.encoding = encoding;
  }

  @Override
  public void push(Reply message, BooleanSupplier wanted) {
    inbox.add(new Message(message, wanted));
    if (!called.get() && called.compareAndSet(false, true)) {
      loop.execute(() -> step(this::deliver));
    }
  }

  /** Takes what has come, all at once: who is told much would else cost a system call for each. */
  private void deliver() throws IOException {
    called.set(false);
    int left = MOST_MESSAGES;
    for (Message next = inbox.poll(); next != null; next = inbox.poll()) {
      if (!closed && !ending && next.wanted.getAsBoolean()) {
        deliver(next.content);
      }
      if (--left == 0) { // others have their turn before the rest, and what there is, is sent
        if (called.compareAndSet(false, true)) { // else who has pushed meanwhile has called
          loop.execute(() -> step(this::deliver));
        }
        break;
      }
    }
    settle();
  }

  private void deliver(Reply message) {
    ReplyBuffer out = out();
    if (parked || held) {
      out = messages == null ? new ReplyBuffer() : messages;
      messages = out;
    }
    write(message, message instanceof Reply.Status, out); // MONITOR's lines are as its OK
  }

  @Override
  public void answer(Reply reply) {
    Session.Suspension suspension = session.suspension();
    if (suspension != null) {
      loop.execute(() -> endSuspension(suspension, reply));
    }
  }

  /** Its transport can go on: any thread may say so. */
  void goOnLater() {
    loop.execute(
        () -> {
          SelectionKey key = this.key;
          if (key != null && !closed) {
            step(
                () -> {
                  read();
                  settle();
                });
          }
        });
  }

  @Override
  public void resume() {
    loop.execute(this::runPostponed);
  }

  @Override
  public void kill() {
    condemned = true;
    loop.execute(this::close);
  }

  @Override
  public String peer() {
    return ends.peer();
  }

  @Override
  public String local() {
    return ends.local();
  }

  @Override
  public boolean isLocal() {
    return ends.isLocal();
  }

  @Override
  public long age() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begunNanos);
  }

  @Override
  public long idle() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - lastRead);
  }

  @Override
  public long unread() {
    return unread;
  }

  @Override
  public long unsent() {
    return unsent;
  }

  @Override
  public boolean isWaiting() {
    return parked;
  }

  @Override
  public boolean isDying() {
    return condemned;
  }

  // ----------------------------------------------------------------------------------------- end

  /** Once a second: a client that has been silent for too long is closed. */
  @Override
  public void tick() {
    if (overSince != 0) {
      ReplyBuffer out = owed;
      ReplyBuffer later = messages;
      limit(Math.max(out == null ? 0 : out.size(), later == null ? 0 : later.size()));
    }
    long most = crowd.idleSeconds();
    if (!transport.isEstablished() && age() >= HANDSHAKE_SECONDS) {
      close();
    } else if (most > 0 && !parked && !held && !session.isListening() && idle() >= most) {
      close();
    }
  }

  @Override
  public void stop() {
    step(
        () -> {
          ending = true;
          backlog = null;
          if (parked && !working) { // a pause or suspension that nobody waits for any more
            Session.Suspension suspension = session.suspension();
            if (suspension != null) {
              endSuspension(suspension, suspension.reply());
            } else {
              parked = false;
              postponed = null;
              moveMessages();
            }
          }
          settle();
        });
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try { // first of all: whatever else fails, for want of a file perhaps, this gives one back
      transport.close();
    } catch (IOException e) {
      // closed all the same
    }
    backlog = null;
    owed = null;
    messages = null;
    postponed = null;
    endTimer();
    loop.discardOutput();
    crowd.weigh(-unread - unsent);
    unread = 0;
    unsent = 0;
    if (!working) {
      session.end();
    }
  }
}
