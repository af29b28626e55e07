package dev.larder.rdb;

import static dev.larder.rdb.Bytes.latin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever has happened to the bytes, it is found or told, and does no harm. */
final class DamageTest {
  @Test
  void everyTruncationIsFound() throws IOException {
    for (byte[] whole : List.of(snapshot(), foreign())) {
      for (int length = 0; length < whole.length; length++) {
        byte[] part = Arrays.copyOf(whole, length);
        assertThatThrownBy(() -> Bytes.read(part))
            .as("the first %d bytes", length)
            .isInstanceOf(RdbException.class)
            .hasMessageMatching("dump.rdb, byte \\d+: expected .+, found .+");
        assertThatThrownBy(() -> Bytes.blindReader(part, 7).read(new Bytes.Log(new ArrayList<>())))
            .as("the first %d bytes, blindly", length)
            .isInstanceOf(RdbException.class);
      }
    }
  }

  @Test
  void everyDamagedByteIsFound() throws IOException {
    byte[] whole = snapshot();
    for (int i = 0; i < whole.length; i++) {
      for (int difference = 1; difference < 256; difference++) {
        byte[] damaged = whole.clone();
        damaged[i] ^= (byte) difference;
        assertThatThrownBy(() -> Bytes.read(damaged))
            .as("byte %d is %d", i, damaged[i])
            .isInstanceOf(RdbException.class);
      }
    }
  }

  @Test
  void damageThatNoChecksumFindsIsReadOrRefusedButHarmsNobody() throws IOException {
    int read = 0;
    int refused = 0;
    for (byte[] whole : List.of(snapshot(), foreign())) {
      Arrays.fill(whole, whole.length - 8, whole.length, (byte) 0);
      for (int i = 0; i < whole.length; i++) {
        for (int difference = 1; difference < 256; difference++) {
          byte[] damaged = whole.clone();
          damaged[i] ^= (byte) difference;
          boolean sound = isSound(Bytes.reader(damaged));
          if (Integer.bitCount(difference) == 1) {
            // Knows less, and so may refuse less.
            assertThat(isSound(Bytes.blindReader(damaged, 100)) || !sound).isTrue();
          }
          read += sound ? 1 : 0;
          refused += sound ? 0 : 1;
        }
      }
    }
    assertThat(read).isPositive();
    assertThat(refused).isPositive();
  }

