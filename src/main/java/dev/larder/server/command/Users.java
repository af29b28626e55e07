package dev.larder.server.command;

import dev.larder.Clock;
import dev.larder.OperationException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All users of a server, by name. There is always one called {@code default}, whom a new connection
 * acts for; at first he may do everything and needs no password.
 *
 * <p>They can be kept in a file, each in a line as {@code ACL LIST} shows it:
 *
 * <pre>
 *   user alice on >secret ~app:* +@read -keys (%W~log:* +append)
 *   user default off
 * </pre>
 *
 * <p>A line's rules follow those of a new user, who has none. There are no comments, for {@code ACL
 * SAVE} would lose them.
 */
public final class Users {
  public static final String DEFAULT = "default";

  /** Told of changes after they hold, on the thread of whoever made them. */
  public interface Listener {
    /** The user may do less or more than before: his subscriptions are to be looked at. */
    void changed(User user);

    /** The user is gone, and his connections are to be closed. */
    void deleted(User user);
  }

  private static final List<String> EVERYTHING = List.of("on", "nopass", "~*", "&*", "+@all");

  private final CommandNames names;
  private final @Nullable Path file;
  private final UnaryOperator<byte[]> digest;
  private final Permissions none;
  private final SortedMap<String, User> users = new ConcurrentSkipListMap<>();
  private final AclLog log;
  private volatile @Nullable Listener listener;

  /**
   * Only the default user, who may do everything.
   *
   * @param commands what the rules may speak of
   * @param clock for the log
   * @param file where {@code ACL LOAD} and {@code ACL SAVE} have the users, or null
   */
  public Users(Collection<Command> commands, Clock clock, @Nullable Path file) {
    this(CommandNames.of(commands), clock, file, Users::sha256);
  }

  Users(CommandNames names, Clock clock, @Nullable Path file, UnaryOperator<byte[]> digest) {
    this.names = names;
    this.file = file;
    this.digest = digest;
    none = Permissions.none(names);
    log = new AclLog(clock);
    users.put(DEFAULT, new User(DEFAULT, following(none, EVERYTHING)));
  }

  public void listen(Listener listener) {
    this.listener = listener;
  }

  /** What was refused lately. */
  public AclLog log() {
    return log;
  }

  CommandNames names() {
    return names;
  }

  // ---- Who there is

  /** Whom a connection acts for until it logs in. */
  public User defaultUser() {
    return require(DEFAULT);
  }

  private User require(String name) {
    User user = users.get(name);
    if (user == null) {
      throw new IllegalStateException("expected a user '" + name + "' but there is none");
    }
    return user;
  }

  public @Nullable User find(String name) {
    return users.get(name);
  }

  /** All of them, by name. */
  public List<User> all() {
    return List.copyOf(users.values());
  }

  /** Whether a new connection may do nothing before it has logged in. */
  public boolean mustLogIn() {
    Permissions permissions = defaultUser().permissions();
    return !permissions.takesAnyPassword() || !permissions.isEnabled();
  }

  /**
   * The user who may log in with this name and password, or null. The work is the same whether
   * there is such a user or not, so that the time it takes does not tell.
   */
  public @Nullable User authenticate(String name, byte[] password) {
    User user = users.get(name);
    Permissions permissions = user == null ? none : user.permissions();
    boolean matches = permissions.hasPassword(hex(digest.apply(password)));
    return permissions.isEnabled() && (permissions.takesAnyPassword() || matches) ? user : null;
  }

  // ---- Changes

  /** Gives the default user this password alone, or none: {@code requirepass}. */
  public void requirePassword(byte @Nullable [] password) {
    String rule = password == null ? "nopass" : ">" + ByteWords.word(password);
    User user = defaultUser();
    synchronized (this) {
      user.become(following(user.permissions(), List.of("resetpass", rule)));
    }
    tellChanged(user);
  }

  /**
   * Adds rules to those of a user, who is made if there is none. All of them, or none if one is
   * wrong.
   *
   * @throws OperationException in Redis' words if one is wrong
   */
  void set(String name, List<String> rules) {
    if (!isName(name)) {
      throw new OperationException("ERR", "Usernames can't contain spaces or null characters");
    }
    User user;
    synchronized (this) {
      user = users.get(name);
      try {
        Permissions before = user == null ? none : user.permissions();
        Permissions after = before.with(rules, digest);
        user = user == null ? new User(name, after) : user;
        user.become(after);
      } catch (BadRuleException e) {
        throw new OperationException("ERR", e.ofSetUser());
      }
      users.put(name, user);
    }
    tellChanged(user);
  }

  /** The empty name is none, for a file could not hold it. */
  private static boolean isName(String name) {
    return !name.isEmpty() && !ByteWords.hasSpaces(name);
  }

  /**
   * Deletes users, and says how many of them there were.
   *
   * @throws OperationException if the default user is among them; nobody is deleted then
   */
  int delete(Collection<String> names) {
    if (names.contains(DEFAULT)) {
      throw new OperationException("ERR", "The 'default' user cannot be removed");
    }
    List<User> deleted = new ArrayList<>();
    synchronized (this) {
      for (String name : names) {
        User user = users.remove(name);
        if (user != null) {
          user.become(none);
          deleted.add(user);
        }
      }
    }
    deleted.forEach(this::tellDeleted);
    return deleted.size();
  }

