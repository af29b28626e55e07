package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.protocol.Reply;
import dev.larder.server.command.Config;
import dev.larder.server.command.Database;
import dev.larder.server.command.Server;
import dev.larder.server.command.Users;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Messages for a connection that come faster than it can send them. */
final class DeliveryTest {
  private static final int MESSAGES = 200_000;

  private int asked; // by the loop

  @Test
  void othersHaveTheirTurnWhileMessagesComeOnAndOn() throws Exception {
    EventLoop loop = new EventLoop("larder-server-test-loop");
    Server server =
        new Server(
            List.of(Database.of(new Caches().strings)),
            new Config(),
            new Users(List.of(), () -> 0, null),
            null,
            "0",
            () -> {});
    try (ServerSocketChannel door = ServerSocketChannel.open()) {
      door.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (SocketChannel client = SocketChannel.open(door.getLocalAddress())) {
        SocketChannel accepted = door.accept();
        accepted.configureBlocking(false);
        Connection connection =
            new Connection(
                server.admit(),
                accepted,
                new PlainTransport(accepted),
                new Connection.Ends("client", "server", true),
                loop,
                new Crowd(server, Runnable::run));
        CompletableFuture<Integer> turn = new CompletableFuture<>();
        loop.execute(connection::open);
        loop.execute(() -> pushAnother(connection));
        loop.execute(() -> loop.execute(() -> turn.complete(asked))); // in the turn of the message
        loop.start();

        assertThat(turn.get(1, TimeUnit.MINUTES)).isPositive().isLessThan(MESSAGES);
        assertThat(client.isConnected()).isTrue();
      } finally {
        loop.stop(0);
        loop.join(60_000);
      }
    }
  }

  /** A message that has hardly been looked at when the next one comes. */
  private void pushAnother(Connection connection) {
    connection.push(
        Reply.status("message"),
        () -> {
          if (++asked < MESSAGES) {
            pushAnother(connection);
          }
          return true;
        });
  }
}
