/**
 * Micrometer: {@link dev.larder.metrics.LarderMetrics} shows in a meter registry what caches and
 * servers have and do. For those who have {@code micrometer-core} on the class path; nothing else
 * uses this package. May import the root package, {@code jcache}, {@code server} and {@code
 * javax.cache}.
 */
@NullMarked
package dev.larder.metrics;

import org.jspecify.annotations.NullMarked;
