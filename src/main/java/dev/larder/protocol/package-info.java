/**
 * The wire: bytes to requests and replies to bytes, in RESP2, RESP3 and the line protocol for
 * people. Nothing here knows a socket, a clock or a cache; a reader is fed from whatever buffer the
 * bytes arrived in, and a reply buffer is drained into whatever channel takes them. The append log
 * is made of the same bytes and uses the same classes.
 *
 * <p>May import the JDK only.
 */
@NullMarked
package dev.larder.protocol;

import org.jspecify.annotations.NullMarked;
