package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FloatsTest {

  private static final int MAX_LENGTH = 5119;

  @ParameterizedTest
  @CsvSource({
    "0.1, 0.2, 0.3",
    "5.0e3, 2.0e2, 5200",
    "1e20, 0, 100000000000000000000",
    "10.50, 0.1, 10.6",
    "0x10, 1, 17",
    "1.5, -1.5, 0",
    "-1, 0.5, -0.5",
    "100, 200, 300",
    "17179869184, 1.5, 17179869185.5",
  })
  void sumsLookAsInRedis(String a, String b, String sum) {
    assertThat(Floats.print(number(a).add(number(b)))).isEqualTo(sum);
  }

  @Test
  void sumsThatAreZeroLookSo() {
    assertThat(Floats.print(number("3").add(number("1.1")).add(number("-4.1")))).isEqualTo("0");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "+0.00e7, 0",
    "007, 7",
    "+1, 1",
    "-1.50, -1.5",
    ".5, 0.5",
    "-.5, -0.5",
    "5., 5",
    "5.e1, 50",
    ".5e1, 5",
    "1E5, 100000",
    "1e+5, 100000",
    "25e-1, 2.5",
    "1e-17, 0.00000000000000001",
    "1e0000000000000000000000002, 100",
    "1e-00000000000000, 1",
    "0e999999999999999999999, 0",
    "-0.0e-999999999999999999999, 0",
    "0x0, 0",
    "0x0p99999999999, 0",
    "0x10, 16",
    "-0X1F, -31",
    "+0xfF, 255",
    "0x1e5, 485",
    "0x1.8p3, 12",
    "0X1.8P+3, 12",
    "0x1p-3, 0.125",
    "0x.8, 0.5",
    "0x1., 1",
    "0x1.p1, 2",
    "0x100p-4, 16",
    "0x100p-9, 0.5",
    "0x0.001p12, 1",
    "0x00.10, 0.0625",
    "9223372036854775808, 9223372036854775808",
  })
  void readsWhatStrtoldReads(String text, String printed) {
    assertThat(Floats.print(number(text))).isEqualTo(printed);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", " 1", "1 ", "\t1", "1\n", "1\0", "\0", "nan", "NaN", "nan(1)", "-nan", "inf",
        "abc", ".", "+", "-", "+.", "-.e1", ".e1", "e1", "1e", "1e+", "1e-", "1e1.5", "1e1e1",
        "1.5.2", "--1", "+-1", "1-", "1f", "1d", "1L", "1_0", "1,5", "1p3", "0x", "0x.", "-0x",
        "0x.p1", "0x1p", "0x1p-", "0x1pa", "0xg", "x1", "00x1", "0x 1", "0x-1", "0x1.8.1", "0x1e+1",
        "\u0661", "\u00B2"
      })
  void readsNothingElse(String text) {
    assertThat(Floats.parse(bytes(text))).isNull();
  }

  @Test
  void numbersAreExact() {
    String digits = "1" + "0".repeat(2_000) + "." + "0".repeat(2_000) + "1";

    assertThat(number(digits)).isEqualByComparingTo(new BigDecimal(digits));
    assertThat(number("0x3p-16445").multiply(new BigDecimal(BigInteger.TWO.pow(16_445))))
        .isEqualByComparingTo("3");
  }

  @Test
  void textsOfMoreThan5119BytesAreRefused() {
    assertThat(number("0".repeat(MAX_LENGTH - 1) + "1")).isEqualByComparingTo("1");
    assertThat(Floats.parse(bytes("0".repeat(MAX_LENGTH) + "1"))).isNull();
  }

  @Test
  void numbersEndWhereLongDoublesEnd() {
    BigInteger overflow = BigInteger.TWO.pow(16_384).subtract(BigInteger.TWO.pow(16_384 - 65));

    assertThat(Floats.parse(bytes(overflow.toString()))).isNull();
    assertThat(Floats.parse(bytes("-" + overflow))).isNull();
    assertThat(Floats.parse(bytes("0x" + overflow.toString(16)))).isNull();
    BigInteger largest = overflow.subtract(BigInteger.ONE);
    assertThat(number(largest.toString())).isEqualByComparingTo(new BigDecimal(largest));
    assertThat(number("-0x" + largest.toString(16)))
        .isEqualByComparingTo(new BigDecimal(largest.negate()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.18e4932", "9e4931", "0x1p16383", "0x.8p16384", "0x0.ffffffffffffffff7p16384",
        "1.9e-4951", "4e-4951", "0x1p-16445", "0x1.000001p-16446", "0x.8p-16444"
      })
  void readsTheLargestAndTheSmallest(String text) {
    assertThat(Floats.parse(bytes(text))).isNotNull();
    assertThat(number("-" + text)).isNegative();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.2e4932",
        "1e4933",
        "0x1p16384",
        "0x.8p16385",
        "0x0.ffffffffffffffff8p16384",
        "1.8e-4951",
        "1e-4951",
        "1e-5000",
        "0x1p-16446",
        "0x1p-16447",
        "0x.8p-16445",
        "1e999999999",
        "1e-999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "1e2147483648",
        "1e-2147483648",
        "1e4294967297",
        "0x1p2147483647",
        "0x1p-2147483648",
        "0x1p99999999999999999999",
        "0x1p-99999999999999999999"
      })
  void refusesWhatIsTooLargeOrTooSmall(String text) {
    assertThat(Floats.parse(bytes(text))).isNull();
    assertThat(Floats.parse(bytes("-" + text))).isNull();
  }

  @Test
  void aLongFractionMakesUpForALargeExponent() {
    assertThat(number("0." + "0".repeat(5_000) + "1e5001")).isEqualByComparingTo("1");
    assertThat(number("1" + "0".repeat(5_000) + "e-5000")).isEqualByComparingTo("1");
    assertThat(number("0x0." + "0".repeat(5_000) + "1p20004")).isEqualByComparingTo("1");
    assertThat(number("0x1" + "0".repeat(5_000) + "p-20000")).isEqualByComparingTo("1");
  }

  @Test
  void bitsThatAreTooSmallStillMakeANumberLargeEnough() {
    String zeros = "0".repeat(4_000);

    assertThat(Floats.parse(bytes("0x1." + zeros + "1p-16446"))).isNotNull();
    assertThat(Floats.parse(bytes("0x1." + zeros + "0p-16446"))).isNull();
    assertThat(Floats.parse(bytes("0x0." + "f".repeat(4_000) + "p-16446"))).isNull();
    assertThat(Floats.print(number("0x2.8" + zeros + "1"))).isEqualTo("2.5");
  }

  @Test
  void hostileNumbersAreCheap() {
    String[] texts = {
      "9".repeat(4_932),
      "0." + "9".repeat(5_117),
      "9".repeat(5_000) + "e-9940",
      "." + "1".repeat(5_000) + "e-4940",
      "1e4931",
      "0x1." + "f".repeat(5_105) + "p-16440",
      "0x" + "f".repeat(5_100) + "p-36800",
      "0x" + "f".repeat(5_117),
      "1e" + "9".repeat(5_117),
    };
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          for (int i = 0; i < 20; i++) {
            for (String text : texts) {
              BigDecimal value = Floats.parse(bytes(text));
              if (value != null) {
                assertThat(Floats.print(value.add(BigDecimal.ONE))).isNotEmpty();
              }
            }
          }
        });
  }

  @ParameterizedTest
  @CsvSource({
    "0E+5, 0",
    "0.000, 0",
    "1E+3, 1000",
    "1000, 1000",
    "-1.10, -1.1",
    "1.00000000000000000000, 1",
    "0.000000000000000005, 0",
    "0.000000000000000015, 0.00000000000000002",
    "0.000000000000000025, 0.00000000000000002",
    "-0.000000000000000004, 0",
    "-0.0000000000000000051, -0.00000000000000001",
    "0.99999999999999999, 0.99999999999999999",
    "0.999999999999999999, 1",
    "99.999999999999999999, 100",
    "10.000000000000000001, 10",
    "1E-9999, 0",
  })
  void printsUpTo17DecimalsAndNoExponent(BigDecimal value, String text) {
    assertThat(Floats.print(value)).isEqualTo(text);
  }

  @Test
  void whatIsPrintedIsReadAgain() {
    long seed = System.nanoTime();
    System.out.println("FloatsTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      BigDecimal value =
          new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(60) - 42);
      String text = Floats.print(random.nextBoolean() ? value : value.negate());

      assertThat(Floats.print(number(text))).as("seed %d", seed).isEqualTo(text);
      assertThat(number(text).abs()).as("seed %d", seed).isEqualByComparingTo(value);
    }
  }

  @Test
  void hexadecimalTextOfADoubleIsThatDouble() {
    long seed = System.nanoTime();
    System.out.println("FloatsTest seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      double value = Double.longBitsToDouble(random.nextLong());
      if (Double.isFinite(value)) {
        assertThat(number(Double.toHexString(value)))
            .as("seed %d: %s", seed, value)
            .isEqualByComparingTo(new BigDecimal(value));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"inf", "+inf", "-inf", "INF", "iNf", "infinity", "-Infinity", "+INFINITY"})
  void infinityIsNoNumber(String text) {
    assertThat(Floats.isInfinite(bytes(text))).isTrue();
    assertThat(Floats.parse(bytes(text))).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "in",
        "infi",
        "infinit",
        "infinityy",
        "-infinityy",
        " inf",
        "inf ",
        "--inf",
        "nan",
        "1",
        "1e999999",
        "\u0131nf"
      })
  void nothingElseIsInfinite(String text) {
    assertThat(Floats.isInfinite(bytes(text))).isFalse();
  }

  private static BigDecimal number(String text) {
    BigDecimal value = Floats.parse(bytes(text));
    assertThat(value).as(text).isNotNull();
    return value;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
