package dev.larder.server;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The options of the program, called as those of {@code redis.conf}: {@code --port 7000} or {@code
 * --port=7000}.
 */
final class Options {
  /** What was given is not understood; the message is for the person who gave it. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
      super(message);
    }
  }

  /**
   * @param value what stands for the value in the help; empty if it takes none
   */
  private record Row(String name, String value, String byDefault, String meaning) {
    String shown() {
      return value.isEmpty() ? name : name + " " + value;
    }
  }

  // spotless:off
  private static final List<Row> ROWS = List.of(
      new Row("--port",           "n",         "6379",      "TCP port to listen on; 0: any free one"),
      new Row("--bind",           "address",   "127.0.0.1", "address to listen on, of this machine alone"),
      new Row("--databases",      "n",         "16",        "how many caches there are, named 0, 1, 2, ..."),
      new Row("--maxclients",     "n",         "10000",     "connections that may be open at a time"),
      new Row("--inline-replies", "line|resp", "line",      "what answers typed commands: lines, or RESP as in Redis"),
      new Row("--help",           "",          "",          "print this, and end"),
      new Row("--version",        "",          "",          "print the version, and end"));
  // spotless:on

  private static final int MOST_DATABASES = 1_000_000;

  private final Map<String, String> given = new TreeMap<>();

  private Options() {}

  static Options parse(String... args) throws UsageException {
    Options options = new Options();
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      Row row = row(equals < 0 ? args[i] : args[i].substring(0, equals));
      if (row.value().isEmpty()) {
        if (equals >= 0) {
          throw new UsageException(
              "expected no value for " + row.name() + " but was '" + args[i] + "'");
        }
        options.given.put(row.name(), "");
      } else if (equals >= 0) {
        options.given.put(row.name(), args[i].substring(equals + 1));
      } else if (++i < args.length) {
        options.given.put(row.name(), args[i]);
      } else {
        throw new UsageException("expected a value for " + row.name() + ": " + row.shown());
      }
    }
    options.check();
    return options;
  }

  private static Row row(String name) throws UsageException {
    for (Row row : ROWS) {
      if (row.name().equals(name)) {
        return row;
      }
    }
    if (!name.startsWith("-")) {
      throw new UsageException("expected an option such as --port but was '" + name + "'");
    }
    String nearest =
        ROWS.stream()
            .map(Row::name)
            .min(Comparator.comparingInt(known -> distance(known, name)))
            .orElseThrow();
    throw new UsageException("unknown option '" + name + "', did you mean " + nearest + "?");
  }

  /** How many letters must be put in, left out or changed to make one word of the other. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    Arrays.setAll(previous, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }

  /** Reads all once, so that what is wrong is said before anything happens. */
  private void check() throws UsageException {
    port();
    databases();
    maxClients();
    inlineReplies();
  }

  boolean help() {
    return given.containsKey("--help");
  }

  boolean version() {
    return given.containsKey("--version");
  }

  int port() throws UsageException {
    return number("--port", 0, 65_535);
  }

  String bind() {
    return value("--bind");
  }

  int databases() throws UsageException {
    return number("--databases", 1, MOST_DATABASES);
  }

  int maxClients() throws UsageException {
    return number("--maxclients", 1, Integer.MAX_VALUE);
  }

  InlineReplies inlineReplies() throws UsageException {
    String value = value("--inline-replies").toUpperCase(Locale.ROOT);
    for (InlineReplies replies : InlineReplies.values()) {
      if (replies.name().equals(value)) {
        return replies;
      }
    }
    throw new UsageException(
        "expected line or resp for --inline-replies but was '" + value("--inline-replies") + "'");
  }

  private String value(String name) {
    return given.getOrDefault(
        name,
        ROWS.stream().filter(row -> row.name().equals(name)).findAny().orElseThrow().byDefault());
  }

  private int number(String name, int least, int most) throws UsageException {
    String value = value(name);
    try {
      int number = Integer.parseInt(value);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // as below
    }
    throw new UsageException(
        String.format(
            Locale.ROOT,
            "expected a number from %d to %d for %s but was '%s'",
            least,
            most,
            name,
            value));
  }

  /** What there is to choose. */
  static String usage() {
    StringBuilder text = new StringBuilder("Larder: caches for telnet and any Redis client\n\n");
    for (Row row : ROWS) {
      text.append(String.format(Locale.ROOT, "  %-27s  %s", row.shown(), row.meaning()));
      text.append(row.byDefault().isEmpty() ? "\n" : " (" + row.byDefault() + ")\n");
    }
    return text.toString();
  }
}
