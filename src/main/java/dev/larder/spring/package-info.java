/**
 * Larder in Spring: a cache manager whose caches also serve methods that return futures and
 * reactive types, and the auto-configuration of Spring Boot 3.5 and 4. May import the root package,
 * {@code jcache}, {@code server}, {@code metrics} and {@code javax.cache}; nothing else uses this
 * package, so that it is only loaded where Spring is.
 */
@NullMarked
package dev.larder.spring;

import org.jspecify.annotations.NullMarked;
