package dev.larder;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What is in a cache and what happened to it, without JMX.
 *
 * <p>Operations through the socket are always counted. Those of Java ({@code javax.cache} and
 * {@link LarderCache}) are counted while the cache's statistics are on, because counting a read
 * costs a good part of the read itself. Evictions, expirations and loads are always counted;
 * clearing the statistics sets back all but the expirations. What counts as a hit, put or removal
 * is JCache's definition (JSR-107, {@code CacheStatisticsMXBean}), for whichever door; {@code set}
 * is a put, {@code delete} a removal.
 *
 * @param entries how many there are, with those that have expired unnoticed
 * @param entriesWithDeadline how many of them expire
 * @param hits reads that found a value
 * @param misses reads that did not
 * @param puts values stored, but not those that were loaded
 * @param removals values removed on demand; {@code clear} is not counted
 * @param evictions values removed to make room; those that had expired are not among them
 * @param expirations values removed because their deadline had passed
 * @param loads how often a loader was asked, the cache's own or one given to {@code
 *     computeIfAbsent}, whatever came of it; once for several keys that it was asked for together
 * @param loadTime how long they took together
 * @param weight what all entries weigh together, where the cache is bounded by weight: bytes,
 *     unless its weigher counts something else; otherwise empty
 * @param uptime since the cache was made, by its clock
 * @param countsJava whether operations of Java are being counted: whether statistics are on
 */
public record CacheInfo(
    long entries,
    long entriesWithDeadline,
    long hits,
    long misses,
    long puts,
    long removals,
    long evictions,
    long expirations,
    long loads,
    Duration loadTime,
    OptionalLong weight,
    Duration uptime,
    boolean countsJava) {}
