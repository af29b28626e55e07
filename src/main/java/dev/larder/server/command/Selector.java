package dev.larder.server.command;

import static dev.larder.server.command.BadRuleException.SYNTAX;
import static dev.larder.server.command.BadRuleException.UNKNOWN;

import dev.larder.ops.Glob;
import dev.larder.protocol.Request;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One set of commands with the keys and channels that they may be used on. A user has one of his
 * own, and one more for each rule in parentheses; a request must be allowed by one of them alone.
 *
 * <p>Immutable. Rules are worked out when they are given, one after the other, and not when a
 * command runs: what is left to ask then is whether a set contains the command's name. The rules
 * themselves are kept to be shown, without those that a later one makes void:
 *
 * <pre>
 *   given   +@all -config|get -config +@read -get +@read
 *   shown   +@all -config -get +@read
 * </pre>
 *
 * <p>Rules on commands apply in the order given, so that {@code -get +@read} allows GET, whereas
 * patterns only ever add.
 */
final class Selector {
  /** What a client may say before it is anybody: no rule forbids these. */
  private static final Set<String> FOR_ANYBODY = Set.of("auth", "hello", "quit", "reset");

  private static final int READ = 1;
  private static final int WRITE = 2;

  private final CommandNames names;
  private final boolean fromAll;
  private final List<String> commandRules;
  private final Set<String> allowed;
  private final Map<String, Set<String>> firstArguments;
  private final boolean allKeys;
  private final Map<String, Integer> keyAccess;
  private final List<KeyPattern> keys;
  private final boolean allChannels;
  private final Map<String, Glob> channels;

  private record KeyPattern(int access, Glob glob) {}

  private Selector(Draft draft) {
    names = draft.names;
    fromAll = draft.fromAll;
    commandRules = List.copyOf(draft.commandRules);
    allowed = Set.copyOf(draft.allowed);
    firstArguments = new HashMap<>();
    draft.firstArguments.forEach((name, words) -> firstArguments.put(name, Set.copyOf(words)));
    allKeys = draft.allKeys;
    keyAccess = new LinkedHashMap<>(draft.keys);
    keys = new ArrayList<>();
    keyAccess.forEach(
        (pattern, access) -> keys.add(new KeyPattern(access, Glob.of(ByteWords.bytes(pattern)))));
    allChannels = draft.allChannels;
    channels = new LinkedHashMap<>();
    draft.channels.forEach(pattern -> channels.put(pattern, Glob.of(ByteWords.bytes(pattern))));
  }

  /** What a new user may do: nothing. */
  static Selector none(CommandNames names) {
    return new Selector(new Draft(names));
  }

  // ---- What it allows

  /** Whether it allows everything, so that nothing more need be asked. */
  boolean isUnrestricted() {
    return allowsAllCommands() && allKeys && allChannels;
  }

  private boolean allowsAllCommands() {
    return allowed.size() == names.all().size();
  }

  boolean hasAllKeys() {
    return allKeys;
  }

  boolean hasAllChannels() {
    return allChannels;
  }

  boolean mayRun(String command, Request request) {
    return allowed.contains(command)
        || FOR_ANYBODY.contains(command)
        || !firstArguments.isEmpty() && mayRunWith(command, request);
  }

  /** The old way to allow a part of a command that has no subcommands, {@code +select|0}. */
  private boolean mayRunWith(String command, Request request) {
    return request.count() > 1
        && firstArguments.getOrDefault(command, Set.of()).stream()
            .anyMatch(word -> request.is(1, word));
  }

  /** A key that is neither read nor written, but asked for, needs a pattern of whichever kind. */
  boolean mayAccess(byte[] key, boolean reads, boolean writes) {
    if (allKeys) {
      return true;
    }
    int access = (reads ? READ : 0) | (writes ? WRITE : 0);
    for (KeyPattern pattern : keys) {
      if ((pattern.access & access) == access && pattern.glob.matches(key)) {
        return true;
      }
    }
    return false;
  }

  /** A pattern of channels must be one of ours to the letter: what it matches is not compared. */
  boolean mayUse(byte[] channel, boolean isPattern) {
    return allChannels
        || (isPattern
            ? channels.containsKey(ByteWords.word(channel))
            : channels.values().stream().anyMatch(pattern -> pattern.matches(channel)));
  }

  // ---- What is shown of it

  /** All of its rules, in a form that gives the same again. */
  String describe() {
    StringBuilder text = new StringBuilder();
    if (allKeys || !keyAccess.isEmpty()) {
      text.append(keyRules()).append(' ');
    }
    if (!allChannels) {
      text.append("resetchannels ");
    }
    if (allChannels || !channels.isEmpty()) {
      text.append(channelRules()).append(' ');
    }
    return text.append(commandRules()).toString();
  }

  String commandRules() {
    String rules = String.join(" ", commandRules);
    return ((fromAll ? "+@all " : "-@all ") + rules).strip();
  }

  String keyRules() {
    return allKeys
        ? "~*"
        : keyAccess.entrySet().stream()
            .map(entry -> sign(entry.getValue()) + entry.getKey())
            .collect(Collectors.joining(" "));
  }

  private static String sign(int access) {
    return access == READ ? "%R~" : access == WRITE ? "%W~" : "~";
  }

  String channelRules() {
    return allChannels
        ? "&*"
        : channels.keySet().stream().map(c -> "&" + c).collect(Collectors.joining(" "));
  }

  // ---- How it is made

