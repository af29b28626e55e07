package dev.larder.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a command line says: {@code --name value}, or {@code --name} alone. The usage text is the
 * declaration: an option is what has a line of its own there, indented by two blanks, and one that
 * is followed by its explanation, rather than by a single blank and what to give, takes no value.
 */
final class Options {

  private final Map<String, List<String>> values = new TreeMap<>();

  private Options() {}

  /** Reads a command line; shows the usage and ends the JVM if there is an unknown option in it. */
  static Options parse(String usage, String... arguments) {
    Options options = new Options();
    for (int i = 0; i < arguments.length; i++) {
      String option = arguments[i];
      if (!usage.contains("\n  " + option + " ")) {
        fail(usage, "Unknown option " + option);
      }
      boolean flag = usage.contains("\n  " + option + "  ");
      if (!flag && i + 1 == arguments.length) {
        fail(usage, option + " needs a value");
      }
      options
          .values
          .computeIfAbsent(option, key -> new ArrayList<>())
          .add(flag ? "" : arguments[++i]);
    }
    return options;
  }

  private static void fail(String usage, String message) {
    System.err.println(message);
    System.err.print(usage);
    System.exit(2);
  }

  boolean has(String option) {
    return values.containsKey(option);
  }

  /** The value; the last one of an option given more than once. */
  String get(String option, String otherwise) {
    List<String> given = all(option);
    return given.isEmpty() ? otherwise : given.get(given.size() - 1);
  }

  int get(String option, int otherwise) {
    return has(option) ? Integer.parseInt(get(option, "")) : otherwise;
  }

  /** The values of an option that may be given more than once. */
  List<String> all(String option) {
    return values.getOrDefault(option, List.of());
  }

  /**
   * The part of {@code all} that the option lists between commas, in the order of {@code all};
   * everything without the option.
   */
  List<String> selection(String option, List<String> all) {
    if (!has(option)) {
      return all;
    }
    List<String> wanted = List.of(get(option, "").split(","));
    if (!all.containsAll(wanted)) {
      throw new IllegalArgumentException(option + " are of " + all + ", not " + wanted);
    }
    return all.stream().filter(wanted::contains).toList();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (option, given) -> given.forEach(value -> text.append(option + " " + value + " ")));
    return text.isEmpty() ? "none" : text.toString().trim();
  }
}