  /** Rules of our own, which are never wrong. */
  private Permissions following(Permissions before, List<String> rules) {
    try {
      return before.with(rules, digest);
    } catch (BadRuleException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private void tellChanged(User user) {
    Listener told = listener;
    if (told != null) {
      told.changed(user);
    }
  }

  private void tellDeleted(User user) {
    Listener told = listener;
    if (told != null) {
      told.deleted(user);
    }
  }

  // ---- In a file

  boolean hasFile() {
    return file != null;
  }

  /**
   * Replaces all users by those of the file.
   *
   * @throws OperationException with all that is wrong with it; nothing has changed then
   */
  public void load() {
    Path path = requireFile();
    List<String> lines;
    try {
      lines = ByteWords.word(Files.readAllBytes(path)).lines().toList();
    } catch (IOException e) {
      throw new OperationException("ERR", "Error loading ACLs, opening file '" + path + "': " + e);
    }
    load(path.toString(), lines);
  }

  /**
   * Replaces all users by those of these lines, {@code user alice on >secret ...}. A user who stays
   * keeps his connections. The default user stays as he is if no line is about him: Redis lets him
   * in without a password then, whatever {@code requirepass} says.
   *
   * @param where what the lines are of, for errors
   * @throws OperationException with all that is wrong with them; nothing has changed then
   */
  public void configure(String where, List<String> lines) {
    load(where, lines.stream().map(ByteWords::word).toList());
  }

  private void load(String where, List<String> lines) {
    Map<String, Permissions> loaded = new LinkedHashMap<>();
    StringBuilder errors = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      try {
        loadLine(lines.get(i), loaded);
      } catch (BadLineException e) {
        errors.append(where).append(':').append(i + 1).append(": ");
        errors.append(e.getMessage()).append(". ");
      }
    }
    if (!errors.isEmpty()) {
      throw new OperationException(
          "ERR",
          errors
              + "WARNING: ACL errors detected, no change to the previously active ACL rules was"
              + " performed");
    }
    replaceAll(loaded);
  }

  /** What is wrong with a line. */
  private static final class BadLineException extends Exception {
    private static final long serialVersionUID = 1L;

    BadLineException(String message) {
      super(message);
    }
  }

  private void loadLine(String line, Map<String, Permissions> loaded) throws BadLineException {
    List<String> words = List.of(line.strip().split("[ \t]+", -1));
    if (words.equals(List.of(""))) {
      return;
    }
    if (!words.get(0).equals("user") || words.size() < 2) {
      throw new BadLineException("should start with user keyword followed by the username");
    }
    String name = ByteWords.name(words.get(1));
    if (!isName(name)) {
      throw new BadLineException("username contains invalid characters");
    }
    try {
      Permissions permissions = none.with(words.subList(2, words.size()), digest);
      if (loaded.put(name, permissions) != null) {
        throw new BadLineException("Duplicate user '" + name + "' found");
      }
    } catch (BadRuleException e) {
      throw new BadLineException(String.valueOf(e.getMessage()));
    }
  }

  private void replaceAll(Map<String, Permissions> loaded) {
    List<User> deleted = new ArrayList<>();
    List<User> changed = new ArrayList<>();
    synchronized (this) {
      for (User user : all()) {
        if (!loaded.containsKey(user.name()) && !user.name().equals(DEFAULT)) {
          users.remove(user.name());
          user.become(none);
          deleted.add(user);
        }
      }
      loaded.forEach(
          (name, permissions) -> {
            User user = users.computeIfAbsent(name, n -> new User(n, permissions));
            user.become(permissions);
            changed.add(user);
          });
    }
    deleted.forEach(this::tellDeleted);
    changed.forEach(this::tellChanged);
  }

  /** Writes all users to the file: wholly, or not at all. */
  void save() throws IOException {
    Path path = requireFile().toAbsolutePath();
    StringBuilder text = new StringBuilder();
    for (User user : all()) {
      text.append(line(user)).append('\n');
    }
    Path written = Files.createTempFile(path.getParent(), path.getFileName() + ".", ".tmp");
    try {
      try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE);
          OutputStream out = Channels.newOutputStream(channel)) {
        out.write(ByteWords.bytes(text.toString()));
        channel.force(true);
      }
      Files.move(written, path, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  private Path requireFile() {
    if (file == null) {
      throw new OperationException(
          "ERR",
          "This Redis instance is not configured to use an ACL file. You may want to specify users"
              + " via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a"
              + " Redis configuration file set) in order to store users in the Redis"
              + " configuration.");
    }
    return file;
  }

  /** A user as a line of the file, as {@link ByteWords} has it. */
  static String line(User user) {
    return "user " + ByteWords.word(user.name()) + " " + user.permissions().describe();
  }

  // ---- Digests

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("expected SHA-256, which every JDK has", e);
    }
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
