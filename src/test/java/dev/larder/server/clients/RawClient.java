package dev.larder.server.clients;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends what it is told to, RESP or not, and reads no more than it is told to. */
final class RawClient implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;

  RawClient(int port) throws IOException {
    this(port, 0);
  }

  /**
   * @param receiveBuffer bytes that the system takes for us before we read; 0: as it likes
   */
  RawClient(int port, int receiveBuffer) throws IOException {
    if (receiveBuffer != 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(1_000 * Samples.PATIENCE_SECONDS);
    socket.connect(new InetSocketAddress(Target.HOST, port), 1_000 * Samples.PATIENCE_SECONDS);
    in = new BufferedInputStream(socket.getInputStream(), 512);
  }

  RawClient send(String latin1) throws IOException {
    return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Sends a command, and returns its reply: a line with its type, or the text of a bulk string. */
  String ask(String... words) throws IOException {
    return send(call(words)).reply();
  }

  static String call(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  String reply() throws IOException {
    String line = line();
    if (line.charAt(0) != '$' || line.equals("$-1")) {
      return line;
    }
    byte[] bulk = read(Integer.parseInt(line.substring(1)) + 2);
    return new String(bulk, 0, bulk.length - 2, StandardCharsets.ISO_8859_1);
  }

  String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    return line.substring(0, line.length() - 1);
  }

  byte[] read(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("closed after " + bytes.length + " of " + length + " bytes");
    }
    return bytes;
  }

  /** Everything until the server closes. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
