package dev.larder.persistence;

import dev.larder.Codec;
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
import dev.larder.ops.StringOperations.When;
import dev.larder.server.command.Replay;
import dev.larder.store.HandClock;
import dev.larder.store.Store;
import dev.larder.store.StoreClock;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/** A cache of strings with a clock to turn by hand, and what persistence is told of it. */
final class OneCache {
  static final long NOW = 1_700_000_000_000L;

  final HandClock clock;
  final CacheOperations<String, String> operations;
  final KeptCache<String, String> kept;

  OneCache(String name) {
    this(name, new HandClock(NOW));
  }

  OneCache(String name, HandClock clock) {
    this.clock = clock;
    Codec<String> codec = TextCodecs.of(String.class, new Copier(null));
    DiskForm<String> form = DiskForm.of(String.class, codec, false, new Copier(null), List.of());
    Store<String, String> store = new Store<>(StoreClock.of(clock), Runnable::run);
    this.operations =
        new CacheOperations<>(
            name,
            new EntryOperations<>(store, new Rules<>() {}, new Statistics()),
            KeyTexts.of(String.class, codec),
            codec,
            new DiskForms<>(form, form));
    this.kept = new KeptCache<>(name, store, form, form, (key, value) -> {});
  }

  /** The same cache, but somebody is told of each entry that comes from disk. */
  KeptCache<String, String> keptAs(BiConsumer<String, String> told) {
    return new KeptCache<>(kept.name(), kept.store(), kept.keys(), kept.values(), told);
  }

  /** What runs foreign commands in these caches. */
  static dev.larder.persistence.Replay replay(OneCache... caches) {
    return new Replay(List.of(caches).stream().map(cache -> cache.operations.forReplay()).toList())
        ::run;
  }

  void set(String key, String value) {
    operations.strings().set(key, value, When.ALWAYS, Deadline.BY_POLICY, null);
  }

  void setUntil(String key, String value, long time) {
    operations.strings().set(key, value, When.ALWAYS, Deadline.at(time), null);
  }

  /** Its entries, with the deadline behind the value if there is one: {@code v@1700000000000}. */
  Map<String, String> entries() {
    Map<String, String> entries = new TreeMap<>();
    operations
        .keyspace()
        .forEach(
            key -> {
              long time = operations.expiry().expireTime(key);
              String value = operations.strings().get(key);
              entries.put(key, value + (time < 0 ? "" : "@" + time));
            });
    return entries;
  }
}
