package dev.larder.rdb;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes a snapshot: {@code begin}, facts, and for every database its number, its sizes and its
 * entries, {@code end}. Nothing is checked of that order, and not that no key comes twice in a
 * database, which makes Redis refuse the whole.
 *
 * <p>Has a buffer of its own. After an exception what was written is of no use.
 */
public final class RdbWriter {
  private static final int CAPACITY = 128 << 10;

  private final RdbOutput out;

  /**
   * A snapshot that goes to this stream, which is not closed.
   *
   * @param compress whether texts of more than 20 bytes are compressed, where that makes them
   *     shorter
   */
  public RdbWriter(OutputStream out, boolean compress) {
    this.out = new RdbOutput(out, compress, CAPACITY);
  }

  /** The head of the file. */
  public void begin() throws IOException {
    byte[] magic = ("REDIS000" + Format.VERSION).getBytes(StandardCharsets.US_ASCII);
    out.putBytes(magic, 0, magic.length);
  }

  /** A fact about the snapshot. Readers ignore those that they do not know. */
  public void aux(String name, String value) throws IOException {
    out.put(Format.AUX);
    out.putText(name.getBytes(StandardCharsets.UTF_8));
    out.putText(value.getBytes(StandardCharsets.UTF_8));
  }

  /** What follows belongs to this database, until the next one. */
  public void database(int number) throws IOException {
    out.put(Format.DATABASE);
    out.putLength(number);
  }

  /** A hint how many entries the database has, and how many of them have a deadline. */
  public void sizes(long entries, long withDeadline) throws IOException {
    out.put(Format.SIZES);
    out.putLength(entries);
    out.putLength(withDeadline);
  }

  /**
   * One entry.
   *
   * @param deadlineMillis milliseconds since 1970, or {@link RdbVisitor#ETERNAL}
   */
  public void entry(byte[] key, byte[] value, long deadlineMillis) throws IOException {
    if (deadlineMillis != RdbVisitor.ETERNAL) {
      out.put(Format.DEADLINE_MILLIS);
      out.putLittle(deadlineMillis, Long.BYTES);
    }
    out.put(Format.STRING);
    out.putText(key);
    out.putText(value);
  }

  /** The end of the file; all that was written has then gone to the stream, which was flushed. */
  public void end() throws IOException {
    out.put(Format.END);
    out.putLittle(out.checksum(), Format.CHECKSUM_BYTES);
    out.flush();
  }

  /** How many bytes the snapshot has so far. */
  public long written() {
    return out.written();
  }
}
