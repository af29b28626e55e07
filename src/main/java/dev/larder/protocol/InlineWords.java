package dev.larder.protocol;

/**
 * Splits a line into words, as {@code sdssplitargs} of Redis does.
 *
 * <pre>
 *   set name "Ada L."       set | name | Ada L.
 *   set k b"c d"            set | k | bc d           a quote may open inside a word
 *   set k "\x41\n\""        set | k | A newline "    \xHH \n \r \t \b \a, and \c is c
 *   set k 'it\'s'           set | k | it's           the only escape between single quotes
 *   set k "b"c              unbalanced               a closing quote ends the word
 * </pre>
 *
 * <p>Words are parted by blanks as C's {@code isspace} knows them, but inside a bare word only
 * space, tab, CR and LF end it: {@code a\vb} is one word, though {@code a \v b} is two.
 *
 * <p>A NUL byte is not the end of a line here. Redis never finds the newline behind one and leaves
 * the client waiting; we take a NUL outside quotes for a blank (what telnet sends for a bare return
 * is CR NUL) and inside quotes for a byte like any other.
 */
final class InlineWords {
  private InlineWords() {}

  /**
   * Adds the words of the request's bytes {@code [0, end)} to the request. Escapes are resolved in
   * place, so the bytes of the line are spent after this; a word never grows by that.
   *
   * @return false if a quote is not closed, or closed in the middle of a word
   */
  static boolean split(Request request, int end) {
    byte[] line = request.array();
    int base = request.base();
    int i = base;
    int to = base + end;
    while (true) {
      while (i < to && isBlank(line[i])) {
        i++;
      }
      if (i == to) {
        return true;
      }
      int start = i;
      while (i < to && !endsBareWord(line[i]) && line[i] != '"' && line[i] != '\'') {
        i++;
      }
      int write = i;
      if (i < to && line[i] == '"') {
        // From here on the word is written behind where it is read.
        i++;
        while (i < to && line[i] != '"') {
          if (line[i] != '\\' || i + 1 == to) {
            line[write++] = line[i++];
          } else if (line[i + 1] == 'x' && i + 3 < to && isHex(line[i + 2]) && isHex(line[i + 3])) {
            line[write++] = (byte) ((hex(line[i + 2]) << 4) | hex(line[i + 3]));
            i += 4;
          } else {
            line[write++] = unescaped(line[i + 1]);
            i += 2;
          }
        }
      } else if (i < to && line[i] == '\'') {
        i++;
        while (i < to && line[i] != '\'') {
          if (line[i] == '\\' && i + 1 < to && line[i + 1] == '\'') {
            i++;
          }
          line[write++] = line[i++];
        }
      } else {
        request.add(start - base, i - start);
        continue;
      }
      if (i == to || (i + 1 < to && !isBlank(line[i + 1]))) {
        return false;
      }
      request.add(start - base, write - start);
      i++;
    }
  }

  /** {@code isspace} of the C locale, and NUL. */
  private static boolean isBlank(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r') || b == 0;
  }

  private static boolean endsBareWord(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == 0;
  }

  private static byte unescaped(byte letter) {
    return switch (letter) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 0x07;
      default -> letter;
    };
  }

  private static boolean isHex(byte b) {
    return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'f') || (b >= 'A' && b <= 'F');
  }

  private static int hex(byte b) {
    return Character.digit(b, 16);
  }
}
