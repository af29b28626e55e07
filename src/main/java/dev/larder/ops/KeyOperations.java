package dev.larder.ops;

import dev.larder.Codec;
import dev.larder.OperationException;
import dev.larder.ValueType;
import dev.larder.codec.DiskForm;
import dev.larder.codec.DiskForms;
import dev.larder.ops.JointOperation.Part;
import dev.larder.rdb.RdbException;
import dev.larder.rdb.RdbValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Operations on keys, whatever their values are; those on several of them happen at one moment. */
public final class KeyOperations<K, V> {
  private final EntryOperations<K, V> entries;
  private final Codec<V> text;
  private final @Nullable DiskForms<K, V> disk;

  KeyOperations(EntryOperations<K, V> entries, Codec<V> text) {
    this(entries, text, null);
  }

  KeyOperations(EntryOperations<K, V> entries, Codec<V> text, @Nullable DiskForms<K, V> disk) {
    this.entries = entries;
    this.text = text;
    this.disk = disk;
  }

  /** Whether the key is there ({@code EXISTS}, {@code containsKey}); no access, not counted. */
  public boolean exists(K key) {
    return entries.contains(key);
  }

  /** Removes a key ({@code DEL}, {@code Cache.remove}); false if it was absent. */
  public boolean delete(K key) {
    return entries.run(key, entries.rules().writesThrough(), KeyOperations::remove);
  }

  private static <K, V> boolean remove(Turn<K, V> turn) {
    boolean present = turn.isPresent();
    turn.remove();
    return present;
  }

  /** How many of these keys are there, a repeated one as often ({@code EXISTS}); at one moment. */
  public long countExisting(Collection<? extends K> keys) {
    return count(keys, turn -> {});
  }

  /** Tells the expiry policy of an access ({@code TOUCH}); false if the key is absent. */
  public boolean touch(K key) {
    return entries.touch(key);
  }

  /**
   * The same for several keys at one moment; returns how many are there, as {@link #countExisting}.
   */
  public long touchAll(Collection<? extends K> keys) {
    return count(keys, Turn::markAccessed);
  }

  private long count(Collection<? extends K> keys, Consumer<Turn<K, V>> action) {
    entries.rules().requireOpen();
    JointOperation all = JointOperation.reading();
    List<Part<K, V>> parts = all.atEach(entries, keys);
    return all.run(
        () -> {
          parts.forEach(part -> action.accept(part.turn()));
          return parts.stream().filter(part -> part.turn().isPresent()).count();
        });
  }

  /** Removes keys at one moment; returns how many were there ({@code DEL}). */
  public long deleteAll(Collection<? extends K> keys) {
    Rules<K, V> rules = entries.rules();
    rules.requireOpen();
    JointOperation all = JointOperation.changing();
    List<Part<K, V>> parts = all.atEach(entries, keys);
    return all.run(
        () -> {
          if (rules.writesThrough() && !parts.isEmpty()) {
            Set<K> batch = new LinkedHashSet<>();
            parts.forEach(part -> batch.add(part.turn().key()));
            rules.deleteAll(new ArrayList<>(batch)); // which the writer may take away from
          }
          long found = 0;
          for (Part<K, V> part : parts) {
            Turn<K, V> turn = part.turn();
            turn.withoutWriter();
            found += !turn.removed() && remove(turn) ? 1 : 0;
          }
          return found;
        });
  }

  /**
   * Gives the value and deadline of a key to another ({@code RENAME}, {@code RENAMENX}), at one
   * moment.
   *
   * @param replace whether the other one may be there
   * @return whether it did; false for the same key without {@code replace}
   * @throws OperationException if there is no value
   */
  public boolean rename(K key, K newKey, boolean replace) {
    JointOperation both = JointOperation.changing();
    Part<K, V> source = both.at(entries, key);
    Part<K, V> target = both.at(entries, newKey);
    return both.run(
        () -> {
          if (!source.turn().isPresent()) {
            throw new OperationException("ERR", "no such key");
          }
          if (source.turn() == target.turn() || !replace && target.turn().isPresent()) {
            return replace;
          }
          copy(source.turn(), target.turn(), "rename_to");
          target.turn().moves();
          source.turn().remove("rename_from");
          return true;
        });
  }

  /**
   * Gives the value and deadline of a key also to another ({@code COPY}), at one moment.
   *
   * @param replace whether the other one may be there
   * @return whether there was a value, and it did
   * @throws OperationException if both are the same
   */
  public boolean copy(K key, K newKey, boolean replace) {
    return copy(key, entries, newKey, replace, (source, target) -> copy(source, target, "copy_to"));
  }

  private <K2, V2> boolean copy(
      K key,
      EntryOperations<K2, V2> other,
      K2 newKey,
      boolean replace,
      BiConsumer<Turn<K, V>, Turn<K2, V2>> give) {
    JointOperation both = JointOperation.changing();
    Part<K, V> source = both.at(entries, key);
    Part<K2, V2> target = both.at(other, newKey);
    if (source.isSameAs(target)) {
      throw same();
    }
    return both.run(
        () -> {
          boolean copies = source.turn().isPresent() && (replace || !target.turn().isPresent());
          if (copies) {
            give.accept(source.turn(), target.turn());
          }
          return copies;
        });
  }

  private void copy(Turn<K, V> source, Turn<K, V> target, String event) {
    V value = Objects.requireNonNull(source.value());
    entries.rules().requireTypes(target.key(), value);
    target.copyFrom(source, value, event);
  }

