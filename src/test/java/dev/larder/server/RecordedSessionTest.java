package dev.larder.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.CacheOperations;
import dev.larder.ops.Rules;
import dev.larder.protocol.RequestLimits;
import dev.larder.protocol.RequestReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Sends the commands of a recorded session, and compares each reply with the one that redis-server
 * 7.0.15 gave. Rows that cannot be the same are named, with the reason; one that is the same by now
 * must leave the list.
 */
final class RecordedSessionTest {
  /** How wide the commands are beside the replies. */
  private static final int COLUMN = 55;

  /** Where the recording cut a reply off. */
  private static final int LONGEST = 180;

  // spotless:off
  private static final String DIFFERENT =
      """
      # of other types than strings
      append l x
      get l
      getdel l
      hset h a
      incr l
      mget l k nokey
      rpush l a
      rpush words foo bar
      set l v get
      sort l alpha
      sort l by nosort
      sort words
      strlen l

      # a line break in an error is a blank, as in 7.2
      "fo\\no" a

      # whether a short text was changed in place is not remembered
      object encoding i
      object encoding s

      # where a scan goes on, what time it is, and who we are
      lolwut
      object help
      scan 0 type foo
      time
      """;
  // spotless:on

  private final Caches caches = new Caches();

  private static String resource(String name) throws IOException {
    try (InputStream in = RecordedSessionTest.class.getResourceAsStream("/redis/" + name)) {
      return new String(in.readAllBytes(), ISO_8859_1);
    }
  }

  @Test
  void repliesAreThoseOfRedis() throws IOException {
    List<CacheOperations<?, ?>> all = new ArrayList<>();
    IntStream.range(0, 16).forEach(i -> all.add(caches.cache("db" + i, new Rules<>() {})));
    String[] commands = resource("commands.txt").split("\n");
    String[] replies = resource("replies-7.0.15.txt").split("\n");
    Set<String> different = new TreeSet<>();
    try (LarderServer server =
            LarderServer.builder(all).port(0).config("enable-debug-command", "no").start();
        Client client = new Client(server)) {
      for (int i = 0, row = 0; i < commands.length; i++) {
        if (commands[i].startsWith("!sleep ")) {
          caches.now.addAndGet((long) (1000 * Double.parseDouble(commands[i].substring(7))));
        } else {
          String expected = replies[row++];
          if (!commands[i].startsWith("#")) {
            compare(client, commands[i], expected, different);
          }
        }
      }
    }
    List<String> named = DIFFERENT.lines().filter(row -> !row.matches("#.*|")).sorted().toList();
    assertThat(different).containsExactlyElementsOf(named);
  }

  private static void compare(Client client, String command, String row, Set<String> different)
      throws IOException {
    String[] words = words(command);
    String reply = shown(client.reply(words));
    String expected = row.length() > COLUMN ? row.substring(COLUMN).strip() : "";
    boolean same =
        expected.length() >= LONGEST
            ? reply.startsWith(expected.substring(0, LONGEST))
            : reply.strip().equals(expected);
    if (!same) {
      different.add(command);
    }
  }

  private static String[] words(String line) {
    dev.larder.protocol.Request request = new dev.larder.protocol.Request();
    new RequestReader(RequestLimits.forHeap(1 << 30), true)
        .read(ByteBuffer.wrap((line + "\n").getBytes(ISO_8859_1)), request);
    return IntStream.range(0, request.count())
        .mapToObj(word -> new String(request.bytes(word), ISO_8859_1))
        .toArray(String[]::new);
  }

  /** A reply as the recording shows it: {@code *[$'a', :1]}. */
  private static String shown(String reply) {
    StringBuilder text = new StringBuilder();
    show(reply, 0, text);
    return text.toString();
  }

  private static int show(String reply, int from, StringBuilder text) {
    int end = reply.indexOf("\r\n", from);
    String line = reply.substring(from, end);
    int next = end + 2;
    if (line.startsWith("$") && !line.equals("$-1")) {
      int length = Integer.parseInt(line.substring(1));
      text.append("$'").append(escaped(reply.substring(next, next + length))).append("'");
      return next + length + 2;
    }
    if (!line.startsWith("*") || line.equals("*-1")) {
      text.append(line);
      return next;
    }
    text.append("*[");
    for (int i = 0; i < Integer.parseInt(line.substring(1)); i++) {
      text.append(i == 0 ? "" : ", ");
      next = show(reply, next, text);
    }
    text.append("]");
    return next;
  }

  private static String escaped(String bytes) {
    return bytes.replace("\0", "\\x00").replace("\n", "\\n").replace("\r", "\\r");
  }
}
