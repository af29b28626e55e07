package dev.larder.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.GatheringByteChannel;
import java.util.ArrayDeque;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way out: {@link Encoding} appends at the end, a channel takes from the start.
 *
 * <p>The bytes lie in chunks. Small pieces are copied into the last chunk, which stays when the
 * buffer has been emptied, so that in the usual round (some replies, one write) nothing is
 * allocated. A payload of 16 KB or more is not copied but becomes a chunk itself; the rest of the
 * chunk before it is then used on:
 *
 * <pre>
 *   encoded:  +OK\r\n $1000000\r\n  ... a million bytes ...  \r\n :1\r\n
 *   chunks:   [ own array  0..15 ]  [ the value's array  ]   [ own array 15..21, room for more ]
 * </pre>
 *
 * <p>A server has one such buffer for each event loop, and one more for each connection whose
 * socket does not take what the loop has for it: {@link #moveTo} hands the chunks over. So a
 * connection that keeps up owns no output memory, and {@link #size} of the others is what a limit
 * is compared with.
 *
 * <p>Not for use by several threads at a time.
 */
public final class ReplyBuffer {
  /** From so many bytes on, a further system call costs less than copying. */
  static final int SHARED = 16 * 1024;

  /** Chunks start small, for connections that are owed little, and double up to this. */
  private static final int FIRST_CHUNK = 512;

  private static final int LARGEST_CHUNK = 32 * 1024;

  /**
   * Bytes offered to the channel at once: the JDK copies what it is offered to a direct buffer of
   * that size, and keeps that buffer for the thread's lifetime.
   */
  private static final int OFFER = 128 * 1024;

  /** Chunks offered at once. */
  private static final int OFFER_CHUNKS = 16;

  /** Bytes written in one call, so that one connection does not keep its loop from the others. */
  static final int TURN = 1024 * 1024;

  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();

  /** The last of the chunks if it is ours to write into. It may be empty; other chunks are not. */
  private @Nullable Chunk tail;

  /**
   * Bytes in all chunks. Counted along, because limits are compared with it after every command.
   */
  private long size;

  /** An empty buffer. */
  public ReplyBuffer() {}

  /** A piece of an array: written up to {@code end}, read up to {@code unread}'s position. */
  private static final class Chunk {
    final byte[] bytes;
    final ByteBuffer unread;
    int end;

    Chunk(byte[] bytes, int start, int end) {
      this.bytes = bytes;
      this.end = end;
      unread = ByteBuffer.wrap(bytes).position(start);
    }

    int size() {
      return end - unread.position();
    }

    /** Lets at most {@code limit} bytes be read from {@link #unread}, and returns how many. */
    int offer(int limit) {
      int length = Math.min(size(), limit);
      unread.limit(unread.position() + length);
      return length;
    }

    int room() {
      return bytes.length - end;
    }
  }

  /** Bytes that have been appended and not yet taken. */
  public long size() {
    return size;
  }

  /** Whether there is nothing to take. */
  public boolean isEmpty() {
    return size == 0;
  }

  /**
   * Writes to a channel until the buffer is empty, the channel takes no more, or about 1 MB has
   * been written. The channel should not block.
   *
   * @return whether the buffer is empty
   */
  public boolean writeTo(GatheringByteChannel channel) throws IOException {
    long before = size;
    while (size > 0 && before - size < TURN) {
      int pieces = Math.min(chunks.size(), OFFER_CHUNKS);
      int offered = 0;
      long written;
      // One write for all: the ends of a large payload would be small packets otherwise. But the
      // usual case, a single chunk, needs no array.
      if (pieces == 1) {
        Chunk only = chunks.element();
        offered = only.offer(OFFER);
        written = channel.write(only.unread);
      } else {
        ByteBuffer[] offer = new ByteBuffer[pieces];
        Iterator<Chunk> next = chunks.iterator();
        for (int i = 0; i < pieces; i++) {
          Chunk chunk = next.next();
          offered += chunk.offer(OFFER - offered);
          offer[i] = chunk.unread;
        }
        written = channel.write(offer);
      }
      size -= Math.max(0, written);
      dropTaken();
      if (written < offered) {
        break;
      }
    }
    return size == 0;
  }

  /** Takes everything as one array, for those who have no channel: tests, records of a log. */
  public byte[] drain() {
    byte[] all = new byte[Math.toIntExact(size)];
    int at = 0;
    for (Chunk chunk : chunks) {
      int length = chunk.offer(chunk.size());
      chunk.unread.get(all, at, length);
      at += length;
    }
    size = 0;
    dropTaken();
    return all;
  }

  /** Appends everything to another buffer, and is empty after that. */
  public void moveTo(ReplyBuffer target) {
    if (size == 0) {
      return;
    }
    if (tail != null && size <= tail.bytes.length / 4) {
      // Little is copied, so that the other gets no large chunk for it and we keep ours.
      for (Chunk chunk : chunks) {
        target.copy(chunk.bytes, chunk.unread.position(), chunk.size());
      }
      size = 0;
      dropTaken();
      return;
    }
    target.chunks.addAll(chunks);
    target.tail = tail;
    target.size += size;
    chunks.clear();
    tail = null;
    size = 0;
  }

  /**
   * Drops chunks that have been read; when all have, the last array is used from its start again.
   */
  private void dropTaken() {
    if (size > 0) {
      while (chunks.element().size() == 0) {
        chunks.remove();
      }
      return;
    }
    chunks.clear();
    if (tail != null) {
      tail.end = 0;
      tail.unread.clear();
      chunks.add(tail);
    }
  }

  // What the encodings append. Numbers are written digit by digit into the chunk, and each piece is
  // placed whole where that is short, so that there is one check for room and nothing in between.

  void put(char ascii) {
    Chunk chunk = room(1);
    chunk.bytes[chunk.end++] = (byte) ascii;
    size++;
  }

  void putLineEnd() {
    Chunk chunk = room(2);
    byte[] bytes = chunk.bytes;
    int end = chunk.end;
    bytes[end] = '\r';
    bytes[end + 1] = '\n';
    chunk.end = end + 2;
    size += 2;
  }

  /** A type, a number and a line end: {@code $5\r\n}. */
  void putHeader(char type, long value) {
    Chunk chunk = room(Decimal.MAX_LENGTH + 3);
    byte[] bytes = chunk.bytes;
    int start = chunk.end;
    bytes[start] = (byte) type;
    int end = Decimal.write(value, bytes, start + 1);
    bytes[end] = '\r';
    bytes[end + 1] = '\n';
    chunk.end = end + 2;
    size += chunk.end - start;
  }

  void putDecimal(long value) {
    Chunk chunk = room(Decimal.MAX_LENGTH);
    int start = chunk.end;
    chunk.end = Decimal.write(value, chunk.bytes, start);
    size += chunk.end - start;
  }

  /** The given bytes; if there are many, that very array, which then must not change any more. */
  void put(byte[] bytes) {
    if (bytes.length < SHARED) {
      copy(bytes, 0, bytes.length);
      return;
    }
    Chunk before = tail;
    chunks.add(new Chunk(bytes, 0, bytes.length));
    size += bytes.length;
    // Bytes that were free behind the last chunk's end are a chunk of their own now.
    tail = before == null ? null : new Chunk(before.bytes, before.end, before.end);
    if (tail != null) {
      chunks.add(tail);
    }
  }

  /**
   * A text as UTF-8. U+DC80 to U+DCFF stand for the single bytes 80 to FF: that is how bytes from a
   * socket that are not UTF-8 become part of a String, and an error that quotes them must give them
   * back. Other lone surrogates, which no bytes stand for, become question marks.
   */
  void putText(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      Chunk chunk = room(4);
      byte[] bytes = chunk.bytes;
      int start = chunk.end;
      int end = start;
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes[end++] = (byte) c;
      } else if (c < 0x800) {
        bytes[end++] = (byte) (0xC0 | (c >> 6));
        bytes[end++] = (byte) (0x80 | (c & 0x3F));
      } else if (!Character.isSurrogate(c)) {
        bytes[end++] = (byte) (0xE0 | (c >> 12));
        bytes[end++] = (byte) (0x80 | ((c >> 6) & 0x3F));
        bytes[end++] = (byte) (0x80 | (c & 0x3F));
      } else if (i + 1 < length && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        int point = Character.toCodePoint(c, text.charAt(++i));
        bytes[end++] = (byte) (0xF0 | (point >> 18));
        bytes[end++] = (byte) (0x80 | ((point >> 12) & 0x3F));
        bytes[end++] = (byte) (0x80 | ((point >> 6) & 0x3F));
        bytes[end++] = (byte) (0x80 | (point & 0x3F));
      } else {
        bytes[end++] = c >= 0xDC80 && c <= 0xDCFF ? (byte) c : (byte) '?';
      }
      chunk.end = end;
      size += end - start;
    }
  }

  private void copy(byte[] bytes, int from, int length) {
    int next = from;
    int left = length;
    while (left > 0) {
      Chunk chunk = room(1);
      int piece = Math.min(left, chunk.room());
      System.arraycopy(bytes, next, chunk.bytes, chunk.end, piece);
      chunk.end += piece;
      next += piece;
      left -= piece;
    }
    size += length;
  }

  /** A chunk with room for so many bytes in a row. */
  private Chunk room(int wanted) {
    Chunk last = tail;
    return last != null && last.room() >= wanted ? last : newChunk();
  }

  private Chunk newChunk() {
    int length = tail == null ? FIRST_CHUNK : Math.min(2 * tail.bytes.length, LARGEST_CHUNK);
    Chunk chunk = new Chunk(new byte[length], 0, 0);
    chunks.add(chunk);
    tail = chunk;
    return chunk;
  }
}
