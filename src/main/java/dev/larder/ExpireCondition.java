package dev.larder;

/**
 * When a new deadline is to be set: the options of {@code EXPIRE}. Several may be given, except
 * that {@code NX} excludes all others, and {@code GT} excludes {@code LT}.
 */
public enum ExpireCondition {
  /** Only if there is none. */
  NX,
  /** Only if there is one. */
  XX,
  /** Only if the new one is later; none at all is later than any. */
  GT,
  /** Only if the new one is earlier; none at all is later than any. */
  LT
}
