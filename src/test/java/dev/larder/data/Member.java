package dev.larder.data;

/** A candidate that is known by a number. */
final class Member extends Candidate {
  final int key;
  private final Integer hash;

  Member(int key) {
    this(key, key);
  }

  Member(int key, Integer hash) {
    super(key & 63);
    this.key = key;
    this.hash = hash;
  }

  /** Whose key throws when it is asked for its hash. */
  static Member withoutHash(int key) {
    return new Member(key, null);
  }

  @Override
  protected int keyHash() {
    if (hash == null) {
      throw new IllegalStateException("this key has no hash");
    }
    return hash;
  }

  @Override
  public String toString() {
    return "member " + key;
  }
}
