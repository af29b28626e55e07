package dev.larder.codec;

import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/** How the instances of one class are copied as parts of a {@link Graph}. */
@FunctionalInterface
interface Plan {

  /** The original is its own copy. */
  Plan SHARE = (original, graph) -> original;

  /** Only Java serialization can tell what the copy is: the whole graph is left to it. */
  Plan SERIALIZE =
      (original, graph) -> {
        throw new NotPlainException();
      };

  /**
   * The copy of an original that was not met before in this graph. Adds it to the graph before
   * copying what it refers to, because that may lead back here.
   *
   * @throws RuntimeException if the graph must be serialized instead; it is not copied any further
   */
  Object copy(Object original, Graph graph);

  /**
   * The plan for a class, good for one class loader. Refers to no loader but the class' own: it is
   * kept by the class, which may live longer than the loader of a cache manager.
   */
  static Plan of(Class<?> type, @Nullable ClassLoader loader) {
    try {
      return choose(type, loader);
    } catch (LinkageError e) {
      return SERIALIZE; // a type in one of its signatures is missing
    }
  }

  private static Plan choose(Class<?> type, @Nullable ClassLoader loader) {
    if (Immutables.isImmutableJdkClass(type)) {
      return SHARE;
    }
    Plan collection = JdkPlans.of(type);
    if (collection != null) {
      return collection;
    }
    if (!isVisible(type, loader)) {
      return SERIALIZE; // the copy is an instance of the class that the loader knows by this name
    }
    if (Enum.class.isAssignableFrom(type) || Immutables.isImmutableType(type)) {
      return SHARE;
    }
    if (type.isArray()) {
      return Immutables.isImmutableType(type.getComponentType())
          ? Plan::copyArrayOfImmutables
          : Plan::copyArray;
    }
    return type.isRecord() ? RecordPlan.of(type) : PlainClassPlan.of(type);
  }

  private static boolean isVisible(Class<?> type, @Nullable ClassLoader loader) {
    try {
      return !type.isHidden() && Class.forName(type.getName(), false, loader) == type;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static Object copyArrayOfImmutables(Object original, Graph graph) {
    int length = Array.getLength(original);
    Object copy = Array.newInstance(original.getClass().getComponentType(), length);
    System.arraycopy(original, 0, copy, 0, length);
    graph.add(original, copy);
    return copy;
  }

  private static Object copyArray(Object original, Graph graph) {
    Object[] copy = ((Object[]) original).clone();
    graph.add(original, copy);
    for (int i = 0; i < copy.length; i++) {
      copy[i] = graph.copy(copy[i]);
    }
    return copy;
  }
}
