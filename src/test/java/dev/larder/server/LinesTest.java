package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a person sees, and when a connection is one of lines. */
final class LinesTest {
  private final Caches caches = new Caches();
  private LarderServer server = caches.server().start();

  @AfterEach
  void close() {
    server.close();
  }

  // spotless:off
  private static final String[][] SESSION = {
      {"SET name \"PyRedisAsync\"", "OK"},
      {"GET name",                  "PyRedisAsync"},
      {"INCR counter",              ":1"},
      {"INCR counter",              ":2"},
      {"TTL name",                  ":-1"},
      {"DEL counter",               ":1"},
      {"GET counter",               "(nil)"},
      {"SET ephemeral x EX 2",      "OK"},
      {"TTL ephemeral",             ":2"}};
  // spotless:on

  @Test
  void sessionTypedLineByLineIsAnsweredLineByLine() throws IOException {
    try (Client client = new Client(server)) {
      for (String[] turn : SESSION) {
        assertThat(client.send(turn[0] + "\n").line()).as(turn[0]).isEqualTo(turn[1]);
      }
    }
  }

  @Test
  void sessionSentAtOnceIsAnsweredCompletelyBeforeTheConnectionCloses() throws IOException {
    StringBuilder typed = new StringBuilder();
    StringBuilder printed = new StringBuilder();
    for (String[] turn : SESSION) {
      typed.append(turn[0]).append('\n');
      printed.append(turn[1]).append("\r\n");
    }
    try (Client client = new Client(server)) {
      assertThat(client.send(typed.toString()).end().rest()).isEqualTo(printed.toString());
    }
  }

  @Test
  void valueSetInLinesIsTheValueThatJavaSees() throws IOException {
    try (Client client = new Client(server)) {
      client.send("SET who 'Ada L.'\r\n").line();
    }
    assertThat(caches.strings.strings().get("who")).isEqualTo("Ada L.");
  }

  @Test
  void connectionControlKeepsItsRespFormAmongLines() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("PING\r\n").line()).isEqualTo("+PONG");
      assertThat(client.send("ECHO hello\r\n").line()).isEqualTo("hello");
      assertThat(client.send("SELECT 0\r\n").line()).isEqualTo("+OK");
      assertThat(client.send("KEYS nothing\r\n").line()).isEqualTo("(empty)");
      assertThat(client.send("nonsense\r\n").line())
          .isEqualTo("-ERR unknown command 'nonsense', with args beginning with: ");
      assertThat(client.send("QUIT\r\n").rest()).isEqualTo("+OK\r\n");
    }
  }

  @Test
  void infoIsItsText() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("info cluster\r\nQUIT\r\n").rest())
          .isEqualTo("# Cluster\r\ncluster_enabled:0\r\n+OK\r\n");
    }
  }

  @Test
  void arrayMakesRespOfLinesForGood() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("SET k v\n").line()).isEqualTo("OK");
      assertThat(client.reply("GET", "k")).isEqualTo("$1\r\nv\r\n");
      assertThat(client.send("GET k\n").reply()).isEqualTo("$1\r\nv\r\n");
    }
  }

  @Test
  void helloMakesRespOfLinesForGood() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("SET k v\n").line()).isEqualTo("OK");
      assertThat(client.send("HELLO 2\n").reply()).startsWith("*14\r\n$6\r\nserver\r\n");
      assertThat(client.send("GET k\n").reply()).isEqualTo("$1\r\nv\r\n");
    }
  }

  @Test
  void firstByteOfAnArrayMakesResp() throws IOException {
    for (String first :
        List.of("*0\r\n", "*-1\r\n", Client.resp("PING"), "\r\n" + Client.resp("PING"))) {
      try (Client client = new Client(server)) {
        assertThat(client.send(first + "GET none\r\nQUIT\r\n").rest())
            .as(first)
            .endsWith("$-1\r\n+OK\r\n");
      }
    }
  }

  @Test
  void blankLinesDecideNothingAndAreNotAnswered() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("\r\n  \r\n\nGET none\r\n").line()).isEqualTo("(nil)");
      assertThat(client.send("\n").reply("GET", "none")).isEqualTo("$-1\r\n");
    }
  }

  @Test
  void optionMakesTypedCommandsAnswerInResp() throws IOException {
    server.close();
    server = caches.server().inlineReplies(InlineReplies.RESP).start();
    try (Client client = new Client(server)) {
      assertThat(client.send("SET k v\r\nGET k\r\nGET none\r\nPING\r\nQUIT\r\n").rest())
          .isEqualTo("+OK\r\n$1\r\nv\r\n$-1\r\n+PONG\r\n+OK\r\n");
    }
  }

  @Test
  void commandSentByteByByteIsExecutedAtItsEnd() throws IOException {
    List<String> replies = new ArrayList<>();
    try (Client client = new Client(server)) {
      for (String command : List.of("SET k \"a b\"\r\n", Client.resp("GET", "k"))) {
        for (char c : command.toCharArray()) {
          client.send(String.valueOf(c));
        }
        replies.add(client.line());
      }
      assertThat(client.line()).isEqualTo("a b");
    }
    assertThat(replies).containsExactly("OK", "$3");
  }

  @Test
  void asteriskInTheMiddleOfALineMakesNoArray() throws IOException {
    try (Client client = new Client(server);
        Client other = new Client(server)) {
      client.send("SET k ");
      other.reply("PING"); // by now the first half has been read
      assertThat(client.send("*v\n").line()).isEqualTo("OK");
      assertThat(client.send("GET k\n").line()).isEqualTo("*v");
    }
  }

  @Test
  void unterminatedLastLineIsDropped() throws IOException {
    try (Client client = new Client(server)) {
      assertThat(client.send("SET a 1\nSET b 2").end().rest()).isEqualTo("OK\r\n");
    }
    assertThat(caches.strings.keys().exists("b")).isFalse();
  }
}
