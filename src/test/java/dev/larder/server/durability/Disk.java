package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.server.clients.Programs;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** A directory where writing can be made to fail, and to succeed again. */
abstract class Disk implements AutoCloseable {
  /** How a disk gets full. */
  enum Kind {
    /** A small file system of its own, which only root may have. */
    SMALL,
    /** The system lets the server's files grow no longer than a few bytes. */
    LIMITED
  }

  /** Larger than all that a test keeps, and filled in a moment. */
  private static final int SMALL_MEGABYTES = 24;

  private final Path directory;

  private Disk(Path directory) {
    this.directory = directory;
  }

  static Disk of(Kind kind, Path home) throws Exception {
    Path directory = Files.createDirectories(home.resolve("data"));
    return kind == Kind.SMALL ? small(directory) : limited(directory);
  }

  private static Disk small(Path directory) throws Exception {
    boolean mounted;
    try {
      mounted =
          status("mount", "-t", "tmpfs", "-o", "size=" + SMALL_MEGABYTES + "m", "none", directory)
              == 0;
    } catch (IOException e) {
      mounted = false;
    }
    Assumptions.assumeTrue(mounted, "may not mount a file system");
    return new Disk(directory) {
      private final Path filler = directory.resolve("filler");

      @Override
      void fill(Server server) throws IOException {
        byte[] some = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler)) {
          while (true) {
            out.write(some);
          }
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("No space left on device");
        }
      }

      @Override
      void free(Server server) throws IOException {
        Files.delete(filler);
      }

      @Override
      public void close() throws Exception {
        status("umount", "-l", directory);
      }
    };
  }

  private static Disk limited(Path directory) throws Exception {
    Programs.need("util-linux", "prlimit", "--version");
    return new Disk(directory) {
      @Override
      void fill(Server server) throws Exception {
        limit(server, "4096");
      }

      @Override
      void free(Server server) throws Exception {
        limit(server, "unlimited");
      }

      private void limit(Server server, String most) throws Exception {
        assertThat(status("prlimit", "--pid", server.pid(), "--fsize=" + most + ":")).isZero();
      }

      @Override
      public void close() {}
    };
  }

  private static int status(Object... words) throws Exception {
    String[] command = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      command[i] = words[i].toString();
    }
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  Path directory() {
    return directory;
  }

  /** From now on the server can write no more. */
  abstract void fill(Server server) throws Exception;

  /** From now on it can again. */
  abstract void free(Server server) throws Exception;

  @Override
  public abstract void close() throws Exception;
}
