package dev.larder.server.durability;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All that one database has, as a client reads it.
 *
 * @param entries by their keys; bytes as Latin-1
 * @param from milliseconds since the epoch before the first of them was read
 * @param to the same after the last
 */
record Keyspace(Map<String, Entry> entries, long from, long to) {
  static final int DATABASES = 16;

  /**
   * An entry.
   *
   * @param deadline milliseconds since the epoch; {@link #ETERNAL}: none
   */
  record Entry(String value, long deadline) {
    static final long ETERNAL = -1;

    /** Long values say only how long they are. */
    @Override
    public String toString() {
      String text = value.length() <= 100 ? value : value.length() + " bytes";
      return "'" + text + "'" + (deadline == ETERNAL ? "" : " until " + deadline);
    }
  }

  /** Reads the database that is selected. */
  static Keyspace read(Wire wire) throws IOException {
    final long from = now();
    List<String> keys = wire.askAll("KEYS", "*");
    ByteArrayOutputStream calls = new ByteArrayOutputStream();
    Map<String, Entry> entries = new HashMap<>();
    for (int at = 0; at < keys.size(); at += 100) {
      List<String> some = keys.subList(at, Math.min(at + 100, keys.size()));
      calls.reset();
      for (String key : some) {
        Wire.write(calls, "GET", key);
        Wire.write(calls, "PEXPIRETIME", key);
      }
      wire.send(calls.toByteArray());
      for (String key : some) {
        String value = wire.reply();
        String deadline = wire.reply();
        if (value.equals(Wire.NIL) || deadline.equals(":-2")) {
          continue; // its time has passed meanwhile
        }
        assertThat(entries.put(key, new Entry(value, Long.parseLong(deadline.substring(1)))))
            .as("KEYS names '" + key + "' once")
            .isNull();
      }
    }
    return new Keyspace(entries, from, now());
  }

  /** What all databases have, by their numbers. */
  static Map<Integer, Map<String, Entry>> readAll(Server server) throws IOException {
    Map<Integer, Map<String, Entry>> all = new HashMap<>();
    try (Wire wire = server.connect()) {
      for (int number = 0; number < DATABASES; number++) {
        assertThat(wire.ask("SELECT", String.valueOf(number))).isEqualTo("+OK");
        all.put(number, read(wire).entries);
      }
    }
    return all;
  }

  static long now() {
    return Instant.now().toEpochMilli();
  }
}
