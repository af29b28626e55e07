package dev.larder.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * The words of one request, as slices of the bytes they arrived in: word 0 is the command's name.
 *
 * <pre>
 *   array    ...*2\r\n$3\r\nGET\r\n$4\r\nname\r\n*1\r\n$4\r\nPI...
 *                           ^3          ^4
 *               base        offset(0)   offset(1)
 * </pre>
 *
 * <p>Reading a request allocates nothing: the caller owns the object and passes it to {@link
 * RequestReader#read} again and again. Its words are valid until that, or until the caller lets new
 * bytes into the read buffer, whichever comes first; {@link #keep} makes a request that stays
 * valid. Several requests of one buffer may be held at the same time, each in its own object. Not
 * for use by several threads.
 */
public final class Request {
  private static final byte[] NO_BYTES = {};

  /** Room for eight words: most requests never need more. */
  private static final int FIRST_SPANS = 16;

  /** A reused request gives back what an exceptionally long one made it allocate. */
  private static final int MOST_SPANS_REUSED = 1024;

  private byte[] array = NO_BYTES;
  private int base;
  // Offset (relative to base) and length of each word in turn. Relative, so that an incomplete
  // request can be moved to storage of its own without touching them.
  private int[] spans = new int[FIRST_SPANS];
  private int count;
  private boolean inline;
  private boolean borrowed;

  /** An empty request, to be filled by {@link RequestReader#read}. */
  public Request() {}

  /** A request of the given words that did not come over a wire. */
  public static Request of(byte[]... words) {
    int total = 0;
    for (byte[] word : words) {
      total = Math.addExact(total, word.length);
    }
    byte[] joined = new byte[total];
    Request request = new Request();
    int end = 0;
    for (byte[] word : words) {
      System.arraycopy(word, 0, joined, end, word.length);
      request.add(end, word.length);
      end += word.length;
    }
    request.array = joined;
    return request;
  }

  /** The number of words, the command's name included; at least 1 for a request that was read. */
  public int count() {
    return count;
  }

  /** Whether it came as a line, as a person types it, and not as a RESP array. */
  public boolean inline() {
    return inline;
  }

  /** The bytes that the words are slices of. Not to be changed. */
  public byte[] array() {
    return array;
  }

  /** Where in {@link #array} a word starts. */
  public int offset(int word) {
    return base + spans[2 * Objects.checkIndex(word, count)];
  }

  /** The length of a word in bytes. */
  public int length(int word) {
    return spans[2 * Objects.checkIndex(word, count) + 1];
  }

  /** A copy of a word. */
  public byte[] bytes(int word) {
    int from = offset(word);
    return Arrays.copyOfRange(array, from, from + length(word));
  }

  /** Whether a word equals the given ASCII text, letters compared without regard to case. */
  public boolean is(int word, String ascii) {
    int length = length(word);
    if (length != ascii.length()) {
      return false;
    }
    int from = offset(word);
    for (int i = 0; i < length; i++) {
      if (lower(array[from + i]) != lower(ascii.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static int lower(int letter) {
    return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
  }

  /**
   * A word as an integer, in the one form that Redis accepts: {@code 01}, {@code +1}, {@code -0},
   * {@code " 1"} and the empty word are none.
   *
   * @throws NumberFormatException if the word is no canonical 64-bit integer
   */
  public long longAt(int word) {
    int from = offset(word);
    return Decimal.parse(array, from, from + length(word));
  }

  /**
   * Whether this is a line of an HTTP request. A port on localhost can be reached by any web page
   * that the user's browser shows, and a page can put commands into the body of a POST: the server
   * closes such a connection at once and without a reply, before the body. {@code GET / HTTP/1.1}
   * looks like a command, but the {@code Host:} that must follow does not.
   */
  public boolean isHttp() {
    return count > 0 && (is(0, "post") || is(0, "host:"));
  }

  /**
   * A request with the same words that is valid for as long as it is referenced. Copies the words
   * only if they lie in the caller's read buffer.
   */
  public Request keep() {
    Request kept = new Request();
    kept.inline = inline;
    kept.count = count;
    kept.spans = Arrays.copyOf(spans, 2 * count);
    if (borrowed && count > 0) {
      int end = spans[2 * count - 2] + spans[2 * count - 1];
      kept.array = Arrays.copyOfRange(array, base, base + end);
    } else {
      kept.array = array;
      kept.base = base;
    }
    return kept;
  }

  /** The words in quotes, shortened: for logs and for people. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(inline ? "inline" : "array");
    for (int word = 0; word < Math.min(count, 8); word++) {
      int from = offset(word);
      text.append(' ').append(quoted(array, from, from + length(word)));
    }
    return count > 8 ? text + " ... (" + count + " words)" : text.toString();
  }

  /** Bytes in quotes for an error message: at most 64, what is not printable ASCII as a dot. */
  static String quoted(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, Math.min(to - from, 64), StandardCharsets.ISO_8859_1);
    String end = to - from > 64 ? "..." : "";
    return "'" + text.replaceAll("[^ -~]", ".") + end + "'";
  }

  // What the reader does with a request while it fills it.

  /** Forgets all words, and the bytes they were in. */
  void clear() {
    start(NO_BYTES, 0);
  }

  /** Begins a request whose first byte is {@code array[base]}, in a buffer that is not ours. */
  void start(byte[] array, int base) {
    this.array = array;
    this.base = base;
    count = 0;
    inline = false;
    borrowed = true;
    if (spans.length > MOST_SPANS_REUSED) {
      spans = new int[FIRST_SPANS];
    }
  }

  /**
   * The same words in {@code storage}, which starts with the same bytes and is the result's own.
   */
  Request continuedIn(byte[] storage) {
    Request continued = new Request();
    continued.spans = Arrays.copyOf(spans, Math.max(2 * count, FIRST_SPANS));
    continued.count = count;
    continued.moveTo(storage);
    return continued;
  }

  /**
   * The same bytes are from now on at the start of {@code storage}, which is this request's own.
   */
  void moveTo(byte[] storage) {
    array = storage;
    base = 0;
    borrowed = false;
  }

  /** Adds a word; its offset counts from the request's first byte. */
  void add(int offset, int length) {
    int next = 2 * count;
    if (next == spans.length) {
      spans = Arrays.copyOf(spans, Math.max(2 * next, FIRST_SPANS));
    }
    spans[next] = offset;
    spans[next + 1] = length;
    count++;
  }

  void markInline() {
    inline = true;
  }

  /** Where the request's first byte is. */
  int base() {
    return base;
  }

  /** Bytes of heap that this request holds beyond a read buffer. */
  long heldBytes() {
    return (borrowed ? 0L : array.length) + 4L * spans.length;
  }

  /** Takes over the content of another request, which is not used any more after that. */
  void take(Request other) {
    array = other.array;
    base = other.base;
    spans = other.spans;
    count = other.count;
    inline = other.inline;
    borrowed = other.borrowed;
  }
}
