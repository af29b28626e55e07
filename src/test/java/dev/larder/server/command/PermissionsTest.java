package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PermissionsTest {

  // spotless:off
  @ParameterizedTest(name = "{0}: {1} -> {2}")
  @CsvSource(delimiter = ';', textBlock = """
      on                                  ; get a                  ; command
      on                                  ; auth x                 ; ok
      on                                  ; hello                  ; ok
      +@all                               ; get a                  ; a
      +@all ~*                            ; get a                  ; ok
      allcommands allkeys                 ; get a                  ; ok
      +@all ~* nocommands                 ; get a                  ; command
      +@all ~* -@dangerous                ; flushall               ; command
      +@all ~* -@dangerous                ; config get             ; command
      +@all ~* -@dangerous +config|get    ; config get             ; ok
      +@all ~* -@dangerous +config|get    ; config set             ; command
      +@all -@dangerous +config|get -config; config get            ; command
      +config                             ; config set             ; ok
      +config -config|set                 ; config set             ; command
      +config -config|set                 ; config get             ; ok
      +CONFIG|get                         ; config get             ; ok
      +@Connection                        ; client id              ; ok
      +get -@read ~*                      ; get a                  ; command
      -get +@read ~*                      ; get a                  ; ok
      +@read ~* +get -get                 ; get a                  ; command
      +select|0                           ; select 0               ; ok
      +select|0                           ; select 1               ; command
      +select|0                           ; select                 ; command
      +select|0 -select                   ; select 0               ; command
      +select|0 +select|B                 ; select b               ; ok
      +@all ~a:*                          ; get a:1                ; ok
      +@all ~a:*                          ; get b:1                ; b:1
      +@all ~a:* ~b:*                     ; get b:1                ; ok
      +@all ~a:* resetkeys ~c             ; get a:1                ; a:1
      +@all %R~a                          ; get a                  ; ok
      +@all %R~a                          ; set a 1                ; a
      +@all %W~a                          ; set a 1                ; ok
      +@all %W~a                          ; get a                  ; a
      +@all %W~a                          ; strlen a               ; ok
      +@all %W~a %R~a                     ; set a 1                ; ok
      +@all %rw~a                         ; set a 1                ; ok
      +@all %R~a %W~b                     ; copy a b               ; ok
      +@all %R~a %W~b                     ; copy b a               ; b
      +@all %R~a* %W~*b                   ; copy ab ab             ; ok
      +@all                               ; publish c m            ; c
      +@all &c*                           ; publish cc m           ; ok
      +@all &*                            ; publish d m            ; ok
      +@all allchannels resetchannels     ; publish d m            ; d
      +@all &c &d                         ; subscribe c d          ; ok
      +@all &c                            ; subscribe c d          ; d
      +@all &c*                           ; psubscribe c*          ; ok
      +@all &c*                           ; psubscribe cc          ; cc
      (+get ~a) (+set ~b)                 ; get a                  ; ok
      (+get ~a) (+set ~b)                 ; set a 1                ; a
      (+get ~a) (+set ~b)                 ; set b 1                ; ok
      (+get ~a) (+set ~b)                 ; del b                  ; command
      (+get ~a) clearselectors            ; get a                  ; command
      ( +get ~a )                         ; get a                  ; ok
      +copy ~a (+copy ~b)                 ; copy a b               ; b
      +get ~a (+get ~b) reset             ; get a                  ; command
      """)
  // spotless:on
  void allowsWhatTheRulesSay(String rules, String request, String decision) throws Exception {
    Permissions permissions = Acl.permissions(rules);

    assertThat(Acl.decision(permissions, request)).isEqualTo(decision);
    assertThat(Acl.decision(Acl.permissions(permissions.describe()), request))
        .as("after being shown and read again: " + permissions.describe())
        .isEqualTo(decision);
  }

  // spotless:off
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(delimiter = ';', textBlock = """
      on                                      ; on sanitize-payload resetchannels -@all
      on nopass ~* &* +@all                   ; on nopass sanitize-payload ~* &* +@all
      skip-sanitize-payload                   ; off skip-sanitize-payload resetchannels -@all
      ~a %R~b %W~b %R~c ~a &x &y              ; off sanitize-payload ~a ~b %R~c resetchannels &x &y -@all
      +@all -CONFIG|get -config +@read -get +@READ; off sanitize-payload resetchannels +@all -config -get +@read
      +get -@all +set                         ; off sanitize-payload resetchannels -@all +set
      +get -get                               ; off sanitize-payload resetchannels -@all -get
      +select|FOO +get                        ; off sanitize-payload resetchannels -@all +select|foo +get
      ~a (~b +get) (&* allkeys)               ; off sanitize-payload ~a resetchannels -@all (~b resetchannels -@all +get) (~* &* -@all)
      (~b) reset                              ; off sanitize-payload resetchannels -@all
      """)
  // spotless:on
  void showsItsRulesInOneForm(String rules, String shown) throws Exception {
    assertThat(Acl.permissions(rules).describe()).isEqualTo(shown);
    assertThat(Acl.permissions(shown).describe()).isEqualTo(shown);
  }

  // spotless:off
  @ParameterizedTest(name = "{0} -> {1}")
  @CsvSource(delimiter = ';', textBlock = """
      x              ; Error in ACL SETUSER modifier 'x': Syntax error
      %~a            ; Error in ACL SETUSER modifier '%~a': Syntax error
      %RR~a          ; Error in ACL SETUSER modifier '%RR~a': Syntax error
      %X~a           ; Error in ACL SETUSER modifier '%X~a': Syntax error
      +get|          ; Error in ACL SETUSER modifier '+get|': Syntax error
      +nope          ; Error in ACL SETUSER modifier '+nope': Unknown command or category name in ACL
      -nope          ; Error in ACL SETUSER modifier '-nope': Unknown command or category name in ACL
      +@nope         ; Error in ACL SETUSER modifier '+@nope': Unknown command or category name in ACL
      +config|nope   ; Error in ACL SETUSER modifier '+config|nope': Unknown command or category name in ACL
      -select|0      ; Error in ACL SETUSER modifier '-select|0': Unknown command or category name in ACL
      +config|get|x  ; Error in ACL SETUSER modifier '+config|get|x': Allowing first-arg of a subcommand is not supported
      ~* ~a          ; Error in ACL SETUSER modifier '~a': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
      &* &a          ; Error in ACL SETUSER modifier '&a': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
      <x             ; Error in ACL SETUSER modifier '<x': The password you are trying to remove from the user does not exist
      #ab            ; Error in ACL SETUSER modifier '#ab': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
      (on)           ; Error in ACL SETUSER modifier '(on)': Syntax error
      (+get +nope)   ; Error in ACL SETUSER modifier '(+get +nope)': Unknown command or category name in ACL
      ((+get))       ; Error in ACL SETUSER modifier '((+get))': Syntax error
      ~a (+get ~b    ; Unmatched parenthesis in acl selector starting at '(+get'.
      )              ; Error in ACL SETUSER modifier ')': Syntax error
      """)
  // spotless:on
  void refusesARuleInRedisWords(String rules, String error) {
    assertThatThrownBy(() -> Acl.permissions(rules))
        .isInstanceOfSatisfying(
            BadRuleException.class, e -> assertThat(e.ofSetUser()).isEqualTo(error));
  }

  @Test
  void aWordInsideOfASelectorDoesNotEndIt() {
    List<String> rules = List.of("(~a) +get)");

    assertThatThrownBy(() -> Permissions.none(Acl.NAMES).with(rules, password -> password))
        .isInstanceOf(BadRuleException.class);
  }

  @Test
  void patternsWithBlanksAreRefused() {
    for (String rule : List.of("~a b", "%R~a\tb", "&a b", "~a\0b")) {
      assertThatThrownBy(
              () -> Permissions.none(Acl.NAMES).with(List.of(rule), password -> password))
          .as(rule)
          .isInstanceOf(BadRuleException.class);
    }
  }

  @Test
  void patternsAreBytesAndNotText() throws Exception {
    byte[] noText = {'~', (byte) 0xFF, '*'};
    Permissions permissions =
        Permissions.none(Acl.NAMES)
            .with(List.of("+@all", ByteWords.word(noText)), password -> password);

    assertThat(permissions.mayAccess(new byte[] {(byte) 0xFF, 1}, true, true)).isTrue();
    assertThat(permissions.mayAccess(new byte[] {(byte) 0xFE, 1}, true, true)).isFalse();
    assertThat(ByteWords.bytes(permissions.describe())).containsSequence(noText);
  }

  @Test
  void onlyWhoMayDoEverythingIsNotAskedAnyMore() throws Exception {
    assertThat(Acl.permissions("+@all ~* &*").isUnrestricted()).isTrue();
    assertThat(Acl.permissions("+@all -get +get ~* &*").isUnrestricted()).isTrue();
    assertThat(Acl.permissions("on (+@all ~* &*)").isUnrestricted()).isTrue();
    assertThat(Acl.permissions("+@all ~*").isUnrestricted()).isFalse();
    assertThat(Acl.permissions("+@all &*").isUnrestricted()).isFalse();
    assertThat(Acl.permissions("+@all -get ~* &*").isUnrestricted()).isFalse();
    assertThat(Acl.permissions("~* &* (+@all)").isUnrestricted()).isFalse();
  }

  @Test
  void passwordsAreAddedAndRemovedByThemselvesAndByTheirDigest() throws Exception {
    String digest = "0123456789abcdef".repeat(4);

    assertThat(Acl.permissions("#" + digest + " >a #" + digest).hashes())
        .containsExactly(digest, "61");
    assertThat(Acl.permissions(">a #" + digest + " <a").hashes()).containsExactly(digest);
    assertThat(Acl.permissions("#" + digest + " !" + digest).hashes()).isEmpty();
    assertThat(Acl.permissions("nopass >a").flags()).doesNotContain("nopass");
    assertThat(Acl.permissions(">a nopass").hashes()).isEmpty();
    assertThat(Acl.permissions("nopass resetpass").flags()).doesNotContain("nopass");
  }
}
