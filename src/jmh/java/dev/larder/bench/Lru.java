package dev.larder.bench;

/** The least recently used leaves: what everybody knows, for comparison. */
final class Lru implements Contender.Replayed {

  /** A ring through all keys in the cache and one more, in front of which is the next to leave. */
  private final int[] older;

  private final int[] newer;
  private final boolean[] present;
  private final int end;
  private final int capacity;
  private int size;

  Lru(int distinct, int capacity) {
    older = new int[distinct + 1];
    newer = new int[distinct + 1];
    present = new boolean[distinct];
    end = distinct;
    older[end] = end;
    newer[end] = end;
    this.capacity = capacity;
  }

  @Override
  public boolean request(int key) {
    boolean hit = present[key];
    if (hit) {
      unlink(key);
    } else if (size == capacity) {
      int oldest = newer[end];
      unlink(oldest);
      present[oldest] = false;
    } else {
      size++;
    }
    present[key] = true;
    older[key] = older[end];
    newer[key] = end;
    newer[older[end]] = key;
    older[end] = key;
    return hit;
  }

  private void unlink(int key) {
    newer[older[key]] = newer[key];
    older[newer[key]] = older[key];
  }

  @Override
  public long size() {
    return size;
  }
}
