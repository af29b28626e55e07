package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.server.command.Channels.Kind;
import dev.larder.server.command.Channels.Subscription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a session has subscribed to, the oldest first. Others may look at how many there are. */
final class Subscriptions {
  /** Bytes that one costs beside its name, about. */
  private static final int COST = 300;

  private final Session session;
  private final Map<String, Subscription> channels = create();
  private final Map<String, Subscription> patterns = create();
  private final Map<String, Subscription> shards = create();
  private volatile int count; // of all of them: asked for twice a command, and mostly 0
  private long bytes; // changed by who has the session

  Subscriptions(Session session) {
    this.session = session;
  }

  private static Map<String, Subscription> create() {
    return Collections.synchronizedMap(new LinkedHashMap<>(0));
  }

  /**
   * Whether the session may only do what has to do with them: a client that cannot tell a message
   * from a reply, and has some.
   */
  boolean restrict() {
    return count() > 0 && !session.isResp3();
  }

  int channels() {
    return channels.size();
  }

  int patterns() {
    return patterns.size();
  }

  int shards() {
    return shards.size();
  }

  int count() {
    return count;
  }

  /** After each change, all of which are the session's own. */
  private void recount() {
    count = channels() + patterns() + shards();
  }

  private Map<String, Subscription> of(Kind kind) {
    return switch (kind) {
      case CHANNEL -> channels;
      case PATTERN -> patterns;
      case SHARD -> shards;
    };
  }

  /** Subscribes unless it has, and says so. */
  Reply add(Kind kind, byte[] name) {
    of(kind)
        .computeIfAbsent(
            Channels.text(name),
            text -> {
              bytes += cost(name);
              return session.server().channels().subscribe(session, kind, name);
            });
    recount();
    return confirmation(kind, kind.begins, Reply.bulk(name));
  }

  /** Ends a subscription, if there is one, and says so. */
  Reply remove(Kind kind, byte[] name) {
    Subscription subscription = of(kind).remove(Channels.text(name));
    if (subscription != null) {
      bytes -= cost(name);
      session.server().channels().unsubscribe(subscription);
    }
    recount();
    return confirmation(kind, kind.ends, Reply.bulk(name));
  }

  /** Ends all of a kind, and says so of each; once, and of none, if there are none. */
  List<Reply> removeAll(Kind kind) {
    List<Reply> confirmations = new ArrayList<>();
    for (Subscription subscription : List.copyOf(of(kind).values())) {
      confirmations.add(remove(kind, subscription.name()));
    }
    return confirmations.isEmpty()
        ? List.of(confirmation(kind, kind.ends, Reply.NIL))
        : confirmations;
  }

  /** Channels and patterns are counted together. */
  private Reply confirmation(Kind kind, String event, Reply name) {
    int left = kind == Kind.SHARD ? shards() : channels() + patterns();
    return Reply.push(Reply.bulk(event), name, Reply.integer(left));
  }

  /** Whether the user may have all of them. */
  boolean areAllowed(User user) {
    for (Kind kind : Kind.values()) {
      Map<String, Subscription> all = of(kind);
      synchronized (all) {
        for (Subscription subscription : all.values()) {
          if (!user.mayUse(subscription.name(), kind == Kind.PATTERN)) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** Bytes of heap that they take, about. */
  long bytes() {
    return bytes;
  }

  private static long cost(byte[] name) {
    return COST + 2L * name.length; // here and as the name of the topic
  }

  /** Ends all of them, without a word to the client. */
  void end() {
    for (Kind kind : Kind.values()) {
      Map<String, Subscription> all = of(kind);
      all.values().forEach(session.server().channels()::unsubscribe);
      all.clear();
    }
    bytes = 0;
    recount();
  }
}
