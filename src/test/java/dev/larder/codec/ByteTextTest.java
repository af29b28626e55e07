package dev.larder.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteTextTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a",
        "caf\u00E9",
        "?",
        "what? 12345678",
        "\u4E2D\u6587?",
        "\uD83D\uDE00?",
        "\0",
        "\uFFFD",
        "\u07FF\u0800\uFFFF\uD800\uDC00\uDBFF\uDFFF",
        "\uD83D\uDC80"
      })
  void validTextIsItsUtf8(String text) {
    assertThat(ByteText.encode(text)).isEqualTo(text.getBytes(UTF_8));
    assertThat(ByteText.decode(text.getBytes(UTF_8))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "overlong NUL,                    C080,         DCC0 DC80",
    "overlong slash,                  E080AF,       DCE0 DC80 DCAF",
    "overlong in four bytes,          F08080AF,     DCF0 DC80 DC80 DCAF",
    "a surrogate (CESU-8),            EDA080,       DCED DCA0 DC80",
    "a pair of surrogates (CESU-8),   EDA0BDEDB280, DCED DCA0 DCBD DCED DCB2 DC80",
    "an escape's own UTF-8,           EDB280,       DCED DCB2 DC80",
    "beyond U+10FFFF,                 F4908080,     DCF4 DC90 DC80 DC80",
    "no UTF-8 byte,                   61FF62FE,     0061 DCFF 0062 DCFE",
    "Latin-1,                         636166E9,     0063 0061 0066 DCE9",
    "a tail without a head,           8041,         DC80 0041",
    "cut after one of two,            C3,           DCC3",
    "cut after two of three,          E4B8,         DCE4 DCB8",
    "cut after three of four,         F09F98,       DCF0 DC9F DC98",
    "cut short and a character,       E4B8C3A9,     DCE4 DCB8 00E9",
    "a real replacement character,    EFBFBD80,     FFFD DC80",
    "a character beyond 16 bits,      F09F988080,   D83D DE00 DC80",
  })
  void whatIsNotUtf8IsEscapedByteByByte(String what, String hex, String chars) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    StringBuilder expected = new StringBuilder();
    for (String c : chars.split(" ")) {
      expected.append((char) Integer.parseInt(c, 16));
    }

    assertThat(ByteText.decode(bytes)).as(what).isEqualTo(expected.toString());
    assertThat(ByteText.encode(expected.toString())).as(what).isEqualTo(bytes);
  }

  @Test
  void allSequencesOfOneAndTwoBytesComeBack() {
    for (int i = 0; i < 0x100; i++) {
      assertComesBack((byte) i);
      for (int j = 0; j < 0x100; j++) {
        assertComesBack((byte) i, (byte) j);
      }
    }
  }

  @Test
  void sequencesOfThreeAndFourBytesAroundEveryBoundComeBack() {
    int[] bounds = {
      0x00, 0x3F, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1,
      0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFF
    };
    for (int a : bounds) {
      for (int b : bounds) {
        for (int c : bounds) {
          assertComesBack((byte) a, (byte) b, (byte) c);
          for (int d : a < 0xEC ? new int[0] : bounds) {
            assertComesBack((byte) a, (byte) b, (byte) c, (byte) d);
          }
        }
      }
    }
  }

  @Test
  void randomBytesComeBack() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      // Half of them mostly text, so that valid and invalid sequences meet.
      if (random.nextBoolean()) {
        byte[] text = "a?\u00E9\u4E2D\uD83D\uDE00\uFFFD".repeat(3).getBytes(UTF_8);
        for (int j = random.nextInt(4); j > 0; j--) {
          text[random.nextInt(text.length)] = (byte) random.nextInt();
        }
        bytes = Arrays.copyOf(text, random.nextInt(text.length + 1));
      }
      assertComesBack(bytes);
    }
  }

  /** A string has bytes if, and only if, it is the text of some bytes. */
  @Test
  void randomStringsComeBackOrAreRefused() {
    Random random = new Random(2);
    char[] chars =
        "a?\u00E9\uFFFD\uD83D\uDE00\uDC00\uDC7F\uDC80\uDCA9\uDCC3\uDCFF\uDD00".toCharArray();
    int refused = 0;
    for (int i = 0; i < 8_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int j = random.nextInt(6); j > 0; j--) {
        text.append(chars[random.nextInt(chars.length)]);
      }
      byte[] bytes;
      try {
        bytes = ByteText.encode(text.toString());
      } catch (CodecException e) {
        refused++;
        continue;
      }
      assertThat(ByteText.decode(bytes)).isEqualTo(text.toString());
    }
    assertThat(refused).isBetween(1_000, 7_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0xD800, 0xDBFF, 0xDC00, 0xDC7F, 0xDD00, 0xDFFF})
  void otherLoneSurrogatesAreRefused(int surrogate) {
    assertThatThrownBy(() -> ByteText.encode("ab?" + (char) surrogate + "c"))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "expected text that has bytes, found the lone surrogate U+%04X at index 3"
                .formatted(surrogate));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\uDCC3\uDCA9",
        "a\uDCE4\uDCB8\uDCAD",
        "a\uDCF0\uDC9F\uDC98\uDC80",
        "a\uDCC3\uDCA9\uDCC3"
      })
  void escapesThatTogetherAreUtf8AreRefused(String text) {
    assertThatThrownBy(() -> ByteText.encode(text))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "expected text that has bytes, found escapes of bytes that are UTF-8: U+%04X at index 1"
                    .formatted((int) text.charAt(1))
                + " and what follows");
  }

  @Test
  void onlyTheAskedPartIsDecoded() {
    byte[] bytes = {'x', (byte) 0xC3, (byte) 0xA9, (byte) 0xC3, (byte) 0xA9};

    assertThat(ByteText.decode(bytes, 1, 2)).isEqualTo("\u00E9");
    assertThat(ByteText.decode(bytes, 1, 3)).isEqualTo("\u00E9\uDCC3");
    assertThat(ByteText.decode(bytes, 2, 0)).isEmpty();
    assertThatThrownBy(() -> ByteText.decode(bytes, 3, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static void assertComesBack(byte... bytes) {
    String text = ByteText.decode(bytes);
    // No AssertJ here: it is called a million times.
    if (!Arrays.equals(ByteText.encode(text), bytes) || isUtf8(bytes) == hasEscape(text)) {
      throw new AssertionError(HexFormat.of().formatHex(bytes) + " becomes " + text);
    }
  }

  private static boolean isUtf8(byte[] bytes) {
    return Arrays.equals(new String(bytes, UTF_8).getBytes(UTF_8), bytes);
  }

  private static boolean hasEscape(String text) {
    for (int i = 0; i < text.length(); i++) {
      int codePoint = text.codePointAt(i);
      if (codePoint >= 0xDC80 && codePoint <= 0xDCFF) {
        return true;
      }
      i += Character.charCount(codePoint) - 1;
    }
    return false;
  }
}
