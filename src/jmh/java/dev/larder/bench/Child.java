package dev.larder.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A JVM of its own for one measurement, so that neither profiles nor garbage of another one are in
 * it. It has the class path of its parent, and prints its figures separated by tabs.
 */
final class Child {

  /** Longer than any measurement takes, on a slow machine too. */
  private static final int MINUTES = 5;

  private final String java;
  private final List<String> jvm;

  /**
   * @param java the command
   * @param jvm its options; empty ones are left out
   */
  Child(String java, List<String> jvm) {
    this.java = java;
    this.jvm = jvm;
  }

  /** The command of the JVM that runs this. */
  static String ownJava() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /**
   * Runs a class and waits for its end.
   *
   * @return the lines that have a tab, split at their tabs; providers may print other lines
   * @throws Failed if it did not end, or not well
   */
  List<String[]> run(Class<?> main, List<String> arguments)
      throws IOException, InterruptedException, Failed {
    List<String> command = new ArrayList<>();
    command.add(java);
    command.addAll(jvm);
    command.removeIf(String::isEmpty);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    // Files, not pipes: nobody has to drain them, and a hanging child can be given up.
    File output = File.createTempFile("larder-bench", ".out");
    File errors = File.createTempFile("larder-bench", ".err");
    try {
      Process process =
          new ProcessBuilder(command).redirectOutput(output).redirectError(errors).start();
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.destroyForcibly().waitFor();
        throw new Failed("hung");
      }
      if (process.exitValue() != 0) {
        throw new Failed(
            Files.readAllLines(errors.toPath()).stream()
                // Not the frames of a stack trace, nor what logging libraries have to say.
                .filter(line -> line.matches("(Caused by|Exception|Error|Unrecognized).*"))
                .collect(Collectors.joining("; ")));
      }
      return Files.readAllLines(output.toPath()).stream()
          .map(line -> line.split("\t"))
          .filter(fields -> fields.length > 1)
          .toList();
    } finally {
      Files.delete(output.toPath());
      Files.delete(errors.toPath());
    }
  }

  /** Whether this JVM knows all its options. */
  boolean starts() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(java));
    command.addAll(jvm);
    command.add("-version");
    return new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  /** Such as {@code OpenJDK Runtime Environment (build 17.0.15+6-Debian-1deb12u1)}. */
  String version() throws IOException, InterruptedException {
    Process process = new ProcessBuilder(java, "-version").redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes());
    process.waitFor();
    return text.split("\n")[1].trim();
  }

  /** Says why there is no result. */
  static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed(String cause) {
      super(cause.isEmpty() ? "no reason given" : cause);
    }
  }
}
