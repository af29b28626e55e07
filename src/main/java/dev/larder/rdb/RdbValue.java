package dev.larder.rdb;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * One string as {@code DUMP} gives it and {@code RESTORE} takes it: as in a snapshot, with the
 * version of the format and a checksum behind it.
 *
 * <pre>
 *   00 05 hello   09 00   8 bytes
 *   type, value   version checksum of all before; lowest byte first, both
 * </pre>
 */
public final class RdbValue {
  private static final int VERSION_BYTES = 2;
  private static final int FOOTER_BYTES = VERSION_BYTES + Format.CHECKSUM_BYTES;
  private static final int MAX_CAPACITY = 64 << 10;

  private RdbValue() {}

  /** What every Redis since 5.0 can restore this string from. */
  public static byte[] dump(byte[] value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(value.length / 2 + 32);
    RdbOutput out = new RdbOutput(bytes, true, Math.min(MAX_CAPACITY, value.length + 32));
    try {
      out.put(Format.STRING);
      out.putText(value);
      out.putLittle(Format.VERSION, VERSION_BYTES);
      out.putLittle(out.checksum(), Format.CHECKSUM_BYTES);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * The string that was dumped, by us or by another one. Bytes between it and the version are
   * ignored, as by Redis.
   *
   * @throws RdbException with the text of Redis' reply; or, with the type, if it is no string
   */
  public static byte[] restore(byte[] payload) throws RdbException {
    int length = payload.length - FOOTER_BYTES;
    if (length < 0 || !isVersion(little(payload, length, VERSION_BYTES)) || !isUndamaged(payload)) {
      throw new RdbException("DUMP payload version or checksum are wrong");
    }
    int type = length == 0 ? -1 : payload[0] & 0xff;
    if (type == Format.STRING) {
      try {
        return new RdbInput(new ByteArrayInputStream(payload, 1, length - 1), length - 1, "value")
            .text("a value");
      } catch (IOException e) {
        throw badFormat();
      }
    }
    boolean valkey = little(payload, length, VERSION_BYTES) == Format.VALKEY_VERSION;
    ForeignValues foreign = ForeignValues.of(type, valkey);
    if (foreign == null) {
      throw badFormat();
    }
    throw new RdbException("expected a string, found a " + foreign.typeName(), foreign.typeName());
  }

  private static RdbException badFormat() {
    return new RdbException("Bad data format");
  }

  private static boolean isVersion(long version) {
    return version <= Format.NEWEST_VERSION || version == Format.VALKEY_VERSION;
  }

  private static boolean isUndamaged(byte[] payload) {
    int end = payload.length - Format.CHECKSUM_BYTES;
    return little(payload, end, Format.CHECKSUM_BYTES) == Crc64.update(0, payload, 0, end);
  }

  private static long little(byte[] bytes, int from, int count) {
    long number = 0;
    for (int i = 0; i < count; i++) {
      number |= (bytes[from + i] & 0xffL) << 8 * i;
    }
    return number;
  }
}
