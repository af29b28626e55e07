package dev.larder.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.larder.ops.Rules;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who gets in, by which door, and what may be done there. */
final class AdmissionTest {
  private static final String NOAUTH = "-NOAUTH Authentication required.\r\n";

  private final Caches caches = new Caches();

  // ------------------------------------------------------------------------- passwords and users

  @Test
  void aPasswordIsAskedForBeforeAnythingElse() throws IOException {
    try (LarderServer server = caches.server().password("secret").start();
        Client client = new Client(server)) {
      Script.run(
          """
          get k                          -> -NOAUTH Authentication required.
          ping                           -> -NOAUTH Authentication required.
          nonsense                       -> -ERR unknown command 'nonsense', with args beginning with:_
          get                            -> -ERR wrong number of arguments for 'get' command
          auth wrong                     -> -WRONGPASS invalid username-password pair or user is disabled.
          auth nobody secret             -> -WRONGPASS invalid username-password pair or user is disabled.
          multi                          -> -NOAUTH Authentication required.
          auth secret                    -> +OK
          get k                          -> $-1
          reset                          -> +RESET
          get k                          -> -NOAUTH Authentication required.
          hello 2 auth default secret    -> *14\\n$6\\nserver\\n$5\\nredis\\n$7\\nversion\\n$5\\n7.2.6\\n$5\\nproto\\n:2\\n$2\\nid\\n:1\\n$4\\nmode\\n$10\\nstandalone\\n$4\\nrole\\n$6\\nmaster\\n$7\\nmodules\\n*0
          get k                          -> $-1
          config set requirepass other   -> +OK
          auth secret                    -> -WRONGPASS invalid username-password pair or user is disabled.
          auth other                     -> +OK
          """,
          client,
          client);
      assertThat(server.toString()).doesNotContain("secret");
    }
    assertThat(caches.server().password("secret").toString()).doesNotContain("secret");
  }

  @Test
  void aPersonOnTelnetLogsInTypingLines() throws IOException {
    try (LarderServer server = caches.server().password("secret").start();
        Client client = new Client(server)) {
      assertThat(client.send("SET k v\r\n").line() + "\r\n").isEqualTo(NOAUTH);
      assertThat(client.send("AUTH secret\r\n").line()).isEqualTo("+OK");
      assertThat(client.send("SET k v\r\n").line()).isEqualTo("OK");
    }
  }

  @Test
  void aStrangerMaySendTenWordsOf16KilobytesAtMost() throws IOException {
    try (LarderServer server = caches.server().password("secret").start()) {
      try (Client client = new Client(server)) {
        assertThat(client.send("*11\r\n").rest())
            .isEqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n");
      }
      try (Client client = new Client(server)) {
        assertThat(client.send("*2\r\n$3\r\nGET\r\n$16385\r\n").rest())
            .isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
      }
      try (Client client = new Client(server)) {
        assertThat(client.reply("AUTH", "secret")).isEqualTo("+OK\r\n");
        assertThat(client.reply("SET", "k", "x".repeat(20_000))).isEqualTo("+OK\r\n");
        assertThat(client.reply("RESET")).isEqualTo("+RESET\r\n");
        assertThat(client.send("*11\r\n").rest()).contains("unauthenticated multibulk length");
      }
    }
  }

  @Test
  void usersDoWhatTheyMay() throws IOException {
    LarderServer.Builder builder =
        caches
            .server()
            .user("default", "off")
            .user("ann", "on", ">pw", "~ann:*", "&news", "+@read", "+@connection", "+publish");
    try (LarderServer server = builder.start();
        Client client = new Client(server)) {
      Script.run(
          """
          get ann:1            -> -NOAUTH Authentication required.
          auth ann pw          -> +OK
          get ann:1            -> $-1
          get bob:1            -> -NOPERM No permissions to access a key
          mget ann:1 bob:1     -> -NOPERM No permissions to access a key
          set ann:1 v          -> -NOPERM User ann has no permissions to run the 'set' command
          publish news x       -> :0
          publish olds x       -> -NOPERM No permissions to access a channel
          acl list             -> -NOPERM User ann has no permissions to run the 'acl|list' command
          """,
          client,
          client);
    }
    assertThatThrownBy(() -> caches.server().user("ann", "+nonsense").start())
        .isInstanceOf(ServerException.class)
        .hasMessageContaining("+nonsense");
  }

