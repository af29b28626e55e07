package dev.larder.ops;

import org.jspecify.annotations.Nullable;

/**
 * What an operation does at its {@link Turn} at an entry: looks, decides at most one change, and
 * says what to return. Runs once, under the entry's lock.
 */
@FunctionalInterface
public interface Operation<K, V, R extends @Nullable Object> {
  R at(Turn<K, V> turn);
}
