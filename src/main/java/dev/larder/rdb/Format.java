package dev.larder.rdb;

/**
 * The numbers of the format, which are Redis' own.
 *
 * <pre>
 *   "REDIS" 4 digits   or "VALKEY" 3 digits: the version
 *   AUX name value     who wrote it, any number of times
 *   SELECTDB number
 *   RESIZEDB entries, of these with a deadline
 *   EXPIRETIME_MS 8 bytes    only if there is one
 *   type key value     any number of times
 *   EOF
 *   8 bytes            checksum of all before, lowest byte first; since version 5
 * </pre>
 *
 * A length is written by its size, highest byte first; a text is a length and so many bytes, or is
 * encoded:
 *
 * <pre>
 *   00nnnnnn                     a length below 64
 *   01nnnnnn 1 byte              below 16384
 *   10000000 4 bytes
 *   10000001 8 bytes
 *   11000000 1 byte              the decimal text of a signed number, lowest byte first
 *   11000001 2 bytes
 *   11000010 4 bytes
 *   11000011 length length bytes a text compressed by LZF: lengths now and before, and it
 * </pre>
 */
final class Format {
  static final int VERSION = 9;
  static final int NEWEST_VERSION = 12;
  static final int VALKEY_VERSION = 80;

  /** The first version that has a checksum. */
  static final int CHECKED_VERSION = 5;

  static final int CHECKSUM_BYTES = 8;

  static final int SLOT_IMPORT = 243;
  static final int SLOT_INFO = 244;
  static final int FUNCTION = 245;
  static final int FUNCTION_OF_CANDIDATE = 246;
  static final int MODULE_DATA = 247;
  static final int IDLE_SECONDS = 248;
  static final int USE_FREQUENCY = 249;
  static final int AUX = 250;
  static final int SIZES = 251;
  static final int DEADLINE_MILLIS = 252;
  static final int DEADLINE_SECONDS = 253;
  static final int DATABASE = 254;
  static final int END = 255;

  /** The type of the only values that are kept; the others are in {@link ForeignValues}. */
  static final int STRING = 0;

  static final int LENGTH_OF_14_BITS = 0x40;
  static final int LENGTH_OF_32_BITS = 0x80;
  static final int LENGTH_OF_64_BITS = 0x81;
  static final int ENCODED = 0xc0;

  static final int INT8 = 0;
  static final int INT16 = 1;
  static final int INT32 = 2;
  static final int LZF = 3;

  private Format() {}
}
