package dev.larder.server;

import dev.larder.server.command.Config;
import dev.larder.server.command.Setting;
import dev.larder.server.command.Spelling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The options of the program: the settings, called as in {@code redis.conf}. {@code --port 7000} or
 * {@code --port=7000}. Unlike a server within another program, it keeps its entries on disk, in the
 * directory that it is started in, unless it is told another one or, by an empty name, none.
 */
final class Options {
  /** What was given is not understood; the message is for the person who gave it. */
  static final class UsageException extends Exception {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
      super(message);
    }
  }

  private static final String HELP = "--help";
  private static final String VERSION = "--version";

  /** May be given several times; an empty one forgets those before it. */
  private static final String SAVE = "--save";

  /** A default that is longer comes from the heap, or says little. */
  private static final int LONGEST_SHOWN = 9;

  private final Config config = new Config();
  private boolean help;
  private boolean version;

  private Options() {
    config.with("dir", ".");
  }

  static Options parse(String... args) throws UsageException {
    Options options = new Options();
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      String name = equals < 0 ? args[i] : args[i].substring(0, equals);
      if (name.equals(HELP) || name.equals(VERSION)) {
        if (equals >= 0) {
          throw new UsageException("expected no value for " + name + " but was '" + args[i] + "'");
        }
        options.help |= name.equals(HELP);
        options.version |= name.equals(VERSION);
        continue;
      }
      Setting setting = setting(name);
      if (equals >= 0) {
        options.set(setting, args[i].substring(equals + 1));
      } else if (++i < args.length) {
        StringBuilder value = new StringBuilder(args[i]);
        while (name.equals(SAVE) && i + 1 < args.length && !args[i + 1].startsWith("-")) {
          value.append(' ').append(args[++i]); // as Redis takes it, too: --save 60 1
        }
        options.set(setting, value.toString());
      } else {
        throw new UsageException("expected a value for " + name + ": " + shown(setting));
      }
    }
    return options;
  }

  private void set(Setting setting, String value) throws UsageException {
    boolean more = SAVE.equals("--" + setting.name()) && !value.isEmpty(); // than was given before
    try {
      config.with(
          setting.name(), more ? (config.get(setting.name()) + " " + value).strip() : value);
    } catch (IllegalArgumentException e) {
      Throwable reason = e.getCause() == null ? e : e.getCause();
      throw new UsageException(
          String.format(
              Locale.ROOT,
              "expected %s for --%s but was '%s': %s",
              setting.value(),
              setting.name(),
              value,
              reason.getMessage()));
    }
  }

  private static Setting setting(String name) throws UsageException {
    Setting setting = name.startsWith("--") ? Config.find(name.substring(2)) : null;
    if (setting != null) {
      return setting;
    }
    if (!name.startsWith("-")) {
      throw new UsageException("expected an option such as --port but was '" + name + "'");
    }
    List<String> known = new ArrayList<>(List.of(HELP, VERSION));
    shown().forEach(row -> known.add("--" + row.name()));
    throw new UsageException(
        "unknown option '" + name + "', did you mean " + Spelling.nearest(name, known) + "?");
  }

  boolean help() {
    return help;
  }

  boolean version() {
    return version;
  }

  /** What was given, and the rest by default. */
  Config config() {
    return config;
  }

  private static List<Setting> shown() {
    return Config.ALL.stream().filter(setting -> !setting.meaning().isEmpty()).toList();
  }

  private static String shown(Setting setting) {
    return "--" + setting.name() + " " + setting.value();
  }

  /** What there is to choose. */
  static String usage() {
    StringBuilder text = new StringBuilder("Larder: caches for telnet and any Redis client\n\n");
    for (Setting setting : shown()) {
      row(text, shown(setting), setting.meaning(), setting.byDefault());
    }
    row(text, HELP, "print this, and end", "");
    row(text, VERSION, "print the version, and end", "");
    return text.toString();
  }

  private static void row(StringBuilder text, String option, String meaning, String byDefault) {
    text.append(String.format(Locale.ROOT, "  %-42s  %s", option, meaning));
    boolean shows = !byDefault.isEmpty() && byDefault.length() <= LONGEST_SHOWN;
    text.append(shows ? " (" + byDefault + ")\n" : "\n");
  }
}
