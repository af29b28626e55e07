package dev.larder.server;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import dev.larder.protocol.ReplyBuffer;
import dev.larder.server.command.Server;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * Lets connections in. When the process has no file left for one, it stops asking for a moment: the
 * listening socket stays ready all the while, and the loop would do nothing else.
 */
final class Acceptor implements EventLoop.Peer {
  private static final Reply TOO_MANY = Reply.error("max number of clients reached");
  private static final long PAUSE_MILLIS = 100;

  /** Connections accepted before those that are there already have their turn. */
  private static final int MOST_IN_A_TURN = 64;

  /** Takes connections. */
  interface Door {
    /** Whether who is refused can be told why. */
    boolean speaksPlainly();

    /** Why a connection may not come in; null if it may. */
    @Nullable Reply refusal(SocketChannel channel) throws IOException;

    /**
     * Takes a connection and its number, for which {@link Server#leave} is to be called when it
     * ends. If this throws, the number is given back and the channel closed.
     */
    void open(SocketChannel channel, long number) throws IOException;
  }

  private final ServerSocketChannel listening;
  private final EventLoop loop;
  private final Server server;
  private final Door door;
  private boolean complained;

  /**
   * @param loop the one that waits for connections
   */
  Acceptor(ServerSocketChannel listening, EventLoop loop, Server server, Door door) {
    this.listening = listening;
    this.loop = loop;
    this.server = server;
    this.door = door;
  }

  @Override
  public void ready(SelectionKey key) {
    for (int i = 0; i < MOST_IN_A_TURN; i++) {
      try {
        SocketChannel channel = listening.accept();
        if (channel == null) {
          return;
        }
        complained = false;
        accept(channel);
      } catch (IOException | RuntimeException | Error e) {
        if (listening.isOpen()) { // else it was closed just now
          pause(key, e);
        }
        return;
      }
    }
  }

  private void accept(SocketChannel channel) throws IOException {
    Reply refusal = door.refusal(channel);
    if (refusal != null) {
      refuse(channel, refusal);
      return;
    }
    long number = server.admit();
    if (number == 0) {
      refuse(channel, TOO_MANY);
      return;
    }
    boolean opened = false;
    try {
      channel.configureBlocking(false);
      door.open(channel, number);
      opened = true;
    } catch (IOException e) {
      // the client is gone
    } finally {
      if (!opened) {
        server.leave(number);
        channel.close();
      }
    }
  }

  private void refuse(SocketChannel channel, Reply reply) {
    try (channel) {
      if (!door.speaksPlainly()) {
        return;
      }
      channel.configureBlocking(false);
      ReplyBuffer out = new ReplyBuffer();
      Encoding.RESP2.write(reply, out);
      out.writeTo(channel);
      channel.shutdownOutput();
    } catch (IOException e) {
      // it is gone already
    }
  }

  private void pause(SelectionKey key, Throwable failure) {
    if (!complained) {
      complained = true; // once for each row of failures
      ServerLog.warn(
          "cannot accept connections: " + failure + "; trying again every " + PAUSE_MILLIS + " ms");
    }
    if (key.isValid()) {
      key.interestOps(0);
      loop.after(
          PAUSE_MILLIS,
          () -> {
            if (key.isValid()) {
              key.interestOps(SelectionKey.OP_ACCEPT);
            }
          });
    }
  }

  @Override
  public void stop() {
    close();
  }

  @Override
  public void close() {
    try {
      listening.close();
    } catch (IOException e) {
      ServerLog.warn("closing the listening socket failed", e);
    }
  }
}
