package dev.larder.jcache;

import java.util.ArrayList;
import java.util.List;

/**
 * The settings of a text in the syntax of {@link java.util.Properties}, each with the number of its
 * line, which {@code Properties} forgets, and also those that are given twice, of which it keeps
 * one.
 *
 * <pre>
 *   # a comment, as with !; blank lines are skipped
 *   key=value            : or blanks will do instead of =, with blanks around
 *   key=a long \
 *       value            the line goes on; blanks at its beginning are no part of it
 *   a\ b\:c=one\ntwo    escapes, in keys and in values; a backslash before any other letter is left out
 * </pre>
 *
 * Blanks at the end of a value are part of it.
 */
final class PropertyLines {
  /**
   * One setting.
   *
   * @param number of the line in which it begins, from 1
   */
  record Line(int number, String key, String value) {}

  private static final String NAMED_ESCAPES = "tnrf";
  private static final String NAMED_CHARACTERS = "\t\n\r\f";

  private PropertyLines() {}

  /**
   * The settings, in their order.
   *
   * @throws IllegalArgumentException for a bad escape; the message tells the line
   */
  static List<Line> read(String text) {
    List<Line> found = new ArrayList<>();
    String[] lines = text.split("\r\n|[\r\n]", -1);
    int i = 0;
    while (i < lines.length) {
      int number = i + 1;
      String line = withoutLeadingBlanks(lines[i++]);
      boolean nothing = line.isEmpty() || line.equals("\\");
      if (nothing || line.charAt(0) == '#' || line.charAt(0) == '!') {
        continue;
      }
      StringBuilder whole = new StringBuilder(line);
      boolean cut = false; // the text may end where a line should go on
      while (goesOn(line) && !cut) {
        whole.setLength(whole.length() - 1);
        cut = i == lines.length;
        line = cut ? "" : withoutLeadingBlanks(lines[i++]);
        whole.append(line);
      }
      found.add(line(number, whole.toString()));
    }
    return found;
  }

  private static Line line(int number, String text) {
    int keyEnd = 0;
    while (keyEnd < text.length() && !isSeparator(text.charAt(keyEnd))) {
      keyEnd += text.charAt(keyEnd) == '\\' ? 2 : 1;
    }
    keyEnd = Math.min(keyEnd, text.length());
    int value = afterBlanks(text, keyEnd);
    if (value < text.length() && (text.charAt(value) == '=' || text.charAt(value) == ':')) {
      value = afterBlanks(text, value + 1);
    }
    return new Line(
        number,
        unescaped(text.substring(0, keyEnd), number),
        unescaped(text.substring(value), number));
  }

  private static String unescaped(String text, int number) {
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        c = text.charAt(++i);
        if (c == 'u') {
          c = unicode(text, i + 1, number);
          i += 4;
        } else if (NAMED_ESCAPES.indexOf(c) >= 0) {
          c = NAMED_CHARACTERS.charAt(NAMED_ESCAPES.indexOf(c));
        }
      }
      plain.append(c);
    }
    return plain.toString();
  }

  private static char unicode(String text, int from, int number) {
    String digits = text.substring(from, Math.min(from + 4, text.length()));
    if (!digits.matches("[0-9a-fA-F]{4}")) {
      throw new IllegalArgumentException(
          "line "
              + number
              + ": expected four hexadecimal digits after \\u, found '"
              + digits
              + "'");
    }
    return (char) Integer.parseInt(digits, 16);
  }

  /** Whether it ends in a backslash that is not itself escaped. */
  private static boolean goesOn(String line) {
    int backslashes = 0;
    while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
      backslashes++;
    }
    return backslashes % 2 == 1;
  }

  private static String withoutLeadingBlanks(String line) {
    return line.substring(afterBlanks(line, 0));
  }

  private static int afterBlanks(String text, int from) {
    int at = from;
    while (at < text.length() && isBlank(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isSeparator(char c) {
    return c == '=' || c == ':' || isBlank(c);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\f';
  }
}
