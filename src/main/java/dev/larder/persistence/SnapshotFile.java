package dev.larder.persistence;

import dev.larder.codec.DiskForm;
import dev.larder.rdb.RdbWriter;
import dev.larder.store.Entry;
import dev.larder.store.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * Writes a snapshot of some caches to a file in Redis' format.
 *
 * <p>What Redis need not know is in fields that it skips: the format's number, and for the number
 * of each cache its name and the {@linkplain DiskForm#name forms} of its keys and values.
 */
final class SnapshotFile {
  /** Of what is written beyond Redis' format; a reader refuses a higher one. */
  static final int FORMAT = 1;

  static final String FORMAT_FIELD = "larder-format";
  static final String CACHE_FIELD = "larder-cache-";
  static final String KEYS_FIELD = "larder-keys-";
  static final String VALUES_FIELD = "larder-values-";

  private final Disk disk;
  private final boolean compress;
  private final boolean isBase; // of a log

  SnapshotFile(Disk disk, boolean compress, boolean isBase) {
    this.disk = disk;
    this.compress = compress;
    this.isBase = isBase;
  }

  /**
   * Writes the snapshot and forces it to disk. If that fails, there may be a part of the file.
   *
   * @param file made, or written over
   * @param caches in the order of the snapshot's stores
   * @param numbers of the caches, in the same order
   * @param now epoch milliseconds
   * @param progress is told how many entries are written
   */
  void write(
      Path file,
      Snapshot snapshot,
      List<? extends KeptCache<?, ?>> caches,
      int[] numbers,
      long now,
      LongConsumer progress)
      throws IOException {
    try (Disk.Output output = disk.create(file)) {
      RdbWriter rdb = new RdbWriter(new Sequential(output), compress);
      begin(rdb, caches, numbers, now);
      write(rdb, snapshot, caches, numbers, progress);
      rdb.end();
      output.force();
    }
  }

  /** Something that is done with files. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /**
   * Puts a file in the place of the one that has its name, in one step: there is always a whole one
   * of that name.
   *
   * @param temporary in the same directory, for nobody else
   * @param writing writes and forces that
   * @throws IOException if it fails; then {@code temporary} is not there, and the file as before
   */
  static void replace(Disk disk, Path file, Path temporary, Work writing) throws IOException {
    orDelete(
        disk,
        temporary,
        () -> {
          writing.run();
          disk.replace(temporary, file);
          Path directory = file.toAbsolutePath().getParent();
          disk.forceDirectory(Objects.requireNonNull(directory, "a file has a directory"));
        });
  }

  /** Does something with a temporary file, which is deleted if that fails. */
  static void orDelete(Disk disk, Path temporary, Work work) throws IOException {
    boolean done = false;
    try {
      work.run();
      done = true;
    } finally {
      if (!done) {
        deleteQuietly(disk, temporary);
      }
    }
  }

  private static void deleteQuietly(Disk disk, Path file) {
    try {
      disk.delete(file);
    } catch (IOException e) {
      // what is being thrown says more
    }
  }

  private void begin(RdbWriter rdb, List<? extends KeptCache<?, ?>> caches, int[] numbers, long now)
      throws IOException {
    rdb.begin();
    rdb.aux("redis-bits", "64");
    rdb.aux("ctime", String.valueOf(now / 1_000));
    rdb.aux("aof-base", isBase ? "1" : "0");
    rdb.aux(FORMAT_FIELD, String.valueOf(FORMAT));
    for (int i = 0; i < numbers.length; i++) {
      KeptCache<?, ?> cache = caches.get(i);
      rdb.aux(CACHE_FIELD + numbers[i], cache.name());
      rdb.aux(KEYS_FIELD + numbers[i], cache.keys().name());
      rdb.aux(VALUES_FIELD + numbers[i], cache.values().name());
    }
  }

  private static void write(
      RdbWriter rdb,
      Snapshot snapshot,
      List<? extends KeptCache<?, ?>> caches,
      int[] numbers,
      LongConsumer progress)
      throws IOException {
    boolean[] begun = new boolean[numbers.length];
    int[] current = {-1};
    snapshot.forEach(
        (index, key, value, deadline) -> {
          KeptCache<?, ?> cache = caches.get(index);
          if (current[0] != index) {
            current[0] = index;
            rdb.database(numbers[index]);
            if (!begun[index]) {
              begun[index] = true;
              rdb.sizes(cache.store().size(), cache.store().timed());
            }
          }
          rdb.entry(cache.keyBytes(key), cache.valueBytes(key, value), Entry.time(deadline));
        },
        progress);
  }

  /** A file as a stream. */
  private static final class Sequential extends OutputStream {
    private final Disk.Output output;
    private long position;

    Sequential(Disk.Output output) {
      this.output = output;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      output.write(ByteBuffer.wrap(bytes, from, length), position);
      position += length;
    }
  }
}
