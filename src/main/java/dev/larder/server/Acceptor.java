package dev.larder.server;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import dev.larder.protocol.ReplyBuffer;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.function.BiConsumer;

/**
 * Lets connections in. When the process has no file left for one, it stops asking for a moment: the
 * listening socket stays ready all the while, and the loop would do nothing else.
 */
final class Acceptor implements EventLoop.Peer {
  private static final Reply TOO_MANY = Reply.error("max number of clients reached");
  private static final long PAUSE_MILLIS = 100;

  /** Connections accepted before those that are there already have their turn. */
  private static final int MOST_IN_A_TURN = 64;

  private final ServerSocketChannel listening;
  private final EventLoop loop;
  private final OpenConnections connections;
  private final BiConsumer<SocketChannel, Long> welcome;
  private boolean complained;

  /**
   * @param loop the one that waits for connections
   * @param welcome takes a connection and its number, and calls {@link OpenConnections#leave} when
   *     it ends
   */
  Acceptor(
      ServerSocketChannel listening,
      EventLoop loop,
      OpenConnections connections,
      BiConsumer<SocketChannel, Long> welcome) {
    this.listening = listening;
    this.loop = loop;
    this.connections = connections;
    this.welcome = welcome;
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
        pause(key, e);
        return;
      }
    }
  }

  private void accept(SocketChannel channel) throws IOException {
    long number = connections.admit();
    if (number == 0) {
      refuse(channel);
    } else {
      welcome.accept(channel, number);
    }
  }

  private static void refuse(SocketChannel channel) {
    try (channel) {
      channel.configureBlocking(false);
      ReplyBuffer out = new ReplyBuffer();
      Encoding.RESP2.write(TOO_MANY, out);
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
