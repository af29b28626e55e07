package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A client that writes to a database of its own until the server is killed, and knows afterwards
 * what the database may have.
 *
 * <p>It writes in steps. A step is a command, or several between MULTI and EXEC, and changes a few
 * keys in a way that the writer foretells: it is the only one there, so that the whole database is
 * a function of how many steps were done. Some steps are sent at once, then all their replies are
 * awaited. After the kill the database must be as it was after some step: one that is not before
 * what must have survived, and not after what was sent. A step that is there by half, one that is
 * missing between others, or one whose deadline has moved makes it equal to none.
 */
final class Writer implements Runnable {
  /** How much a server's clock, which is read once for several commands, may be behind. */
  private static final long CLOCK_SLACK_MILLIS = 50;

  private static final long HOUR_MILLIS = 3_600_000;
  private static final int MOST_AT_ONCE = 8;
  private static final int LONGEST_LOG = 500;
  private static final int TEXTS = 8;

  /** One thing that is acknowledged by and by, or not at all. Times are of this JVM. */
  private static final class Step {
    final List<String[]> calls = new ArrayList<>();

    /** Expected replies; null: whatever comes, but no error. */
    final List<@Nullable String> replies = new ArrayList<>();

    final Map<String, @Nullable Value> changes = new HashMap<>();
    long sentNanos;
    long sentMillis;
    volatile long acknowledgedNanos = Long.MAX_VALUE;
    volatile long acknowledgedMillis = Long.MAX_VALUE / 2;
  }

  /**
   * A value with its deadline.
   *
   * @param time milliseconds since the epoch, or since the step was done; 0: it has no deadline
   * @param since null: the epoch
   */
  private record Value(String text, long time, @Nullable Step since) {
    static Value eternal(String text) {
      return new Value(text, 0, null);
    }

    Value text(String text) {
      return new Value(text, time, since);
    }

    private long earliest() {
      return since == null ? time : since.sentMillis + time - CLOCK_SLACK_MILLIS;
    }

    private long latest() {
      return since == null ? time : since.acknowledgedMillis + time;
    }

    boolean may(Keyspace.@Nullable Entry found, long readFrom, long readTo) {
      if (time == 0) {
        return found != null
            && found.value().equals(text)
            && found.deadline() == Keyspace.Entry.ETERNAL;
      }
      if (found == null) {
        return earliest() <= readTo;
      }
      return found.value().equals(text)
          && found.deadline() >= earliest()
          && found.deadline() <= latest()
          && found.deadline() >= readFrom - CLOCK_SLACK_MILLIS;
    }

    @Override
    public String toString() {
      return "'" + text + "'" + (time == 0 ? "" : " until " + earliest() + ".." + latest());
    }
  }

  /**
   * The moments at which the database may have been as it was found.
   *
   * @param from nanoseconds: not before this
   * @param to nanoseconds: before this
   */
  record Moment(long from, long to) {}

  private final int database;
  private final Random random;
  private final Map<String, Value> model = new TreeMap<>();

  /** What the database had when this run began, and what was done to it since. */
  private Map<String, Value> base = new TreeMap<>();

  private final List<Step> steps = new ArrayList<>();
  private volatile int acknowledged;
  private volatile int saved;
  private int number;

  private @Nullable Wire wire;
  private volatile @Nullable Throwable failure;

  Writer(int database, long seed) {
    this.database = database;
    this.random = new Random(seed);
  }

  /** Connects it to a server that has what was found, or nothing. */
  void connect(Server server) throws IOException {
    wire = server.connect();
    assertThat(wire.ask("SELECT", String.valueOf(database))).isEqualTo("+OK");
    steps.clear();
    acknowledged = 0;
    saved = 0;
    failure = null;
  }

  /** How many steps are acknowledged. */
  int acknowledged() {
    return acknowledged;
  }

  /**
   * How many steps are acknowledged until this time. Others may ask: those are no longer touched.
   */
  int acknowledgedAt(long nanos) {
    int count = acknowledged;
    while (count > 0 && steps.get(count - 1).acknowledgedNanos - nanos > 0) {
      count--;
    }
    return count;
  }

  /** A finished snapshot has at least so many steps. */
  void saved(int steps) {
    saved = steps;
  }

  int saved() {
    return saved;
  }

