package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.larder.protocol.Reply;
import dev.larder.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class AclCommandsTest {
  private final Users users = new Users(CommandTable.ALL.commands(), () -> 1_000, null);
  private final Session session =
      new Session(7, new Server(List.of(), new Config(), users, null, "0", () -> {}), new NoWire());

  private Reply run(String... words) {
    Request request = Acl.request(words);
    Command command = CommandTable.ALL.find(request);
    return command == null
        ? CommandTable.ALL.unknown(request)
        : command.run(session, request, new Args());
  }

  /** The reply in short: bulks as their text. */
  private String text(String... words) {
    return text(run(words));
  }

  private static String text(Reply reply) {
    if (reply instanceof Reply.Bulk bulk) {
      return new String(bulk.bytes(), StandardCharsets.UTF_8);
    }
    if (reply instanceof Reply.Array array) {
      return texts(array.elements()).toString();
    }
    if (reply instanceof Reply.Set set) {
      return "~" + texts(set.elements());
    }
    if (reply instanceof Reply.Map map) {
      return "%" + texts(map.keysAndValues());
    }
    if (reply instanceof Reply.Failure failure) {
      return failure.code() + " " + failure.message();
    }
    if (reply instanceof Reply.Status status) {
      return status.text();
    }
    return reply.toString();
  }

  private static List<String> texts(List<Reply> replies) {
    return replies.stream().map(AclCommandsTest::text).collect(Collectors.toList());
  }

  @Test
  void aNewUserLogsInAndIsWhoHeIs() {
    assertThat(text("ACL", "WHOAMI")).isEqualTo("default");
    assertThat(text("ACL", "SETUSER", "zoë", "on", ">secret", "+@all")).isEqualTo("OK");
    assertThat(text("AUTH", "zoë", "secret")).isEqualTo("OK");
    assertThat(text("ACL", "WHOAMI")).isEqualTo("zoë");
    assertThat(text("ACL", "USERS")).isEqualTo("[default, zoë]");
  }

  @Test
  void aWrongPasswordIsRefusedAndNoted() {
    run("ACL", "SETUSER", "alice", "on", ">secret");

    assertThat(text("AUTH", "alice", "wrong"))
        .isEqualTo("WRONGPASS invalid username-password pair or user is disabled.");
    assertThat(text("AUTH", "alice", "wrong"))
        .isEqualTo("WRONGPASS invalid username-password pair or user is disabled.");

    assertThat(session.user()).isSameAs(users.defaultUser());
    assertThat(text("ACL", "LOG"))
        .startsWith(
            "[%[count, Int[value=2], reason, auth, context, toplevel, object, auth, username, alice,"
                + " age-seconds, Real[value=0.0], client-info, ")
        .endsWith(
            ", entry-id, Int[value=0], timestamp-created, Int[value=1000], timestamp-last-updated,"
                + " Int[value=1000]]]");
    assertThat(text("ACL", "LOG", "0")).isEqualTo("[]");
    assertThat(text("ACL", "LOG", "RESET")).isEqualTo("OK");
    assertThat(text("ACL", "LOG")).isEqualTo("[]");
    assertThat(text("ACL", "LOG", "x")).isEqualTo("ERR value is not an integer or out of range");
  }

  @Test
  void aPasswordAloneIsThatOfTheDefaultUser() {
    assertThat(text("AUTH", "x"))
        .isEqualTo(
            "ERR AUTH <password> called without any password configured for the default user. Are"
                + " you sure your configuration is correct?");
    users.requirePassword("x".getBytes(StandardCharsets.UTF_8));
    assertThat(text("AUTH", "x")).isEqualTo("OK");
    assertThat(text("AUTH", "y")).startsWith("WRONGPASS");
    assertThat(text("AUTH", "a", "b", "c")).isEqualTo("ERR syntax error");
  }

  @Test
  void showsAllThatIsSetForAUser() {
    String hash = "0123456789abcdef".repeat(4);
    run("ACL", "SETUSER", "alice", "on", "#" + hash, "~a", "%R~b", "&c", "+get", "(~d", "+set)");

    assertThat(text("ACL", "GETUSER", "alice"))
        .isEqualTo(
            ("%[flags, ~[on, sanitize-payload], passwords, [HASH], commands, -@all +get, keys, ~a"
                    + " %R~b, channels, &c, selectors, [%[commands, -@all +set, keys, ~d, channels,"
                    + " ]]]")
                .replace("HASH", hash));
    assertThat(text("ACL", "LIST"))
        .isEqualTo(
            ("[user alice on sanitize-payload #HASH ~a %R~b resetchannels &c -@all +get (~d"
                    + " resetchannels -@all +set), user default on nopass sanitize-payload ~* &*"
                    + " +@all]")
                .replace("HASH", hash));
    assertThat(run("ACL", "GETUSER", "nobody")).isEqualTo(Reply.NIL);
  }

  @Test
  void deletesAllWhoAreNamedOrNobody() {
    run("ACL", "SETUSER", "a");
    run("ACL", "SETUSER", "b");

    assertThat(text("ACL", "DELUSER", "a", "default"))
        .isEqualTo("ERR The 'default' user cannot be removed");
    assertThat(run("ACL", "DELUSER", "a", "b", "c")).isEqualTo(Reply.integer(2));
  }

  @Test
  void triesACommandWithoutRunningIt() {
    run("ACL", "SETUSER", "alice", "+get", "~a");

    assertThat(text("ACL", "DRYRUN", "alice", "GET", "a")).isEqualTo("OK");
    assertThat(text("ACL", "DRYRUN", "alice", "GET", "é"))
        .isEqualTo("User alice has no permissions to access the 'é' key");
    assertThat(text("ACL", "DRYRUN", "alice", "SET", "a", "1"))
        .isEqualTo("User alice has no permissions to run the 'set' command");
    assertThat(text("ACL", "DRYRUN", "alice", "ACL", "WHOAMI"))
        .isEqualTo("User alice has no permissions to run the 'acl|whoami' command");
    assertThat(text("ACL", "DRYRUN", "alice", "GET"))
        .isEqualTo("ERR wrong number of arguments for 'get' command");
    assertThat(text("ACL", "DRYRUN", "alice", "NOPE")).isEqualTo("ERR Command 'NOPE' not found");
    assertThat(text("ACL", "DRYRUN", "bob", "GET", "a")).isEqualTo("ERR User 'bob' not found");
  }

  @Test
  void refusesInWordsThatDoNotShowTheKey() {
    run("ACL", "SETUSER", "alice", "+get", "~a");
    User alice = users.find("alice");
    Request get = Acl.request("GET", "b");
    Request set = Acl.request("SET", "b", "1");
    Command getCommand = CommandTable.ALL.find(get);
    Command setCommand = CommandTable.ALL.find(set);

    assertThat(alice.check(getCommand, Acl.request("GET", "a"))).isNull();
    assertThat(text(alice.check(getCommand, get).reply(alice, getCommand)))
        .isEqualTo("NOPERM No permissions to access a key");
    assertThat(alice.check(getCommand, get).object(getCommand, get)).asString().isEqualTo("b");
    assertThat(text(alice.check(setCommand, set).reply(alice, setCommand)))
        .isEqualTo("NOPERM User alice has no permissions to run the 'set' command");
    assertThat(alice.check(setCommand, set).object(setCommand, set)).asString().isEqualTo("set");
    assertThat(text(new User.Denial(User.Reason.CHANNEL, 1).reply(alice, setCommand)))
        .isEqualTo("NOPERM No permissions to access a channel");
  }

  @Test
  void makesUpPasswordsOfSomeBits() {
    assertThat(text("ACL", "GENPASS")).matches("[0-9a-f]{64}").isNotEqualTo(text("ACL", "GENPASS"));
    assertThat(text("ACL", "GENPASS", "5")).matches("[0-9a-f]{2}");
    assertThat(text("ACL", "GENPASS", "4096")).matches("[0-9a-f]{1024}");
    for (String bits : List.of("0", "-1", "4097")) {
      assertThat(text("ACL", "GENPASS", bits))
          .isEqualTo(
              "ERR ACL GENPASS argument must be the number of bits for the output password, a"
                  + " positive number up to 4096");
    }
  }

  @Test
  void listsCategoriesAndTheirCommands() {
    assertThat(text("ACL", "CAT"))
        .startsWith("[keyspace, read, write, set, ")
        .contains("scripting");
    assertThat(text("ACL", "CAT", "READ")).contains("get");
    assertThat(text("ACL", "CAT", "nope")).isEqualTo("ERR Unknown category 'nope'");
  }

  @Test
  void saysThatThereIsNoFile() {
    assertThat(text("ACL", "SAVE"))
        .isEqualTo(text("ACL", "LOAD"))
        .startsWith("ERR This Redis instance is not configured to use an ACL file.");
  }

  @Test
  void authRepliesInRespEvenAmongLines() {
    assertThat(CommandTable.ALL.find(Acl.request("AUTH", "x")).isControl()).isTrue();
  }
}
