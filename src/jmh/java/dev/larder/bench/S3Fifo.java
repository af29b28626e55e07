package dev.larder.bench;

/**
 * S3-FIFO as its authors describe it (Yang et al., "FIFO queues are all you need for cache
 * eviction", 2023): newcomers wait in a small queue, a tenth of the cache. Those used more than
 * once meanwhile go on to the main queue, in which whoever was used goes round again, once per use
 * and three times at most; the others leave. As many of those as the main queue is long are
 * remembered, and one that comes back while it is goes into the main queue at once.
 */
final class S3Fifo implements Contender.Replayed {

  private static final byte MOST_USES = 3;

  private static final byte NOWHERE = 0;
  private static final byte SMALL = 1;
  private static final byte MAIN = 2;

  private final byte[] place;
  private final byte[] uses;
  private final int capacity;
  private final int smallCapacity;
  private final Queue small;
  private final Queue main;

  /** Keys that left the small queue, and for each at which of all such departures that was. */
  private final int[] leftAt;

  private final int remembered;
  private int departures;

  S3Fifo(int distinct, int capacity) {
    this.capacity = capacity;
    smallCapacity = Math.max(1, capacity / 10);
    remembered = capacity - smallCapacity;
    place = new byte[distinct];
    uses = new byte[distinct];
    leftAt = new int[distinct];
    small = new Queue(capacity + 1);
    main = new Queue(capacity + 1);
  }

  @Override
  public boolean request(int key) {
    if (place[key] != NOWHERE) {
      uses[key] = (byte) Math.min(uses[key] + 1, MOST_USES);
      return true;
    }
    while (size() >= capacity) {
      evict();
    }
    uses[key] = 0;
    if (isRemembered(key)) {
      leftAt[key] = 0;
      place[key] = MAIN;
      main.add(key);
    } else {
      place[key] = SMALL;
      small.add(key);
    }
    return false;
  }

  /** A ghost queue without the queue: who left long ago is forgotten, whoever came back since. */
  private boolean isRemembered(int key) {
    return leftAt[key] > 0 && departures - leftAt[key] < remembered;
  }

  private void evict() {
    if (small.size >= smallCapacity) {
      evictFromSmall();
    } else {
      evictFromMain();
    }
  }

  private void evictFromSmall() {
    while (small.size > 0) {
      int key = small.poll();
      if (uses[key] > 1) {
        uses[key] = 0;
        place[key] = MAIN;
        main.add(key);
        if (main.size > capacity - smallCapacity) {
          evictFromMain();
          return;
        }
      } else {
        place[key] = NOWHERE;
        leftAt[key] = ++departures;
        return;
      }
    }
  }

  private void evictFromMain() {
    while (main.size > 0) {
      int key = main.poll();
      if (uses[key] == 0) {
        place[key] = NOWHERE;
        return;
      }
      uses[key]--;
      main.add(key);
    }
  }

  @Override
  public long size() {
    return small.size + main.size;
  }

  /** First in, first out, of a fixed length. */
  private static final class Queue {
    private final int[] keys;
    private int first;
    int size;

    Queue(int length) {
      keys = new int[length];
    }

    void add(int key) {
      keys[(first + size++) % keys.length] = key;
    }

    int poll() {
      int key = keys[first];
      first = (first + 1) % keys.length;
      size--;
      return key;
    }
  }
}
