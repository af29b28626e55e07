package dev.larder.rdb;

import org.jspecify.annotations.Nullable;

/** Is told what a snapshot holds, in its order. What it throws ends the reading. */
public interface RdbVisitor {
  /** The deadline of an entry that has none. */
  long ETERNAL = Long.MAX_VALUE;

  /** A fact about the snapshot: who wrote it, when. Those that are not known are to be ignored. */
  default void aux(String name, String value) {}

  /**
   * What follows belongs to this database, until the next one. Without a word, it is number 0.
   *
   * @param number at least 0
   */
  default void database(int number) {}

  /**
   * How much this database holds. A hint and no promise, but never more than the rest of the bytes
   * could hold.
   */
  default void sizes(long entries, long withDeadline) {}

  /**
   * A string. Expired ones are told like the others.
   *
   * @param deadlineMillis milliseconds since 1970, or {@link #ETERNAL}
   */
  void entry(byte[] key, byte[] value, long deadlineMillis);

  /**
   * Something that is not supported and was skipped.
   *
   * @param type as {@code TYPE} calls it, {@code list}, {@code set}, {@code zset}, {@code hash},
   *     {@code stream}, {@code module} and its name; and {@code function}, {@code module data} and
   *     its name, {@code slot import}
   * @param key null for what is no entry, like a function
   */
  void unsupported(String type, byte @Nullable [] key);
}
