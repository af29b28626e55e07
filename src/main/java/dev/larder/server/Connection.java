package dev.larder.server;

import dev.larder.BusyException;
import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Encoding;
import dev.larder.protocol.ProtocolException;
import dev.larder.protocol.Reply;
import dev.larder.protocol.ReplyBuffer;
import dev.larder.protocol.Request;
import dev.larder.protocol.RequestLimits;
import dev.larder.protocol.RequestReader;
import dev.larder.server.command.Args;
import dev.larder.server.command.Command;
import dev.larder.server.command.CommandTable;
import dev.larder.server.command.Connections;
import dev.larder.server.command.ServerLog;
import dev.larder.server.command.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
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
 *   <li><b>parked</b>: the last one may have to wait, and is run by a worker. Until its reply is
 *       here the connection is the worker's, and the loop only reads.
 *   <li><b>owing too much</b>: the client does not read its replies.
 *   <li><b>ending</b>: QUIT, or bytes that are no request.
 * </ul>
 *
 * Input that comes meanwhile is kept in {@link #backlog}, up to a limit beyond which it is left in
 * the socket, so that the client's own writes begin to wait.
 *
 * <h2>How it ends</h2>
 *
 * When the client has closed its side: as soon as the complete requests are answered (input from
 * {@code nc} ends like that). When we do: the replies are sent, our side is closed, and what the
 * client still sends is thrown away for a while; to close at once with input unread would reset the
 * connection, and the client might never see the last reply.
 */
final class Connection implements EventLoop.Peer, Session {
  /** Unsent bytes beyond which no further request is executed. */
  static final int MOST_OWED = 1 << 20;

  /** Unread requests that are kept for later. */
  static final int MOST_KEPT = 64 << 10;

  private static final long LINGER_MILLIS = 1_000;

  /** Reads of a whole buffer before a connection is closed nevertheless. */
  private static final int MOST_SKIPPED = 16;

  /** What connections of a server have in common. */
  record Setting(
      OpenConnections connections,
      Workers workers,
      RequestLimits limits,
      InlineReplies inlineReplies) {

    /** Unsent bytes at which a connection is closed: one reply of the largest value must fit. */
    long mostUnsent() {
      return Math.max(64 << 20, 2L * limits.maxBulkLength());
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private final long id;
  private final SocketChannel channel;
  private final EventLoop loop;
  private final Setting setting;
  private final RequestReader reader;
  private @Nullable SelectionKey key;

  private Database database;
  private @Nullable Encoding encoding;
  private @Nullable ByteBuffer backlog; // input received and not executed yet
  private @Nullable ReplyBuffer owed; // replies that the socket did not take yet
  private boolean parked;
  private boolean ending;
  private boolean lingering;
  private boolean inputEnded;
  private boolean closed;
  private boolean goesOn; // a task to go on with the backlog is on its way

  Connection(long id, SocketChannel channel, EventLoop loop, Setting setting) {
    this.id = id;
    this.channel = channel;
    this.loop = loop;
    this.setting = setting;
    reader = new RequestReader(setting.limits(), true);
    database = setting.connections().first();
  }

  /** Begins to listen to the client. On the loop, as all but {@link #work}. */
  void open() {
    step(() -> key = loop.register(channel, SelectionKey.OP_READ, this));
    if (loop.isStopping()) {
      close();
    }
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
    }
  }

  // -------------------------------------------------------------------------------------- input

  @Override
  public void ready(SelectionKey key) {
    step(
        () -> {
          if (key.isReadable()) {
            read();
          }
          settle();
        });
  }

  private void read() throws IOException {
    ByteBuffer in = loop.input().clear();
    inputEnded = channel.read(in) < 0;
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
    Request request = loop.request();
    ReplyBuffer out = out();
    int executed = 0;
    try {
      while (mayExecute(out) && reader.read(in, request)) {
        executed++;
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
    if (executed > 0) {
      setting.connections().countCommands(executed);
    }
    if (ending || closed) {
      in.position(in.limit());
    }
  }

  private boolean mayExecute(ReplyBuffer out) {
    return !parked && !ending && !closed && out.size() <= MOST_OWED;
  }

  private void execute(Request request, ReplyBuffer out) {
    Encoding spoken = encoding;
    if (spoken == null || spoken == Encoding.LINE && !request.inline()) {
      boolean lines = request.inline() && setting.inlineReplies() == InlineReplies.LINE;
      encoding = lines ? Encoding.LINE : Encoding.RESP2;
    }
    Command command = CommandTable.ALL.find(request);
    if (command == null) {
      if (request.isHttp()) {
        close();
      } else {
        write(CommandTable.ALL.unknown(request), false, out);
      }
    } else if (command.mayWait(this, request)) {
      park(command, request, out);
    } else {
      try {
        write(command.run(this, request, loop.args()), command.isControl(), out);
      } catch (BusyException e) {
        park(command, request, out);
      }
    }
  }

  // -------------------------------------------------------------------------------------- output

  private ReplyBuffer out() {
    return owed != null ? owed : loop.output();
  }

  private void write(Reply reply, boolean control, ReplyBuffer out) {
    Encoding encoding = encoding();
    (control ? encoding.forControl() : encoding).write(reply, out);
    if (out.size() > setting.mostUnsent()) {
      ServerLog.warn(
          "connection " + id + " is closed: a reply of " + out.size() + " bytes is too long");
      close();
    }
  }

  private Encoding encoding() {
    return encoding == null ? Encoding.RESP2 : encoding;
  }

  /** Sends what can be sent, and sees to what is to happen next. The end of every step. */
  private void settle() throws IOException {
    if (closed) {
      return;
    }
    send();
    if (backlog != null && !goesOn && mayExecute(out())) {
      goesOn = true;
      loop.execute(() -> step(this::goOn)); // others have their turn before that
    }
    if (!parked && owed == null && backlog == null) {
      if (inputEnded) {
        close();
      } else if (ending && loop.isStopping()) {
        skipInput();
        close();
      } else if (ending && !lingering) {
        linger();
      }
    }
    listen();
  }

  private void send() throws IOException {
    if (owed != null) {
      if (owed.writeTo(channel)) {
        owed = null;
      }
    } else if (!loop.output().writeTo(channel)) {
      owed = new ReplyBuffer();
      loop.output().moveTo(owed);
    }
  }

  private void linger() throws IOException {
    lingering = true;
    channel.shutdownOutput();
    loop.after(LINGER_MILLIS, this::close);
  }

  /** Reads what is there and forgets it, so that closing does not reset the connection. */
  private void skipInput() throws IOException {
    for (int i = 0; i < MOST_SKIPPED && channel.read(loop.input().clear()) > 0; i++) {}
  }

  /** Tells the selector what this connection waits for. */
  private void listen() {
    if (closed || key == null) {
      return;
    }
    boolean reads = !inputEnded && (backlog == null || backlog.remaining() < MOST_KEPT);
    int operations =
        (reads ? SelectionKey.OP_READ : 0) | (owed != null ? SelectionKey.OP_WRITE : 0);
    if (key.interestOps() != operations) {
      key.interestOps(operations);
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

  // ------------------------------------------------------------------------------------- parking

  private void park(Command command, Request request, ReplyBuffer out) {
    Request kept = request.keep();
    parked = true;
    setting.connections().beginWaiting();
    try {
      setting.workers().execute(() -> work(command, kept));
    } catch (RuntimeException | Error e) { // no thread to be had
      ServerLog.warn("no worker for command '" + command.name() + "'", e);
      parked = false;
      setting.connections().endWaiting();
      write(Reply.error("the server has no thread for this command"), false, out);
    }
  }

  /** On a worker. */
  private void work(Command command, Request request) {
    Reply reply = command.run(this, request, new Args());
    loop.execute(() -> step(() -> unpark(reply, command.isControl())));
  }

  private void unpark(Reply reply, boolean control) throws IOException {
    parked = false;
    setting.connections().endWaiting();
    if (closed) {
      return;
    }
    write(reply, control, out());
    goOn();
  }

  // --------------------------------------------------------------------------------- the session

  @Override
  public long id() {
    return id;
  }

  @Override
  public CacheOperations<Object, Object> cache() {
    return parked ? database.waiting() : database.onLoop();
  }

  @Override
  public boolean select(long number) {
    return select(setting.connections().find(number));
  }

  @Override
  public boolean select(String name) {
    return select(setting.connections().find(name));
  }

  private boolean select(@Nullable Database found) {
    if (found != null) {
      database = found;
    }
    return found != null;
  }

  @Override
  public void speak(Encoding encoding) {
    this.encoding = encoding;
  }

  @Override
  public void closeAfterReply() {
    ending = true;
  }

  @Override
  public Connections connections() {
    return setting.connections();
  }

  // ----------------------------------------------------------------------------------------- end

  @Override
  public void stop() {
    step(
        () -> {
          ending = true;
          backlog = null;
          settle();
        });
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    backlog = null;
    owed = null;
    loop.discardOutput();
    setting.connections().leave();
    try {
      channel.close();
    } catch (IOException e) {
      // closed all the same
    }
  }
}
