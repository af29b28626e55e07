package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Write-through. What each operation writes is in {@link OperationTableTest}.
 *
 * <p>Left open by JSR-107 and chosen here: a batch of nothing is not written; a writer's failure
 * within an entry processor's turn comes as the cause of an {@code EntryProcessorException}.
 */
class WriterTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private LarderConfiguration.Builder<String, String> writingBy(
      CacheWriter<String, String> writer) {
    return caches.settings().writer(() -> writer).writeThrough(true).listener(journal.listener());
  }

  /** The keys of three entries, in their order. */
  private static Map<String, String> abc() {
    Map<String, String> entries = new LinkedHashMap<>();
    List.of("a", "b", "c").forEach(key -> entries.put(key, "1"));
    return entries;
  }

  // ----------------------------------------------------------------------------------- failures

  @ParameterizedTest
  @ValueSource(strings = {"put", "putAll", "remove", "removeAll of it", "iterator.remove", "SET"})
  void exceptionOfTheWriterIsWrappedOnceAndAWriterExceptionNotAtAll(String operation) {
    IllegalStateException noDisk = new IllegalStateException("no disk");
    CacheWriterException ownFailure = new CacheWriterException("no disk");
    FailingWriter writer = new FailingWriter();
    Cache<String, String> cache = caches.create(writingBy(writer));
    cache.put("k", "1");

    writer.failure = noDisk;
    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(CacheWriterException.class)
        .hasCause(noDisk);
    writer.failure = ownFailure;
    assertThatThrownBy(() -> Operations.named(operation).on(cache)).isSameAs(ownFailure);
  }

  @ParameterizedTest
  @ValueSource(strings = {"invoke setValue", "invoke remove", "invokeAll setValue"})
  void writerExceptionInAProcessorsTurnIsTheCauseOfAProcessorException(String operation) {
    FailingWriter writer = new FailingWriter();
    Cache<String, String> cache = caches.create(writingBy(writer));
    cache.put("k", "1");
    writer.failure = new CacheWriterException("no disk");

    assertThatThrownBy(() -> Operations.named(operation).on(cache))
        .isInstanceOf(EntryProcessorException.class)
        .hasCause(writer.failure);
    assertThat(cache.get("k")).isEqualTo("1");
  }

  /** Fails where it is told to: in batches, at the key {@code b}, having done those before. */
  private final class FailingWriter extends Journal.Writer {
    RuntimeException failure;

    FailingWriter() {
      super(journal);
    }

    private void fail() {
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      fail();
    }

    @Override
    public void delete(Object key) {
      fail();
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      if (failure != null) {
        entries.removeIf(entry -> entry.getKey().equals("a"));
        throw failure;
      }
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      if (failure != null) {
        keys.remove("a");
        throw failure;
      }
    }
  }

  @Test
  void batchThatFailsHalfwayStoresWhatWasWrittenAndFails() {
    for (RuntimeException failure :
        List.of(new IllegalStateException("no disk"), new CacheWriterException("no disk"))) {
      FailingWriter writer = new FailingWriter();
      Cache<String, String> cache = caches.create(writingBy(writer));
      writer.failure = failure;

      assertThatThrownBy(() -> cache.putAll(abc()))
          .isInstanceOf(CacheWriterException.class)
          .hasStackTraceContaining("no disk");

      assertThat(journal.take()).containsExactly("CREATED a=1");
      assertThat(Caches.counts(cache)).isEqualTo("p");
    }
  }

  @Test
  void batchThatFailsHalfwayRemovesWhatWasDeletedAndFails() {
    for (boolean all : List.of(true, false)) {
      FailingWriter writer = new FailingWriter();
      Cache<String, String> cache = caches.create(writingBy(writer));
      cache.putAll(abc());
      journal.take();
      writer.failure = new CacheWriterException("no disk");

      assertThatThrownBy(
              () -> {
                if (all) {
                  cache.removeAll();
                } else {
                  cache.removeAll(new LinkedHashSet<>(List.of("a", "b")));
                }
              })
          .isSameAs(writer.failure);

      assertThat(journal.take()).containsExactly("REMOVED a=1");
      assertThat(cache.containsKey("b")).isTrue();
      assertThat(Caches.counts(cache)).isEqualTo("3p r");
    }
  }

  @Test
  void writerThatReturnsWithoutEmptyingTheBatchHasDoneAllOfIt() {
    Cache<String, String> cache = caches.create(writingBy(new FailingWriter()));

    cache.putAll(abc());
    assertThat(cache.getAll(Set.of("a", "b", "c"))).isEqualTo(abc());

    cache.removeAll(Set.of("a"));
    assertThat(cache.containsKey("a")).isFalse();
    cache.removeAll();
    assertThat(cache.iterator()).isExhausted();
  }

  // ------------------------------------------------------------------------------ what is passed

  @Test
  void batchIsTheWritersOwnToChange() {
    Cache<String, String> cache = caches.create(writingBy(journal.writer())); // which empties it
    Map<String, String> entries = abc();
    Set<String> keys = new LinkedHashSet<>(entries.keySet());

    cache.putAll(entries);
    cache.removeAll(keys);
    cache.putAll(Map.of("x", "1"));
    cache.removeAll(Set.of("x"));

    assertThat(entries).isEqualTo(abc());
    assertThat(keys).containsExactly("a", "b", "c");
  }

  @Test
  void batchOfNothingIsNotWritten() {
    Cache<String, String> cache = caches.create(writingBy(journal.writer()));

    cache.putAll(Map.of());
    cache.removeAll(Set.of());
    cache.removeAll();

    assertThat(journal.take()).isEmpty();
  }

  @Test
  void batchIsWrittenInOneCall() {
    Cache<String, String> cache = caches.create(writingBy(journal.writer()));

    cache.putAll(abc());
    cache.removeAll(new LinkedHashSet<>(List.of("a", "x")));

    assertThat(journal.take())
        .filteredOn(line -> line.contains("All"))
        .containsExactly("writeAll [a=1, b=1, c=1]", "deleteAll [a, x]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void entryThatTheWriterKeptIsIndependentOfLaterChanges(boolean batch) {
    List<Cache.Entry<?, ?>> kept = new ArrayList<>();
    CacheWriter<String, List<String>> writer = new KeepingWriter(kept);
    @SuppressWarnings("unchecked")
    Class<List<String>> listType = (Class<List<String>>) (Class<?>) List.class;
    Cache<String, List<String>> cache =
        caches.create(
            caches.settings(String.class, listType).writer(() -> writer).writeThrough(true));
    List<String> value = new ArrayList<>(List.of("1"));

    if (batch) {
      cache.putAll(Map.of("k", value));
    } else {
      cache.put("k", value);
    }
    value.add("2");
    cache.invoke(
        "k",
        (entry, arguments) -> {
          List<String> list = entry.getValue();
          list.add("3");
          entry.setValue(list);
          return null;
        });

    assertThat(kept.get(0).getValue()).isEqualTo(List.of("1"));
    assertThat(cache.get("k")).isEqualTo(List.of("1", "3"));
  }

  private record KeepingWriter(List<Cache.Entry<?, ?>> kept)
      implements CacheWriter<String, List<String>> {
    @Override
    public void write(Cache.Entry<? extends String, ? extends List<String>> entry) {
      kept.add(entry);
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends List<String>>> all) {
      kept.addAll(all);
    }

    @Override
    public void delete(Object key) {}

    @Override
    public void deleteAll(Collection<?> keys) {}
  }

  // ------------------------------------------------------------------------------------ atomicity

  @Test
  void writeAndChangeOfOneKeyAreOneStepForOtherWritersAndReadersSeeTheOldValueUntilThen() {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Journal.Writer slow =
        new Journal.Writer(journal) {
          @Override
          public void write(Cache.Entry<? extends String, ? extends String> entry) {
            if (entry.getValue().equals("2")) {
              writing.countDown();
              awaitOn(goOn);
            }
            super.write(entry);
          }
        };
    Cache<String, String> cache = caches.create(writingBy(slow));
    cache.put("k", "1");
    journal.take();

    CompletableFuture<Void> first = CompletableFuture.runAsync(() -> cache.put("k", "2"));
    awaitOn(writing);
    CompletableFuture<Void> second = CompletableFuture.runAsync(() -> cache.put("k", "3"));
    assertThat(cache.get("k")).isEqualTo("1");
    goOn.countDown();
    CompletableFuture.allOf(first, second).orTimeout(1, TimeUnit.MINUTES).join();

    assertThat(journal.take())
        .filteredOn(line -> line.startsWith("write"))
        .containsExactly("write k=2", "write k=3");
    assertThat(cache.get("k")).isEqualTo("3");
  }

  private static void awaitOn(CountDownLatch latch) {
    try {
      assertThat(latch.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void listenerThatFailsDoesNotStopABatchThatWasWritten() {
    Journal.Listener<String, String> failing =
        new Journal.Listener<>(journal) {
          @Override
          void on(CacheEntryEvent<? extends String, ? extends String> event) {
            super.on(event);
            throw new IllegalStateException("listener");
          }
        };
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .writer(journal::writer)
                .writeThrough(true)
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(() -> failing, null, true, true)));

    assertThatThrownBy(() -> cache.putAll(abc())).isInstanceOf(CacheEntryListenerException.class);
    assertThat(journal.take())
        .containsExactly("writeAll [a=1, b=1, c=1]", "CREATED a=1", "CREATED b=1", "CREATED c=1");
    assertThatThrownBy(() -> cache.removeAll(new LinkedHashSet<>(List.of("a", "b"))))
        .isInstanceOf(CacheEntryListenerException.class);
    assertThat(journal.take()).containsExactly("deleteAll [a, b]", "REMOVED a=1", "REMOVED b=1");
    assertThatThrownBy(cache::removeAll).isInstanceOf(CacheEntryListenerException.class);
    assertThat(cache.iterator()).isExhausted();
  }
}
