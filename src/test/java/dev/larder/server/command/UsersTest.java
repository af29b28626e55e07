package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.OperationException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UsersTest {
  private final AtomicInteger digests = new AtomicInteger();

  @TempDir private Path directory;

  private final Users users = users(null);

  private Users users(Path file) {
    return new Users(
        Acl.NAMES,
        () -> 0,
        file,
        bytes -> {
          digests.incrementAndGet();
          try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
          } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
          }
        });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void theDefaultUserMayDoEverythingUntilToldOtherwise() {
    assertThat(users.defaultUser().toString())
        .isEqualTo("user default on nopass sanitize-payload ~* &* +@all");
    assertThat(users.mustLogIn()).isFalse();
    assertThat(users.authenticate("default", bytes("anything"))).isNotNull();
  }

  @Test
  void aRequiredPasswordIsTheOnlyOneOfTheDefaultUser() {
    users.requirePassword(bytes("first"));
    users.requirePassword(bytes("second"));

    assertThat(users.mustLogIn()).isTrue();
    assertThat(users.authenticate("default", bytes("first"))).isNull();
    assertThat(users.authenticate("default", bytes("second"))).isSameAs(users.defaultUser());

    users.requirePassword(null);

    assertThat(users.mustLogIn()).isFalse();
  }

  @Test
  void nobodyGetsInWhileTheDefaultUserIsOff() {
    users.set("default", List.of("off"));

    assertThat(users.mustLogIn()).isTrue();
    assertThat(users.authenticate("default", bytes(""))).isNull();
  }

  @Test
  void logsInWithEachOfSeveralPasswords() {
    users.set("alice", List.of("on", ">a", ">b"));

    assertThat(users.authenticate("alice", bytes("a"))).isSameAs(users.find("alice"));
    assertThat(users.authenticate("alice", bytes("b"))).isSameAs(users.find("alice"));
    assertThat(users.authenticate("alice", bytes("c"))).isNull();
    assertThat(users.authenticate("Alice", bytes("a"))).isNull();
  }

  @Test
  void aUserWhoIsOffOrHasNoPasswordCannotLogIn() {
    users.set("off", List.of(">a"));
    users.set("never", List.of("on"));

    assertThat(users.authenticate("off", bytes("a"))).isNull();
    assertThat(users.authenticate("never", bytes(""))).isNull();
  }

  /** Equal work, so that the time which a refusal takes does not tell whether a name is known. */
  @Test
  void digestsThePasswordOnceWhoeverTriesToLogIn() {
    users.set("on", List.of("on", ">a"));
    users.set("off", List.of(">a"));
    users.set("open", List.of("on", "nopass"));

    for (String name : List.of("on", "off", "open", "nobody")) {
      digests.set(0);
      users.authenticate(name, bytes("wrong"));
      assertThat(digests).as(name).hasValue(1);
    }
  }

  @Test
  void aWrongRuleLeavesAllAsItWas() {
    users.set("alice", List.of("on", "+get"));

    assertThatThrownBy(() -> users.set("alice", List.of("+set", "off", "x")))
        .isInstanceOf(OperationException.class)
        .hasMessage("Error in ACL SETUSER modifier 'x': Syntax error");
    assertThatThrownBy(() -> users.set("bob", List.of("on", "x")))
        .isInstanceOf(OperationException.class);

    assertThat(users.find("alice").permissions().describe())
        .isEqualTo("on sanitize-payload resetchannels -@all +get");
    assertThat(users.find("bob")).isNull();
  }

  @Test
  void namesWithBlanksAreRefused() {
    for (String name : List.of("a b", "a\0", "a\n", "")) {
      assertThatThrownBy(() -> users.set(name, List.of()))
          .hasMessage("Usernames can't contain spaces or null characters");
    }
  }

  @Test
  void aChangeHoldsForWhoIsLoggedIn() {
    users.set("alice", List.of("+get", "~*"));
    User session = users.find("alice");
    assertThat(Acl.decision(session.permissions(), "get a")).isEqualTo("ok");

    users.set("alice", List.of("-get"));

    assertThat(Acl.decision(session.permissions(), "get a")).isEqualTo("command");
  }

  @Test
  void whoIsDeletedMayDoNothingAnyMoreEvenIfThereIsAnotherOfHisName() {
    users.set("alice", List.of("on", "+@all", "~*", "&*"));
    User session = users.find("alice");

    assertThat(users.delete(List.of("alice", "nobody"))).isEqualTo(1);
    users.set("alice", List.of("on", "+@all", "~*", "&*"));

    assertThat(Acl.decision(session.permissions(), "get a")).isEqualTo("command");
    assertThat(users.find("alice")).isNotSameAs(session);
  }

  @Test
  void theDefaultUserCannotBeDeletedNorThoseNamedWithHim() {
    users.set("alice", List.of());

    assertThatThrownBy(() -> users.delete(List.of("alice", "default")))
        .hasMessage("The 'default' user cannot be removed");

    assertThat(users.all()).extracting(User::name).containsExactly("alice", "default");
  }

  @Test
  void tellsWhoIsChangedAndWhoIsDeleted() {
    List<String> told = new ArrayList<>();
    users.listen(
        new Users.Listener() {
          @Override
          public void changed(User user) {
            told.add("changed " + user);
          }

          @Override
          public void deleted(User user) {
            told.add("deleted " + user.name());
          }
        });

    users.set("alice", List.of("on"));
    users.delete(List.of("alice"));
    users.configure("test", List.of("user bob"));
    users.configure("test", List.of());

    assertThat(told)
        .containsExactly(
            "changed user alice on sanitize-payload resetchannels -@all",
            "deleted alice",
            "changed user bob off sanitize-payload resetchannels -@all",
            "deleted bob");
  }

  @Test
  void readsBackWhatItHasSaved() throws Exception {
    Path file = directory.resolve("users.acl");
    Users saved = users(file);
    saved.set("zoë", List.of("on", ">p", "~" + ByteWords.word("é*"), "(+get", "~b)"));
    saved.set("default", List.of("-@dangerous"));
    saved.save();

    Users loaded = users(file);
    loaded.load();

    assertThat(loaded.all())
        .extracting(User::toString)
        .isEqualTo(saved.all().stream().map(User::toString).toList());
    assertThat(Files.readString(file)).contains("user zoë on", " ~é* ");
    assertThat(loaded.authenticate("zoë", bytes("p"))).isNotNull();
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void loadsAllLinesOrNoneAndSaysWhatIsWrongWithEach() throws Exception {
    Path file = directory.resolve("users.acl");
    Files.writeString(
        file,
        """
        user alice on +get

        # comment
        user bob +nope
        user alice off
        user carol (+get
        """);
    Users loaded = users(file);

    assertThatThrownBy(loaded::load)
        .isInstanceOf(OperationException.class)
        .hasMessage(
            "F:3: should start with user keyword followed by the username. ".replace("F", file + "")
                + (file + ":4: Unknown command or category name in ACL in '+nope'. ")
                + (file + ":5: Duplicate user 'alice' found. ")
                + (file + ":6: Unmatched parenthesis in selector definition in '(+get'. ")
                + "WARNING: ACL errors detected, no change to the previously active ACL rules was"
                + " performed");
    assertThat(loaded.all()).containsExactly(loaded.defaultUser());
  }

  @Test
  void whoStaysInTheFileKeepsHisConnections() {
    users.configure("test", List.of("user alice on +get", "user bob on"));
    User alice = users.find("alice");

    users.configure("test", List.of("user alice on +set"));

    assertThat(users.find("alice")).isSameAs(alice);
    assertThat(alice.toString())
        .isEqualTo("user alice on sanitize-payload resetchannels -@all +set");
    assertThat(users.find("bob")).isNull();
  }

  @Test
  void aFileWithoutTheDefaultUserDoesNotOpenTheServer() {
    users.requirePassword(bytes("secret"));

    users.configure("test", List.of("user alice on"));

    assertThat(users.mustLogIn()).isTrue();
  }

  @Test
  void thereIsNothingToLoadWithoutAFile() {
    assertThatThrownBy(users::load)
        .hasMessageStartingWith("This Redis instance is not configured to use an ACL file.");
    assertThatThrownBy(() -> users(directory.resolve("none")).load())
        .hasMessageContaining("Error loading ACLs, opening file");
  }
}
