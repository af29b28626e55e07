package dev.larder.codec;

import static dev.larder.codec.Shapes.assertSameShape;
import static dev.larder.codec.Shapes.assertShareNothingChangeable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.larder.CodecException;
import java.io.Externalizable;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInput;
import java.io.ObjectInputStream;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamField;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.sql.Timestamp;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@SuppressWarnings("serial")
class CopierTest {

  private final Copier copier = new Copier(CopierTest.class.getClassLoader());

  // What is shared

  static Stream<Object> immutableValues() {
    return Stream.of(
        "text",
        1,
        2L,
        (short) 3,
        (byte) 4,
        1.5,
        2.5f,
        'c',
        true,
        BigInteger.TEN,
        BigDecimal.ONE,
        UUID.randomUUID(),
        URI.create("a:b"),
        Locale.ROOT,
        Currency.getInstance("EUR"),
        String.class,
        Instant.EPOCH,
        Duration.ZERO,
        LocalDate.EPOCH,
        ZoneId.of("Europe/Berlin"),
        ZonedDateTime.now(ZoneId.of("UTC")),
        DayOfWeek.MONDAY,
        TimeUnit.DAYS,
        Shouting.LOUD,
        new Coordinates(1, 2),
        new Route("r", new Coordinates(1, 2), Shouting.LOUD, null),
        Collections.emptyList());
  }

  @ParameterizedTest
  @MethodSource("immutableValues")
  void whatCannotChangeIsShared(Object value) {
    assertThat(copier.isShared(value)).isTrue();
    assertThat(copier.copy(value)).isSameAs(value);
  }

  @Test
  void collectionsThatCannotChangeAreSharedIfTheirElementsAre() {
    List<String> list = List.of("a", "b", "c");
    Set<Integer> set = Set.of(1, 2, 3);
    Map<String, Coordinates> map = Map.of("a", new Coordinates(1, 2));
    List<String> nulls = Stream.of("a", null).toList();

    assertThat(copier.copy(list)).isSameAs(list);
    assertThat(copier.copy(set)).isSameAs(set);
    assertThat(copier.copy(map)).isSameAs(map);
    assertThat(copier.copy(nulls)).isSameAs(nulls);
    Tagged tagged = new Tagged("t", list);
    assertThat(copier.copy(tagged)).isSameAs(tagged);
  }

  @Test
  void collectionsThatCannotChangeAreCopiedIfTheirElementsCan() throws Exception {
    assertPlainCopy(List.of(new Date(1), new Date(2)));
    assertPlainCopy(List.of(new Date(1), new Date(2), new Date(3)));
    assertPlainCopy(new Tagged("t", new ArrayList<>(List.of("a"))));
    assertSerializedCopy(Stream.of(new Date(1), null).toList());
    assertSerializedCopy(Map.of("k", new Date(1)));
    assertSerializedCopy(Set.of(new int[] {1}));
  }

  @Test
  void aRecordIsNotSharedIfSomethingInItCanChange() throws Exception {
    assertPlainCopy(new Tagged("t", new ArrayList<>(List.of("a"))));
    assertPlainCopy(new Snapshot(new int[] {1, 2}, new Route("r", null, Shouting.LOUD, null)));
    assertPlainCopy(new Snapshot(null, null));
  }

  @Test
  void aSubclassOfAnImmutableClassIsCopied() throws Exception {
    Price price = new Price("1.10");
    price.tags.add("a");

    Price copy = copier.copy(price);

    assertThat(copy).isEqualTo(price).isNotSameAs(price);
    assertThat(copy.tags).isEqualTo(price.tags).isNotSameAs(price.tags);
  }

  // Arrays

  @Test
  void arraysAreCopiedToTheirFullDepth() throws Exception {
    assertPlainCopy(new byte[] {1, 2});
    assertPlainCopy(new byte[0]);
    assertPlainCopy(new long[] {1, 2});
    assertPlainCopy(new boolean[] {true});
    assertPlainCopy(new String[] {"a", null});
    assertPlainCopy(new Shouting[] {Shouting.LOUD, null});
    assertPlainCopy(new int[][] {{1}, null, {2, 3}});
    assertPlainCopy(new Object[] {"a", null, new int[] {1}, new Object[] {new Date(7)}});
    assertPlainCopy(new Number[] {1, BigDecimal.ONE, null});
  }

