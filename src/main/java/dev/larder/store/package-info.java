/**
 * The keyspace: a concurrent hash table whose chain node is the entry, entry locks, absolute
 * deadlines and their expiry, the feed of changes, and snapshots of one moment.
 *
 * <p>Knows deadlines as epoch milliseconds, never an expiry policy or {@code EX}/{@code PX}; knows
 * that a value changed, never why. Start at {@link dev.larder.store.Store}. May import the root
 * package and {@code data}; only {@code ops} and {@code persistence} (and {@code jcache}, which
 * puts everything together) may import it.
 */
@NullMarked
package dev.larder.store;

import org.jspecify.annotations.NullMarked;
