package dev.larder.server.command;

import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who has subscribed to what, and what sends messages to them. Any thread may use it.
 *
 * <p>Nothing is locked while a message is sent: each subscriber's connection is handed it, in turn,
 * and takes its messages in the order in which they were handed over. So what one publisher sends
 * comes in its order everywhere; what two send at the same time may come in one order here and in
 * the other there.
 *
 * <p>Names are bytes; as keys of a map they are strings of as many Latin-1 characters, whose hash
 * is computed once and which no choice of names makes slow.
 */
final class Channels {
  /** About a millisecond. */
  private static final long MOST_STEPS = 1_000_000;

  private final ConcurrentHashMap<String, Topic> channels = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Topic> patterns = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Topic> shards = new ConcurrentHashMap<>();

  /** What can be subscribed to; the words are those that a client is told. */
  enum Kind {
    CHANNEL("subscribe", "unsubscribe", "message"),
    /** All channels whose names match. */
    PATTERN("psubscribe", "punsubscribe", "pmessage"),
    /** A channel of a cluster's part, which here is a second kind of channel and no more. */
    SHARD("ssubscribe", "sunsubscribe", "smessage");

    final String begins;
    final String ends;
    final String message;

    Kind(String begins, String ends, String message) {
      this.begins = begins;
      this.ends = ends;
      this.message = message;
    }
  }

  /** A channel or pattern that has subscribers. */
  private static final class Topic {
    final Reply name;
    final @Nullable Glob glob;
    final Set<Subscription> subscribers = ConcurrentHashMap.newKeySet();

    Topic(byte[] name, @Nullable Glob glob) {
      this.name = Reply.bulk(name);
      this.glob = glob;
    }

    int send(Reply message) {
      int receivers = 0;
      for (Subscription subscription : subscribers) {
        subscription.session.wire().push(message, subscription);
        receivers++;
      }
      return receivers;
    }
  }

  /** A session's wish for the messages of one topic; as a supplier, whether it still has it. */
  static final class Subscription implements BooleanSupplier {
    private final Session session;
    private final Kind kind;
    private final byte[] name;
    private volatile boolean ended;

    private Subscription(Session session, Kind kind, byte[] name) {
      this.session = session;
      this.kind = kind;
      this.name = name;
    }

    byte[] name() {
      return name;
    }

    @Override
    public boolean getAsBoolean() {
      return !ended;
    }
  }

  /** Bytes as a string that is equal to another one if they are. */
  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private ConcurrentHashMap<String, Topic> topics(Kind kind) {
    return switch (kind) {
      case CHANNEL -> channels;
      case PATTERN -> patterns;
      case SHARD -> shards;
    };
  }

  /** Messages come from now on, until {@link #unsubscribe}. */
  Subscription subscribe(Session session, Kind kind, byte[] name) {
    Subscription subscription = new Subscription(session, kind, name);
    topics(kind)
        .compute(
            text(name),
            (text, existing) -> {
              Topic topic =
                  existing != null
                      ? existing
                      : new Topic(name, kind == Kind.PATTERN ? Glob.of(name) : null);
              topic.subscribers.add(subscription);
              return topic;
            });
    return subscription;
  }

  /** No message comes any more, not even one that is on its way. */
  void unsubscribe(Subscription subscription) {
    subscription.ended = true;
    topics(subscription.kind)
        .computeIfPresent(
            text(subscription.name),
            (text, topic) -> {
              topic.subscribers.remove(subscription);
              return topic.subscribers.isEmpty() ? null : topic;
            });
  }

  /** Whether a message to a channel would certainly reach nobody. */
  boolean hasNobody() {
    return channels.isEmpty() && patterns.isEmpty();
  }

  /**
   * Sends a message to the subscribers of a channel and to those of every pattern that it matches.
   *
   * @return how often it was sent: who has subscribed to both gets two
   */
  int publish(byte[] channel, byte[] payload) {
    Reply name = Reply.bulk(channel);
    Reply content = Reply.bulk(payload);
    int receivers = 0;
    Topic subscribed = channels.get(text(channel));
    if (subscribed != null) {
      receivers += subscribed.send(Reply.push(Reply.bulk(Kind.CHANNEL.message), name, content));
    }
    for (Topic pattern : patterns.values()) {
      if (pattern.glob != null && pattern.glob.matches(channel)) {
        receivers +=
            pattern.send(Reply.push(Reply.bulk(Kind.PATTERN.message), pattern.name, name, content));
      }
    }
    return receivers;
  }

  /** The same for a channel of the second kind, which has no patterns. */
  int publishToShard(byte[] channel, byte[] payload) {
    Topic subscribed = shards.get(text(channel));
    return subscribed == null
        ? 0
        : subscribed.send(
            Reply.push(Reply.bulk(Kind.SHARD.message), Reply.bulk(channel), Reply.bulk(payload)));
  }

  /**
   * The names that have subscribers, in no order.
   *
   * @param match which of them; null: all, also the empty one, which no {@code *} matches
   */
  List<Reply> active(Kind kind, @Nullable Glob match) {
    List<Reply> names = new ArrayList<>();
    topics(kind)
        .forEach(
            (text, topic) -> {
              if (match == null || match.matches(text.getBytes(StandardCharsets.ISO_8859_1))) {
                names.add(topic.name);
              }
            });
    return names;
  }

  /** How many have subscribed to this. */
  int subscribers(Kind kind, byte[] name) {
    Topic topic = topics(kind).get(text(name));
    return topic == null ? 0 : topic.subscribers.size();
  }

  /**
   * Whether it may take long to find the patterns that a channel matches: each takes as many steps
   * as the product of both lengths, at the worst.
   */
  boolean isLongToMatch(int channelLength) {
    long steps = 0;
    for (String pattern : patterns.keySet()) {
      steps += (long) pattern.length() * channelLength;
    }
    return steps > MOST_STEPS;
  }

  /** How many different patterns there are. */
  int patterns() {
    return patterns.size();
  }
}
