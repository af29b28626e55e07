package dev.larder.persistence;

import dev.larder.CodecException;
import dev.larder.PersistenceException;
import dev.larder.codec.DiskForm;
import dev.larder.rdb.RdbException;
import dev.larder.rdb.RdbReader;
import dev.larder.rdb.RdbVisitor;
import dev.larder.store.Entry;
import dev.larder.store.StoreClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot has for some caches: checks that it fits them, and makes keys and values of its
 * bytes.
 *
 * <p>A snapshot of ours tells which cache each number stands for; its entries go to the cache of
 * that name, whatever number it has here. In any other, numbers are all there is.
 */
final class Contents implements RdbVisitor {
  private final String file;
  private final List<KeptCache<?, ?>> caches;
  private final StoreClock clock;
  private final boolean skipUnsupported;
  private final boolean anyName;
  private final Sink sink;

  private final Map<Integer, String> names = new HashMap<>();
  private final Map<String, String> facts = new HashMap<>();
  private final Map<String, Long> unsupported = new TreeMap<>();
  private final Map<String, Long> homeless = new TreeMap<>(); // entries of caches that are not here
  private boolean keepsExpired;
  private boolean ours;
  private int number;
  private @Nullable KeptCache<?, ?> current;
  private long loaded;
  private long expired;

  /** Takes the entries. */
  @FunctionalInterface
  interface Sink {
    /** An entry; {@code time} is in epoch milliseconds, {@link Entry#ETERNAL} if it has none. */
    <K, V> void put(KeptCache<K, V> cache, K key, V value, long time);
  }

  /**
   * The contents of a file for these caches.
   *
   * @param file as messages name it
   * @param caches the index is the number, where the file does not say otherwise
   * @param skipUnsupported whether values that there are not yet are left out
   * @param anyName whether the only cache takes what the file has of the only one that it names
   */
  Contents(
      String file,
      List<KeptCache<?, ?>> caches,
      StoreClock clock,
      boolean skipUnsupported,
      boolean anyName,
      Sink sink) {
    this.file = file;
    this.caches = caches;
    this.clock = clock;
    this.skipUnsupported = skipUnsupported;
    this.anyName = anyName;
    this.sink = sink;
  }

  /** The same contents, but such whose time has passed are entries, too. */
  Contents keepingExpired() {
    keepsExpired = true;
    return this;
  }

  /** Whether it was written by us. */
  boolean isOurs() {
    return ours;
  }

  long loaded() {
    return loaded;
  }

  /** Entries whose time had passed. */
  long expired() {
    return expired;
  }

  /** Whether something was left out. */
  boolean isIncomplete() {
    return !unsupported.isEmpty();
  }

  /** What was left out: {@code 3 list, 1 set}. */
  String leftOut() {
    return Failures.counts(unsupported);
  }

  /**
   * The caches by the numbers that the file gives them; the others have their own where it is free,
   * else any.
   */
  List<KeptCache<?, ?>> arranged() {
    List<KeptCache<?, ?>> left = new ArrayList<>(caches);
    @Nullable KeptCache<?, ?>[] places = new KeptCache<?, ?>[caches.size()];
    for (KeptCache<?, ?> cache : caches) {
      names.forEach(
          (number, name) -> {
            if (name.equals(cache.name())
                && number >= 0
                && number < places.length
                && places[number] == null
                && left.remove(cache)) {
              places[number] = cache;
            }
          });
    }
    for (int i = 0; i < places.length; i++) {
      if (places[i] == null && left.remove(caches.get(i))) {
        places[i] = caches.get(i);
      }
    }
    List<KeptCache<?, ?>> arranged = new ArrayList<>();
    for (KeptCache<?, ?> placed : places) {
      arranged.add(placed == null ? left.remove(0) : placed);
    }
    return arranged;
  }

  // --------------------------------------------------------------------------- what is in the file

  @Override
  public void aux(String field, String value) {
    if (field.equals(SnapshotFile.FORMAT_FIELD)) {
      requireFormat(value);
      ours = true;
    } else if (field.startsWith(SnapshotFile.CACHE_FIELD)) {
      names.put(numberOf(field, SnapshotFile.CACHE_FIELD), value);
    } else if (field.startsWith("larder-")) {
      facts.put(field, value);
    }
    current = null;
  }

  private void requireFormat(String value) {
    int format;
    try {
      format = Integer.parseInt(value);
    } catch (NumberFormatException e) {
      format = Integer.MAX_VALUE;
    }
    if (format > SnapshotFile.FORMAT || format < 1) {
      throw new PersistenceException(
          file
              + " was written by a newer Larder, in format "
              + Failures.shown(value)
              + "; this one reads format "
              + SnapshotFile.FORMAT);
    }
  }

