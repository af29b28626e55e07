package dev.larder.server.command;

import dev.larder.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was refused lately, the newest first: {@code ACL LOG}. The same thing refused again within a
 * minute is counted in the entry that there is, if that is among the newest.
 *
 * <p>Bounded in memory whatever clients send: names, keys and clients, which may call themselves
 * anything, are kept up to their first 1024 bytes.
 */
public final class AclLog {
  private static final int MOST = 128;
  private static final int MOST_COMPARED = 10;
  private static final long SAME_MILLIS = 60_000;
  private static final int MOST_BYTES = 1024;

  /** Where a request was refused. */
  public enum Context {
    TOPLEVEL,
    MULTI
  }

  /**
   * @param created when it was refused for the first time, in milliseconds since the epoch
   * @param updated when it was refused for the last time
   */
  record Entry(
      long id,
      long count,
      User.Reason reason,
      Context context,
      String object,
      String user,
      String client,
      long created,
      long updated) {

    boolean isLike(Entry other) {
      return reason == other.reason
          && context == other.context
          && Math.abs(updated - other.updated) <= SAME_MILLIS
          && object.equals(other.object)
          && user.equals(other.user);
    }

    Entry again(Entry other) {
      return new Entry(
          id, count + 1, reason, context, object, user, other.client, created, other.updated);
    }
  }

  private final Clock clock;
  private final List<Entry> entries = new ArrayList<>(); // the newest last
  private final Map<User.Reason, Long> counts = new EnumMap<>(User.Reason.class);
  private long nextId;

  AclLog(Clock clock) {
    this.clock = clock;
  }

  /**
   * Notes a refusal.
   *
   * @param object the command, key or channel that was refused; for a login the command too
   * @param user who was refused, or who he said he was
   * @param client the connection, as {@code CLIENT LIST} describes it
   */
  public synchronized void add(
      User.Reason reason, Context context, byte[] object, String user, String client) {
    counts.merge(reason, 1L, Long::sum);
    long now = clock.millis();
    String what = ByteWords.word(cut(object));
    String who = cut(user);
    Entry entry = new Entry(nextId, 1, reason, context, what, who, cut(client), now, now);
    Entry same = takeSame(entry);
    if (same != null) {
      entries.add(same.again(entry));
      return;
    }
    nextId++;
    entries.add(entry);
    if (entries.size() > MOST) {
      entries.remove(0);
    }
  }

  private @Nullable Entry takeSame(Entry entry) {
    int last = entries.size() - 1;
    for (int i = last; i >= 0 && i > last - MOST_COMPARED; i--) {
      if (entries.get(i).isLike(entry)) {
        return entries.remove(i);
      }
    }
    return null;
  }

  private static byte[] cut(byte[] bytes) {
    return bytes.length <= MOST_BYTES ? bytes : Arrays.copyOf(bytes, MOST_BYTES);
  }

  private static String cut(String text) {
    return text.length() <= MOST_BYTES ? text : text.substring(0, MOST_BYTES);
  }

  /** At most so many entries, the newest first. */
  synchronized List<Entry> newest(long most) {
    List<Entry> newest = new ArrayList<>();
    for (int i = entries.size() - 1; i >= 0 && newest.size() < most; i--) {
      newest.add(entries.get(i));
    }
    return newest;
  }

  /** How many refusals there were for this reason since the start; {@link #clear} keeps it. */
  public synchronized long count(User.Reason reason) {
    return counts.getOrDefault(reason, 0L);
  }

  synchronized void clear() {
    entries.clear();
  }

  long now() {
    return clock.millis();
  }
}
