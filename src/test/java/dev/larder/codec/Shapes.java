package dev.larder.codec;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a copy is compared with, and how. */
final class Shapes {

  private Shapes() {}

  /** What Java serialization makes of a value. */
  static Object serialized(Object value) throws IOException, ClassNotFoundException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return in.readObject();
    }
  }

  /**
   * Asserts that two graphs have the same classes, values and references in the same places, down
   * to which references lead to the same object.
   */
  static void assertSameShape(Object actual, Object expected) {
    IdentityHashMap<Object, Object> pairs = new IdentityHashMap<>();
    IdentityHashMap<Object, Object> reversePairs = new IdentityHashMap<>();
    List<Object[]> open = new ArrayList<>();
    open.add(new Object[] {actual, expected, "$"});
    while (!open.isEmpty()) {
      Object[] next = open.remove(open.size() - 1);
      Object a = next[0];
      Object e = next[1];
      String path = (String) next[2];
      if (a == null || e == null) {
        assertThat(a).as(path).isEqualTo(e);
        continue;
      }
      assertThat(a.getClass()).as(path).isEqualTo(e.getClass());
      if (a.getClass().getName().equals("java.util.CollSer")) {
        continue; // what serialization leaves of a cycle through List.of()
      }
      if (isLeaf(a)) {
        assertThat(a).as(path).isEqualTo(e);
        continue;
      }
      if (!isImmutable(a)) {
        Object known = pairs.putIfAbsent(a, e);
        Object reverseKnown = reversePairs.putIfAbsent(e, a);
        if (known != null || reverseKnown != null) {
          assertThat(known).as("%s leads to the same object", path).isSameAs(e);
          assertThat(reverseKnown).as("%s leads to the same object", path).isSameAs(a);
          continue;
        }
      }
      List<Object> actualParts = parts(a);
      List<Object> expectedParts = parts(e);
      assertThat(actualParts).as("size of %s", path).hasSameSizeAs(expectedParts);
      for (int i = 0; i < actualParts.size(); i++) {
        open.add(new Object[] {actualParts.get(i), expectedParts.get(i), path + "." + i});
      }
    }
  }

  /** Asserts that no changeable object can be reached from both. */
  static void assertShareNothingChangeable(Object one, Object other) {
    Set<Object> ofOne = changeable(one);
    for (Object object : changeable(other)) {
      assertThat(ofOne.contains(object)).as("shares a %s", object.getClass()).isFalse();
    }
  }

  private static Set<Object> changeable(Object root) {
    Set<Object> found = Collections.newSetFromMap(new IdentityHashMap<>());
    List<Object> open = new ArrayList<>();
    open.add(root);
    while (!open.isEmpty()) {
      Object next = open.remove(open.size() - 1);
      if (next != null && !isLeaf(next) && !isImmutable(next) && found.add(next)) {
        open.addAll(parts(next));
      }
    }
    return found;
  }

  private static boolean isLeaf(Object object) {
    return object instanceof Enum
        || object instanceof Class
        || (object.getClass().getPackageName().startsWith("java.")
            && !object.getClass().isArray()
            && !(object instanceof Collection)
            && !(object instanceof Map));
  }

  /**
   * Records and {@code List.of()} whose parts, as far as they go, cannot change have no identity.
   */
  private static boolean isImmutable(Object object) {
    return isImmutable(object, Collections.newSetFromMap(new IdentityHashMap<>()));
  }

  private static boolean isImmutable(Object object, Set<Object> on) {
    if (object == null || isLeaf(object)) {
      return true;
    }
    boolean candidate =
        object instanceof Record
            || object.getClass().getName().startsWith("java.util.ImmutableCollections");
    if (!candidate || !on.add(object)) {
      return false;
    }
    boolean immutable = parts(object).stream().allMatch(part -> isImmutable(part, on));
    on.remove(object);
    return immutable;
  }

  private static List<Object> parts(Object object) {
    if (object.getClass().isArray()) {
      List<Object> parts = new ArrayList<>();
      for (int i = 0; i < Array.getLength(object); i++) {
        parts.add(Array.get(object, i));
      }
      return parts;
    }
    if (object instanceof Map<?, ?> map) {
      List<Object> parts = new ArrayList<>(map.keySet());
      parts.addAll(map.values());
      return parts;
    }
    if (object instanceof Collection<?> collection) {
      return new ArrayList<>(collection);
    }
    List<Object> parts = new ArrayList<>();
    for (Class<?> c = object.getClass(); c != Object.class; c = c.getSuperclass()) {
      for (Field field : c.getDeclaredFields()) {
        if (!Modifier.isStatic(field.getModifiers())) {
          try {
            field.setAccessible(true);
            parts.add(field.get(object));
          } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
          }
        }
      }
    }
    return parts;
  }
}
