package dev.larder.server.command;

import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A few commands with Redis' categories and keys, and users of them. */
final class Acl {
  // spotless:off
  static final CommandNames NAMES = names(
      "get             read string fast",
      "set             write string slow",
      "copy            keyspace write slow",
      "strlen          read string fast",
      "del             keyspace write slow",
      "flushall        keyspace write slow dangerous",
      "ping            fast connection",
      "select          fast connection",
      "auth            fast connection",
      "hello           fast connection",
      "quit            fast connection",
      "reset           fast connection",
      "publish         pubsub fast",
      "subscribe       pubsub slow",
      "psubscribe      pubsub slow",
      "config          slow",
      "config|get      admin slow dangerous",
      "config|set      admin slow dangerous",
      "client          slow",
      "client|id       slow connection");

  private static final Map<String, List<Command.Key>> KEYS = Map.of(
      "get",    List.of(key(1, true, false)),
      "set",    List.of(key(1, false, true)),
      "copy",   List.of(key(1, true, false), key(2, false, true)),
      "strlen", List.of(key(1, false, false)),
      "del",    List.of(key(1, false, true)));
  // spotless:on

  private Acl() {}

  private static CommandNames names(String... rows) {
    Map<String, Set<String>> categories = new LinkedHashMap<>();
    for (String row : rows) {
      List<String> words = List.of(row.split(" +", -1));
      categories.put(words.get(0), Set.copyOf(words.subList(1, words.size())));
    }
    return new CommandNames(categories);
  }

  private static Command.Key key(int word, boolean reads, boolean writes) {
    return new Command.Key(word, reads, writes);
  }

  /** What a new user may do after these rules, words with blanks between them. */
  static Permissions permissions(String rules) throws BadRuleException {
    return Permissions.none(NAMES).with(List.of(rules.split(" ", -1)), password -> password);
  }

  /** What becomes of a request: {@code ok}, or what was refused. */
  static String decision(Permissions permissions, String line) {
    String[] words = line.split(" ", -1);
    String name =
        NAMES.hasSubcommands(words[0]) && words.length > 1 ? words[0] + "|" + words[1] : words[0];
    User.Denial denial =
        permissions.check(
            name, request(words), KEYS.getOrDefault(name, List.of()), channels(name, words.length));
    return denial == null
        ? "ok"
        : denial.reason() == User.Reason.COMMAND ? "command" : words[denial.word()];
  }

  static Request request(String... words) {
    return Request.of(
        Arrays.stream(words)
            .map(word -> word.getBytes(StandardCharsets.UTF_8))
            .toArray(byte[][]::new));
  }

  private static List<Command.Channel> channels(String name, int words) {
    return switch (name) {
      case "publish" -> List.of(new Command.Channel(1, false));
      case "subscribe", "psubscribe" ->
          java.util.stream.IntStream.range(1, words)
              .mapToObj(word -> new Command.Channel(word, name.equals("psubscribe")))
              .toList();
      default -> List.of();
    };
  }
}
