package dev.larder.rdb;

import static dev.larder.rdb.Bytes.latin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is written is read again, and is what Redis would write where that is told. */
final class RoundTripTest {
  // spotless:off
  private static final String[][] FORMS = {
      // text                  its bytes
      {"",                     "00"},
      {"a",                    "0161"},
      {"0",                    "c000"},
      {"127",                  "c07f"},
      {"-128",                 "c080"},
      {"128",                  "c18000"},
      {"-129",                 "c17fff"},
      {"32767",                "c1ff7f"},
      {"-32768",               "c10080"},
      {"32768",                "c200800000"},
      {"2147483647",           "c2ffffff7f"},
      {"-2147483648",          "c200000080"},
      {"2147483648",           "0a32313437343833363438"},
      {"-2147483649",          "0b2d32313437343833363439"},
      {"007",                  "03303037"},
      {"+1",                   "022b31"},
      {"-0",                   "022d30"},
      {"-",                    "012d"},
      {"1 ",                   "023120"},
      {"12345678901234567890", "143132333435363738393031323334353637383930"},
  };
  // spotless:on

  @Test
  void aSnapshotHasExactlyTheseBytes() throws IOException {
    byte[] snapshot =
        Bytes.snapshot(
            true,
            writer -> {
              writer.aux("redis-ver", "7.2.0");
              writer.aux("ctime", "1700000000");
              writer.database(3);
              writer.sizes(2, 1);
              writer.entry(latin("name"), latin("Ada"), RdbVisitor.ETERNAL);
              writer.entry(latin("n"), latin("-1"), 1700000000123L);
            });
    byte[] expected =
        Bytes.of("REDIS0009")
            .hex("fa 09")
            .ascii("redis-ver")
            .hex("05")
            .ascii("7.2.0")
            .hex("fa 05")
            .ascii("ctime")
            .hex("c2 00f15365")
            .hex("fe 03  fb 02 01")
            .hex("00 04")
            .ascii("name")
            .hex("03")
            .ascii("Ada")
            .hex("fc 7b68e5cf8b010000  00 01")
            .ascii("n")
            .hex("c0ff")
            .checked();
    assertThat(HexFormat.of().formatHex(snapshot)).isEqualTo(HexFormat.of().formatHex(expected));
    assertThat(Bytes.read(snapshot))
        .containsExactly(
            "redis-ver: 7.2.0",
            "ctime: 1700000000",
            "database 3",
            "sizes 2 1",
            "name=Ada",
            "n=-1@1700000000123");
  }

  @Test
  void shortTextsAndNumbersHaveTheFormsOfRedis() throws IOException {
    for (String[] row : FORMS) {
      byte[] snapshot =
          Bytes.snapshot(true, writer -> writer.entry(latin(row[0]), latin(row[0]), 0));
      assertThat(HexFormat.of().formatHex(snapshot))
          .as(row[0])
          .contains("00" + row[1] + row[1] + "ff");
      assertThat(Bytes.read(snapshot)).containsExactly(row[0] + "=" + row[0] + "@0");
    }
  }

  @Test
  void lengthsHaveTheFormsOfRedis() throws IOException {
    String[][] table = {{"63", "3f"}, {"64", "4040"}, {"16383", "7fff"}, {"16384", "8000004000"}};
    for (String[] row : table) {
      byte[] value = new byte[Integer.parseInt(row[0])];
      Arrays.fill(value, (byte) 'x');
      byte[] snapshot =
          Bytes.snapshot(false, writer -> writer.entry(latin("k"), value, RdbVisitor.ETERNAL));
      assertThat(HexFormat.of().formatHex(snapshot)).contains("00016b" + row[1] + "7878");
      assertThat(values(snapshot, true)).containsExactly(value);
    }
  }

  @Test
  void aLengthOfEightBytesIsRead() throws IOException {
    byte[] snapshot =
        Bytes.of("REDIS0009").hex("00 01 6b 81 0000000000000003").ascii("abc").checked();
    assertThat(Bytes.read(snapshot)).containsExactly("k=abc");
  }

