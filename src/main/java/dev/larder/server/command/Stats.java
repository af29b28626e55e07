package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What the server has done: how often each command ran, and for how long; errors; bytes.
 *
 * <p>Every request counts here, so counting must cost next to nothing. Each event loop has a tally
 * of its own, to which nobody else writes: adding is a load and a store, without a fence. Workers,
 * whose commands are slow anyway, share one and add atomically. Whoever asks sums over all tallies,
 * and sees of another loop what that did a moment ago.
 *
 * <p>Since a tally belongs to its writer, nobody else can set it to zero. {@link #reset} remembers
 * instead what has been counted so far, and that is taken off from then on.
 */
public final class Stats {
  /** Times below 1, 2, 4, ... microseconds; the last one has all from a second on. */
  private static final int BUCKETS = 22;

  // What a tally has of each row of the command table, the counts of the times first.
  private static final int NANOS = BUCKETS;
  private static final int FAILED = BUCKETS + 1;
  private static final int REJECTED = BUCKETS + 2;
  private static final int WIDTH = BUCKETS + 3;

  /** More threads than these are no event loops; they share a tally, too. */
  private static final int MOST_LOOPS = 256;

  /** Codes of errors that are told apart: some come from users' own code. */
  private static final int MOST_CODES = 128;

  private final List<Command> commands = CommandTable.ALL.commands();
  private final int received = commands.size() * WIDTH;
  private final int sent = received + 1;

  private final Tally shared = new Tally(true, sent + 1);
  private final List<Tally> tallies = new CopyOnWriteArrayList<>(List.of(shared));
  private final ThreadLocal<Tally> ofThisLoop = ThreadLocal.withInitial(this::newTally);
  private volatile long[] forgotten = new long[sent + 1];

  private final Map<String, LongAdder> errors = new ConcurrentHashMap<>();
  private final LongAdder allErrors = new LongAdder();
  private final LongAdder evicted = new LongAdder();

  private final SlowLog slowLog = new SlowLog();
  private final Latency latency = new Latency();
  private volatile long noteworthy = Long.MAX_VALUE; // nanoseconds, the less of both thresholds

  /** Counts by one thread, or if shared, by several. */
  private static final class Tally {
    private final boolean shared;
    private final AtomicLongArray counts;

    Tally(boolean shared, int size) {
      this.shared = shared;
      this.counts = new AtomicLongArray(size);
    }

    void add(int index, long amount) {
      if (shared) {
        counts.getAndAdd(index, amount);
      } else {
        counts.setOpaque(index, counts.getPlain(index) + amount);
      }
    }
  }

  Stats(Config config) {
    config.follow(
        "slowlog-log-slower-than",
        value -> {
          slowLog.threshold(Long.parseLong(value));
          chooseNoteworthy();
        });
    config.follow("slowlog-max-len", value -> slowLog.most(Integer.parseInt(value)));
    config.follow(
        "latency-monitor-threshold",
        value -> {
          latency.threshold(Long.parseLong(value));
          chooseNoteworthy();
        });
  }

  private void chooseNoteworthy() {
    noteworthy = Math.min(slowLog.thresholdNanos(), latency.thresholdNanos());
  }

  private synchronized Tally newTally() {
    if (tallies.size() > MOST_LOOPS) {
      return shared;
    }
    Tally tally = new Tally(false, sent + 1);
    tallies.add(tally);
    return tally;
  }

  // ------------------------------------------------------------------------------------ counting

  /** A request was not run. */
  void rejected(@Nullable Command command, Reply reply) {
    if (command != null) {
      ofThisLoop.get().add(command.number() * WIDTH + REJECTED, 1);
    }
    countError(reply);
  }

  /** A queued command was not run, by whichever thread that was. */
  void rejectedQueued(Command command, Reply reply) {
    shared.add(command.number() * WIDTH + REJECTED, 1);
    countError(reply);
  }

  /** A command ran. */
  void ran(Session session, Command command, Request request, Reply reply, long nanos) {
    Tally tally = session.waits() ? shared : ofThisLoop.get();
    int row = command.number() * WIDTH;
    tally.add(row + bucket(nanos), 1);
    tally.add(row + NANOS, nanos);
    if (reply instanceof Reply.Failure) {
      tally.add(row + FAILED, 1);
      countError(reply);
    }
    if (nanos >= noteworthy) {
      slowLog.ran(session, command, request, nanos);
      latency.ran(command, nanos);
    }
  }

  private static int bucket(long nanos) {
    return Math.min(BUCKETS - 1, Long.SIZE - Long.numberOfLeadingZeros(nanos / 1_000));
  }

  private void countError(Reply reply) {
    if (reply instanceof Reply.Failure failure) {
      allErrors.increment();
      String code = failure.code();
      LongAdder count = errors.get(code);
      if (count == null && errors.size() < MOST_CODES) {
        count = errors.computeIfAbsent(code, first -> new LongAdder());
      }
      if (count != null) {
        count.increment();
      }
    }
  }

  /** A client was closed for the memory that it took. */
  public void evictedClient() {
    evicted.increment();
  }

  /** Bytes came in. */
  public void received(int bytes) {
    ofThisLoop.get().add(received, bytes);
  }

  /** Bytes went out. */
  public void sent(long bytes) {
    ofThisLoop.get().add(sent, bytes);
  }

  /** Forgets all; not what the logs of slow commands have. */
  synchronized void reset() {
    long[] now = new long[forgotten.length];
    for (int i = 0; i < now.length; i++) {
      now[i] = all(i);
    }
    forgotten = now;
    errors.clear();
    allErrors.reset();
    evicted.reset();
  }

  // -------------------------------------------------------------------------------------- asking

  /** Since the server started, whatever was forgotten. */
  private long all(int index) {
    long sum = 0;
    for (Tally tally : tallies) {
      sum += tally.counts.getOpaque(index);
    }
    return sum;
  }

  private long sum(int index) {
    return all(index) - forgotten[index];
  }

  /**
   * What is known of one command.
   *
   * @param times how many calls took less than 1, 2, 4, ... microseconds, and no less than the one
   *     before; the last one has all that took longer
   */
  @SuppressWarnings("ArrayRecordComponent") // made for who asks
  record Calls(Command command, long[] times, long nanos, long rejected, long failed) {
    long count() {
      long count = 0;
      for (long time : times) {
        count += time;
      }
      return count;
    }

    boolean isEmpty() {
      return count() + rejected + failed == 0;
    }

    /** Microseconds that this share of the calls, of 1, did not take. */
    long percentile(double share) {
      long left = (long) Math.ceil(share * count());
      int bucket = 0;
      while (bucket < times.length - 1 && (left -= times[bucket]) > 0) {
        bucket++;
      }
      return 1L << bucket;
    }
  }

  Calls calls(Command command) {
    int row = command.number() * WIDTH;
    long[] times = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      times[i] = sum(row + i);
    }
    return new Calls(command, times, sum(row + NANOS), sum(row + REJECTED), sum(row + FAILED));
  }

  /** Of all commands that ran or were refused, in the order of the table. */
  List<Calls> calls() {
    return commands.stream().map(this::calls).filter(calls -> !calls.isEmpty()).toList();
  }

  /** Commands run. */
  public long commands() {
    return sumOfRows(0, BUCKETS);
  }

  /** Nanoseconds that they took together. */
  public long nanos() {
    return sumOfRows(NANOS, NANOS + 1);
  }

  /** Of these columns of all rows. */
  private long sumOfRows(int from, int to) {
    long sum = 0;
    for (int row = 0; row < received; row += WIDTH) {
      for (int column = from; column < to; column++) {
        sum += sum(row + column);
      }
    }
    return sum;
  }

  /** How often there was an error of each code, in the order of the codes. */
  Map<String, Long> errors() {
    Map<String, Long> counts = new TreeMap<>();
    errors.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /** How often a command ended with an error, or was refused with one. */
  public long allErrors() {
    return allErrors.sum();
  }

  public long bytesReceived() {
    return sum(received);
  }

  public long bytesSent() {
    return sum(sent);
  }

  long evictedClients() {
    return evicted.sum();
  }

  SlowLog slowLog() {
    return slowLog;
  }

  Latency latency() {
    return latency;
  }
}
