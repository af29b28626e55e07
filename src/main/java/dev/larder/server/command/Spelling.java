package dev.larder.server.command;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;

/** What somebody may have meant who wrote a name that there is not. */
public final class Spelling {
  private Spelling() {}

  /** The known name that is most like a word; of several, the first. */
  public static String nearest(String word, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(other -> distance(other, word)))
        .orElseThrow();
  }

  /** How many letters must be put in, left out or changed to make one word of the other. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    Arrays.setAll(previous, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }
}