  /** The same rules, to be followed by others. */
  Draft draft() {
    Draft draft = new Draft(names);
    draft.fromAll = fromAll;
    draft.commandRules.addAll(commandRules);
    draft.allowed.addAll(allowed);
    firstArguments.forEach((name, words) -> draft.firstArguments.put(name, new HashSet<>(words)));
    draft.allKeys = allKeys;
    draft.keys.putAll(keyAccess);
    draft.allChannels = allChannels;
    draft.channels.addAll(channels.keySet());
    return draft;
  }

  /** Rules in the making. */
  static final class Draft {
    private final CommandNames names;
    private boolean fromAll;
    private final List<String> commandRules = new ArrayList<>();
    private final Set<String> allowed = new HashSet<>();
    private final Map<String, Set<String>> firstArguments = new HashMap<>();
    private boolean allKeys;
    private final Map<String, Integer> keys = new LinkedHashMap<>();
    private boolean allChannels;
    private final Set<String> channels = new LinkedHashSet<>();

    Draft(CommandNames names) {
      this.names = names;
    }

    Selector build() {
      return new Selector(this);
    }

    /** Adds one rule, a word as {@link ByteWords} has it; not an empty one. */
    void add(String rule) throws BadRuleException {
      switch (rule.toLowerCase(Locale.ROOT)) {
        case "allkeys", "~*" -> setAllKeys(true);
        case "resetkeys" -> setAllKeys(false);
        case "allchannels", "&*" -> setAllChannels(true);
        case "resetchannels" -> setAllChannels(false);
        case "allcommands", "+@all" -> setAllCommands(true);
        case "nocommands", "-@all" -> setAllCommands(false);
        default -> {
          switch (rule.charAt(0)) {
            case '~', '%' -> addKeys(rule);
            case '&' -> addChannels(rule);
            case '+', '-' -> addCommands(rule);
            default -> throw new BadRuleException(rule, SYNTAX);
          }
        }
      }
    }

    private void setAllKeys(boolean all) {
      allKeys = all;
      keys.clear();
    }

    private void setAllChannels(boolean all) {
      allChannels = all;
      channels.clear();
    }

    private void setAllCommands(boolean all) {
      fromAll = all;
      commandRules.clear();
      firstArguments.clear();
      allowed.clear();
      if (all) {
        allowed.addAll(names.all());
      }
    }

    private void addKeys(String rule) throws BadRuleException {
      if (allKeys) {
        throw new BadRuleException(rule, afterAll("allkeys", "resetkeys", "patterns"));
      }
      int tilde = rule.indexOf('~');
      int end = tilde < 0 ? rule.length() : tilde;
      int access =
          rule.charAt(0) == '~'
              ? READ | WRITE
              : switch (rule.substring(1, end).toUpperCase(Locale.ROOT)) {
                case "R" -> READ;
                case "W" -> WRITE;
                case "RW", "WR" -> READ | WRITE;
                default -> throw new BadRuleException(rule, SYNTAX);
              };
      String pattern = rule.substring(Math.min(end + 1, rule.length()));
      if (ByteWords.hasSpaces(pattern)) {
        throw new BadRuleException(rule, SYNTAX);
      }
      keys.merge(pattern, access, (before, now) -> before | now);
    }

    private void addChannels(String rule) throws BadRuleException {
      if (allChannels) {
        throw new BadRuleException(rule, afterAll("allchannels", "resetchannels", "channels"));
      }
      if (ByteWords.hasSpaces(rule)) {
        throw new BadRuleException(rule, SYNTAX);
      }
      channels.add(rule.substring(1));
    }

    private static String afterAll(String all, String reset, String what) {
      return ("Adding a pattern after the * pattern (or the '" + all + "' flag) is not valid and ")
          + ("does not have any effect. Try '"
              + reset
              + "' to start with an empty list of "
              + what);
    }

    private void addCommands(String rule) throws BadRuleException {
      boolean allow = rule.charAt(0) == '+';
      String name = rule.substring(1).toLowerCase(Locale.ROOT);
      if (name.startsWith("@")) {
        String category = name.substring(1);
        if (!CommandNames.CATEGORIES.contains(category)) {
          throw new BadRuleException(rule, UNKNOWN);
        }
        names.in(category).forEach(command -> set(command, allow));
      } else if (names.contains(name)) {
        set(name, allow);
      } else if (allow) {
        addFirstArgument(rule, name);
      } else {
        throw new BadRuleException(rule, UNKNOWN);
      }
      commandRules.removeIf(
          earlier -> earlier.startsWith(name, 1) && endsOrGoesOn(earlier, 1 + name.length()));
      commandRules.add((allow ? "+" : "-") + name);
    }

    /** Whether a rule is about what is before this place, or about a subcommand of it. */
    private static boolean endsOrGoesOn(String rule, int end) {
      return rule.length() == end || rule.charAt(end) == '|';
    }

    private void set(String name, boolean allow) {
      List<String> under = names.under(name);
      if (allow) {
        allowed.addAll(under);
      } else {
        under.forEach(allowed::remove);
      }
      firstArguments.remove(name);
    }

    private void addFirstArgument(String rule, String name) throws BadRuleException {
      int bar = name.lastIndexOf('|');
      String command = name.substring(0, Math.max(bar, 0));
      String argument = name.substring(bar + 1);
      if (!names.contains(command)) {
        throw new BadRuleException(rule, UNKNOWN);
      }
      if (command.contains("|")) {
        throw new BadRuleException(rule, "Allowing first-arg of a subcommand is not supported");
      }
      if (argument.isEmpty() || ByteWords.hasSpaces(argument)) {
        throw new BadRuleException(rule, SYNTAX);
      }
      if (names.hasSubcommands(command)) {
        throw new BadRuleException(rule, UNKNOWN);
      }
      firstArguments.computeIfAbsent(command, c -> new HashSet<>()).add(argument);
    }
  }
}
