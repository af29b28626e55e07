package dev.larder.server.command;

import java.nio.charset.StandardCharsets;

/**
 * Words of bytes as texts of one char a byte, so that a rule whose pattern or password is no text
 * at all is still cut, compared and shown as it came.
 */
final class ByteWords {
  private ByteWords() {}

  static String word(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** The word that a text of ours is on the wire. */
  static String word(String text) {
    return word(text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] bytes(String word) {
    return word.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A word that is the name of something of ours. */
  static String name(String word) {
    return new String(bytes(word), StandardCharsets.UTF_8);
  }

  /** A word as an error shows it: as {@link Args#quoted} does, but up to its end. */
  static String shown(String word) {
    StringBuilder text = new StringBuilder(word);
    for (int i = 0; i < word.length(); i++) {
      char c = word.charAt(i);
      text.setCharAt(i, c < 0x80 ? c : (char) (0xDC00 | c));
    }
    return text.toString();
  }

  /** Whether there is a character that separates words, or a NUL. */
  static boolean hasSpaces(String word) {
    return word.chars().anyMatch(c -> c == ' ' || c >= '\t' && c <= '\r' || c == 0);
  }
}
