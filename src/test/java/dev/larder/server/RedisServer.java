package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.larder.server.clients.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A real redis-server that keeps nothing; where there is none, the test that starts it is skipped.
 */
final class RedisServer implements AutoCloseable {
  private final InetSocketAddress address;
  private final Process process;

  /** Starts one, and waits until it answers. */
  RedisServer(Path directory) throws IOException, InterruptedException {
    Programs.need("Redis server ", "redis-server", "--version");
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket free = new ServerSocket(0, 1, loopback)) {
      address = new InetSocketAddress(loopback, free.getLocalPort());
    }
    String port = String.valueOf(address.getPort());
    process =
        new ProcessBuilder("redis-server", "--port", port, "--save", "", "--dir", "" + directory)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      await().ignoreExceptions().until(this::answers);
    } catch (RuntimeException | Error e) {
      process.destroy();
      throw e;
    }
  }

  private boolean answers() throws IOException {
    try (Client probe = new Client(address)) {
      return probe.reply("PING").equals("+PONG\r\n");
    }
  }

  InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }
}
