/**
 * Java values at the cache's edges: their copies for callers ({@link dev.larder.codec.Copier}) and
 * their text for sockets ({@link dev.larder.codec.TextCodecs}, {@link dev.larder.codec.KeyTexts}).
 *
 * <p>Knows classes and bytes, never a cache, a key's meaning or a wire format. May import the root
 * package only; {@code ops}, {@code persistence}, {@code server} and {@code jcache} may import it.
 */
@NullMarked
package dev.larder.codec;

import org.jspecify.annotations.NullMarked;
