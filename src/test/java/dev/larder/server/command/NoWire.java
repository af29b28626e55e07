package dev.larder.server.command;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/** In place of a connection; remembers what it is told. */
final class NoWire extends NoClient {
  final List<Reply> pushed = new ArrayList<>();
  private Encoding encoding = Encoding.RESP2;

  @Override
  public Encoding encoding() {
    return encoding;
  }

  @Override
  public void speak(Encoding encoding) {
    this.encoding = encoding;
  }

  @Override
  public void push(Reply message, BooleanSupplier wanted) {
    pushed.add(message);
  }

  @Override
  public void answer(Reply reply) {
    pushed.add(reply);
  }

  @Override
  public String peer() {
    return "127.0.0.1:1";
  }

  @Override
  public String local() {
    return "127.0.0.1:6379";
  }
}
