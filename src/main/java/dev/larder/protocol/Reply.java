package dev.larder.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The answer to a request, as what it means and not as how it is written: a command returns a
 * {@link Map} and does not know that a RESP2 client will see a flat array and a person some lines.
 * {@link Encoding} writes it.
 *
 * <p>Arrays of bytes and lists are not copied, neither here nor, if large, on their way out: they
 * must not change until the reply has left the {@link ReplyBuffer}.
 */
public sealed interface Reply {
  Reply OK = new Status("OK");
  Reply PONG = new Status("PONG");
  Reply QUEUED = new Status("QUEUED");
  Reply NIL = Nil.BULK;
  Reply NIL_ARRAY = Nil.ARRAY;
  Reply ZERO = new Int(0);
  Reply ONE = new Int(1);
  Reply EMPTY_ARRAY = new Array(List.of());

  /** No reply at all: CLIENT REPLY OFF. */
  Reply NONE = new Sequence(List.of());

  // ---- The kinds of reply

  /** A short word of ours such as OK. Line breaks in it become blanks. */
  record Status(String text) implements Reply {
    public Status {
      text = oneLine(text);
    }
  }

  /**
   * An error. The code is its first word, by which clients tell errors apart: {@code ERR}, {@code
   * WRONGTYPE}, ... Line breaks in the message, which may quote what a client sent, become blanks.
   */
  record Failure(String code, String message) implements Reply {
    public Failure {
      code = oneLine(code);
      message = oneLine(message);
    }
  }

  /** An integer. */
  record Int(long value) implements Reply {}

  /** A string of bytes. */
  @SuppressWarnings("ArrayRecordComponent") // compared by content below
  record Bulk(byte[] bytes) implements Reply {
    @Override
    public boolean equals(Object other) {
      return other instanceof Bulk that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "Bulk[" + Request.quoted(bytes, 0, bytes.length) + "]";
    }
  }

  /** Nothing: in place of a bulk, or in place of an array. Only RESP2 shows the difference. */
  enum Nil implements Reply {
    BULK,
    ARRAY
  }

  /** Replies in order. */
  record Array(List<Reply> elements) implements Reply {}

  /** Pairs of replies, key and value in turn; RESP2 has an array of both in turn. */
  record Map(List<Reply> keysAndValues) implements Reply {
    public Map {
      if (keysAndValues.size() % 2 != 0) {
        throw new IllegalArgumentException(
            "Expected keys and values in turn but were " + keysAndValues.size() + " replies");
      }
    }
  }

  /** Replies without order; RESP2 has an array. */
  record Set(List<Reply> elements) implements Reply {}

  /** A floating-point number; RESP2 has a bulk with its shortest decimal form. */
  record Real(double value) implements Reply {}

  /** True or false; RESP2 has 1 or 0. */
  record Truth(boolean value) implements Reply {}

  /**
   * A text to be shown to a person as it is; RESP2 has a bulk.
   *
   * @param format three letters, {@code txt} or {@code mkd}
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by content below
  record Verbatim(String format, byte[] text) implements Reply {
    public Verbatim {
      if (format.length() != 3) {
        throw new IllegalArgumentException("Expected a format of 3 letters but was " + format);
      }
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Verbatim that
          && format.equals(that.format)
          && Arrays.equals(text, that.text);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(text);
    }

    @Override
    public String toString() {
      return "Verbatim[" + format + ", " + Request.quoted(text, 0, text.length) + "]";
    }
  }

  /** What nobody asked for, such as a published message; RESP2 has an array. */
  record Push(List<Reply> elements) implements Reply {}

  /**
   * Several replies to one request, one after the other and with nothing around them. {@code
   * SUBSCRIBE a b} has two, and whoever publishes to a channel that he subscribed to has a push
   * before his integer.
   */
  record Sequence(List<Reply> replies) implements Reply {}

  // ---- Shorter ways to write them

  static Reply.Status status(String text) {
    return new Status(text);
  }

  /** An error with the code ERR. */
  static Reply.Failure error(String message) {
    return new Failure("ERR", message);
  }

  static Reply.Failure error(String code, String message) {
    return new Failure(code, message);
  }

  static Reply integer(long value) {
    return value == 0 ? ZERO : value == 1 ? ONE : new Int(value);
  }

  /** 1 or 0, as most commands answer a question. */
  static Reply oneIf(boolean condition) {
    return condition ? ONE : ZERO;
  }

  static Reply bulk(byte[] bytes) {
    return new Bulk(bytes);
  }

  /** A bulk with the UTF-8 bytes of a text of ours; values take their bytes from the codec. */
  static Reply bulk(String text) {
    return new Bulk(text.getBytes(StandardCharsets.UTF_8));
  }

  static Reply array(Reply... elements) {
    return new Array(List.of(elements));
  }

  static Reply array(List<Reply> elements) {
    return new Array(elements);
  }

  static Reply map(Reply... keysAndValues) {
    return new Map(List.of(keysAndValues));
  }

  static Reply push(Reply... elements) {
    return new Push(List.of(elements));
  }

  /** A text for people, such as INFO's. */
  static Reply verbatim(String text) {
    return new Verbatim("txt", text.getBytes(StandardCharsets.UTF_8));
  }

  private static String oneLine(String text) {
    return text.replace('\r', ' ').replace('\n', ' ');
  }
}
