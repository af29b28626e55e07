package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/**
 * Programs that a machine may lack. A test that needs one is then skipped, unless the system
 * property {@code larder.require.programs} is true: then it fails.
 */
public final class Programs {
  /** Whether what is missing on this machine is an error. */
  static final boolean REQUIRED = Boolean.getBoolean("larder.require.programs");

  private Programs() {}

  /** Runs a program that must succeed, and returns what it printed. */
  static String run(String... command) throws IOException, InterruptedException {
    Process process = start(command);
    String printed = read(process.getInputStream());
    assertThat(process.waitFor()).as(Arrays.toString(command) + ": " + printed).isZero();
    return printed;
  }

  /** Needs a program that says this of itself when it is called so. */
  public static void need(String says, String... command) throws InterruptedException {
    boolean there;
    try {
      Process process = start(command);
      there = read(process.getInputStream()).contains(says);
      process.waitFor();
    } catch (IOException e) {
      there = false;
    }
    need(there, "a program '" + command[0] + "' that says '" + says + "'");
  }

  static void need(boolean there, String what) {
    if (REQUIRED) {
      assertThat(there).as("there is " + what).isTrue();
    }
    Assumptions.assumeTrue(there, () -> "there is not " + what);
  }

  private static Process start(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    return process;
  }

  private static String read(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
