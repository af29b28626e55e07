package dev.larder.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class Crc64Test {
  @Test
  void isTheOneThatRedisSays() {
    byte[] digits = Bytes.latin("123456789");
    assertThat(Crc64.update(0, digits, 0, 9)).isEqualTo(0xe9c6d914c4b8d9caL);
  }

  @Test
  void isTheSameInPiecesAndAsAWhole() {
    byte[] bytes = new byte[1000];
    new Random(7).nextBytes(bytes);
    long whole = Crc64.update(0, bytes, 0, bytes.length);
    for (int cut = 0; cut <= bytes.length; cut++) {
      long first = Crc64.update(0, bytes, 0, cut);
      assertThat(Crc64.update(first, bytes, cut, bytes.length)).isEqualTo(whole);
    }
  }
}
