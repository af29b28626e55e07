package com.example.books;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The application in a JVM of its own. */
final class Running implements AutoCloseable {
  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> all = new ArrayList<>();

  Running(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(List.of(arguments));
    command.add("--spring.main.banner-mode=off");
    process = new ProcessBuilder(command).redirectErrorStream(true).start();
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader output = process.inputReader()) {
                output.lines().forEach(lines::add);
              } catch (IOException e) {
                lines.add(e.toString());
              }
            });
    reader.setDaemon(true);
    reader.start();
  }

  /** Waits for a line with this text, for a minute in all. */
  String line(String text) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (true) {
      String line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null) {
        throw new AssertionError("no '" + text + "' in\n" + String.join("\n", all));
      }
      all.add(line);
      if (line.contains(text)) {
        return line;
      }
    }
  }

  /** Asks it to end as {@code kill} does; its last lines can still be read. */
  void end() {
    process.toHandle().destroy();
  }

  @Override
  public void close() throws InterruptedException {
    end();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
  }
}
