package dev.larder.data;

/**
 * Something that may have to leave for want of room; a member of one {@link EvictionOrder} at most.
 *
 * <p>Its fields are the order's own and guarded as it is, but for {@link #used}, which any thread
 * may call at any time.
 */
public abstract class Candidate {
  /** A candidate is known to have been used so often at most; all bits of a mask. */
  static final int MOST_USES = 3;

  private static final int PLACES = 3; // the bits of the mark that are the order's

  private int weight;
  private byte mark;
  private byte uses; // the lowest two bits: how often; the order's note above them

  /**
   * @param label six bits of the subclass' own, which never change; here because an object that is
   *     there a million times has no room for a byte more
   */
  protected Candidate(int label) {
    mark = (byte) (label << 2);
  }

  /** The label; the bits of an int that do not fit are lost. */
  protected final boolean hasLabel(int label) {
    return (byte) (mark & ~PLACES) == (byte) (label << 2);
  }

  /** Whether both have the same label. */
  public final boolean hasLabelOf(Candidate other) {
    return ((mark ^ other.mark) & ~PLACES) == 0;
  }

  /**
   * Notes that it was of use. Costs a plain store at most, and none if it was used often; of two
   * threads at once one may be forgotten, or what the order noted at that moment.
   */
  public final void used() {
    byte uses = this.uses;
    if ((uses & MOST_USES) < MOST_USES) {
      this.uses = (byte) (uses + 1);
    }
  }

  /** The hash code by which an order remembers who was here before; spread well or not. */
  protected abstract int keyHash();

  /** What it weighs, as its order was told; 0 for who is in none. */
  public final int weight() {
    return weight;
  }

  final void weight(int weight) {
    this.weight = weight;
  }

  /** In which part of its order it is: 1 to 3, or 0 for who is in none. */
  final int place() {
    return mark & PLACES;
  }

  final void place(int place) {
    mark = (byte) (mark & ~PLACES | place);
  }

  final int uses() {
    return uses & MOST_USES;
  }

  final void uses(int uses) {
    this.uses = (byte) (this.uses & ~MOST_USES | uses);
  }

  /** What the order noted of it, from 0 to 31; a hint, as a use may undo it. */
  final int note() {
    return uses >> 2;
  }

  /** Notes something, and that it was not used since. */
  final void noteUnused(int note) {
    uses = (byte) (note << 2);
  }
}
