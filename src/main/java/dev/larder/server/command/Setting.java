package dev.larder.server.command;

import dev.larder.PersistenceOptions.SaveRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * One row of the table of settings, called as in {@code redis.conf} where Redis has it.
 *
 * @param value what stands for the value in a text for people, such as {@code n}
 * @param byDefault its value unless another one is given
 * @param fixed whether it stays as it was when the server started
 * @param meaning in a few words
 * @param reader checks a value and writes it as it is shown; throws IllegalArgumentException with
 *     Redis' words
 */
public record Setting(
    String name,
    String value,
    String byDefault,
    boolean fixed,
    String meaning,
    UnaryOperator<String> reader) {

  private static final List<String> UNITS = List.of("b", "k", "kb", "m", "mb", "g", "gb");
  private static final long[] BYTES = {
    1, 1_000, 1 << 10, 1_000_000, 1 << 20, 1_000_000_000, 1 << 30
  };

  /** Whether nobody should see its value in a log. */
  public boolean isSecret() {
    return name.contains("pass");
  }

  /** One that cannot be changed while the server runs. */
  static Setting fixed(
      String name, String value, String byDefault, UnaryOperator<String> reader, String meaning) {
    return new Setting(name, value, byDefault, true, meaning, reader);
  }

  /** One that {@code CONFIG SET} changes. */
  static Setting open(
      String name, String value, String byDefault, UnaryOperator<String> reader, String meaning) {
    return new Setting(name, value, byDefault, false, meaning, reader);
  }

  static UnaryOperator<String> integer(long least, long most) {
    return text -> {
      long number;
      try {
        number = Long.parseLong(text);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("argument couldn't be parsed into an integer", e);
      }
      if (number < least || number > most) {
        throw new IllegalArgumentException(
            "argument must be between " + least + " and " + most + " inclusive");
      }
      return String.valueOf(number);
    };
  }

  static UnaryOperator<String> memory(long least, long most) {
    UnaryOperator<String> range = integer(least, most);
    return text -> range.apply(String.valueOf(bytes(text)));
  }

  /**
   * A number of bytes, perhaps with a unit: {@code 100mb}.
   *
   * @throws IllegalArgumentException if it is none, with Redis' words
   */
  public static long bytes(String text) {
    int digits = 0;
    while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
      digits++;
    }
    String unit = text.substring(digits).toLowerCase(Locale.ROOT);
    int i = UNITS.indexOf(unit.isEmpty() ? "b" : unit);
    try {
      if (i >= 0) {
        return Math.multiplyExact(Long.parseLong(text.substring(0, digits)), BYTES[i]);
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // as below
    }
    throw new IllegalArgumentException("argument must be a memory value");
  }

  static UnaryOperator<String> yesOrNo() {
    return text -> {
      String lower = text.toLowerCase(Locale.ROOT);
      if (!lower.equals("yes") && !lower.equals("no")) {
        throw new IllegalArgumentException("argument must be 'yes' or 'no'");
      }
      return lower;
    };
  }

  static UnaryOperator<String> oneOf(String... words) {
    return text -> {
      for (String word : words) {
        if (word.equalsIgnoreCase(text)) {
          return word;
        }
      }
      throw new IllegalArgumentException(
          "argument(s) must be one of the following: " + String.join(", ", words));
    };
  }

  static UnaryOperator<String> text() {
    return text -> text;
  }

  /** Has this value alone: what we have not, told to tools that ask. */
  static UnaryOperator<String> only(String value) {
    return text -> {
      if (!text.equals(value)) {
        throw new IllegalArgumentException("this server has only '" + value + "'");
      }
      return text;
    };
  }

  /** {@code normal 0 0 0 slave 0 0 0 pubsub 32mb 8mb 60}, any of the three. */
  static String outputLimits(String text) {
    String[] words = text.strip().split(" +", -1);
    if (words.length % 4 != 0) {
      throw new IllegalArgumentException(
          "Wrong number of arguments in buffer limit configuration.");
    }
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < words.length; i += 4) {
      if (!List.of("normal", "slave", "replica", "pubsub").contains(words[i])) {
        throw new IllegalArgumentException(
            "Invalid client class specified in buffer limit configuration.");
      }
      try {
        shown.append(i == 0 ? "" : " ").append(words[i].equals("replica") ? "slave" : words[i]);
        shown.append(' ').append(bytes(words[i + 1])).append(' ').append(bytes(words[i + 2]));
        shown.append(' ').append(Integer.parseUnsignedInt(words[i + 3]));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "Error in hard, soft or soft_seconds setting in buffer limit configuration.", e);
      }
    }
    return shown.toString();
  }

  /** The name of a file, which may not lead elsewhere. */
  static String fileName(String text) {
    boolean leads = text.indexOf('/') >= 0 || text.indexOf('\\') >= 0 || text.startsWith("..");
    if (text.isEmpty() || text.equals(".") || text.indexOf('\0') >= 0 || leads) {
      throw new IllegalArgumentException("can't be a path, just a filename");
    }
    return text;
  }

  /** {@code 3600 1 300 100}: pairs of seconds and changes, each with one blank between. */
  static String saveRules(String text) {
    rules(text);
    return text;
  }

  static List<SaveRule> rules(String text) {
    String[] words = text.isEmpty() ? new String[0] : text.split(" ", -1);
    List<SaveRule> rules = new ArrayList<>();
    try {
      for (int i = 0; i < words.length; i += 2) {
        long seconds = Long.parseLong(words[i]);
        long changes = Long.parseLong(words[i + 1]);
        // Without any change there is nothing to write that is not there.
        rules.add(new SaveRule(seconds, changes == 0 ? 1 : changes));
      }
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("Invalid save parameters", e);
    }
    return rules;
  }

  static String text(List<SaveRule> rules) {
    return rules.stream()
        .map(rule -> rule.seconds() + " " + rule.changes())
        .collect(Collectors.joining(" "));
  }
}
