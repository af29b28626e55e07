package dev.larder.codec;

import static dev.larder.codec.Shapes.assertSameShape;
import static dev.larder.codec.Shapes.assertShareNothingChangeable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.larder.CodecException;
import java.io.Serializable;
import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Copies random graphs and compares with what serialization makes of them. */
@SuppressWarnings("serial")
class CopierPropertyTest {

  private static final int GRAPHS = 3000;

  private final Copier copier = new Copier(CopierPropertyTest.class.getClassLoader());

  @Test
  void aCopyHasTheShapeThatSerializationGivesIt() {
    int plain = 0;
    for (int seed = 0; seed < GRAPHS; seed++) {
      Object value = new Graphs(seed).next();
      try {
        if (check(value)) {
          plain++;
        }
      } catch (Exception | AssertionError e) {
        fail("seed " + seed, e);
      }
    }
    assertThat(plain).as("graphs copied the fast way").isBetween(GRAPHS / 2, GRAPHS - 1);
  }

  private boolean check(Object value) throws Exception {
    Object expected;
    try {
      expected = Shapes.serialized(value);
    } catch (Exception e) {
      // Such as a cycle through List.of(), which nobody can build.
      assertThatThrownBy(() -> copier.copy(value)).isInstanceOf(CodecException.class);
      return false;
    }
    Object copy = copier.copy(value);
    assertSameShape(copy, expected);
    assertShareNothingChangeable(copy, value);
    return copier.copyPlain(value) != null;
  }

  /** Makes one graph: objects that refer to earlier ones, then some that refer to any. */
  private static final class Graphs {
    private final Random random;
    private final List<Object> made = new ArrayList<>();

    Graphs(int seed) {
      random = new Random(seed);
    }

    Object next() {
      int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 100 : 12);
      for (int i = 0; i < size; i++) {
        made.add(make());
      }
      for (Object object : made) {
        if (object instanceof Node node && random.nextInt(4) == 0) {
          node.any = any();
        } else if (object instanceof Object[] array && object.getClass() == Object[].class) {
          array[random.nextInt(array.length)] = any();
        }
      }
      return made.get(made.size() - 1);
    }

    private Object make() {
      return switch (random.nextInt(18)) {
        case 0, 1 -> fill(new Node());
        case 2, 3 -> fill(new ChildNode(leaf()));
        case 4 -> new Pair(any(), any());
        case 5 -> new Flat(random.nextInt(), "f" + random.nextInt(9), DayOfWeek.FRIDAY);
        case 6 -> add(new ArrayList<>());
        case 7 -> add(new LinkedList<>());
        case 8 -> add(new ArrayDeque<>());
        case 9 -> put(new HashMap<>());
        case 10 -> put(new LinkedHashMap<>());
        case 11 -> put(new TreeMap<>());
        case 12 -> leaves(new LinkedHashSet<>());
        case 13 -> new Object[] {any(), any(), null};
        case 14 -> new Node[] {node(), null, node()};
        case 15 -> new int[][] {{random.nextInt()}, {}, null};
        case 16 -> random.nextBoolean() ? List.of(leaf(), any()) : Arrays.asList(any(), null);
        default ->
            random.nextInt(6) == 0
                ? add(new ConcurrentLinkedQueue<>())
                : new Date(random.nextInt());
      };
    }

    private Node fill(Node node) {
      node.number = random.nextLong();
      node.flag = random.nextBoolean();
      node.any = random.nextBoolean() ? any() : null;
      node.list = add(new ArrayList<>());
      node.next = node();
      return node;
    }

    private <C extends Collection<Object>> C add(C collection) {
      for (int i = random.nextInt(5); i > 0; i--) {
        collection.add(any());
      }
      return collection;
    }

    private <C extends Collection<Object>> C leaves(C collection) {
      for (int i = random.nextInt(5); i > 0; i--) {
        collection.add(leaf());
      }
      return collection;
    }

    private <M extends Map<String, Object>> M put(M map) {
      for (int i = random.nextInt(5); i > 0; i--) {
        map.put("k" + random.nextInt(50), any());
      }
      return map;
    }

    private Node node() {
      Object any = any();
      return any instanceof Node node ? node : null;
    }

    private Object any() {
      return made.isEmpty() || random.nextInt(3) == 0
          ? leaf()
          : made.get(random.nextInt(made.size()));
    }

    private Object leaf() {
      return switch (random.nextInt(6)) {
        case 0 -> random.nextInt();
        case 1 -> Instant.ofEpochSecond(random.nextInt());
        case 2 -> BigDecimal.valueOf(random.nextInt(), 2);
        case 3 -> DayOfWeek.of(1 + random.nextInt(7));
        default -> "s" + random.nextInt(100);
      };
    }
  }

  static class Base {
    int constructed = 42;
  }

  static class Node extends Base implements Serializable {
    long number;
    boolean flag;
    Object any;
    Node next;
    List<Object> list;
    transient Object dropped = "dropped";
  }

  static final class ChildNode extends Node {
    private final Object any;
    private final float weight = 0.5f;

    ChildNode(Object any) {
      this.any = any;
      constructed = 7;
    }
  }

  record Pair(Object left, Object right) implements Serializable {}

  record Flat(int number, String name, DayOfWeek day) implements Serializable {}
}
