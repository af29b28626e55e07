package dev.larder.server.command;

import static dev.larder.server.command.BadRuleException.SYNTAX;

import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * All that is set for a user at one time: whether and with which passwords he may log in, and what
 * he may do then. Immutable; {@link #with} makes another one.
 *
 * <p>In the form that the rules are given in, and shown:
 *
 * <pre>
 *   on sanitize-payload #2d7116... ~app:* resetchannels &amp;news.* -@all +@read (%R~log:* resetchannels -@all +get)
 *   flags               passwords  keys   channels                commands      one more selector
 * </pre>
 */
final class Permissions {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** Compared with when there is nothing to compare with; no password has it. */
  private static final Set<String> NO_HASH = Set.of("-".repeat(64));

  private final CommandNames names;
  private final boolean enabled;
  private final boolean anyPassword;
  private final boolean sanitizes;
  private final Set<String> hashes;
  private final List<Selector> selectors;
  private final boolean unrestricted;
  private final boolean asksForKeys;
  private final boolean asksForChannels;

  private Permissions(CommandNames names, Draft draft) {
    this.names = names;
    enabled = draft.enabled;
    anyPassword = draft.anyPassword;
    sanitizes = draft.sanitizes;
    hashes = new LinkedHashSet<>(draft.hashes);
    List<Selector> all = new ArrayList<>(List.of(draft.root.build()));
    all.addAll(draft.others);
    selectors = List.copyOf(all);
    unrestricted = selectors.stream().anyMatch(Selector::isUnrestricted);
    asksForKeys = !selectors.stream().allMatch(Selector::hasAllKeys);
    asksForChannels = !selectors.stream().allMatch(Selector::hasAllChannels);
  }

  /** Those of a new user, who can neither log in nor do anything. */
  static Permissions none(CommandNames names) {
    return new Permissions(names, new Draft(Selector.none(names).draft()));
  }

  /**
   * These and then the rules given, words as {@link ByteWords} has them. A selector may be spread
   * over several words.
   */
  Permissions with(List<String> rules, UnaryOperator<byte[]> digest) throws BadRuleException {
    Draft draft = new Draft(selectors.get(0).draft());
    draft.enabled = enabled;
    draft.anyPassword = anyPassword;
    draft.sanitizes = sanitizes;
    draft.hashes.addAll(hashes);
    draft.others.addAll(selectors.subList(1, selectors.size()));
    for (String rule : joined(rules)) {
      draft.add(rule, names, digest);
    }
    return new Permissions(names, draft);
  }

  /**
   * Puts the words from one that opens a parenthesis to one that closes it into one rule. One that
   * opens another in between makes that rule wrong; Redis forgets what came before it.
   */
  private static List<String> joined(List<String> words) throws BadRuleException {
    List<String> rules = new ArrayList<>();
    @Nullable StringBuilder open = null;
    String first = "";
    for (String word : words) {
      if (open != null) {
        open.append(' ').append(word);
      } else if (word.startsWith("(")) {
        open = new StringBuilder(word);
        first = word;
      } else {
        rules.add(word);
      }
      if (open != null && word.endsWith(")")) {
        rules.add(open.toString());
        open = null;
      }
    }
    if (open != null) {
      throw new BadRuleException(first, BadRuleException.UNMATCHED);
    }
    return rules;
  }

  // ---- Logging in

  boolean isEnabled() {
    return enabled;
  }

  /** Whether every password is the right one. */
  boolean takesAnyPassword() {
    return anyPassword;
  }

  /**
   * Whether this is the digest of a password. Takes the same time for every digest, and compares
   * even if there is nothing to compare with.
   */
  boolean hasPassword(String hash) {
    byte[] given = hash.getBytes(StandardCharsets.ISO_8859_1);
    boolean found = false;
    for (String known : hashes.isEmpty() ? NO_HASH : hashes) {
      found |= MessageDigest.isEqual(given, known.getBytes(StandardCharsets.ISO_8859_1));
    }
    return found;
  }

  // ---- What is allowed

  boolean isUnrestricted() {
    return unrestricted;
  }

  /** Whether some keys are not allowed, so that {@link #check} needs to know them. */
  boolean asksForKeys() {
    return asksForKeys;
  }

  boolean asksForChannels() {
    return asksForChannels;
  }

  /** Whether there is a key or channel to be found with which the command is allowed. */
  boolean mayRun(String command, Request request) {
    return selectors.stream().anyMatch(selector -> selector.mayRun(command, request));
  }

  boolean mayAccess(byte[] key, boolean reads, boolean writes) {
    return selectors.stream().anyMatch(selector -> selector.mayAccess(key, reads, writes));
  }

  boolean mayUse(byte[] channel, boolean isPattern) {
    return selectors.stream().anyMatch(selector -> selector.mayUse(channel, isPattern));
  }

  /**
   * Null if a selector allows the request. Otherwise what to say of it: the word that got furthest,
   * a command before a key before a channel.
   */
  User.@Nullable Denial check(
      String command, Request request, List<Command.Key> keys, List<Command.Channel> channels) {
    User.@Nullable Denial worst = null;
    for (Selector selector : selectors) {
      User.Denial denial = check(selector, command, request, keys, channels);
      if (denial == null) {
        return null;
      }
      if (worst == null || denial.isBeyond(worst)) {
        worst = denial;
      }
    }
    return worst;
  }

  private static User.@Nullable Denial check(
      Selector selector,
      String command,
      Request request,
      List<Command.Key> keys,
      List<Command.Channel> channels) {
    if (!selector.mayRun(command, request)) {
      return new User.Denial(User.Reason.COMMAND, 0);
    }
    for (Command.Key key : keys) {
      if (!selector.hasAllKeys()
          && !selector.mayAccess(request.bytes(key.word()), key.reads(), key.writes())) {
        return new User.Denial(User.Reason.KEY, key.word());
      }
    }
    for (Command.Channel channel : channels) {
      if (!selector.hasAllChannels()
          && !selector.mayUse(request.bytes(channel.word()), channel.isPattern())) {
        return new User.Denial(User.Reason.CHANNEL, channel.word());
      }
    }
    return null;
  }

  // ---- What is shown

  List<String> flags() {
    List<String> flags = new ArrayList<>();
    flags.add(enabled ? "on" : "off");
    if (anyPassword) {
      flags.add("nopass");
    }
    flags.add(sanitizes ? "sanitize-payload" : "skip-sanitize-payload");
    return flags;
  }

  /** SHA-256 digests in hexadecimal, in the order in which they were added. */
  Set<String> hashes() {
    return hashes;
  }

  /** The user's own first. */
  List<Selector> selectors() {
    return selectors;
  }

  /** Rules that give these permissions again, after {@code reset}. */
  String describe() {
    StringBuilder text = new StringBuilder(String.join(" ", flags())).append(' ');
    hashes.forEach(hash -> text.append('#').append(hash).append(' '));
    text.append(selectors.get(0).describe());
    for (Selector other : selectors.subList(1, selectors.size())) {
      text.append(" (").append(other.describe()).append(')');
    }
    return text.toString();
  }

  /** Permissions in the making. */
  private static final class Draft {
    boolean enabled;
    boolean anyPassword;
    boolean sanitizes = true;
    final Set<String> hashes = new LinkedHashSet<>();
    Selector.Draft root;
    final List<Selector> others = new ArrayList<>();

    Draft(Selector.Draft root) {
      this.root = root;
    }

    void add(String rule, CommandNames names, UnaryOperator<byte[]> digest)
        throws BadRuleException {
      switch (rule.toLowerCase(Locale.ROOT)) {
        case "" -> {}
        case "on" -> enabled = true;
        case "off" -> enabled = false;
        case "sanitize-payload" -> sanitizes = true;
        case "skip-sanitize-payload" -> sanitizes = false;
        case "nopass" -> setAnyPassword(true);
        case "resetpass" -> setAnyPassword(false);
        case "clearselectors" -> others.clear();
        case "reset" -> {
          enabled = false;
          sanitizes = true;
          setAnyPassword(false);
          others.clear();
          root = new Selector.Draft(names);
        }
        default -> {
          switch (rule.charAt(0)) {
            case '>', '#' -> {
              hashes.add(hash(rule, digest));
              anyPassword = false;
            }
            case '<', '!' -> {
              if (!hashes.remove(hash(rule, digest))) {
                throw new BadRuleException(rule, BadRuleException.NO_SUCH_PASSWORD);
              }
            }
            case '(' -> others.add(selector(rule, names));
            default -> root.add(rule);
          }
        }
      }
    }

    private void setAnyPassword(boolean any) {
      anyPassword = any;
      hashes.clear();
    }

    private static String hash(String rule, UnaryOperator<byte[]> digest) throws BadRuleException {
      String password = rule.substring(1);
      if (rule.charAt(0) == '>' || rule.charAt(0) == '<') {
        return Users.hex(digest.apply(ByteWords.bytes(password)));
      }
      if (!HASH.matcher(password).matches()) {
        throw new BadRuleException(rule, BadRuleException.NO_HASH);
      }
      return password;
    }

    /**
     * The error is about the whole rule, as in Redis. A word that ends in a parenthesis is refused
     * though Redis takes it: where the rule is read again, it would end there.
     */
    private static Selector selector(String rule, CommandNames names) throws BadRuleException {
      Selector.Draft draft = new Selector.Draft(names);
      for (String word : rule.substring(1, rule.length() - 1).split("[ \\t-\\r]+", -1)) {
        if (word.endsWith(")")) {
          throw new BadRuleException(rule, SYNTAX);
        }
        try {
          if (!word.isEmpty()) {
            draft.add(word);
          }
        } catch (BadRuleException e) {
          throw new BadRuleException(rule, e.reason());
        }
      }
      return draft.build();
    }
  }
}
