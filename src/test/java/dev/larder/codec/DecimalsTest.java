package dev.larder.codec;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecimalsTest {

  @Test
  void numbersOfEveryLengthAreWrittenAndRead() {
    Random random = new Random(1);
    long power = 1;
    for (int digits = 1; digits <= 19; digits++, power *= 10) {
      assertWrittenAndRead(power);
      assertWrittenAndRead(power - 1);
      assertWrittenAndRead(power + 1);
    }
    for (int i = 0; i < 20_000; i++) {
      assertWrittenAndRead(random.nextLong() >> random.nextInt(64));
    }
    assertWrittenAndRead(Long.MAX_VALUE);
    assertWrittenAndRead(Long.MIN_VALUE + 1);
    assertWrittenAndRead(Long.MIN_VALUE);
  }

  private static void assertWrittenAndRead(long value) {
    for (long v : new long[] {value, -value}) {
      String text = Long.toString(v);
      if (!new String(Decimals.toBytes(v), US_ASCII).equals(text)
          || !Long.valueOf(v).equals(Decimals.parse(text))
          || !Long.valueOf(v).equals(Decimals.parse(text.getBytes(US_ASCII)))) {
        throw new AssertionError(text);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "+1",
        "01",
        "-0",
        "-01",
        "00",
        " 1",
        "1 ",
        "1.5",
        "1e3",
        "0x10",
        "a",
        "1a",
        "--1",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
        "123456789012345678901",
        "\u0661",
        "1\u0130"
      })
  void otherFormsAreNoNumbers(String text) {
    assertThat(Decimals.parse(text)).isNull();
    assertThat(Decimals.parse(text.getBytes(UTF_8))).isNull();
  }
}