  @Test
  void aUserWhoIsDeletedIsCutOff() throws IOException {
    try (LarderServer server = caches.server().user("ann", "on", ">pw", "+@all", "~*").start();
        Client ann = new Client(server);
        Client admin = new Client(server)) {
      assertThat(ann.reply("AUTH", "ann", "pw")).isEqualTo("+OK\r\n");
      assertThat(admin.reply("ACL", "DELUSER", "ann")).isEqualTo(":1\r\n");
      assertThat(ann.rest()).isEmpty();
    }
  }

  // -------------------------------------------------------------------------------- the commands

  @Test
  void disabledCommandsAreNotThere() throws IOException {
    try (LarderServer server = caches.server().disable("FLUSHALL", "config").start();
        Client client = new Client(server)) {
      assertThat(client.reply("FLUSHALL")).startsWith("-ERR unknown command 'FLUSHALL'");
      assertThat(client.reply("CONFIG", "GET", "port")).startsWith("-ERR unknown");
      assertThat(client.reply("FLUSHDB")).isEqualTo("+OK\r\n");
    }
    assertThatThrownBy(() -> caches.server().disable("FLUSH"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("there is no command 'flush'");
  }

  @Test
  void debugIsForThisMachineOrForNobody() throws IOException {
    try (LarderServer server = caches.server().start();
        Client client = new Client(server)) {
      assertThat(client.reply("DEBUG", "SLEEP", "0")).isEqualTo("+OK\r\n");
    }
    try (LarderServer server = caches.server().config("enable-debug-command", "no").start();
        Client client = new Client(server)) {
      assertThat(client.reply("DEBUG", "SLEEP", "0"))
          .startsWith("-ERR DEBUG command not allowed. If the enable-debug-command option");
    }
  }

  @Test
  void settingsAreShownAndChangedByTheirNames() throws IOException {
    try (LarderServer server = caches.server().start();
        Client client = new Client(server)) {
      Script.run(
          """
          config get maxc* timeout          -> *4\\n$10\\nmaxclients\\n$5\\n10000\\n$7\\ntimeout\\n$1\\n0
          config get nothing                -> *0
          config set timeout 60 maxclients 5 -> +OK
          config get timeout                -> *2\\n$7\\ntimeout\\n$2\\n60
          config set timeout x              -> -ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer
          config set port 1                 -> -ERR CONFIG SET failed (possibly related to argument 'port') - can't set immutable config
          config set nothing 1              -> -ERR Unknown option or number of arguments for CONFIG SET - 'nothing'
          config set timeout 1 timeout 2    -> -ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter
          config set timeout 5 save x       -> -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
          config get timeout                -> *2\\n$7\\ntimeout\\n$2\\n60
          """,
          client,
          client);
    }
  }

  // ------------------------------------------------------------------------------------ the doors

  @Test
  void aClientThatIsSilentForTooLongIsClosed() throws IOException {
    try (LarderServer server = caches.server().idleTimeout(Duration.ofSeconds(1)).start();
        Client client = new Client(server);
        Client subscriber = new Client(server)) {
      assertThat(client.reply("PING")).isEqualTo("+PONG\r\n");
      assertThat(subscriber.reply("SUBSCRIBE", "c")).startsWith("*3");
      assertThat(client.rest()).isEmpty();
      assertThat(subscriber.reply("PING")).isEqualTo("*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    }
  }

  @Test
  void withoutAPasswordOtherMachinesAreTurnedAway() throws IOException {
    Optional<InetAddress> outside =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .findFirst();
    if (outside.isEmpty()) {
      return; // on a machine that has no other address, nobody could try
    }
    try (LarderServer server =
            caches.server().bind("0.0.0.0").config("protected-mode", "no").start();
        Client local = new Client(new InetSocketAddress("127.0.0.1", server.port()))) {
      InetSocketAddress address = new InetSocketAddress(outside.get(), server.port());
      try (Client stranger = new Client(address)) {
        assertThat(stranger.reply("PING")).isEqualTo("+PONG\r\n");
      }
      assertThat(local.reply("CONFIG", "SET", "protected-mode", "yes")).isEqualTo("+OK\r\n");
      try (Client stranger = new Client(address)) {
        assertThat(stranger.rest()).startsWith("-DENIED Larder is running in protected mode");
      }
      assertThat(local.reply("CONFIG", "SET", "requirepass", "secret")).isEqualTo("+OK\r\n");
      try (Client stranger = new Client(address)) {
        assertThat(stranger.reply("PING")).isEqualTo(NOAUTH);
      }
    }
  }

  @Test
  void aUnixSocketLeadsToTheSameEntries(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("larder.sock");
    try (LarderServer server = caches.server().noPort().unixSocket(path).start();
        SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
      caches.set("k", "v");
      client.connect(UnixDomainSocketAddress.of(path));
      client.write(ByteBuffer.wrap("GET k\nQUIT\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer reply = ByteBuffer.allocate(100);
      while (client.read(reply) >= 0) {}
      assertThat(new String(reply.array(), 0, reply.position(), StandardCharsets.US_ASCII))
          .isEqualTo("v\r\n+OK\r\n");
      assertThat(server.port()).isZero();
      assertThat(server).hasToString("larder-server-larder.sock (" + path + ")");
    }
    assertThat(path).doesNotExist();
  }

  @Test
  void tlsLeadsToTheSameEntries() throws Exception {
    int port = freePort();
    Tls tls = TlsFiles.server().authClients(Tls.AuthClients.NO).build();
    try (LarderServer server = caches.server().noPort().tls(port, tls).start()) {
      assertThat(server.tlsPort()).isEqualTo(port);
      SSLContext context = TlsFiles.client("ca", "");
      caches.set("k", "v");
      try (Socket socket = context.getSocketFactory().createSocket("127.0.0.1", port)) {
        socket.getOutputStream().write("GET k\nQUIT\n".getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .isEqualTo("v\r\n+OK\r\n");
      }
    }
  }

  @Test
  void pemFilesCanBeNamedBySettings() throws Exception {
    int port = freePort();
    LarderServer.Builder builder =
        caches
            .server()
            .config("tls-port", String.valueOf(port))
            .config("tls-cert-file", TlsFiles.file("server.crt").toString())
            .config("tls-key-file", TlsFiles.file("server.key").toString())
            .config("tls-auth-clients", "no");
    try (LarderServer server = builder.start();
        Socket socket =
            TlsFiles.client("ca", "").getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.getOutputStream().write("PING\nQUIT\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readAllBytes()).hasSize("+PONG\r\n+OK\r\n".length());
      assertThat(server.port()).isNotZero();
    }
    assertThatThrownBy(() -> caches.server().config("tls-port", "1").start())
        .isInstanceOf(ServerException.class)
        .hasMessageContaining("tls-cert-file");
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  // ----------------------------------------------------------------------------------- lifecycle

  @Test
  void manyServersShowTheSameCaches() throws IOException {
    try (LarderServer one = caches.server().start();
        LarderServer two = caches.server().eventLoops(3).start();
        Client first = new Client(one);
        Client second = new Client(two)) {
      assertThat(first.reply("SET", "k", "v")).isEqualTo("+OK\r\n");
      assertThat(second.reply("GET", "k")).isEqualTo("$1\r\nv\r\n");
    }
  }

  @Test
  void shutdownEndsTheServerAndLeavesTheCaches() throws IOException {
    LarderServer server = caches.server().start();
    caches.set("k", "v");
    try (Client client = new Client(server)) {
      assertThat(client.reply("SHUTDOWN", "SAVE")).startsWith("-ERR");
      assertThat(client.reply("SHUTDOWN", "ABORT")).startsWith("-ERR No shutdown in progress.");
      assertThat(client.call("SHUTDOWN", "NOSAVE").rest()).isEmpty();
    }
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(
                        thread -> thread.getName().startsWith("larder-server-" + server.port())));
    assertThat(caches.strings.strings().get("k")).isEqualTo("v");
    server.close();
  }

  @Test
  void clientsOfSeveralLoopsAreServedAlike() throws IOException {
    caches.add(caches.cache("second", new Rules<>() {}));
    try (LarderServer server = caches.server().eventLoops(4).start()) {
      for (int i = 0; i < 20; i++) {
        try (Client client = new Client(server)) {
          assertThat(client.reply("INCR", "n")).isEqualTo(":" + (i + 1) + "\r\n");
          assertThat(client.reply("CLIENT", "ID")).isEqualTo(":" + (i + 1) + "\r\n");
        }
      }
    }
  }
}
