package dev.larder.server.durability;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A connection that speaks RESP2. Bytes are written as Latin-1 strings. */
final class Wire implements AutoCloseable {
  /** The reply that says that there is no value. */
  static final String NIL = "$-1";

  private static final int PATIENCE_MILLIS = 60_000;

  private final Socket socket = new Socket();
  private final InputStream in;

  Wire(int port) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
      in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  static byte[] call(String... words) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    write(bytes, words);
    return bytes.toByteArray();
  }

  static void write(ByteArrayOutputStream to, String... words) {
    to.writeBytes(("*" + words.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    for (String word : words) {
      to.writeBytes(("$" + word.length() + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      to.writeBytes(word.getBytes(StandardCharsets.ISO_8859_1));
      to.writeBytes(new byte[] {'\r', '\n'});
    }
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  String ask(String... words) throws IOException {
    send(call(words));
    return reply();
  }

  /** The elements of a reply that is an array. */
  List<String> askAll(String... words) throws IOException {
    send(call(words));
    return replies(length('*', line()));
  }

  List<String> replies(int count) throws IOException {
    List<String> replies = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      replies.add(reply());
    }
    return replies;
  }

  /**
   * A line with its type, the text of a bulk string, or an array's elements as a list says them.
   */
  String reply() throws IOException {
    String line = line();
    if (line.equals(NIL) || line.equals("*-1")) {
      return line;
    }
    return switch (line.charAt(0)) {
      case '$' -> bulk(length('$', line));
      case '*' -> replies(length('*', line)).toString();
      default -> line;
    };
  }

  private static int length(char type, String line) throws IOException {
    if (line.charAt(0) != type) {
      throw new IOException("expected a reply that begins with '" + type + "' but was " + line);
    }
    return Integer.parseInt(line.substring(1));
  }

  private String bulk(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length || in.readNBytes(2).length < 2) {
      throw new EOFException("closed after " + bytes.length + " of " + length + " bytes");
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    return line.substring(0, line.length() - 1);
  }

  /** Everything until the server closes, or breaks the connection. */
  String rest() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      in.transferTo(all);
    } catch (java.net.SocketException e) {
      // a reset is an end, too
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
