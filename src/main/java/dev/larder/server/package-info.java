/**
 * The socket server: the same caches that Java code uses, for telnet and any Redis client. {@link
 * dev.larder.server.LarderServer} starts one in this JVM, {@link dev.larder.server.Main} is one by
 * itself.
 *
 * <p>To read on: {@code Doors} are where it listens, an {@code Acceptor} lets connections in, an
 * {@code EventLoop} is a thread that serves them, a {@code Connection} is what it knows of one,
 * whose bytes a {@code Transport} carries, perhaps encrypted; the {@code Crowd} is all of them,
 * with their limits; {@code Workers} run what a loop must not wait for. May import the root
 * package, {@code ops}, {@code server.command}, {@code protocol} and {@code javax.cache}.
 */
@NullMarked
package dev.larder.server;

import org.jspecify.annotations.NullMarked;
