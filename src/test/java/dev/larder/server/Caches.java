package dev.larder.server;

import dev.larder.codec.Copier;
import dev.larder.codec.DiskForm;
import dev.larder.codec.DiskForms;
import dev.larder.codec.KeyTexts;
import dev.larder.codec.TextCodecs;
import dev.larder.ops.CacheOperations;
import dev.larder.ops.Deadline;
import dev.larder.ops.EntryOperations;
import dev.larder.ops.Rules;
import dev.larder.ops.Statistics;
import dev.larder.ops.StringOperations;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Caches without {@code javax.cache} around them, and with a clock that a test moves by hand. */
final class Caches {
  /** The time by which entries expire. */
  final AtomicLong now = new AtomicLong(1_700_000_000_000L);

  final CacheOperations<String, String> strings = cache("strings", new Rules<>() {});
  final List<CacheOperations<?, ?>> all = new ArrayList<>(List.of(strings));

  CacheOperations<String, String> cache(String name, Rules<String, String> rules) {
    return cache(name, String.class, String.class, rules);
  }

  <K, V> CacheOperations<K, V> cache(String name, Class<K> key, Class<V> value, Rules<K, V> rules) {
    Copier copier = new Copier(Caches.class.getClassLoader());
    Store<K, V> store = new Store<>(StoreClock.of(now::get), Runnable::run);
    return new CacheOperations<>(
        name,
        new EntryOperations<>(store, rules, new Statistics(store::evictions)),
        KeyTexts.of(key, TextCodecs.of(key, copier)),
        TextCodecs.of(value, copier),
        new DiskForms<>(
            DiskForm.of(key, TextCodecs.of(key, copier), false, copier, List.of()),
            DiskForm.of(value, TextCodecs.of(value, copier), false, copier, List.of())));
  }

  /** Puts a string into the first cache, as Java code would. */
  void set(String key, String value) {
    strings.strings().set(key, value, StringOperations.When.ALWAYS, Deadline.BY_POLICY, null);
  }

  <K, V> CacheOperations<K, V> add(CacheOperations<K, V> cache) {
    all.add(cache);
    return cache;
  }

  LarderServer.Builder server() {
    return LarderServer.builder(all).port(0);
  }
}
