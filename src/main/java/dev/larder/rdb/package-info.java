/**
 * Redis' snapshot format (RDB): bytes to entries and entries to bytes. Nothing here knows a file, a
 * cache or what the bytes of a value mean; a writer is given a stream and entries, a reader a
 * stream and somebody who wants to know what is in it. The values of {@code DUMP} and {@code
 * RESTORE} are in the same format and of the same classes.
 *
 * <p>Larder writes strings alone, in version 9 of the format, which every Redis since 5.0 and every
 * Valkey reads. It reads everything up to Redis' version 12 and Valkey's 80, and of what is no
 * string it tells the key and the type.
 *
 * <p>May import the JDK only.
 */
@NullMarked
package dev.larder.rdb;

import org.jspecify.annotations.NullMarked;
