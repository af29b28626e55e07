/**
 * What a user of Larder imports: a cache's Redis-style operations ({@link dev.larder.LarderCache},
 * {@link dev.larder.AsyncLarderCache}) with their options and results, the configuration of a
 * cache, the clock and the codecs it may be given, how caches are kept on disk ({@link
 * dev.larder.Persistence}), and the exceptions thrown beyond JCache's. Contracts only; a cache is
 * made through {@code javax.cache.Caching}. May import {@code javax.cache}.
 */
@NullMarked
package dev.larder;

import org.jspecify.annotations.NullMarked;
