package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import dev.larder.protocol.ReplyBuffer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends back what it is sent, on the server's own event loop, and treats a {@link Transport} as a
 * connection has to. When the client has ended its output, so does the server.
 *
 * <p>What is read at once comes back as one bulk string: {@code $5\r\nhello\r\n}. A line {@code
 * give n} is answered by one of n bytes instead.
 */
final class EchoServer implements AutoCloseable {
  /** Output beyond which no input is read. */
  private static final long MOST_OWED = 1 << 20;

  private final ServerSocketChannel listening = ServerSocketChannel.open();
  private final EventLoop loop = new EventLoop("larder-server-echo-loop");

  /** How many tasks workers were given: the costly parts of handshakes. */
  final AtomicInteger tasks = new AtomicInteger();

  private final Workers workers = new Workers("larder-server-echo");
  private final TlsTransport.Scratch scratch = new TlsTransport.Scratch();
  private final BlockingQueue<Peer> accepted = new LinkedBlockingQueue<>();
  private final @Nullable Tls tls;
  private final Function<SocketChannel, SocketChannel> through;

  /**
   * @param tls null: none
   * @param through what the transport gets for the real channel
   */
  EchoServer(@Nullable Tls tls, Function<SocketChannel, SocketChannel> through) throws IOException {
    this.tls = tls;
    this.through = through;
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    listening.configureBlocking(false);
    loop.register(listening, SelectionKey.OP_ACCEPT, new Door());
    loop.start();
  }

  SocketAddress address() throws IOException {
    return listening.getLocalAddress();
  }

  int port() throws IOException {
    return ((InetSocketAddress) address()).getPort();
  }

  /** The next connection that was accepted. */
  Peer accepted() throws InterruptedException {
    return accepted.take();
  }

  /** Reads so many bytes that come back, and takes them out of their bulk strings. */
  static byte[] echoed(InputStream in, int wanted) throws IOException {
    byte[] all = new byte[wanted];
    int got = 0;
    while (got < wanted) {
      assertThat(in.read()).isEqualTo('$');
      int length = 0;
      for (int digit = in.read(); digit != '\r'; digit = in.read()) {
        length = 10 * length + digit - '0';
      }
      in.skipNBytes(1);
      assertThat(in.readNBytes(all, got, length)).isEqualTo(length);
      got += length;
      in.skipNBytes(2);
    }
    return all;
  }

  /** Runs something on the loop, and returns what it returns. */
  <T> T onLoop(Callable<T> call) throws Exception {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            result.complete(call.call());
          } catch (Exception e) {
            result.completeExceptionally(e);
          }
        });
    return result.get();
  }

  @Override
  public void close() {
    loop.stop(0);
    loop.join(10_000);
    workers.close(1_000);
  }

  private void work(Runnable task) {
    tasks.incrementAndGet();
    workers.execute(task);
  }

  private final class Door implements EventLoop.Peer {
    @Override
    public void ready(SelectionKey key) {
      try {
        SocketChannel channel = listening.accept();
        if (channel != null) {
          channel.configureBlocking(false);
          new Peer(channel);
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
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
        throw new IllegalStateException(e);
      }
    }
  }

  /** One client. */
  final class Peer implements EventLoop.Peer {
    final Transport transport;
    final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final SelectionKey key;
    private final ReplyBuffer owed = new ReplyBuffer();
    private boolean wantsToWrite;
    private boolean inputEnded;
    private boolean finished;
    private boolean goesOn;

    Peer(SocketChannel channel) throws IOException {
      SocketChannel carrier = through.apply(channel);
      transport =
          tls == null
              ? new PlainTransport(carrier)
              : new TlsTransport(
                  carrier,
                  tls.engine(),
                  scratch,
                  EchoServer.this::work,
                  () -> loop.execute(() -> step(true)),
                  "connection 1");
      key = loop.register(channel, SelectionKey.OP_READ, this);
      accepted.add(this);
    }

    @Override
    public void ready(SelectionKey key) {
      step(key.isReadable());
    }

    private void step(boolean readable) {
      if (ended.isDone()) {
        return;
      }
      try {
        if (readable && wantsToRead()) {
          read();
        }
        wantsToWrite = !transport.write(owed);
        if (inputEnded && !wantsToWrite) {
          if (!finished) {
            finished = true;
            transport.shutdownOutput();
            wantsToWrite = !transport.write(owed);
          }
          if (!wantsToWrite) {
            close();
            return;
          }
        }
        if (transport.hasInput() && wantsToRead() && !goesOn) {
          goesOn = true;
          loop.execute(
              () -> {
                goesOn = false;
                step(true);
              });
        }
        key.interestOps(transport.interest(wantsToRead(), wantsToWrite));
      } catch (IOException e) {
        close();
      }
    }

    private boolean wantsToRead() {
      return !inputEnded && owed.size() <= MOST_OWED;
    }

    private void read() throws IOException {
      ByteBuffer in = loop.input().clear();
      if (transport.read(in) < 0) {
        inputEnded = true;
        return;
      }
      byte[] bytes = Arrays.copyOf(in.array(), in.position());
      String text = new String(bytes, StandardCharsets.ISO_8859_1);
      if (text.startsWith("give ")) {
        bytes = new byte[Integer.parseInt(text.substring(5).strip())];
        Arrays.fill(bytes, (byte) 'x');
      }
      if (bytes.length > 0) {
        Encoding.RESP2.write(Reply.bulk(bytes), owed);
      }
    }

    @Override
    public void stop() {
      close();
    }

    @Override
    public void close() {
      try {
        transport.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } finally {
        ended.complete(null);
      }
    }
  }
}
