package dev.larder.codec;

import java.util.Arrays;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One object graph while it is copied: which object has which copy, so that two references to one
 * object become two references to one copy, and a cycle ends.
 */
final class Graph {

  /** Stands for the copy of an object whose copy cannot exist before those of its parts. */
  private static final Object UNFINISHED = new Object();

  /** Up to here a search by eye is cheaper than the identity hash code of a new object. */
  private static final int MOST_SEARCHED = 16;

  private final ClassValue<Plan> plans;

  private Object[] originals = new Object[4];
  private Object[] copies = new Object[4];
  private int size;
  private @Nullable IdentityHashMap<Object, Object> many;

  Graph(ClassValue<Plan> plans) {
    this.plans = plans;
  }

  /**
   * The copy of an object of the graph, made now if need be.
   *
   * @throws RuntimeException if the graph must be serialized instead
   */
  @Nullable Object copy(@Nullable Object original) {
    if (original == null || original instanceof String) {
      return original;
    }
    Plan plan = plans.get(original.getClass());
    if (plan == Plan.SHARE) {
      return original;
    }
    Object copy = find(original);
    if (copy == null) {
      return plan.copy(original, this);
    }
    if (copy == UNFINISHED) {
      throw new NotPlainException();
    }
    return copy;
  }

  boolean isShared(@Nullable Object original) {
    return original == null || plans.get(original.getClass()) == Plan.SHARE;
  }

  /** Says that an object not added before has this copy, which may still be incomplete. */
  void add(Object original, Object copy) {
    if (many != null) {
      many.put(original, copy);
    } else if (size < MOST_SEARCHED) {
      if (size == originals.length) {
        originals = Arrays.copyOf(originals, 2 * size);
        copies = Arrays.copyOf(copies, 2 * size);
      }
      originals[size] = original;
      copies[size++] = copy;
    } else {
      many = new IdentityHashMap<>(4 * MOST_SEARCHED);
      for (int i = 0; i < size; i++) {
        many.put(originals[i], copies[i]);
      }
      many.put(original, copy);
    }
  }

  /** Says that the parts of an object are copied first; a way back to it is then not copyable. */
  void begin(Object original) {
    add(original, UNFINISHED);
  }

  /** Gives the object passed to {@link #begin} its copy, and returns that. */
  Object finish(Object original, Object copy) {
    if (many != null) {
      many.put(original, copy);
    } else {
      for (int i = 0; i < size; i++) {
        if (originals[i] == original) {
          copies[i] = copy;
        }
      }
    }
    return copy;
  }

  private @Nullable Object find(Object original) {
    if (many != null) {
      return many.get(original);
    }
    for (int i = 0; i < size; i++) {
      if (originals[i] == original) {
        return copies[i];
      }
    }
    return null;
  }
}
