package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.ADMIN;
import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.NO_AUTH;
import static dev.larder.server.command.Command.connection;
import static dev.larder.server.command.Command.other;

import dev.larder.OperationException;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Commands on users: who one is, and who may do what. */
final class AclCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      connection("AUTH",        "[username] password",           AclCommands::auth).is(FAST, NO_AUTH).in("connection"),
      other     ("ACL CAT",     "[category]",                    AclCommands::categories),
      other     ("ACL DELUSER", "username [username ...]",       AclCommands::delete).is(ADMIN),
      other     ("ACL DRYRUN",  "username command [arg ...]",    AclCommands::dryRun).is(ADMIN),
      other     ("ACL GENPASS", "[bits]",                        AclCommands::newPassword),
      other     ("ACL GETUSER", "username",                      AclCommands::get).is(ADMIN),
      other     ("ACL HELP",    "",                              (session, args) -> CommandTable.ALL.help("acl")),
      other     ("ACL LIST",    "",                              AclCommands::list).is(ADMIN),
      other     ("ACL LOAD",    "",                              AclCommands::load).slow().is(ADMIN),
      other     ("ACL LOG",     "[count | RESET]",               AclCommands::log).is(ADMIN),
      other     ("ACL SAVE",    "",                              AclCommands::save).slow().is(ADMIN),
      other     ("ACL SETUSER", "username [rule [rule ...]]",    AclCommands::set).is(ADMIN),
      other     ("ACL USERS",   "",                              AclCommands::names).is(ADMIN),
      other     ("ACL WHOAMI",  "",                              (session, args) -> Reply.bulk(session.user().name())));
  // spotless:on

  private static final int PASSWORD_BITS = 256;
  private static final int MOST_PASSWORD_BITS = 4096;
  private static final long LOG_ENTRIES = 10;

  private static final SecureRandom RANDOM = new SecureRandom();

  private AclCommands() {}

  // ---- Logging in

  private static Reply auth(Session session, Args args) {
    if (args.left() > 2) {
      throw args.syntaxError();
    }
    Users users = session.server().users();
    if (args.left() == 1 && users.defaultUser().permissions().takesAnyPassword()) {
      throw Args.error(
          "AUTH <password> called without any password configured for the default user. Are you"
              + " sure your configuration is correct?");
    }
    String name = args.left() == 1 ? Users.DEFAULT : args.nextText();
    logIn(session, name, args.next(), "auth");
    return Reply.OK;
  }

  /**
   * Makes a connection act for a user: {@code AUTH}, {@code HELLO}.
   *
   * @throws OperationException if there is no such user, or he has another password; the connection
   *     acts for whom it did before
   */
  static void logIn(Session session, String name, byte[] password, String command) {
    Users users = session.server().users();
    User user = users.authenticate(name, password);
    if (user == null) {
      users
          .log()
          .add(
              User.Reason.AUTH,
              AclLog.Context.TOPLEVEL,
              ByteWords.bytes(command),
              name,
              ClientText.of(session));
      throw new OperationException(
          "WRONGPASS", "invalid username-password pair or user is disabled.");
    }
    session.login(user);
  }

  // ---- What rules can speak of

  private static Reply categories(Session session, Args args) {
    if (args.left() > 1) {
      throw args.wrongSubcommand();
    }
    if (!args.hasNext()) {
      return bulks(CommandNames.CATEGORIES);
    }
    String category = ByteWords.word(args.next());
    String lower = category.toLowerCase(Locale.ROOT);
    if (!CommandNames.CATEGORIES.contains(lower)) {
      throw Args.error("Unknown category '" + ByteWords.shown(category) + "'");
    }
    return bulks(session.server().users().names().in(lower));
  }

  private static Reply newPassword(Session session, Args args) {
    if (args.left() > 1) {
      throw args.wrongNumber();
    }
    long bits = args.hasNext() ? args.nextLong() : PASSWORD_BITS;
    if (bits <= 0 || bits > MOST_PASSWORD_BITS) {
      throw Args.error(
          "ACL GENPASS argument must be the number of bits for the output password, a positive"
              + " number up to "
              + MOST_PASSWORD_BITS);
    }
    int digits = (int) (bits + 3) / 4;
    byte[] random = new byte[(digits + 1) / 2];
    RANDOM.nextBytes(random);
    return Reply.bulk(Users.hex(random).substring(0, digits));
  }

  // ---- Users

  private static Reply set(Session session, Args args) {
    String name = args.nextText();
    session.server().users().set(name, words(args));
    return Reply.OK;
  }

  private static List<String> words(Args args) {
    List<String> words = new ArrayList<>();
    while (args.hasNext()) {
      words.add(ByteWords.word(args.next()));
    }
    return words;
  }

  private static Reply delete(Session session, Args args) {
    List<String> names = words(args).stream().map(ByteWords::name).toList();
    return Reply.integer(session.server().users().delete(names));
  }

  private static Reply names(Session session, Args args) {
    return bulks(session.server().users().all().stream().map(User::name).toList());
  }

  private static Reply list(Session session, Args args) {
    List<Reply> lines = new ArrayList<>();
    session.server().users().all().forEach(user -> lines.add(word(Users.line(user))));
    return Reply.array(lines);
  }

  private static Reply get(Session session, Args args) {
    User user = session.server().users().find(args.nextText());
    if (user == null) {
      return Reply.NIL;
    }
    Permissions permissions = user.permissions();
    List<Reply> flags = new ArrayList<>();
    permissions.flags().forEach(flag -> flags.add(word(flag)));
    List<Reply> hashes = new ArrayList<>();
    permissions.hashes().forEach(hash -> hashes.add(word(hash)));
    List<Selector> selectors = permissions.selectors();
    List<Reply> others = new ArrayList<>();
    for (Selector other : selectors.subList(1, selectors.size())) {
      others.add(new Reply.Map(fields(other)));
    }
    List<Reply> fields = new ArrayList<>();
    fields.add(word("flags"));
    fields.add(new Reply.Set(flags));
    fields.add(word("passwords"));
    fields.add(Reply.array(hashes));
    fields.addAll(fields(selectors.get(0)));
    fields.add(word("selectors"));
    fields.add(Reply.array(others));
    return new Reply.Map(fields);
  }

  private static List<Reply> fields(Selector selector) {
    // spotless:off
    return List.of(
        word("commands"), word(selector.commandRules()),
        word("keys"),     word(selector.keyRules()),
        word("channels"), word(selector.channelRules()));
    // spotless:on
  }

  private static Reply dryRun(Session session, Args args) {
    String name = args.nextText();
    User user = session.server().users().find(name);
    if (user == null) {
      throw Args.error("User '" + name + "' not found");
    }
    List<byte[]> words = new ArrayList<>();
    while (args.hasNext()) {
      words.add(args.next());
    }
    Request request = Request.of(words.toArray(byte[][]::new));
    Command command = CommandTable.ALL.find(request);
    if (command == null) {
      throw Args.error("Command '" + Args.quoted(request, 0, Integer.MAX_VALUE) + "' not found");
    }
    if (!command.takes(request.count() - command.words())) {
      throw Args.error(Command.wrongNumberOfArguments(command.name()));
    }
    User.Denial denial = user.check(command, request);
    if (denial == null) {
      return Reply.OK;
    }
    byte[] object = request.bytes(denial.word());
    return word(denial.message(ByteWords.word(name), command.name(), ByteWords.word(object)));
  }

  // ---- The file

  private static Reply load(Session session, Args args) {
    session.server().users().load();
    return Reply.OK;
  }

  private static Reply save(Session session, Args args) {
    try {
      session.server().users().save();
      return Reply.OK;
    } catch (IOException e) {
      ServerLog.warn("the ACL file was not saved", e);
      throw Args.error(
          "There was an error trying to save the ACLs. Please check the server logs for more"
              + " information");
    }
  }

  // ---- The log

  private static Reply log(Session session, Args args) {
    AclLog log = session.server().users().log();
    if (args.left() > 1) {
      throw args.wrongNumber();
    }
    if (args.accept("RESET")) {
      log.clear();
      return Reply.OK;
    }
    long most = args.hasNext() ? args.nextLong() : LOG_ENTRIES;
    long now = log.now();
    List<Reply> entries = new ArrayList<>();
    log.newest(most).forEach(entry -> entries.add(shown(entry, now)));
    return Reply.array(entries);
  }

  private static Reply shown(AclLog.Entry entry, long now) {
    // spotless:off
    return Reply.map(
        word("count"),                  Reply.integer(entry.count()),
        word("reason"),                 word(lower(entry.reason())),
        word("context"),                word(lower(entry.context())),
        word("object"),                 word(entry.object()),
        word("username"),               Reply.bulk(entry.user()),
        word("age-seconds"),            new Reply.Real((now - entry.updated()) / 1000.0),
        word("client-info"),            Reply.bulk(entry.client()),
        word("entry-id"),               Reply.integer(entry.id()),
        word("timestamp-created"),      Reply.integer(entry.created()),
        word("timestamp-last-updated"), Reply.integer(entry.updated()));
    // spotless:on
  }

  private static String lower(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static Reply word(String word) {
    return Reply.bulk(ByteWords.bytes(word));
  }

  private static Reply bulks(List<String> texts) {
    List<Reply> bulks = new ArrayList<>();
    texts.forEach(text -> bulks.add(Reply.bulk(text)));
    return Reply.array(bulks);
  }
}
