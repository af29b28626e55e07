package dev.larder.server;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends and receives bytes, written as Latin-1 strings. */
final class Client implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 30_000;

  final Socket socket = new Socket();
  private final InputStream in;

  Client(LarderServer server) throws IOException {
    this(server.address());
  }

  Client(InetSocketAddress address) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.connect(address, TIMEOUT_MILLIS);
    in = new BufferedInputStream(socket.getInputStream());
  }

  Client send(String latin1) throws IOException {
    return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  Client send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Sends a RESP array of these words. */
  Client call(String... words) throws IOException {
    return send(resp(words));
  }

  static String resp(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  /** The reply to one RESP call, raw. */
  String reply(String... words) throws IOException {
    return call(words).reply();
  }

  /** The next reply, raw. */
  String reply() throws IOException {
    String line = line();
    char type = line.charAt(0);
    if (type == '$' && !line.equals("$-1")) {
      return line + "\r\n" + read(Integer.parseInt(line.substring(1)) + 2);
    }
    StringBuilder reply = new StringBuilder(line).append("\r\n");
    if (type == '*' && !line.equals("*-1")) {
      for (int i = Integer.parseInt(line.substring(1)); i > 0; i--) {
        reply.append(reply());
      }
    }
    return reply.toString();
  }

  /** The next line, without its end. */
  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    if (line.length() == 0 || line.charAt(line.length() - 1) != '\r') {
      throw new IOException("no CR at the end of '" + line + "'");
    }
    return line.substring(0, line.length() - 1);
  }

  String read(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("closed after " + bytes.length + " of " + length + " bytes");
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Ends what is sent, as nc does at the end of its input. */
  Client end() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** Everything until the server closes. */
  String rest() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    in.transferTo(all);
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  /** Breaks the connection without a farewell. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
