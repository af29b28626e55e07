package dev.larder;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a scan returns, and how much of it at a time: the options of {@code SCAN}. Immutable; each
 * method returns a changed copy.
 */
public final class ScanOptions {
  /** How many keys a step looks at unless told otherwise. */
  public static final int DEFAULT_COUNT = 10;

  private static final ScanOptions ALL = new ScanOptions(null, DEFAULT_COUNT, null);

  private final @Nullable String match;
  private final int count;
  private final @Nullable ValueType type;

  private ScanOptions(@Nullable String match, int count, @Nullable ValueType type) {
    this.match = match;
    this.count = count;
    this.type = type;
  }

  /** All keys, about {@value #DEFAULT_COUNT} a step. */
  public static ScanOptions all() {
    return ALL;
  }

  /**
   * Only keys whose text matches a glob pattern ({@code MATCH}): {@code *}, {@code ?}, {@code
   * [a-c]}, {@code [^a]}, {@code \x}. The text of a key is what a socket shows.
   */
  public ScanOptions match(String glob) {
    return new ScanOptions(Objects.requireNonNull(glob, "glob"), count, type);
  }

  /**
   * About how many keys a step looks at ({@code COUNT}), before {@code match} and {@code type}.
   *
   * @throws IllegalArgumentException if it is less than 1
   */
  public ScanOptions count(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("expected a count of at least 1, found " + count);
    }
    return new ScanOptions(match, count, type);
  }

  /** Only keys with values of one kind ({@code TYPE}). */
  public ScanOptions type(ValueType type) {
    return new ScanOptions(match, count, Objects.requireNonNull(type, "type"));
  }

  /** The pattern, or null for all. */
  public @Nullable String match() {
    return match;
  }

  public int count() {
    return count;
  }

  /** The kind, or null for all. */
  public @Nullable ValueType type() {
    return type;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ScanOptions that
        && Objects.equals(match, that.match)
        && count == that.count
        && type == that.type;
  }

  @Override
  public int hashCode() {
    return Objects.hash(match, count, type);
  }

  @Override
  public String toString() {
    return "ScanOptions["
        + (match == null ? "" : "match " + match + ", ")
        + "count "
        + count
        + (type == null ? "" : ", type " + type)
        + "]";
  }
}
