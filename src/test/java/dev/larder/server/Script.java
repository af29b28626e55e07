package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;

/**
 * Commands and their replies, a line each: {@code set k v -> +OK}. Words are parted by blanks, and
 * an underscore is a blank; a reply is written without its last CR LF, a single bulk as {@code
 * $'...'}. A line that begins with {@code >} is sent by another client.
 */
final class Script {
  private Script() {}

  static void run(String script, Client client, Client other) throws IOException {
    for (String line : script.lines().toList()) {
      String[] parts = line.split(" +-> ?", 2);
      boolean byOther = parts[0].startsWith(">");
      String reply =
          (byOther ? other : client).reply(words(byOther ? parts[0].substring(1) : parts[0]));
      if (reply.startsWith("$") && !reply.equals("$-1\r\n")) {
        reply = "$'" + reply.substring(reply.indexOf('\n') + 1, reply.length() - 2) + "'\r\n";
      }
      String expected = parts[1].replace("\\n", "\r\n").replace("\\x00", "\0").replace("_", " ");
      assertThat(reply).as(line).isEqualTo(expected + "\r\n");
    }
  }

  private static String[] words(String command) {
    String[] words = command.strip().split(" ");
    for (int i = 0; i < words.length; i++) {
      words[i] =
          words[i].equals("\"\"")
              ? ""
              : words[i].replace("\\n", "\n").replace("\\x00", "\0").replace('_', ' ');
    }
    return words;
  }
}
