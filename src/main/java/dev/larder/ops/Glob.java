package dev.larder.ops;

import dev.larder.codec.ByteText;

/**
 * A pattern of {@code KEYS}, {@code SCAN MATCH}, {@code PSUBSCRIBE} and {@code CONFIG GET}. Every
 * sequence of bytes is one, and what it matches is what it matches in Redis 7.2 ({@code
 * stringmatchlen}).
 *
 * <pre>
 *   *       any bytes, or none
 *   ?       any one byte
 *   [abc]   one of these
 *   [a-c]   one from a to c; [c-a] is the same
 *   [^a]    any one byte but these
 *   \x      x itself, in brackets too
 *   x       x itself, and so is a \ that nothing follows
 * </pre>
 *
 * <p>What else there is to know:
 *
 * <ul>
 *   <li>An empty text is matched by the empty pattern alone. That {@code KEYS *} shows the empty
 *       key is the doing of its caller, who need not look at any key: {@link #matchesAll}.
 *   <li>A class that is not closed ends with the pattern. Nothing is one of <code>[]</code> or
 *       <code>[</code>, and any byte is one of <code>[^]</code> or <code>[^</code>.
 *   <li>A range takes whatever is at its end: <code>[a-]</code> is a class that is not closed, of
 *       the bytes from <code>]</code> to {@code a}.
 *   <li>The ends of a range are signed bytes, as they are for Redis on x86: 0xFF comes before 0.
 * </ul>
 */
public final class Glob {

  /** Matches everything. */
  public static final Glob ALL = of(new byte[] {'*'});

  private static final int NONE = -1;

  private final byte[] pattern;
  private final boolean anyCase;

  private Glob(byte[] pattern, boolean anyCase) {
    this.pattern = pattern.clone();
    this.anyCase = anyCase;
  }

  /** A pattern that tells upper from lower case. */
  public static Glob of(byte[] pattern) {
    return new Glob(pattern, false);
  }

  /**
   * A pattern that does not tell upper from lower case ASCII letters; but for those that are
   * escaped in brackets, as in Redis. A range is put in order first, so that {@code [Z-a]} is
   * empty.
   */
  public static Glob ofAnyCase(byte[] pattern) {
    return new Glob(pattern, true);
  }

  /** Whether the pattern is exactly {@code *}, which commands take for no pattern at all. */
  public boolean matchesAll() {
    return pattern.length == 1 && pattern[0] == '*';
  }

  /**
   * Whether the whole text matches. Takes at most time proportional to the product of both lengths.
   */
  public boolean matches(byte[] text) {
    if (text.length == 0) {
      return pattern.length == 0;
    }
    int p = 0;
    // Only the last star that was met can need more bytes: those before it have found the earliest
    // match of what is between them and the next one, and a later one leaves less for the rest.
    int afterStar = NONE;
    int retry = 0;
    for (int t = 0; t < text.length; ) {
      if (p < pattern.length && pattern[p] == '*') {
        p = afterStars(p);
        if (p == pattern.length) {
          return true;
        }
        afterStar = p;
        retry = t;
      }
      int next = afterMatch(p, text[t]);
      if (next != NONE) {
        p = next;
        t++;
      } else if (afterStar != NONE) {
        p = afterStar;
        t = ++retry;
      } else {
        return false;
      }
    }
    return afterStars(p) == pattern.length;
  }

  private int afterStars(int from) {
    int p = from;
    while (p < pattern.length && pattern[p] == '*') {
      p++;
    }
    return p;
  }

  /** Where the pattern goes on if what it has here, which is no star, matches a byte; or NONE. */
  private int afterMatch(int from, byte b) {
    if (from == pattern.length) {
      return NONE;
    }
    return switch (pattern[from]) {
      case '?' -> from + 1;
      case '[' -> afterClass(from + 1, b);
      case '\\' -> afterByte(Math.min(from + 1, pattern.length - 1), b);
      default -> afterByte(from, b);
    };
  }

  private int afterByte(int from, byte b) {
    return fold(pattern[from]) == fold(b) ? from + 1 : NONE;
  }

  private int afterClass(int from, byte b) {
    int p = from;
    boolean negated = p < pattern.length && pattern[p] == '^';
    if (negated) {
      p++;
    }
    boolean found = false;
    while (p < pattern.length && pattern[p] != ']') {
      int left = pattern.length - p;
      if (pattern[p] == '\\' && left >= 2) {
        found |= pattern[p + 1] == b;
        p += 2;
      } else if (left >= 3 && pattern[p + 1] == '-') {
        found |= isInRange(pattern[p], pattern[p + 2], b);
        p += 3;
      } else {
        found |= fold(pattern[p]) == fold(b);
        p++;
      }
    }
    return found != negated ? Math.min(p + 1, pattern.length) : NONE;
  }

  private boolean isInRange(byte from, byte to, byte b) {
    byte low = fold(from <= to ? from : to);
    byte high = fold(from <= to ? to : from);
    byte folded = fold(b);
    return low <= folded && folded <= high;
  }

  private byte fold(byte b) {
    return anyCase && b >= 'A' && b <= 'Z' ? (byte) (b + 'a' - 'A') : b;
  }

  /** The pattern as text. */
  @Override
  public String toString() {
    return ByteText.decode(pattern);
  }
}
