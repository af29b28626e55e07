package dev.larder.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * One connection's bytes, fed to a reader as an event loop would, and what came out, as text:
 *
 * <pre>
 *   array: SET|k|v
 *   line: GET|k
 *   error: Protocol error: invalid bulk length
 *   closed: ...                                   an error that the peer is not told
 *   more                                          the last request is not complete
 * </pre>
 *
 * The read buffer is overwritten after every feed, so a word that still pointed into it would show.
 */
final class Conversation {
  static final RequestLimits LIMITS = new RequestLimits(1 << 20, 4 << 20);

  final RequestReader reader;
  final List<String> seen = new ArrayList<>();
  private final Request request = new Request();
  private boolean over;

  Conversation() {
    this(new RequestReader(LIMITS, true));
  }

  Conversation(RequestReader reader) {
    this.reader = reader;
  }

  /** What a reader makes of the whole input at once. */
  static List<String> of(String latin1) {
    return of(bytes(latin1));
  }

  static List<String> of(byte[] input) {
    return new Conversation().feed(input, 0, input.length).end();
  }

  static byte[] bytes(String latin1) {
    return latin1.getBytes(StandardCharsets.ISO_8859_1);
  }

  Conversation feed(String latin1) {
    return feed(bytes(latin1), 0, latin1.length());
  }

  Conversation feed(byte[] input, int from, int to) {
    // An odd position, so that a position taken for an index would show.
    ByteBuffer in = ByteBuffer.allocate(to - from + 7).position(5).slice();
    in.put(input, from, to - from).flip();
    try {
      while (!over && reader.read(in, request)) {
        seen.add(text(request));
      }
    } catch (ProtocolException e) {
      over = true;
      Reply.Failure reply = e.reply();
      seen.add(reply == null ? "closed: " + e.getMessage() : "error: " + reply.message());
    }
    Arrays.fill(in.array(), (byte) '#');
    return this;
  }

  /** Feeds all of the input in pieces of random length. */
  Conversation feedInPieces(byte[] input, Random random, int longest) {
    int from = 0;
    while (from < input.length) {
      int to = Math.min(input.length, from + 1 + random.nextInt(longest));
      feed(input, from, to);
      from = to;
    }
    return this;
  }

  /** Everything seen, and "more" if bytes are left over that are no request yet. */
  List<String> end() {
    if (!over && reader.heldBytes() > 0) {
      seen.add("more");
    }
    return seen;
  }

  static String text(Request request) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < request.count(); i++) {
      words.add(new String(request.bytes(i), StandardCharsets.ISO_8859_1));
    }
    return (request.inline() ? "line: " : "array: ") + String.join("|", words);
  }
}
