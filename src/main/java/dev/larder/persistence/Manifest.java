package dev.larder.persistence;

import dev.larder.PersistenceException;
import dev.larder.protocol.ProtocolException;
import dev.larder.protocol.Request;
import dev.larder.protocol.RequestLimits;
import dev.larder.protocol.RequestReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Says which files the log consists of, and in which order they are loaded. The file is called
 * {@code appendonly.aof.manifest} and lies among them:
 *
 * <pre>
 *   file appendonly.aof.2.base.rdb seq 2 type b      all entries at one moment; at most one
 *   file appendonly.aof.1.incr.aof seq 1 type h      has been replaced, and is to be deleted
 *   file appendonly.aof.3.incr.aof seq 3 type i      what changed since then, numbers ascending
 *   file appendonly.aof.4.incr.aof seq 4 type i
 * </pre>
 *
 * <p>A name with blanks or other odd bytes is in quotes, as in a line that is typed. Lines that
 * begin with {@code #} are skipped, and so are pairs of words whose first is not known. A name is
 * that of a file in the same directory; one that leads elsewhere is refused. The last line is a
 * {@linkplain Seal checksum} of the others.
 *
 * @param base null if there is none
 * @param history what a Redis has not come to delete; we never write such lines
 */
record Manifest(@Nullable Part base, List<Part> history, List<Part> increments) {
  /** Of a log that has no files yet. */
  static final Manifest EMPTY = new Manifest(null, List.of(), List.of());

  /** Redis reads no longer lines. */
  private static final int LONGEST_LINE = 1024;

  private static final String SUFFIX = ".manifest";

  /** One of the files. */
  record Part(String name, long seq) {}

  Manifest {
    history = List.copyOf(history);
    increments = List.copyOf(increments);
  }

  static Path path(Path directory, String logName) {
    return directory.resolve(logName + SUFFIX);
  }

  /** The file of a base; it need not be there yet. */
  static Part base(String logName, long seq) {
    return new Part(logName + "." + seq + ".base.rdb", seq);
  }

  /** The same for an increment. */
  static Part increment(String logName, long seq) {
    return new Part(logName + "." + seq + ".incr.aof", seq);
  }

  /** Tells the names that files of this log have, whether a manifest names them or not. */
  static Predicate<String> partsOf(String logName) {
    return Pattern.compile(Pattern.quote(logName) + "\\.[0-9]+\\.(base|incr)\\.(rdb|aof)")
        .asMatchPredicate();
  }

  boolean isEmpty() {
    return base == null && increments.isEmpty();
  }

  /** All files that are to be loaded, in that order. */
  List<Part> parts() {
    List<Part> parts = new ArrayList<>(increments);
    if (base != null) {
      parts.add(0, base);
    }
    return parts;
  }

  /** The highest number of an increment, 0 if there is none. */
  long lastSeq() {
    return increments.isEmpty() ? 0 : increments.get(increments.size() - 1).seq();
  }

  Manifest withIncrement(Part increment) {
    List<Part> more = new ArrayList<>(increments);
    more.add(increment);
    return new Manifest(base, history, more);
  }

  // ---- Writing

  /**
   * Writes it in place of the one that is there. If this fails, either may be there afterwards: the
   * files of both are needed until it has been written again.
   */
  void write(Disk disk, Path directory, String logName) throws IOException {
    Path temporary = directory.resolve("temp-" + logName + SUFFIX);
    try (Disk.Output out = disk.create(temporary)) {
      byte[] lines = toString().getBytes(StandardCharsets.US_ASCII);
      CRC32C crc = new CRC32C();
      crc.update(lines);
      ByteBuffer all = ByteBuffer.allocate(lines.length + Seal.LENGTH);
      out.write(all.put(lines).put(Seal.of(crc)).flip(), 0);
      out.force();
    }
    disk.replace(temporary, path(directory, logName));
    disk.forceDirectory(directory);
  }

  /** What is in the file, but for the history and the checksum. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    if (base != null) {
      line(text, base, 'b');
    }
    for (Part increment : increments) {
      line(text, increment, 'i');
    }
    return text.toString();
  }

  private static void line(StringBuilder text, Part part, char type) {
    text.append("file ").append(word(part.name()));
    text.append(" seq ").append(part.seq()).append(" type ").append(type).append('\n');
  }

  /** A name as it is or, if a reader could take it for something else, in quotes. */
  private static String word(String name) {
    if (name.matches("[A-Za-z0-9._+,:@%=~^(){}-]+")) {
      return name;
    }
    StringBuilder quoted = new StringBuilder("\"");
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      if (b == '"' || b == '\\') {
        quoted.append('\\').append((char) b);
      } else if (b >= ' ' && b < 0x7f) {
        quoted.append((char) b);
      } else {
        quoted.append("\\x").append(Character.forDigit((b >> 4) & 15, 16));
        quoted.append(Character.forDigit(b & 15, 16));
      }
    }
    return quoted.append('"').toString();
  }

  // ---- Reading

  /**
   * Reads it.
   *
   * @return {@link #EMPTY} if there is none
   * @throws PersistenceException if it is not what it should be; says in which line
   */
  static Manifest read(Disk disk, Path directory, String logName) {
    Path path = path(directory, logName);
    if (!disk.exists(path)) {
      return EMPTY;
    }
    byte[] bytes;
    try (InputStream in = disk.read(path)) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new PersistenceException("reading " + path + " failed: " + Failures.reason(e), e);
    }
    return new Parser(path).parse(bytes);
  }

  /** Goes through the lines of one file. */
  private static final class Parser {
    private final Path path;
    private int number;
    private @Nullable Part base;
    private final List<Part> history = new ArrayList<>();
    private final List<Part> increments = new ArrayList<>();
    private final Set<String> names = new HashSet<>();

    Parser(Path path) {
      this.path = path;
    }

    Manifest parse(byte[] bytes) {
      int start = 0;
      for (int i = 0; i < bytes.length; i++) {
        if (bytes[i] == '\n') {
          number++;
          line(bytes, start, i);
          start = i + 1;
        }
      }
      number++;
      if (start < bytes.length) {
        throw bad("the line to end", "the end of the file");
      }
      if (bytes.length == 0) {
        throw bad("files", "nothing");
      }
      return new Manifest(base, history, increments);
    }

    private void line(byte[] bytes, int start, int end) {
      if (bytes[start] == '#') {
        requireSeal(bytes, start, end);
        return;
      }
      if (end - start >= LONGEST_LINE) {
        throw bad("at most " + LONGEST_LINE + " bytes", (end - start) + " bytes");
      }
      String name = null;
      long seq = 0;
      String type = "";
      List<String> words = words(bytes, start, end);
      if (words.size() < 6 || words.size() % 2 != 0) {
        throw bad("'file NAME seq NUMBER type LETTER'", words.size() + " words");
      }
      for (int i = 0; i < words.size(); i += 2) {
        String value = words.get(i + 1);
        if (words.get(i).equalsIgnoreCase("file")) {
          name = requireName(value);
        } else if (words.get(i).equalsIgnoreCase("seq")) {
          seq = requireNumber(value);
        } else if (words.get(i).equalsIgnoreCase("type")) {
          type = value;
        }
      }
      if (name == null || seq == 0 || type.isEmpty()) {
        throw bad("'file NAME seq NUMBER type LETTER'", String.join(" ", words));
      }
      add(new Part(name, seq), type);
    }

    /** If the line has a checksum, what is before it must have that. */
    private void requireSeal(byte[] bytes, int start, int end) {
      String line =
          new String(bytes, start, end - start, StandardCharsets.US_ASCII).stripTrailing();
      if (Seal.is(line)) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, start);
        String fault = Seal.fault(line, crc.getValue());
        if (fault != null) {
          throw new PersistenceException(
              path + ", line " + number + ": " + fault + " of what is above");
        }
      }
    }

    private void add(Part part, String type) {
      if (!names.add(part.name())) {
        throw bad("each file once", "'" + part.name() + "' again");
      }
      switch (type) {
        case "b" -> {
          if (base != null) {
            throw bad("one file of type b", "'" + part.name() + "' after '" + base.name() + "'");
          }
          base = part;
        }
        case "h" -> history.add(part);
        case "i" -> {
          long last = increments.isEmpty() ? 0 : increments.get(increments.size() - 1).seq();
          if (part.seq() <= last) {
            throw bad("a number above " + last, "seq " + part.seq());
          }
          increments.add(part);
        }
        default -> throw bad("type b, h or i", "'" + type + "'");
      }
    }

    private String requireName(String name) {
      boolean odd = name.chars().anyMatch(c -> c == '/' || c == '\\' || c < ' ');
      if (name.isEmpty() || odd || name.equals(".") || name.equals("..")) {
        throw bad("the name of a file in the same directory", "'" + name + "'");
      }
      return name;
    }

    private long requireNumber(String digits) {
      // One less digit than the longest long has, so that there is always a next number.
      if (!digits.matches("[0-9]{1,18}") || Long.parseLong(digits) == 0) {
        throw bad("a number above 0", "seq '" + digits + "'");
      }
      return Long.parseLong(digits);
    }

    /** The words of a line, taken apart as if it were typed by a client. */
    private List<String> words(byte[] bytes, int start, int end) {
      byte[] line = new byte[end - start + 1];
      System.arraycopy(bytes, start, line, 0, end - start);
      line[end - start] = '\n';
      List<String> words = new ArrayList<>();
      RequestLimits limits = RequestLimits.forHeap(Runtime.getRuntime().maxMemory());
      Request request = new Request();
      try {
        if (line[0] != '*'
            && new RequestReader(limits, true).read(ByteBuffer.wrap(line), request)) {
          for (int i = 0; i < request.count(); i++) {
            ByteBuffer word = ByteBuffer.wrap(request.bytes(i));
            words.add(StandardCharsets.UTF_8.newDecoder().decode(word).toString());
          }
        }
      } catch (ProtocolException e) {
        throw bad("words", "quotes that do not end");
      } catch (CharacterCodingException e) {
        throw bad("UTF-8", "other bytes");
      }
      return words;
    }

    private PersistenceException bad(String expected, String found) {
      return new PersistenceException(
          path
              + ", line "
              + number
              + ": expected "
              + expected
              + ", found "
              + Failures.shown(found));
    }
  }
}
