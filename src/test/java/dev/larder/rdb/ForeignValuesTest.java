package dev.larder.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Steps over every value that Redis and Valkey have ever written, exactly to its end. */
final class ForeignValuesTest {
  private static final String ID = "0000018bcfe5687b 0000000000000001";
  private static final String TIME = "7b68e5cf8b010000";
  private static final String MODULE = "81 4a11a8a2c3d1f001";

  // spotless:off
  private static final String[][] VALUES = {
      // type      told     its bytes
      {"01", "list",   "02 0161 c07b"},
      {"02", "set",    "02 0161 c3 05 15 00 78 e0 0b 00"},
      {"03", "zset",   "04 0161 03312e35 0162 fd 0163 fe 0164 ff"},
      {"04", "hash",   "01 0161 c10001"},
      {"05", "zset",   "02 0161 000000000000f83f 0162 000000000000f07f"},
      {"07", "module", MODULE + "01 05 02 8100000000ffffffff 03 0000803f 04 000000000000f83f 05 03616263 00"},
      {"09", "hash",   "08 02 01 61 01 00 62 ff 00"},
      {"0a", "list",   "03 616263"},
      {"0b", "set",    "0a 02000000 01000000 0700"},
      {"0c", "zset",   "03 616263"},
      {"0d", "hash",   "03 616263"},
      {"0e", "list",   "02 03616263 03616263"},
      {"0f", "stream", "01 10" + ID + "03616263 01 05 00"
                       + "01 0167 05 00 01" + ID + TIME + "01 01 0163" + TIME + "01" + ID},
      {"10", "hash",   "03 616263"},
      {"11", "zset",   "03 616263"},
      {"12", "list",   "02 01 0161 02 03616263"},
      {"13", "stream", "01 10" + ID + "03616263 01 05 00 01 00 00 00 01"
                       + "01 0167 05 00 01 01" + ID + TIME + "01 01 0163" + TIME + "01" + ID},
      {"14", "set",    "03 616263"},
      {"15", "stream", "01 10" + ID + "03616263 01 810000018bcfe5687b 00 01 00 00 00 01"
                       + "01 0167 05 00 01 01" + ID + TIME + "01 01 0163" + TIME + TIME + "01" + ID},
  };

  private static final String[][] EXPIRING_FIELDS = {
      {"16", "hash",   "02 00 0161 0162 810000018bcfe5687b 0163 0164"},
      {"17", "hash",   "03 616263"},
      {"18", "hash",   TIME + "02 00 0161 0162 4100 0163 0164"},
      {"19", "hash",   TIME + "03 616263"},
  };

  private static final String[][] EXPIRING_FIELDS_OF_VALKEY = {
      {"16", "hash",   "02 0161 0162 ffffffffffffffff 0163 0164" + TIME},
  };

  private static final String[][] NO_ENTRIES = {
      // told                    its bytes
      {"function",               "f5 03616263"},
      {"function",               "f6 016e 034c5541 00 03616263"},
      {"function",               "f6 016e 034c5541 01 0164 03616263"},
      {"module data ShGoosPR8",  "f7" + MODULE + "02 02 01 05 05 0161 00"},
      {null,                     "f4 4100 01 00"},
      {null,                     "f8 4100"},
      {null,                     "f9 ff"},
  };
  // spotless:on

  /** All of them behind each other, with a string between. */
  static byte[] everything(String magic) {
    Bytes bytes = Bytes.of(magic);
    for (String[] row : rows(magic)) {
      bytes.hex(row[0]).text("a key").hex(row[2]).hex("00").text("k").text("v");
    }
    for (String[] row : NO_ENTRIES) {
      bytes.hex(row[1]);
    }
    return bytes.checked();
  }

  private static List<String[]> rows(String magic) {
    List<String[]> rows = new ArrayList<>(List.of(VALUES));
    rows.addAll(List.of(magic.startsWith("VALKEY") ? EXPIRING_FIELDS_OF_VALKEY : EXPIRING_FIELDS));
    return rows;
  }

  @Test
  void everyValueIsSteppedOverExactly() throws IOException {
    for (String magic : List.of("REDIS0012", "VALKEY080")) {
      for (String[] row : rows(magic)) {
        byte[] input =
            Bytes.of(magic)
                .hex("fc" + TIME + row[0])
                .text("a key")
                .hex(row[2])
                .hex("00")
                .text("k")
                .text("v")
                .checked();
        List<String> lines = Bytes.read(input);
        assertThat(lines).as("type %s of %s", row[0], magic).hasSize(2);
        assertThat(lines.get(0)).startsWith(row[1]).endsWith(" a key");
        // The deadline was that of the other key.
        assertThat(lines.get(1)).isEqualTo("k=v");
      }
    }
  }

  @Test
  void whatIsNoEntryIsSteppedOverExactly() throws IOException {
    for (String[] row : NO_ENTRIES) {
      byte[] input = Bytes.of("REDIS0010").hex(row[1]).hex("00").text("k").text("v").checked();
      List<String> expected = row[0] == null ? List.of("k=v") : List.of(row[0], "k=v");
      assertThat(Bytes.read(input)).as(row[1]).isEqualTo(expected);
    }
  }

  @Test
  void aModuleIsCalledByItsName() throws IOException {
    byte[] input = Bytes.of("REDIS0009").hex("07").text("k").hex(MODULE + "00").checked();
    assertThat(Bytes.read(input)).containsExactly("module ShGoosPR8 k");
  }

  @Test
  void theSameNumbersMeanOtherThingsInFilesOfValkey() throws IOException {
    byte[] slots =
        Bytes.of("VALKEY080").hex("f3").text("job").hex("02 00 4064 4100 4200").checked();
    assertThat(Bytes.read(slots)).containsExactly("slot import");
    byte[] redis = Bytes.of("VALKEY080").hex("18").text("k").hex(EXPIRING_FIELDS[2][2]).checked();
    assertThatThrownBy(() -> Bytes.read(redis)).hasMessageContaining("found 24");
  }

  @Test
  void oldFilesHaveSecondsAndNoChecksum() throws IOException {
    byte[] input =
        Bytes.of("REDIS0003").hex("fe 00 fd 00f15365 00").text("k").text("v").hex("ff").done();
    assertThat(Bytes.read(input)).containsExactly("database 0", "k=v@1700000000000");
    for (int version = 1; version <= 12; version++) {
      Bytes any = Bytes.of(version < 10 ? "REDIS000" + version : "REDIS00" + version);
      any.hex("00").text("k").text("v");
      assertThat(Bytes.read(version < 5 ? any.hex("ff").done() : any.checked()))
          .containsExactly("k=v");
    }
  }
}
