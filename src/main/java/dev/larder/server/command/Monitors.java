package dev.larder.server.command;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;

/**
 * The clients that are shown what the others do ({@code MONITOR}): a line for each command that has
 * run, those of a transaction one by one and {@code EXEC} behind them. The number is that of the
 * cache which is selected when the command has run.
 *
 * <pre>
 *   +1339518083.107412 [0 127.0.0.1:60866] "SET" "user:1" "Ada \"L.\"\n"
 *   +1339518087.877697 [0 unix:/run/larder.sock] "AUTH" "(redacted)"
 * </pre>
 *
 * <p>Commands for who runs the server are not shown, nor are passwords. What a client does is shown
 * in its order; what two do at the same time may be shown in either.
 */
final class Monitors {
  private static final String ESCAPED = "\\\"\n\r\t\u0007\b";
  private static final String ESCAPES = "\\\"nrtab";
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  /** What the path of a Unix socket is followed by, where a port would be. */
  private static final String NO_PORT = ":0";

  private volatile Session[] all = {};

  /** Whether nobody would see a line. For every command. */
  boolean isEmpty() {
    return all.length == 0;
  }

  synchronized void add(Session session) {
    Session[] more = Arrays.copyOf(all, all.length + 1);
    more[all.length] = session;
    all = more;
  }

  synchronized void remove(Session session) {
    all = Arrays.stream(all).filter(each -> each != session).toArray(Session[]::new);
  }

  /** A command has run. */
  void ran(Session session, Command command, Request request) {
    if (command.has(Command.Flag.ADMIN)) {
      return;
    }
    Reply line = Reply.status(line(Clock.systemUTC().instant(), session, command, request));
    for (Session monitor : all) {
      if (monitor.wantsLines()) { // now, and still when its turn has come
        monitor.wire().push(line, monitor::wantsLines);
      }
    }
  }

  private static String line(Instant now, Session session, Command command, Request request) {
    StringBuilder line = new StringBuilder(80);
    String micros = String.valueOf(now.getNano() / 1_000);
    line.append(now.getEpochSecond()).append('.').append("000000", micros.length(), 6);
    line.append(micros).append(" [").append(session.database()).append(' ');
    line.append(place(session.wire().peer())).append(']');
    for (int word = 0; word < request.count(); word++) {
      line.append(" \"");
      if (Secrets.has(command, request, word)) {
        line.append(Secrets.REDACTED);
      } else {
        quote(request, word, line);
      }
      line.append('"');
    }
    return line.toString();
  }

  private static String place(String peer) {
    return peer.endsWith(NO_PORT)
        ? "unix:" + peer.substring(0, peer.length() - NO_PORT.length())
        : peer;
  }

  private static void quote(Request request, int word, StringBuilder line) {
    byte[] bytes = request.array();
    int from = request.offset(word);
    int to = from + request.length(word);
    for (int i = from; i < to; i++) {
      int character = bytes[i] & 0xff;
      int escape = ESCAPED.indexOf(character);
      if (escape >= 0) {
        line.append('\\').append(ESCAPES.charAt(escape));
      } else if (character >= ' ' && character <= '~') {
        line.append((char) character);
      } else {
        line.append("\\x").append(HEX[character >> 4]).append(HEX[character & 15]);
      }
    }
  }
}
