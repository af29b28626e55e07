/**
 * The commands: tables whose rows say what each is called and takes, and the functions that parse
 * its words, call the same operations that Java users call, and return a reply. Nothing here knows
 * a socket or how a reply is written; what a command may ask of its connection and of the server is
 * declared here ({@link dev.larder.server.command.Wire}) and implemented in {@code server}. What
 * the server remembers of a client is a {@link dev.larder.server.command.Session}; what all of them
 * share, a {@link dev.larder.server.command.Server}.
 *
 * <p>May import the root package, {@code ops} and {@code protocol}.
 */
@NullMarked
package dev.larder.server.command;

import org.jspecify.annotations.NullMarked;
