package dev.larder.server;

import static dev.larder.server.EchoServer.echoed;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Transports on a real loop and real sockets, with the JDK's own TLS as the client. */
@Timeout(20)
final class TransportTest {
  private static final String V12 = "TLSv1.2";
  private static final String V13 = "TLSv1.3";
  private static final int MANY = 5_000_000;

  private static Tls tls(Tls.AuthClients authClients, String... protocols) {
    return TlsFiles.server()
        .authClients(authClients)
        .protocols(protocols.length == 0 ? new String[] {V12, V13} : protocols)
        .build();
  }

  private static EchoServer server(Tls tls) throws IOException {
    return new EchoServer(tls, Function.identity());
  }

  private static SSLSocket connect(EchoServer server, SSLContext context, String... protocols)
      throws IOException {
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port());
    socket.setSoTimeout(10_000);
    if (protocols.length > 0) {
      socket.setEnabledProtocols(protocols);
    }
    return socket;
  }

  private static SSLSocket connect(EchoServer server, String... protocols) throws Exception {
    return connect(server, TlsFiles.client("ca", ""), protocols);
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** Writes without waiting for what comes back. */
  private static CompletableFuture<Void> send(Socket socket, byte[] bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            out.flush();
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void assertEchoes(Socket socket, byte[] bytes) throws Exception {
    CompletableFuture<Void> sent = send(socket, bytes);
    assertThat(Arrays.equals(echoed(socket.getInputStream(), bytes.length), bytes)).isTrue();
    sent.get();
  }

  private static void assertEchoes(Socket socket) throws Exception {
    assertEchoes(socket, "hello".getBytes(US_ASCII));
  }

  // ------------------------------------------------------------------------------------- content

  @Test
  void plainBytesComeBack() throws Exception {
    try (EchoServer server = new EchoServer(null, Function.identity());
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      assertEchoes(socket, bytes(MANY));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void manyRecordsComeBack(String protocol) throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, protocol)) {
      assertEchoes(socket, bytes(MANY));
      assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
      assertEchoes(socket);
    }
  }

  @ParameterizedTest
  @CsvSource({V12 + ",1", V13 + ",1", V12 + ",7", V13 + ",7", V12 + ",1000", V13 + ",1000"})
  void recordsMayBreakAnywhere(String protocol, int most) throws Exception {
    try (EchoServer server =
            new EchoServer(tls(Tls.AuthClients.YES), channel -> new TrickleChannel(channel, most));
        SSLSocket socket = connect(server, TlsFiles.client("ca", "client"), protocol)) {
      assertEchoes(socket, bytes(3_000 * most));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void largeReplyToASlowReaderIsNotCopiedWhole(String protocol) throws Exception {
    int length = 64 << 20;
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, protocol)) {
      assertEchoes(socket);
      TlsTransport transport = (TlsTransport) server.accepted().transport;
      socket.getOutputStream().write(("give " + length).getBytes(US_ASCII));
      InputStream in = socket.getInputStream();
      in.skipNBytes(1_000_000);
      assertThat(server.onLoop(transport::heldBytes)).isLessThan(200_000);
      in.skipNBytes(length + "$67108864\r\n\r\n".length() - 1_000_000);
      assertEchoes(socket);
      assertThat(server.onLoop(transport::heldBytes)).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void connectionAtRestOwnsNoBuffer(String protocol) throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, protocol)) {
      assertEchoes(socket, bytes(100_000));
      TlsTransport transport = (TlsTransport) server.accepted().transport;
      assertThat(server.onLoop(transport::heldBytes)).isZero();
    }
  }

  @Test
  void freshKeysAreGranted() throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, V13)) {
      assertEchoes(socket);
      for (int i = 0; i < 5; i++) {
        socket.startHandshake(); // in TLS 1.3 a key update that asks for one in return
        assertEchoes(socket, bytes(50_000));
      }
    }
  }

  @Test
  void renegotiationIsRefused() throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, V12)) {
      assertEchoes(socket);
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                assertEchoes(socket);
              })
          .isInstanceOf(IOException.class);
      server.accepted().ended.get();
      assertThat(log.lines())
          .containsExactly(
              "connection 1 is closed: TLS failed: the client asked to renegotiate, which is not"
                  + " supported");
    }
  }

  // ----------------------------------------------------------------------------------- protocols

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void onlyProtocolsOfTheSettingsAreSpoken(String protocol) throws Exception {
    String other = protocol.equals(V12) ? V13 : V12;
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO, protocol))) {
      try (SSLSocket socket = connect(server, protocol)) {
        assertEchoes(socket);
        server.accepted();
      }
      try (SSLSocket socket = connect(server, other)) {
        assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
        server.accepted().ended.get();
      }
      assertThat(log.lines()).singleElement().asString().contains("TLS failed");
    }
  }

  // -------------------------------------------------------------------------------- certificates

  @ParameterizedTest
  @CsvSource({
    "NO,,true", "NO,client,true", "NO,stranger,true",
    "OPTIONAL,,true", "OPTIONAL,client,true", "OPTIONAL,stranger,false",
    "YES,,false", "YES,client,true", "YES,stranger,false"
  })
  void clientIsServedIfItsCertificateIsAsTheSettingsWant(
      Tls.AuthClients authClients, String certificate, boolean served) throws Exception {
    for (String protocol : Tls.PROTOCOLS) {
      SSLContext client = TlsFiles.client("ca", certificate == null ? "" : certificate);
      try (LogLines log = new LogLines();
          EchoServer server = server(tls(authClients));
          SSLSocket socket = connect(server, client, protocol)) {
        if (served) {
          assertEchoes(socket);
          assertThat(log.lines()).isEmpty();
        } else {
          // In TLS 1.3 the client has finished before the server looks at its certificate.
          assertThatThrownBy(() -> assertRefused(socket)).isInstanceOf(IOException.class);
          server.accepted().ended.get();
          assertThat(log.lines()).singleElement().asString().contains("TLS failed");
        }
      }
    }
  }

  private static void assertRefused(SSLSocket socket) throws IOException {
    socket.startHandshake();
    if (socket.getInputStream().read() < 0) {
      throw new EOFException("closed by the server");
    }
  }

  @Test
  void clientThatDoesNotTrustTheServerIsLoggedInOneLine() throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, TlsFiles.client("stranger", ""), V13)) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
      server.accepted().ended.get();
      assertThat(log.lines()) // the JDKs word it differently
          .singleElement(STRING)
          .startsWith("connection 1 is closed: TLS failed: ")
          .endsWith("Received fatal alert: certificate_unknown");
    }
  }

  // ----------------------------------------------------------------------------------------- end

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void requestsSentBeforeTheClientCloseItsSideAreAnswered(String protocol) throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, protocol)) {
      socket.startHandshake();
      OutputStream out = socket.getOutputStream();
      out.write("hello".getBytes(US_ASCII));
      socket.shutdownOutput();
      assertThat(echoed(socket.getInputStream(), 5)).asString(US_ASCII).isEqualTo("hello");
      assertThat(socket.getInputStream().read()).isEqualTo(-1); // by a close_notify
      server.accepted().ended.get();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void whatComesAfterOurSideIsClosedCanBeRead(String protocol) throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server, protocol)) {
      assertEchoes(socket);
      EchoServer.Peer peer = server.accepted();
      server.onLoop(
          () -> {
            peer.transport.shutdownOutput();
            return "";
          });
      if (protocol.equals(V13)) { // in TLS 1.2 the client's JDK ends its own side too
        socket.getOutputStream().write("more".getBytes(US_ASCII));
      }
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
      socket.close();
      peer.ended.get();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {V12, V13})
  void clientThatIsGoneWithoutGoodbyeHasEndedItsInput(String protocol) throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO));
        Socket raw = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      SSLSocket socket =
          (SSLSocket)
              TlsFiles.client("ca", "")
                  .getSocketFactory()
                  .createSocket(raw, "localhost", server.port(), false);
      socket.setEnabledProtocols(new String[] {protocol});
      assertEchoes(socket);
      raw.shutdownOutput();
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
      server.accepted().ended.get();
      assertThat(log.lines()).isEmpty();
    }
  }

  @Test
  void plainTextToTheTlsPortIsLoggedInOneLine() throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO));
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write("*1\r\n$4\r\nPING\r\n".getBytes(US_ASCII));
      socket.getInputStream().readAllBytes(); // an alert at most
      server.accepted().ended.get();
      assertThat(log.lines())
          .singleElement()
          .asString()
          .startsWith("connection 1 is closed: TLS failed: ")
          .contains("SSL message");
    }
  }

  @Test
  void damagedRecordIsLoggedInOneLine() throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO));
        Socket raw = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      SSLSocket socket =
          (SSLSocket)
              TlsFiles.client("ca", "")
                  .getSocketFactory()
                  .createSocket(raw, "localhost", server.port(), false);
      assertEchoes(socket);
      byte[] record = new byte[5 + 50];
      record[0] = 23;
      record[1] = 3;
      record[2] = 3;
      record[4] = 50;
      raw.getOutputStream().write(record);
      assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SSLException.class);
      server.accepted().ended.get();
      assertThat(log.lines()).singleElement().asString().contains("TLS failed");
    }
  }

  @Test
  void clientThatOnlyConnectsAndLeavesIsNotLogged() throws Exception {
    try (LogLines log = new LogLines();
        EchoServer server = server(tls(Tls.AuthClients.NO))) {
      new Socket(InetAddress.getLoopbackAddress(), server.port()).close();
      server.accepted().ended.get();
      assertThat(log.lines()).isEmpty();
    }
  }

  // --------------------------------------------------------------------------------------- loops

  @Test
  void handshakeDoesItsWorkOnAWorker() throws Exception {
    try (EchoServer server = server(tls(Tls.AuthClients.NO));
        SSLSocket socket = connect(server)) {
      assertEchoes(socket);
      assertThat(server.tasks).hasPositiveValue();
    }
  }

  @Test
  void whatCannotBeWrittenYetIsAskedOfTheSelector() throws Exception {
    try (SocketChannel channel = SocketChannel.open()) {
      Transport plain = new PlainTransport(channel);
      assertThat(plain.interest(true, false)).isEqualTo(1);
      assertThat(plain.interest(false, true)).isEqualTo(4);
    }
  }
}
