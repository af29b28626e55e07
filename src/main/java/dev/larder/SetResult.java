package dev.larder;

import org.jspecify.annotations.Nullable;

/**
 * What {@code set} with {@link SetOptions} found and did.
 *
 * @param done whether the value was set; not if {@code NX} or {@code XX} did not hold
 * @param previous the value that was there before, if {@code GET} asked for it; null if there was
 *     none
 */
public record SetResult<V>(boolean done, @Nullable V previous) {}
