package dev.larder.server;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket that is a file: who may write to the file may connect.
 *
 * <p>The system makes the file with permissions of its own choice, and only then can they be
 * changed. So that nobody connects in between, it is made in a directory that is ours alone, given
 * its permissions there, and then moved to its place:
 *
 * <pre>
 *   /run/larder/.l4k2z9/s    bind, chmod; the directory is rwx------
 *   /run/larder/larder.sock  rename
 * </pre>
 *
 * <p>The file outlives a process that was killed. One that nobody listens to is replaced; one that
 * a server listens to, and any other kind of file, is left alone.
 */
final class UnixSocket implements AutoCloseable {
  /** The owner alone. */
  static final int DEFAULT_PERMISSIONS = 0700;

  /** What the systems' address structure has room for, without the zero at its end. */
  private static final int MOST_BYTES =
      System.getProperty("os.name", "").startsWith("Linux") ? 107 : 103;

  private static final int FILE_KIND = 0170000;
  private static final int SOCKET = 0140000;

  private final Path path;
  private final @Nullable Object identity;
  private final ServerSocketChannel channel;

  private UnixSocket(Path path, @Nullable Object identity, ServerSocketChannel channel) {
    this.path = path;
    this.identity = identity;
    this.channel = channel;
  }

  /**
   * Listens at a path.
   *
   * @param permissions of the file, as {@code chmod} has them: 0700
   * @throws IOException if it cannot; the message says why, and does not repeat the path
   */
  static UnixSocket open(Path path, int permissions, int backlog) throws IOException {
    Path target = path.toAbsolutePath();
    Path parent = target.getParent();
    if (parent == null) {
      throw new IOException("expected a file for the socket but it is a root directory");
    }
    checkLength(target);
    if (!Files.isDirectory(parent)) {
      throw new IOException("there is no directory " + parent);
    }
    if (!Files.getFileStore(parent).supportsFileAttributeView("posix")) {
      throw new IOException("the file system has no permissions that could protect a socket");
    }
    checkFree(target);
    Path room = makeRoom(parent);
    Path made = room.resolve("s");
    ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      checkLength(made);
      channel.bind(UnixDomainSocketAddress.of(made), backlog);
      Files.setPosixFilePermissions(made, permissions(permissions));
      Object identity = identity(made);
      Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
      return new UnixSocket(target, identity, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      Files.deleteIfExists(made);
      throw e;
    } finally {
      Files.delete(room);
    }
  }

  /** As {@code redis.conf} writes them: {@code 700}, {@code 0770}. */
  static int parsePermissions(String octal) {
    if (octal.matches("0?[0-7]{3}")) {
      return Integer.parseInt(octal, 8);
    }
    throw new IllegalArgumentException(
        "expected permissions of three octal digits such as 700 but was '" + octal + "'");
  }

  private static Set<PosixFilePermission> permissions(int bits) {
    StringBuilder text = new StringBuilder();
    for (int i = 8; i >= 0; i--) {
      text.append((bits >> i & 1) == 0 ? '-' : "xwr".charAt(i % 3));
    }
    return PosixFilePermissions.fromString(text.toString());
  }

  private static void checkLength(Path path) throws IOException {
    int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MOST_BYTES) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "expected at most %d bytes, all that a socket's address has room for, but %s has %d",
              MOST_BYTES,
              path,
              length));
    }
  }

  /** Refuses a path that is something else, or another's. */
  private static void checkFree(Path target) throws IOException {
    int mode;
    try {
      mode = (int) Files.getAttribute(target, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return;
    }
    if ((mode & FILE_KIND) != SOCKET) {
      throw new IOException("there is a file of that name that is not a socket");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.configureBlocking(false); // a server that is busy accepts nobody for now
      probe.connect(UnixDomainSocketAddress.of(target));
    } catch (ConnectException e) {
      return; // nobody listens: it was left by a process that was killed
    } catch (IOException e) { // no permission; too many wait for a busy server
      throw new IOException("the socket may be in use: " + e.getMessage(), e);
    }
    throw new IOException("the socket is in use: a server listens to it");
  }

  private static Path makeRoom(Path parent) throws IOException {
    FileAttribute<?> ours =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    // A short name, unlike that of a temporary directory: the whole path has to be short.
    int number = ThreadLocalRandom.current().nextInt(36 * 36 * 36 * 36 * 36);
    return Files.createDirectory(parent.resolve(".l" + Integer.toString(number, 36)), ours);
  }

  private static @Nullable Object identity(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /** To accept connections from; it blocks until it is told otherwise. */
  ServerSocketChannel channel() {
    return channel;
  }

  /** The file's absolute path; the channel itself knows only where it was made. */
  Path path() {
    return path;
  }

  /** Ends it and removes its file, unless another one has taken the place. */
  @Override
  public void close() throws IOException {
    if (!channel.isOpen()) {
      return;
    }
    try (channel) { // while it is open no other file can get the same identity
      if (identity != null && Objects.equals(identity, identity(path))) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // somebody has removed it already
    }
  }

  /** {@code /run/larder.sock}. */
  @Override
  public String toString() {
    return path.toString();
  }
}
