/**
 * Entries on disk: the files, the append log and, above them, snapshots and recovery.
 *
 * <p>The files are those of Redis 7. Start at {@link dev.larder.persistence.AppendLog} for what is
 * written, at {@link dev.larder.persistence.LogReader} for what is read back, and at {@link
 * dev.larder.persistence.Manifest} for which files those are. All of them reach the file system
 * through {@link dev.larder.persistence.Disk}, where tests let it fail.
 */
@NullMarked
package dev.larder.persistence;

import org.jspecify.annotations.NullMarked;