  @Test
  void anArrayThatHoldsItselfStillDoes() throws Exception {
    Object[] array = {null, "a"};
    array[0] = array;

    Object[] copy = assertPlainCopy(array);

    assertThat(copy[0]).isSameAs(copy);
  }

  // Plain classes

  @Test
  void fieldsAreCopiedAndFinalOnesToo() throws Exception {
    User copy = assertPlainCopy(new User("Ada", 36, List.of("x"), new Address("Main", 1)));

    assertThat(copy.address.street).isEqualTo("Main");
  }

  @Test
  void sharedReferencesStaySharedAndCyclesStayCycles() throws Exception {
    Address address = new Address("Main", 1);
    User one = new User("a", 1, new ArrayList<>(), address);
    User other = new User("b", 2, new ArrayList<>(), address);
    one.friends.add(other);
    other.friends.add(one);
    one.friends.add(one);

    User copy = assertPlainCopy(one);

    assertThat(copy.friends.get(0).address).isSameAs(copy.address);
    assertThat(copy.friends.get(0).friends.get(0)).isSameAs(copy);
    assertThat(copy.friends.get(1)).isSameAs(copy);
  }

  @Test
  void sharedReferencesStaySharedAmongManyObjects() throws Exception {
    List<Object> list = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      list.add(new Address("s", i));
      list.add(list.get(i));
      list.add(new Tagged("t", new ArrayList<>(list.subList(0, i))));
    }

