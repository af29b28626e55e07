package dev.larder.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LzfTest {
  private static final int TEXTS = 20_000;

  @Test
  void whatWasCompressedIsTheSameAgain() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Lzf lzf = new Lzf(1 << 16);
    int shorter = 0;
    for (int i = 0; i < TEXTS; i++) {
      byte[] text = text(random);
      byte[] room = new byte[text.length + text.length / 32 + 8];
      int end = lzf.compress(text, room, 3, room.length);
      assertThat(end).as("seed %d, text %d", seed, i).isPositive();
      byte[] again = new byte[text.length];
      assertThat(Lzf.decompress(room, 3, end, again)).as("seed %d, text %d", seed, i).isTrue();
      assertThat(again).as("seed %d, text %d", seed, i).isEqualTo(text);
      assertThat((long) text.length).isLessThanOrEqualTo((long) Lzf.MOST_OUT_OF_ONE * (end - 3));
      shorter += end - 3 < text.length ? 1 : 0;
    }
    assertThat(shorter).isBetween(TEXTS / 10, TEXTS * 9 / 10);
  }

  /** Of few letters or many, with repetitions near and far. */
  private static byte[] text(Random random) {
    byte[] text = new byte[random.nextInt(random.nextInt(50) == 0 ? 40_000 : 400)];
    int letters = 1 + random.nextInt(256);
    int repeated = random.nextInt(3) == 0 ? 0 : random.nextInt(600);
    for (int i = 0; i < text.length; ) {
      if (i > 0 && random.nextInt(1000) < repeated) {
        int from = Math.max(0, i - 1 - random.nextInt(10_000));
        for (int n = random.nextInt(600); n > 0 && i < text.length; n--) {
          text[i++] = text[from++];
        }
      } else {
        text[i++] = (byte) random.nextInt(letters);
      }
    }
    return text;
  }

  @Test
  void fillsItsRoomToTheLastByteAndNotBeyond() {
    Random random = new Random(11);
    for (int i = 0; i < 300; i++) {
      byte[] text = text(random);
      byte[] room = new byte[text.length + text.length / 32 + 8];
      int need = new Lzf(text.length).compress(text, room, 0, room.length);
      for (int to = 0; to <= need; to++) {
        byte[] small = new byte[need + 8];
        int end = new Lzf(text.length).compress(text, small, 0, to);
        assertThat(end).isIn(-1, need);
        assertThat(end).isLessThanOrEqualTo(to);
        assertThat(Arrays.copyOfRange(small, to, small.length)).containsOnly(0);
      }
    }
  }

  @Test
  void oneOfItsReferencesIsWrittenAsTheFormatSays() {
    byte[] room = new byte[100];
    int end = new Lzf(100).compress(Bytes.latin("a".repeat(100)), room, 0, 100);
    // One letter; 98 bytes more from 1 byte before (9 + 0x59); and the rest.
    assertThat(HexFormat.of().formatHex(room, 0, end)).isEqualTo("0061e05a00");
  }

  @Test
  void hostileInputIsRefused() {
    String[] hostile = {
      "2000", // a reference before the first byte
      "00612001", // before it by one
      "0261", // a run that ends early
      "0061e0", // a reference that ends in its length
      "006120", // and before its distance
      "0061e0ff00", // longer than was announced
      "1f" + "61".repeat(32), // a run longer than was announced
      "006100", // an empty one
      "", // shorter than was announced
      "0461626364", // a run that ends early
    };
    for (String hex : hostile) {
      byte[] bytes = HexFormat.of().parseHex(hex);
      assertThat(Lzf.decompress(bytes, 0, bytes.length, new byte[20])).as(hex).isFalse();
    }
  }

  @Test
  void randomInputNeverHarms() {
    Random random = new Random(13);
    byte[] out = new byte[500];
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      Lzf.decompress(bytes, 0, bytes.length, out);
    }
  }
}
