package dev.larder.server.command;

import dev.larder.protocol.Encoding;
import dev.larder.protocol.Reply;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What a session asks of the connection that carries it. Any thread may call all of it. */
public interface Wire {

  /** How replies are written at present; null before the first request. */
  @Nullable Encoding encoding();

  /** Writes replies in this way from now on. Only while a command of this connection runs. */
  void speak(@Nullable Encoding encoding);

  /**
   * Sends what the client did not ask for: behind the reply to the command that runs just now, if
   * one does. Returns at once.
   *
   * @param wanted asked when its turn has come, between two commands: a client that has just left
   *     what the message belongs to would take it for a reply
   */
  void push(Reply message, BooleanSupplier wanted);

  /** Answers a command that was {@linkplain Session#suspend suspended}, now. */
  void answer(Reply reply);

  /** Looks again whether requests that had to wait may be run. Returns at once. */
  void resume();

  /** Ends the connection soon, whatever it is doing. Returns at once. */
  void kill();

  /** Whether a command of it has begun and is waiting for something. */
  boolean isWaiting();

  /** Whether it was killed, although it may not have ended yet. */
  boolean isDying();

  /** Where the client is: {@code 127.0.0.1:50123}, or the path of a Unix socket and {@code :0}. */
  String peer();

  /** The same of our side. */
  String local();

  /** Whether the client is on this machine. */
  boolean isLocal();

  /** Seconds since the client connected. */
  long age();

  /** Seconds since its last request. */
  long idle();

  /** Bytes received and not executed yet. */
  long unread();

  /** Bytes to be sent. */
  long unsent();
}