    assertPlainCopy(list);
  }

  @Test
  void transientFieldsGetDefaultsAndNotTheirInitialValues() throws Exception {
    WithTransient copy = assertPlainCopy(new WithTransient());

    assertThat(copy.initialised).isNull();
    assertThat(copy.number).isZero();
    assertThat(copy.kept).isEqualTo("kept");
  }

  @Test
  void theConstructorOfTheFirstParentThatIsNotSerializableRuns() throws Exception {
    Child child = new Child();
    child.name = "changed";
    child.own = "own";

    Child copy = assertPlainCopy(child);

    assertThat(copy.name).isEqualTo("as constructed");
    assertThat(copy.own).isEqualTo("own");
  }

  @Test
  void fieldsOfTheSameNameInParentAndChildAreBothCopied() throws Exception {
    Shadowing shadowing = new Shadowing();
    shadowing.number = 1;
    ((WithTransient) shadowing).number = 2;
    shadowing.kept = "k";

    assertPlainCopy(shadowing);
  }

  @Test
  void anInnerObjectTakesItsOuterOneAlong() throws Exception {
    Outer outer = new Outer();
    outer.name = "outer";

    Outer.Inner copy = assertPlainCopy(outer.new Inner());

    assertThat(copy.outer().name).isEqualTo("outer");
    assertThat(copy.outer()).isNotSameAs(outer);
  }

  @Test
  void aRecordThatLeadsBackToItselfIsLeftToSerialization() throws Exception {
    List<Object> list = new ArrayList<>();
    Tagged tagged = new Tagged("t", list);
    list.add(tagged);

    assertThat(copier.copyPlain(tagged)).isNull();
    assertSameShape(copier.copy(list), Shapes.serialized(list));
  }

  @Test
  void recordsAreMadeByTheirConstructorFromFieldsAndNotFromAccessors() throws Exception {
    Odd copy = assertPlainCopy(new Odd(new Date(1)));

    assertThat(copy.date).isEqualTo(new Date(1));
  }

  // Collections of the JDK

  @Test
  void theUsualCollectionsArePlain() throws Exception {
    assertPlainCopy(new ArrayList<>(Arrays.asList("a", null, new Date(1))));
    assertPlainCopy(new LinkedList<>(Arrays.asList("a", null, new Date(1))));
    assertPlainCopy(new ArrayDeque<>(List.of("a", new Date(1))));
    assertPlainCopy(new HashSet<>(Arrays.asList("a", null)));
    assertPlainCopy(new LinkedHashSet<>(Arrays.asList("z", new Date(1), "a", null)));
    assertPlainCopy(new TreeSet<>(List.of(3, 1, 2)));
    assertPlainCopy(new TreeSet<>(List.of(new Date(3), new Date(1))));
    assertPlainCopy(new HashMap<>(Map.of("a", new Date(1), "b", new int[] {1})));
    assertPlainCopy(new LinkedHashMap<>(Map.of(new Date(1), new Date(2))));
    assertPlainCopy(new TreeMap<>(Map.of("b", new Date(1), "a", List.of())));
    assertPlainCopy(new EnumMap<>(Map.of(Shouting.LOUD, new Date(1))));
    assertPlainCopy(EnumSet.of(Shouting.LOUD));
    assertPlainCopy(new Date(123));
    assertPlainCopy(Arrays.asList("a", new Date(1), null));
    HashMap<String, Object> nulls = new HashMap<>();
    nulls.put(null, null);
    assertPlainCopy(nulls);
  }

  @Test
  void hashMapsIterateInTheOrderOfDeserializedOnes() throws Exception {
    for (int size : new int[] {0, 3, 40, 1000}) {
      Map<String, Integer> map = new HashMap<>(5000);
      for (int i = 0; i < size; i++) {
        map.put("key" + i * 7919, i);
      }

      assertThat(new ArrayList<>(assertPlainCopy(map).entrySet()))
          .isEqualTo(new ArrayList<>(((Map<?, ?>) Shapes.serialized(map)).entrySet()));
    }
  }

  @Test
  void smallHashMapsAndSetsIterateInTheOrderOfTheOriginal() throws Exception {
    for (int size = 0; size < 13; size++) {
      Map<String, Integer> map = new HashMap<>();
      Set<String> set = new HashSet<>();
      for (int i = 0; i < size; i++) {
        map.put("key" + i * 7919, i);
        set.add("key" + i * 7919);
      }

      assertThat(copier.copy(map).keySet()).containsExactlyElementsOf(map.keySet());
      assertThat(copier.copy(set)).containsExactlyElementsOf(set);
    }
  }

  @Test
  void aMapInAccessOrderStaysOne() throws Exception {
    LinkedHashMap<String, Date> map = new LinkedHashMap<>(16, 0.75f, true);
    map.put("a", new Date(1));
    map.put("b", new Date(2));

    LinkedHashMap<String, Date> copy = assertPlainCopy(map);
    copy.get("a");

    assertThat(copy.keySet()).containsExactly("b", "a");
  }

  @Test
  void aSortedCollectionKeepsItsComparator() throws Exception {
    TreeSet<String> caseless = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    caseless.addAll(List.of("b", "A"));
    TreeMap<String, Integer> reversed = new TreeMap<>(Collections.reverseOrder());
    reversed.putAll(Map.of("a", 1, "b", 2));
    TreeMap<String, Integer> natural = new TreeMap<>(Comparator.naturalOrder());
    natural.putAll(reversed);

    assertThat(assertPlainCopy(caseless)).contains("B");
    assertThat(assertPlainCopy(reversed).firstKey()).isEqualTo("b");
    assertPlainCopy(natural);

    TreeSet<String> byLength = new TreeSet<>(new ByLength());
    byLength.addAll(List.of("bb", "a"));
    assertThat(copier.copyPlain(byLength)).isNull();
    TreeSet<String> copy = copier.copy(byLength);
    assertThat(copy).containsExactly("a", "bb");
    assertThat(copy.comparator()).isNotSameAs(byLength.comparator());
  }

  @Test
  void mutableKeysAreFoundInTheCopy() throws Exception {
    Map<Object, Object> map = new HashMap<>();
    map.put(new Key("a"), new Date(1));
    Set<Key> set = new HashSet<>(Set.of(new Key("b")));

    assertThat(assertPlainCopy(map)).containsKey(new Key("a"));
    assertThat(assertPlainCopy(set)).contains(new Key("b"));
  }

  // What only serialization can copy

  @Test
  void classesThatTakePartInTheirSerializationAreLeftToIt() throws Exception {
    assertSerializedCopy(new WithHooks("a"));
    assertSerializedCopy(new ChildOfHooks("a"));
    assertSerializedCopy(new External("a"));
    assertSerializedCopy(new WithPersistentFields());
    assertSerializedCopy(new Timestamp(5));
    assertSerializedCopy(new ConcurrentHashMap<>(Map.of("a", 1)));
    assertSerializedCopy(new Names(List.of("a")));
    assertSerializedCopy(new Object[] {"a", new WithHooks("b")});
    assertSerializedCopy(Collections.unmodifiableList(new ArrayList<>(List.of("a"))));
    assertThat(new ReplacedRecord(null).readResolve()).isEqualTo("resolved");
    assertThat(copier.<Object>copy(new ReplacedRecord(new Date(1)))).isEqualTo("resolved");
  }

  @Test
  void aSingletonThatResolvesItselfStaysOne() {
    assertThat(copier.copy(Singleton.INSTANCE)).isSameAs(Singleton.INSTANCE);
    Object[] copy = copier.copy(new Object[] {Singleton.INSTANCE});
    assertThat(copy[0]).isSameAs(Singleton.INSTANCE);
  }

  @Test
  void lambdasAreCopied() {
    List<String> captured = new ArrayList<>(List.of("a"));
    Supplier<List<String>> lambda = (Supplier<List<String>> & Serializable) () -> captured;

    Supplier<List<String>> copy = copier.copy(lambda);

    assertThat(copy.get()).isEqualTo(captured).isNotSameAs(captured);
  }

  @Test
  void proxiesAreCopied() {
    Supplier<?> copy =
        copier.copy(
            (Supplier<?>)
                Proxy.newProxyInstance(
                    CopierTest.class.getClassLoader(),
                    new Class<?>[] {Supplier.class, Hidden.class},
                    new Answer("x")));

    assertThat(copy.get()).isEqualTo("x");
    assertThat(copy).isInstanceOf(Hidden.class);
  }

  @Test
  void classObjectsOfPrimitivesPassSerialization() {
    Object[] copy = copier.copy(new Object[] {int.class, void.class, new WithHooks("a")});

    assertThat(copy).startsWith(int.class, void.class);
  }

  // What cannot be copied

  @Test
  void theMessageNamesTheClassThatIsNotSerializable() {
    assertThatThrownBy(() -> copier.copy(new Object()))
        .isInstanceOf(CodecException.class)
        .hasMessage("a java.lang.Object cannot be stored by value: it is not Serializable");
    assertThatThrownBy(() -> copier.copy(new ArrayList<>(List.of(new Holder(new Unfit())))))
        .isInstanceOf(CodecException.class)
        .hasMessage(
            "a java.util.ArrayList cannot be stored by value: it refers to a"
                + " dev.larder.codec.CopierTest$Unfit, which is not Serializable")
        .hasCauseInstanceOf(NotSerializableException.class);
  }

  @Test
  void anObjectThatIsNotSerializableIsFoundWhereverItHides() {
    Unfit unfit = new Unfit();
    HashMap<String, Object> map = new HashMap<>(Map.of("a", unfit));
    for (Object value :
        new Object[] {
          new Unfit[] {unfit},
          map,
          new Tagged("t", List.of(unfit)),
          new WithHooks(unfit),
          new Unfit(),
          new UnfitRecord(unfit),
          List.of(unfit)
        }) {
      assertThatThrownBy(() -> copier.copy(value))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("Unfit");
    }
  }

  @Test
  void anImmutableRecordNeedNotBeSerializableWhateverIsNextToIt() {
    Plain record = new Plain(1, "a");

    assertThat(copier.copy(record)).isSameAs(record);
    assertThat(copier.copy(new Holder(record)).object).isSameAs(record);
    assertThat(
            ((Holder) copier.copy(new Object[] {new WithHooks("a"), new Holder(record)})[1]).object)
        .isSameAs(record);
  }

  @Test
  void whatRefusesToBeReadIsReported() {
    assertThatThrownBy(() -> copier.copy(new Refusing()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("CopierTest$Refusing cannot be stored by value")
        .hasMessageContaining("not today");
    assertThatThrownBy(() -> copier.copy(new ArrayList<>(List.of(new Picky(List.of(new Date(1)))))))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("only once");
  }

  @Test
  void aVeryDeepObjectIsRefusedAndTheCopierWorksOn() {
    Link first = null;
    for (int i = 0; i < 100_000; i++) {
      first = new Link(first);
    }
    Link deep = first;

    assertThatThrownBy(() -> copier.copy(deep))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("CopierTest$Link")
        .hasMessageContaining("nested too deeply");
    assertThat(copier.copy(new Link(new Link(null))).next.next).isNull();
  }

  /** Asserts that the fast copy is used and is what serialization makes of the value. */
  private <T> T assertPlainCopy(T value) throws Exception {
    assertThat(copier.copyPlain(value)).as("plain copy of %s", value.getClass()).isNotNull();
    return assertCopy(value);
  }

  private <T> void assertSerializedCopy(T value) throws Exception {
    assertThat(copier.copyPlain(value)).as("plain copy of %s", value.getClass()).isNull();
    assertCopy(value);
  }

  private <T> T assertCopy(T value) throws Exception {
    T copy = copier.copy(value);
    assertSameShape(copy, Shapes.serialized(value));
    assertShareNothingChangeable(copy, value);
    return copy;
  }

  enum Shouting {
    LOUD {
      @Override
      String shout() {
        return "!";
      }
    };

    abstract String shout();
  }

  record Coordinates(int x, long y) {}

  /** Refers to its own type, which does not make it changeable. */
  record Route(String name, Coordinates start, Shouting how, Route next) implements Serializable {}

  record Plain(int x, String name) {}

  record Tagged(String name, List<?> tags) implements Serializable {}

  record Snapshot(int[] numbers, Route route) implements Serializable {}

  record UnfitRecord(Unfit unfit) {}

  record Odd(Date date) implements Serializable {
    @Override
    public Date date() {
      return new Date(0);
    }
  }

  record ReplacedRecord(Date date) implements Serializable {
    Object readResolve() {
      return "resolved";
    }
  }

  static final class Price extends BigDecimal {
    final List<String> tags = new ArrayList<>();

    Price(String text) {
      super(text);
    }
  }

  static final class Address implements Serializable {
    private final String street;
    private final int number;

    Address(String street, int number) {
      this.street = street;
      this.number = number;
    }
  }

  static class User implements Serializable {
    final String name;
    private final int age;
    boolean active = true;
    double weight = 1.5;
    char initial = 'x';
    byte[] photo = {1, 2, 3};
    final List<String> tags;
    final Address address;
    final List<User> friends = new ArrayList<>();

    User(String name, int age, List<String> tags, Address address) {
      this.name = name;
      this.age = age;
      this.tags = tags;
      this.address = address;
    }
  }

  static class WithTransient implements Serializable {
    transient String initialised = "initial";
    transient int number = 7;
    String kept = "kept";
  }

  static final class Shadowing extends WithTransient {
    int number;
  }

  static class Parent {
    String name = "as constructed";
  }

  static final class Child extends Parent implements Serializable {
    String own;
  }

  static final class Outer implements Serializable {
    String name;

    final class Inner implements Serializable {
      Outer outer() {
        return Outer.this;
      }
    }
  }

  static final class Key implements Serializable {
    private final String name;
    private final List<String> parts = new ArrayList<>();

    Key(String name) {
      this.name = name;
    }

    @Override
    public boolean equals(Object o) {
      return o instanceof Key key && key.name.equals(name) && key.parts.equals(parts);
    }

    @Override
    public int hashCode() {
      return Objects.hash(name, parts);
    }
  }

  static final class ByLength implements Comparator<String>, Serializable {
    @Override
    public int compare(String a, String b) {
      return Integer.compare(a.length(), b.length());
    }
  }

  static class WithHooks implements Serializable {
    private transient Object object;

    WithHooks(Object object) {
      this.object = object;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.writeObject(object);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      object = in.readObject();
    }
  }

  static final class ChildOfHooks extends WithHooks {
    int number = 3;

    ChildOfHooks(Object object) {
      super(object);
    }
  }

  public static final class External implements Externalizable {
    private String text;

    public External() {}

    External(String text) {
      this.text = text;
    }

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      out.writeUTF(text);
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException {
      text = in.readUTF();
    }
  }

  static final class WithPersistentFields implements Serializable {
    private static final ObjectStreamField[] serialPersistentFields = {
      new ObjectStreamField("kept", String.class)
    };

    String kept = "kept";
    String dropped = "dropped";
  }

  static final class Singleton implements Serializable {
    static final Singleton INSTANCE = new Singleton();

    private Object readResolve() {
      return INSTANCE;
    }
  }

  interface Hidden {}

  record Answer(Object answer) implements InvocationHandler, Serializable {
    @Override
    public Object invoke(Object proxy, Method method, Object[] args) {
      return answer;
    }
  }

  static final class Names extends ArrayList<String> {
    Names(List<String> names) {
      super(names);
    }
  }

  static final class Unfit {}

  static final class Holder implements Serializable {
    final Object object;

    Holder(Object object) {
      this.object = object;
    }
  }

  static final class Refusing implements Serializable {
    private void readObject(ObjectInputStream in) {
      throw new IllegalStateException("not today");
    }
  }

  record Picky(List<Date> dates) implements Serializable {
    private static boolean made;

    Picky {
      if (made) {
        throw new IllegalArgumentException("only once");
      }
      made = true;
    }
  }

  static final class Link implements Serializable {
    final Link next;

    Link(Link next) {
      this.next = next;
    }
  }
}
