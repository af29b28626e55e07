package dev.larder.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.store.Keys.Rigged;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BucketsTest {
  private final Buckets<Object, String> buckets =
      new Buckets<>(Object::hashCode, new SecondHash(new Random(1)));

  @Test
  void findsWhatWasLinkedThroughManyDoublings() {
    for (int i = 0; i < 5_000; i++) {
      link(i);
      assertThat(find(i)).isNotNull();
    }
    for (int i = 0; i < 5_000; i++) {
      assertThat(find(i)).as("key %s", i).isNotNull();
    }
    assertThat(find(5_000)).isNull();
    assertThat(buckets.size()).isEqualTo(5_000);
  }

  @Test
  void linkingAKeyThatIsThereGivesTheEntryThatIsThere() {
    Entry<Object, String> first = link("a");

    assertThat(link("a")).isSameAs(first);
    assertThat(buckets.size()).isEqualTo(1);
  }

  @Test
  void aDeadEntryGivesWayToAnotherOfItsKey() {
    Entry<Object, String> dead = link("a");
    dead.exchangeLock(Entry.DEAD);
    Entry<Object, String> second = link("a");

    assertThat(second).isNotSameAs(dead);
    assertThat(find("a")).isSameAs(second);
    assertThat(buckets.size()).isEqualTo(1);

    unlink(dead); // by the thread that killed it, which comes late
    assertThat(find("a")).isSameAs(second);
    assertThat(buckets.size()).isEqualTo(1);
  }

  @Test
  void anUnlinkedEntryStillLeadsOnToThoseBehindIt() {
    for (int i = 0; i < 3; i++) {
      link(Keys.colliding(i));
    }
    List<Object> chain = scanAll();
    Entry<Object, String> standing = find(chain.get(1)); // a reader stops here
    Entry<Object, String> behind = find(chain.get(2));
    unlink(standing);

    assertThat(standing.next()).isSameAs(behind);
    assertThat(find(chain.get(0)).next()).isSameAs(behind);
  }

  @Test
  void aHundredThousandStringsOfEqualHashAreNoneTheSlower() {
    int count = 100_000;
    long begun = System.nanoTime();
    for (int i = 0; i < count; i++) {
      link(Keys.colliding(i));
    }
    for (int i = 0; i < count; i++) {
      assertThat(find(Keys.colliding(i)) != null).isTrue();
    }
    assertThat(find(Keys.colliding(count))).isNull();
    assertThat(scanAll()).hasSize(count);
    for (int i = 0; i < count; i += 2) {
      unlink(find(Keys.colliding(i)));
    }
    for (int i = 0; i < count; i++) {
      assertThat(find(Keys.colliding(i)) != null).isEqualTo(i % 2 == 1);
    }
    assertThat(buckets.size()).isEqualTo(count / 2);
    // in one chain it would be ten thousand million comparisons: minutes; so it is a fraction of a
    // second
    assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
  }

  @Test
  void growthDissolvesAFloodedBucket() {
    // 20 keys of one bucket while there are few buckets, of many when there are more
    List<Rigged> keys = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      keys.add(new Rigged(i, i << 5));
    }
    keys.forEach(this::link);
    int visits = visitsOfAScan();
    for (int i = 0; i < 2_000; i++) {
      link(new Rigged(100 + i, i));
    }

    assertThat(visits).isLessThan(64);
    for (Rigged key : keys) {
      assertThat(find(key)).isNotNull();
    }
    assertThat(visitsOfAScan()).isGreaterThan(1_000);
    assertThat(scanAll()).hasSize(2_020).doesNotHaveDuplicates();
    assertThat(buckets.size()).isEqualTo(2_020);
  }

  @Test
  void anEqualHashStaysFloodedThroughGrowth() {
    for (int i = 0; i < 50; i++) {
      link(Keys.colliding(i));
    }
    for (int i = 0; i < 3_000; i++) {
      link(i);
    }
    for (int i = 0; i < 50; i++) {
      assertThat(find(Keys.colliding(i))).isNotNull();
    }
    assertThat(scanAll()).hasSize(3_050).doesNotHaveDuplicates();
  }

  @Test
  void aScanMeetsStableEntriesOnceHoweverTheTableGrows() {
    Random random = new Random(7);
    for (int round = 0; round < 20; round++) {
      Buckets<Object, String> table =
          new Buckets<>(Object::hashCode, new SecondHash(new Random(1)));
      int stable = random.nextInt(300);
      for (int i = 0; i < stable; i++) {
        Object key = i % 3 == 0 ? Keys.colliding(i) : (Object) i;
        table.link(entry(key), key.hashCode());
      }
      Map<Object, Integer> met = new HashMap<>();
      int more = stable;
      int cursor = 0;
      do {
        cursor = table.scan(cursor, entry -> met.merge(entry.key(), 1, Integer::sum));
        for (int i = random.nextInt(20); i > 0 && more < 2_000; i--) {
          Object key = more % 3 == 0 ? Keys.colliding(more) : (Object) more;
          table.link(entry(key), key.hashCode());
          more++;
        }
      } while (cursor != 0);
      for (int i = 0; i < stable; i++) {
        Object key = i % 3 == 0 ? Keys.colliding(i) : (Object) i;
        assertThat(met.get(key)).as("visits of %s in round %s", key, round).isEqualTo(1);
      }
      assertThat(met.values()).as("visits in round %s", round).containsOnly(1);
    }
  }

  @Test
  void aKeyWhoseHashCodeThrowsOnlyKeepsTheTableFromGrowing() {
    List<Rigged> keys = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      keys.add(new Rigged(i, i));
    }
    keys.subList(0, 50).forEach(this::link);
    keys.get(3).broken = true;
    keys.subList(50, 100).forEach(this::link);
    int grown = visitsOfAScan();
    keys.get(3).broken = false;
    keys.forEach(key -> assertThat(find(key)).as("%s", key).isNotNull());
    link(new Rigged(100, 100));

    assertThat(grown).isEqualTo(64);
    assertThat(visitsOfAScan()).isEqualTo(128);
    keys.forEach(key -> assertThat(find(key)).as("%s", key).isNotNull());
    assertThat(scanAll()).hasSize(101);
  }

  @Test
  void anEqualsThatThrowsChangesNothing() {
    Rigged broken = new Rigged(2, 1);
    link(new Rigged(1, 1));
    broken.broken = true;
    Entry<Object, String> fresh = new Entry<>(broken, (short) 0, null);

    assertThatThrownBy(() -> buckets.link(fresh, 1)).hasMessage("a broken key");
    assertThat(buckets.size()).isEqualTo(1);
    assertThat(scanAll()).hasSize(1);
  }

  /** Every entry keeps its own key's bucket through random linking and unlinking. */
  @Test
  void isAMapOfWhatIsLinked() {
    Random random = new Random(3);
    Map<Object, Entry<Object, String>> model = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      int n = random.nextInt(3_000);
      Object key = n % 4 == 0 ? Keys.colliding(n) : new Rigged(n, n % 4 == 1 ? n : n << 12);
      if (random.nextInt(3) != 0) {
        assertThat(link(key)).isSameAs(model.computeIfAbsent(key, this::find));
      } else if (model.containsKey(key)) {
        unlink(model.remove(key));
      }
      assertThat(find(key)).isSameAs(model.get(key));
    }
    assertThat(buckets.size()).isEqualTo(model.size());
    assertThat(new HashSet<>(scanAll())).isEqualTo(model.keySet());
  }

  private Entry<Object, String> link(Object key) {
    return buckets.link(entry(key), key.hashCode());
  }

  private static Entry<Object, String> entry(Object key) {
    return new Entry<>(key, (short) 0, null);
  }

  private Entry<Object, String> find(Object key) {
    return buckets.find(key, key.hashCode(), (short) 0);
  }

  private void unlink(Entry<Object, String> entry) {
    entry.exchangeLock(Entry.DEAD);
    buckets.unlink(entry, entry.key().hashCode());
  }

  private List<Object> scanAll() {
    List<Object> keys = new ArrayList<>();
    int cursor = 0;
    do {
      cursor = buckets.scan(cursor, entry -> keys.add(entry.key()));
    } while (cursor != 0);
    Set<Object> once = new HashSet<>(keys);
    assertThat(keys).hasSameSizeAs(once);
    return keys;
  }

  private int visitsOfAScan() {
    int visits = 0;
    int cursor = 0;
    do {
      cursor = buckets.scan(cursor, entry -> {});
      visits++;
    } while (cursor != 0);
    return visits;
  }
}
