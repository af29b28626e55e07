package dev.larder.rdb;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads a snapshot of any Redis up to version 12 of the format (7.4), or of Valkey 9 (its version
 * 80). Strings are told to a visitor, and the keys and types of what is no string.
 *
 * <p>The visitor is told while the bytes are read, and so before the checksum is known to be right:
 * what it was told is worth nothing if an exception follows. Whatever the bytes are, it is an
 * {@link RdbException}, or one of the stream.
 *
 * <p>Reads ahead: the stream is behind {@link #position} afterwards.
 */
public final class RdbReader {
  private static final int MAGIC_LENGTH = 9;

  /** Of a type, a key and a value. */
  private static final int SHORTEST_ENTRY = 3;

  private final RdbInput in;
  private boolean valkey;

  /**
   * Reads this stream, which is not closed.
   *
   * @param size of what is to be read, or -1 if nobody knows; no more is taken from the stream
   * @param name that exceptions begin with
   */
  public RdbReader(InputStream stream, long size, String name) {
    this.in = new RdbInput(stream, size, name);
  }

  /** Where the next byte is: after reading, the one behind the snapshot. */
  public long position() {
    return in.position();
  }

  /** Reads a snapshot with nothing behind it. */
  public void read(RdbVisitor visitor) throws IOException {
    readHead(visitor);
    in.mark();
    if (!in.atEnd()) {
      throw in.error("nothing behind the checksum", "more bytes");
    }
  }

  /** Reads a snapshot that something else may follow, as in a log that begins with one. */
  public void readHead(RdbVisitor visitor) throws IOException {
    int version = readVersion();
    readContent(visitor);
    if (version >= Format.CHECKED_VERSION) {
      checkChecksum();
    } else {
      // No log ever began with so old a snapshot, but a damaged version would turn off the check.
      in.mark();
      if (!in.atEnd()) {
        throw in.error("nothing behind the end of version " + version, "more bytes");
      }
    }
  }

  private int readVersion() throws IOException {
    String expected = "'REDIS' or 'VALKEY' and a version";
    in.mark();
    byte[] bytes = in.bytes(MAGIC_LENGTH, expected);
    String magic = new String(bytes, StandardCharsets.ISO_8859_1);
    if (!magic.matches("REDIS\\d{4}|VALKEY\\d{3}")) {
      throw in.error(expected, printable(magic));
    }
    valkey = magic.startsWith("VALKEY");
    int version = Integer.parseInt(magic.substring(valkey ? 6 : 5));
    if (valkey
        ? version != Format.VALKEY_VERSION
        : version < 1 || version > Format.NEWEST_VERSION) {
      throw new RdbException(
          in.name()
              + (valkey ? " is of Valkey's RDB version " : " is of RDB version ")
              + version
              + ", this Larder reads "
              + (valkey ? Format.VALKEY_VERSION : "1 to " + Format.NEWEST_VERSION));
    }
    return version;
  }

  private static String printable(String magic) {
    StringBuilder text = new StringBuilder("'");
    for (int i = 0; i < magic.length(); i++) {
      char c = magic.charAt(i);
      if (c >= ' ' && c <= '~') {
        text.append(c);
      } else {
        text.append("\\x")
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      }
    }
    return text.append('\'').toString();
  }

  private void checkChecksum() throws IOException {
    long found = in.checksum();
    in.mark();
    long expected = in.little(Format.CHECKSUM_BYTES, "the checksum");
    // Redis writes 0 where it was told to have none.
    if (expected != 0 && expected != found) {
      throw in.error(
          "bytes of checksum " + Long.toHexString(expected), "some of " + Long.toHexString(found));
    }
  }

  /** What there is before the end. Use and idle time of a key belong to Redis' eviction. */
  private void readContent(RdbVisitor visitor) throws IOException {
    long deadline = RdbVisitor.ETERNAL;
    while (true) {
      in.mark();
      int type = in.oneByte("a type");
      switch (type) {
        case Format.STRING -> {
          byte[] key = in.text("a key");
          visitor.entry(key, in.text("a value"), deadline);
          deadline = RdbVisitor.ETERNAL;
        }
        case Format.DEADLINE_MILLIS -> deadline = in.little(Long.BYTES, "a deadline");
        case Format.DEADLINE_SECONDS ->
            deadline = 1000L * (int) in.little(Integer.BYTES, "a deadline");
        case Format.USE_FREQUENCY -> in.oneByte("how often a key was used");
        case Format.IDLE_SECONDS -> in.bits("how long a key was idle");
        case Format.DATABASE -> visitor.database(databaseNumber());
        case Format.SIZES -> {
          long entries = in.count("entries", SHORTEST_ENTRY);
          visitor.sizes(entries, in.count("entries with a deadline", SHORTEST_ENTRY));
        }
        case Format.AUX -> {
          String name = utf8(in.text("a name"));
          visitor.aux(name, utf8(in.text("the value of '" + name + "'")));
        }
        case Format.FUNCTION -> {
          in.skipText("a function library");
          visitor.unsupported("function", null);
        }
        case Format.FUNCTION_OF_CANDIDATE -> {
          ForeignValues.skipFunctionOfCandidate(in);
          visitor.unsupported("function", null);
        }
        case Format.MODULE_DATA ->
            visitor.unsupported("module data " + ForeignValues.skipModuleData(in), null);
        case Format.SLOT_INFO -> ForeignValues.skipSlotInfo(in);
        case Format.END -> {
          return;
        }
        default -> {
          if (valkey && type == Format.SLOT_IMPORT) {
            ForeignValues.skipSlotImport(in);
            visitor.unsupported("slot import", null);
          } else {
            readForeign(type, visitor);
            deadline = RdbVisitor.ETERNAL;
          }
        }
      }
    }
  }

  private int databaseNumber() throws IOException {
    long number = in.bits("the number of a database");
    if (number < 0 || number > Integer.MAX_VALUE) {
      throw in.error("a database from 0 to " + Integer.MAX_VALUE, Long.toUnsignedString(number));
    }
    return (int) number;
  }

  private void readForeign(int type, RdbVisitor visitor) throws IOException {
    ForeignValues values = ForeignValues.of(type, valkey);
    if (values == null) {
      throw in.error("a type that Larder knows", String.valueOf(type));
    }
    byte[] key = in.text("a key");
    String name = values.skip(in);
    visitor.unsupported(name, key);
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
