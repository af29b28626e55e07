package dev.larder.server;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A client that reads RESP3, too, and shows what it reads in one line: {@code >[message news hi]}
 * for a push, {@code [a b]} for an array, {@code {k v}} for a map, {@code nil}, {@code :1}, and
 * texts as they are.
 */
final class Talk implements AutoCloseable {
  private final Client client;

  Talk(LarderServer server) throws IOException {
    this(server.address());
  }

  Talk(InetSocketAddress address) throws IOException {
    client = new Client(address);
  }

  /** One that speaks RESP3. */
  static Talk resp3(LarderServer server) throws IOException {
    Talk talk = new Talk(server);
    talk.call("HELLO 3");
    return talk;
  }

  /** Sends a line as an array of its words. */
  Talk send(String line) throws IOException {
    client.call(line.split(" "));
    return this;
  }

  /** The reply to it. */
  String call(String line) throws IOException {
    return send(line).next();
  }

  /** The next thing that the server says. */
  String next() throws IOException {
    String line = client.line();
    String rest = line.substring(1);
    return switch (line.charAt(0)) {
      case '$', '=' -> rest.equals("-1") ? "nil" : bulk(Integer.parseInt(rest));
      case '*' -> rest.equals("-1") ? "nil" : "[" + elements(Integer.parseInt(rest)) + "]";
      case '>' -> ">[" + elements(Integer.parseInt(rest)) + "]";
      case '~' -> "~[" + elements(Integer.parseInt(rest)) + "]";
      case '%' -> "{" + elements(2 * Integer.parseInt(rest)) + "}";
      case '_' -> "nil";
      case '+' -> rest;
      default -> line;
    };
  }

  /** So many of them. */
  List<String> next(int count) throws IOException {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(next());
    }
    return all;
  }

  private String bulk(int length) throws IOException {
    String bytes = client.read(length + 2);
    return bytes.substring(0, length);
  }

  private String elements(int count) throws IOException {
    return String.join(" ", next(count));
  }

  Client client() {
    return client;
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
