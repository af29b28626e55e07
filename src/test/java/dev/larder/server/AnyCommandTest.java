package dev.larder.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.ops.Rules;
import dev.larder.server.command.Command;
import dev.larder.server.command.CommandTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/**
 * Sends every command there is with words taken at random. Each is answered, with an error perhaps,
 * but with none that nobody thought of, and the server is as well afterwards as before.
 */
final class AnyCommandTest {
  private static final int REQUESTS = 30_000;
  private static final int REQUESTS_OF_A_CLIENT = 50;

  /** Their replies come later, or never, or not one for each request. */
  private static final Set<String> LEFT_OUT =
      Set.of(
          "client|pause",
          "client|reply",
          "client|kill",
          "debug|sleep",
          "monitor",
          "quit",
          "shutdown",
          "wait",
          "acl|setuser",
          "acl|deluser",
          "config|set",
          "subscribe",
          "psubscribe",
          "ssubscribe",
          "unsubscribe",
          "punsubscribe",
          "sunsubscribe",
          "client|tracking");

  private static final String[] WORDS = {
    "k",
    "n",
    "",
    "0",
    "-1",
    "1",
    "2",
    "99999999999999999999",
    "-9223372036854775808",
    "1.5",
    "9223372036854775807",
    "nan",
    "inf",
    "EX",
    "PX",
    "NX",
    "XX",
    "GT",
    "LT",
    "GET",
    "KEEPTTL",
    "PERSIST",
    "REPLACE",
    "DB",
    "MATCH",
    "COUNT",
    "TYPE",
    "string",
    "list",
    "*",
    "[a",
    "LEN",
    "IDX",
    "MINMATCHLEN",
    "WITHMATCHLEN",
    "LIMIT",
    "BY",
    "STORE",
    "ALPHA",
    "ASC",
    "ID",
    "ON",
    "OFF",
    "YES",
    "default",
    "all",
    "RESET",
    "\0",
    "\u00ff\u00fe",
    "k\r\nOK",
    "strings",
    "second",
    "ERROR",
    "WRITE"
  };

  private final Caches caches = new Caches();
  private final List<String> logged = new ArrayList<>();

  /** Keeps what the server finds worth a warning. */
  private final class Listening extends Handler {
    @Override
    public synchronized void publish(LogRecord entry) {
      if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
        logged.add(entry.getMessage() + " " + entry.getThrown());
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void isAnsweredWhateverItsWordsAre() throws IOException {
    Random random = new Random(20_260_101);
    caches.add(caches.cache("second", new Rules<>() {}));
    List<Command> commands =
        CommandTable.ALL.commands().stream()
            .filter(command -> !LEFT_OUT.contains(command.name()))
            .toList();
    Handler listening = new Listening();
    Logger log = Logger.getLogger("dev.larder.server");
    log.addHandler(listening);
    try (LarderServer server = caches.server().start()) {
      for (int i = 0; i < REQUESTS; i += REQUESTS_OF_A_CLIENT) {
        try (Client client = new Client(server)) {
          for (int j = 0; j < REQUESTS_OF_A_CLIENT; j++) {
            send(client, commands.get(random.nextInt(commands.size())), random);
          }
          assertThat(client.reply("RESET")).isEqualTo("+RESET\r\n");
        }
      }
      try (Client client = new Client(server)) {
        assertThat(client.reply("INFO", "clients")).contains("connected_clients:1\r\n");
      }
    } finally {
      log.removeHandler(listening);
    }
    assertThat(logged).isEmpty();
  }

  private static void send(Client client, Command command, Random random) throws IOException {
    List<String> words = new ArrayList<>(List.of(command.name().split("\\|", -1)));
    int given = random.nextInt(6);
    for (int i = 0; i < given; i++) {
      words.add(WORDS[random.nextInt(WORDS.length)]);
    }
    if (words.get(0).equals("hello") && given > 0) {
      words.set(1, "2"); // the client that reads the replies knows no other
    }
    String reply = client.reply(words.toArray(String[]::new));
    assertThat(reply.getBytes(ISO_8859_1)).as(words.toString()).isNotEmpty();
    assertThat(reply).as(words.toString()).doesNotContain("internal error");
  }
}
