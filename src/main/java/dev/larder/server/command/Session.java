package dev.larder.server.command;

import dev.larder.ops.CacheOperations;
import dev.larder.protocol.Encoding;

/**
 * What a command may ask of the connection it came over. A connection runs one command at a time,
 * each on whichever thread suits it, so that nothing here need be guarded.
 */
public interface Session {

  /** The number of the connection, given to no other one of this server. */
  long id();

  /**
   * The operations of the selected cache: such that never wait while the command runs on an event
   * loop, else such that do. Keys and values are those that the cache's own codecs make.
   */
  CacheOperations<Object, Object> cache();

  /** Selects a cache for the commands that follow; false if there is none of that number. */
  boolean select(long number);

  /** Selects a cache for the commands that follow; false if there is none of that name. */
  boolean select(String name);

  /** Writes replies in this way from now on, the one to this command included. */
  void speak(Encoding encoding);

  /**
   * Ends the connection when the reply has been sent; what was sent after this is not looked at.
   */
  void closeAfterReply();

  /** The server, and all of its connections. */
  Connections connections();
}
