package dev.larder.server.clients;

import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** What several clients send, and how they wait for what they hear. */
final class Samples {
  /** Far more than any of these takes: reached only by what never comes. */
  static final int PATIENCE_SECONDS = 30;

  private Samples() {}

  /** Every byte there is, most of which are no UTF-8. */
  static byte[] everyByte() {
    byte[] every = new byte[256];
    for (int i = 0; i < every.length; i++) {
      every[i] = (byte) i;
    }
    return every;
  }

  /** More than fits into any buffer of a socket's, or comes in one read. */
  static byte[] megabyte() {
    byte[] megabyte = new byte[1 << 20];
    new Random(1).nextBytes(megabyte);
    return megabyte;
  }

  /** The next that was heard; null if nothing comes. */
  static String next(BlockingQueue<String> heard) throws InterruptedException {
    return heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }
}
