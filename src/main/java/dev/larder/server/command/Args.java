package dev.larder.server.command;

import dev.larder.Codec;
import dev.larder.OperationException;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.TextSlice;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a request behind the command's name, taken one after the other.
 *
 * <p>One object serves all requests of a thread, one at a time: looking at words allocates nothing
 * but what is taken out of them.
 */
public final class Args {
  private Request request = new Request();
  private String command = "";
  private boolean creates;
  private int next;
  private final TextSlice text = new TextSlice();

  /** The words of no request. */
  public Args() {}

  /** Begins with the first word behind the command's name. */
  void begin(Request request, Command command) {
    this.request = request;
    this.command = command.name();
    creates = command.has(Command.Flag.DENYOOM);
    next = command.words();
  }

  /** How many words are left. */
  int left() {
    return request.count() - next;
  }

  boolean hasNext() {
    return left() > 0;
  }

  /** The next word's bytes, a copy. */
  byte[] next() {
    return request.bytes(take());
  }

  private int take() {
    if (!hasNext()) {
      throw syntaxError();
    }
    return next++;
  }

  /** The next word as a value of a cache. */
  <T> T next(Codec<T> codec) {
    int word = take();
    return codec.fromBytes(request.array(), request.offset(word), request.length(word));
  }

  /** The next word as a key of a cache. */
  Object nextKey(CacheOperations<Object, Object> cache) {
    int word = take();
    return cache.key(text.of(request.array(), request.offset(word), request.length(word)), creates);
  }

  /** All words that are left, as keys of a cache. */
  List<Object> restKeys(CacheOperations<Object, Object> cache) {
    List<Object> rest = new ArrayList<>(left());
    while (hasNext()) {
      rest.add(nextKey(cache));
    }
    return rest;
  }

  /** The next word as a text that is not a value: the name of something of ours. */
  String nextText() {
    return new String(next(), StandardCharsets.UTF_8);
  }

  /** The next word as a canonical 64-bit integer. */
  long nextLong() {
    if (!hasNext()) {
      throw syntaxError();
    }
    try {
      return request.longAt(next++);
    } catch (NumberFormatException e) {
      throw error("value is not an integer or out of range");
    }
  }

  /** The next word as an error shows it. */
  String nextQuoted() {
    return quoted(request, next++, Integer.MAX_VALUE);
  }

  /** Which word is the next. */
  int position() {
    return next;
  }

  /** Goes on with another word. */
  void position(int word) {
    next = word;
  }

  /** Takes the next word if it is this one, in whichever case. */
  boolean accept(String word) {
    if (hasNext() && request.is(next, word)) {
      next++;
      return true;
    }
    return false;
  }

  OperationException syntaxError() {
    return error("syntax error");
  }

  OperationException wrongNumber() {
    return error(Command.wrongNumberOfArguments(command));
  }

  /** The same of a subcommand that counts its words itself, as the client wrote it. */
  OperationException wrongSubcommand() {
    String family = command.substring(0, command.indexOf('|')).toUpperCase(Locale.ROOT);
    return error(
        "unknown subcommand or wrong number of arguments for '"
            + quoted(request, 1, 128)
            + "'. Try "
            + family
            + " HELP.");
  }

  /** The command's name, as errors show it. */
  String command() {
    return command;
  }

  static OperationException error(String message) {
    return new OperationException("ERR", message);
  }

  /**
   * Bytes that a client sent, as text for an error: each comes back to it as it was. Ends at a NUL,
   * as Redis' errors do.
   */
  static String quoted(Request request, int word, int most) {
    byte[] bytes = request.array();
    int from = request.offset(word);
    int to = from + Math.min(most, request.length(word));
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to && bytes[i] != 0; i++) {
      // How a reply is told of a byte that is not ASCII: see ReplyBuffer.putText.
      text.append((char) (bytes[i] < 0 ? 0xDC00 | (bytes[i] & 0xFF) : bytes[i]));
    }
    return text.toString();
  }
}
