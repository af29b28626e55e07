package dev.larder.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class AclLogTest {
  private final AtomicLong now = new AtomicLong(1_000_000);
  private final AclLog log = new AclLog(now::get);

  private void refuse(String key, String client) {
    log.add(User.Reason.KEY, AclLog.Context.TOPLEVEL, key.getBytes(ISO), "alice", client);
  }

  private static final java.nio.charset.Charset ISO = java.nio.charset.StandardCharsets.ISO_8859_1;

  @Test
  void keepsTheBeginningOfAClientThatHasALongName() {
    refuse("a", "id=1 name=" + "n".repeat(100_000));
    assertThat(log.newest(1).get(0).client()).startsWith("id=1 name=nn").hasSize(1024);
  }

  @Test
  void countsTheSameWithinAMinuteInOneEntry() {
    refuse("a", "first");
    now.addAndGet(60_000);
    refuse("b", "other");
    refuse("a", "second");

    assertThat(log.newest(10))
        .containsExactly(
            new AclLog.Entry(
                0,
                2,
                User.Reason.KEY,
                AclLog.Context.TOPLEVEL,
                "a",
                "alice",
                "second",
                1_000_000,
                1_060_000),
            new AclLog.Entry(
                1,
                1,
                User.Reason.KEY,
                AclLog.Context.TOPLEVEL,
                "b",
                "alice",
                "other",
                1_060_000,
                1_060_000));
  }

  @Test
  void theSameAfterMoreThanAMinuteIsAnotherEntry() {
    refuse("a", "");
    now.addAndGet(60_001);
    refuse("a", "");

    assertThat(log.newest(10)).extracting(AclLog.Entry::id).containsExactly(1L, 0L);
  }

  @Test
  void anotherUserReasonOrPlaceIsAnotherEntry() {
    refuse("a", "");
    log.add(User.Reason.KEY, AclLog.Context.MULTI, "a".getBytes(ISO), "alice", "");
    log.add(User.Reason.KEY, AclLog.Context.TOPLEVEL, "a".getBytes(ISO), "bob", "");
    log.add(User.Reason.CHANNEL, AclLog.Context.TOPLEVEL, "a".getBytes(ISO), "alice", "");

    assertThat(log.newest(10)).hasSize(4);
  }

  @Test
  void keepsTheNewestOnly() {
    for (int i = 0; i < 200; i++) {
      refuse("key" + i, "");
    }

    assertThat(log.newest(1000)).hasSize(128);
    assertThat(log.newest(2)).extracting(AclLog.Entry::object).containsExactly("key199", "key198");
    assertThat(log.newest(-1)).isEmpty();
    assertThat(log.count(User.Reason.KEY)).isEqualTo(200);
  }

  @Test
  void keepsTheBeginningOfWhatIsTooLong() {
    refuse("x".repeat(100_000), "");

    assertThat(log.newest(1).get(0).object()).hasSize(1024);
  }

  @Test
  void forgetsWhatWasButNotHowOften() {
    refuse("a", "");
    log.clear();
    refuse("b", "");

    assertThat(log.newest(10)).extracting(AclLog.Entry::id).containsExactly(1L);
    assertThat(log.count(User.Reason.KEY)).isEqualTo(2);
  }
}
