package dev.larder.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Orders by second chance and by a sample. */
final class PlainOrdersTest {
  private static final class Item extends Candidate {
    final int number;

    Item(int number) {
      super(0);
      this.number = number;
    }

    @Override
    protected int keyHash() {
      return number;
    }
  }

  private static List<Item> items(EvictionOrder<Item> order, int count) {
    List<Item> items = new ArrayList<>();
    IntStream.range(0, count).mapToObj(Item::new).forEach(items::add);
    items.forEach(item -> order.add(item, 1, false));
    return items;
  }

  @Test
  void whoWasUsedGetsASecondChanceAndOnlyOne() {
    SecondChanceOrder<Item> order = new SecondChanceOrder<>();
    List<Item> items = items(order, 4);
    items.get(0).used();
    items.get(0).used();
    items.get(2).used();
    assertThat(List.of(order.next().number, order.next().number)).containsExactly(1, 3);
    assertThat(List.of(order.next().number, order.next().number)).containsExactly(0, 2);
    assertThat(order.next()).isNull();
  }

  @Test
  void ifAllAreUsedAllTheTimeSomebodyLeavesWithoutALookAtAll() {
    SecondChanceOrder<Item> order = new SecondChanceOrder<>();
    List<Item> items = items(order, 10_000);
    items.forEach(Item::used);
    assertThat(order.next().number).isBetween(1, 100);
  }

  @Test
  void lowestRankOfASampleLeavesAndOfAFewThatIsTheLowest() {
    SampledOrder<Item> order =
        new SampledOrder<>(new SplittableRandom(1), item -> Math.abs(item.number - 2));
    items(order, 4);
    assertThat(order.next().number).isEqualTo(2);
    SampledOrder<Item> many = new SampledOrder<>(new SplittableRandom(1), item -> item.number);
    items(many, 10_000);
    double mean = IntStream.range(0, 100).map(i -> many.next().number).average().orElseThrow();
    assertThat(mean).as("mean of the lowest of 16 of 10,000").isBetween(400.0, 800.0);
  }

  @Test
  void atRandomEverybodyIsAsLikelyAsTheOthers() {
    int[] first = new int[10];
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 10_000; i++) {
      SampledOrder<Item> order = new SampledOrder<>(random, null);
      items(order, 10);
      first[order.next().number]++;
    }
    assertThat(IntStream.of(first).boxed()).allSatisfy(n -> assertThat(n).isBetween(850, 1_150));
  }

  @Test
  void slotsOfThoseWhoLeftByThemselvesAreFoundAgain() {
    SampledOrder<Item> order = new SampledOrder<>(new SplittableRandom(1), null);
    List<Item> here = new ArrayList<>(items(order, 1_000));
    Random random = new Random(1);
    for (int i = 0; i < 100_000; i++) {
      Item fresh = new Item(i);
      order.add(fresh, 1, false);
      order.remove(here.set(random.nextInt(here.size()), fresh));
      assertThat(order.slots()).isLessThan(2_500);
    }
    assertThat(order.size()).isEqualTo(1_000);
    for (int i = 0; i < 1_000; i++) {
      assertThat(here).contains(order.next());
    }
    assertThat(order.next()).isNull();
    assertThat(order.slots()).isZero();
  }
}
