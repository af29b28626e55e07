package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.protocol.Reply;
import dev.larder.server.command.Config;
import dev.larder.server.command.Database;
import dev.larder.server.command.Server;
import dev.larder.server.command.Users;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class AcceptorTest {

  @Test
  void failureToAcceptIsNotTriedAgainAtOnce() throws IOException {
    EventLoop loop = new EventLoop("larder-server-test-loop");
    Server server =
        new Server(
            List.of(Database.of(new Caches().strings)),
            new Config(),
            new Users(List.of(), () -> 0, null),
            null,
            "0",
            () -> {});
    Acceptor acceptor = new Acceptor(new Exhausted(), loop, server, new Nobody());
    Key key = new Key();
    acceptor.ready(key);
    assertThat(key.interestOps()).isZero();
  }

  private static final class Nobody implements Acceptor.Door {
    @Override
    public boolean speaksPlainly() {
      return true;
    }

    @Override
    public Reply refusal(SocketChannel channel) {
      return null;
    }

    @Override
    public void open(SocketChannel channel, long number) {}
  }

  /** A socket in a process that has no file left. */
  private static final class Exhausted extends ServerSocketChannel {
    Exhausted() {
      super(SelectorProvider.provider());
    }

    @Override
    public SocketChannel accept() throws IOException {
      throw new IOException("Too many open files");
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) {
      return this;
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) {
      return this;
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
    public ServerSocket socket() {
      throw new UnsupportedOperationException();
    }

    @Override
    public SocketAddress getLocalAddress() {
      throw new UnsupportedOperationException();
    }

    @Override
    protected void implCloseSelectableChannel() {}

    @Override
    protected void implConfigureBlocking(boolean block) {}
  }

  private static final class Key extends SelectionKey {
    private int interest = OP_ACCEPT;

    @Override
    public SelectableChannel channel() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Selector selector() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isValid() {
      return true;
    }

    @Override
    public void cancel() {}

    @Override
    public int interestOps() {
      return interest;
    }

    @Override
    public SelectionKey interestOps(int operations) {
      interest = operations;
      return this;
    }

    @Override
    public int readyOps() {
      return OP_ACCEPT;
    }
  }
}
