package dev.larder.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GhostsTest {
  private final Ghosts ghosts = new Ghosts();

  @Test
  void whoLeftIsRememberedOnceWithItsNote() {
    ghosts.fit(1000);
    for (int i = 0; i < 100; i++) {
      ghosts.add(i, i % 7 + 1 | i & 8);
    }
    int found = 0;
    for (int i = 0; i < 100; i++) {
      if ((ghosts.take(i) & 15) == (i % 7 + 1 | i & 8)) {
        found++;
      }
    }
    assertThat(found).isGreaterThan(95);
    for (int i = 0; i < 100; i++) {
      assertThat(ghosts.take(i)).isZero();
    }
  }

  @Test
  void theYoungestOfOneHashComesFirstAndFourAreKept() {
    for (int note = 1; note <= 7; note++) {
      ghosts.add(42, note);
    }
    for (int note = 7; note >= 4; note--) {
      assertThat(ghosts.take(42)).isEqualTo(note);
    }
    assertThat(ghosts.take(42)).isZero();
  }

  @Test
  void theQuarterOfTimeIsTold() {
    for (int i = 1; i <= 4; i++) {
      ghosts.add(i * 1000, i);
    }
    assertThat(ghosts.take(1000)).isEqualTo(3 << Ghosts.NOTE_BITS | 1);
    assertThat(ghosts.take(3000)).isEqualTo(1 << Ghosts.NOTE_BITS | 3);
    assertThat(ghosts.take(2000)).isEqualTo(1 << Ghosts.NOTE_BITS | 2);
    assertThat(ghosts.take(4000)).isEqualTo(4);
  }

  @Test
  void eachAgeHalvesTheMeritAndLeavesTheOtherBit() {
    ghosts.add(1, 7);
    ghosts.add(2, 8 | 6);
    ghosts.endAge();
    ghosts.add(3, 8 | 5);
    ghosts.endAge();
    assertThat(ghosts.take(1) & 15).isEqualTo(1);
    assertThat(ghosts.take(2) & 15).isEqualTo(8 | 1);
    assertThat(ghosts.take(3) & 15).isEqualTo(8 | 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 4, 9, 15})
  void whoHasNoMeritLeftIsForgotten(int ages) {
    ghosts.add(1, 8 | 7);
    ghosts.add(2, 7);
    for (int i = 0; i < ages; i++) {
      ghosts.endAge();
    }
    assertThat(ghosts.take(1)).isZero();
    ghosts.add(3, 1);
    assertThat(ghosts.take(3)).isEqualTo(1);
    assertThat(ghosts.take(2)).isZero();
  }

  @Test
  void fewStrangersAreTakenForGhosts() {
    ghosts.fit(10_000);
    for (int i = 0; i < 10_000; i++) {
      ghosts.add(i, 1);
    }
    int taken = 0;
    for (int i = 100_000; i < 110_000; i++) {
      taken += ghosts.take(i) == 0 ? 0 : 1;
    }
    assertThat(taken).isLessThan(40);
  }

  @Test
  void aboutAsManyAreRememberedAsThereIsRoomFor() {
    ghosts.fit(10_000);
    for (int i = 0; i < 100_000; i++) {
      ghosts.add(i, 1);
    }
    int recent = 0;
    for (int i = 90_000; i < 100_000; i++) {
      recent += ghosts.take(i) == 0 ? 0 : 1;
    }
    assertThat(recent).isGreaterThan(8500);
  }

  @Test
  void theRoomFollowsTheMembers() {
    ghosts.fit(1_000_000);
    assertThat(ghosts.bytes()).as("nothing is remembered yet").isLessThan(5000);
    for (int i = 0; i < 6_000_000; i++) {
      ghosts.add(i, 1);
    }
    assertThat(ghosts.bytes()).isBetween(3_900_000L, 4_060_000L);
    ghosts.fit(100);
    ghosts.add(1, 1);
    assertThat(ghosts.room()).isEqualTo(200);
    assertThat(ghosts.bytes()).isLessThan(450);
  }
}