  /**
   * Gives the value and deadline of a key also to one of another cache ({@code COPY … DB}), at one
   * moment. A value that the other cache does not accept goes over as text.
   *
   * @param replace whether the other key may be there
   * @return whether there was a value, and it did
   * @throws OperationException if both are the same, or the value has no text and would need one
   * @throws dev.larder.CodecException if the other cache can make nothing of the text
   */
  public <K2, V2> boolean copyTo(K key, CacheOperations<K2, V2> other, K2 newKey, boolean replace) {
    return copy(
        key,
        other.entries(),
        newKey,
        replace,
        (source, target) -> give(source, target, other, "copy_to"));
  }

  /**
   * Moves the value and deadline of a key to another cache ({@code MOVE}), as {@link #copyTo} does,
   * at one moment.
   *
   * @return whether there was a value, and not yet one in the other cache
   * @throws OperationException also if it is the same cache
   */
  public <K2, V2> boolean moveTo(K key, CacheOperations<K2, V2> other, K2 newKey) {
    if (entries.isSameStoreAs(other.entries())) {
      throw same();
    }
    JointOperation both = JointOperation.changing();
    Part<K, V> source = both.at(entries, key);
    Part<K2, V2> target = both.at(other.entries(), newKey);
    return both.run(
        () -> {
          boolean moves = source.turn().isPresent() && !target.turn().isPresent();
          if (moves) {
            give(source.turn(), target.turn(), other, "move_to");
            target.turn().moves();
            source.turn().remove("move_from");
          }
          return moves;
        });
  }

  private static OperationException same() {
    return new OperationException("ERR", "source and destination objects are the same");
  }

  /** The value of a key, without an access and without counting; null if there is none. */
  @SuppressWarnings("NullAway") // the checker does not follow null through a type parameter
  public @Nullable V peek(K key) {
    return entries.glance(key, null, (value, deadline) -> value);
  }

  private <K2, V2> void give(
      Turn<K, V> source, Turn<K2, V2> target, CacheOperations<K2, V2> other, String event) {
    V value = Objects.requireNonNull(source.value());
    Rules<K2, V2> rules = other.entries().rules();
    V2 given = asIs(target.key(), entries.rules().copyValue(value), rules);
    if (given == null) {
      given = other.valueText().fromBytes(Values.text(value, text));
      rules.requireTypes(target.key(), given);
    }
    target.copyFrom(source, rules.copyValue(given), event);
  }

  /** The value itself, if it is one for the other cache, or null. */
  @SuppressWarnings("unchecked") // that is what is asked
  private static <K2, V2> @Nullable V2 asIs(K2 key, Object value, Rules<K2, V2> rules) {
    try {
      rules.requireTypes(key, (V2) value);
      return (V2) value;
    } catch (ClassCastException e) {
      return null;
    }
  }

  // -------------------------------------------------------------------------- dump and restore

  /**
   * The value of a key as {@link #restore} takes it, here and in Redis ({@code DUMP}); null if
   * there is none. A read, but it never loads.
   *
   * @throws dev.larder.CodecException if the value cannot be saved
   */
  public byte @Nullable [] dump(K key) {
    V value = entries.getPresent(key);
    return value == null ? null : RdbValue.dump(valueForm().toBytes(value));
  }

  /**
   * Sets a value that was dumped ({@code RESTORE}). A deadline that has passed by then removes what
   * there was.
   *
   * @param deadline of what is set: a time, or {@link Deadline#NONE}
   * @param replace whether there may be a value
   * @throws OperationException {@code BUSYKEY} if there is one that is not to be replaced; {@code
   *     ERR} if the payload is damaged or that of a list, a set, …
   * @throws dev.larder.CodecException if it has no value for this cache, or one that is not allowed
   */
  public void restore(K key, byte[] payload, Deadline deadline, boolean replace) {
    if (!replace) {
      requireAbsent(key);
    }
    V value = restored(payload); // its class may run code of its own: before the entry is held
    Rules<K, V> rules = entries.rules();
    rules.requireOpen();
    rules.requireTypes(key, value);
    entries.run(
        key,
        turn -> {
          if (turn.isPresent() && !replace) {
            throw busy();
          }
          long time = deadline.time(entries.clock().now());
          if (!entries.clock().passed(time)) {
            turn.modify(value, "restore");
            turn.until(deadline);
          } else if (turn.isPresent()) {
            turn.remove();
          }
          return key;
        });
  }

  /** Refuses a key that has a value, as {@link #restore} does. */
  public void requireAbsent(K key) {
    if (entries.contains(key)) {
      throw busy();
    }
  }

  private static OperationException busy() {
    return new OperationException("BUSYKEY", "Target key name already exists.");
  }

  private V restored(byte[] payload) {
    byte[] bytes;
    try {
      bytes = RdbValue.restore(payload);
    } catch (RdbException e) {
      throw new OperationException("ERR", String.valueOf(e.getMessage()));
    }
    // Of strings that Redis dumped, none begins like what is tagged but by intention.
    return valueForm().fromBytes(bytes, true);
  }

  private DiskForm<V> valueForm() {
    if (disk == null) {
      throw new OperationException("ERR", "the values of this cache have no form to be dumped");
    }
    return disk.values();
  }

  /** What kind of value a key has ({@code TYPE}). */
  public ValueType type(K key) {
    return entries.glance(key, ValueType.NONE, (value, deadline) -> Values.type(value));
  }
}
