package dev.larder.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecimalTest {
  private static long parse(String text) {
    byte[] bytes = Conversation.bytes("7" + text + "7");
    return Decimal.parse(bytes, 1, bytes.length - 1);
  }

  private static String written(long value) {
    byte[] bytes = new byte[Decimal.MAX_LENGTH + 1];
    int end = Decimal.write(value, bytes, 1);
    return new String(bytes, 1, end - 1, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        " 1",
        "1 ",
        "01",
        "00",
        "+1",
        "-0",
        "-01",
        "1.5",
        "0x1",
        "1e3",
        "a",
        "--1",
        "9223372036854775808",
        "-9223372036854775809",
        "9999999999999999999",
        "-9999999999999999999",
        "18446744073709551617",
        "10000000000000000000000"
      })
  void refusesWhatIsNotCanonical(String text) {
    assertThatThrownBy(() -> parse(text)).isInstanceOf(NumberFormatException.class);
  }

  @Test
  void integersAreReadAndWrittenAsJavaDoes() {
    Random random = new Random(1);
    for (int bits = 0; bits < 64; bits++) {
      for (long near = -2; near <= 2; near++) {
        assertRoundTrip((1L << bits) + near);
        assertRoundTrip(-(1L << bits) + near);
        assertRoundTrip(random.nextLong() >> bits);
      }
    }
    for (long power = 1; power > 0 && power <= 1_000_000_000_000_000_000L; power *= 10) {
      assertRoundTrip(power);
      assertRoundTrip(power - 1);
      assertRoundTrip(-power);
      assertRoundTrip(1 - power);
    }
  }

  private static void assertRoundTrip(long value) {
    assertThat(written(value)).isEqualTo(Long.toString(value));
    assertThat(parse(Long.toString(value))).isEqualTo(value);
  }

  // spotless:off
  @ParameterizedTest
  @CsvSource({
      "3,                       3",
      "-2.5,                    -2.5",
      "0.1,                     0.1",
      "0.3,                     0.3",
      "0.30000000000000004,     0.30000000000000004",
      "0.0,                     0",
      "-0.0,                    -0",
      "100,                     100",
      "1e15,                    1000000000000000",
      "1e18,                    1000000000000000000",
      "4611686018427387904,     4611686018427387904",
      "-4611686018427387904,    -4611686018427387904",
      "5e18,                    5e+18",
      "1e19,                    1e+19",
      "1e20,                    1e+20",
      "-1e20,                   -1e+20",
      "2e23,                    2e+23",
      "8.41e21,                 8.41e+21",
      "2.0e-3,                  0.002",
      "9007199254740993e5,      900719925474099300000",
      "1.5e21,                  1.5e+21",
      "12345678901234567000,    12345678901234567000",
      "1234567890123e7,         12345678901230000000",
      "123456789012e8,          1.23456789012e+19",
      "1.7976931348623157e308,  1.7976931348623157e+308",
      "0.000001,                0.000001",
      "0.0000015,               1.5e-6",
      "0.00015,                 0.00015",
      "1e-7,                    1e-7",
      "1.5e-7,                  1.5e-7",
      "1.25e-10,                1.25e-10",
      "4.9e-324,                5e-324",
      "2.2250738585072014E-308, 2.2250738585072014e-308",
      "1.1754943508222875e-38,  1.1754943508222875e-38",
      "Infinity,                inf",
      "-Infinity,               -inf",
      "NaN,                     nan",
  })
  // spotless:on
  void printsDoublesAsRedisDoes(double value, String text) {
    assertThat(Decimal.text(value)).isEqualTo(text);
  }

  @Test
  void doublesReadBackAsThemselvesAndAreNeverLongerThanJavas() {
    Random random = new Random(2);
    for (int i = 0; i < 5_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (!Double.isFinite(value)) {
        continue;
      }
      String text = Decimal.text(value);
      assertThat(Double.parseDouble(text)).isEqualTo(value);
      // Whole numbers show all their digits, as Redis' do.
      if (value != Math.rint(value)) {
        assertThat(digits(text)).isLessThanOrEqualTo(digits(Double.toString(value)));
      }
    }
  }

  private static int digits(String text) {
    return text.replaceAll("[eE].*", "").replaceAll("[-.]", "").replaceAll("^0+|0+$", "").length();
  }
}
