package dev.larder.data;

import org.jspecify.annotations.Nullable;

/**
 * The members at one place of an order, first in, first out: four bytes each, in chunks, so that
 * growth copies nothing.
 *
 * <h2>Leaving out of turn</h2>
 *
 * A member does not know its slot. When it leaves out of turn only its place changes, and the slot
 * is worth nothing from then on: {@link #poll} passes over it. Where members come and leave without
 * anybody polling, such slots would fill the memory. So once there are many, each further leave
 * also <em>sweeps</em> a few slots: from the head to the tail, members move up to the gap that the
 * sweep pushes before it, which therefore keeps their order, and a chunk that falls into the gap is
 * dropped. Two fingers say where the gap is: <em>to</em>, its first slot, and <em>from</em>, the
 * first one behind it; there is never a whole chunk between them.
 */
final class MemberQueue<C extends Candidate> {
  private static final int CHUNK = 256;

  /** How many slots one leave sweeps: well more than one, or slots would be lost faster. */
  private static final int SWEPT_AT_ONCE = 8;

  /** How many worthless slots one call passes over. */
  private static final int MOST_PASSED = 512;

  private static final class Chunk {
    final @Nullable Object[] slots = new @Nullable Object[CHUNK];
    @Nullable Chunk next;
  }

  private final int place;
  private int size;
  private long weight;
  private long slots; // in use, by a member or no more

  private Chunk head = new Chunk();
  private int headIndex;
  private Chunk tail = head;
  private int tailIndex;

  private @Nullable Chunk to; // null unless it sweeps
  private int toIndex;
  private Chunk from = head;
  private int fromIndex;

  MemberQueue(int place) {
    this.place = place;
  }

  int size() {
    return size;
  }

  long weight() {
    return weight;
  }

  /** How many slots are in use, including those that are worth nothing. */
  long slots() {
    return slots;
  }

  /** Appends somebody who is nowhere. */
  void add(C member, int weight) {
    if (tailIndex == CHUNK) {
      Chunk next = new Chunk();
      tail.next = next;
      tail = next;
      tailIndex = 0;
    }
    tail.slots[tailIndex++] = member;
    slots++;
    member.place(place);
    member.weight(weight);
    this.weight += weight;
    size++;
  }

  /**
   * Takes the first one out, who keeps his weight. Null if there is none, or if there are very many
   * worthless slots before him: then the next call looks further.
   */
  @Nullable C poll() {
    for (int i = 0; i < MOST_PASSED && slots > 0; i++) {
      C first = pollSlot();
      if (isMember(first)) {
        release(first);
        return first;
      }
    }
    return null;
  }

  /** A member leaves out of turn. It keeps its weight. */
  void leave(C member) {
    release(member);
    if (to == null && slots - size > size / 4 + CHUNK) {
      to = from = head;
      toIndex = fromIndex = headIndex;
    }
    for (int i = 0; i < SWEPT_AT_ONCE && to != null; i++) {
      sweepSlot(to);
    }
  }

  void reweigh(C member, int weight) {
    this.weight += weight - member.weight();
    member.weight(weight);
  }

  private boolean isMember(C candidate) {
    return candidate.place() == place;
  }

  private void release(C member) {
    member.place(0);
    weight -= member.weight();
    size--;
  }

  @SuppressWarnings("unchecked")
  private C pollSlot() {
    if (head == to && headIndex == toIndex) { // at the gap: jump over it, which ends it
      head = from;
      headIndex = fromIndex;
      to = null;
    }
    if (headIndex == CHUNK) {
      head = following(head);
      headIndex = 0;
      if (from != head && to == null) {
        from = head; // keeps no passed chunk alive
      }
      return pollSlot();
    }
    Object first = head.slots[headIndex];
    head.slots[headIndex++] = null;
    slots--;
    return (C) known(first);
  }

  @SuppressWarnings("unchecked")
  private void sweepSlot(Chunk to) {
    if (from == tail && fromIndex == tailIndex) {
      to.next = null;
      tail = to;
      tailIndex = toIndex;
      this.to = null;
      from = to;
      return;
    }
    if (fromIndex == CHUNK) {
      from = following(from);
      to.next = from; // drops the chunk that was left, unless the gap begins in it
      fromIndex = 0;
      return;
    }
    C member = (C) known(from.slots[fromIndex]);
    from.slots[fromIndex++] = null;
    if (!isMember(member)) {
      slots--;
      return;
    }
    if (toIndex == CHUNK) {
      this.to = to = following(to);
      toIndex = 0;
    }
    to.slots[toIndex++] = member;
  }

  private static Chunk following(Chunk chunk) {
    Chunk next = chunk.next;
    if (next == null) {
      throw new IllegalStateException("expected a further chunk, as there are slots left");
    }
    return next;
  }

  private static Object known(@Nullable Object occupant) {
    if (occupant == null) {
      throw new IllegalStateException("expected an occupied slot, found an empty one");
    }
    return occupant;
  }
}
