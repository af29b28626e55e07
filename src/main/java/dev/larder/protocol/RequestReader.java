package dev.larder.protocol;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads the requests of one connection from bytes that arrive in arbitrary pieces, by the rules of
 * Redis 7.2: the same requests and the same errors, wherever the pieces were cut.
 *
 * <h2>The bytes</h2>
 *
 * The first unread byte decides, for each request anew, how it is written:
 *
 * <pre>
 *   *2\r\n                 an array: how many words (none if zero or negative: skipped in silence)
 *   $3\r\nGET\r\n          each word: its length, its bytes, and two bytes that nobody looks at
 *   $4\r\nname\r\n
 *
 *   GET name\r\n           anything else: a line, the CR optional; see InlineWords
 *   \n                     a line without words is skipped in silence
 * </pre>
 *
 * Numbers must be canonical. A header line ends at CR plus one byte that nobody looks at either. No
 * line may be longer than 64 KB. (Redis lets a longer inline line pass if its end happens to be
 * there already, and searches for the end with {@code strchr}, so that a NUL hides it for ever.
 * Here the limit is hard and a NUL is a byte.)
 *
 * <h2>Where the bytes are</h2>
 *
 * Normally a buffer holds whole requests. They are parsed where they are and their words are slices
 * of that buffer: nothing is copied, nothing allocated. Only if the buffer ends inside a request
 * are its bytes moved to storage of the connection, which takes from the following buffers exactly
 * what the request lacks; then parsing goes on in place. So a connection owns memory only while a
 * request of it is incomplete.
 *
 * <p>How far the request has been understood is kept in four numbers ({@code parsed}, {@code
 * scanned}, {@code missing}, {@code bulkLength}). The positions among them count from the request's
 * first byte, so they hold in both places and survive the move, and no byte is looked at twice
 * because it came late:
 *
 * <pre>
 *   *2\r\n $3\r\n GET\r\n $1          parsed: the start of $1; scanned: behind $1; missing: 1
 *   *2\r\n $3\r\n GE                 parsed: the start of GE; bulkLength: 3; missing: 2
 * </pre>
 *
 * <p>Storage doubles with the bytes that have arrived. Nothing is ever allocated because of a
 * number that a peer has announced: {@code *2000000000} costs nothing until the words come.
 *
 * <h2>Errors</h2>
 *
 * All are final: after a {@link ProtocolException} the reader throws the same one for ever.
 * Requests before the error are delivered first. A TLS client on this port would wait for ever for
 * an answer to its hello (bytes 16 03), so that is an error too, without a reply.
 */
public final class RequestReader {
  /** The longest line, without its newline (Redis' {@code PROTO_INLINE_MAX_SIZE}). */
  static final int MAX_LINE = 64 * 1024;

  /** What a connection that has not authenticated may send (Redis' numbers). */
  private static final int MAX_STRANGERS_WORDS = 10;

  private static final int MAX_STRANGERS_BULK = 16 * 1024;

  /** From this much missing on, storage stops doubling at the end of the bulk it is filled with. */
  private static final int LARGE_BULK = 64 * 1024;

  private static final int FIRST_STORAGE = 64;
  private static final int UNKNOWN = -1;
  private static final byte TLS_HANDSHAKE = 0x16;
  private static final byte TLS_MAJOR_VERSION = 0x03;

  private RequestLimits limits;
  private boolean authenticated;
  private boolean started;
  private @Nullable ProtocolException failure;

  // The request being parsed. Its first bytes are in partial.array()[0, stored) if partial is not
  // null, else in the buffer being read.
  private @Nullable Request partial;
  private int stored;

  /** The start of the first header, line or payload that is not complete. */
  private int parsed;

  /** How far the end of the line at {@link #parsed} has been searched for in vain. */
  private int scanned;

  /** Words that the array still lacks, or {@link #UNKNOWN} before its first header. */
  private int missing;

  /** Length of the payload at {@link #parsed}, or {@link #UNKNOWN} if a header is there. */
  private int bulkLength;

  /**
   * A reader for one connection.
   *
   * @param authenticated false to hold the peer to 10 words of 16 KB until {@link #authenticated}
   */
  public RequestReader(RequestLimits limits, boolean authenticated) {
    this.limits = Objects.requireNonNull(limits, "limits");
    this.authenticated = authenticated;
  }

  /** Sets whether the peer has authenticated. Holds for what is read next. */
  public void authenticated(boolean authenticated) {
    this.authenticated = authenticated;
  }

  /** Changes the limits. They hold for the headers that are read next. */
  public void limits(RequestLimits limits) {
    this.limits = Objects.requireNonNull(limits, "limits");
  }

