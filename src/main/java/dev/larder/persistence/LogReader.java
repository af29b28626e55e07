package dev.larder.persistence;

import dev.larder.PersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads one file of a log: commands in RESP, one after the other, with lines that begin with {@code
 * #} between them.
 *
 * <pre>
 *   *2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n
 *   #TS:1700000000\r\n
 *   *3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n
 * </pre>
 *
 * <p>{@link #check} goes through it first and finds where the last whole command ends, those
 * between MULTI and EXEC being one. What follows there is either
 *
 * <ul>
 *   <li><i>truncated</i>: the file ends before the command does, as it does when the process ended
 *       while writing. So is a tail of zero bytes, which file systems leave after a power cut;
 *   <li>or <i>corrupt</i>: something that is no command, with more behind it.
 * </ul>
 *
 * A length that is wrong looks like a missing end if it leads beyond the file. So the bytes behind
 * are searched for the head of a command; if there is one, the file is corrupt. A value that itself
 * has such bytes in it, and whose end is missing, is then taken for corrupt too: nothing is cut off
 * unasked. If something else than a command begins where one ended, its own count or length may be
 * what is wrong, so that one is not taken for good either.
 *
 * <p>What cannot be noticed in a log of Redis': a changed byte within a word, a length that happens
 * to lead to the end of another word, an EXEC that has become another word (all from its MULTI on
 * is then truncated). The messages say how much would be lost.
 *
 * <p>One command at a time is in memory, and no more is allocated for it than the file has bytes.
 */
final class LogReader {
  /** How a file ends. */
  enum Ending {
    WHOLE,
    TRUNCATED,
    CORRUPT
  }

  /**
   * What {@link #check} found.
   *
   * @param good where the last whole command ends
   * @param size of the file
   * @param message what is wrong and what would be lost; empty if nothing
   */
  record Check(long good, long size, Ending ending, String message) {}

  /** Takes what is read. */
  interface Sink {
    /**
     * Takes a command.
     *
     * @param offset of its first byte
     * @param words at least one
     */
    void command(long offset, List<byte[]> words);

    /** Takes a line that begins with {@code #}, without its end. */
    default void annotation(long offset, String line) {}
  }

  private static final int BUFFER = 64 * 1024;

  /** Redis reads no longer ones. */
  private static final int LONGEST_ANNOTATION = 128;

  /** The largest array that every JVM makes. */
  private static final long LARGEST_WORD = Integer.MAX_VALUE - 8;

  /** A word without bytes: {@code $0}, and twice the end of the line. */
  private static final int SHORTEST_WORD = 6;

  /** Names of commands are not longer. */
  private static final int LONGEST_NAME = 32;

  private static final List<String> SNAPSHOTS = List.of("REDIS", "VALKEY");

  private final Disk disk;
  private final Path file;

  LogReader(Disk disk, Path file) {
    this.disk = disk;
    this.file = file;
  }

  /** Whether the file begins with a snapshot; the commands then follow that. */
  boolean beginsWithSnapshot() {
    try (InputStream in = disk.read(file)) {
      String head = new String(in.readNBytes(6), StandardCharsets.ISO_8859_1);
      return SNAPSHOTS.stream().anyMatch(head::startsWith);
    } catch (IOException e) {
      throw failed("reading", file, e);
    }
  }

  /**
   * Looks for the end of the last whole command.
   *
   * @param from where the first one begins
   * @throws PersistenceException if the file cannot be read
   */
  Check check(long from) {
    try {
      long size = disk.size(file);
      try (Source source = new Source(from, size)) {
        return check(source, size);
      }
    } catch (IOException e) {
      throw failed("reading", file, e);
    }
  }

  private Check check(Source source, long size) throws IOException {
    long group = -1; // where the open MULTI is
    long before = source.offset; // where the last whole command, or group, began
    long begin = before;
    try {
      while (source.peek() >= 0) {
        begin = source.offset;
        String name = source.command(null);
        if (source.fault != null) {
          throw new Malformed(source.checkedFrom, source.fault + " of these bytes");
        }
        if (name.equals("MULTI")) {
          if (group >= 0) {
            throw new Malformed(begin, "expected EXEC, found another MULTI", false);
          }
          group = begin;
        } else if (name.equals("EXEC")) {
          if (group < 0) {
            throw new Malformed(begin, "expected MULTI, found EXEC", false);
          }
          begin = group;
          group = -1;
        }
        before = begin;
      }
    } catch (Malformed e) {
      boolean truncated =
          (e.isEnd || zeroesFrom(e.offset, size)) && !commandAfter(begin, size) && !isSealed(size);
      boolean doubtful = !truncated && e.offset == begin;
      long good = e.isDamage ? e.offset : group >= 0 ? group : doubtful ? before : begin;
      return check(good, size, truncated, e.offset, String.valueOf(e.getMessage()));
    }
    return group >= 0
        ? check(group, size, true, group, "expected EXEC after MULTI, found the end")
        : new Check(size, size, Ending.WHOLE, "");
  }

  private Check check(long good, long size, boolean truncated, long offset, String what) {
    String message =
        String.format(
            Locale.ROOT,
            "%s, byte %d: %s; %s the %,d bytes from byte %d on",
            file,
            offset,
            what,
            truncated ? "the file is cut short, and without its end go" : "lost would be",
            size - good,
            good);
    return new Check(good, size, truncated ? Ending.TRUNCATED : Ending.CORRUPT, message);
  }

  /**
   * Reads the commands of a part that {@link #check} has found good.
   *
   * @throws PersistenceException if it is not good any more
   */
  void read(long from, long to, Sink sink) {
    try (Source source = new Source(from, to)) {
      while (source.peek() >= 0) {
        source.command(sink);
      }
    } catch (Malformed e) {
      throw new PersistenceException(file + ", byte " + e.offset + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw failed("reading", file, e);
    }
  }

  /** Whether the file ends with a checksum, and so is not cut short. */
  private boolean isSealed(long size) throws IOException {
    if (size < Seal.LENGTH) {
      return false;
    }
    try (InputStream in = disk.read(file)) {
      in.skipNBytes(size - Seal.LENGTH);
      String end = new String(in.readNBytes(Seal.LENGTH), StandardCharsets.ISO_8859_1);
      return end.endsWith("\r\n") && Seal.is(end.stripTrailing());
    }
  }

  /** Whether there is nothing but zero bytes from here to the end. */
  private boolean zeroesFrom(long offset, long size) throws IOException {
    try (Source source = new Source(offset, size)) {
      int next = source.next();
      while (next == 0) {
        next = source.next();
      }
      return next < 0;
    }
  }

  /**
   * Whether behind the beginning of a command that does not end there is the head of another one:
   * the end of a line, a count, and a short word of letters.
   */
  private boolean commandAfter(long begin, long size) throws IOException {
    String head = "\r\n*d\r\n$d\r\nw\r\n";
    try (Source source = new Source(Math.min(size, begin + 1), size)) {
      int matched = 0; // how far into the head, where d is digits and w is letters
      int repeats = 0;
      for (int next = source.next(); next >= 0; next = source.next()) {
        char expected = head.charAt(matched);
        boolean more =
            switch (expected) {
              case 'd' -> next >= '0' && next <= '9';
              case 'w' -> (next | 0x20) >= 'a' && (next | 0x20) <= 'z';
              default -> next == expected;
            };
        if (more && (expected == 'd' || expected == 'w')) {
          more = ++repeats <= LONGEST_NAME;
        } else if (!more && repeats > 0 && next == '\r') {
          matched++;
          repeats = 0;
          more = true;
        }
        if (!more) {
          matched = next == '\r' ? 1 : 0;
          repeats = 0;
        } else if (repeats == 0 && ++matched == head.length()) {
          return true;
        }
      }
      return false;
    }
  }

  // ---- What to do with a bad end

  /**
   * Cuts off what follows the good part, for ever.
   *
   * @throws PersistenceException if that fails
   */
  static void cut(Disk disk, Path file, long good) {
    try {
      disk.truncate(file, good);
    } catch (IOException e) {
      throw failed("cutting", file, e);
    }
  }

  /**
   * Moves what follows the good part to another file beside, {@code NAME.corrupt-1} or the next
   * number that is free.
   *
   * @return that file
   * @throws PersistenceException if that fails; nothing has been cut off then
   */
  static Path setAside(Disk disk, Path file, long good) {
    try {
      int number = 1;
      Path aside = file.resolveSibling(file.getFileName() + ".corrupt-" + number);
      while (disk.exists(aside)) {
        number++;
        aside = file.resolveSibling(file.getFileName() + ".corrupt-" + number);
      }
      try (InputStream in = disk.read(file);
          Disk.Output out = disk.create(aside)) {
        in.skipNBytes(good);
        byte[] buffer = new byte[BUFFER];
        long at = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          out.write(ByteBuffer.wrap(buffer, 0, read), at);
          at += read;
        }
        out.force();
      }
      disk.forceDirectory(Objects.requireNonNull(aside.toAbsolutePath().getParent()));
      disk.truncate(file, good);
      return aside;
    } catch (IOException e) {
      throw failed("setting aside the end of", file, e);
    }
  }

  private static PersistenceException failed(String doing, Path file, IOException e) {
    return new PersistenceException(doing + " " + file + " failed: " + Failures.reason(e), e);
  }

  // ---- Bytes

  /** Says what is wrong, and where. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1L;

    final long offset;

    /** Whether nothing is wrong but that the file ends. */
    final boolean isEnd;

    /** Whether bytes from the offset on were changed, who knows which. */
    final boolean isDamage;

    Malformed(long offset, String message, boolean isEnd) {
      super(message, null, false, false);
      this.offset = offset;
      this.isEnd = isEnd;
      this.isDamage = false;
    }

    /** What is wrong with bytes that had a checksum. */
    Malformed(long offset, String message) {
      super(message, null, false, false);
      this.offset = offset;
      this.isEnd = false;
      this.isDamage = true;
    }
  }

  /** A part of the file, with a place in it. */
  private final class Source implements AutoCloseable {
    private final InputStream in;
    private final long end;
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int filled;

    /** Of the next byte. */
    long offset;

    /** Where the bytes begin that the next checksum is of; what was wrong with the last one. */
    long checkedFrom;

    @Nullable String fault;
    private final CRC32C crc = new CRC32C();
    private int summed; // of the buffer, up to here

    Source(long from, long end) throws IOException {
      this.end = end;
      offset = from;
      checkedFrom = from;
      in = disk.read(file);
      try {
        in.skipNBytes(from);
      } catch (IOException e) {
        in.close();
        throw e;
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }

    /** The next byte, which stays; -1 at the end. */
    int peek() throws IOException {
      if (offset >= end) {
        return -1;
      }
      if (at == filled) {
        sum();
        at = 0;
        summed = 0;
        filled = Math.max(0, in.read(buffer));
        if (filled == 0) {
          return -1;
        }
      }
      return buffer[at] & 0xff;
    }

    /** Adds what was taken from the buffer to the checksum. */
    private void sum() {
      crc.update(buffer, summed, at - summed);
      summed = at;
    }

    int next() throws IOException {
      int next = peek();
      if (next >= 0) {
        at++;
        offset++;
      }
      return next;
    }

    /**
     * Reads a command or a line.
     *
     * @param sink null to pass over it
     * @return its name in upper case if that is short, else any text; nothing for a line
     */
    String command(@Nullable Sink sink) throws IOException, Malformed {
      long begin = offset;
      if (peek() == '#') {
        sum();
        long before = crc.getValue();
        String line = annotation();
        if (Seal.is(line)) {
          fault = Seal.fault(line, before);
          crc.reset();
          summed = at;
          checkedFrom = fault == null ? offset : checkedFrom;
        }
        if (sink != null) {
          sink.annotation(begin, line);
        }
        return "";
      }
      expect('*');
      long count = number();
      if (count == 0) {
        throw new Malformed(begin, "expected a command of at least 1 word, found 0", false);
      }
      if (count > (end - offset) / SHORTEST_WORD) {
        throw new Malformed(
            begin, "expected " + count + " words, found " + (end - offset) + " bytes", true);
      }
      List<byte[]> words = new ArrayList<>();
      String name = "";
      for (long i = 0; i < count; i++) {
        long length = length();
        if (sink != null || (i == 0 && length <= LONGEST_NAME)) {
          byte[] word = word((int) length);
          words.add(word);
          if (i == 0) {
            name = new String(word, StandardCharsets.ISO_8859_1).toUpperCase(Locale.ROOT);
          }
        } else {
          skip(length);
          name = i == 0 ? "?" : name;
        }
        expect('\r');
        expect('\n');
      }
      if (sink != null) {
        sink.command(begin, words);
      }
      return name.isEmpty() ? "?" : name;
    }

    /** The length of the next word; that many bytes, and an end of the line, are there. */
    private long length() throws IOException, Malformed {
      expect('$');
      long begin = offset;
      long length = number();
      if (length > LARGEST_WORD) {
        throw new Malformed(
            begin, "expected a length up to " + LARGEST_WORD + ", found " + length, false);
      }
      if (length > end - offset - 2) {
        throw new Malformed(begin, "expected " + length + " bytes, found " + (end - offset), true);
      }
      return length;
    }

    /** Digits, and the end of the line. */
    private long number() throws IOException, Malformed {
      long number = 0;
      int digits = 0;
      while (peek() >= '0' && peek() <= '9' && digits < 12) {
        number = number * 10 + (next() - '0');
        digits++;
      }
      if (digits == 0) {
        throw unexpected("a digit");
      }
      expect('\r');
      expect('\n');
      return number;
    }

    private String annotation() throws IOException, Malformed {
      long begin = offset;
      StringBuilder line = new StringBuilder();
      for (int next = next(); next != '\n'; next = next()) {
        if (next < 0) {
          throw new Malformed(offset, "expected the line to end, found the end", true);
        }
        if (line.length() == LONGEST_ANNOTATION) {
          throw new Malformed(
              begin, "expected a line of at most " + LONGEST_ANNOTATION + " bytes", false);
        }
        line.append((char) next);
      }
      return line.toString().stripTrailing();
    }

    private byte[] word(int length) throws IOException, Malformed {
      byte[] word = new byte[length];
      int read = Math.min(length, filled - at);
      System.arraycopy(buffer, at, word, 0, read);
      at += read;
      offset += read;
      int rest = in.readNBytes(word, read, length - read);
      if (rest > 0) {
        sum();
        crc.update(word, read, rest);
      }
      offset += rest;
      if (read + rest < length) {
        throw new Malformed(offset, "expected " + length + " bytes, found the end", true);
      }
      return word;
    }

    private void skip(long length) throws IOException {
      long left = length;
      while (left > 0 && peek() >= 0) {
        int taken = (int) Math.min(left, filled - at);
        at += taken;
        offset += taken;
        left -= taken;
      }
    }

    private void expect(char expected) throws IOException, Malformed {
      if (peek() != expected) {
        String end = expected == '\r' || expected == '\n' ? "the end of the line" : null;
        throw unexpected(end == null ? "'" + expected + "'" : end);
      }
      next();
    }

    private Malformed unexpected(String expected) throws IOException {
      int found = peek();
      String what =
          found < 0
              ? "the end"
              : found > ' ' && found < 0x7f
                  ? "'" + (char) found + "'"
                  : String.format(Locale.ROOT, "0x%02x", found);
      return new Malformed(offset, "expected " + expected + ", found " + what, found < 0);
    }
  }
}
