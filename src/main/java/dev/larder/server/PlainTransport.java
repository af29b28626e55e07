package dev.larder.server;

import dev.larder.protocol.ReplyBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** The bytes as they are, over TCP or a Unix socket. */
final class PlainTransport implements Transport {
  private final SocketChannel channel;

  /**
   * @param channel does not block
   */
  PlainTransport(SocketChannel channel) {
    this.channel = channel;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return channel.read(target);
  }

  @Override
  public boolean hasInput() {
    return false;
  }

  @Override
  public boolean write(ReplyBuffer source) throws IOException {
    return source.writeTo(channel);
  }

  @Override
  public int interest(boolean reads, boolean writes) {
    return (reads ? SelectionKey.OP_READ : 0) | (writes ? SelectionKey.OP_WRITE : 0);
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
