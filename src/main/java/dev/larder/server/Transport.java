package dev.larder.server;

import dev.larder.protocol.ReplyBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What carries the bytes of one connection over its socket: as they are, or encrypted. Belongs to
 * the event loop's thread, and never waits.
 *
 * <p>An encrypted connection may have to write before it can read, and to read before it can write.
 * So a connection tells {@link #interest} what it wants, and the transport tells the selector what
 * it needs for that. When the socket can be read the connection calls {@link #read}, and {@link
 * #write} whatever it is ready for, if only with nothing to send: both take the transport's own
 * business a step further.
 */
interface Transport {

  /**
   * Reads what is there.
   *
   * @param target has room for at least 32 KB, as much as one encrypted record can hold
   * @return the number of bytes; 0: none now; -1: the other side has ended its output
   * @throws IOException if the connection cannot go on; what there is to log has been logged
   */
  int read(ByteBuffer target) throws IOException;

  /** Whether the other side has done what must come before its first request. */
  default boolean isEstablished() {
    return true;
  }

  /**
   * Whether {@link #read} should be called again although the socket may have nothing to read: it
   * stopped for lack of room in the target, or because something had to be written first.
   */
  boolean hasInput();

  /**
   * Sends as much as the socket takes, but not more than about 1 MB, so that others have their
   * turn.
   *
   * @return whether all of it was taken, and nothing is left in the transport; if not, call it
   *     again when the selector says so
   */
  boolean write(ReplyBuffer source) throws IOException;

  /**
   * What the selector must wait for, as operations of a {@code SelectionKey}. To be asked anew
   * after each call of another method.
   *
   * @param reads whether the connection wants input
   * @param writes whether it has output, or {@link #write} last returned false
   */
  int interest(boolean reads, boolean writes);

  /**
   * Tells the other side that nothing more follows what has been written. What it still sends can
   * be read. If the socket does not take that at once, later calls of {@link #write} send it.
   */
  void shutdownOutput() throws IOException;

  /** Ends it at once. Doing so twice is fine. */
  void close() throws IOException;
}
