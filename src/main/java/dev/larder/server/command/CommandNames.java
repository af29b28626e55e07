package dev.larder.server.command;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The commands that a rule of a user can speak of: each by its name, or with others by a category.
 *
 * <p>{@code config} stands for itself and for {@code config|get}, {@code config|set}, ...; it need
 * not be a command of its own.
 */
final class CommandNames {
  /** All categories there are, in the order in which {@code ACL CAT} shows them. */
  static final List<String> CATEGORIES =
      List.of(
          "keyspace",
          "read",
          "write",
          "set",
          "sortedset",
          "list",
          "hash",
          "string",
          "bitmap",
          "hyperloglog",
          "geo",
          "stream",
          "pubsub",
          "admin",
          "fast",
          "slow",
          "blocking",
          "dangerous",
          "connection",
          "transaction",
          "scripting");

  private final Map<String, Set<String>> categories;
  private final Map<String, List<String>> subcommands = new LinkedHashMap<>();

  /**
   * @param categories those of each command by its name, both in lower case
   */
  CommandNames(Map<String, Set<String>> categories) {
    this.categories = new LinkedHashMap<>(categories);
    for (String name : categories.keySet()) {
      int bar = name.indexOf('|');
      if (bar >= 0) {
        String container = name.substring(0, bar);
        this.categories.putIfAbsent(container, Set.of());
        subcommands.computeIfAbsent(container, c -> new ArrayList<>()).add(name);
      }
    }
  }

  static CommandNames of(Collection<Command> commands) {
    Map<String, Set<String>> categories = new LinkedHashMap<>();
    commands.forEach(command -> categories.put(command.name(), command.categories()));
    return new CommandNames(categories);
  }

  Set<String> all() {
    return categories.keySet();
  }

  boolean contains(String name) {
    return categories.containsKey(name);
  }

  boolean hasSubcommands(String name) {
    return subcommands.containsKey(name);
  }

  /** The commands of a category. */
  List<String> in(String category) {
    return categories.entrySet().stream()
        .filter(entry -> entry.getValue().contains(category))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Everything that a rule about this name is about: the command, and its subcommands. */
  List<String> under(String name) {
    List<String> names = new ArrayList<>(subcommands.getOrDefault(name, List.of()));
    names.add(name);
    return names;
  }
}
