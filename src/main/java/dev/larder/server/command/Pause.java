package dev.larder.server.command;

import java.util.Collection;

/** {@code CLIENT PAUSE}: for a while, all commands wait, or those that write. */
public final class Pause {
  private long end; // of System.nanoTime
  private boolean all;
  private volatile boolean on;

  Pause() {}

  /** How many milliseconds a command has still to wait; 0: none. */
  public long millis(Session session, Command command) {
    return on ? left(session, command) : 0;
  }

  private synchronized long left(Session session, Command command) {
    long left = end - System.nanoTime();
    on &= left > 0;
    boolean concerned = all || command.writes() || session.transaction().wouldWrite(command);
    return on && concerned && !command.name().startsWith("client|") ? left / 1_000_000 + 1 : 0;
  }

  /** Begins one. During another one, the longer and the stricter holds. */
  synchronized void begin(long millis, boolean all) {
    long until = System.nanoTime() + Math.min(millis, Long.MAX_VALUE / 2_000_000) * 1_000_000;
    boolean running = on && end - System.nanoTime() > 0;
    this.end = running && end - until > 0 ? end : until;
    this.all = running && this.all || all;
    on = true;
  }

  /** Ends it, and lets those go on who wait. */
  void end(Collection<Session> sessions) {
    synchronized (this) {
      on = false;
    }
    sessions.forEach(session -> session.wire().resume());
  }
}
