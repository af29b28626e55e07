package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What {@code COMMAND INFO} says of each command, against what redis-server 7.0.15 says: a line of
 * {@code commands-7.0.15.txt} has name, arity, first, last and step of the keys, flags, groups.
 */
final class CommandMarksTest {
  private static final Set<String> COMPARED_FLAGS =
      Set.of("write", "readonly", "fast", "admin", "denyoom", "pubsub", "movablekeys");

  /** What 7.2 says otherwise, or has and 7.0 has not. There are no other differences. */
  private static final Map<String, String> DIFFERENCES =
      Map.of(
          // channels of shards are no keys here
          "spublish", "3 0 0 0 fast,pubsub fast,pubsub",
          "ssubscribe", "-2 0 0 0 pubsub pubsub,slow",
          "sunsubscribe", "-1 0 0 0 pubsub pubsub,slow",
          // as of 7.2
          "client|no-touch", "3 0 0 0  connection,slow",
          "client|setinfo", "4 0 0 0  connection,slow",
          "command|getkeys", "-3 0 0 0  connection,slow",
          "command|getkeysandflags", "-3 0 0 0  connection,slow");

  /** The parts of a raw RESP2 reply; an {@code Integer} is the length of an array. */
  private static Queue<Object> parts(String raw) {
    Queue<Object> parts = new ArrayDeque<>();
    int at = 0;
    while (at < raw.length()) {
      int end = raw.indexOf("\r\n", at);
      String line = raw.substring(at, end);
      at = end + 2;
      switch (line.charAt(0)) {
        case '$' -> {
          int length = Integer.parseInt(line.substring(1));
          parts.add(raw.substring(at, at + Math.max(0, length)));
          at += length < 0 ? 0 : length + 2;
        }
        case '*' -> parts.add(Integer.valueOf(line.substring(1)));
        case ':' -> parts.add(Long.valueOf(line.substring(1)));
        default -> parts.add(line.substring(1));
      }
    }
    return parts;
  }

  private static Object next(Queue<Object> parts) {
    Object part = Objects.requireNonNull(parts.poll());
    if (part instanceof Integer count) {
      List<Object> list = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        list.add(next(parts));
      }
      return list;
    }
    return part;
  }

  private static void addRows(Map<String, String> rows, List<?> infos) {
    for (Object info : infos) {
      List<?> row = (List<?>) info;
      Set<String> flags = new TreeSet<>();
      ((List<?>) row.get(2)).forEach(flag -> flags.add(flag.toString()));
      Set<String> groups = new TreeSet<>();
      ((List<?>) row.get(6)).forEach(group -> groups.add(group.toString().substring(1)));
      rows.put(
          row.get(0).toString(),
          line(row.get(1) + " " + row.get(3) + " " + row.get(4) + " " + row.get(5), flags, groups));
      addRows(rows, (List<?>) row.get(9));
    }
  }

  private static String line(String numbers, Set<String> flags, Set<String> groups) {
    flags.retainAll(COMPARED_FLAGS);
    return numbers + " " + String.join(",", flags) + " " + String.join(",", groups);
  }

  private static Map<String, String> ours() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    try (LarderServer server = new Caches().server().start();
        Client client = new Client(server)) {
      addRows(rows, (List<?>) next(parts(client.reply("COMMAND"))));
    }
    return rows;
  }

  private static Map<String, String> theirs() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    try (InputStream file =
        Objects.requireNonNull(
            CommandMarksTest.class.getResourceAsStream("/redis/commands-7.0.15.txt"))) {
      for (String line :
          new String(file.readAllBytes(), StandardCharsets.US_ASCII).lines().toList()) {
        String[] words = line.split(" ", -1);
        rows.put(
            words[0],
            line(
                words[1] + " " + words[2] + " " + words[3] + " " + words[4],
                new TreeSet<>(Arrays.asList(words[5].split(",", -1))),
                new TreeSet<>(Arrays.asList(words[6].split(",", -1)))));
      }
    }
    return rows;
  }

  @Test
  void everyCommandHasTheMarksThatRedisGivesIt() throws IOException {
    Map<String, String> theirs = theirs();
    List<String> wrong = new ArrayList<>();
    ours()
        .forEach(
            (name, row) -> {
              String expected = DIFFERENCES.getOrDefault(name, theirs.get(name));
              if (!row.equals(expected)) {
                wrong.add(name + ": " + row + " instead of " + expected);
              }
            });
    assertThat(wrong).isEmpty();
  }

  @Test
  void differencesAreThereAndDifferences() throws IOException {
    Map<String, String> theirs = theirs();
    Map<String, String> ours = ours();
    DIFFERENCES.forEach((name, row) -> assertThat(theirs.get(name)).as(name).isNotEqualTo(row));
    assertThat(ours.keySet()).containsAll(DIFFERENCES.keySet());
  }
}