  /** Bytes of heap that this reader holds: 0 unless a request is incomplete. */
  public long heldBytes() {
    return partial == null ? 0 : partial.heldBytes();
  }

  /**
   * Reads the next request from {@code in}, which must have an array. Call it until it returns
   * false; then {@code in} is empty and may be refilled. While it returns true the rest stays in
   * {@code in}, for the next call or, if the connection has to wait, for the caller to put aside.
   *
   * <p>The words of the request lie in {@code in}'s array or in storage that came from this reader.
   * Bytes of {@code in} that have been read may be overwritten by unescaping.
   *
   * @return whether {@code request} now holds a request, of at least one word
   * @throws ProtocolException if the bytes are no request; the connection is to be closed
   */
  public boolean read(ByteBuffer in, Request request) {
    request.clear();
    if (failure != null) {
      throw failure;
    }
    while (in.hasRemaining()) {
      boolean complete = partial == null ? readInPlace(in, request) : resume(partial, in, request);
      if (complete && request.count() > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Parses at the buffer's position; if the request goes on behind the buffer, stores its start.
   */
  private boolean readInPlace(ByteBuffer in, Request request) {
    int available = in.remaining();
    request.start(in.array(), in.arrayOffset() + in.position());
    parsed = 0;
    scanned = 0;
    missing = UNKNOWN;
    bulkLength = UNKNOWN;
    if (parse(request, available)) {
      in.position(in.position() + parsed);
      return true;
    }
    byte[] storage = new byte[capacity(available)];
    in.get(storage, 0, available);
    partial = request.continuedIn(storage);
    stored = available;
    request.clear();
    return false;
  }

  /** Moves on to storage what the next step of the stored request needs, and takes that step. */
  private boolean resume(Request partial, ByteBuffer in, Request request) {
    int wanted = wanted(partial, in);
    int end = stored + wanted;
    if (end > partial.array().length) {
      partial.moveTo(Arrays.copyOf(partial.array(), capacity(end)));
    }
    in.get(partial.array(), stored, wanted);
    stored = end;
    if (!parse(partial, end)) {
      return false;
    }
    request.take(partial);
    this.partial = null;
    return true;
  }

  /** How many bytes of {@code in} belong to the line or payload that is incomplete; at least 1. */
  private int wanted(Request partial, ByteBuffer in) {
    if (bulkLength != UNKNOWN) {
      return Math.min(in.remaining(), parsed + bulkLength + 2 - stored);
    }
    boolean line = partial.array()[0] != '*';
    if (!line && scanned < stored) {
      return 1; // the header's CR is there, but not the byte after it
    }
    int limit = Math.min(in.remaining(), parsed + MAX_LINE + 1 - stored);
    int from = in.arrayOffset() + in.position();
    int end = indexOf(line ? (byte) '\n' : (byte) '\r', in.array(), from, from + limit) - from;
    return end == limit ? limit : Math.min(in.remaining(), line ? end + 1 : end + 2);
  }

  /** How large to make storage that must hold {@code needed} bytes. */
  private int capacity(int needed) {
    long doubled = Math.max(FIRST_STORAGE, 2L * needed);
    if (bulkLength - (needed - parsed) > LARGE_BULK) {
      // Behind the payload there is its CR LF and, at least, another short header.
      doubled = Math.min(doubled, (long) parsed + bulkLength + FIRST_STORAGE);
    }
    // No request becomes larger than the limit and the line in which that is found out.
    long most = (long) limits.maxRequestLength() + MAX_LINE + FIRST_STORAGE;
    return (int) Math.max(needed, Math.min(doubled, most));
  }

  /** Goes on with the request as far as its {@code available} bytes allow; true if it is whole. */
  private boolean parse(Request request, int available) {
    boolean whole =
        request.array()[request.base()] == '*'
            ? parseArray(request, available)
            : parseLine(request, available);
    started |= whole;
    return whole;
  }

  /** Looks for the end of the line; only when it is there is the line split, in one go. */
  private boolean parseLine(Request request, int available) {
    byte[] bytes = request.array();
    int base = request.base();
    if (!started && bytes[base] == TLS_HANDSHAKE) {
      if (available == 1) {
        return false;
      }
      if (bytes[base + 1] == TLS_MAJOR_VERSION) {
        throw fail(ProtocolException.silent("Expected a request but was a TLS client's hello"));
      }
    }
    int limit = Math.min(available, MAX_LINE + 1);
    scanned = indexOf((byte) '\n', bytes, base + scanned, base + limit) - base;
    if (scanned == limit) {
      if (scanned > MAX_LINE) {
        throw fail(ProtocolException.answered("too big inline request"));
      }
      return false;
    }
    boolean afterCr = scanned > 0 && bytes[base + scanned - 1] == '\r';
    if (!InlineWords.split(request, afterCr ? scanned - 1 : scanned)) {
      throw fail(ProtocolException.answered("unbalanced quotes in request"));
    }
    request.markInline();
    parsed = scanned + 1;
    return true;
  }

  /** Takes header after header and payload after payload, and stops before the first in part. */
  private boolean parseArray(Request request, int available) {
    byte[] bytes = request.array();
    int base = request.base();
    if (missing == UNKNOWN) {
      if (!findHeaderEnd(bytes, base, available, "too big mbulk count string")) {
        return false;
      }
      missing = wordCount(bytes, base + 1, base + scanned);
      parsed = scanned += 2;
    }
    while (missing > 0) {
      if (bulkLength == UNKNOWN) {
        if (!findHeaderEnd(bytes, base, available, "too big bulk count string")) {
          return false;
        }
        if (bytes[base + parsed] != '$') {
          throw fail(ProtocolException.answered("expected '$', got " + got(bytes[base + parsed])));
        }
        bulkLength = bulkLength(bytes, base + parsed + 1, base + scanned);
        parsed = scanned += 2;
        checkRequestLength(request);
      }
      if (available - parsed < bulkLength + 2) {
        return false;
      }
      request.add(parsed, bulkLength);
      parsed = scanned = parsed + bulkLength + 2;
      bulkLength = UNKNOWN;
      missing--;
    }
    return true;
  }

  /**
   * Moves {@link #scanned} to the CR of the header at {@link #parsed}.
   *
   * @return whether the CR and the byte after it are there
   */
  private boolean findHeaderEnd(byte[] bytes, int base, int available, String ifTooLong) {
    int limit = Math.min(available, parsed + MAX_LINE + 1);
    scanned = indexOf((byte) '\r', bytes, base + scanned, base + limit) - base;
    if (scanned < limit) {
      return scanned + 1 < available;
    }
    if (scanned - parsed > MAX_LINE) {
      throw fail(ProtocolException.answered(ifTooLong));
    }
    return false;
  }

  /** The number behind a {@code *}; 0 also for a negative one. */
  private int wordCount(byte[] bytes, int from, int to) {
    long count = header(bytes, from, to, "invalid multibulk length");
    if (count > Integer.MAX_VALUE) {
      throw fail(ProtocolException.answered("invalid multibulk length"));
    }
    if (count > MAX_STRANGERS_WORDS && !authenticated) {
      throw fail(ProtocolException.answered("unauthenticated multibulk length"));
    }
    return (int) Math.max(0, count);
  }

  /** The number behind a {@code $}. */
  private int bulkLength(byte[] bytes, int from, int to) {
    long length = header(bytes, from, to, "invalid bulk length");
    if (length < 0 || length > limits.maxBulkLength()) {
      throw fail(ProtocolException.answered("invalid bulk length"));
    }
    if (length > MAX_STRANGERS_BULK && !authenticated) {
      throw fail(ProtocolException.answered("unauthenticated bulk length"));
    }
    return (int) length;
  }

  /** Redis, too, closes without a reply when its query buffer is full. */
  private void checkRequestLength(Request request) {
    long length = (long) parsed + bulkLength + 2 + (long) RequestLimits.WORD_COST * request.count();
    if (length > limits.maxRequestLength()) {
      throw fail(
          ProtocolException.silent(
              String.format(
                  Locale.ROOT,
                  "Expected a request of at most %d bytes but was one of at least %d",
                  limits.maxRequestLength(),
                  length)));
    }
  }

  /** The number in a header. */
  private long header(byte[] bytes, int from, int to, String ifInvalid) {
    // Most headers of real traffic are a single digit.
    if (to - from == 1 && bytes[from] >= '0' && bytes[from] <= '9') {
      return (long) bytes[from] - '0';
    }
    try {
      return Decimal.parse(bytes, from, to);
    } catch (NumberFormatException e) {
      throw fail(ProtocolException.answered(ifInvalid));
    }
  }

  /**
   * A byte in quotes, as a text that a reply writes as that very byte (see ReplyBuffer.putText).
   */
  private static String got(byte b) {
    return "'" + (char) (b < 0 ? 0xDC00 | (b & 0xFF) : b) + "'";
  }

  private ProtocolException fail(ProtocolException cause) {
    failure = cause;
    partial = null;
    return cause;
  }

  /** The index of {@code wanted} in {@code bytes[from, to)}, or {@code to} if it is not there. */
  private static int indexOf(byte wanted, byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && bytes[i] != wanted) {
      i++;
    }
    return i;
  }
}
