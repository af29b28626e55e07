package dev.larder.server.durability;

import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Has a server's log rewritten and snapshots written at random while others write. If there are
 * only snapshots, it tells the writers which of their steps a finished one must have.
 */
final class Keeper implements Runnable {
  private static final int MOST_PAUSE_MILLIS = 150;

  private final Wire wire;
  private final boolean snapshotsOnly;
  private final List<Writer> writers;
  private final Random random;
  private volatile @Nullable Throwable failure;

  Keeper(Server server, boolean snapshotsOnly, List<Writer> writers, long seed) throws IOException {
    this.wire = server.connect();
    this.snapshotsOnly = snapshotsOnly;
    this.writers = writers;
    this.random = new Random(seed);
  }

  @Override
  public void run() {
    try (wire) {
      while (true) {
        Thread.sleep(random.nextInt(MOST_PAUSE_MILLIS));
        if (snapshotsOnly) {
          save();
        } else {
          String reply = wire.ask(random.nextInt(3) == 0 ? "BGSAVE" : "BGREWRITEAOF");
          if (!reply.startsWith("+Background ")
              && !reply.startsWith("-ERR Background ")
              && !reply.startsWith("-ERR Another child process is active")) {
            throw new AssertionError("found " + reply);
          }
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void save() throws IOException, InterruptedException {
    List<Integer> before = writers.stream().map(Writer::acknowledged).toList();
    if (!wire.ask("BGSAVE").equals("+Background saving started")) {
      return; // one of the save rules was faster
    }
    String info;
    do {
      Thread.sleep(1);
      info = wire.ask("INFO", "persistence");
    } while (info.contains("rdb_bgsave_in_progress:1"));
    if (!info.contains("rdb_last_bgsave_status:ok")) {
      throw new AssertionError("found " + info);
    }
    for (int i = 0; i < before.size(); i++) {
      writers.get(i).saved(before.get(i));
    }
  }

  /** Why it ended; all is well if that came after the server was killed. */
  @Nullable Throwable failure() {
    return failure;
  }
}
