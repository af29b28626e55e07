package dev.larder.server;

/** How a connection is answered whose first command came as a line, as a person types it. */
public enum InlineReplies {
  /** In lines for people: {@code OK}, the bare value, {@code :1}, {@code (nil)}. */
  LINE,

  /** In RESP, byte for byte as Redis does. */
  RESP
}
