package dev.larder.server.command;

import static dev.larder.server.command.Command.Flag.FAST;
import static dev.larder.server.command.Command.Flag.PUBSUB;
import static dev.larder.server.command.Command.Flag.SUBSCRIBED_TOO;
import static dev.larder.server.command.Command.other;

import dev.larder.ops.Glob;
import dev.larder.protocol.Reply;
import dev.larder.server.command.Channels.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Messages between clients. Channels have nothing to do with the selected cache.
 *
 * <p>Subscribing to three channels has three replies, and so it has within {@code EXEC}, although
 * the array of its replies counts one for each command. Redis does the same.
 */
final class PubSubCommands {
  // spotless:off
  static final List<Command> ALL = List.of(
      other("SUBSCRIBE",            "channel [channel ...]",           (session, args) -> subscribe(session, args, Kind.CHANNEL)).is(PUBSUB, SUBSCRIBED_TOO).channels(1, false),
      other("UNSUBSCRIBE",          "[channel [channel ...]]",         (session, args) -> unsubscribe(session, args, Kind.CHANNEL)).is(PUBSUB, SUBSCRIBED_TOO),
      other("PSUBSCRIBE",           "pattern [pattern ...]",           (session, args) -> subscribe(session, args, Kind.PATTERN)).is(PUBSUB, SUBSCRIBED_TOO).channels(1, true),
      other("PUNSUBSCRIBE",         "[pattern [pattern ...]]",         (session, args) -> unsubscribe(session, args, Kind.PATTERN)).is(PUBSUB, SUBSCRIBED_TOO),
      other("SSUBSCRIBE",           "shardchannel [shardchannel ...]", (session, args) -> subscribe(session, args, Kind.SHARD)).is(PUBSUB, SUBSCRIBED_TOO).channels(1, false),
      other("SUNSUBSCRIBE",         "[shardchannel [shardchannel ...]]", (session, args) -> unsubscribe(session, args, Kind.SHARD)).is(PUBSUB, SUBSCRIBED_TOO),
      other("PUBLISH",              "channel message",                 (session, args) -> Reply.integer(session.server().channels().publish(args.next(), args.next()))).is(PUBSUB, FAST).channels(1, false)
                                                                         .slowIf((session, request) -> session.server().channels().isLongToMatch(request.length(1))),
      other("SPUBLISH",             "shardchannel message",            (session, args) -> Reply.integer(session.server().channels().publishToShard(args.next(), args.next()))).is(PUBSUB, FAST).channels(1, false),
      other("PUBSUB CHANNELS",      "[pattern]",                       (session, args) -> active(session, args, Kind.CHANNEL)).is(PUBSUB).slow(),
      other("PUBSUB NUMSUB",        "[channel [channel ...]]",         (session, args) -> subscribers(session, args, Kind.CHANNEL)).is(PUBSUB),
      other("PUBSUB NUMPAT",        "",                                (session, args) -> Reply.integer(session.server().channels().patterns())).is(PUBSUB),
      other("PUBSUB SHARDCHANNELS", "[pattern]",                       (session, args) -> active(session, args, Kind.SHARD)).is(PUBSUB).slow(),
      other("PUBSUB SHARDNUMSUB",   "[shardchannel [shardchannel ...]]", (session, args) -> subscribers(session, args, Kind.SHARD)).is(PUBSUB),
      other("PUBSUB HELP",          "",                                (session, args) -> CommandTable.ALL.help("pubsub")));
  // spotless:on

  private PubSubCommands() {}

  private static Reply subscribe(Session session, Args args, Kind kind) {
    if (kind == Kind.SHARD && session.isInTransaction()) {
      throw Args.error("SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
    }
    List<Reply> confirmations = new ArrayList<>(args.left());
    while (args.hasNext()) {
      confirmations.add(session.subscriptions().add(kind, args.next()));
    }
    return new Reply.Sequence(confirmations);
  }

  private static Reply unsubscribe(Session session, Args args, Kind kind) {
    if (!args.hasNext()) {
      return new Reply.Sequence(session.subscriptions().removeAll(kind));
    }
    List<Reply> confirmations = new ArrayList<>(args.left());
    while (args.hasNext()) {
      confirmations.add(session.subscriptions().remove(kind, args.next()));
    }
    return new Reply.Sequence(confirmations);
  }

  private static Reply active(Session session, Args args, Kind kind) {
    if (args.left() > 1) {
      throw args.wrongSubcommand();
    }
    Glob match = args.hasNext() ? Glob.of(args.next()) : null;
    return Reply.array(session.server().channels().active(kind, match));
  }

  private static Reply subscribers(Session session, Args args, Kind kind) {
    List<Reply> counts = new ArrayList<>(2 * args.left());
    while (args.hasNext()) {
      byte[] name = args.next();
      counts.add(Reply.bulk(name));
      counts.add(Reply.integer(session.server().channels().subscribers(kind, name)));
    }
    return Reply.array(counts);
  }
}
