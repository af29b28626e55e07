package dev.larder.server.command;

import static dev.larder.server.command.Command.other;

import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code COMMAND}: the tables of commands, as clients and {@code redis-cli} read them. All of it is
 * derived from the rows.
 */
final class IntrospectionCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("COMMAND",                 "[subcommand [argument ...]]",    (session, args) -> all(session)),
      other("COMMAND COUNT",           "",                               (session, args) -> Reply.integer(names(session).size())),
      other("COMMAND INFO",            "[command-name [command-name ...]]", IntrospectionCommands::info),
      other("COMMAND DOCS",            "[command-name [command-name ...]]", IntrospectionCommands::docs),
      other("COMMAND LIST",            "[FILTERBY MODULE module-name | ACLCAT category | PATTERN pattern]",
                                                                         IntrospectionCommands::list),
      other("COMMAND GETKEYS",         "command [argument ...]",         IntrospectionCommands::keys),
      other("COMMAND GETKEYSANDFLAGS", "command [argument ...]",         IntrospectionCommands::keysAndFlags),
      other("COMMAND HELP",            "",                               (session, args) -> CommandTable.ALL.help("command")));
  // spotless:on

  private IntrospectionCommands() {}

  // ------------------------------------------------------------------------------------- the rows

  /** The rows of a command and of its subcommands that may be used here, its own the first. */
  private static List<Command> rows(Session session, String name) {
    return CommandTable.ALL.rows(name).stream()
        .filter(row -> !session.server().isDisabled(row))
        .toList();
  }

  private static List<String> names(Session session) {
    return CommandTable.ALL.names().stream()
        .filter(name -> !rows(session, name).isEmpty())
        .toList();
  }

  private static Reply all(Session session) {
    return Reply.array(names(session).stream().map(name -> info(session, name)).toList());
  }

  private static Reply info(Session session, Args args) {
    if (!args.hasNext()) {
      return all(session);
    }
    List<Reply> infos = new ArrayList<>();
    while (args.hasNext()) {
      infos.add(info(session, args.nextText()));
    }
    return Reply.array(infos);
  }

  /** What a row says, in ten parts; its subcommands are the last. */
  private static Reply info(Session session, String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    List<Command> rows = rows(session, lower);
    if (rows.isEmpty()) {
      return Reply.NIL;
    }
    List<Reply> subcommands = new ArrayList<>();
    for (Command row : rows) {
      if (!row.name().equals(lower)) {
        subcommands.add(info(row, List.of()));
      }
    }
    Command own = rows.get(0);
    return own.name().equals(lower) ? info(own, subcommands) : container(lower, subcommands);
  }

  private static Reply info(Command row, List<Reply> subcommands) {
    KeyWords keys = row.keyWords();
    return info(row.name(), row.arity(), flags(row), keys, row.categories(), subcommands, row);
  }

  /** A first word that is no command without a second one. */
  private static Reply container(String name, List<Reply> subcommands) {
    KeyWords none = KeyWords.of("", 1);
    return info(name, -2, List.of(), none, List.of("slow"), subcommands, null);
  }

  private static Reply info(
      String name,
      int arity,
      List<Reply> flags,
      KeyWords keys,
      Iterable<String> categories,
      List<Reply> subcommands,
      @Nullable Command row) {
    List<Reply> groups = new ArrayList<>();
    categories.forEach(category -> groups.add(Reply.status("@" + category)));
    return Reply.array(
        Reply.bulk(name),
        Reply.integer(arity),
        new Reply.Set(flags),
        Reply.integer(keys.first()),
        Reply.integer(keys.last()),
        Reply.integer(keys.step()),
        new Reply.Set(groups),
        new Reply.Set(List.of()), // hints, of which we have none
        new Reply.Set(row == null || keys.first() == 0 ? List.of() : List.of(place(row))),
        Reply.array(subcommands));
  }

  private static List<Reply> flags(Command row) {
    List<Reply> flags = new ArrayList<>();
    flag(flags, row.writes(), "write");
    flag(flags, row.reads(), "readonly");
    flag(flags, row.has(Command.Flag.DENYOOM), "denyoom");
    flag(flags, row.has(Command.Flag.ADMIN), "admin");
    flag(flags, row.has(Command.Flag.PUBSUB), "pubsub");
    flag(flags, row.has(Command.Flag.FAST), "fast");
    flag(flags, row.has(Command.Flag.NO_AUTH), "no_auth");
    flag(flags, row.hasMovableKeys(), "movablekeys");
    flag(flags, row.has(Command.Flag.NO_MULTI), "no_multi");
    return flags;
  }

  private static void flag(List<Reply> flags, boolean set, String name) {
    if (set) {
      flags.add(Reply.status(name));
    }
  }

  /** Where the keys are, in the longer form; {@code lastkey} counts from the first one here. */
  private static Reply place(Command row) {
    KeyWords keys = row.keyWords();
    int last = keys.last() < 0 ? keys.last() : keys.last() - keys.first();
    boolean reads = !row.writes() || row.has(Command.Flag.READS_TOO);
    return Reply.map(
        Reply.bulk("flags"),
        new Reply.Set(uses(reads, row.writes())),
        Reply.bulk("begin_search"),
        Reply.map(
            Reply.bulk("type"),
            Reply.bulk("index"),
            Reply.bulk("spec"),
            Reply.map(Reply.bulk("index"), Reply.integer(keys.first()))),
        Reply.bulk("find_keys"),
        Reply.map(
            Reply.bulk("type"),
            Reply.bulk("range"),
            Reply.bulk("spec"),
            Reply.map(
                Reply.bulk("lastkey"),
                Reply.integer(last),
                Reply.bulk("keystep"),
                Reply.integer(keys.step()),
                Reply.bulk("limit"),
                Reply.ZERO)));
  }

  /** What is done with a key: its value shown, or changed, or both. */
  private static List<Reply> uses(boolean read, boolean written) {
    if (!written) {
      return List.of(Reply.status("RO"), Reply.status("access"));
    }
    return read
        ? List.of(Reply.status("RW"), Reply.status("access"), Reply.status("update"))
        : List.of(Reply.status("OW"), Reply.status("update"));
  }

  // -------------------------------------------------------------------------------- the manual

  private static Reply docs(Session session, Args args) {
    List<String> names = new ArrayList<>();
    while (args.hasNext()) {
      names.add(args.nextText().toLowerCase(Locale.ROOT));
    }
    List<Reply> docs = new ArrayList<>();
    for (String name : names.isEmpty() ? names(session) : names) {
      List<Command> rows = rows(session, name);
      if (!rows.isEmpty()) {
        docs.add(Reply.bulk(name));
        docs.add(docs(name, rows));
      }
    }
    return new Reply.Map(docs);
  }

  private static Reply docs(String name, List<Command> rows) {
    List<Reply> subcommands = new ArrayList<>();
    for (Command row : rows) {
      if (!row.name().equals(name)) {
        subcommands.add(Reply.bulk(row.name()));
        subcommands.add(new Reply.Map(docs(row)));
      }
    }
    Command own = rows.get(0);
    List<Reply> fields =
        own.name().equals(name) ? docs(own) : new ArrayList<>(docs(own).subList(0, 4));
    if (!subcommands.isEmpty()) {
      fields.add(Reply.bulk("subcommands"));
      fields.add(new Reply.Map(subcommands));
    }
    return new Reply.Map(fields);
  }

  /** There is no summary beyond the syntax, which stands in for it. */
  private static List<Reply> docs(Command row) {
    List<Reply> fields = new ArrayList<>();
    String name = row.name().replace('|', ' ').toUpperCase(Locale.ROOT);
    fields.add(Reply.bulk("summary"));
    fields.add(Reply.bulk((name + " " + row.syntax()).strip()));
    fields.add(Reply.bulk("group"));
    fields.add(Reply.bulk(group(row)));
    if (!row.syntax().isEmpty()) {
      fields.add(Reply.bulk("arguments"));
      fields.add(Syntax.arguments(row.syntax()));
    }
    return fields;
  }

  /** The chapter of Redis' manual. */
  private static String group(Command row) {
    for (String category : row.categories()) {
      switch (category) {
        case "keyspace" -> {
          return "generic";
        }
        case "transaction" -> {
          return "transactions";
        }
        case "set", "sortedset", "list" -> {
          return "generic"; // SORT
        }
        case "string", "connection", "pubsub", "scripting" -> {
          return category;
        }
        default -> {
          continue;
        }
      }
    }
    return "server";
  }

  // --------------------------------------------------------------------------------- the names

  private static Reply list(Session session, Args args) {
    Predicate<Command> wanted = row -> true;
    if (args.hasNext()) {
      if (!args.accept("FILTERBY") || args.left() != 2) {
        throw args.syntaxError();
      }
      wanted = filter(args);
    }
    List<Reply> names = new ArrayList<>();
    for (String name : names(session)) {
      List<Command> rows = rows(session, name);
      Command own = rows.get(0);
      if (own.words() == 2 && wanted.test(other(name, "", (any, none) -> Reply.NONE))) {
        names.add(Reply.bulk(name));
      }
      rows.stream().filter(wanted).forEach(row -> names.add(Reply.bulk(row.name())));
    }
    return Reply.array(names);
  }

  private static Predicate<Command> filter(Args args) {
    if (args.accept("MODULE")) {
      return row -> false;
    } else if (args.accept("ACLCAT")) {
      String category = args.nextText().toLowerCase(Locale.ROOT);
      return row -> row.categories().contains(category);
    } else if (args.accept("PATTERN")) {
      Glob glob = Glob.ofAnyCase(args.next());
      return row -> glob.matches(row.name().getBytes(StandardCharsets.US_ASCII));
    }
    throw args.syntaxError();
  }

  // ---------------------------------------------------------------------------------- the keys

  private static Reply keys(Session session, Args args) {
    return keys(args, (request, word, read, written) -> Reply.bulk(request.bytes(word)));
  }

  private static Reply keysAndFlags(Session session, Args args) {
    return keys(
        args,
        (request, word, read, written) ->
            Reply.array(Reply.bulk(request.bytes(word)), new Reply.Set(uses(read, written))));
  }

  private interface Shown {
    Reply of(Request request, int word, boolean read, boolean written);
  }

  private static Reply keys(Args args, Shown shown) {
    byte[][] words = new byte[args.left()][];
    for (int i = 0; i < words.length; i++) {
      words[i] = args.next();
    }
    Request request = Request.of(words);
    Command command = CommandTable.ALL.find(request);
    if (command == null) {
      throw Args.error("Invalid command specified");
    }
    if (command.keyWords().first() == 0) {
      throw Args.error("The command has no key arguments");
    }
    if (!command.takes(request.count() - command.words())) {
      throw Args.error("Invalid number of arguments specified for command");
    }
    Map<Integer, Reply> keys = new LinkedHashMap<>(); // by word: MOVE has one key in two caches
    command.extent(
        request,
        (word, read, written) -> keys.putIfAbsent(word, shown.of(request, word, read, written)));
    return Reply.array(List.copyOf(keys.values()));
  }
}
