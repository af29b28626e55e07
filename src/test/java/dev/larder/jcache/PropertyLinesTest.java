package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.jcache.PropertyLines.Line;
import java.io.StringReader;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The reader of properties that knows lines: what it finds, and that the JDK finds the same. */
class PropertyLinesTest {
  /** What makes a difference, often; the more of it in a text, the more of its combinations. */
  private static final String[] PIECES = {
    "\\", "\\", "\\", "\n", "\n", "\r\n", "\r", " ", "\t", "\f", "=", ":", "#", "!", "a", "b", "ü",
    "\\u0041", "\\n", "\\t", "\\r", "\\f", "\\\\", "\\:", "n", "t", "\u00a0"
  };

  @Test
  void settingsAreThoseThatTheJdkFinds() throws Exception {
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(14); n > 0; n--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
      }
      Map<Object, Object> expected = jdk(text.toString());
      Map<String, String> found = settings(text.toString());
      expected.remove(""); // it finds one in a lone backslash before the end of the text, or not
      found.remove("");
      assertThat(found).as("%s", shown(text)).isEqualTo(expected);
    }
  }

  private static String shown(CharSequence text) {
    return text.toString().replace("\n", "<LF>").replace("\r", "<CR>").replace("\f", "<FF>");
  }

  /** With later ones in the place of earlier ones, as the JDK does it. */
  private static Map<String, String> settings(String text) {
    Map<String, String> settings = new HashMap<>();
    PropertyLines.read(text).forEach(line -> settings.put(line.key(), line.value()));
    return settings;
  }

  private static Map<Object, Object> jdk(String text) throws Exception {
    Properties properties = new Properties();
    properties.load(new StringReader(text));
    return new HashMap<>(properties);
  }

  @Test
  void eachIsFoundWithTheLineInWhichItBegins() {
    String text =
        "# comment\r\n"
            + "\r\n"
            + "a=1\r\n"
            + "  b : two \\\r\n"
            + "      lines\r\n"
            + "! comment \\\r\n"
            + "c\r\n"
            + "a=2";

    assertThat(PropertyLines.read(text))
        .containsExactly(
            new Line(3, "a", "1"),
            new Line(4, "b", "two lines"),
            new Line(7, "c", ""),
            new Line(8, "a", "2"));
  }

  @Test
  void textWithoutSettingsHasNone() {
    assertThat(PropertyLines.read("")).isEqualTo(List.of());
    assertThat(PropertyLines.read("\n#a=b\n  \n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a=\\u12g4", "a=\\u123", "\\u=1", "a=\\u+123", "a=\\u"})
  void badEscapeIsToldWithItsLine(String line) {
    assertThatThrownBy(() -> PropertyLines.read("\n" + line + "\nb=2"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("line 2: expected four hexadecimal digits after \\u, found '");
  }
}
