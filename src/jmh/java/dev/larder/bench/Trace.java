package dev.larder.bench;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/**
 * The keys that somebody asked a cache for, in order. A file is a gzipped sequence of big-endian
 * 32-bit ints and nothing else; the keys are numbered 0, 1, 2, … by first appearance:
 *
 * <pre>
 * 00 00 00 00  00 00 00 01  00 00 00 00  00 00 00 02
 * </pre>
 *
 * @param name that of the file, without {@code .gz}
 * @param keys all requests
 * @param distinct how many different keys there are: one more than the largest
 */
record Trace(String name, int[] keys, int distinct) {

  private static final String ENDING = ".gz";

  /** The files of a directory that are traces by their names, in alphabetical order. */
  static List<Path> in(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(ENDING)).sorted().toList();
    }
  }

  static String name(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - ENDING.length());
  }

  static Trace read(Path file) throws IOException {
    int[] keys = new int[1 << 16];
    int length = 0;
    int distinct = 0;
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file)), 1 << 16))) {
      while (true) {
        int key = in.readInt();
        if (key < 0 || key > distinct) {
          throw new IOException(
              file + ": expected a key of 0 to " + distinct + " at " + length + ", found " + key);
        }
        distinct = Math.max(distinct, key + 1);
        if (length == keys.length) {
          keys = Arrays.copyOf(keys, length * 2);
        }
        keys[length++] = key;
      }
    } catch (EOFException end) {
      return new Trace(name(file), Arrays.copyOf(keys, length), distinct);
    }
  }
}
