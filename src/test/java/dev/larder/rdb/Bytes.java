package dev.larder.rdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Snapshots that are built byte by byte, and what a reader tells of them. */
final class Bytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  static Bytes of(String magic) {
    return new Bytes().ascii(magic);
  }

  /** One of ours: what is written is between the head and the end. */
  static byte[] snapshot(boolean compress, Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RdbWriter writer = new RdbWriter(out, compress);
    writer.begin();
    content.writeTo(writer);
    writer.end();
    assertThat(writer.written()).isEqualTo(out.size());
    return out.toByteArray();
  }

  interface Content {
    void writeTo(RdbWriter writer) throws IOException;
  }

  /** Bytes in hex, with blanks where one likes. */
  Bytes hex(String hex) {
    bytes.writeBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    return this;
  }

  Bytes ascii(String text) {
    bytes.writeBytes(latin(text));
    return this;
  }

  Bytes raw(byte[] some) {
    bytes.writeBytes(some);
    return this;
  }

  /** A short text behind its length. */
  Bytes text(String text) {
    bytes.write(text.length());
    return ascii(text);
  }

  byte[] done() {
    return bytes.toByteArray();
  }

  /** With the end and no checksum. */
  byte[] unchecked() {
    return hex("ff 0000000000000000").done();
  }

  /** With the end and the right checksum. */
  byte[] checked() {
    hex("ff");
    byte[] before = done();
    long crc = Long.reverseBytes(Crc64.update(0, before, 0, before.length));
    return hex(HexFormat.of().toHexDigits(crc)).done();
  }

  static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static List<String> read(byte[] snapshot) throws IOException {
    List<String> log = new ArrayList<>();
    reader(snapshot).read(new Log(log));
    return log;
  }

  static RdbReader reader(byte[] snapshot) {
    return new RdbReader(new ByteArrayInputStream(snapshot), snapshot.length, "dump.rdb");
  }

  /** One that does not know the size, of a stream that gives a few bytes at a time. */
  static RdbReader blindReader(byte[] snapshot, int atOnce) {
    InputStream slow =
        new FilterInputStream(new ByteArrayInputStream(snapshot)) {
          @Override
          public int read(byte[] to, int from, int length) throws IOException {
            return super.read(to, from, Math.min(length, atOnce));
          }
        };
    return new RdbReader(slow, -1, "dump.rdb");
  }

  /** Writes down what it is told. */
  record Log(List<String> lines) implements RdbVisitor {
    @Override
    public void aux(String name, String value) {
      lines.add(name + ": " + value);
    }

    @Override
    public void database(int number) {
      lines.add("database " + number);
    }

    @Override
    public void sizes(long entries, long withDeadline) {
      lines.add("sizes " + entries + " " + withDeadline);
    }

    @Override
    public void entry(byte[] key, byte[] value, long deadlineMillis) {
      lines.add(
          show(key) + "=" + show(value) + (deadlineMillis == ETERNAL ? "" : "@" + deadlineMillis));
    }

    @Override
    public void unsupported(String type, byte[] key) {
      lines.add(type + (key == null ? "" : " " + show(key)));
    }

    private static String show(byte[] bytes) {
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }
}
