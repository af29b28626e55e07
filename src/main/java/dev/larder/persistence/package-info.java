/**
 * Entries on disk, in Redis' files: snapshots, the append log, and what brings both back.
 *
 * <p>Start at {@link dev.larder.persistence.DiskPersistence}, which keeps some caches in one
 * directory. Below it are {@code SnapshotFile}, {@code AppendLog} with its {@code Manifest}, and
 * for the way back {@code Recovery}, {@code LogReader} and {@code Contents}. All of them reach the
 * file system through {@code Disk}, where tests let it fail. May import the root package, {@code
 * codec}, {@code store}, {@code protocol} and {@code rdb}.
 */
@NullMarked
package dev.larder.persistence;

import org.jspecify.annotations.NullMarked;
