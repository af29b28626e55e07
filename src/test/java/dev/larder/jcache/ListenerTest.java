package dev.larder.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.LarderConfiguration;
import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.EventType;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Listeners. Which operation tells of what is in {@link OperationTableTest}.
 *
 * <p>Left open by JSR-107 and chosen here: a failing synchronous listener or filter fails the
 * operation, whose change stays, and does not keep other listeners from being told; a listener that
 * is deregistered is not closed; each call tells of one event.
 */
class ListenerTest {
  @RegisterExtension final Caches caches = new Caches();
  private final Journal journal = new Journal();

  private LarderConfiguration.Builder<String, String> minuteLong() {
    return caches.settings().expiry(CreatedExpiryPolicy.factoryOf(Duration.ONE_MINUTE));
  }

  private static CacheEntryListenerConfiguration<String, String> synchronously(
      Journal.Listener<String, String> listener) {
    return new MutableCacheEntryListenerConfiguration<>(() -> listener, null, true, true);
  }

  private static CacheEntryListenerConfiguration<String, String> filtered(
      Journal.Listener<String, String> listener, CacheEntryEventFilter<String, String> filter) {
    return new MutableCacheEntryListenerConfiguration<>(() -> listener, () -> filter, true, true);
  }

  // ------------------------------------------------------------------------------------ failures

  @Test
  void failureOfAListenerIsWrappedOnceAndTheChangeStays() {
    IllegalStateException bug = new IllegalStateException("bug");
    Cache<String, String> cache =
        caches.create(
            caches.settings().listener(synchronously(new Journal.FailingListener(journal, bug))));

    assertThatThrownBy(() -> cache.put("k", "1"))
        .isInstanceOf(CacheEntryListenerException.class)
        .hasCause(bug);
    assertThat(cache.get("k")).isEqualTo("1");
    assertThatThrownBy(() -> cache.remove("k")).hasCause(bug);
    assertThat(cache.get("k")).isNull();
  }

  @Test
  void listenerExceptionIsPassedAsItIsAlsoByInvoke() {
    CacheEntryListenerException bug = new CacheEntryListenerException("bug");
    Cache<String, String> cache =
        caches.create(
            caches.settings().listener(synchronously(new Journal.FailingListener(journal, bug))));

    assertThatThrownBy(() -> cache.put("k", "1")).isSameAs(bug);
    assertThatThrownBy(() -> Operations.named("invoke setValue").on(cache)).isSameAs(bug);
    assertThat(cache.get("k")).isEqualTo("2");
  }

  @Test
  void errorOfAListenerReachesTheCallerAndTheChangeStays() {
    AssertionError bug = new AssertionError("bug");
    Cache<String, String> cache =
        caches.create(
            minuteLong().listener(synchronously(new Journal.FailingListener(journal, bug))));

    assertThatThrownBy(() -> cache.put("k", "1")).isSameAs(bug);
    caches.clock.advanceSeconds(60);
    assertThatThrownBy(() -> cache.put("k", "2")).isSameAs(bug);

    assertThat(cache.get("k")).isEqualTo("2");
    assertThat(journal.take()).containsExactly("CREATED k=1", "EXPIRED k=1", "CREATED k=2");
  }

  @Test
  void failureOfAFilterFailsTheOperationAndTheChangeStays() {
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .listener(
                    filtered(
                        new Journal.Listener<>(journal),
                        event -> {
                          throw new IllegalStateException("filter");
                        })));

