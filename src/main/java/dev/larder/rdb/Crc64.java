package dev.larder.rdb;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The checksum of Redis' snapshots: CRC-64 with the polynomial of Jones, bits reflected, beginning
 * with 0 and not inverted at the end.
 *
 * <p>Takes eight bytes a step ("slicing by 8"): {@code TABLE[256 * n + b]} is what byte {@code b}
 * does to the checksum when {@code n} bytes follow it, and since a CRC is linear, the effects of
 * eight bytes can be looked up independently of each other and added.
 */
final class Crc64 {
  /** 0xad93d23594c935a9 read from the other end. */
  private static final long POLYNOMIAL = 0x95ac9329ac4bc9b5L;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long[] TABLE = table();

  private Crc64() {}

  /**
   * The checksum of some bytes and those behind them.
   *
   * @param crc of the bytes before; 0 if there are none
   */
  static long update(long crc, byte[] bytes, int from, int to) {
    long[] table = TABLE;
    int i = from;
    for (; i <= to - 8; i += 8) {
      long eight = crc ^ (long) LONGS.get(bytes, i);
      crc =
          table[7 * 256 + (int) (eight & 0xff)]
              ^ table[6 * 256 + (int) (eight >>> 8 & 0xff)]
              ^ table[5 * 256 + (int) (eight >>> 16 & 0xff)]
              ^ table[4 * 256 + (int) (eight >>> 24 & 0xff)]
              ^ table[3 * 256 + (int) (eight >>> 32 & 0xff)]
              ^ table[2 * 256 + (int) (eight >>> 40 & 0xff)]
              ^ table[256 + (int) (eight >>> 48 & 0xff)]
              ^ table[(int) (eight >>> 56)];
    }
    for (; i < to; i++) {
      crc = table[(int) (crc ^ bytes[i]) & 0xff] ^ crc >>> 8;
    }
    return crc;
  }

  private static long[] table() {
    long[] table = new long[8 * 256];
    for (int b = 0; b < 256; b++) {
      long crc = b;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ POLYNOMIAL;
      }
      table[b] = crc;
    }
    for (int i = 256; i < table.length; i++) {
      long before = table[i - 256];
      table[i] = table[(int) (before & 0xff)] ^ before >>> 8;
    }
    return table;
  }
}
