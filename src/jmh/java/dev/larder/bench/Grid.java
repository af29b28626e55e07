package dev.larder.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A table in Markdown that grows line by line: what a line is, a figure per column, and a remark.
 *
 * @param <C> what a column stands for
 */
final class Grid<C> {

  private final List<C> columns;
  private final int width;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param width of what is in front of the figures, in characters
   */
  Grid(List<C> columns, int width) {
    this.columns = columns;
    this.width = width;
  }

  /** Prints a line of no table. */
  void say(String line) {
    System.out.println(line);
    text.append(line).append('\n');
  }

  void head(String first, Function<C, String> label, String last) {
    line(first, label, last);
    say("|" + "-".repeat(width + 2) + "|" + ("-".repeat(9) + ":|").repeat(columns.size()) + "---|");
  }

  void line(String first, Function<C, String> cell, String last) {
    StringBuilder line = new StringBuilder(String.format("| %-" + width + "s |", first));
    for (C column : columns) {
      line.append(String.format(" %8s |", cell.apply(column)));
    }
    say(line.append(' ').append(last).append(" |").toString());
  }

  /** Writes all that has been printed into a file as well. */
  void save(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text);
  }

  /** Three digits, or as many as there are in front of the point; null is a dash. */
  static String number(Double figure) {
    return figure == null ? "–" : String.format(Locale.ROOT, figure < 20 ? "%.1f" : "%.0f", figure);
  }

  /** What figures depend on and no command line shows, such as {@code AMD EPYC, 2 cores, Linux}. */
  static String machine() throws IOException {
    Path cpuInfo = Path.of("/proc/cpuinfo");
    String cpu =
        !Files.exists(cpuInfo)
            ? System.getProperty("os.arch")
            : Files.readAllLines(cpuInfo).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.replaceFirst(".*: ", ""))
                .findFirst()
                .orElse("unknown processor");
    return String.format(
        Locale.ROOT,
        "%s, %d cores, %s %s",
        cpu,
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.version"));
  }
}
