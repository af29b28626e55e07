package dev.larder.store;

/** Keys that are hard on a hash table. */
final class Keys {
  private Keys() {}

  /** One of 2<sup>20</sup> strings that all have the same hash code. */
  static String colliding(int i) {
    StringBuilder key = new StringBuilder(40);
    for (int bit = 0; bit < 20; bit++) {
      key.append((i >>> bit & 1) == 0 ? "Aa" : "BB");
    }
    return key.toString();
  }

  /** A key of a chosen hash code, which may be told to throw. */
  static final class Rigged {
    final int id;
    private final int hash;
    volatile boolean broken;

    Rigged(int id, int hash) {
      this.id = id;
      this.hash = hash;
    }

    @Override
    public boolean equals(Object other) {
      check();
      return other instanceof Rigged rigged && rigged.id == id;
    }

    @Override
    public int hashCode() {
      check();
      return hash;
    }

    private void check() {
      if (broken) {
        throw new IllegalStateException("a broken key");
      }
    }

    @Override
    public String toString() {
      return "#" + id;
    }
  }
}
