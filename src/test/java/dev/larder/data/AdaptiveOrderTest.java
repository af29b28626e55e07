package dev.larder.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdaptiveOrderTest {
  private final AdaptiveOrder<Member> order = new AdaptiveOrder<>();

  @Test
  void nobodyIsNextInAnEmptyOrder() {
    assertThat(order.next()).isNull();
    order.add(new Member(1), 5, true);
    order.next();
    assertThat(order.next()).isNull();
    assertThat(order.size()).isZero();
    assertThat(order.weight()).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyMemberLeavesExactlyOnceAndIsCountedUntilThen(long seed) {
    Random random = new Random(seed);
    Set<Member> members = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Member> list = new ArrayList<>();
    List<Member> gone = new ArrayList<>();
    long weight = 0;
    for (int i = 0; i < 60_000; i++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> {
          Member fresh =
              gone.isEmpty() || random.nextBoolean()
                  ? new Member(random.nextInt(2000))
                  : gone.remove(random.nextInt(gone.size()));
          int its = random.nextInt(20) == 0 ? 100_000 : random.nextInt(50);
          order.add(fresh, its, random.nextBoolean());
          members.add(fresh);
          list.add(fresh);
          weight += its;
        }
        case 4, 5 -> {
          Member leaves = anyOf(list, members, random);
          if (leaves != null) {
            weight -= leaves.weight();
            members.remove(leaves);
            order.remove(leaves);
            gone.add(leaves);
            assertThat(leaves.weight()).isZero();
          }
        }
        case 6 -> {
          Member changes = anyOf(list, members, random);
          if (changes != null) {
            int its = random.nextInt(1000);
            weight += its - changes.weight();
            order.reweigh(changes, its);
            assertThat(changes.weight()).isEqualTo(its);
          }
        }
        case 7, 8 -> {
          long before = order.weight();
          Member next = order.next();
          if (next == null) {
            assertThat(members).isEmpty();
          } else {
            assertThat(members.remove(next)).as("%s was a member", next).isTrue();
            int its = (int) (before - order.weight());
            weight -= its;
            assertThat(next.weight()).isZero();
            if (random.nextInt(8) == 0) {
              order.putBack(next, its);
              members.add(next);
              list.add(next);
              weight += its;
            } else {
              gone.add(next);
            }
          }
        }
        default -> {
          Member used = anyOf(list, members, random);
          if (used != null) {
            used.used();
          }
        }
      }
      assertThat(order.size()).isEqualTo(members.size());
      assertThat(order.weight()).isEqualTo(weight);
    }
    for (Member next = order.next(); next != null; next = order.next()) {
      assertThat(members.remove(next)).as("%s was a member", next).isTrue();
      assertThat(order.contains(next)).isFalse();
    }
    assertThat(members).isEmpty();
    assertThat(order.weight()).isZero();
  }

  private static Member anyOf(List<Member> list, Set<Member> members, Random random) {
    for (int i = 0; i < 5 && !list.isEmpty(); i++) {
      int index = random.nextInt(list.size());
      Member member = list.get(index);
      if (members.contains(member)) {
        return member;
      }
      list.set(index, list.get(list.size() - 1));
      list.remove(list.size() - 1);
    }
    return null;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10})
  void aTinyCacheKeepsWhatIsUsedAllTheTime(int size) {
    assertThat(hitRatio(size, 10_000, i -> 0)).isGreaterThan(0.99);
    assertThat(hitRatio(size, 10_000, i -> i / 10)).isBetween(0.89, 0.91);
  }

  @Test
  void aLoopThatDoesNotFitIsKeptInPart() {
    assertThat(hitRatio(500, 200_000, i -> i % 1000)).isGreaterThan(0.4);
  }

  /** Where all come back who left, the merits of ghosts must not outgrow those of members. */
  @ParameterizedTest
  @ValueSource(ints = {550, 750, 1000, 1500})
  void aLoopOfThoseWhoAreRememberedIsKeptInPart(int keys) {
    double best = 499.0 / keys;
    assertThat(hitRatio(500, 300_000, i -> i % keys)).isGreaterThan(best - 0.1);
  }

  @Test
  void whatIsUsedInAShortWhileOnlyIsKeptForThatWhile() {
    assertThat(hitRatio(1000, 200_000, i -> i / 4 - (i % 4) * 150)).isGreaterThan(0.7);
  }

  @Test
  void aScanDoesNotPushOutWhatIsUsed() {
    Random random = new Random(1);
    double quiet = hitRatio(1000, 100_000, i -> zipf(random, 10_000));
    double scanned =
        hitRatio(1000, 200_000, i -> i / 10_000 % 2 == 0 ? zipf(random, 10_000) : 20_000 + i);
    assertThat(scanned * 2).isGreaterThan(quiet - 0.1);
  }

  @Test
  void memoryStaysSmallWhereMembersComeAndLeaveForEver() {
    Random random = new Random(5);
    Member[] members = new Member[1000];
    for (int i = 0; i < 500_000; i++) {
      int index = random.nextInt(members.length);
      if (members[index] != null) {
        order.remove(members[index]);
      }
      members[index] = new Member(i);
      order.add(members[index], 1, i % 3 == 0);
      assertThat(order.bytes()).isLessThan(20_000);
    }
    assertThat(order.size()).isEqualTo(1000);
  }

  @Test
  void nobodyLooksAtAllMembersForTheSakeOfOne() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      members.add(new Member(i));
      order.add(members.get(i), 1, false);
    }
    for (int i = 0; i < 2000; i++) {
      members.forEach(Member::used);
      members.forEach(Member::used);
      members.forEach(Member::used);
      Member left = order.next();
      members.remove(left);
      long looked = members.stream().filter(member -> member.uses() < 3).count();
      assertThat(looked).isLessThan(100);
      i += 50;
    }
  }

  @Test
  void aKeyThatCannotTellItsHashLeavesAsAnyOther() {
    for (int i = 0; i < 100; i++) {
      order.add(Member.withoutHash(i), 1, true);
    }
    for (int i = 99; i >= 0; i--) {
      assertThat(order.next()).isNotNull();
      assertThat(order.size()).isEqualTo(i);
    }
  }

  @Test
  void keysOfOneHashAreKeptAsWellAsOthers() {
    Member[] often = new Member[500];
    Set<Member> members = Collections.newSetFromMap(new IdentityHashMap<>());
    int misses = 0;
    for (int i = 0; i < 100_000; i++) {
      Member asked = i % 2 == 0 ? often[i / 2 % often.length] : null;
      if (asked != null && members.contains(asked)) {
        asked.used();
        continue;
      }
      misses += i % 2 == 0 ? 1 : 0;
      Member fresh = new Member(i, 7);
      if (i % 2 == 0) {
        often[i / 2 % often.length] = fresh;
      }
      order.add(fresh, 1, order.weight() >= 1000);
      members.add(fresh);
      while (order.weight() > 1000) {
        members.remove(order.next());
      }
    }
    assertThat(misses).isLessThan(25_000);
  }

  @Test
  void sharesAreOfTheWeight() {
    Random random = new Random(9);
    long most = 100_000;
    Map<Integer, Member> cache = new HashMap<>();
    int hits = 0;
    for (int i = 0; i < 100_000; i++) {
      int key = zipf(random, 5000);
      Member member = cache.get(key);
      if (member != null) {
        member.used();
        hits++;
        continue;
      }
      member = new Member(key);
      cache.put(key, member);
      int weight = key % 7 == 0 ? 1000 : key % 5;
      order.add(member, weight, order.weight() + weight > most);
      while (order.weight() > most) {
        cache.remove(order.next().key);
      }
    }
    assertThat(order.size()).isEqualTo(cache.size());
    assertThat(hits).isGreaterThan(60_000);
  }

  private static int zipf(Random random, int keys) {
    return (int) Math.pow(keys, random.nextDouble()) - 1; // each octave as likely as any
  }

  /** Of a cache so large which is asked for one key after the other. */
  private static double hitRatio(int size, int requests, IntUnaryOperator keys) {
    AdaptiveOrder<Member> order = new AdaptiveOrder<>();
    Map<Integer, Member> cache = new HashMap<>();
    int hits = 0;
    for (int i = 0; i < requests; i++) {
      int key = keys.applyAsInt(i);
      Member member = cache.get(key);
      if (member != null) {
        member.used();
        hits++;
        continue;
      }
      member = new Member(key);
      cache.put(key, member);
      order.add(member, 1, order.weight() >= size);
      while (order.weight() > size) {
        cache.remove(order.next().key);
      }
    }
    assertThat(new HashSet<>(cache.values())).hasSize(order.size());
    return (double) hits / requests;
  }
}
