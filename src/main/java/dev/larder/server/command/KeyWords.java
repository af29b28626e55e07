package dev.larder.server.command;

import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Where the keys are in a request, as {@code COMMAND INFO} says it: every so many words from the
 * first to the last one.
 *
 * @param first the word of the first key; 0: there is none
 * @param last the word of the last key; negative: counted from the end, -1 being the last word
 * @param step from one key to the next
 */
record KeyWords(int first, int last, int step) {
  private static final Set<String> NAMES =
      Set.of("key", "key1", "key2", "newkey", "source", "destination");
  private static final KeyWords NONE = new KeyWords(0, 0, 0);

  /**
   * Reads a command's syntax: {@code "key [key ...]"}, {@code "key value [key value ...]"}, {@code
   * "key newkey"}.
   *
   * @param words how many words the name has
   */
  static KeyWords of(String syntax, int words) {
    String[] all = syntax.split(" ", -1);
    int first = 0;
    int last = 0;
    for (int i = 0; i < all.length && !all[i].startsWith("["); i++) {
      if (isKey(all[i])) {
        first = first == 0 ? words + i : first;
        last = words + i;
      }
    }
    if (first == 0) {
      return NONE;
    }
    if (syntax.endsWith("[key ...]")) {
      return new KeyWords(first, -1, 1);
    }
    return syntax.endsWith("[key value ...]")
        ? new KeyWords(first, -1, 2)
        : new KeyWords(first, last, 1);
  }

  /** Whether a word of a syntax stands for a key. */
  static boolean isKey(String word) {
    return NAMES.contains(word);
  }

  /** Calls for each word that is a key, in a request of so many words. */
  void each(int count, IntConsumer action) {
    int end = last < 0 ? count + last : last;
    for (int word = first; first > 0 && word <= Math.min(end, count - 1); word += step) {
      action.accept(word);
    }
  }
}
