package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whom a connection acts for: a name, and what it stands for at the moment. A connection keeps the
 * object from its login on and asks it before each command, so that a change by {@code ACL SETUSER}
 * holds from the next command on, all of it at once. A user who was deleted may do nothing any
 * more; one of the same name who is made after that is another.
 */
public final class User {
  /** Why a request was refused, as {@code ACL LOG} shows it in lower case. */
  public enum Reason {
    COMMAND,
    KEY,
    CHANNEL,
    /** A wrong name or password. */
    AUTH
  }

  /**
   * A refusal.
   *
   * @param word which word of the request is the key or the channel; 0 if it is the command
   */
  public record Denial(Reason reason, int word) {
    boolean isBeyond(Denial other) {
      int beyond = reason.compareTo(other.reason);
      return beyond > 0 || beyond == 0 && word > other.word;
    }

    /** The reply to the request, {@code NOPERM ...}. */
    public Reply.Failure reply(User user, Command command) {
      return Reply.error(
          "NOPERM",
          switch (reason) {
            case KEY -> "No permissions to access a key";
            case CHANNEL -> "No permissions to access a channel";
            default -> message(user.name(), command.name(), "");
          });
    }

    /**
     * What {@code ACL DRYRUN} says, which may show the key. Texts or {@link ByteWords}, as given.
     */
    String message(String user, String command, String object) {
      return switch (reason) {
        case KEY -> sentence(user, "access", object, "key");
        case CHANNEL -> sentence(user, "access", object, "channel");
        default -> sentence(user, "run", command, "command");
      };
    }

    private static String sentence(String user, String verb, String object, String kind) {
      return String.format(
          Locale.ROOT, "User %s has no permissions to %s the '%s' %s", user, verb, object, kind);
    }

    /** What was refused, as {@code ACL LOG} shows it. */
    byte[] object(Command command, Request request) {
      return reason == Reason.COMMAND ? ByteWords.bytes(command.name()) : request.bytes(word);
    }
  }

  private final String name;
  private volatile Permissions permissions;

  User(String name, Permissions permissions) {
    this.name = name;
    this.permissions = permissions;
  }

  public String name() {
    return name;
  }

  /** What holds now; ask one answer for all that is to hold at one moment. */
  Permissions permissions() {
    return permissions;
  }

  void become(Permissions permissions) {
    this.permissions = permissions;
  }

  /** Null if the user may do what the request asks for. */
  public @Nullable Denial check(Command command, Request request) {
    Permissions now = permissions;
    return now.isUnrestricted()
        ? null
        : now.check(
            command.name(),
            request,
            now.asksForKeys() ? command.keys(request) : List.of(),
            now.asksForChannels() ? command.channels(request) : List.of());
  }

  /** Whether there are keys and channels on which the user may run the command. */
  public boolean mayRun(Command command, Request request) {
    Permissions now = permissions;
    return now.isUnrestricted() || now.mayRun(command.name(), request);
  }

  /** Whether the user may access a key by some command. */
  public boolean mayAccess(byte[] key, boolean reads, boolean writes) {
    Permissions now = permissions;
    return now.isUnrestricted() || now.mayAccess(key, reads, writes);
  }

  /** Whether the user may publish to a channel or subscribe to it, or to a pattern of channels. */
  public boolean mayUse(byte[] channel, boolean isPattern) {
    Permissions now = permissions;
    return now.isUnrestricted() || now.mayUse(channel, isPattern);
  }

  /** The rules, as {@code ACL LIST} shows them. */
  @Override
  public String toString() {
    return "user " + name + " " + ByteWords.shown(permissions.describe());
  }
}
