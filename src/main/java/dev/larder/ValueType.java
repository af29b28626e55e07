package dev.larder;

/**
 * What kind of value a key has, as operations tell them apart ({@code TYPE}). An operation on a
 * value of another kind fails with {@code WRONGTYPE}.
 */
public enum ValueType {
  /** There is no value. */
  NONE("none"),

  /** One object, whatever its class: what {@code put} and {@code SET} store. */
  STRING("string");

  private final String word;

  ValueType(String word) {
    this.word = word;
  }

  /** Redis' word for it. */
  @Override
  public String toString() {
    return word;
  }
}
