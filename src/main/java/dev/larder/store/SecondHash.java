package dev.larder.store;

import java.util.Random;
import java.util.UUID;

/**
 * A hash of keys that a stranger cannot predict, for buckets that the first hash overfills.
 *
 * <p>{@code String.hashCode} is public, and a hundred thousand strings of equal hash are made in a
 * moment; sent over the socket they would turn a bucket into one long chain. Here a string is
 * hashed with SipHash-1-3 under a random seed. Keys of other types that a socket can create are
 * mixed with the seed; a key of any other class is only as good as its own {@code hashCode}.
 */
final class SecondHash {
  private final long k0;
  private final long k1;

  SecondHash(Random random) {
    this.k0 = random.nextLong();
    this.k1 = random.nextLong();
  }

  int of(Object key) {
    if (key instanceof String string) {
      return sip(string);
    }
    if (key instanceof Long number) {
      return mix(number);
    }
    if (key instanceof UUID uuid) {
      return mix(
          uuid.getMostSignificantBits()
              ^ Integer.toUnsignedLong(mix(uuid.getLeastSignificantBits())));
    }
    return mix(key.hashCode());
  }

  private int mix(long value) {
    long h = (value ^ k0) * 0xff51afd7ed558ccdL;
    h = ((h ^ h >>> 33) + k1) * 0xc4ceb9fe1a85ec53L;
    return (int) (h ^ h >>> 32);
  }

  /** SipHash-1-3 (Aumasson, Bernstein) over the chars, four to a word. */
  private int sip(String string) {
    long[] v = {
      k0 ^ 0x736f6d6570736575L,
      k1 ^ 0x646f72616e646f6dL,
      k0 ^ 0x6c7967656e657261L,
      k1 ^ 0x7465646279746573L
    };
    int length = string.length();
    // one more round of the loop than there are whole words: the last takes the rest and the length
    for (int i = 0; i <= length / 4; i++) {
      long word = i == length / 4 ? (long) length << 56 : 0;
      for (int j = 4 * i; j < Math.min(4 * i + 4, length); j++) {
        word ^= (long) string.charAt(j) << 16 * (j & 3);
      }
      v[3] ^= word;
      round(v);
      v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++) {
      round(v);
    }
    long h = v[0] ^ v[1] ^ v[2] ^ v[3];
    return (int) (h ^ h >>> 32);
  }

  private static void round(long[] v) {
    v[0] += v[1];
    v[2] += v[3];
    v[1] = Long.rotateLeft(v[1], 13) ^ v[0];
    v[3] = Long.rotateLeft(v[3], 16) ^ v[2];
    v[0] = Long.rotateLeft(v[0], 32);
    v[2] += v[1];
    v[0] += v[3];
    v[1] = Long.rotateLeft(v[1], 17) ^ v[2];
    v[3] = Long.rotateLeft(v[3], 21) ^ v[0];
    v[2] = Long.rotateLeft(v[2], 32);
  }
}
