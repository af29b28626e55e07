/**
 * Data structures of bounded caches: who is to leave when there is no room. They know nothing of
 * keys, values or time, and nothing of threads: whoever uses one guards it. May import the JDK.
 */
@NullMarked
package dev.larder.data;

import org.jspecify.annotations.NullMarked;
