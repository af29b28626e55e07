package dev.larder.protocol;

import java.util.Locale;

/**
 * How large a request may become before its sender is cut off.
 *
 * @param maxBulkLength bytes of one argument ({@code proto-max-bulk-len} of Redis)
 * @param maxRequestLength bytes of one whole request ({@code client-query-buffer-limit}), with its
 *     headers and with the 8 bytes that it costs us to remember each word
 */
public record RequestLimits(int maxBulkLength, int maxRequestLength) {
  /** Bytes that a word costs beside its own: the two ints in {@link Request}. */
  static final int WORD_COST = 8;

  /** What Redis allows, and we at most: 512 MB and 1 GB. */
  private static final int LARGEST_BULK = 512 << 20;

  private static final int LARGEST_REQUEST = 1 << 30;

  /** Room for headers and short arguments beside one argument of the largest size. */
  private static final int HEADERS = 64 << 10;

  public RequestLimits {
    if (maxBulkLength < 1 || maxBulkLength > LARGEST_BULK) {
      throw new IllegalArgumentException(
          "Expected a maxBulkLength of 1 to " + LARGEST_BULK + " bytes but was " + maxBulkLength);
    }
    // Not more than 1 GB, so that positions in a request and their sums stay within an int.
    if (maxRequestLength < maxBulkLength || maxRequestLength > LARGEST_REQUEST) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "Expected a maxRequestLength of %d (maxBulkLength) to %d bytes but was %d",
              maxBulkLength,
              LARGEST_REQUEST,
              maxRequestLength));
    }
  }

  /**
   * The defaults for a JVM of that many bytes of heap: an argument takes at most an eighth of it
   * and 512 MB, a request a quarter and 1 GB, so that one sender alone cannot exhaust the heap.
   */
  public static RequestLimits forHeap(long maxHeapBytes) {
    int bulk = (int) Math.max(1, Math.min(LARGEST_BULK, maxHeapBytes / 8));
    int request = (int) Math.min(LARGEST_REQUEST, maxHeapBytes / 4);
    return new RequestLimits(bulk, Math.max(request, bulk + HEADERS));
  }
}
