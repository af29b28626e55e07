package dev.larder.protocol;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes replies for a person who types into telnet or nc: what is inside, without its wrapping.
 *
 * <pre>
 *   status, bulk      the bytes                   OK
 *   integer           with a colon                :1
 *   nil               in words                    (nil)
 *   array, map, set   one element a line,         a
 *                     what is nested likewise     b
 *                     if there is none            (empty)
 *   double, boolean   as text                     0.1   true
 *   verbatim          the text
 *   failure           as in RESP                  -ERR syntax error
 *   push              all in one line             message news hello
 * </pre>
 *
 * A text that ends with a line break, as INFO's does, gets no second one.
 *
 * <p>What is printed cannot be read back: a value may itself contain a line break, or read {@code
 * (nil)}. Nesting is flattened all the same, because EXEC and SCAN are nested and a person sees
 * where a part begins. Programs say HELLO, or begin with an array, and get RESP.
 */
final class Lines {
  private static final byte[] NIL = "(nil)".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] EMPTY = "(empty)".getBytes(StandardCharsets.US_ASCII);

  private Lines() {}

  static void write(Reply reply, ReplyBuffer out) {
    if (reply instanceof Reply.Sequence sequence) {
      each(sequence.replies(), out);
      return;
    }
    List<Reply> elements = reply instanceof Reply.Push ? null : elements(reply);
    if (elements != null && !elements.isEmpty()) {
      each(elements, out);
    } else if (reply instanceof Reply.Int integer) {
      out.putHeader(':', integer.value());
    } else {
      word(reply, out);
      if (!(reply instanceof Reply.Verbatim verbatim && endsLine(verbatim.text()))) {
        out.putLineEnd();
      }
    }
  }

  private static void each(List<Reply> replies, ReplyBuffer out) {
    for (Reply reply : replies) {
      write(reply, out);
    }
  }

  private static boolean endsLine(byte[] text) {
    return text.length > 0 && text[text.length - 1] == '\n';
  }

  /** What a reply consists of, null if it is a single value. */
  private static @Nullable List<Reply> elements(Reply reply) {
    if (reply instanceof Reply.Array array) {
      return array.elements();
    } else if (reply instanceof Reply.Map map) {
      return map.keysAndValues();
    } else if (reply instanceof Reply.Set set) {
      return set.elements();
    } else if (reply instanceof Reply.Push push) {
      return push.elements();
    } else if (reply instanceof Reply.Sequence sequence) {
      return sequence.replies();
    }
    return null;
  }

  /**
   * A reply within a line: a value, or the elements of a push with blanks between them. An integer
   * among those needs no colon to be told from a value.
   */
  private static void word(Reply reply, ReplyBuffer out) {
    List<Reply> elements = elements(reply);
    if (elements != null) {
      words(elements, out);
    } else if (reply instanceof Reply.Bulk bulk) {
      out.put(bulk.bytes());
    } else if (reply instanceof Reply.Status status) {
      out.putText(status.text());
    } else if (reply instanceof Reply.Failure failure) {
      Resp.failure(failure, out);
    } else if (reply instanceof Reply.Nil) {
      out.put(NIL);
    } else if (reply instanceof Reply.Int integer) {
      out.putDecimal(integer.value());
    } else if (reply instanceof Reply.Real real) {
      out.putText(Decimal.text(real.value()));
    } else if (reply instanceof Reply.Truth truth) {
      out.putText(truth.value() ? "true" : "false");
    } else if (reply instanceof Reply.Verbatim verbatim) {
      out.put(verbatim.text());
    } else {
      throw new IllegalArgumentException("Expected a kind of reply but was " + reply);
    }
  }

  private static void words(List<Reply> elements, ReplyBuffer out) {
    if (elements.isEmpty()) {
      out.put(EMPTY);
    }
    for (int i = 0; i < elements.size(); i++) {
      if (i > 0) {
        out.put(' ');
      }
      word(elements.get(i), out);
    }
  }
}
