package dev.larder;

import java.util.List;

/**
 * A part of a scan.
 *
 * @param cursor where the next call goes on; 0 at the end. To be read as an unsigned number
 * @param keys the keys found in this step, in no order, perhaps none
 */
public record ScanPage<K>(long cursor, List<K> keys) {

  /** Whether the scan has ended. */
  public boolean isLast() {
    return cursor == 0;
  }
}
