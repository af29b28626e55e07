/**
 * What can be done to a cache, stated once: the one executor of operations on one entry ({@link
 * dev.larder.ops.EntryOperations}), those of operations on several ({@code JointOperation}, {@link
 * dev.larder.ops.Transaction}), the rules that surround each of them ({@link
 * dev.larder.ops.Rules}), and the Redis-style operations on it, one final class per kind.
 *
 * <p>{@code javax.cache} methods, Java callers of Redis-style operations and commands from the
 * socket all run here. May import the root package, {@code data}, {@code codec}, {@code store},
 * {@code rdb} and {@code javax.cache}'s exceptions.
 */
@NullMarked
package dev.larder.ops;

import org.jspecify.annotations.NullMarked;
