package dev.larder.persistence;

import static dev.larder.persistence.LogReader.Ending.CORRUPT;
import static dev.larder.persistence.LogReader.Ending.TRUNCATED;
import static dev.larder.persistence.LogReader.Ending.WHOLE;
import static dev.larder.persistence.LogText.bytes;
import static dev.larder.persistence.LogText.resp;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {
  private static final String LOG =
      resp("SELECT 0", "SET k v", "MULTI", "SET a 1 PXAT 1700000000000", "DEL b", "EXEC")
          + "#TS:1700000000\r\n"
          + resp("PERSIST a", "SET last one");

  @TempDir Path directory;
  private Path file;
  private LogReader reader;

  @BeforeEach
  void open() {
    file = directory.resolve("appendonly.aof.1.incr.aof");
    reader = new LogReader(Disk.REAL, file);
  }

  private LogReader.Check check(String content) throws IOException {
    Files.write(file, bytes(content));
    return reader.check(0);
  }

  @Test
  void wholeLogIsReadCommandByCommand() throws IOException {
    assertThat(check(LOG)).isEqualTo(new LogReader.Check(LOG.length(), LOG.length(), WHOLE, ""));
    assertThat(LogText.commands(file))
        .containsExactly(
            "SELECT 0",
            "SET k v",
            "MULTI",
            "SET a 1 PXAT 1700000000000",
            "DEL b",
            "EXEC",
            "#TS:1700000000",
            "PERSIST a",
            "SET last one");
    assertThat(check("").ending()).isEqualTo(WHOLE);
  }

  @Test
  void everyTruncatedLogGivesTheCommandsBefore() throws IOException {
    check(LOG);
    List<String> all = LogText.commands(file);
    int group = LOG.indexOf("*1\r\n$5\r\nMULTI");
    int afterGroup = LOG.indexOf("#TS");
    for (int length = 0; length < LOG.length(); length++) {
      LogReader.Check check = check(LOG.substring(0, length));
      assertThat(check.good()).as(length + ": " + check.message()).isLessThanOrEqualTo(length);
      assertThat(check.ending()).isEqualTo(check.good() == length ? WHOLE : TRUNCATED);
      if (length > group && length < afterGroup) {
        assertThat(check.good()).isEqualTo(group);
      }
      List<String> some = LogText.commands(reader, check.good());
      assertThat(some).isEqualTo(all.subList(0, some.size()));
    }
  }

  @Test
  void everyTailOfZeroesIsTruncated() throws IOException {
    for (int length = 0; length < LOG.length(); length++) {
      long good = check(LOG.substring(0, length)).good();
      LogReader.Check check = check(LOG.substring(0, length) + "\0".repeat(100));
      assertThat(check.ending()).as(length + ": " + check.message()).isEqualTo(TRUNCATED);
      assertThat(check.good()).isEqualTo(good);
    }
  }

  /** Except one within a word, which nobody can notice: there it must be that byte alone. */
  @Test
  void everyChangedByteGivesTheCommandsBeforeOrIsWithinAWord() throws IOException {
    check(LOG);
    List<String> all = LogText.commands(file);
    for (int i = 0; i < LOG.length(); i++) {
      for (int changed : new int[] {0, '\r', '#', '$', '*', '1', '9', 'A'}) {
        StringBuilder log = new StringBuilder(LOG);
        log.setCharAt(i, (char) changed);
        LogReader.Check check = check(log.toString());
        List<String> some = LogText.commands(reader, check.good());
        int same = 0;
        while (same < some.size() && some.get(same).equals(all.get(same))) {
          same++;
        }
        if (same < some.size()) {
          String before = all.get(same);
          if (before.startsWith("#")) {
            continue;
          }
          assertThat(some.get(same)).as("byte " + i + " is " + changed).hasSameSizeAs(before);
          assertThat(differences(some.get(same), before)).isEqualTo(1);
          assertThat(some.subList(same + 1, some.size()))
              .isEqualTo(all.subList(same + 1, some.size()));
        }
      }
    }
  }

  private static long differences(String one, String other) {
    return IntStream.range(0, one.length()).filter(i -> one.charAt(i) != other.charAt(i)).count();
  }

  @Test
  void lengthBeyondTheFileIsCorruptIfCommandsFollow() throws IOException {
    String good = resp("SELECT 0");
    LogReader.Check check =
        check(good + "*3\r\n$3\r\nSET\r\n$99999\r\nk\r\n$1\r\nv\r\n" + resp("SET a b"));
    assertThat(check.ending()).isEqualTo(CORRUPT);
    assertThat(check.good()).isEqualTo(good.length());
    assertThat(check.message())
        .endsWith(
            "appendonly.aof.1.incr.aof, byte 37: expected 99999 bytes, found 37;"
                + " lost would be the 58 bytes from byte 23 on");
  }

  @Test
  void lengthBeyondTheFileIsTruncatedIfNothingFollows() throws IOException {
    LogReader.Check check = check("*3\r\n$3\r\nSET\r\n$2000000000\r\nthe beginning of a key");
    assertThat(check.ending()).isEqualTo(TRUNCATED);
    assertThat(check.message()).contains("cut short").contains("from byte 0 on");
    assertThat(check("*2000000000\r\n$3\r\nSET\r\n").ending()).isEqualTo(TRUNCATED);
    assertThat(check("*1\r\n$2147483647\r\n").ending()).isEqualTo(CORRUPT);
    assertThat(check("*1\r\n$99999999999999\r\n").ending()).isEqualTo(CORRUPT);
  }

  @Test
  void groupWithinAGroupOrEndWithoutBeginningIsCorrupt() throws IOException {
    assertThat(check(resp("MULTI", "SET a b", "MULTI")).message())
        .contains("expected EXEC, found another MULTI")
        .contains("from byte 0 on");
    assertThat(check(resp("SET a b", "EXEC")).ending()).isEqualTo(CORRUPT);
    assertThat(check(resp("SET a b") + "*0\r\n").ending()).isEqualTo(CORRUPT);
    assertThat(check(resp("SET a b") + "#" + "x".repeat(200) + "\r\n").ending()).isEqualTo(CORRUPT);
  }

  @Test
  void commandWithTooLowACountIsNotGoodEither() throws IOException {
    String first = resp("SELECT 0");
    LogReader.Check check = check(first + resp("SET k v").replace("*3", "*2") + resp("DEL k"));
    assertThat(check.ending()).isEqualTo(CORRUPT);
    assertThat(check.good()).isEqualTo(first.length());
    String group = resp("MULTI", "DEL a", "EXEC");
    assertThat(check(first + group + "$1\r\nx\r\n").good()).isEqualTo(first.length());
  }

  @Test
  void valueLongerThanTheBufferIsReadWhole() throws IOException {
    String value = "v".repeat(300_000);
    check(resp("SET k " + value, "DEL k"));
    assertThat(LogText.commands(file)).containsExactly("SET k " + value, "DEL k");
  }

  @Test
  void commandsAfterASnapshotAreReadFromThere() throws IOException {
    Files.write(file, bytes("REDIS0009..." + resp("SET a b")));
    assertThat(reader.beginsWithSnapshot()).isTrue();
    assertThat(reader.check(12).ending()).isEqualTo(WHOLE);
    check("VALKEY080");
    assertThat(reader.beginsWithSnapshot()).isTrue();
    check(LOG);
    assertThat(reader.beginsWithSnapshot()).isFalse();
  }

  @Test
  void cutShortensTheFileAndSettingAsideKeepsTheRest() throws IOException {
    check("good" + "bad");
    assertThat(LogReader.setAside(Disk.REAL, file, 4))
        .isEqualTo(directory.resolve("appendonly.aof.1.incr.aof.corrupt-1"))
        .hasContent("bad");
    assertThat(file).hasContent("good");
    LogReader.setAside(Disk.REAL, file, 2);
    assertThat(directory.resolve("appendonly.aof.1.incr.aof.corrupt-2")).hasContent("od");
    LogReader.cut(Disk.REAL, file, 1);
    assertThat(file).hasContent("g");
    assertThat(Arrays.asList(directory.toFile().list())).hasSize(3);
  }
}
