package dev.larder.persistence;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Records of changes as the bytes that the log has of them: RESP commands, one after the other.
 *
 * <pre>
 *   SET k v   SET k v PXAT t   DEL k   PEXPIREAT k t   PERSIST k   SWAPDB a b   FLUSHDB
 *   SELECT n          before a record whose database is not that of the one before
 *   MULTI ... EXEC    around records that are valid only together
 * </pre>
 *
 * <p>Small pieces are copied into chunks. An array of 16 KB or more is not copied but kept as it
 * is, so it must not be changed any more.
 *
 * <p>For one thread at a time.
 */
final class Records {
  /** No database: what is said of one next has to begin with SELECT. */
  static final int NO_DB = -1;

  /** From so many bytes on an array is kept instead of being copied. */
  private static final int SHARED = 16 * 1024;

  /** Chunks double up to here. */
  private static final int LARGEST_CHUNK = 64 * 1024;

  /** The longest header: a letter, 20 characters of a number, and the end of the line. */
  private static final int HEADER = 23;

  private static final byte[] SET = head(3, "SET");
  private static final byte[] SET_PXAT = head(5, "SET");
  private static final byte[] PXAT = ascii("$4\r\nPXAT\r\n");
  private static final byte[] DEL = head(2, "DEL");
  private static final byte[] PEXPIREAT = head(3, "PEXPIREAT");
  private static final byte[] PERSIST = head(2, "PERSIST");
  private static final byte[] SWAPDB = head(3, "SWAPDB");
  private static final byte[] FLUSHDB = head(1, "FLUSHDB");
  private static final byte[] SELECT = head(2, "SELECT");
  private static final byte[] MULTI = head(1, "MULTI");
  private static final byte[] EXEC = head(1, "EXEC");

  /** What is complete: parts of chunks, and arrays of others. */
  private final List<ByteBuffer> pieces = new ArrayList<>();

  /** The chunk being filled; {@code [start, end)} of it is not among the pieces yet. */
  private byte[] chunk;

  private int start;
  private int end;

  /** Bytes among the pieces. */
  private long sealed;

  private int firstDb = NO_DB;
  private int db = NO_DB;
  private int count;

  // as they were at the mark
  private int markedPieces;
  private byte[] markedChunk;
  private int markedStart;
  private int markedEnd;
  private long markedSealed;
  private int markedFirstDb;
  private int markedDb;
  private int markedCount;

  Records(int firstChunk) {
    chunk = new byte[firstChunk];
    markedChunk = chunk;
  }

  /** Before a record is added. */
  void mark() {
    markedPieces = pieces.size();
    markedChunk = chunk;
    markedStart = start;
    markedEnd = end;
    markedSealed = sealed;
    markedFirstDb = firstDb;
    markedDb = db;
    markedCount = count;
  }

  /** Takes back what was added since, which may be a part of a record: memory is short. */
  void takeBack() {
    for (int i = pieces.size() - 1; i >= markedPieces; i--) {
      pieces.remove(i);
    }
    chunk = markedChunk;
    start = markedStart;
    end = markedEnd;
    sealed = markedSealed;
    firstDb = markedFirstDb;
    db = markedDb;
    count = markedCount;
  }

