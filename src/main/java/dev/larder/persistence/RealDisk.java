package dev.larder.persistence;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The file system of this machine, over {@link FileChannel}. */
final class RealDisk implements Disk {
  /**
   * Bytes written in one call: the JDK copies what lies in an array to a direct buffer of that
   * size, and keeps that buffer for the thread's lifetime.
   */
  private static final int SLICE = 128 * 1024;

  /** Windows opens no directory; it also writes names at once. */
  private static final boolean DIRECTORIES_CAN_BE_FORCED = File.separatorChar == '/';

  /** Has no content and is never deleted, or two could have one each. */
  private static final String LOCK = "larder.lock";

  private static final Set<Path> LOCKED = ConcurrentHashMap.newKeySet();

  private record Channel(FileChannel channel) implements Output {
    @Override
    public void write(ByteBuffer bytes, long position) throws IOException {
      int end = bytes.limit();
      long next = position;
      while (bytes.position() < end) {
        bytes.limit(Math.min(end, bytes.position() + SLICE));
        next += channel.write(bytes, next);
      }
    }

    @Override
    public void force() throws IOException {
      // Without the times of the file: its length is forced all the same.
      channel.force(false);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Override
  public Output create(Path file) throws IOException {
    return new Channel(FileChannel.open(file, WRITE, CREATE, TRUNCATE_EXISTING, NOFOLLOW_LINKS));
  }

  @Override
  public Output open(Path file) throws IOException {
    return new Channel(FileChannel.open(file, WRITE, CREATE));
  }

  @Override
  public InputStream read(Path file) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
      throw new IOException("Not a regular file"); // a pipe lets its reader wait for ever
    }
    return Files.newInputStream(file);
  }

  @Override
  public long size(Path file) throws IOException {
    return Files.size(file);
  }

  @Override
  public boolean exists(Path file) {
    return !Files.notExists(file); // what cannot be told is there, and reading it says why not
  }

  @Override
  public void replace(Path file, Path name) throws IOException {
    Files.move(file, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void delete(Path file) throws IOException {
    Files.deleteIfExists(file);
  }

  @Override
  public void truncate(Path file, long size) throws IOException {
    try (FileChannel channel = FileChannel.open(file, WRITE)) {
      channel.truncate(size);
      channel.force(true);
    }
  }

  /**
   * Of this process and of others. The set is asked first: who closes a file, of which the process
   * has a lock by another channel, may give that up.
   */
  @Override
  public Closeable lock(Path directory) throws IOException {
    Path real = directory.toRealPath();
    if (!LOCKED.add(real)) {
      throw new DirectoryInUseException();
    }
    FileChannel channel = null;
    boolean locked = false;
    try {
      channel = FileChannel.open(real.resolve(LOCK), WRITE, CREATE, NOFOLLOW_LINKS);
      locked = channel.tryLock() != null;
      if (!locked) {
        throw new DirectoryInUseException();
      }
    } finally {
      if (!locked) {
        LOCKED.remove(real);
        if (channel != null) {
          channel.close();
        }
      }
    }
    FileChannel held = channel;
    return () -> {
      held.close();
      LOCKED.remove(real);
    };
  }

  @Override
  public void createDirectories(Path directory) throws IOException {
    Files.createDirectories(directory);
  }

  @Override
  public void forceDirectory(Path directory) throws IOException {
    if (DIRECTORIES_CAN_BE_FORCED) {
      try (FileChannel channel = FileChannel.open(directory, READ)) {
        channel.force(true);
      }
    }
  }

  @Override
  public List<String> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
