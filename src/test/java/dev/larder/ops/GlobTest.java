package dev.larder.ops;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {

  private static final int RANDOM_CASES = 100_000;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          # plain bytes
          abc         | abc         | true
          abc         | ab          | false
          abc         | abcd        | false
          abc         | abC         | false
          ""          | ""          | true
          ""          | a           | false
          a           | ""          | false
          a]          | a]          | true
          ]-^!        | ]-^!        | true

          # one byte
          h?llo       | hello       | true
          h?llo       | hllo        | false
          ?           | ""          | false
          ??          | a           | false
          ??          | ab          | true

          # stars
          *           | a           | true
          **          | a           | true
          *           | ""          | false
          **          | ""          | false
          *?          | a           | true
          ?*          | a           | true
          a*          | a           | true
          a***        | a           | true
          *a          | a           | true
          ***a        | bba         | true
          a*c         | ac          | true
          a*c         | abbc        | true
          a*c         | abcb        | false
          a*bc        | abbc        | true
          a*b*c       | aXbXbXc     | true
          a*b*c       | acb         | false
          *ab*ab      | ab          | false
          *ab*ab      | abab        | true
          *:1         | user:11     | false
          user:*:name | user:7:name | true
          *a?         | aaa         | true
          *[ab]c      | xabac       | true
          *a*b        | bab         | true
          *aab        | aaaab       | true

          # classes
          h[ae]llo    | hello       | true
          h[ae]llo    | hillo       | false
          h[ae]llo    | hllo        | false
          h[^e]llo    | hallo       | true
          h[^e]llo    | hello       | false
          [^ab]       | b           | false
          [a^]        | ^           | true
          [!a]        | !           | true
          [a-c]       | a           | true
          [a-c]       | b           | true
          [a-c]       | c           | true
          [a-c]       | d           | false
          [a-c]       | -           | false
          [c-a]       | b           | true
          [a-cx-z]    | y           | true
          [a-cx-z]    | -           | false
          [^a-c]      | b           | false
          [^a-c]      | d           | true
          [*?]        | *           | true
          [*?]        | x           | false
          [[]         | [           | true
          x[a]        | x           | false

          # a dash
          [-a]        | -           | true
          [-a]        | a           | true
          [a-         | a           | true
          [a-         | -           | true
          [a-         | b           | false
          [a-]        | ]           | true
          [a-]        | ^           | true
          [a-]        | -           | false
          [a-]        | b           | false
          [a-]x       | ax          | false
          [+--]       | ,           | true
          [a-c-e]     | d           | false
          [a-c-e]     | -           | true
          [a-\\]      | ]           | true
          [a-\\]      | b           | false

          # not closed, or empty
          [           | [           | false
          [           | a           | false
          [^          | a           | true
          [^          | ab          | false
          []          | ]           | false
          []a]        | a           | false
          [^]         | a           | true
          [^]         | ]           | true
          [^]         | ""          | false
          [^]a]       | xa]         | true
          [a          | a           | true
          [ab         | b           | true
          [ab         | c           | false
          [^a         | a           | false
          [^a         | b           | true
          x[a-c       | xb          | true
          *[          | a           | false
          *[^         | ab          | true

          # escapes
          \\*         | *           | true
          \\*         | a           | false
          \\?         | a           | false
          \\[a]       | [a]         | true
          \\a         | a           | true
          \\a         | \\a         | false
          \\\\        | \\          | true
          \\          | \\          | true
          a\\         | a\\         | true
          a\\         | a           | false
          [\\]]       | ]           | true
          [\\]        | ]           | true
          [\\]        | \\          | false
          [a\\        | \\          | true
          [\\^a]      | ^           | true
          [\\^a]      | b           | false
          [^\\a]      | a           | false
          [\\a-c]     | b           | false
          [\\a-c]     | -           | true
          *\\*        | ab*         | true
          *\\*        | ab          | false
          """)
  void matchesWhatRedisMatches(String pattern, String text, boolean matches) {
    assertThat(Glob.of(latin1(pattern)).matches(latin1(text))).isEqualTo(matches);
    if (pattern.equals(pattern.toUpperCase(Locale.ROOT))) {
      assertThat(Glob.ofAnyCase(latin1(pattern)).matches(latin1(text))).isEqualTo(matches);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          MaxMemory   | maxmemory   | true
          max*        | MAXMEMORY   | true
          *Y          | maxmemory   | true
          \\A         | a           | true
          [AB]        | b           | true
          [ab]        | B           | true
          [a-c]       | B           | true
          [A-z]       | m           | true
          [A-z]       | [           | false
          [Z-a]       | z           | false
          [Z-a]       | a           | false
          [\\A]       | a           | false
          [\\A]       | A           | true
          @           | `           | false
          [           | {           | false
          \u00C4      | \u00E4      | false
          """)
  void anyCaseIsThatOfAsciiLetters(String pattern, String text, boolean matches) {
    assertThat(Glob.ofAnyCase(latin1(pattern)).matches(latin1(text))).isEqualTo(matches);
  }

  @Test
  void onlyASingleStarMatchesAll() {
    assertThat(Glob.of(latin1("*")).matchesAll()).isTrue();
    assertThat(Glob.ofAnyCase(latin1("*")).matchesAll()).isTrue();
    for (String pattern : new String[] {"", "**", "a", "*a", "\\*", "[*]", "?"}) {
      assertThat(Glob.of(latin1(pattern)).matchesAll()).as(pattern).isFalse();
    }
  }

  @Test
  void everyByteIsAByte() {
    for (int i = 0; i < 256; i++) {
      byte[] text = {(byte) i};
      assertThat(Glob.of(latin1("?")).matches(text)).isTrue();
      assertThat(Glob.of(latin1("[^]")).matches(text)).isTrue();
      assertThat(Glob.of(new byte[] {'\\', (byte) i}).matches(text)).isTrue();
      assertThat(Glob.of(new byte[] {'[', '\\', (byte) i}).matches(text)).isTrue();
      assertThat(Glob.of(new byte[] {'\\', (byte) i}).matches(new byte[] {(byte) ~i})).isFalse();
    }
    assertThat(Glob.of(latin1("\u00E9")).matches(latin1("\u00E9"))).isTrue();
    assertThat(Glob.of(latin1("\0*\0")).matches(latin1("\0\0"))).isTrue();
    assertThat(Glob.of(latin1("*\n")).matches(latin1("a\r\n\n"))).isTrue();
  }

  @Test
  void rangesAreOfSignedBytes() {
    assertThat(Glob.of(latin1("[\u0080-\u00FF]")).matches(latin1("\u00E9"))).isTrue();
    assertThat(Glob.of(latin1("[\u0080-\u00FF]")).matches(latin1("a"))).isFalse();
    assertThat(Glob.of(latin1("[\u00FF-a]")).matches(latin1("\0"))).isTrue();
    assertThat(Glob.of(latin1("[a-\u00FF]")).matches(latin1("A"))).isTrue();
    assertThat(Glob.of(latin1("[a-\u00FF]")).matches(latin1("b"))).isFalse();
    assertThat(Glob.of(latin1("[a-\u00FF]")).matches(latin1("\u00FE"))).isFalse();
  }

  @Test
  void nestedStarsTakeNoMoreThanTheProductOfTheLengths() {
    byte[] text = latin1("a".repeat(10_000));
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          assertThat(Glob.of(latin1("a*a*a*a*a*a*a*a*a*b")).matches(text)).isFalse();
          assertThat(Glob.of(latin1("a*".repeat(5_000) + "b")).matches(text)).isFalse();
          assertThat(Glob.of(latin1("*" + "a".repeat(5_000) + "b")).matches(text)).isFalse();
          assertThat(Glob.of(latin1("*" + "[ab]".repeat(1_000) + "*b*")).matches(text)).isFalse();
          assertThat(Glob.of(latin1("a*".repeat(10_000))).matches(text)).isTrue();
        });
  }

  @Test
  void theCallersArrayIsNotThePattern() {
    byte[] pattern = latin1("a*");
    Glob glob = Glob.of(pattern);
    pattern[0] = 'b';

    assertThat(glob.matches(latin1("ab"))).isTrue();
    assertThat(glob).hasToString("a*");
  }

  @Test
  void randomPatternsMatchWhatTheReferenceMatches() {
    long seed = System.nanoTime();
    System.out.println("GlobTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < RANDOM_CASES; i++) {
      String pattern = random(random, "***??[[]]^^\\\\--aabbcAB\u00E9", 10);
      String text = random(random, "aaabbbccAB]-\\^*\u00E9", 7);

      assertThat(Glob.of(latin1(pattern)).matches(latin1(text)))
          .as("seed %d: %s %s", seed, pattern, text)
          .isEqualTo(text.isEmpty() ? pattern.isEmpty() : reference(pattern, text));
    }
  }

  /** Tries every length of every star, and cuts off what it is done with. */
  private static boolean reference(String pattern, String text) {
    if (pattern.isEmpty()) {
      return text.isEmpty();
    }
    char first = pattern.charAt(0);
    if (first == '*') {
      return reference(pattern.substring(1), text)
          || (!text.isEmpty() && reference(pattern, text.substring(1)));
    }
    if (text.isEmpty()) {
      return false;
    }
    char c = text.charAt(0);
    String rest = text.substring(1);
    if (first == '[') {
      return referenceClass(pattern.substring(1), c, rest);
    }
    if (first == '\\' && pattern.length() > 1) {
      return pattern.charAt(1) == c && reference(pattern.substring(2), rest);
    }
    return (first == '?' || first == c) && reference(pattern.substring(1), rest);
  }

  private static boolean referenceClass(String pattern, char c, String rest) {
    boolean negated = pattern.startsWith("^");
    String left = negated ? pattern.substring(1) : pattern;
    StringBuilder members = new StringBuilder();
    while (!left.isEmpty() && left.charAt(0) != ']') {
      int length = 1;
      if (left.charAt(0) == '\\' && left.length() > 1) {
        members.append(left.charAt(1));
        length = 2;
      } else if (left.length() > 2 && left.charAt(1) == '-') {
        byte[] ends = latin1(left.substring(0, 3));
        for (int b = Math.min(ends[0], ends[2]); b <= Math.max(ends[0], ends[2]); b++) {
          members.append((char) (b & 0xFF));
        }
        length = 3;
      } else {
        members.append(left.charAt(0));
      }
      left = left.substring(length);
    }
    boolean member = members.indexOf(String.valueOf(c)) >= 0;
    return member != negated && reference(left.isEmpty() ? left : left.substring(1), rest);
  }

  private static String random(Random random, String alphabet, int maxLength) {
    StringBuilder text = new StringBuilder();
    for (int length = random.nextInt(maxLength + 1); length > 0; length--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
