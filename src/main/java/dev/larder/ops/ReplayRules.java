package dev.larder.ops;

/** Rules by which nothing happens but what an operation itself does. */
record ReplayRules<K, V>(Rules<K, V> real) implements Rules<K, V> {
  @Override
  public void kept(K key, V value) {
    real.kept(key, value);
  }

  @Override
  public boolean needsRoom() {
    return false; // it was there before
  }

  @Override
  public boolean holdsObjects() {
    return real.holdsObjects();
  }
}
