package dev.larder.rdb;

import static dev.larder.rdb.Bytes.latin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RdbValueTest {
  private static final String WRONG = "DUMP payload version or checksum are wrong";

  @Test
  void aDumpHasExactlyTheseBytes() {
    assertThat(HexFormat.of().formatHex(RdbValue.dump(latin("10"))))
        .isEqualTo(HexFormat.of().formatHex(payload("00 c0 0a", 9)));
  }

  @Test
  void whatWasDumpedIsRestored() throws RdbException {
    for (String value :
        List.of("", "7", "007", "hello", "x".repeat(50), "ab\u00ff\0".repeat(50_000))) {
      assertThat(RdbValue.restore(RdbValue.dump(latin(value)))).isEqualTo(latin(value));
    }
  }

  @Test
  void allVersionsUpToTheNewestAreRestored() throws RdbException {
    for (int version : new int[] {6, 9, 10, 11, 12, 80}) {
      assertThat(RdbValue.restore(payload("00 02 6869", version))).isEqualTo(latin("hi"));
    }
    for (int version : new int[] {13, 79, 81, 256}) {
      byte[] payload = payload("00 02 6869", version);
      assertThatThrownBy(() -> RdbValue.restore(payload)).hasMessage(WRONG);
    }
  }

  @Test
  void damageIsFound() {
    byte[] whole = RdbValue.dump(latin("hello"));
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 1;
      assertThatThrownBy(() -> RdbValue.restore(damaged))
          .isInstanceOf(RdbException.class)
          .hasMessage(WRONG);
      byte[] part = Arrays.copyOf(whole, i);
      assertThatThrownBy(() -> RdbValue.restore(part))
          .isInstanceOf(RdbException.class)
          .hasMessage(WRONG);
    }
  }

  @Test
  void whatIsNoValueHasABadFormat() {
    for (String hex : List.of("", "00", "00 05 68", "00 c3 04 05 2000 2000", "08 00", "ff")) {
      byte[] payload = payload(hex, 9);
      assertThatThrownBy(() -> RdbValue.restore(payload))
          .as(hex)
          .isInstanceOfSatisfying(RdbException.class, e -> assertThat(e.unsupportedType()).isNull())
          .hasMessage("Bad data format");
    }
  }

  @Test
  void otherTypesAreToldApart() {
    assertThatThrownBy(() -> RdbValue.restore(payload("12 01 02 03 616263", 10)))
        .isInstanceOfSatisfying(
            RdbException.class, e -> assertThat(e.unsupportedType()).isEqualTo("list"))
        .hasMessage("expected a string, found a list");
    assertThatThrownBy(() -> RdbValue.restore(payload("18 00", 80))).hasMessage("Bad data format");
  }

  private static byte[] payload(String hex, int version) {
    Bytes bytes = Bytes.of("").hex(hex).raw(new byte[] {(byte) version, (byte) (version >> 8)});
    byte[] before = bytes.done();
    long crc = Long.reverseBytes(Crc64.update(0, before, 0, before.length));
    return bytes.hex(HexFormat.of().toHexDigits(crc)).done();
  }
}
