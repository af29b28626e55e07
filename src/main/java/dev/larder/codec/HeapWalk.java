package dev.larder.codec;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A walk through an object and all that belongs to it, which adds up what that takes.
 *
 * <p>Each object counts once, so that circles end. The walk keeps what it is in the midst of in a
 * list of its own, so that deep structures need no stack. It ends after {@value #MOST_OBJECTS}
 * objects, and looks at {@value #MOST_ELEMENTS} elements of an array or collection at most.
 *
 * <p>The other elements are taken for what those that were seen to the end are on average: a large
 * map of small maps is estimated well. If the walk ended within the first one, then for what was
 * seen of that, but only near the root: where each object is the first of two that the next one
 * has, that would double the estimate again and again. Of a long chain, what is beyond the end of
 * the walk is not counted.
 */
final class HeapWalk {
  static final int MOST_OBJECTS = 1_024;
  static final int MOST_ELEMENTS = 128;

  /** So near the root, what was not seen may be taken for what was begun. */
  private static final int ROOTS = 3;

  /** So many are compared one by one. */
  private static final int FEW = 16;

  private final Object[] few = new Object[FEW];
  private @Nullable Set<Object> many;
  private int visited;

  /** An object, of whose parts some may have been visited. */
  private static final class Visit {
    final @Nullable Visit below;
    private final int depth;
    private final long size;
    private final HeapShape.Parts parts;
    private long begun;
    private long ended;
    private double sizeOfEnded;
    private double sizeOfBegun;

    Visit(@Nullable Visit below, HeapShape shape, Object object) {
      this.below = below;
      this.depth = below == null ? 0 : below.depth + 1;
      this.size = shape.size(object);
      this.parts = shape.parts(object);
    }

    boolean hasNext() {
      try {
        return begun < MOST_ELEMENTS && parts.each().hasNext();
      } catch (RuntimeException | StackOverflowError e) { // somebody changes it
        return false;
      }
    }

    @Nullable Object next() {
      try {
        return parts.each().next();
      } catch (RuntimeException | StackOverflowError e) { // somebody changes it
        return null;
      }
    }

    /** A part takes so much; that is all of it, unless the walk ended within. */
    void add(double size, boolean whole) {
      begun++;
      if (whole) {
        ended++;
        sizeOfEnded += size;
      } else {
        sizeOfBegun += size;
      }
    }

    double estimate() {
      double seen = size + sizeOfEnded + sizeOfBegun;
      long unseen = Math.max(0, parts.count() - begun);
      if (ended > 0) {
        return seen + unseen * (sizeOfEnded / ended);
      }
      return depth < ROOTS ? seen + unseen * sizeOfBegun : seen;
    }
  }

  private HeapWalk() {}

  /** What an object takes with all that belongs to it. */
  static double size(Object root) {
    return new HeapWalk().visit(root);
  }

  private double visit(Object root) {
    isNew(root);
    Visit visit = new Visit(null, HeapShape.of(root), root);
    for (; ; ) {
      if (visited < MOST_OBJECTS && visit.hasNext()) {
        Object part = visit.next();
        HeapShape shape = part == null ? HeapShape.SHARED : HeapShape.of(part);
        if (part == null || shape == HeapShape.SHARED || !isNew(part)) {
          visit.add(0, true);
        } else if (shape.isWhole()) {
          visit.add((double) shape.size(part), true);
        } else {
          visit = new Visit(visit, shape, part);
        }
      } else if (visit.below == null) {
        return visit.estimate();
      } else {
        visit.below.add(visit.estimate(), visited < MOST_OBJECTS);
        visit = visit.below;
      }
    }
  }

  private boolean isNew(Object object) {
    for (int i = 0; i < Math.min(visited, FEW); i++) {
      if (few[i] == object) {
        return false;
      }
    }
    if (visited < FEW) {
      few[visited] = object;
    } else {
      Set<Object> many = this.many;
      if (many == null) {
        many = Collections.newSetFromMap(new IdentityHashMap<>());
        this.many = many;
      }
      if (!many.add(object)) {
        return false;
      }
    }
    visited++;
    return true;
  }
}
