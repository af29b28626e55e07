/**
 * What a user of Larder imports: the configuration of a cache, the clock and the codecs it may be
 * given, and the exceptions it throws beyond JCache's. Contracts only; a cache is made through
 * {@code javax.cache.Caching}. May import {@code javax.cache}.
 */
@NullMarked
package dev.larder;

import org.jspecify.annotations.NullMarked;
