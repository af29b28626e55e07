package dev.larder.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.PersistenceException;
import dev.larder.persistence.Manifest.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestTest {
  private static final String NAME = "appendonly.aof";

  @TempDir Path directory;

  private Manifest read(String text) throws IOException {
    Files.writeString(Manifest.path(directory, NAME), text);
    return Manifest.read(Disk.REAL, directory, NAME);
  }

  @Test
  void fileHasTheLinesOfRedis() throws IOException {
    Manifest manifest =
        new Manifest(
            new Part("appendonly.aof.2.base.rdb", 2),
            List.of(),
            List.of(
                new Part("appendonly.aof.3.incr.aof", 3),
                new Part("appendonly.aof.4.incr.aof", 4)));
    manifest.write(Disk.REAL, directory, NAME);
    assertThat(directory.resolve("appendonly.aof.manifest"))
        .hasContent(
            """
            file appendonly.aof.2.base.rdb seq 2 type b
            file appendonly.aof.3.incr.aof seq 3 type i
            file appendonly.aof.4.incr.aof seq 4 type i
            #CRC32C:1cf25a84
            """);
    assertThat(Manifest.read(Disk.REAL, directory, NAME)).isEqualTo(manifest);
    assertThat(Disk.REAL.list(directory)).containsExactly("appendonly.aof.manifest");
  }

  @Test
  void oddNamesAreQuotedAndReadBack() throws IOException {
    for (String name : List.of("a b", "a\"b", "it's", "größe", "#x", "*", "a#b", "{x}")) {
      Manifest manifest = new Manifest(null, List.of(), List.of(new Part(name, 1)));
      assertThat(read(manifest.toString())).isEqualTo(manifest);
    }
    assertThat(new Manifest(new Part("a \"é", 1), List.of(), List.of()))
        .hasToString("file \"a \\\"\\xc3\\xa9\" seq 1 type b\n");
  }

  @Test
  void commentsHistoryAndUnknownPairsAreRead() throws IOException {
    Manifest manifest =
        read("# by hand\nfile a seq 1 type h\nFILE b SEQ 2 TYPE i startoffset 7\r\n");
    assertThat(manifest.history()).containsExactly(new Part("a", 1));
    assertThat(manifest.parts()).containsExactly(new Part("b", 2));
  }

  @Test
  void noFileIsAnEmptyLog() {
    assertThat(Manifest.read(Disk.REAL, directory, NAME)).isEqualTo(Manifest.EMPTY);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "file ../x seq 1 type i~            | line 1: expected the name of a file in the same directory, found '../x'",
        "file /etc/passwd seq 1 type i~     | line 1: expected the name of a file in the same directory, found '/etc/passwd'",
        "file .. seq 1 type i~              | line 1: expected the name of a file in the same directory, found '..'",
        "file \"\" seq 1 type i~            | line 1: expected the name of a file in the same directory, found ''",
        "file \"a\\x00\" seq 1 type i~      | line 1: expected the name of a file in the same directory",
        "file a seq 1 type b~file b seq 1 type b~ | line 2: expected one file of type b, found 'b' after 'a'",
        "file a seq 2 type i~file b seq 2 type i~ | line 2: expected a number above 2, found seq 2",
        "file a seq 1 type i~file a seq 2 type i~ | line 2: expected each file once, found 'a' again",
        "file a seq x type i~               | line 1: expected a number above 0, found seq 'x'",
        "file a seq 0 type i~               | line 1: expected a number above 0, found seq '0'",
        "file a seq 9999999999999999999 type i~ | line 1: expected a number above 0",
        "file a seq 1 type z~               | line 1: expected type b, h or i, found 'z'",
        "file a seq 1~                      | line 1: expected 'file NAME seq NUMBER type LETTER', found 4 words",
        "~                                  | line 1: expected 'file NAME seq NUMBER type LETTER', found 0 words",
        "file a seq 1 type i                | line 1: expected the line to end, found the end of the file",
        "file 'a seq 1 type i~              | line 1: expected words, found quotes that do not end",
      })
  void badLineIsNamed(String text, String message) {
    assertThatThrownBy(() -> read(text.replace('~', '\n')))
        .isInstanceOf(PersistenceException.class)
        .hasMessageStartingWith(directory.resolve("appendonly.aof.manifest") + ", ")
        .hasMessageContaining(message);
  }

  @Test
  void emptyFileIsRefused() {
    assertThatThrownBy(() -> read("")).hasMessageContaining("expected files, found nothing");
  }
}