  @Test
  void sizesBeyondFourBytesAreWritten() throws IOException {
    byte[] snapshot = Bytes.snapshot(false, writer -> writer.sizes(1L << 32, (1L << 32) - 1));
    assertThat(HexFormat.of().formatHex(snapshot)).contains("fb810000000100000000" + "80ffffffff");
  }

  @Test
  void textsOfAllSizesComeBackWhetherCompressedOrNot() throws IOException {
    Random random = new Random(17);
    List<byte[]> values = new ArrayList<>();
    int[] sizes = {
      0, 19, 20, 21, 24, 25, 300, 32767, 32800, 65535, 65536, 131071, 131072, 131073, 262145,
      2_100_000, 17 << 20
    };
    for (int size : sizes) {
      byte[] noise = new byte[size];
      random.nextBytes(noise);
      values.add(noise);
      byte[] repeated = new byte[size];
      for (int i = 0; i < size; i++) {
        repeated[i] = (byte) (i % 64 == 0 ? random.nextInt() : i % 7);
      }
      values.add(repeated);
    }
    for (boolean compress : new boolean[] {false, true}) {
      byte[] snapshot =
          Bytes.snapshot(
              compress,
              writer -> {
                for (int i = 0; i < values.size(); i++) {
                  writer.entry(latin("key " + i), values.get(i), RdbVisitor.ETERNAL);
                }
              });
      assertThat(values(snapshot, false)).containsExactlyElementsOf(values);
      assertThat(values(snapshot, true)).containsExactlyElementsOf(values);
    }
  }

  @Test
  void compressionThatDoesNotPayIsNotUsed() throws IOException {
    byte[] text = latin("abcdefghijklmnopqrstuvwxyz");
    assertThat(
            Bytes.snapshot(
                true, writer -> writer.aux("", new String(text, StandardCharsets.US_ASCII))))
        .containsSequence(text);
    byte[] same = latin("x".repeat(20));
    assertThat(Bytes.snapshot(true, writer -> writer.entry(same, same, 0))).containsSequence(same);
    byte[] longer = latin("x".repeat(21));
    byte[] snapshot = Bytes.snapshot(true, writer -> writer.entry(latin("k"), longer, 0));
    assertThat(HexFormat.of().formatHex(snapshot)).contains("c3" + "05" + "15" + "0078");
    assertThat(values(snapshot, false)).containsExactly(longer);
  }

  @Test
  void aSnapshotAtTheHeadOfSomethingIsReadToItsEnd() throws IOException {
    byte[] snapshot = Bytes.snapshot(true, writer -> writer.entry(latin("k"), latin("v"), 5));
    byte[] log = Bytes.of("").raw(snapshot).ascii("*1\r\n$4\r\nPING\r\n").done();
    List<String> lines = new ArrayList<>();
    RdbReader reader = Bytes.reader(log);
    reader.readHead(new Bytes.Log(lines));
    assertThat(lines).containsExactly("k=v@5");
    assertThat(reader.position()).isEqualTo(snapshot.length);
    assertThatThrownBy(() -> Bytes.read(log))
        .isInstanceOf(RdbException.class)
        .hasMessage(
            "dump.rdb, byte "
                + snapshot.length
                + ": expected nothing behind the checksum, found more bytes");
  }

  /** Those of all entries, read with the size known or not. */
  private static List<byte[]> values(byte[] snapshot, boolean blind) throws IOException {
    List<byte[]> values = new ArrayList<>();
    RdbReader reader = blind ? Bytes.blindReader(snapshot, 5_000) : Bytes.reader(snapshot);
    reader.read(
        new RdbVisitor() {
          @Override
          public void entry(byte[] key, byte[] value, long deadlineMillis) {
            values.add(value);
          }

          @Override
          public void unsupported(String type, byte[] key) {
            throw new AssertionError(type);
          }
        });
    assertThat(reader.position()).isEqualTo(snapshot.length);
    return values;
  }
}
