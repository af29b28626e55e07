package dev.larder.protocol;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Writes replies in RESP. A value without a type of its own in RESP2 is written there as the
 * nearest one:
 *
 * <pre>
 *                 RESP2                     RESP3
 *   status        +OK
 *   failure       -ERR syntax error
 *   integer       :42
 *   bulk          $5 hello
 *   array         *2 ...
 *   nil           $-1, for an array *-1     _
 *   map           *4 k v k v                %2 k v k v
 *   set           *2 ...                    ~2 ...
 *   double        $3 0.1                    ,0.1
 *   boolean       :1                        #t
 *   verbatim      $5 hello                  =9 txt:hello
 *   push          *3 ...                    >3 ...
 * </pre>
 *
 * Every blank before a payload or an element stands for CR LF, and each reply ends with one.
 */
final class Resp {
  private static final byte[] OK = ascii("+OK\r\n");
  private static final byte[] NIL_BULK = ascii("$-1\r\n");
  private static final byte[] NIL_ARRAY = ascii("*-1\r\n");
  private static final byte[] NIL = ascii("_\r\n");
  private static final byte[] TRUE = ascii("#t\r\n");
  private static final byte[] FALSE = ascii("#f\r\n");

  private Resp() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Appends one reply. Java 17 has no switch over types; the kinds are asked for in the order of
   * their frequency, and a test has all of them.
   */
  static void write(Reply reply, boolean resp3, ReplyBuffer out) {
    if (reply instanceof Reply.Bulk bulk) {
      bulk(bulk.bytes(), out);
    } else if (reply == Reply.OK) {
      out.put(OK);
    } else if (reply instanceof Reply.Int integer) {
      out.putHeader(':', integer.value());
    } else if (reply instanceof Reply.Nil nil) {
      out.put(resp3 ? NIL : nil == Reply.Nil.BULK ? NIL_BULK : NIL_ARRAY);
    } else if (reply instanceof Reply.Array array) {
      elements('*', array.elements(), resp3, out);
    } else if (reply instanceof Reply.Status status) {
      out.put('+');
      out.putText(status.text());
      out.putLineEnd();
    } else if (reply instanceof Reply.Failure failure) {
      failure(failure, out);
      out.putLineEnd();
    } else if (reply instanceof Reply.Map map) {
      List<Reply> both = map.keysAndValues();
      out.putHeader(resp3 ? '%' : '*', resp3 ? both.size() / 2 : both.size());
      each(both, resp3, out);
    } else if (reply instanceof Reply.Set set) {
      elements(resp3 ? '~' : '*', set.elements(), resp3, out);
    } else if (reply instanceof Reply.Push push) {
      elements(resp3 ? '>' : '*', push.elements(), resp3, out);
    } else if (reply instanceof Reply.Real real) {
      real(real.value(), resp3, out);
    } else if (reply instanceof Reply.Truth truth) {
      if (resp3) {
        out.put(truth.value() ? TRUE : FALSE);
      } else {
        out.putHeader(':', truth.value() ? 1 : 0);
      }
    } else if (reply instanceof Reply.Verbatim verbatim) {
      verbatim(verbatim, resp3, out);
    } else if (reply instanceof Reply.Sequence sequence) {
      each(sequence.replies(), resp3, out);
    } else {
      throw new IllegalArgumentException("Expected a kind of reply but was " + reply);
    }
  }

  /** An error without its line end; people see the same. */
  static void failure(Reply.Failure failure, ReplyBuffer out) {
    out.put('-');
    out.putText(failure.code());
    out.put(' ');
    out.putText(failure.message());
  }

  private static void elements(char type, List<Reply> elements, boolean resp3, ReplyBuffer out) {
    out.putHeader(type, elements.size());
    each(elements, resp3, out);
  }

  private static void each(List<Reply> replies, boolean resp3, ReplyBuffer out) {
    for (Reply reply : replies) {
      write(reply, resp3, out);
    }
  }

  private static void bulk(byte[] bytes, ReplyBuffer out) {
    out.putHeader('$', bytes.length);
    out.put(bytes);
    out.putLineEnd();
  }

  private static void real(double value, boolean resp3, ReplyBuffer out) {
    String text = Decimal.text(value);
    if (resp3) {
      out.put(',');
    } else {
      out.putHeader('$', text.length());
    }
    out.putText(text);
    out.putLineEnd();
  }

  private static void verbatim(Reply.Verbatim verbatim, boolean resp3, ReplyBuffer out) {
    if (!resp3) {
      bulk(verbatim.text(), out);
      return;
    }
    out.putHeader('=', verbatim.text().length + 4L);
    out.putText(verbatim.format());
    out.put(':');
    out.put(verbatim.text());
    out.putLineEnd();
  }
}
