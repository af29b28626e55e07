package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * The iterator of a cache.
 *
 * <p>Left open by JSR-107 and chosen here: an entry that {@code hasNext} has found is returned by
 * {@code next} even if it went or expired in between, and is then not counted as a hit; {@code
 * remove} removes the key whatever its value is by now, and does nothing if it is gone; after the
 * cache was closed the iterator fails.
 */
class IteratorTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private LarderConfiguration.Builder<String, String> minuteLong() {
    return caches
        .settings()
        .expiry(CreatedExpiryPolicy.factoryOf(Duration.ONE_MINUTE))
        .writer(journal::writer)
        .writeThrough(true)
        .listener(journal.listener());
  }

  private Cache<String, String> withEntry(String... keys) {
    Cache<String, String> cache = caches.create(minuteLong());
    for (String key : keys) {
      cache.put(key, "1");
    }
    Caches.operations(cache).statistics().clear();
    journal.take();
    return cache;
  }

  @Test
  void entryReturnedIsASnapshot() {
    Cache<String, String> cache = withEntry("k");

    Cache.Entry<String, String> entry = cache.iterator().next();
    cache.put("k", "2");

    assertThat(entry.getValue()).isEqualTo("1");
    assertThat(entry).hasToString("k=1");
    assertThat((Object) entry.unwrap(Cache.Entry.class)).isSameAs(entry);
    assertThatThrownBy(() -> entry.unwrap(String.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nextPastTheEndHasNoSuchElement() {
    Iterator<Cache.Entry<String, String>> all = withEntry("k").iterator();

    all.next(); // hasNext need not be asked
    assertThat(all.hasNext()).isFalse();
    assertThatThrownBy(all::next).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(caches.create().iterator()::next).isInstanceOf(NoSuchElementException.class);
  }

  @Test
  void removeNeedsANextOfItsOwn() {
    Iterator<Cache.Entry<String, String>> all = withEntry("a", "b").iterator();

    assertThatThrownBy(all::remove).isInstanceOf(IllegalStateException.class);
    all.next();
    all.remove();
    assertThatThrownBy(all::remove).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void removeAfterHasNextRemovesTheEntryReturnedLast() {
    Cache<String, String> cache = withEntry("a", "b");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();

    String first = all.next().getKey();
    assertThat(all.hasNext()).isTrue();
    all.remove();
    String second = all.next().getKey();

    assertThat(cache.containsKey(first)).isFalse();
    assertThat(cache.containsKey(second)).isTrue();
  }

  @Test
  void removeAlsoRemovesAnEntryThatWasReplacedMeanwhile() {
    Cache<String, String> cache = withEntry("k");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();
    all.next();
    cache.put("k", "2");
    journal.take();

    all.remove();

    assertThat(cache.containsKey("k")).isFalse();
    assertThat(journal.take()).containsExactly("delete k", "REMOVED k=2");
    assertThat(Caches.counts(cache)).isEqualTo("h p r");
  }

  @Test
  void removeOfAnEntryThatIsGoneDoesNothing() {
    Cache<String, String> cache = withEntry("k");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();
    all.next();
    cache.remove("k");
    journal.take();

    all.remove();

    assertThat(journal.take()).isEmpty();
    assertThat(Caches.counts(cache)).isEqualTo("h r");
  }

  @Test
  void removeOfAnEntryThatExpiredMeanwhileOnlyTellsOfThat() {
    Cache<String, String> cache = withEntry("k");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();
    all.next();
    caches.clock.advanceSeconds(60);

    all.remove();

    assertThat(journal.take()).containsExactly("EXPIRED k=1");
    assertThat(Caches.counts(cache)).isEqualTo("h");
  }

  @Test
  void entryFoundByHasNextIsReturnedThoughItExpiredSince() {
    Cache<String, String> cache = withEntry("k");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();
    assertThat(all.hasNext()).isTrue();
    caches.clock.advanceSeconds(60);

    assertThat(all.next().getValue()).isEqualTo("1");

    assertThat(Caches.counts(cache)).isEqualTo("-");
    assertThat(cache.iterator()).isExhausted();
  }

  @Test
  void expiredEntriesArePassedOverAndEachIsToldOnce() {
    Cache<String, String> cache = withEntry("a", "b");
    caches.clock.advanceSeconds(60);
    cache.put("c", "1");
    journal.take();

    for (int i = 0; i < 2; i++) {
      assertThat(cache).extracting(Cache.Entry::getKey).containsExactly("c");
    }

    assertThat(journal.take()).containsExactlyInAnyOrder("EXPIRED a=1", "EXPIRED b=1");
  }

  @Test
  void entriesThatStayAreReturnedOnceHoweverTheCacheGrows() {
    Cache<Integer, Integer> cache = caches.create(caches.settings(Integer.class, Integer.class));
    IntStream.range(0, 1_000).forEach(key -> cache.put(key, key));
    List<Integer> met = new ArrayList<>();

    int fresh = 1_000;
    for (Cache.Entry<Integer, Integer> entry : cache) {
      met.add(entry.getKey());
      if (fresh < 20_000) { // several doublings meanwhile
        for (int i = 0; i < 100; i++, fresh++) {
          cache.put(fresh, fresh);
        }
      }
    }

    assertThat(met).doesNotHaveDuplicates();
    assertThat(met).containsAll(IntStream.range(0, 1_000).boxed().toList());
  }

  @Test
  void iteratorFailsAfterTheCacheWasClosed() {
    Cache<String, String> cache = withEntry("a", "b");
    Iterator<Cache.Entry<String, String>> all = cache.iterator();
    all.next();
    all.hasNext();

    cache.close();

    assertThatThrownBy(all::hasNext).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(all::next).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(all::remove).isInstanceOf(IllegalStateException.class);
  }
}
