package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InlineWordsTest {
  // spotless:off
  @ParameterizedTest
  @CsvSource(delimiter = '!', quoteCharacter = '`', value = {
      "  a   b                 ! a|b",
      "a b c d e f g h i j k   ! a|b|c|d|e|f|g|h|i|j|k",
      "set name \"Ada L.\"     ! set|name|Ada L.",
      "set '' \"\"             ! set||",
      "b\"c d\"                ! bc d",
      "b'c d' e                ! bc d|e",
      "\"a\"\tb                ! a|b",
      "\"\\x41\\x6d\\xfF\"     ! Am\u00ff",
      "\"\\x4\" \"\\xg1\" \"\\x\" ! x4|xg1|x",
      "\"\\q\\\\\\\"'\"        ! q\\\"'",
      "'it\\'s' 'a\\n' '\\\"'  ! it's|a\\n|\\\"",
      "a\\n \\x41              ! a\\n|\\x41",
      "a\u000bb \u000b c\fd    ! a\u000bb|c\fd",
      "\u00a0a\u0085           ! \u00a0a\u0085",
      "\"b\"c                  ! unbalanced",
      "\"b\"\"c\"              ! unbalanced",
      "'b'\"c\"                ! unbalanced",
      "\"b                     ! unbalanced",
      "a 'b                    ! unbalanced",
      "\"b\\                   ! unbalanced",
      "'b\\'                   ! unbalanced",
      "\"                      ! unbalanced",
      "'                       ! unbalanced",
      "a\"                     ! unbalanced",
  })
  // spotless:on
  void splitsAsRedisDoes(String line, String words) {
    assertThat(split(line)).isEqualTo(words);
  }

  @Test
  void namesTheControlCharacters() {
    assertThat(split("\"\\n\\r\\t\\b\\a\"")).isEqualTo("\n\r\t\b\u0007");
  }

  @Test
  void splitsRandomLinesAsATranscriptOfSdssplitargsDoes() {
    long seed = System.nanoTime();
    System.out.println("InlineWordsTest seed " + seed);
    Random random = new Random(seed);
    String alphabet = "ab \"'\\x41n\r\t\u000b\u00ff";
    for (int i = 0; i < 300_000; i++) {
      StringBuilder line = new StringBuilder("a");
      for (int length = random.nextInt(14); length > 0; length--) {
        line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      assertThat(split(line.toString()))
          .as("seed %d: %s", seed, line)
          .isEqualTo(sdssplitargs(line.toString()));
    }
  }

  private static String split(String line) {
    byte[] bytes = Conversation.bytes("##" + line + "##");
    Request request = new Request();
    request.start(bytes, 2);
    if (!InlineWords.split(request, line.length())) {
      return "unbalanced";
    }
    return Conversation.text(request).substring("array: ".length());
  }

  /** The C function, statement by statement; the end of the text is its NUL. */
  private static String sdssplitargs(String line) {
    String p = line + "\0\0\0\0";
    int i = 0;
    List<String> words = new ArrayList<>();
    while (true) {
      while (p.charAt(i) != 0 && isspace(p.charAt(i))) {
        i++;
      }
      if (p.charAt(i) == 0) {
        return String.join("|", words);
      }
      boolean inq = false;
      boolean insq = false;
      boolean done = false;
      StringBuilder current = new StringBuilder();
      while (!done) {
        char c = p.charAt(i);
        char next = p.charAt(i + 1);
        if (inq) {
          if (c == '\\' && next == 'x' && hex(p.charAt(i + 2)) && hex(p.charAt(i + 3))) {
            current.append((char) Integer.parseInt(p.substring(i + 2, i + 4), 16));
            i += 3;
          } else if (c == '\\' && next != 0) {
            i++;
            int named = "nrtba".indexOf(next);
            current.append(named < 0 ? next : "\n\r\t\b\u0007".charAt(named));
          } else if (c == '"') {
            if (next != 0 && !isspace(next)) {
              return "unbalanced";
            }
            done = true;
          } else if (c == 0) {
            return "unbalanced";
          } else {
            current.append(c);
          }
        } else if (insq) {
          if (c == '\\' && next == '\'') {
            i++;
            current.append('\'');
          } else if (c == '\'') {
            if (next != 0 && !isspace(next)) {
              return "unbalanced";
            }
            done = true;
          } else if (c == 0) {
            return "unbalanced";
          } else {
            current.append(c);
          }
        } else {
          switch (c) {
            case ' ', '\n', '\r', '\t', '\0' -> done = true;
            case '"' -> inq = true;
            case '\'' -> insq = true;
            default -> current.append(c);
          }
        }
        if (p.charAt(i) != 0) {
          i++;
        }
      }
      words.add(current.toString());
    }
  }

  private static boolean isspace(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  private static boolean hex(char c) {
    return "0123456789abcdefABCDEF".indexOf(c) >= 0;
  }
}
