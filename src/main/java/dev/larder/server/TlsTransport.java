package dev.larder.server;

import dev.larder.protocol.ReplyBuffer;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * TLS 1.2 and 1.3 over an {@link SSLEngine}, which knows the protocol and has no socket. Here are
 * its buffers, and the order of its steps.
 *
 * <h2>Memory</h2>
 *
 * Records are received into and made in the {@link Scratch} of the loop, which is empty between two
 * calls. What must outlast a call moves to memory of the connection's own: the beginning of a
 * record whose end has not come ({@link #received}), and records that the socket did not take
 * ({@link #pending}), at most as much as the scratch holds. A connection at rest has neither. A
 * large reply is taken chunk by chunk where it lies, and no further record of it is made while
 * there are pending ones.
 *
 * <h2>Steps</h2>
 *
 * The engine says what it needs next:
 *
 * <ul>
 *   <li><b>a record</b> of the other side: input;
 *   <li><b>to send one</b>, in the handshake, to change keys, to say goodbye. Until pending records
 *       are sent the connection is {@link #stalled} then: it does not read, so that a client that
 *       has us answer and does not listen cannot make us keep the answers;
 *   <li><b>a task</b>: the costly part of a handshake, run by a worker. Until its end the engine is
 *       the worker's ({@link #tasking}), nothing is read or written, and the selector waits for
 *       nothing.
 * </ul>
 *
 * <h2>How it ends</h2>
 *
 * A client that closes its connection without close_notify has ended its input all the same: a
 * request that was cut off shows by itself. What is wrong in the handshake or with a record is
 * logged in one line, the other side is told by an alert, and the call that found it throws. A
 * client that asks to renegotiate (TLS 1.2) is refused so: it could keep workers busy at no cost of
 * its own. Fresh keys in TLS 1.3 cost nothing and are granted.
 */
final class TlsTransport implements Transport {
  private static final int INPUT_BYTES = 64 * 1024;

  /** Four full records: about as much as a socket takes at once. */
  private static final int OUTPUT_BYTES = 4 * 17 * 1024;

  /** In a record's first byte; TLS 1.3 shows it in the handshake only. */
  private static final byte ALERT = 21;

  private static final int MOST_SKIPPED = 4;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** Where the connections of one loop, one at a time, have their records. */
  static final class Scratch {
    private final ByteBuffer input = ByteBuffer.allocate(INPUT_BYTES);
    private final ByteBuffer output = ByteBuffer.allocate(OUTPUT_BYTES);
  }

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final Scratch scratch;
  private final Executor workers;
  private final Runnable resume;
  private final String name;
  private final GatheringByteChannel sealed = new Sealed();

  private @Nullable ByteBuffer received; // not yet opened
  private @Nullable ByteBuffer pending; // sealed, and not yet sent
  private boolean established;
  private boolean stalled;
  private boolean hasInput;
  private boolean inputEnded;
  private boolean finishing; // our side is to be closed as soon as all is sent
  private volatile boolean tasking;

  /**
   * @param channel does not block
   * @param engine a new one, for the server's side
   * @param workers run the costly parts of the handshake
   * @param resume is run by a worker when the connection can go on; it has the loop read and write
   * @param name begins what is logged: {@code connection 7}
   */
  TlsTransport(
      SocketChannel channel,
      SSLEngine engine,
      Scratch scratch,
      Executor workers,
      Runnable resume,
      String name) {
    this.channel = channel;
    this.engine = engine;
    this.scratch = scratch;
    this.workers = workers;
    this.resume = resume;
    this.name = name;
  }

  /** The bytes of all buffers of its own. */
  int heldBytes() {
    return (received == null ? 0 : received.capacity())
        + (pending == null ? 0 : pending.capacity());
  }

  @Override
  public boolean isEstablished() {
    return established;
  }

  @Override
  public int interest(boolean reads, boolean writes) {
    if (tasking) {
      return 0;
    }
    boolean in = (reads || !established) && !stalled && !inputEnded;
    boolean out = pending != null || writes && established;
    return (in ? SelectionKey.OP_READ : 0) | (out ? SelectionKey.OP_WRITE : 0);
  }

  // ---------------------------------------------------------------------------------------- input

  @Override
  public boolean hasInput() {
    return hasInput;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    hasInput = false;
    if (inputEnded) {
      return -1;
    }
    if (tasking || stalled) {
      return 0;
    }
    ByteBuffer in = scratch.input.clear();
    if (received != null) {
      in.put(received);
    }
    boolean socketEnded = channel.read(in) < 0;
    int before = target.position();
    try {
      open(in.flip(), target);
    } catch (SSLException e) {
      throw failed(e);
    }
    keep(in);
    if (target.position() > before) {
      return target.position() - before; // the socket will tell again that it has ended
    }
    if (engine.isInboundDone() && !established) {
      // A task's failure is not always thrown: the engine may send its alert and be closed.
      throw failed(new SSLHandshakeException("the handshake failed"));
    }
    if (engine.isInboundDone() || socketEnded && !tasking && !stalled) {
      inputEnded = true;
      received = null;
      return -1;
    }
    return 0;
  }

  /** Opens records until something is missing: the rest of one, room, a worker, the socket. */
  private void open(ByteBuffer in, ByteBuffer target) throws IOException {
    int before = target.position();
    while (true) {
      HandshakeStatus next = engine.getHandshakeStatus();
      if (next == HandshakeStatus.NEED_TASK) {
        delegate();
        return;
      }
      if (next == HandshakeStatus.NEED_WRAP && !engine.isOutboundDone()) {
        answer();
        if (stalled) {
          return;
        }
      }
      if (target.position() > before && in.hasRemaining() && in.get(in.position()) == ALERT) {
        // In TLS 1.2 nothing can be sent any more once a close_notify is read. Who sent requests
        // and closed gets the replies to them first.
        hasInput = true;
        return;
      }
      SSLEngineResult result = engine.unwrap(in, target);
      note(result);
      switch (result.getStatus()) {
        case OK -> {}
        case BUFFER_UNDERFLOW -> {
          return;
        }
        case BUFFER_OVERFLOW -> {
          if (target.position() == before) {
            throw new IllegalArgumentException(
                "expected room for a record but it was " + target.remaining() + " bytes");
          }
          hasInput = true;
          return;
        }
        case CLOSED -> {
          if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            answer();
          }
          return;
        }
      }
    }
  }

  private void keep(ByteBuffer in) {
    if (!in.hasRemaining()) {
      received = null;
      return;
    }
    ByteBuffer kept = received;
    if (kept == null || kept.capacity() < in.remaining()) {
      // Twice the bytes there are: a record that comes byte by byte is not copied as often.
      kept = ByteBuffer.allocate(Math.min(2 * in.remaining(), INPUT_BYTES));
    }
    received = kept.clear().put(in).flip();
  }

  private void note(SSLEngineResult result) {
    if (result.getHandshakeStatus() == HandshakeStatus.FINISHED) {
      established = true;
    }
  }

  private void delegate() throws SSLException {
    if (established) {
      throw new SSLHandshakeException("the client asked to renegotiate, which is not supported");
    }
    tasking = true;
    workers.execute(
        () -> {
          try {
            for (Runnable task = engine.getDelegatedTask();
                task != null;
                task = engine.getDelegatedTask()) {
              task.run(); // keeps what it throws for the next step
            }
          } finally {
            tasking = false;
            resume.run();
          }
        });
  }

  // --------------------------------------------------------------------------------------- output

  @Override
  public boolean write(ReplyBuffer source) throws IOException {
    if (tasking) {
      return source.isEmpty() && pending == null;
    }
    try {
      if (!flush()) {
        return false;
      }
      if (stalled) {
        stalled = false;
        hasInput = true;
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
          answer();
        }
      }
      if (established && !source.isEmpty()) {
        source.writeTo(sealed);
      }
    } catch (SSLException e) {
      throw failed(e);
    }
    return source.isEmpty() && pending == null;
  }

  /** Sends what the engine itself has to say, or is stalled. */
  private void answer() throws IOException {
    if (pending != null) {
      stalled = true;
      return;
    }
    ByteBuffer out = scratch.output.clear();
    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP && pending == null) {
      SSLEngineResult result = engine.wrap(NOTHING, out);
      note(result);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        push(out);
      } else if (result.bytesProduced() == 0) {
        break; // it is closed
      }
    }
    push(out);
    // What is said may be half of it: the rest follows the bytes that the socket did not take.
    stalled = pending != null && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP;
  }

  /** Makes records of plain bytes, for the {@link ReplyBuffer} that has them. */
  private final class Sealed implements GatheringByteChannel {

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
      long left = 0;
      for (int i = offset; i < offset + length; i++) {
        left += sources[i].remaining();
      }
      long taken = 0;
      ByteBuffer out = scratch.output.clear();
      while (taken < left && pending == null) {
        SSLEngineResult result = engine.wrap(sources, offset, length, out);
        note(result);
        taken += result.bytesConsumed();
        switch (result.getStatus()) {
          case BUFFER_OVERFLOW -> push(out);
          case CLOSED -> throw new ClosedChannelException();
          default -> {
            if (result.bytesConsumed() == 0 && result.bytesProduced() == 0) {
              throw new SSLException(
                  "expected to send data but TLS wants " + result.getHandshakeStatus());
            }
          }
        }
      }
      push(out);
      return taken;
    }

    @Override
    public long write(ByteBuffer[] sources) throws IOException {
      return write(sources, 0, sources.length);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
      return (int) write(new ByteBuffer[] {source}, 0, 1);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      TlsTransport.this.close();
    }
  }

  /** Sends records, and keeps what the socket does not take. Only if nothing is pending. */
  private void push(ByteBuffer out) throws IOException {
    out.flip();
    if (out.hasRemaining()) {
      channel.write(out);
    }
    if (out.hasRemaining()) {
      pending = ByteBuffer.allocate(out.remaining()).put(out).flip();
    }
    out.clear();
  }

  private boolean flush() throws IOException {
    ByteBuffer rest = pending;
    if (rest != null) {
      channel.write(rest);
      if (rest.hasRemaining()) {
        return false;
      }
      pending = null;
      if (finishing) {
        finish();
      }
    }
    return pending == null;
  }

  // ------------------------------------------------------------------------------------------ end

  @Override
  public void shutdownOutput() throws IOException {
    if (!finishing) {
      finishing = true;
      finish();
    }
  }

  /** Says goodbye and closes our side, or does so when the pending records are sent. */
  private void finish() throws IOException {
    if (pending == null) {
      sayGoodbye();
    }
    if (pending == null) {
      channel.shutdownOutput();
    }
  }

  /** A close_notify; or an alert, if the engine has one to send. */
  private void sayGoodbye() throws IOException {
    if (tasking) {
      return; // the engine is a worker's
    }
    ByteBuffer out = scratch.output.clear();
    while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
        && engine.wrap(NOTHING, out).bytesProduced() > 0) {}
    engine.closeOutbound();
    while (!engine.isOutboundDone() && engine.wrap(NOTHING, out).bytesProduced() > 0) {}
    push(out);
  }

  /** Logs what is wrong, and tells the other side, if it can be told without waiting. */
  private SSLException failed(SSLException failure) {
    ServerLog.warn(name + " is closed: TLS failed: " + failure.getMessage());
    received = null;
    inputEnded = true;
    try {
      if (!finishing && pending == null) {
        finishing = true;
        finish();
      }
      // To close with input unread would reset the connection, and the alert might not arrive.
      for (int i = 0; i < MOST_SKIPPED && channel.read(scratch.input.clear()) > 0; i++) {}
    } catch (IOException e) {
      // it is gone already
    }
    return failure;
  }

  @Override
  public void close() throws IOException {
    try {
      if (channel.isOpen() && established && !finishing && pending == null) {
        finishing = true;
        sayGoodbye();
      }
    } catch (IOException e) {
      // the other side is gone, and needs no goodbye
    } finally {
      received = null;
      pending = null;
      channel.close();
    }
  }
}
