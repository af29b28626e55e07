package dev.larder.server.command;

import dev.larder.BusyException;
import dev.larder.CodecException;
import dev.larder.DeadlockException;
import dev.larder.OperationException;
import dev.larder.PersistenceException;
import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One row of a command table.
 *
 * <p>The syntax is written as in Redis' documentation. It says how many words are needed: {@code
 * "key increment"} exactly two, {@code "key value [NX | XX]"} at least two; what follows then is
 * for the function to check, which alone knows whether it is wrong in number or in syntax. And it
 * says where the keys are: the words called {@code key}, {@code newkey}, {@code source} and {@code
 * destination}. Who wants them, as {@code EXEC} does before it runs anything, asks {@link #extent}.
 * Words that name channels are declared with {@link #channels(int, boolean)}.
 */
public final class Command {
  /** A command with more arguments than these takes too long for a thread that serves others. */
  static final int MANY = 64;

  /** What a command is about. */
  enum Kind {
    /** The selected cache, which it only reads. */
    READ,
    /** The selected cache, which it may change. */
    WRITE,
    /** The connection itself: replies keep their RESP form even among lines. */
    CONNECTION,
    /** Anything else. */
    OTHER
  }

  /**
   * What else is to be known of a command; as Redis calls it in {@code COMMAND INFO}, if it does.
   */
  enum Flag {
    /** Takes the same short time however much there is. */
    FAST,
    /** May take memory for more. */
    DENYOOM,
    /** For who runs the server. */
    ADMIN,
    /** Harms others if it is used carelessly. */
    DANGEROUS,
    PUBSUB,
    /** For strangers, too. */
    NO_AUTH,
    /** Also shows the keys' values, although it writes. */
    READS_TOO,
    /** Has effect at once although {@code MULTI} was sent. */
    UNQUEUED,
    /** May be sent by a client that has subscribed to something, in RESP2. */
    SUBSCRIBED_TOO,
    /** Makes no sense within {@code MULTI}. */
    NO_MULTI,
    /** Is there only where a setting says so. */
    PROTECTED,
    /** Has keys that {@link #keyWords} does not tell of. */
    MOVABLE_KEYS
  }

  /** Does what the command says. Throws what {@link #run} makes replies of. */
  @FunctionalInterface
  interface Function {
    Reply run(Session session, Args args);
  }

  /** A key of a request: in which word, and what the command does with its value. */
  record Key(int word, boolean reads, boolean writes) {}

  /** A channel of a request: in which word, and whether that is a pattern of channels. */
  record Channel(int word, boolean isPattern) {}

  /** The first word that is a channel, whether those behind it are, too, and what they are. */
  private record ChannelWords(int first, boolean toEnd, boolean patterns) {}

  /** Says which keys a request works on. */
  @FunctionalInterface
  interface Extent {
    void of(Request request, Keys keys);
  }

  /** Where the keys are that a request works on. */
  interface Keys {
    /** The key in this word, in the selected cache. */
    void key(int word, boolean read, boolean written);

    /** The key in this word, in the cache that another word is the number of. */
    default void keyElsewhere(int word, int database) {
      key(word, false, true);
    }

    /** Every key of the selected cache. */
    default void all() {}

    /** Every key of every cache. */
    default void everything() {}
  }

  private final String name;
  private final String syntax;
  private final Kind kind;
  private final Function function;
  private final Set<Flag> flags;
  private final int flagBits; // the same, asked for several times a request
  private final List<String> groups;
  private final @Nullable BiPredicate<Session, Request> slow; // null: never
  private final @Nullable Extent extent; // if the syntax does not tell
  private final @Nullable ChannelWords channels;
  private final int words;
  private final int required;
  private final boolean exact;
  private final KeyWords keyWords;
  private int number = -1;

  private Command(
      String name,
      String syntax,
      Kind kind,
      Function function,
      Set<Flag> flags,
      List<String> groups,
      @Nullable BiPredicate<Session, Request> slow,
      @Nullable Extent extent,
      @Nullable ChannelWords channels) {
    this.name = name;
    this.syntax = syntax;
    this.kind = kind;
    this.function = function;
    this.flags = flags;
    this.flagBits = flags.stream().mapToInt(Command::bit).reduce(0, (a, b) -> a | b);
    this.groups = groups;
    this.slow = slow;
    this.words = 1 + (int) name.chars().filter(c -> c == '|').count();
    this.required = required(syntax);
    this.exact = syntax.indexOf('[') < 0;
    this.keyWords = KeyWords.of(syntax, words);
    this.extent = extent;
    this.channels = channels;
  }

  private static Command command(String name, String syntax, Kind kind, Function function) {
    String lower = name.toLowerCase(Locale.ROOT).replace(' ', '|');
    return new Command(
        lower, syntax, kind, function, EnumSet.noneOf(Flag.class), List.of(), null, null, null);
  }

  /** A row for a command that only reads the selected cache. */
  static Command read(String name, String syntax, Function function) {
    return command(name, syntax, Kind.READ, function);
  }

  /** A row for a command that may change the selected cache. */
  static Command write(String name, String syntax, Function function) {
    return command(name, syntax, Kind.WRITE, function);
  }

  /** A row for a command on the connection itself. */
  static Command connection(String name, String syntax, Function function) {
    return command(name, syntax, Kind.CONNECTION, function);
  }

  /** A row for a command on anything else. */
  static Command other(String name, String syntax, Function function) {
    return command(name, syntax, Kind.OTHER, function);
  }

  /** The same row with these flags, too. */
  Command is(Flag... more) {
    Set<Flag> all = EnumSet.copyOf(List.of(more));
    all.addAll(flags);
    return new Command(name, syntax, kind, function, all, groups, slow, extent, channels);
  }

  /** The same row in these groups, too, by which users are given rights. */
  Command in(String... more) {
    List<String> all = new ArrayList<>(groups);
    all.addAll(List.of(more));
    return new Command(name, syntax, kind, function, flags, all, slow, extent, channels);
  }

  /** The same row for a command that may wait, or takes long, whatever its arguments are. */
  Command slow() {
    return slowIf((session, request) -> true);
  }

  /** The same row for a command that takes long with more arguments than these. */
  Command slowBeyond(int arguments) {
    return slowIf((session, request) -> request.count() - words > arguments);
  }

  /** The same row for a command that may wait, or takes long, in this case. */
  Command slowIf(BiPredicate<Session, Request> slow) {
    return new Command(name, syntax, kind, function, flags, groups, slow, extent, channels);
  }

  /** The same row for a command whose keys the syntax does not tell. */
  Command on(Extent extent) {
    return new Command(name, syntax, kind, function, flags, groups, slow, extent, channels);
  }

  /** The same row for a command on all keys of the selected cache. */
  Command onAll() {
    return on((request, keys) -> keys.all());
  }

  /** The same row for a command on all keys of all caches. */
  Command onEverything() {
    return on((request, keys) -> keys.everything());
  }

  /**
   * The same row for a command that sends to channels, or listens to them: the word {@code first},
   * and all behind it if the syntax ends with as many as one likes.
   *
   * @param patterns whether they are patterns
   */
  Command channels(int first, boolean patterns) {
    ChannelWords channels = new ChannelWords(first, syntax.endsWith("...]"), patterns);
    return new Command(name, syntax, kind, function, flags, groups, slow, extent, channels);
  }

  /** Words outside of brackets. */
  private static int required(String syntax) {
    int count = 0;
    int depth = 0;
    for (String word : syntax.split(" ", -1)) {
      depth += word.startsWith("[") ? 1 : 0;
      count += depth == 0 && !word.isEmpty() ? 1 : 0;
      depth -= word.endsWith("]") ? 1 : 0;
    }
    return count;
  }

  /** Lower case; with a subcommand, {@code config|get}. */
  public String name() {
    return name;
  }

  /** What follows the name. */
  public String syntax() {
    return syntax;
  }

  /** How many words the name has. */
  int words() {
    return words;
  }

  /** How many words a request has: exactly so many, or if negative, at least so many. */
  int arity() {
    return exact ? words + required : -(words + required);
  }

  /** Which row of the table it is. */
  int number() {
    return number;
  }

  void number(int number) {
    this.number = number;
  }

  boolean has(Flag flag) {
    return (flagBits & bit(flag)) != 0;
  }

  @SuppressWarnings("EnumOrdinal") // seen nowhere but here
  private static int bit(Flag flag) {
    return 1 << flag.ordinal();
  }

  boolean writes() {
    return kind == Kind.WRITE;
  }

  boolean reads() {
    return kind == Kind.READ;
  }

  /** Whether it sends to channels. */
  boolean publishes() {
    return channels != null && !has(Flag.SUBSCRIBED_TOO);
  }

  /** Whether it is about the connection, so that its reply is in RESP even among lines. */
  public boolean isControl() {
    return kind == Kind.CONNECTION;
  }

  KeyWords keyWords() {
    return keyWords;
  }

  /** Whether it may have keys that {@link #keyWords} does not tell of. */
  boolean hasMovableKeys() {
    return has(Flag.MOVABLE_KEYS);
  }

  /** Tells which keys a request works on. */
  void extent(Request request, Keys keys) {
    if (extent != null) {
      extent.of(request, keys);
      return;
    }
    keyWords.each(
        request.count(), word -> keys.key(word, !writes() || has(Flag.READS_TOO), writes()));
  }

  /** The keys of a request, in the order of its words. */
  List<Key> keys(Request request) {
    List<Key> found = new ArrayList<>();
    extent(request, (word, read, written) -> found.add(new Key(word, read, written)));
    return found;
  }

  /** The channels that a request sends to or listens to; none for leaving them. */
  List<Channel> channels(Request request) {
    List<Channel> found = new ArrayList<>();
    if (channels != null) {
      int end = channels.toEnd ? request.count() : channels.first + 1;
      for (int word = channels.first; word < end; word++) {
        found.add(new Channel(word, channels.patterns));
      }
    }
    return found;
  }

  /** The groups that users are given rights by, in Redis' order; without their {@code @}. */
  Set<String> categories() {
    Set<String> categories = new LinkedHashSet<>(groups);
    if (reads()) {
      categories.add("read");
    } else if (writes()) {
      categories.add("write");
    }
    if (has(Flag.ADMIN)) {
      categories.add("admin");
    }
    if (has(Flag.ADMIN) || has(Flag.DANGEROUS)) {
      categories.add("dangerous");
    }
    if (has(Flag.PUBSUB)) {
      categories.add("pubsub");
    }
    categories.add(has(Flag.FAST) ? "fast" : "slow");
    return categories;
  }

  /**
   * Whether a thread that runs this request might have to wait, or to work for long. If not, an
   * event loop may {@link #run} it, but must expect a {@link BusyException}.
   */
  public boolean mayWait(Session session, Request request) {
    if (slow != null && slow.test(session, request)) {
      return true;
    }
    if (kind != Kind.READ && kind != Kind.WRITE) {
      return false;
    }
    CacheOperations<Object, Object> cache = session.cache();
    return cache.runsUserCode() || cache.holdsObjects();
  }

  /** Whether so many words may follow the name. */
  boolean takes(int arguments) {
    return arguments >= required && (!exact || arguments == required);
  }

  /**
   * Runs the command. Whatever goes wrong is a reply.
   *
   * @param args its words are read with this
   * @throws BusyException if the session's cache does not wait but would have to; nothing has
   *     happened then
   */
  Reply run(Session session, Request request, Args args) {
    args.begin(request, this);
    try {
      return function.run(session, args);
    } catch (Throwable e) { // of user code, or of ours: the connection and its thread live on
      return failure(session, e);
    }
  }

  /** The reply for what went wrong; but who is busy is tried again. */
  Reply failure(Session session, Throwable e) {
    if (e instanceof BusyException busy) {
      throw busy;
    }
    if (e instanceof OperationException wrong) {
      return Reply.error(wrong.code(), String.valueOf(wrong.getMessage()));
    }
    if (e instanceof CodecException
        || e instanceof DeadlockException
        || e instanceof PersistenceException) {
      return Reply.error(String.valueOf(e.getMessage()));
    }
    String absence = e instanceof IllegalStateException ? session.absence() : null;
    if (absence != null) {
      return Reply.error(absence);
    }
    ServerLog.warn("command '" + name + "' failed", e);
    return Reply.error("internal error");
  }

  static String wrongNumberOfArguments(String command) {
    return "wrong number of arguments for '" + command + "' command";
  }

  @Override
  public String toString() {
    return (name + " " + syntax).trim();
  }
}
