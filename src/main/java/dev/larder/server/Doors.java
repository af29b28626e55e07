package dev.larder.server;

import dev.larder.protocol.Reply;
import dev.larder.server.command.Config;
import dev.larder.server.command.Server;
import dev.larder.server.command.ServerLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens: a TCP port, one for TLS, a Unix socket; any of them. Connections that
 * come in are dealt out to the event loops in turn.
 */
final class Doors implements AutoCloseable {
  /** Connections that the system holds for us until they are accepted; it may allow fewer. */
  private static final int BACKLOG = 1_024;

  private static final Reply DENIED =
      Reply.error(
          "DENIED",
          "Larder is running in protected mode because no password is set for the default user:"
              + " only clients of this machine may connect. Set requirepass, or connect through"
              + " 127.0.0.1. If nobody can reach this machine who should not, set protected-mode to"
              + " no.");

  private final @Nullable ServerSocketChannel plain;
  private final @Nullable ServerSocketChannel encrypted;
  private final @Nullable UnixSocket unix;
  private final @Nullable Tls tls;
  private final Config config;
  private int next;

  private Doors(Config config, @Nullable Tls tls, Opening opening) {
    this.config = config;
    this.tls = tls;
    plain = opening.plain;
    encrypted = opening.encrypted;
    unix = opening.unix;
  }

  /** What has been opened so far, to be closed if the next one fails. */
  private static final class Opening {
    @Nullable ServerSocketChannel plain;
    @Nullable ServerSocketChannel encrypted;
    @Nullable UnixSocket unix;
  }

  /**
   * Listens wherever the settings say.
   *
   * @throws IOException if that is not possible somewhere; the message says where and why
   */
  static Doors open(InetAddress bind, Config config, @Nullable Tls tls) throws IOException {
    Opening opening = new Opening();
    String port = config.get("port");
    int tlsPort = (int) config.number("tls-port");
    String path = config.get("unixsocket");
    if (port.equals("no") && tlsPort == 0 && path.isEmpty()) {
      throw new IOException("expected a port, a TLS port or a Unix socket to listen on");
    }
    if (tlsPort != 0 && tls == null) {
      throw new IOException("expected a certificate and a key for tls-port " + tlsPort);
    }
    try {
      if (!port.equals("no")) {
        opening.plain = listen(new InetSocketAddress(bind, Integer.parseInt(port)));
      }
      if (tlsPort != 0) {
        opening.encrypted = listen(new InetSocketAddress(bind, tlsPort));
      }
      if (!path.isEmpty()) {
        opening.unix = listen(path, Integer.parseInt(config.get("unixsocketperm"), 8));
      }
      return new Doors(config, tls, opening);
    } catch (IOException | RuntimeException e) {
      new Doors(config, tls, opening).close();
      throw e;
    }
  }

  private static ServerSocketChannel listen(InetSocketAddress address) throws IOException {
    ServerSocketChannel listening = ServerSocketChannel.open();
    try {
      listening.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      listening.configureBlocking(false);
      return listening.bind(address, BACKLOG);
    } catch (IOException | RuntimeException e) {
      listening.close();
      throw new IOException("cannot listen on " + text(address) + ": " + e.getMessage(), e);
    }
  }

  private static UnixSocket listen(String path, int permissions) throws IOException {
    try {
      UnixSocket socket = UnixSocket.open(Path.of(path), permissions, BACKLOG);
      socket.channel().configureBlocking(false);
      return socket;
    } catch (IOException | RuntimeException e) {
      throw new IOException("cannot listen on " + path + ": " + e.getMessage(), e);
    }
  }

  /** Begins to let connections in, as soon as the first loop runs. */
  void admit(Server server, Crowd crowd, List<EventLoop> loops) throws IOException {
    Map<EventLoop, TlsTransport.Scratch> scratches = new HashMap<>();
    if (encrypted != null) {
      loops.forEach(loop -> scratches.put(loop, new TlsTransport.Scratch()));
    }
    Door plainly = new Door(server, crowd, loops, scratches, null);
    listen(plain, loops.get(0), server, plainly);
    listen(unix == null ? null : unix.channel(), loops.get(0), server, plainly);
    listen(encrypted, loops.get(0), server, new Door(server, crowd, loops, scratches, tls));
    server.listens(port());
  }

  private static void listen(
      @Nullable ServerSocketChannel channel, EventLoop loop, Server server, Door door)
      throws IOException {
    if (channel != null) {
      loop.listen(channel, new Acceptor(channel, loop, server, door));
    }
  }

