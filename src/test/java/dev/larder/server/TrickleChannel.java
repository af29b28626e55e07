package dev.larder.server;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Set;

/** A channel that reads and writes a few bytes at most in a call, whatever it could. */
final class TrickleChannel extends SocketChannel {
  private final SocketChannel channel;
  private final int most;

  TrickleChannel(SocketChannel channel, int most) {
    super(channel.provider());
    this.channel = channel;
    this.most = most;
  }

  private interface Move {
    int move(ByteBuffer buffer) throws IOException;
  }

  private int few(ByteBuffer buffer, Move move) throws IOException {
    int limit = buffer.limit();
    buffer.limit(Math.min(limit, buffer.position() + most));
    try {
      return move.move(buffer);
    } finally {
      buffer.limit(limit);
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return few(target, channel::read);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return few(source, channel::write);
  }

  @Override
  public long read(ByteBuffer[] targets, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long write(ByteBuffer[] sources, int offset, int length) {
    throw new UnsupportedOperationException();
  }

  @Override
  public SocketChannel shutdownOutput() throws IOException {
    channel.shutdownOutput();
    return this;
  }

  @Override
  public SocketChannel shutdownInput() {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void implCloseSelectableChannel() throws IOException {
    channel.close();
  }

  @Override
  protected void implConfigureBlocking(boolean block) {}

  @Override
  public SocketChannel bind(SocketAddress local) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> SocketChannel setOption(SocketOption<T> name, T value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public <T> T getOption(SocketOption<T> name) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<SocketOption<?>> supportedOptions() {
    return Set.of();
  }

  @Override
  public Socket socket() {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isConnected() {
    return channel.isConnected();
  }

  @Override
  public boolean isConnectionPending() {
    return false;
  }

  @Override
  public boolean connect(SocketAddress remote) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean finishConnect() {
    return true;
  }

  @Override
  public SocketAddress getRemoteAddress() throws IOException {
    return channel.getRemoteAddress();
  }

  @Override
  public SocketAddress getLocalAddress() throws IOException {
    return channel.getLocalAddress();
  }
}
