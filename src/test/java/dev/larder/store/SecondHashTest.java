package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SecondHashTest {
  private final SecondHash hash = new SecondHash(new Random(1));

  @Test
  void equalKeysHaveEqualHashes() {
    for (int length = 0; length < 20; length++) {
      String key = "x".repeat(length);
      assertThat(hash.of(new StringBuilder(key).toString())).isEqualTo(hash.of(key));
    }
    assertThat(hash.of(Long.valueOf(7_000_000_000L))).isEqualTo(hash.of(7_000_000_000L));
    assertThat(hash.of(new UUID(1, 2))).isEqualTo(hash.of(new UUID(1, 2)));
    assertThat(hash.of(4711)).isEqualTo(hash.of(4711));
  }

  @Test
  void anotherSeedGivesOtherHashes() {
    SecondHash other = new SecondHash(new Random(2));
    for (Object key : new Object[] {"a", "", "abcd", 1L, 1, new UUID(0, 0)}) {
      assertThat(other.of(key)).as("%s", key).isNotEqualTo(hash.of(key));
    }
  }

  @Test
  void stringsOfEqualHashCodeAreSpread() {
    Set<Integer> hashes = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      hashes.add(hash.of(Keys.colliding(i)));
    }
    // of 10,000 random 32-bit numbers hardly one is a double
    assertThat(hashes).hasSizeGreaterThan(9_990);
  }

  @Test
  void longsAndUuidsOfEqualHashCodeAreSpread() {
    Set<Integer> longs = new HashSet<>();
    Set<Integer> uuids = new HashSet<>();
    for (long i = 0; i < 10_000; i++) {
      assertThat(Long.hashCode(i << 32 | i)).isZero();
      longs.add(hash.of(i << 32 | i));
      uuids.add(hash.of(new UUID(i, i)));
    }
    assertThat(longs).hasSizeGreaterThan(9_990);
    assertThat(uuids).hasSizeGreaterThan(9_990);
  }

  @Test
  void everyCharOfAStringCounts() {
    for (int length = 1; length < 12; length++) {
      Set<Integer> hashes = new HashSet<>();
      for (int i = 0; i < length; i++) {
        char[] chars = new char[length];
        chars[i] = 'x';
        hashes.add(hash.of(new String(chars)));
      }
      assertThat(hashes).as("strings of length %s", length).hasSize(length);
    }
  }
}
