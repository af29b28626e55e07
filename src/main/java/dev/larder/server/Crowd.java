package dev.larder.server;

import dev.larder.protocol.RequestLimits;
import dev.larder.server.command.Config;
import dev.larder.server.command.Server;
import dev.larder.server.command.ServerLog;
import dev.larder.server.command.Session;
import dev.larder.server.command.Wire;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all connections of a server have in common: the limits that they keep to, and the memory
 * that their requests and replies take together.
 */
final class Crowd {
  /** What a connection may owe: much, as long as all together owe little. */
  static final int MOST_OWED = 1 << 20;

  static final int FEW_OWED = 16 << 10;

  private static final OutputLimits UNLIMITED = new OutputLimits(0, 0, 0);

  private final Server server;
  private final Executor workers;
  private final boolean linesForPeople;
  private final AtomicLong bytes = new AtomicLong();

  private volatile RequestLimits limits;
  private volatile OutputLimits outputLimits = UNLIMITED;
  private volatile OutputLimits subscribersLimits = UNLIMITED;
  private volatile long idleSeconds;
  private volatile long mostBytes;

  Crowd(Server server, Executor workers) {
    this.server = server;
    this.workers = workers;
    Config config = server.config();
    linesForPeople = config.get("inline-replies").equals("line");
    limits = config.requestLimits();
    config.follow("proto-max-bulk-len", value -> limits = config.requestLimits());
    config.follow("client-query-buffer-limit", value -> limits = config.requestLimits());
    config.follow("timeout", value -> idleSeconds = Long.parseLong(value));
    config.follow("maxmemory-clients", value -> mostBytes = Long.parseLong(value));
    config.follow(
        "client-output-buffer-limit",
        value -> {
          outputLimits = OutputLimits.of(value, "normal", outputLimits);
          subscribersLimits = OutputLimits.of(value, "pubsub", subscribersLimits);
        });
  }

  Server server() {
    return server;
  }

  Executor workers() {
    return workers;
  }

  /** Whether commands that are typed as lines are answered in lines. */
  boolean linesForPeople() {
    return linesForPeople;
  }

  RequestLimits limits() {
    return limits;
  }

  OutputLimits outputLimits(boolean subscribed) {
    return subscribed ? subscribersLimits : outputLimits;
  }

  /** Unsent bytes of a connection beyond which it executes nothing further. */
  int mostOwed() {
    return bytes.get() > mostBytes / 4 && mostBytes > 0 ? FEW_OWED : MOST_OWED;
  }

  /** After so many seconds without a request a client is closed; 0: never. */
  long idleSeconds() {
    return idleSeconds;
  }

  void enter(Session session) {
    server.enter(session);
  }

  /** A connection takes so many bytes more. If all together take too many, the largest goes. */
  void weigh(long change) {
    if (bytes.addAndGet(change) > mostBytes && change > 0 && mostBytes > 0) {
      relieve();
    }
  }

  private synchronized void relieve() {
    for (; ; ) {
      long all = 0;
      long most = 0;
      Session largest = null;
      for (Session session : server.sessions()) {
        Wire wire = session.wire();
        long size = wire.isDying() ? 0 : wire.unread() + wire.unsent();
        all += size;
        if (size > most && !session.isKept()) {
          most = size;
          largest = session;
        }
      }
      if (largest == null || all <= mostBytes) {
        return;
      }
      evict(largest, most, all);
    }
  }

  private void evict(Session largest, long size, long all) {
    ServerLog.warn(
        "connection "
            + largest.id()
            + " is closed: it holds "
            + size
            + " bytes, and all connections together "
            + all
            + ", more than maxmemory-clients");
    server.stats().evictedClient();
    largest.wire().kill();
  }
}
