package dev.larder.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that somebody else has written run no code, and no value is saved that cannot be read. */
class DiskFormSafetyTest {
  private static final String HINT =
      "class %1$s is not allowed; LarderConfiguration.Builder.allow(\"%1$s\") would allow it";

  static boolean ran;

  /** Its code must not run. */
  static class Gadget implements Serializable, InvocationHandler {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      ran = true;
      in.defaultReadObject();
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
      return null;
    }
  }

  interface Named {}

  static class Part implements Serializable, Named {
    private static final long serialVersionUID = 1L;
    Object any;
    List<String> names = new ArrayList<>();
    long[] numbers = {1, 2, 3};
    Part next;
  }

  static final class Secret extends Part {
    private static final long serialVersionUID = 1L;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      ran = true;
      in.defaultReadObject();
    }
  }

  record NotSerializable(int i) {}

  @BeforeEach
  void nothingHasRun() {
    ran = false;
  }

  private static byte[] serialized(Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes("\u00ffLdO".getBytes(ISO_8859_1));
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    return bytes.toByteArray();
  }

  private static Part partWith(Object any) {
    Part part = new Part();
    part.any = any;
    return part;
  }

  private static Object proxy(Class<?> type) {
    return Proxy.newProxyInstance(
        DiskFormSafetyTest.class.getClassLoader(), new Class<?>[] {type}, new Gadget());
  }

  /** Objects with a hostile one in them, and the class that must be named. */
  static Stream<Object[]> hostile() {
    Gadget gadget = new Gadget();
    String name = Gadget.class.getName();
    Map<Object, Object> map = new HashMap<>();
    map.put("k", gadget);
    List<Object[]> all = new ArrayList<>();
    for (Object value :
        List.of(
            gadget,
            new Gadget[] {gadget},
            new Object[] {1, gadget},
            new Gadget[0][0],
            List.of(gadget),
            new ArrayList<>(List.of(1, gadget)),
            Arrays.asList(gadget, 1),
            Set.of(gadget),
            new HashSet<>(Set.of(gadget)),
            map,
            new TreeMap<>(Map.of("k", gadget)),
            partWith(gadget),
            partWith(Gadget.class),
            proxy(Comparable.class))) {
      all.add(new Object[] {value, name});
    }
    all.add(new Object[] {new Secret(), Secret.class.getName()});
    all.add(new Object[] {List.of(new Secret()), Secret.class.getName()});
    all.add(new Object[] {proxy(Runnable.class), Runnable.class.getName()});
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void whatIsNotAllowedIsNeitherReadNorWritten(Object value, String culprit) throws IOException {
    // Parts, and all the collections that they may have, are allowed.
    String[] patterns = {Part.class.getName(), "java.util.*"};
    byte[] bytes = serialized(value);
    ran = false;
    for (DiskForm<?> form :
        List.of(
            DiskFormTest.form(Object.class, patterns),
            DiskFormTest.form(Part.class, "java.util.*"),
            DiskFormTest.form(List.class, patterns))) {
      assertThatThrownBy(() -> form.fromBytes(bytes.clone(), true))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining(HINT.replace("%1$s", culprit));
      assertThatThrownBy(() -> form.fromBytes(bytes.clone(), false))
          .isInstanceOf(CodecException.class);
    }
    assertThat(ran).isFalse();
    DiskForm<Object> form = DiskFormTest.form(Object.class, patterns);
    assertThatThrownBy(() -> form.toBytes(value))
        .isInstanceOf(CodecException.class)
        .hasMessageStartingWith("a ")
        .hasMessageContaining(HINT.replace("%1$s", culprit));
  }

  @Test
  void patternsAllowAndRefuse() {
    DiskForm<Object> all = DiskFormTest.form(Object.class, "dev.larder.**");
    assertThat(all.fromBytes(all.toBytes(new Gadget()), false)).isInstanceOf(Gadget.class);
    assertThat(ran).isTrue();

    DiskForm<Object> but =
        DiskFormTest.form(Object.class, "!" + Gadget.class.getName(), "dev.larder.**");
    assertThatThrownBy(() -> but.toBytes(new Gadget())).isInstanceOf(CodecException.class);

    DiskForm<Part> noPart = DiskFormTest.form(Part.class, "!" + Part.class.getName());
    assertThatThrownBy(() -> noPart.toBytes(new Part())).isInstanceOf(CodecException.class);

    assertThatThrownBy(() -> DiskFormTest.form(Object.class).toBytes(new ArrayList<>()))
        .hasMessage(
            "a java.util.ArrayList cannot be saved: "
                + HINT.replace("%1$s", "java.util.ArrayList"));
  }

  @Test
  void whatIsNotSerializableIsNotWritten() {
    assertThatThrownBy(
            () -> DiskFormTest.form(NotSerializable.class).toBytes(new NotSerializable(1)))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "a "
                + NotSerializable.class.getTypeName()
                + " cannot be saved: it is not Serializable");
    DiskForm<Part> parts = DiskFormTest.form(Part.class);
    assertThatThrownBy(() -> parts.toBytes(partWith(new NotSerializable(1))))
        .hasMessageContaining("it refers to a " + NotSerializable.class.getName());
  }

  @Test
  void whatIsNestedTooDeeplyIsNeitherWrittenNorRead() throws IOException {
    DiskForm<Part> form = DiskFormTest.form(Part.class);
    Part fine = null;
    for (int i = 0; i < Serialized.MOST_DEPTH - 2; i++) {
      Part outer = new Part();
      outer.names = null;
      outer.numbers = null;
      outer.next = fine;
      fine = outer;
    }
    assertThat(form.fromBytes(form.toBytes(fine), true)).isInstanceOf(Part.class);
    Part deep = partWith(partWith(partWith(fine)));
    assertThatThrownBy(() -> form.toBytes(deep))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("nested");
    byte[] bytes = serialized(deep);
    assertThatThrownBy(() -> form.fromBytes(bytes, true))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("nested");
  }

  @Test
  void announcedSizesTakeNoMemory() throws IOException {
    byte[] longs = serialized(new long[] {1, 2, 3});
    longs[longs.length - 25] = 0x7F; // of the length 3
    byte[] list = serialized(new ArrayList<>(List.of(1)));
    byte[] nested = serialized(new Object[][] {{1}, {2}, {3}});
    for (int i = 0; i < nested.length - 4; i++) {
      if (nested[i] == 0 && nested[i + 1] == 0 && nested[i + 2] == 0 && nested[i + 3] == 1) {
        nested[i + 3] = (byte) (nested.length / 2); // one of them alone could be so long
      }
    }
    list[list.length - 1] = 1;
    for (int i = 0; i < list.length - 4; i++) {
      if (list[i] == 0 && list[i + 1] == 0 && list[i + 2] == 0 && list[i + 3] == 1) {
        list[i] = 0x7F;
      }
    }
    for (byte[] bytes : List.of(longs, list, nested)) {
      assertThatThrownBy(
              () -> DiskFormTest.form(Object.class, "java.util.*").fromBytes(bytes, true))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("more than its bytes could hold");
    }
  }

  /** Bytes cut, flipped, repeated and overwritten: a value of the type, or refused. */
  @Test
  void anyBytesAreAValueOrRefused() {
    Random random = new Random(7);
    Part part = partWith(new HashMap<>(Map.of("k", List.of(1, 2L, Instant.EPOCH))));
    part.next = partWith(new TreeMap<>(Map.of(1, "x")));
    DiskForm<Part> parts = DiskFormTest.form(Part.class, "java.util.*");
    DiskForm<Object> any = DiskFormTest.form(Object.class, "java.util.*", Part.class.getName());
    List<byte[]> seeds = new ArrayList<>();
    seeds.add(parts.toBytes(part));
    DiskFormTest.values().forEach(value -> seeds.add(any.toBytes(value)));
    List<UnaryOperator<byte[]>> damages =
        List.of(
            bytes -> Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)),
            bytes -> overwritten(bytes, random, 1 + random.nextInt(4)),
            bytes -> overwritten(bytes, random, 1),
            bytes -> spliced(bytes, seeds.get(random.nextInt(seeds.size())), random));
    int values = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] seed = seeds.get(random.nextInt(4) == 0 ? random.nextInt(seeds.size()) : 0);
      byte[] bytes = damages.get(random.nextInt(damages.size())).apply(seed);
      for (DiskForm<?> form : List.of(any, parts)) {
        try {
          assertThat((Object) form.fromBytes(bytes.clone(), i % 2 == 0)).isNotNull();
          values++;
        } catch (CodecException e) {
          assertThat(e.getMessage()).isNotBlank();
        }
      }
    }
    assertThat(values).isPositive();
    assertThat(ran).isFalse();
  }

  private static byte[] overwritten(byte[] bytes, Random random, int times) {
    byte[] damaged = bytes.clone();
    for (int i = 0; i < times && damaged.length > 0; i++) {
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
    }
    return damaged;
  }

  private static byte[] spliced(byte[] bytes, byte[] other, Random random) {
    int cut = random.nextInt(bytes.length + 1);
    int from = random.nextInt(other.length + 1);
    byte[] damaged = Arrays.copyOf(bytes, cut + other.length - from);
    System.arraycopy(other, from, damaged, cut, other.length - from);
    return damaged;
  }
}
