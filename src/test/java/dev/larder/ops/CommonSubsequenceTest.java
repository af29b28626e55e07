package dev.larder.ops;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.OperationException;
import dev.larder.ops.CommonSubsequence.Match;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What two texts have in common. */
final class CommonSubsequenceTest {
  private static CommonSubsequence of(String one, String other) {
    return CommonSubsequence.of(one.getBytes(US_ASCII), other.getBytes(US_ASCII));
  }

  /** The length, straight from its definition. */
  private static int length(String one, String other) {
    int[][] lengths = new int[one.length() + 1][other.length() + 1];
    for (int i = 1; i <= one.length(); i++) {
      for (int j = 1; j <= other.length(); j++) {
        lengths[i][j] =
            one.charAt(i - 1) == other.charAt(j - 1)
                ? lengths[i - 1][j - 1] + 1
                : Math.max(lengths[i - 1][j], lengths[i][j - 1]);
      }
    }
    return lengths[one.length()][other.length()];
  }

  private static String random(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(150); i > 0; i--) {
      text.append((char) ('a' + random.nextInt(4)));
    }
    return text.toString();
  }

  @Test
  void matchesOfAnyTwoTextsMakeUpALongestCommonSubsequence() {
    Random random = new Random(7);
    for (int round = 0; round < 300; round++) {
      String one = random(random);
      String other = random(random);
      CommonSubsequence common = of(one, other);
      StringBuilder text = new StringBuilder();
      int end = one.length();
      int otherEnd = other.length();
      for (Match match : common.matches()) {
        assertThat(match.to()).isLessThan(end);
        assertThat(match.otherTo()).isLessThan(otherEnd);
        String part = one.substring(match.from(), match.to() + 1);
        assertThat(other.substring(match.otherFrom(), match.otherTo() + 1)).isEqualTo(part);
        text.insert(0, part);
        end = match.from();
        otherEnd = match.otherFrom();
      }
      assertThat(new String(common.text(), US_ASCII)).isEqualTo(text.toString());
      assertThat(common.length()).as(one + " " + other).isEqualTo(length(one, other));
    }
  }

  @Test
  void emptyTextHasNothingInCommonWithAny() {
    assertThat(of("", "abc").matches()).isEmpty();
    assertThat(of("abc", "").length()).isZero();
    assertThat(of("", "").text()).isEmpty();
  }

  @Test
  void textsWhoseTableWouldFillTheHeapAreRefused() {
    byte[] large = new byte[1 << 21]; // half a terabyte for both
    assertThatThrownBy(() -> CommonSubsequence.of(large, large))
        .isInstanceOf(OperationException.class)
        .hasMessage("Insufficient memory, failed allocating transient memory for LCS");
    assertThat(of("a", "a").length()).as("the refused one takes nothing").isEqualTo(1);
  }
}
