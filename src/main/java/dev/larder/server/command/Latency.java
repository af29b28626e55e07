package dev.larder.server.command;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * When the server made clients wait, by what it was busy with: {@code command}, or {@code
 * fast-command} for one that ought to take no time at all. Of each second the longest wait is kept.
 */
final class Latency {
  private static final int MOST_SAMPLES = 160;

  /** The longest wait of one second. */
  record Sample(long time, long millis) {}

  /** What is known of one event: its samples, the oldest first, and the longest of all times. */
  record Event(String name, List<Sample> samples, long longest) {
    Sample latest() {
      return samples.get(samples.size() - 1);
    }
  }

  private static final class Series {
    final Deque<Sample> samples = new ArrayDeque<>();
    long longest;

    void add(Sample sample) {
      longest = Math.max(longest, sample.millis);
      Sample last = samples.peekLast();
      if (last != null && last.time == sample.time) {
        samples.removeLast();
        samples.addLast(last.millis > sample.millis ? last : sample);
        return;
      }
      samples.addLast(sample);
      if (samples.size() > MOST_SAMPLES) {
        samples.removeFirst();
      }
    }
  }

  private final Map<String, Series> events = new TreeMap<>(); // guarded by this
  private volatile long thresholdMillis;

  /** Waits of so many milliseconds are kept; 0: none. */
  void threshold(long millis) {
    thresholdMillis = millis;
  }

  boolean isOn() {
    return thresholdMillis > 0;
  }

  long thresholdNanos() {
    long millis = thresholdMillis;
    return millis == 0 || millis > Long.MAX_VALUE / 1_000_000 ? Long.MAX_VALUE : millis * 1_000_000;
  }

  /** A command ran that perhaps made others wait. */
  void ran(Command command, long nanos) {
    if (nanos >= thresholdNanos()) {
      String event = command.has(Command.Flag.FAST) ? "fast-command" : "command";
      Sample sample = new Sample(Clock.systemUTC().instant().getEpochSecond(), nanos / 1_000_000);
      synchronized (this) {
        events.computeIfAbsent(event, first -> new Series()).add(sample);
      }
    }
  }

  /** What has happened. */
  synchronized List<Event> events() {
    List<Event> all = new ArrayList<>();
    events.forEach(
        (name, series) -> all.add(new Event(name, List.copyOf(series.samples), series.longest)));
    return all;
  }

  /** Forgets one event; returns whether there was one. */
  synchronized boolean forget(String event) {
    return events.remove(event) != null;
  }

  /** Forgets all events, and returns how many there were. */
  synchronized int forgetAll() {
    int count = events.size();
    events.clear();
    return count;
  }
}
