package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisabledOnOs(value = OS.WINDOWS, disabledReason = "has no permissions of this kind")
final class UnixSocketTest {
  @TempDir Path directory;
  private Path path;

  @BeforeEach
  void nameIt() {
    path = directory.resolve("larder.sock");
  }

  private UnixSocket open() throws IOException {
    return UnixSocket.open(path, UnixSocket.DEFAULT_PERMISSIONS, 10);
  }

  private void assertRefused(Path path, String message) {
    assertThatThrownBy(() -> UnixSocket.open(path, 0700, 10))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(message);
  }

  private static void assertAccepts(UnixSocket socket) throws IOException {
    try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket.path()));
        SocketChannel accepted = socket.channel().accept()) {
      assertThat(client.isConnected()).isTrue();
      assertThat(accepted.isConnected()).isTrue();
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private void leaveSocketOfADeadServer() throws IOException {
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(path));
    }
    assertThat(path).exists();
  }

  @ParameterizedTest
  @CsvSource({"700,rwx------", "0770,rwxrwx---", "666,rw-rw-rw-", "751,rwxr-x--x"})
  void fileHasThePermissionsAndNothingElseIsLeft(String permissions, String shown)
      throws IOException {
    int bits = UnixSocket.parsePermissions(permissions);
    try (UnixSocket socket = UnixSocket.open(path, bits, 10)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo(shown);
      assertThat(files()).containsExactly("larder.sock");
      assertThat(socket).hasToString(path.toString());
      assertAccepts(socket);
    }
    assertThat(files()).isEmpty();
  }

  @Test
  void closingTwiceIsFineAndLeavesAFileThatIsNotOurs() throws IOException {
    UnixSocket first = open();
    Files.delete(path);
    try (UnixSocket second = open()) {
      first.close();
      first.close();
      assertThat(first.channel().isOpen()).isFalse();
      assertAccepts(second);
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void fileThatIsGoneAlreadyDoesNotHinderTheEnd() throws IOException {
    UnixSocket socket = open();
    Files.delete(path);
    socket.close();
    assertThat(socket.channel().isOpen()).isFalse();
  }

  @Test
  void socketOfADeadServerIsReplaced() throws IOException {
    leaveSocketOfADeadServer();
    try (UnixSocket socket = open()) {
      assertAccepts(socket);
    }
  }

  @Test
  void socketInUseIsRefusedEvenIfItsServerIsBusy() throws IOException {
    try (UnixSocket first = UnixSocket.open(path, 0700, 2);
        SocketChannel one = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      assertRefused(path, "the socket is in use: a server listens to it");
      for (int i = 0; i < 5; i++) { // more than its backlog
        assertRefused(path, "the socket ");
      }
      assertThat(one.isConnected()).isTrue();
      assertThat(first.channel().isOpen()).isTrue();
      assertThat(files()).containsExactly("larder.sock");
    }
  }

  @Test
  void otherFilesAreLeftAlone() throws IOException {
    Files.writeString(path, "precious");
    assertRefused(path, "there is a file of that name that is not a socket");
    assertThat(path).hasContent("precious");

    Path link = Files.createSymbolicLink(directory.resolve("link"), path);
    assertRefused(link, "there is a file of that name that is not a socket");

    Path folder = Files.createDirectory(directory.resolve("folder"));
    assertRefused(folder, "there is a file of that name that is not a socket");
    assertThat(files()).hasSize(3);
  }

  @Test
  void pathThatDoesNotFitIsRefused() throws IOException {
    assertRefused(directory.resolve("x".repeat(100)), "expected at most 10");
    Path deep = directory;
    while (deep.toString().length() < 90) {
      deep =
          Files.createDirectory(
              deep.resolve("d".repeat(Math.min(9, 98 - deep.toString().length()))));
    }
    Path barely = Files.createDirectory(deep.resolve("e".repeat(102 - deep.toString().length())));
    assertRefused(barely.resolve("s"), "expected at most 10");
    assertThat(barely).isEmptyDirectory();
  }

  @Test
  void missingDirectoryIsNamed() {
    Path missing = directory.resolve("missing");
    assertRefused(missing.resolve("s"), "there is no directory " + missing);
    assertRefused(Path.of("/"), "expected a file for the socket but it is a root directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "7", "1700", "780", "rwx", "-70", "07000"})
  void permissionsThatAreNoThreeOctalDigitsAreRefused(String text) {
    assertThatThrownBy(() -> UnixSocket.parsePermissions(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("three octal digits");
  }
}
