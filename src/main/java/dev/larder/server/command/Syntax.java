package dev.larder.server.command;

import dev.larder.protocol.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The syntax of a command, taken apart as {@code COMMAND DOCS} shows it:
 *
 * <pre>
 *   key                     a word to be filled in
 *   NX                      a word to be written as it is
 *   EX seconds              both, as one argument
 *   ON|OFF   [NX | XX]      one of these
 *   [GET]                   may be left out
 *   key [key ...]           at least one
 *   [GET pattern [GET pattern ...]]
 * </pre>
 */
final class Syntax {
  private static final Set<String> INTEGERS =
      Set.of(
          "seconds",
          "milliseconds",
          "increment",
          "decrement",
          "start",
          "end",
          "offset",
          "count",
          "cursor",
          "timeout",
          "numreplicas",
          "protover",
          "index1",
          "index2",
          "destination-db",
          "db",
          "client-id",
          "len",
          "min-match-len");

  /** One argument; {@code parts} are those of a block, or the choices of one of several. */
  private record Argument(
      String name,
      String type,
      String token,
      boolean optional,
      boolean multiple,
      List<Argument> parts) {

    Argument asOptional() {
      return new Argument(name, type, token, true, multiple, parts);
    }

    Argument asMultiple() {
      return new Argument(name, type, token, optional, true, parts);
    }

    Reply reply() {
      List<Reply> fields = new ArrayList<>();
      field(fields, "name", Reply.bulk(name));
      field(fields, "type", Reply.bulk(type));
      if (!type.equals("oneof") && !type.equals("block") && !type.equals("pure-token")) {
        field(fields, "display_text", Reply.bulk(name));
      }
      if (type.equals("key")) {
        field(fields, "key_spec_index", Reply.ZERO);
      }
      if (!token.isEmpty()) {
        field(fields, "token", Reply.bulk(token));
      }
      List<Reply> flags = new ArrayList<>();
      if (optional) {
        flags.add(Reply.status("optional"));
      }
      if (multiple) {
        flags.add(Reply.status("multiple"));
        if (!token.isEmpty()) {
          flags.add(Reply.status("multiple_token"));
        }
      }
      if (!flags.isEmpty()) {
        field(fields, "flags", new Reply.Set(flags));
      }
      if (!parts.isEmpty()) {
        field(fields, "arguments", Reply.array(parts.stream().map(Argument::reply).toList()));
      }
      return new Reply.Map(fields);
    }

    private static void field(List<Reply> fields, String name, Reply value) {
      fields.add(Reply.bulk(name));
      fields.add(value);
    }
  }

  private static final Argument ELLIPSIS = new Argument("...", "", "", false, false, List.of());

  private final List<String> words;
  private int next;

  private Syntax(String text) {
    words = List.of(text.replace("[", "[ ").replace("]", " ]").strip().split(" +", -1));
  }

  /** The arguments of a syntax, as an array of maps; empty if there are none. */
  static Reply arguments(String syntax) {
    List<Argument> all = syntax.isEmpty() ? List.of() : new Syntax(syntax).choices().get(0);
    return Reply.array(all.stream().map(Argument::reply).toList());
  }

  /** What stands between {@code |}, up to the end of the bracket. */
  private List<List<Argument>> choices() {
    List<List<Argument>> choices = new ArrayList<>();
    List<Argument> current = new ArrayList<>();
    choices.add(current);
    while (hasNext() && !peek().equals("]")) {
      if (peek().equals("|")) {
        next++;
        current = new ArrayList<>();
        choices.add(current);
      } else if (peek().equals("[")) {
        next++;
        bracket(current);
      } else {
        current.add(argument());
      }
    }
    next++; // the bracket's end
    return choices;
  }

  /** A bracket that repeats what is before it makes that repeatable; else it is optional. */
  private void bracket(List<Argument> before) {
    List<List<Argument>> choices = choices();
    List<Argument> first = choices.get(0);
    boolean repeats = first.remove(ELLIPSIS);
    if (repeats && !first.isEmpty() && endsWith(before, first)) {
      before.subList(before.size() - first.size(), before.size()).clear();
      before.add(block(first).asMultiple());
    } else if (choices.size() > 1) {
      List<Argument> parts = choices.stream().map(Syntax::block).toList();
      before.add(new Argument(names(parts), "oneof", "", true, false, parts));
    } else {
      Argument whole = block(first).asOptional();
      before.add(repeats ? whole.asMultiple() : whole);
    }
  }

  private static boolean endsWith(List<Argument> all, List<Argument> end) {
    int from = all.size() - end.size();
    return from >= 0 && all.subList(from, all.size()).equals(end);
  }

  private static Argument block(List<Argument> parts) {
    return parts.size() == 1
        ? parts.get(0)
        : new Argument(names(parts), "block", "", false, false, List.copyOf(parts));
  }

  private static String names(List<Argument> parts) {
    return String.join("-", parts.stream().map(Argument::name).toList());
  }

  private Argument argument() {
    String word = words.get(next++);
    if (word.equals("...")) {
      return ELLIPSIS;
    }
    if (word.contains("|")) {
      List<Argument> parts = List.of(word.split("\\|", -1)).stream().map(Syntax::token).toList();
      return new Argument(names(parts), "oneof", "", false, false, parts);
    }
    if (!isToken(word)) {
      return new Argument(word, type(word), "", false, false, List.of());
    }
    List<Argument> parts = new ArrayList<>();
    while (hasNext() && Character.isLowerCase(peek().charAt(0))) {
      parts.add(argument());
    }
    if (parts.isEmpty()) {
      return token(word);
    }
    Argument only = parts.get(0);
    return parts.size() == 1
        ? new Argument(only.name, only.type, word, false, false, List.of())
        : new Argument(word.toLowerCase(Locale.ROOT), "block", word, false, false, parts);
  }

  private static Argument token(String word) {
    return new Argument(word.toLowerCase(Locale.ROOT), "pure-token", word, false, false, List.of());
  }

  private static boolean isToken(String word) {
    return Character.isUpperCase(word.charAt(0));
  }

  private static String type(String word) {
    if (KeyWords.isKey(word)) {
      return "key";
    } else if (word.startsWith("unix-time")) {
      return "unix-time";
    } else if (word.equals("pattern")) {
      return "pattern";
    }
    return INTEGERS.contains(word) ? "integer" : "string";
  }

  private boolean hasNext() {
    return next < words.size();
  }

  private String peek() {
    return words.get(next);
  }
}
