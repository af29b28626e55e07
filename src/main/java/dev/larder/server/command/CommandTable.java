package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * All commands, found by the bytes of a request's first word or two, in whichever case; no string
 * is made for that.
 */
public final class CommandTable {
  /** As much of a word as Redis quotes. */
  private static final int MOST_QUOTED = 128;

  /** Every command there is. */
  public static final CommandTable ALL =
      new CommandTable(
          List.of(
              group(ConnectionCommands.ALL, "connection"),
              group(ClientCommands.ALL, "connection"),
              group(TrackingCommands.ALL, "connection"),
              group(AclCommands.ALL),
              group(PubSubCommands.ALL),
              group(StringCommands.ALL, "string"),
              group(CounterCommands.ALL, "string"),
              group(KeyCommands.ALL, "keyspace"),
              group(ExpiryCommands.ALL, "keyspace"),
              group(KeyspaceCommands.ALL, "keyspace"),
              group(TransactionCommands.ALL, "transaction"),
              group(SortCommands.ALL, "set", "sortedset", "list"),
              group(ObjectCommands.ALL, "keyspace"),
              group(MemoryCommands.ALL),
              group(IntrospectionCommands.ALL, "connection"),
              group(ServerCommands.ALL),
              group(PersistenceCommands.ALL),
              group(SlowLogCommands.ALL),
              group(LatencyCommands.ALL),
              group(DebugCommands.ALL)));

  private final Names names = new Names();
  private final List<Command> commands = new ArrayList<>();

  private CommandTable(List<List<Command>> groups) {
    for (List<Command> group : groups) {
      for (Command command : group) {
        command.number(commands.size());
        names.add(command);
        commands.add(command);
      }
    }
  }

  private static List<Command> group(List<Command> commands, String... groups) {
    return commands.stream().map(command -> command.in(groups)).toList();
  }

  /** All rows, in the order of the tables. */
  public List<Command> commands() {
    return List.copyOf(commands);
  }

  /** How many there are, not counting subcommands. */
  int size() {
    return names.size;
  }

  /** The rows of that name, and of its subcommands: {@code config}, {@code config|get}. */
  List<Command> rows(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return commands.stream()
        .filter(row -> row.name().equals(lower) || row.name().startsWith(lower + "|"))
        .toList();
  }

  /** The first words of all commands, in the order of the tables. */
  List<String> names() {
    return commands.stream()
        .map(
            row -> row.words() == 1 ? row.name() : row.name().substring(0, row.name().indexOf('|')))
        .distinct()
        .toList();
  }

  /** What {@code CLIENT HELP} and its like say: the subcommands and what they take. */
  Reply help(String name) {
    List<Reply> lines = new ArrayList<>();
    lines.add(
        Reply.status(
            name.toUpperCase(Locale.ROOT)
                + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    for (Command row : rows(name)) {
      if (row.words() == 2) {
        String subcommand = row.name().substring(name.length() + 1).toUpperCase(Locale.ROOT);
        lines.add(Reply.status((subcommand + " " + row.syntax()).strip()));
      }
    }
    return Reply.array(lines);
  }

  /** The command that a request names, or null; then {@link #unknown} is the reply. */
  public @Nullable Command find(Request request) {
    Name name = names.find(request, 0);
    if (name == null) {
      return null;
    }
    if (name.subcommands == null || request.count() == 1) {
      return name.command;
    }
    Name subcommand = name.subcommands.find(request, 1);
    return subcommand == null ? null : subcommand.command;
  }

  /**
   * The reply to a request that names no command; clients know some of these by their beginning.
   */
  public Reply unknown(Request request) {
    String command = Args.quoted(request, 0, MOST_QUOTED);
    if (names.find(request, 0) != null) {
      return Reply.error(
          request.count() == 1
              ? Command.wrongNumberOfArguments(command.toLowerCase(Locale.ROOT))
              : String.format(
                  Locale.ROOT,
                  "unknown subcommand '%s'. Try %s HELP.",
                  Args.quoted(request, 1, MOST_QUOTED),
                  command.toUpperCase(Locale.ROOT)));
    }
    return missing(request);
  }

  /** The reply to a request for a command that is not there. */
  Reply missing(Request request) {
    String command = Args.quoted(request, 0, MOST_QUOTED);
    StringBuilder args = new StringBuilder();
    for (int word = 1; word < request.count() && args.length() < MOST_QUOTED; word++) {
      String arg = Args.quoted(request, word, MOST_QUOTED - args.length());
      args.append('\'').append(arg).append("' ");
    }
    return Reply.error("unknown command '" + command + "', with args beginning with: " + args);
  }

  /** What a word may stand for. */
  private static final class Name {
    final byte[] lower;
    @Nullable Command command;
    @Nullable Names subcommands;

    Name(byte[] lower) {
      this.lower = lower;
    }
  }

  /** Names by their bytes: a hash table with linear probing, at most a quarter full. */
  private static final class Names {
    private Name[] slots = new Name[16];
    private int size;

    void add(Command command) {
      String[] words = command.name().split("\\|", -1);
      Name name = add(words[0]);
      if (words.length == 2) {
        if (name.subcommands == null) {
          name.subcommands = new Names();
        }
        name = name.subcommands.add(words[1]);
      }
      if (name.command != null) {
        throw new IllegalArgumentException("there are two commands '" + command.name() + "'");
      }
      name.command = command;
    }

    private Name add(String word) {
      byte[] lower = word.getBytes(StandardCharsets.US_ASCII);
      int slot = slot(lower, 0, lower.length);
      if (slots[slot] != null) {
        return slots[slot];
      }
      Name name = new Name(lower);
      slots[slot] = name;
      if (++size > slots.length / 4) {
        grow();
      }
      return name;
    }

    private void grow() {
      Name[] old = slots;
      slots = new Name[2 * old.length];
      for (Name name : old) {
        if (name != null) {
          slots[slot(name.lower, 0, name.lower.length)] = name;
        }
      }
    }

    @Nullable Name find(Request request, int word) {
      return slots[slot(request.array(), request.offset(word), request.length(word))];
    }

    /** Where the name is, or where it would be. */
    private int slot(byte[] bytes, int from, int length) {
      int hash = length;
      for (int i = from; i < from + length; i++) {
        hash = 31 * hash + lower(bytes[i]);
      }
      int slot = (hash ^ hash >>> 15) & slots.length - 1;
      while (slots[slot] != null && !isName(slots[slot].lower, bytes, from, length)) {
        slot = slot + 1 & slots.length - 1;
      }
      return slot;
    }

    private static boolean isName(byte[] name, byte[] bytes, int from, int length) {
      if (name.length != length) {
        return false;
      }
      for (int i = 0; i < length; i++) {
        if (name[i] != lower(bytes[from + i])) {
          return false;
        }
      }
      return true;
    }

    private static int lower(byte b) {
      return b >= 'A' && b <= 'Z' ? b + ('a' - 'A') : b;
    }
  }
}