  long size() {
    return sealed + (end - start);
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** The bytes, in order; valid until the next change. */
  List<ByteBuffer> pieces() {
    complete();
    return pieces;
  }

  /** Adds the checksum of all that is here; returns how many bytes that takes. */
  int seal() {
    CRC32C crc = new CRC32C();
    pieces.forEach(piece -> crc.update(piece.duplicate()));
    crc.update(chunk, start, end - start);
    put(Seal.of(crc));
    return Seal.LENGTH;
  }

  /** Forgets the bytes. The last chunk stays, so that usually nothing has to be allocated. */
  void clear() {
    pieces.clear();
    sealed = 0;
    start = 0;
    end = 0;
    if (chunk.length > LARGEST_CHUNK) {
      chunk = new byte[LARGEST_CHUNK];
    }
  }

  /** Goes on, in the same file, where these end. */
  void follow(Records before) {
    db = before.db;
  }

  // ---- The records

  void set(int db, byte[] key, byte[] value, long deadlineMillis) {
    begin(db);
    if (deadlineMillis == Long.MAX_VALUE) {
      put(SET);
      bulk(key);
      bulk(value);
    } else {
      put(SET_PXAT);
      bulk(key);
      bulk(value);
      put(PXAT);
      bulk(deadlineMillis);
    }
  }

  void delete(int db, byte[] key) {
    begin(db);
    put(DEL);
    bulk(key);
  }

  void expireAt(int db, byte[] key, long deadlineMillis) {
    begin(db);
    put(PEXPIREAT);
    bulk(key);
    bulk(deadlineMillis);
  }

  void persist(int db, byte[] key) {
    begin(db);
    put(PERSIST);
    bulk(key);
  }

  /** The databases that a reader has selected stay selected: the numbers are what is swapped. */
  void swap(int one, int other) {
    count++;
    put(SWAPDB);
    bulk(one);
    bulk(other);
  }

  void flush(int db) {
    begin(db);
    put(FLUSHDB);
  }

  /**
   * Adds the records of a group, which began with no database, so that they take effect together.
   * The group must not be used any more.
   */
  void group(Records group) {
    if (group.count > 1) {
      put(MULTI);
    }
    if (group.firstDb != NO_DB) {
      select(group.firstDb);
    }
    for (ByteBuffer piece : group.pieces()) {
      if (piece.remaining() >= SHARED) {
        share(piece);
      } else {
        put(piece);
      }
    }
    if (group.firstDb != NO_DB) {
      db = group.db;
    }
    if (group.count > 1) {
      put(EXEC);
    }
    count += group.count;
  }

  /** In a group the first database is only noted: whether it is to be selected depends on where. */
  void deferFirstSelect(int db) {
    if (firstDb == NO_DB) {
      firstDb = db;
      this.db = db;
    }
  }

  private void begin(int db) {
    count++;
    select(db);
  }

  private void select(int db) {
    if (this.db != db) {
      put(SELECT);
      bulk(db);
      this.db = db;
    }
  }

  // ---- Bytes

  private void bulk(byte[] bytes) {
    header('$', bytes.length);
    if (bytes.length >= SHARED) {
      share(ByteBuffer.wrap(bytes));
    } else {
      put(bytes);
    }
    room(2);
    lineEnd();
  }

  private void bulk(long number) {
    int length = digits(number);
    header('$', length);
    room(length + 2);
    number(number, length);
    lineEnd();
  }

  private void header(char letter, int number) {
    room(HEADER);
    chunk[end++] = (byte) letter;
    number(number, digits(number));
    lineEnd();
  }

  private void lineEnd() {
    chunk[end++] = '\r';
    chunk[end++] = '\n';
  }

  /** Writes on the negative side, the only one that holds all values. */
  private void number(long number, int length) {
    if (number < 0) {
      chunk[end] = '-';
    }
    int i = end + length;
    long rest = number < 0 ? number : -number;
    do {
      chunk[--i] = (byte) ('0' - rest % 10);
      rest /= 10;
    } while (rest != 0);
    end += length;
  }

  /** How many characters a number takes. */
  private static int digits(long number) {
    int length = number < 0 ? 2 : 1;
    for (long rest = number / 10; rest != 0; rest /= 10) {
      length++;
    }
    return length;
  }

  private void put(byte[] bytes) {
    room(bytes.length);
    System.arraycopy(bytes, 0, chunk, end, bytes.length);
    end += bytes.length;
  }

  private void put(ByteBuffer bytes) {
    int length = bytes.remaining();
    room(length);
    bytes.get(chunk, end, length);
    end += length;
  }

  private void room(int length) {
    if (chunk.length - end < length) {
      complete();
      chunk = new byte[Math.max(length, Math.min(LARGEST_CHUNK, 2 * chunk.length))];
      start = 0;
      end = 0;
    }
  }

  private void share(ByteBuffer bytes) {
    complete();
    pieces.add(bytes);
    sealed += bytes.remaining();
  }

  private void complete() {
    if (end > start) {
      pieces.add(ByteBuffer.wrap(chunk, start, end - start));
      sealed += end - start;
      start = end;
    }
  }

  private static byte[] head(int words, String name) {
    return ascii("*" + words + "\r\n$" + name.length() + "\r\n" + name + "\r\n");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
