package dev.larder.server;

/**
 * Unsent bytes at which a client is closed, as in {@code client-output-buffer-limit}; 0: no limit.
 *
 * @param hard at once
 * @param soft if it has been beyond them for so many seconds
 */
record OutputLimits(long hard, long soft, long seconds) {

  /**
   * One of the limits of a setting.
   *
   * @param text {@code normal 0 0 0 slave 0 0 0 pubsub 33554432 8388608 60}, any of the three
   * @param before what holds if the text does not name the class
   */
  static OutputLimits of(String text, String name, OutputLimits before) {
    String[] words = text.split(" ", -1);
    for (int i = 0; i + 3 < words.length; i += 4) {
      if (words[i].equals(name)) {
        return new OutputLimits(
            Long.parseLong(words[i + 1]),
            Long.parseLong(words[i + 2]),
            Long.parseLong(words[i + 3]));
      }
    }
    return before;
  }
}
