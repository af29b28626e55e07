package dev.larder.server;

import java.time.Duration;

/**
 * What a server does and has done since it started ({@code CONFIG RESETSTAT} sets the counts back).
 *
 * @param connections how many are open
 * @param connectionsAccepted how many have been let in
 * @param connectionsRefused how many have not, because there were too many
 * @param commands how many have been run; those of a transaction count one by one
 * @param failedCommands how many of them ended with an error, or were refused
 * @param commandTime how long they took together, without waiting for their turn
 * @param bytesIn read from clients
 * @param bytesOut written to them
 */
public record ServerInfo(
    int connections,
    long connectionsAccepted,
    long connectionsRefused,
    long commands,
    long failedCommands,
    Duration commandTime,
    long bytesIn,
    long bytesOut) {}