    assertThatThrownBy(() -> cache.put("k", "1"))
        .isInstanceOf(CacheEntryListenerException.class)
        .hasStackTraceContaining("filter");

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(journal.take()).isEmpty();
  }

  @Test
  void failureOfOneListenerDoesNotKeepTheChangeFromTheOthers() {
    Journal others = new Journal();
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .listener(
                    synchronously(new Journal.FailingListener(journal, new RuntimeException())))
                .listener(others.listener()));

    assertThatThrownBy(() -> cache.put("k", "1")).isInstanceOf(CacheEntryListenerException.class);

    assertThat(others.take()).containsExactly("CREATED k=1");
  }

  // -------------------------------------------------------------------------------------- events

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void removedAndExpiredEventsHaveTheOldValueAsValueOrNeither(boolean oldValueRequired) {
    List<CacheEntryEvent<?, ?>> events = new ArrayList<>();
    Cache<String, String> cache =
        caches.create(
            minuteLong()
                .listener(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> keeping(events), null, oldValueRequired, true)));
    cache.put("removed", "1");
    cache.put("expired", "1");
    cache.remove("removed");
    caches.clock.advanceSeconds(60);
    cache.get("expired");

    String old = oldValueRequired ? "1" : null;
    assertThat(events).hasSize(4);
    for (CacheEntryEvent<?, ?> event : events.subList(2, 4)) {
      assertThat(event.getEventType()).isIn(EventType.REMOVED, EventType.EXPIRED);
      assertThat(event.getValue()).isEqualTo(old);
      assertThat(event.getOldValue()).isEqualTo(old);
      assertThat(event.isOldValueAvailable()).isEqualTo(oldValueRequired);
    }
  }

  private Journal.Listener<String, String> keeping(List<CacheEntryEvent<?, ?>> events) {
    return new Journal.Listener<>(journal) {
      @Override
      void on(CacheEntryEvent<? extends String, ? extends String> event) {
        events.add(event);
      }
    };
  }

  @Test
  void eventThatAListenerKeptSaysTheSameLater() {
    List<CacheEntryEvent<?, ?>> events = new ArrayList<>();
    Cache<String, String> cache =
        caches.create(caches.settings().listener(synchronously(keeping(events))));

    cache.put("k", "1");
    cache.put("k", "2");
    cache.remove("k");

    assertThat(events)
        .extracting(Object::toString)
        .containsExactly("CREATED k=1", "UPDATED k=2, was 1", "REMOVED k=2, was 2");
    assertThat(events.get(0).isOldValueAvailable()).isFalse();
    assertThat(events.get(0).getOldValue()).isNull();
  }

  @Test
  void eventComesFromTheCacheAndUnwrapsToItselfOnly() {
    List<CacheEntryEvent<?, ?>> events = new ArrayList<>();
    Cache<String, String> cache =
        caches.create(caches.settings().listener(synchronously(keeping(events))));
    cache.put("k", "1");
    CacheEntryEvent<?, ?> event = events.get(0);

    assertThat((Object) event.getSource()).isSameAs(cache);
    assertThat(event.unwrap(CacheEntryEvent.class)).isSameAs(event);
    assertThatThrownBy(() -> event.unwrap(String.class))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void settingTheSameInstanceAgainIsAnUpdate() {
    Cache<String, String> cache =
        caches.create(
            caches
                .settings()
                .storeByValue(false)
                .writer(journal::writer)
                .writeThrough(true)
                .listener(journal.listener(false, true)));
    cache.put("k", "1");
    journal.take();

    cache.invoke(
        "k",
        (entry, arguments) -> {
          entry.setValue(entry.getValue());
          return null;
        });

    assertThat(journal.take()).containsExactly("write k=1", "UPDATED k=1");
    assertThat(Caches.counts(cache)).isEqualTo("h 2p");
  }

  // -------------------------------------------------------------------------------- registration

  @Test
  void listenerIsRegisteredOnceAndLeavesByAnEqualConfiguration() {
    Cache<String, String> cache = caches.create();
    MutableCacheEntryListenerConfiguration<String, String> configuration =
        new MutableCacheEntryListenerConfiguration<>(journal.listener());

    cache.registerCacheEntryListener(configuration);
    assertThatThrownBy(
            () ->
                cache.registerCacheEntryListener(
                    new MutableCacheEntryListenerConfiguration<>(configuration)))
        .isInstanceOf(IllegalArgumentException.class);
    cache.put("a", "1");
    assertThat(journal.take()).containsExactly("CREATED a=1");

    cache.deregisterCacheEntryListener(new MutableCacheEntryListenerConfiguration<>(configuration));
    cache.deregisterCacheEntryListener(configuration); // is gone: nothing happens
    cache.put("b", "1");
    assertThat(journal.take()).isEmpty();

    cache.registerCacheEntryListener(configuration);
    cache.put("c", "1");
    assertThat(journal.take()).containsExactly("CREATED c=1");
  }

  @Test
  void listenersOfTheConfigurationAreThoseRegisteredNow() {
    CacheEntryListenerConfiguration<String, String> first = journal.listener();
    CacheEntryListenerConfiguration<String, String> second = journal.listener();
    Cache<String, String> cache = caches.create(caches.settings().listener(first));

    cache.registerCacheEntryListener(second);
    assertThat(listenersOf(cache)).containsExactly(first, second);
    cache.deregisterCacheEntryListener(first);
    assertThat(listenersOf(cache)).containsExactly(second);
  }

  @SuppressWarnings("unchecked")
  private static Iterable<CacheEntryListenerConfiguration<String, String>> listenersOf(
      Cache<String, String> cache) {
    return cache
        .getConfiguration(CompleteConfiguration.class)
        .getCacheEntryListenerConfigurations();
  }

  @Test
  void configurationOfAListenerThatChangesLaterChangesNothing() {
    MutableCacheEntryListenerConfiguration<String, String> configuration =
        new MutableCacheEntryListenerConfiguration<>(journal.listener());
    Queue<Runnable> tasks = new ArrayDeque<>();
    Cache<String, String> cache =
        caches.create(caches.settings().executor(() -> tasks::add).listener(configuration));

    configuration.setOldValueRequired(false);
    configuration.setSynchronous(false);
    cache.put("k", "1");
    cache.remove("k");

    assertThat(journal.take()).containsExactly("CREATED k=1", "REMOVED k=1");
    assertThat(tasks).isEmpty();
  }

  @Test
  void nullIsNoListener() {
    Cache<String, String> cache = caches.create();

    assertThatThrownBy(() -> cache.registerCacheEntryListener(null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.deregisterCacheEntryListener(null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void deregisteredListenerIsNotClosedAndServesAgain() {
    Cache<String, String> cache = caches.create();
    CacheEntryListenerConfiguration<String, String> configuration =
        synchronously(new CloseableListener());

    cache.registerCacheEntryListener(configuration);
    cache.deregisterCacheEntryListener(configuration);
    assertThat(journal.take()).isEmpty();

    cache.registerCacheEntryListener(configuration);
    cache.put("k", "1");
    cache.close();
    assertThat(journal.take()).containsExactly("CREATED k=1", "closed");
  }

  private final class CloseableListener extends Journal.Listener<String, String>
      implements Closeable {
    CloseableListener() {
      super(journal);
    }

    @Override
    public void close() {
      journal.add("closed");
    }
  }

  @Test
  void changesByOperationsOfRedisAreToldToo() {
    Cache<String, String> cache = caches.create(caches.settings().listener(journal.listener()));

    for (String operation : List.of("INCR", "SET", "EXPIRE", "PERSIST", "DEL")) {
      Operations.named(operation).on(cache);
    }

    assertThat(journal.take()).containsExactly("CREATED k=1", "UPDATED k=1>2", "REMOVED k=2");
    cache.getAll(Set.of("k"));
    assertThat(journal.take()).isEmpty();
  }
}
