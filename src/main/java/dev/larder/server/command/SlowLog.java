package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The commands that took long, the latest first: what {@code SLOWLOG} shows. A command's time is
 * that of its own work, not that of its way through the sockets.
 *
 * <p>An entry shows no password, and only the beginning of what is long. {@code EXEC} has none of
 * its own: its commands have.
 */
final class SlowLog {
  private static final int MOST_WORDS = 32;
  private static final int MOST_BYTES = 128;
  private static final Reply REDACTED = Reply.bulk(Secrets.REDACTED);

  private final Deque<Reply> entries = new ArrayDeque<>(); // guarded by this
  private long nextId; // guarded by this
  private int most; // guarded by this
  private volatile long thresholdNanos = Long.MAX_VALUE;

  /** What takes so many microseconds is slow; if negative, nothing is. */
  void threshold(long micros) {
    boolean never = micros < 0 || micros > Long.MAX_VALUE / 1_000;
    thresholdNanos = never ? Long.MAX_VALUE : micros * 1_000;
  }

  long thresholdNanos() {
    return thresholdNanos;
  }

  /** Keeps so many from now on. */
  synchronized void most(int most) {
    this.most = most;
    trim();
  }

  private void trim() {
    while (entries.size() > most) {
      entries.removeLast();
    }
  }

  /** A command ran that was perhaps slow. */
  void ran(Session session, Command command, Request request, long nanos) {
    if (nanos < thresholdNanos || command.name().equals("exec")) {
      return;
    }
    Reply words = words(command, request);
    Reply time = Reply.integer(Clock.systemUTC().instant().getEpochSecond());
    Reply peer = Reply.bulk(session.wire().peer());
    String called = session.name();
    Reply name = Reply.bulk(called.substring(0, Math.min(called.length(), MOST_BYTES)));
    synchronized (this) {
      Reply id = Reply.integer(nextId++);
      entries.addFirst(Reply.array(id, time, Reply.integer(nanos / 1_000), words, peer, name));
      trim();
    }
  }

  private static Reply words(Command command, Request request) {
    List<Reply> words = new ArrayList<>();
    int count = request.count();
    int shown = count > MOST_WORDS ? MOST_WORDS - 1 : count;
    for (int word = 0; word < shown; word++) {
      words.add(
          Secrets.has(command, request, word) ? REDACTED : Reply.bulk(beginning(request, word)));
    }
    if (shown < count) {
      words.add(Reply.bulk("... (" + (count - shown) + " more arguments)"));
    }
    return Reply.array(words);
  }

  private static byte[] beginning(Request request, int word) {
    int length = request.length(word);
    if (length <= MOST_BYTES) {
      return request.bytes(word);
    }
    byte[] end =
        ("... (" + (length - MOST_BYTES) + " more bytes)").getBytes(StandardCharsets.UTF_8);
    byte[] text = new byte[MOST_BYTES + end.length];
    System.arraycopy(request.array(), request.offset(word), text, 0, MOST_BYTES);
    System.arraycopy(end, 0, text, MOST_BYTES, end.length);
    return text;
  }

  /** The latest entries, as the client is shown them. */
  synchronized List<Reply> latest(long count) {
    List<Reply> latest = new ArrayList<>();
    Iterator<Reply> all = entries.iterator();
    while (all.hasNext() && latest.size() < count) {
      latest.add(all.next());
    }
    return latest;
  }

  synchronized int size() {
    return entries.size();
  }

  synchronized void clear() {
    entries.clear();
  }
}