  /** Why it ended; all is well if that came after the server was killed. */
  @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void run() {
    try (Wire wire = this.wire) {
      ByteArrayOutputStream calls = new ByteArrayOutputStream();
      while (true) {
        int first = steps.size();
        calls.reset();
        for (int i = random.nextInt(MOST_AT_ONCE); i >= 0; i--) {
          Step step = next();
          steps.add(step);
          step.calls.forEach(call -> Wire.write(calls, call));
        }
        long millis = Keyspace.now();
        long nanos = System.nanoTime();
        for (Step step : steps.subList(first, steps.size())) {
          step.sentMillis = millis;
          step.sentNanos = nanos;
        }
        wire.send(calls.toByteArray());
        for (Step step : steps.subList(first, steps.size())) {
          for (int i = 0; i < step.calls.size(); i++) {
            expect(step.calls.get(i), step.replies.get(i), wire.reply());
          }
          step.acknowledgedMillis = Keyspace.now();
          step.acknowledgedNanos = System.nanoTime();
          acknowledged++; // only this thread writes it
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private static void expect(String[] call, @Nullable String expected, String reply) {
    if (expected == null ? reply.startsWith("-") : !reply.equals(expected)) {
      throw new AssertionError(
          "expected '" + expected + "' but was '" + reply + "' for " + String.join(" ", call));
    }
  }

  /** Compares what the database has with what it may have, and goes on from there. */
  Moment verify(Keyspace found, int atLeast, long killedMillis) {
    for (Step step : steps.subList(acknowledged, steps.size())) {
      step.acknowledgedMillis = killedMillis;
    }
    Map<String, Value> model = new HashMap<>(base);
    Set<String> wrong = new HashSet<>();
    Set<String> all = new HashSet<>(found.entries().keySet());
    all.addAll(model.keySet());
    for (String key : all) {
      note(wrong, key, model.get(key), found);
    }
    int first = -1;
    int last = -1;
    int before = -1;
    List<String> least = List.of();
    for (int count = 0; ; count++) {
      if (wrong.isEmpty()) {
        if (count < atLeast) {
          before = count;
        } else {
          first = first < 0 ? count : first;
          last = count;
        }
      } else if (count >= atLeast && (least.isEmpty() || wrong.size() < least.size())) {
        least = wrong.stream().map(key -> describe(key, model.get(key), found)).sorted().toList();
      }
      if (count == steps.size()) {
        break;
      }
      for (Map.Entry<String, Value> change : steps.get(count).changes.entrySet()) {
        if (change.getValue() == null) {
          model.remove(change.getKey());
        } else {
          model.put(change.getKey(), change.getValue());
        }
        note(wrong, change.getKey(), change.getValue(), found);
      }
    }
    if (first < 0) {
      throw new AssertionError(
          "expected database "
              + database
              + " as after one of the steps "
              + atLeast
              + " to "
              + steps.size()
              + ", of which "
              + acknowledged
              + " are acknowledged, but "
              + (before >= 0 ? "it is as after step " + before : "it is like none; " + least));
    }
    begin(found);
    return new Moment(
        first == 0 ? Long.MIN_VALUE : steps.get(first - 1).sentNanos,
        last == steps.size() ? Long.MAX_VALUE : steps.get(last).acknowledgedNanos);
  }

  private static void note(
      Set<String> wrong, String key, @Nullable Value expected, Keyspace found) {
    Keyspace.Entry entry = found.entries().get(key);
    if (expected == null ? entry == null : expected.may(entry, found.from(), found.to())) {
      wrong.remove(key);
    } else {
      wrong.add(key);
    }
  }

  private static String describe(String key, @Nullable Value expected, Keyspace found) {
    return key + ": expected " + expected + " but was " + found.entries().get(key);
  }

  private void begin(Keyspace found) {
    base = new TreeMap<>();
    found
        .entries()
        .forEach(
            (key, entry) ->
                base.put(
                    key,
                    new Value(entry.value(), Math.max(0, entry.deadline()), /* epoch */ null)));
    model.clear();
    model.putAll(base);
  }

  /** What to do next. The model has it done then. */
  private Step next() {
    Step step = new Step();
    number++;
    String text = "text:" + random.nextInt(TEXTS);
    String other = "text:" + random.nextInt(TEXTS);
    String value = database + "." + number + "x".repeat(random.nextInt(100));
    long ttl = HOUR_MILLIS + random.nextInt(1_000_000);
    switch (random.nextInt(18)) {
      case 0, 1 -> {
        put(step, text, Value.eternal(value));
        call(step, "+OK", "SET", text, value);
      }
      case 2 -> {
        put(step, text, new Value(value, ttl, step));
        call(step, "+OK", "SET", text, value, "PX", "" + ttl);
      }
      case 3 -> {
        Value old = model.get(text);
        put(step, text, old == null ? Value.eternal(value) : old.text(value));
        call(step, "+OK", "SET", text, value, "KEEPTTL");
      }
      case 4, 5 -> increment(step, "count:" + random.nextInt(4));
      case 6 -> {
        put(step, "pair:a", Value.eternal(value));
        put(step, "pair:b", Value.eternal(value));
        call(step, "+OK", "MSET", "pair:a", value, "pair:b", value);
      }
      case 7 -> rename(step, text, other);
      case 8 -> {
        boolean there = model.containsKey(text);
        if (there) {
          put(step, text, new Value(model.get(text).text, ttl / 1000 * 1000, step));
        }
        call(step, there ? ":1" : ":0", "EXPIRE", text, "" + ttl / 1000);
      }
      case 9 -> {
        boolean there = model.containsKey(text);
        long deadline = Keyspace.now() + ttl;
        if (there) {
          put(step, text, new Value(model.get(text).text, deadline, null));
        }
        call(step, there ? ":1" : ":0", "PEXPIREAT", text, "" + deadline);
      }
      case 10 -> {
        Value old = model.get(text);
        boolean changes = old != null && old.time != 0;
        if (changes) {
          put(step, text, Value.eternal(old.text));
        }
        call(step, changes ? ":1" : ":0", "PERSIST", text);
      }
      case 11 -> {
        int there = (model.containsKey(text) ? 1 : 0) + (model.containsKey(other) ? 1 : 0);
        remove(step, text);
        remove(step, other);
        call(step, ":" + (text.equals(other) ? (there + 1) / 2 : there), "DEL", text, other);
      }
      case 12, 13 -> append(step);
      case 14 -> {
        call(step, "+OK", "MULTI");
        put(step, "exec:a", Value.eternal(value));
        call(step, "+QUEUED", "SET", "exec:a", value);
        int now = count("exec:n") + 1;
        put(step, "exec:n", Value.eternal("" + now));
        call(step, "+QUEUED", "INCR", "exec:n");
        remove(step, text);
        call(step, "+QUEUED", "DEL", text);
        put(step, "exec:b", Value.eternal(value));
        call(step, "+QUEUED", "SET", "exec:b", value);
        call(step, null, "EXEC");
      }
      case 15 -> {
        String shortLived = "short:" + random.nextInt(4);
        if (random.nextBoolean()) {
          int millis = 1 + random.nextInt(random.nextBoolean() ? 100 : 3_000);
          put(step, shortLived, new Value(value, millis, step));
          call(step, "+OK", "SET", shortLived, value, "PX", "" + millis);
        } else {
          put(step, shortLived, Value.eternal(value));
          call(step, "+OK", "SET", shortLived, value);
        }
      }
      case 16 -> {
        Value old = model.get(text);
        boolean copied = old != null && !text.equals(other);
        if (copied) {
          put(step, other, old);
          call(step, ":1", "COPY", text, other, "REPLACE");
        } else {
          increment(step, "count:0");
        }
      }
      case 17 -> {
        if (random.nextInt(400) == 0) {
          List.copyOf(model.keySet()).forEach(key -> remove(step, key));
          call(step, "+OK", "FLUSHDB");
        } else {
          Value old = model.get(text);
          remove(step, text);
          call(step, old == null ? Wire.NIL : old.text, "GETDEL", text);
        }
      }
      default -> throw new IllegalStateException();
    }
    return step;
  }

  private void increment(Step step, String counter) {
    int by = 1 + random.nextInt(3);
    int now = count(counter) + by;
    put(step, counter, Value.eternal("" + now));
    if (by == 1) {
      call(step, ":" + now, "INCR", counter);
    } else if (by == 2) {
      call(step, ":" + now, "INCRBY", counter, "2");
    } else {
      call(step, "" + now, "INCRBYFLOAT", counter, "3");
    }
  }

  private int count(String counter) {
    Value old = model.get(counter);
    return old == null ? 0 : Integer.parseInt(old.text);
  }

  private void rename(Step step, String text, String other) {
    Value old = model.get(text);
    if (old == null || text.equals(other)) {
      increment(step, "count:1");
    } else {
      remove(step, text);
      put(step, other, old);
      call(step, "+OK", "RENAME", text, other);
    }
  }

  private void append(Step step) {
    Value old = model.get("log");
    if (old != null && old.text.length() > LONGEST_LOG) {
      remove(step, "log");
      put(step, "log:old", old);
      call(step, "+OK", "RENAME", "log", "log:old");
    } else {
      String more = number + ",";
      String all = old == null ? more : old.text + more;
      put(step, "log", Value.eternal(all));
      call(step, ":" + all.length(), "APPEND", "log", more);
    }
  }

  private void put(Step step, String key, Value value) {
    model.put(key, value);
    step.changes.put(key, value);
  }

  private void remove(Step step, String key) {
    model.remove(key);
    step.changes.put(key, null);
  }

  private static void call(Step step, @Nullable String reply, String... words) {
    step.calls.add(words);
    step.replies.add(reply);
  }
}
