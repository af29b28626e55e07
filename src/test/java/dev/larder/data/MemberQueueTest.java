package dev.larder.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemberQueueTest {
  private final MemberQueue<Member> queue = new MemberQueue<>(1);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void membersComeOutInTheOrderTheyCameWhoeverLeavesBetween(long seed) {
    Random random = new Random(seed);
    Deque<Member> model = new ArrayDeque<>();
    long weight = 0;
    int next = 0;
    for (int phase = 0; phase < 60; phase++) {
      int adds = random.nextInt(10);
      int leaves = random.nextInt(10);
      int polls = random.nextInt(4) * random.nextInt(3);
      for (int i = 0; i < 400; i++) {
        int dice = random.nextInt(20);
        if (dice < adds) {
          Member fresh = new Member(next++);
          int its = random.nextInt(9);
          queue.add(fresh, its);
          model.add(fresh);
          weight += its;
        } else if (dice < adds + leaves && !model.isEmpty()) {
          Member leaver = random.nextBoolean() ? model.peekLast() : model.peekFirst();
          if (random.nextInt(3) == 0) {
            List<Member> all = new ArrayList<>(model);
            leaver = all.get(random.nextInt(all.size()));
          }
          model.remove(leaver);
          weight -= leaver.weight();
          queue.leave(leaver);
        } else if (dice < adds + leaves + polls) {
          Member expected = model.poll();
          Member found = pollFar();
          assertThat(found).isSameAs(expected);
          weight -= found == null ? 0 : found.weight();
        }
        assertThat(queue.size()).isEqualTo(model.size());
        assertThat(queue.weight()).isEqualTo(weight);
      }
    }
    while (!model.isEmpty()) {
      assertThat(pollFar()).isSameAs(model.poll());
    }
    assertThat(queue.poll()).isNull();
    assertThat(queue.slots()).isZero();
  }

  private Member pollFar() {
    Member first = queue.poll();
    while (first == null && queue.size() > 0) {
      first = queue.poll();
    }
    return first;
  }

  @Test
  void slotsStayFewWhereMembersComeAndLeaveForEver() {
    Random random = new Random(3);
    List<Member> members = new ArrayList<>();
    long most = 0;
    for (int i = 0; i < 300_000; i++) {
      Member fresh = new Member(i);
      queue.add(fresh, 1);
      if (members.size() < 1000) {
        members.add(fresh);
      } else {
        queue.leave(members.set(random.nextInt(1000), fresh));
      }
      most = Math.max(most, queue.slots());
    }
    assertThat(most).isLessThan(2200);
  }

  @Test
  void slotsGoAwayWithTheMembers() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      members.add(new Member(i));
      queue.add(members.get(i), 1);
    }
    for (Member member : members) {
      long before = queue.slots();
      queue.leave(member);
      assertThat(before - queue.slots()).as("slots swept by one call").isLessThanOrEqualTo(8);
    }
    assertThat(queue.size()).isZero();
    assertThat(queue.slots()).isLessThan(1000);
  }

  @Test
  void oneCallPassesOverFewSlotsOfThoseWhoLeft() {
    List<Member> members = new ArrayList<>();
    for (int i = 0; i < 100_000; i++) {
      members.add(new Member(i));
      queue.add(members.get(i), 1);
    }
    members.subList(0, 15_000).forEach(queue::leave);
    for (Member first = null; first == null; ) {
      long before = queue.slots();
      first = queue.poll();
      assertThat(before - queue.slots()).isLessThanOrEqualTo(512);
      assertThat(first).isIn(null, members.get(15_000));
    }
  }
}
