/**
 * JSR-107 over the store: provider, managers and caches, configuration, listeners, loaders and
 * writers, and the management beans. Also the place where a cache is put together from its parts
 * ({@link dev.larder.jcache.CacheAssembly}), and what a configuration file may say of it ({@link
 * dev.larder.jcache.CacheSetting}).
 *
 * <p>What a {@code javax.cache} method does to an entry is stated in {@code JCache} by an operation
 * that {@code ops} runs; what surrounds it is stated in {@code CacheRules}. May import everything
 * but the integrations.
 */
@NullMarked
package dev.larder.jcache;

import org.jspecify.annotations.NullMarked;
