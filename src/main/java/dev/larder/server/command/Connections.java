package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What a command may ask of the server: facts about it and all of its connections. */
public interface Connections {

  /** The caches that can be selected; the index is the number. */
  List<CacheOperations<?, ?>> caches();

  /** Settings by the names of {@code redis.conf}, as {@code CONFIG GET} shows them. */
  Map<String, String> settings();

  /** Larder's own version. */
  String version();

  /** The TCP port that it listens on. */
  int port();

  /** For how long it has been listening. */
  Duration uptime();

  /** Connections that are open now. */
  int open();

  /** How many may be open at a time. */
  int most();

  /** Connections whose command waits on another thread for a busy entry or for user code. */
  int waiting();

  /** Connections accepted since the start. */
  long accepted();

  /** Connections refused since the start because there were too many. */
  long refused();

  /** Commands begun since the start. */
  long commands();
}
