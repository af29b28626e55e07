package dev.larder.server.command;

/** A rule that a user cannot be given, and in Redis' words why not. */
final class BadRuleException extends Exception {
  private static final long serialVersionUID = 1L;

  static final String SYNTAX = "Syntax error";
  static final String UNKNOWN = "Unknown command or category name in ACL";
  static final String NO_SUCH_PASSWORD =
      "The password you are trying to remove from the user does not exist";
  static final String NO_HASH =
      "The password hash must be exactly 64 characters and contain only lowercase hexadecimal"
          + " characters";

  /** Not about a rule, but about where one begins. */
  static final String UNMATCHED = "Unmatched parenthesis in selector definition";

  private final String rule;
  private final String reason;

  /**
   * @param rule the word that is to blame, as {@link ByteWords} has it
   */
  BadRuleException(String rule, String reason) {
    super(reason + " in '" + ByteWords.shown(rule) + "'");
    this.rule = rule;
    this.reason = reason;
  }

  /** The error of {@code ACL SETUSER}. */
  String ofSetUser() {
    return reason.equals(UNMATCHED)
        ? "Unmatched parenthesis in acl selector starting at '" + ByteWords.shown(rule) + "'."
        : "Error in ACL SETUSER modifier '" + ByteWords.shown(rule) + "': " + reason;
  }

  String reason() {
    return reason;
  }
}
