package dev.larder.bench;

import java.io.Serializable;
import java.util.SplittableRandom;

/**
 * The keys and values of a trial and the order in which keys are asked for, all made before the
 * clock starts and the same for every subject.
 *
 * @param stored the key instances that are inserted
 * @param asked the key instances that look up: the same, or equal ones with bytes of their own
 * @param values the first value of each key, all distinct objects
 * @param fresh values to put over them; few, so that fetching the new value costs no cache miss
 * @param order indexes into the keys, Zipf-distributed
 */
record Data(String[] stored, String[] asked, Object[] values, Object[] fresh, int[] order) {

  /** YCSB's default skew. */
  private static final double THETA = 0.99;

  /**
   * Long enough to reach a good part of a million keys. All threads walk it, from places far apart:
   * different keys at any moment, at an eighth of the memory of an array per thread.
   */
  static final int ORDER_LENGTH = 1 << 22;

  enum Values {
    /** Longs, in a cache by reference. */
    LONG(false),
    /** Strings, in a cache by value: immutable, so that copying them is a choice. */
    STRING(true),
    /** Small mutable objects, in a cache by value: these must be copied. */
    POJO(true);

    final boolean byValue;

    Values(boolean byValue) {
      this.byValue = byValue;
    }

    Object value(int i) {
      return switch (this) {
        // Never one of the boxes that Long caches: each entry has an object of its own.
        case LONG -> 1000L + i;
        case STRING -> "value:" + i;
        case POJO -> new Person("name " + i, i, i % 2 == 0);
      };
    }
  }

  /** What people keep in caches by value, at its smallest. */
  static final class Person implements Serializable {
    private static final long serialVersionUID = 1;
    String name;
    long account;
    boolean active;

    Person(String name, long account, boolean active) {
      this.name = name;
      this.account = account;
      this.active = active;
    }
  }

  /**
   * Makes the data of a row.
   *
   * @param equalKeys whether to ask by equal keys rather than by the stored ones
   * @param adjacent whether popular keys lie side by side
   */
  static Data of(Values kind, int entries, boolean equalKeys, boolean adjacent) {
    String[] stored = new String[entries];
    String[] asked = equalKeys ? new String[entries] : stored;
    Object[] values = new Object[entries];
    for (int i = 0; i < entries; i++) {
      stored[i] = "key:" + i;
      asked[i] = equalKeys ? "key:" + i : stored[i];
      values[i] = kind.value(i);
    }
    Object[] fresh = new Object[1024];
    for (int i = 0; i < fresh.length; i++) {
      fresh[i] = kind.value(entries + i);
    }
    return new Data(stored, asked, values, fresh, zipf(entries, adjacent));
  }

  /**
   * Zipf ranks by the formula of Gray et al., "Quickly generating billion-record synthetic
   * databases" (1994), as YCSB has it. Unless {@code adjacent}, ranks are dealt to keys at random:
   * keys inserted one after the other, with hashes one after the other, would otherwise be the most
   * popular ones, and share cache lines as they do nowhere else.
   */
  private static int[] zipf(int entries, boolean adjacent) {
    SplittableRandom random = new SplittableRandom(42);
    int[] keyOfRank = new int[entries];
    for (int i = 0; i < entries; i++) {
      int j = adjacent ? i : random.nextInt(i + 1);
      keyOfRank[i] = keyOfRank[j];
      keyOfRank[j] = i;
    }
    double zeta = 0;
    for (int i = 1; i <= entries; i++) {
      zeta += Math.pow(i, -THETA);
    }
    double zeta2 = 1 + Math.pow(2, -THETA);
    double alpha = 1 / (1 - THETA);
    double eta = (1 - Math.pow(2.0 / entries, 1 - THETA)) / (1 - zeta2 / zeta);
    int[] order = new int[ORDER_LENGTH];
    for (int i = 0; i < order.length; i++) {
      double u = random.nextDouble();
      int rank;
      if (u * zeta < 1) {
        rank = 0;
      } else if (u * zeta < zeta2) {
        rank = 1;
      } else {
        rank = (int) (entries * Math.pow(eta * u - eta + 1, alpha));
      }
      order[i] = keyOfRank[rank];
    }
    return order;
  }
}
