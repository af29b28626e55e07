package dev.larder.server.command;

import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;

/** Which words of requests are shown to nobody, in {@code SLOWLOG} or by {@code MONITOR}. */
final class Secrets {
  /** What is shown in their place. */
  static final String REDACTED = "(redacted)";

  private Secrets() {}

  /** Whether a word is a password, or tells of a user. */
  static boolean has(Command command, Request request, int word) {
    return switch (command.name()) {
      case "auth" -> word > 0;
      case "hello" -> word > 2 && (request.is(word - 1, "AUTH") || request.is(word - 2, "AUTH"));
      case "acl|setuser", "acl|getuser", "acl|deluser" -> word > 1;
      case "config|set" -> word > 2 && word % 2 == 1 && isSecretSetting(request, word - 1);
      default -> false;
    };
  }

  private static boolean isSecretSetting(Request request, int word) {
    Setting setting = Config.find(new String(request.bytes(word), StandardCharsets.UTF_8));
    return setting != null && setting.isSecret();
  }
}
