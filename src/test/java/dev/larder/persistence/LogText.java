package dev.larder.persistence;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Commands of a log as lines of text, for tests. */
final class LogText {
  private LogText() {}

  static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }

  /** Commands, whose words are parted by blanks, as RESP. */
  static String resp(String... commands) {
    StringBuilder resp = new StringBuilder();
    for (String command : commands) {
      String[] words = command.split(" ");
      resp.append('*').append(words.length).append("\r\n");
      for (String word : words) {
        resp.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
      }
    }
    return resp.toString();
  }

  /** The commands of a file that must be whole. */
  static List<String> commands(Path file) {
    LogReader reader = new LogReader(Disk.REAL, file);
    LogReader.Check check = reader.check(0);
    if (check.ending() != LogReader.Ending.WHOLE) {
      throw new AssertionError(check.message());
    }
    return commands(reader, check.good());
  }

  static List<String> commands(LogReader reader, long to) {
    List<String> commands = new ArrayList<>();
    reader.read(
        0,
        to,
        new LogReader.Sink() {
          @Override
          public void command(long offset, List<byte[]> words) {
            commands.add(
                words.stream()
                    .map(word -> new String(word, ISO_8859_1))
                    .collect(Collectors.joining(" ")));
          }

          @Override
          public void annotation(long offset, String line) {
            if (!Seal.is(line)) {
              commands.add(line);
            }
          }
        });
    return commands;
  }
}
