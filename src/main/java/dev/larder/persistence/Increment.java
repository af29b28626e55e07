package dev.larder.persistence;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;

/**
 * One of the log's files of changes, while it is written: its bytes come from two buffers that
 * change places, see {@link Increments#take}.
 */
final class Increment {
  private static final Logger LOG = System.getLogger("dev.larder.persistence");
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int CHUNK = 64 * 1024;

  final Manifest.Part part;
  final Disk.Output out;

  // Guarded by Increments.

  /** The position in the log at which it begins. */
  long begins;

  /** What has been appended and not taken yet. */
  Records filling = new Records(CHUNK);

  // Of the writing thread.

  /** What has been taken and is not kept yet. */
  Records taken = new Records(CHUNK);

  /** The position at the end of that. */
  long takenUpTo;

  private ByteBuffer head = NOTHING; // goes before it
  private long length; // of what is kept in the file

  /**
   * An increment.
   *
   * @param length of what the file has already
   */
  Increment(Manifest.Part part, Disk.Output out, long length) {
    this.part = part;
    this.out = out;
    this.length = length;
    if (length > 0) {
      head =
          Seal.beginning(); // who wrote the last bytes, and whether with a checksum, is not known
    }
  }

  /** Writes what was taken behind what is kept; if some of it is there already, over that. */
  void write() throws IOException {
    long at = length + write(head, length);
    for (ByteBuffer piece : taken.pieces()) {
      at += write(piece, at);
    }
  }

  private int write(ByteBuffer bytes, long at) throws IOException {
    int size = bytes.remaining();
    if (size > 0) {
      out.write(bytes.duplicate(), at);
    }
    return size;
  }

  /**
   * What was taken is kept; it need not be remembered any more.
   *
   * @return the bytes that went before it, which are no records
   */
  int written() {
    int before = head.remaining();
    length += before + taken.size();
    head = NOTHING;
    taken.clear();
    return before;
  }

  void closeQuietly() {
    try {
      out.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "closing " + part.name() + " failed", e);
    }
  }
}
