package dev.larder.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code redis-cli} and {@code redis-benchmark}, over TCP and over a Unix socket. */
@ParameterizedClass
@EnumSource
final class RedisToolsTest {
  private final Login login;
  @TempDir private Path directory;
  private Path socket;
  private Target server;

  RedisToolsTest(Login login) {
    this.login = login;
  }

  @BeforeEach
  void start() throws InterruptedException {
    Programs.need("redis-cli ", "redis-cli", "--version");
    Programs.need("redis-benchmark ", "redis-benchmark", "--version");
    socket = directory.resolve("larder.sock");
    server = Target.start(login, socket);
  }

  @AfterEach
  void close() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private String cli(String... words) throws Exception {
    return Programs.run(command("redis-cli", "-n", "-p", String.valueOf(server.port()), words));
  }

  private String[] command(
      String program, String database, String where, String place, String... words) {
    List<String> command = new ArrayList<>(List.of(program, where, place));
    if (login.protocol == 3) {
      command.add("-3");
    }
    if (login.user != null) {
      command.addAll(List.of("--user", login.user));
    }
    if (login.password != null) {
      command.addAll(List.of("-a", login.password));
    }
    command.addAll(List.of(database, String.valueOf(login.database)));
    command.addAll(List.of(words));
    return command.toArray(String[]::new);
  }

  @Test
  void redisCliShowsEveryKindOfReply() throws Exception {
    List<String> quiet = login.password == null ? List.of() : List.of("--no-auth-warning");
    String[][] table = {
      {"OK", "SET", "k", "v", "EX", "100"},
      {"v", "GET", "k"},
      {"100", "TTL", "k"},
      {"v\n", "MGET", "k", "none"},
      {"ERR value is not an integer or out of range", "INCR", "k"},
      {login.userName(), "ACL", "WHOAMI"},
      {"1", "DBSIZE"},
    };
    for (String[] row : table) {
      List<String> words = new ArrayList<>(quiet);
      words.addAll(List.of(row).subList(1, row.length));
      assertThat(cli(words.toArray(String[]::new))).as(words.toString()).isEqualTo(row[0].strip());
    }
    List<String> nil = new ArrayList<>(quiet);
    nil.addAll(List.of("--no-raw", "GET", "none"));
    assertThat(cli(nil.toArray(String[]::new))).isEqualTo("(nil)");
  }

  @Test
  void redisBenchmarkRunsToItsEnd() throws Exception {
    for (String[] where :
        new String[][] {{"-p", String.valueOf(server.port())}, {"-s", socket.toString()}}) {
      for (String pipeline : List.of("1", "16")) {
        String[] words =
            ("-t ping,set,get,incr,mset -n 2000 -c 10 -d 100 -r 100 -q -P " + pipeline).split(" ");
        assertThat(Programs.run(command("redis-benchmark", "--dbnum", where[0], where[1], words)))
            .contains("PING_MBULK: ", "SET: ", "GET: ", "INCR: ", "MSET (10 keys): ")
            .doesNotContain("WARNING: ", "ERR");
      }
    }
  }
}