  /** What lies behind one of them. */
  private final class Door implements Acceptor.Door {
    private final Server server;
    private final Crowd crowd;
    private final List<EventLoop> loops;
    private final Map<EventLoop, TlsTransport.Scratch> scratches;
    private final @Nullable Tls tls;

    Door(
        Server server,
        Crowd crowd,
        List<EventLoop> loops,
        Map<EventLoop, TlsTransport.Scratch> scratches,
        @Nullable Tls tls) {
      this.server = server;
      this.crowd = crowd;
      this.loops = loops;
      this.scratches = scratches;
      this.tls = tls;
    }

    @Override
    public boolean speaksPlainly() {
      return tls == null;
    }

    @Override
    public @Nullable Reply refusal(SocketChannel channel) throws IOException {
      boolean open = config.isYes("protected-mode") && !server.users().mustLogIn();
      return open && !isLocal(channel.getRemoteAddress()) ? DENIED : null;
    }

    @Override
    public void open(SocketChannel channel, long number) throws IOException {
      EventLoop loop = loops.get(next++ % loops.size());
      if (channel.getRemoteAddress() instanceof InetSocketAddress) {
        setOption(channel, StandardSocketOptions.TCP_NODELAY);
        if (config.number("tcp-keepalive") > 0) {
          setOption(channel, StandardSocketOptions.SO_KEEPALIVE);
        }
      }
      Connection[] connection = new Connection[1];
      Transport transport =
          tls == null
              ? new PlainTransport(channel)
              : new TlsTransport(
                  channel,
                  tls.engine(),
                  Objects.requireNonNull(scratches.get(loop)),
                  crowd.workers(),
                  () -> connection[0].goOnLater(),
                  "connection " + number);
      connection[0] = new Connection(number, channel, transport, ends(channel), loop, crowd);
      loop.execute(connection[0]::open);
    }

    private Connection.Ends ends(SocketChannel channel) throws IOException {
      if (channel.getRemoteAddress() instanceof InetSocketAddress remote
          && channel.getLocalAddress() instanceof InetSocketAddress local) {
        return new Connection.Ends(text(remote), text(local), isLocal(remote));
      }
      String both = config.get("unixsocket") + ":0";
      return new Connection.Ends(both, both, true);
    }
  }

  private static void setOption(SocketChannel channel, SocketOption<Boolean> option)
      throws IOException {
    channel.setOption(option, true);
  }

  /** Whether it is of this machine: one that has no internet address comes by a file. */
  private static boolean isLocal(@Nullable SocketAddress remote) {
    return !(remote instanceof InetSocketAddress internet)
        || internet.getAddress().isLoopbackAddress();
  }

  // ------------------------------------------------------------------------------- what it shows

  int port() {
    return port(plain);
  }

  int tlsPort() {
    return port(encrypted);
  }

  private static int port(@Nullable ServerSocketChannel listening) {
    return listening == null ? 0 : address(listening).getPort();
  }

  private static InetSocketAddress address(ServerSocketChannel listening) {
    return new InetSocketAddress(
        listening.socket().getInetAddress(), listening.socket().getLocalPort());
  }

  InetSocketAddress address() {
    ServerSocketChannel first = plain == null ? encrypted : plain;
    if (first == null) {
      throw new IllegalStateException("it listens on a Unix socket alone");
    }
    return address(first);
  }

  /** A short name for threads and log. */
  String name() {
    return plain == null && encrypted == null
        ? String.valueOf(Path.of(config.get("unixsocket")).getFileName())
        : String.valueOf(address().getPort());
  }

  /** An address as one writes it; numbers only. */
  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  @Override
  public String toString() {
    List<String> all = new ArrayList<>();
    if (plain != null) {
      all.add(text(address(plain)));
    }
    if (encrypted != null) {
      all.add(text(address(encrypted)) + " (TLS)");
    }
    if (unix != null) {
      all.add(config.get("unixsocket"));
    }
    return String.join(", ", all);
  }

  /** Stops listening. Doing so twice is fine. */
  @Override
  public void close() {
    for (AutoCloseable door : new @Nullable AutoCloseable[] {plain, encrypted, unix}) {
      try {
        if (door != null) {
          door.close();
        }
      } catch (Exception e) { // an IOException
        ServerLog.warn("closing a listening socket failed", e);
      }
    }
  }
}