  @Test
  void garbageBehindAGoodHeadHarmsNobody() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int[] beginnings = {0, 1, 4, 7, 15, 18, 19, 21, 22, 24, 245, 247, 250, 251, 252, 254};
    for (int i = 0; i < 50_000; i++) {
      byte[] garbage = new byte[1 + random.nextInt(200)];
      random.nextBytes(garbage);
      garbage[0] = (byte) beginnings[random.nextInt(beginnings.length)];
      byte[] input = Bytes.of(i % 2 == 0 ? "REDIS0012" : "VALKEY080").raw(garbage).done();
      try {
        isSound(Bytes.reader(input));
        if (i % 10 == 0) {
          isSound(Bytes.blindReader(input, 50));
        }
      } catch (IOException | RuntimeException e) {
        throw new AssertionError("seed " + seed + ", input " + i, e);
      }
    }
  }

  private static boolean isSound(RdbReader reader) throws IOException {
    try {
      reader.read(new Bytes.Log(new ArrayList<>()));
      return true;
    } catch (RdbException e) {
      return false;
    }
  }

  @Test
  void anAnnouncedLengthAllocatesNothing() throws IOException {
    String[] hostile = {
      "00 01 6b 80 7fffff00", // a value of 2 GB
      "00 81 000000007fffff00", // a key of 2 GB
      "00 01 6b c3 05 80 7fffff00 00 61 e0 ff 00", // compressed to 5 bytes
      "fa 80 7fffff00", // the name of a fact
      "f5 80 7fffff00", // a function
    };
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < 2 * hostile.length; i++) { // the first reading loads classes
      String hex = hostile[i % hostile.length];
      byte[] input = Bytes.of("REDIS0009").hex(hex).ascii("x".repeat(100)).done();
      for (boolean blind : new boolean[] {false, true}) {
        long before = threads.getCurrentThreadAllocatedBytes();
        RdbReader reader = blind ? Bytes.blindReader(input, 100) : Bytes.reader(input);
        assertThat(isSound(reader)).isFalse();
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(allocated).as(hex).isLessThan(i < hostile.length ? 32 << 20 : 2 << 20);
      }
    }
  }

  // spotless:off
  private static final String[][] MESSAGES = {
      // behind REDIS0009                       what is said of it
      {"",                                      "byte 9: expected 1 byte of a type, found the end after 0, 1 missing"},
      {"00 05 6162",                            "byte 10: expected 5 bytes of a key, found the end after 2, 3 missing"},
      {"00 81 ffffffffffffffff",                "byte 10: expected a key of at most 2147483639 bytes, found one of 18446744073709551615 announced"},
      {"00 80 80000000",                        "byte 10: expected a key of at most 2147483639 bytes, found one of 2147483648 announced"},
      {"00 82",                                 "byte 10: expected a key, found a length that begins with byte 0x82"},
      {"00 c4",                                 "byte 10: expected a key, found an unknown encoding of a text, 4"},
      {"00 c3 04 05 2000 2000",                 "byte 10: expected a key of 5 bytes, found 4 bytes that LZF cannot decompress to it"},
      {"00 c3 01 4059 00 00",                     "byte 10: expected a length that 1 compressed bytes of a key can have, found 89"},
      {"fe 81 0000000080000000",                "byte 10: expected a database from 0 to 2147483647, found 2147483648"},
      {"01 01 6b 40ff 0161",                    "byte 12: expected at most 2 elements, found 255 of them announced"},
      {"08 01 6b",                              "byte 9: expected a type that Larder knows, found 8"},
      {"f3 01 6b",                              "byte 9: expected a type that Larder knows, found 243"},
      {"06 01 6b",                              "byte 10: expected a value whose end can be told, found a module's of a release candidate of Redis 4.0"},
      {"ff 0100000000000000",                   "byte 10: expected bytes of checksum 1, found some of "},
  };
  // spotless:on

  @Test
  void errorsSayWhatWasExpectedAndFoundAndWhere() {
    for (String[] row : MESSAGES) {
      byte[] input = Bytes.of("REDIS0009").hex(row[0]).done();
      assertThatThrownBy(() -> Bytes.read(input))
          .as(row[0])
          .isInstanceOf(RdbException.class)
          .hasMessageStartingWith("dump.rdb, " + row[1]);
    }
  }

  @Test
  void otherVersionsAndFilesAreNamed() {
    String[][] table = {
      {"REDIS0013", "dump.rdb is of RDB version 13, this Larder reads 1 to 12"},
      {"REDIS0000", "dump.rdb is of RDB version 0, this Larder reads 1 to 12"},
      {"VALKEY081", "dump.rdb is of Valkey's RDB version 81, this Larder reads 80"},
      {
        "PK\u0003\u0004 a.b,",
        "dump.rdb, byte 0: expected 'REDIS' or 'VALKEY' and a version, found 'PK\\x03\\x04 a.b,'"
      },
      {
        "REDIS",
        "dump.rdb, byte 0: expected 9 bytes of 'REDIS' or 'VALKEY' and a version, found the end after 5, 4 missing"
      },
    };
    for (String[] row : table) {
      byte[] input = Bytes.of(row[0]).done();
      assertThatThrownBy(() -> Bytes.read(input))
          .isInstanceOf(RdbException.class)
          .hasMessage(row[1]);
    }
  }

  @Test
  void aTextThatMemoryHasNoRoomForIsAnErrorLikeOthers() {
    // Only a file that says it is as large gets as far as to ask for the memory.
    byte[] input = Bytes.of("REDIS0009").hex("00 01 6b 80 7ffffff7").done();
    RdbReader reader = new RdbReader(new java.io.ByteArrayInputStream(input), 1L << 40, "dump.rdb");
    assertThatThrownBy(() -> reader.read(new Bytes.Log(new ArrayList<>())))
        .isInstanceOf(RdbException.class);
  }

  private static byte[] snapshot() throws IOException {
    return Bytes.snapshot(
        true,
        writer -> {
          writer.aux("redis-ver", "7.2.0");
          writer.database(0);
          writer.sizes(4, 1);
          writer.entry(latin("name"), latin("Ada"), RdbVisitor.ETERNAL);
          writer.entry(latin("n"), latin("1000"), 1700000000123L);
          writer.entry(latin("z"), latin("Zuse Zuse Zuse Zuse Zuse Zuse"), RdbVisitor.ETERNAL);
          writer.database(1);
          writer.entry(latin(""), latin("\0\u00ff"), RdbVisitor.ETERNAL);
        });
  }

  private static byte[] foreign() {
    return ForeignValuesTest.everything("REDIS0012");
  }
}
