package dev.larder;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Persistence} is doing, and how its last attempts went. A field is as {@code INFO}
 * shows it, see there.
 *
 * @param loading whether entries are being read from disk
 * @param changes entries changed since the last snapshot
 * @param save snapshots
 * @param log the log; null if none is kept
 */
public record PersistenceStatus(boolean loading, long changes, Snapshots save, @Nullable Log log) {

  /**
   * Snapshots.
   *
   * @param began when the one under way began; null if there is none
   * @param total how many entries it has, about
   * @param done how many of them are written
   * @param last when the last good one was written
   * @param took how long the last one took, null if there was none
   * @param failure why the last one failed; null if it did not
   * @param written how many good ones there were
   * @param loaded entries read at the last load
   * @param expired entries left out at the last load, because their time had passed
   */
  public record Snapshots(
      @Nullable Instant began,
      long total,
      long done,
      Instant last,
      @Nullable Duration took,
      @Nullable String failure,
      long written,
      long loaded,
      long expired) {}

  /**
   * The log.
   *
   * @param rewriteBegan when the rewriting under way began; null if none is
   * @param rewriteLater whether it is to be rewritten after a snapshot that is under way
   * @param rewriteTook how long the last rewriting took, null if there was none
   * @param rewriteFailure why the last rewriting failed; null if it did not
   * @param rewritten how often it was rewritten
   * @param failure why it cannot be written; null if it can
   * @param bytes its length
   * @param baseBytes its length after the last rewriting, or at the start
   * @param unwritten bytes of changes that the file does not have yet
   * @param delayed how often writing had to wait for an fsync
   */
  public record Log(
      @Nullable Instant rewriteBegan,
      boolean rewriteLater,
      @Nullable Duration rewriteTook,
      @Nullable String rewriteFailure,
      long rewritten,
      @Nullable String failure,
      long bytes,
      long baseBytes,
      long unwritten,
      long delayed) {}
}
