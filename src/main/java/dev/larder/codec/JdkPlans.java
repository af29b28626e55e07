package dev.larder.codec;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Plans for the JDK's usual collections, whose fields cannot be reached. Most begin with {@code
 * clone()}, which keeps what no method tells, such as {@code LinkedHashMap}'s access order, and put
 * copies in the place of what can change. Only for these very classes: a subclass has fields of its
 * own.
 */
@SuppressWarnings("unchecked")
final class JdkPlans {

  // spotless:off
  private static final Map<Class<?>, Plan> PLANS = Map.ofEntries(
      plan(ArrayList.class,     (o, g) -> list(g, o, ((ArrayList<?>) o).clone())),
      plan(LinkedList.class,    (o, g) -> list(g, o, ((LinkedList<?>) o).clone())),
      plan(HashMap.class,       (o, g) -> hashMap(g, (Map<?, ?>) o)),
      plan(LinkedHashMap.class, (o, g) -> map(g, o, ((LinkedHashMap<?, ?>) o).clone())),
      plan(EnumMap.class,       (o, g) -> map(g, o, ((EnumMap<?, ?>) o).clone())),
      plan(TreeMap.class,       (o, g) -> sortedMap(g, o, ((TreeMap<?, ?>) o).clone())),
      plan(HashSet.class,       (o, g) -> hashSet(g, (Set<?>) o)),
      plan(LinkedHashSet.class, (o, g) -> collection(g, o, ((LinkedHashSet<?>) o).clone())),
      plan(TreeSet.class,       (o, g) -> sortedSet(g, o, ((TreeSet<?>) o).clone())),
      plan(ArrayDeque.class,    (o, g) -> collection(g, o, ((ArrayDeque<?>) o).clone())),
      plan(Date.class,          (o, g) -> leaf(g, o, Date.from(((Date) o).toInstant()))),
      plan(Arrays.asList().getClass(), (o, g) -> arrayAsList(g, (List<?>) o)),
      plan(List.of().getClass(),       (o, g) -> immutableList(g, (List<?>) o)),
      plan(List.of(1).getClass(),      (o, g) -> immutableList(g, (List<?>) o)),
      plan(Set.of().getClass(),        (o, g) -> immutableSet(g, (Set<?>) o)),
      plan(Set.of(1).getClass(),       (o, g) -> immutableSet(g, (Set<?>) o)),
      plan(Map.of().getClass(),        (o, g) -> immutableMap(g, (Map<?, ?>) o)),
      plan(Map.of(1, 1).getClass(),    (o, g) -> immutableMap(g, (Map<?, ?>) o)));
  // spotless:on

  private JdkPlans() {}

  static @Nullable Plan of(Class<?> type) {
    // Its two classes are private to the JDK, and nobody else can extend it.
    return EnumSet.class.isAssignableFrom(type)
        ? (o, graph) -> collection(graph, o, ((EnumSet<?>) o).clone())
        : PLANS.get(type);
  }

  private static Map.Entry<Class<?>, Plan> plan(Class<?> type, Plan plan) {
    return Map.entry(type, plan);
  }

  private static Object list(Graph graph, Object original, Object clone) {
    graph.add(original, clone);
    ((List<@Nullable Object>) clone).replaceAll(graph::copy);
    return clone;
  }

  private static Object collection(Graph graph, Object original, Object clone) {
    graph.add(original, clone);
    Collection<?> from = (Collection<?>) original;
    if (!areShared(graph, from)) {
      Collection<@Nullable Object> to = (Collection<@Nullable Object>) clone;
      to.clear();
      addAll(graph, from, to);
    }
    return clone;
  }

  private static Object map(Graph graph, Object original, Object clone) {
    graph.add(original, clone);
    Map<?, ?> from = (Map<?, ?>) original;
    Map<@Nullable Object, @Nullable Object> to = (Map<@Nullable Object, @Nullable Object>) clone;
    if (areShared(graph, from.keySet())) {
      to.replaceAll((key, value) -> graph.copy(value));
    } else {
      to.clear();
      putAll(graph, from, to);
    }
    return clone;
  }

  private static Object hashSet(Graph graph, Set<?> original) {
    Set<@Nullable Object> copy = new HashSet<>(capacity(original.size()));
    graph.add(original, copy);
    addAll(graph, original, copy);
    return copy;
  }

  private static Object hashMap(Graph graph, Map<?, ?> original) {
    Map<@Nullable Object, @Nullable Object> copy = new HashMap<>(capacity(original.size()));
    graph.add(original, copy);
    putAll(graph, original, copy);
    return copy;
  }

  /** What serialization takes; a clone has fewer buckets and would often iterate otherwise. */
  private static int capacity(int size) {
    return Math.max(16, (int) Math.ceil(size / 0.75));
  }

  private static void addAll(Graph graph, Collection<?> from, Collection<@Nullable Object> to) {
    for (Object element : from) {
      to.add(graph.copy(element));
    }
  }

  private static void putAll(
      Graph graph, Map<?, ?> from, Map<@Nullable Object, @Nullable Object> to) {
    for (Map.Entry<?, ?> entry : from.entrySet()) {
      to.put(graph.copy(entry.getKey()), graph.copy(entry.getValue()));
    }
  }

  private static boolean areShared(Graph graph, Collection<?> elements) {
    for (Object element : elements) {
      if (!graph.isShared(element)) {
        return false;
      }
    }
    return true;
  }

  private static Object sortedMap(Graph graph, Object original, Object clone) {
    requireShared(graph, ((SortedMap<?, ?>) original).comparator());
    return map(graph, original, clone);
  }

  private static Object sortedSet(Graph graph, Object original, Object clone) {
    requireShared(graph, ((SortedSet<?>) original).comparator());
    return collection(graph, original, clone);
  }

  private static void requireShared(Graph graph, @Nullable Comparator<?> comparator) {
    if (!graph.isShared(comparator)) {
      throw new NotPlainException();
    }
  }

  private static Object leaf(Graph graph, Object original, Object copy) {
    graph.add(original, copy);
    return copy;
  }

  private static Object arrayAsList(Graph graph, List<?> original) {
    @Nullable Object[] elements = original.toArray();
    List<?> copy = Arrays.asList(elements);
    graph.add(original, copy);
    for (int i = 0; i < elements.length; i++) {
      elements[i] = graph.copy(elements[i]);
    }
    return copy;
  }

  private static Object immutableList(Graph graph, List<?> original) {
    graph.begin(original);
    @Nullable Object[] elements = original.toArray();
    boolean shared = true;
    for (int i = 0; i < elements.length; i++) {
      Object element = elements[i];
      elements[i] = graph.copy(element);
      shared &= elements[i] == element;
    }
    // The list of Stream.toList() may hold null: List.of() then throws and the graph is serialized.
    return graph.finish(original, shared ? original : List.of(elements));
  }

  private static Object immutableSet(Graph graph, Set<?> original) {
    graph.begin(original);
    requireOwnCopies(graph, original);
    return graph.finish(original, original);
  }

  private static Object immutableMap(Graph graph, Map<?, ?> original) {
    graph.begin(original);
    requireOwnCopies(graph, original.keySet());
    requireOwnCopies(graph, original.values());
    return graph.finish(original, original);
  }

  /** Sets and maps that cannot change are shared if their elements are; else they are rare. */
  private static void requireOwnCopies(Graph graph, Collection<?> elements) {
    for (Object element : elements) {
      if (graph.copy(element) != element) {
        throw new NotPlainException();
      }
    }
  }
}
