package dev.larder.protocol;

/** How a connection writes its replies. The table of all three is in {@code EncodingTest}. */
public enum Encoding {
  /** What every Redis client reads, and what a connection speaks until it says HELLO 3. */
  RESP2 {
    @Override
    public void write(Reply reply, ReplyBuffer out) {
      Resp.write(reply, false, out);
    }
  },

  /** With types of its own for maps, sets, doubles, booleans, texts and pushes. */
  RESP3 {
    @Override
    public void write(Reply reply, ReplyBuffer out) {
      Resp.write(reply, true, out);
    }
  },

  /** For people. Not for programs: a value that contains a line break looks like two replies. */
  LINE {
    @Override
    public void write(Reply reply, ReplyBuffer out) {
      Lines.write(reply, out);
    }

    @Override
    public Encoding forControl() {
      return RESP2;
    }
  };

  /** Appends the bytes of a reply to {@code out}. */
  public abstract void write(Reply reply, ReplyBuffer out);

  /**
   * How the same connection writes the replies of connection-control commands (PING, AUTH, SELECT,
   * QUIT, RESET): those are in RESP even among lines, because health checks and redis-benchmark
   * send {@code PING} as a line and look for {@code +PONG}.
   */
  public Encoding forControl() {
    return this;
  }
}