  private int numberOf(String field, String prefix) {
    try {
      return Integer.parseInt(field.substring(prefix.length()));
    } catch (NumberFormatException e) {
      throw new PersistenceException(
          file
              + ": expected a number behind '"
              + prefix
              + "', found '"
              + Failures.shown(field)
              + "'",
          e);
    }
  }

  @Override
  public void database(int number) {
    this.number = number;
    current = null;
  }

  @Override
  public void entry(byte[] key, byte[] value, long time) {
    KeptCache<?, ?> cache = cache();
    if (cache == null) {
      homeless.merge(home(), 1L, Long::sum);
      return;
    }
    add(cache, key, value, time);
  }

  private <K, V> void add(KeptCache<K, V> cache, byte[] key, byte[] value, long time) {
    K itsKey;
    V itsValue;
    try {
      itsKey = cache.key(key, ours);
    } catch (CodecException e) {
      throw wrong("a key for " + cache, key, e);
    }
    try {
      itsValue = cache.value(value, ours);
    } catch (CodecException e) {
      throw wrong("the value of a key for " + cache, key, e);
    }
    if (!keepsExpired && time != Entry.ETERNAL && clock.passed(time)) {
      expired++;
      return;
    }
    loaded++;
    sink.put(cache, itsKey, itsValue, time);
  }

  private PersistenceException wrong(String what, byte[] key, CodecException e) {
    return new PersistenceException(
        file
            + " has "
            + what
            + " that is none, key '"
            + Failures.shown(key)
            + "': "
            + e.getMessage(),
        e);
  }

  @Override
  public void unsupported(String type, byte @Nullable [] key) {
    unsupported.merge(type, 1L, Long::sum);
  }

  /** Where the entries of the current number go, or null. */
  private @Nullable KeptCache<?, ?> cache() {
    if (current == null) {
      current = find();
    }
    return current;
  }

  private @Nullable KeptCache<?, ?> find() {
    String name = names.get(number);
    if (name == null) {
      return number < caches.size() ? caches.get(number) : null;
    }
    KeptCache<?, ?> found = named(name);
    if (found != null) {
      requireForms(number, found);
    }
    return found;
  }

  private @Nullable KeptCache<?, ?> named(String name) {
    if (anyName && caches.size() == 1 && names.size() == 1) {
      return caches.get(0);
    }
    for (KeptCache<?, ?> cache : caches) {
      if (cache.name().equals(name)) {
        return cache;
      }
    }
    return null;
  }

  private void requireForms(int number, KeptCache<?, ?> cache) {
    requireForm(cache, "keys", SnapshotFile.KEYS_FIELD + number, cache.keys());
    requireForm(cache, "values", SnapshotFile.VALUES_FIELD + number, cache.values());
  }

  private void requireForm(KeptCache<?, ?> cache, String what, String field, DiskForm<?> form) {
    String inFile = facts.get(field);
    if (inFile != null && !inFile.equals(form.name())) {
      throw new PersistenceException(
          file
              + " has "
              + what
              + " of "
              + Failures.shown(inFile)
              + " for "
              + cache
              + ", which has "
              + what
              + " of "
              + form.name());
    }
  }

  private String home() {
    String name = names.get(number);
    return name == null ? "in database " + number : "of cache '" + Failures.shown(name) + "'";
  }

  /**
   * Reads the whole file.
   *
   * @throws PersistenceException if it cannot be read, is not good or does not fit
   */
  void read(Disk disk, Path path) {
    try (InputStream in = disk.read(path)) {
      new RdbReader(in, disk.size(path), file).read(this);
    } catch (RdbException e) {
      throw new PersistenceException(String.valueOf(e.getMessage()), e);
    } catch (IOException e) {
      throw new PersistenceException("reading " + file + " failed: " + Failures.reason(e), e);
    }
    requireAll();
  }

  /**
   * The file has ended.
   *
   * @throws PersistenceException if something in it has no place here
   */
  void requireAll() {
    names.forEach( // also of caches without entries: a log may go on with them
        (number, name) -> {
          KeptCache<?, ?> cache = named(name);
          if (cache != null) {
            requireForms(number, cache);
          }
        });
    if (!homeless.isEmpty()) {
      throw new PersistenceException(
          file
              + " has entries for caches that are not here: "
              + Failures.counts(homeless)
              + " (there are "
              + caches.size()
              + ")");
    }
    if (!unsupported.isEmpty() && !skipUnsupported) {
      throw new PersistenceException(
          file
              + " has values of types that are not supported yet: "
              + leftOut()
              + " (--load-unsupported skip leaves them out)");
    }
  }
}
